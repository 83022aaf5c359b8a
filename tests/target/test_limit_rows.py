"""`limit_rows`: the first rows of each stream, to be looked at in Ninox before all of them are loaded."""

from __future__ import annotations

import logging

import pytest

from tests.helpers.run import activate_version, records, run_target, schema, state, stored, writes
from tests.helpers.seeds import customer_records, customers, database, field, shop, table, team

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")


def new(first, count):
    return [{"Name": f"name {number}", "Amount": 1} for number in range(first, first + count)]


def test_the_first_rows_of_each_stream_are_written_and_the_others_are_not(simulate, caplog):
    tables = {"A": customers(), "B": table("Orders", A=field("string", "No"))}
    simulator = simulate(team(database(tables, {"A": customer_records(1)})))
    orders = [{"No": f"O{number}"} for number in range(3)]
    messages = [
        *(CUSTOMERS, *records("customers", new(1, 20)), state({"a": 1})),
        *(schema("orders", key=["No"], No="string"), *records("orders", orders), state({"a": 2})),
    ]
    caplog.set_level(logging.INFO)
    run = run_target(simulator, messages, limit_rows=5)
    assert run.error is None
    assert [fields["A"] for fields in stored(simulator).values()] == [f"name {number}" for number in range(1, 6)]
    assert len(stored(simulator, "B")) == 3
    assert run.states == []
    assert run.counts("customers") == {"read": 5, "created": 4, "updated": 1}
    assert (run.report["limit_rows"], run.report["streams"]["customers"]["left_out"]) == (5, 15)
    assert "customers: 5 rows loaded, the rows behind are left out (limit_rows)." in caplog.messages
    [last] = [line for line in caplog.messages if line.startswith("Run of the first 5 rows of each stream")]
    assert "15 left out" in last
    simulator.log.clear()
    run = run_target(simulator, messages)
    assert run.counts("customers") == {"read": 20, "created": 15, "unchanged": 5}
    assert run.states[-1] == {"a": 2}


@pytest.mark.parametrize("limit", [1, 4, 10])
def test_nothing_is_deleted_and_no_state_is_written(simulate, limit):
    """Also where the rows are fewer than the limit."""
    simulator = simulate(shop(8))
    mirror = [CUSTOMERS, *records("customers", new(1, 5), version=1), activate_version("customers"), state({"a": 1})]
    run = run_target(simulator, mirror, limit_rows=limit, streams={"customers": {"mode": "mirror"}})
    assert run.error is None
    assert len(stored(simulator)) == 8
    assert run.states == []
    described = schema("customers", key=["Name"], Name="string", _sdc_deleted_at="string")
    deleted = [{"Name": f"name {number}", "_sdc_deleted_at": "2026-01-01T00:00:00Z"} for number in (6, 7)]
    run = run_target(simulator, [described, *records("customers", deleted)], limit_rows=limit, hard_delete=True)
    assert run.error is None
    assert len(stored(simulator)) == 8
    assert [call for call in writes(simulator) if call.method == "DELETE"] == []


def test_a_limit_that_lets_nothing_through_is_refused(simulate):
    simulator = simulate(shop(1))
    assert "limit_rows" in str(run_target(simulator, [CUSTOMERS], limit_rows=0).error)
