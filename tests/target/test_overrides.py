"""A script of the table that overrides what was sent is noticed, since the same input would write for ever."""

from __future__ import annotations

import pytest

from tests.helpers.run import records, run_target, schema, stored, writes
from tests.helpers.seeds import customer_records, customers, database, field, team

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")


def scripted(kept=0, **scripts):
    return team(database({"A": {**customers(), **scripts}}, {"A": customer_records(kept)}))


def rows(count, amount=7):
    return [CUSTOMERS, *records("customers", [{"Name": f"name {n}", "Amount": amount} for n in range(1, count + 1)])]


def overridden(run):
    return run.report["streams"]["customers"]["overridden"]


@pytest.mark.parametrize(
    "answer", [{"trigger_answer": "submitted"}, {"trigger_answer": "final"}, {"save_answer": "ids"}]
)
def test_a_script_that_overrides_created_records_is_named_with_field_number_and_setting(simulate, caplog, answer):
    simulator = simulate(scripted(afterCreate="Amount := 1"), **answer)
    run = run_target(simulator, rows(30))
    assert run.error is None
    assert overridden(run) == {"Amount": 30}
    told = (
        "field 'Amount' of table 'Customers' holds something else than what was sent in 30 of 30 records just written"
    )
    assert told in caplog.text
    assert 'streams.customers.fields: {"Amount": null}' in caplog.text
    simulator.log.clear()
    assert run_target(simulator, rows(30), streams={"customers": {"fields": {"Amount": None}}}).error is None
    assert writes(simulator) == []


def test_a_script_that_overrides_changed_records_is_named_too(simulate):
    simulator = simulate(scripted(5, afterUpdate="Amount := 1"))
    for _ in range(2):
        run = run_target(simulator, rows(5))
        assert overridden(run) == {"Amount": 5}
        assert run.counts("customers") == {"read": 5, "updated": 5}


def test_a_script_that_overrides_what_an_update_did_not_send_is_named_at_once(simulate):
    """Only Place differs and is sent; the amount was equal until the script changed it."""
    simulator = simulate(
        team(
            database(
                {"A": {**customers(F=field("string", "Place")), "afterUpdate": "Amount := 1"}},
                {"A": customer_records(5)},
            )
        )
    )
    described = schema("customers", key=["Name"], Name="string", Amount="number", Place="string")
    given = [{"Name": f"name {n}", "Amount": n * 10, "Place": "here"} for n in range(1, 6)]
    run = run_target(simulator, [described, *records("customers", given)])
    assert run.counts("customers") == {"read": 5, "updated": 5}
    assert overridden(run) == {"Amount": 5}


@pytest.mark.parametrize("script", ["let made := 1", "Amount := Amount"])
def test_a_script_that_overrides_nothing_is_no_reason_to_warn_and_costs_a_call(simulate, script):
    simulator = simulate(scripted(afterCreate=script))
    run = run_target(simulator, rows(30))
    assert overridden(run) == {}
    calls = [call.method for call in simulator.log.entries]
    assert calls[calls.index("POST") :] == ["POST", "GET"]


def test_a_table_without_scripts_costs_no_call(simulate):
    simulator = simulate(scripted(3))
    run_target(simulator, rows(30))
    calls = [call.method for call in simulator.log.entries]
    assert calls[calls.index("POST") :] == ["POST"] * 2


def test_a_dry_run_does_not_claim_to_know(simulate):
    simulator = simulate(scripted(5, afterCreate="Amount := 1", afterUpdate="Amount := 1"))
    run = run_target(simulator, rows(30), dry_run=True)
    assert overridden(run) == {}
    assert len(stored(simulator)) == 5
