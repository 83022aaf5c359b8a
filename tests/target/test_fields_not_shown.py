"""A field that the key's role may write but not read looks empty for ever: who loads it is told, for one call."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import records, run_target, schema, stored, writes
from tests.helpers.seeds import customer_records, customers, database, field, team

STAFF = schema("customers", key=["Name"], Name="string", Amount="number", Place="string")
TOLD = "field 'Amount' of table 'Customers' was written, but is not shown in"


def staff(kept=0, *, hidden="B", records=None, **more):
    kept = customer_records(kept) if records is None else records
    tables = {"A": {**customers(F=field("string", "Place")), **more}}
    return team(database(tables, {"A": kept}, unreadable_fields={"A": list(hidden)}))


def rows(count, **values):
    given = {"Amount": 7, "Place": "here", **values}
    return [STAFF, *records("customers", [{"Name": f"name {n}", **given} for n in range(1, count + 1)])]


def calls_behind_writing(simulator):
    calls = [call.method for call in simulator.log.entries]
    return calls[calls.index("POST") :]


def not_shown(run):
    return run.report["streams"]["customers"]["not_shown"]


def test_a_field_that_is_written_again_in_every_run_is_named_from_the_second_on_and_leaving_it_out_helps(
    simulate, caplog
):
    simulator = simulate(staff())
    with limits.small_batches(2):
        run = run_target(simulator, [*rows(2), *rows(2, Amount=8)[1:]])
    assert (run.counts("customers"), not_shown(run)) == ({"read": 4, "created": 2, "updated": 2}, {})
    assert calls_behind_writing(simulator) == ["POST", "POST"]
    assert TOLD not in caplog.text
    for _ in range(2):
        caplog.clear()
        simulator.log.clear()
        run = run_target(simulator, rows(2))
        assert (run.error, run.counts("customers")) == (None, {"read": 2, "updated": 2})
        assert not_shown(run) == {"Amount": 2}
        assert run.report["streams"]["customers"]["overridden"] == {}
        assert caplog.text.count("was written, but is not shown") == 1
        assert f"{TOLD} 2 records just written" in caplog.text
        assert 'streams.customers.fields: {"Amount": null}' in caplog.text
        assert calls_behind_writing(simulator) == ["POST", "GET"]
    simulator.log.clear()
    run = run_target(simulator, rows(2), streams={"customers": {"fields": {"Amount": None}}})
    assert (run.counts("customers"), writes(simulator)) == ({"read": 2, "unchanged": 2}, [])


@pytest.mark.parametrize("hidden", ["", "B"])
def test_one_call_for_all_batches_tells_a_column_that_was_empty_from_one_that_is_hidden(simulate, hidden):
    empty = [RecordDocument(n, {"A": f"name {n}"}, n) for n in range(1, 13)]
    simulator = simulate(staff(records=empty, hidden=hidden))
    with limits.small_batches(3):
        run = run_target(simulator, rows(12))
    assert len(writes(simulator)) > 1
    assert calls_behind_writing(simulator).count("GET") == 1
    assert bool(not_shown(run)) is bool(hidden)
    assert {fields["B"] for fields in stored(simulator).values()} == {7}
    simulator.log.clear()
    assert run_target(simulator, rows(12)).counts("customers") == {"read": 12, "updated" if hidden else "unchanged": 12}


def test_fields_of_other_records_are_each_looked_for_in_one_that_was_sent_them(simulate):
    """The page from the first record written on holds none that was sent the second field."""
    simulator = simulate(staff(120, hidden="BF"), per_page_cap="100")
    amounts = [{"Name": f"name {n}", "Amount": 7} for n in range(1, 61)]
    places = [{"Name": f"name {n}", "Place": "here"} for n in (119, 120)]
    run = run_target(simulator, [STAFF, *records("customers", amounts + places)])
    assert not_shown(run) == {"Amount": 60, "Place": 2}
    assert calls_behind_writing(simulator) == ["POST", "GET", "GET"]


def test_a_field_that_any_record_has_shown_costs_no_call(simulate):
    shown = RecordDocument(1, {"A": "name 1", "B": 5, "F": "here"}, 1)
    simulator = simulate(
        staff(records=[shown, *(RecordDocument(n, {"A": f"name {n}"}, n) for n in range(2, 9))], hidden="")
    )
    assert run_target(simulator, rows(8)).counts("customers") == {"read": 8, "updated": 8}
    assert calls_behind_writing(simulator) == ["POST"]


def test_a_table_with_scripts_is_read_back_no_more_often_for_it_and_names_the_field_once(simulate, caplog):
    simulator = simulate(staff(3, afterUpdate="let x := 1", afterCreate="let x := 1"))
    run = run_target(simulator, rows(5))
    assert (not_shown(run), run.report["streams"]["customers"]["overridden"]) == ({"Amount": 2}, {})
    assert caplog.text.count("was written, but is not shown") == 1
    assert calls_behind_writing(simulator).count("GET") == 2


def test_a_server_that_sends_other_records_is_asked_once_and_blamed_for_nothing(simulate):
    simulator = simulate(staff(130), records_since_id="ignored", per_page_cap="100")
    given = [{"Name": f"name {n}", "Amount": 7} for n in range(101, 131)]
    with limits.small_batches(10):
        run = run_target(simulator, [STAFF, *records("customers", given)])
    assert (run.error, run.counts("customers"), not_shown(run)) == (None, {"read": 30, "updated": 30}, {})
    assert calls_behind_writing(simulator).count("GET") == 1


def test_a_dry_run_asks_for_nothing_more_and_does_not_claim_that_the_field_is_empty(simulate):
    simulator = simulate(staff(3))
    run = run_target(simulator, rows(3), dry_run=True)
    assert (run.counts("customers"), not_shown(run)) == ({"read": 3, "updated": 3}, {})
    fields = run.report["streams"]["customers"]["samples"][0]["fields"]
    assert fields == {"Amount": ["(empty or hidden)", "7"], "Place": ["(empty or hidden)", "'here'"]}
    in_earnest = simulate(staff(3))
    run_target(in_earnest, rows(3))
    asked = [call.method for call in in_earnest.log.entries]
    assert [call.method for call in simulator.log.entries] == asked[: asked.index("POST")]
