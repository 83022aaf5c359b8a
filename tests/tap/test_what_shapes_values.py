"""Settings that shape values: changed, they are told per table with what helps, until the table was read whole."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import run_tap
from tests.helpers.seeds import customer_records, customers, database, field, table, team

STREAM = "shop__customers"
REFRESH = f'run once with refresh: ["{STREAM}"]'


@pytest.fixture
def simulator(simulate):
    tables = {"A": customers(C=field("timestamp", "Seen"), D=field("fn", "Total", fn="B * 2")), "B": table("Orders")}
    rows = [RecordDocument(number, {"A": "a", "B": 1, "C": "2026-01-31T12:00"}, number) for number in (1, 2)]
    return simulate(team(database(tables, {"A": rows, "B": customer_records(1, first=3)})))


def told(run):
    assert run.error is None
    return [drift["message"] for drift in run.report["drift"] if drift["kind"] == "values_reshaped"]


def test_a_time_zone_is_told_until_the_table_was_read_whole(simulator):
    state = run_tap(simulator).state
    for _ in range(2):
        run = run_tap(simulator, state=state, timezone="Europe/Berlin")
        state = run.state
        (message,) = told(run)
        assert message == (
            f"{STREAM}: timezone was not set and is Europe/Berlin: rows that were loaded before keep their form; to "
            f"bring all into one, {REFRESH} (TAP_NINOX_REFRESH='[\"{STREAM}\"]')."
        )
    refreshed = run_tap(simulator, state=state, timezone="Europe/Berlin", refresh=[STREAM])
    assert told(refreshed) == []
    assert {row["seen"] for row in refreshed.rows(STREAM)} == {"2026-01-31T11:00:00Z"}
    assert told(run_tap(simulator, state=refreshed.state, timezone="Europe/Berlin")) == []
    assert len(told(run_tap(simulator, state=refreshed.state))) == 1


def test_a_setting_that_is_taken_back_is_told_no_more(simulator):
    state = run_tap(simulator).state
    changed = run_tap(simulator, state=state, timezone="Europe/Berlin")
    assert told(run_tap(simulator, state=changed.state)) == []


def test_a_reading_that_goes_on_under_another_setting_has_both_forms(simulator):
    broken = next(state for state in run_tap(simulator, page_size=1).states if (
        state["bookmarks"].get(STREAM, {}).get("snapshot") or [{}])[0].get("last_id"))  # fmt: skip
    rest = run_tap(simulator, state=broken, timezone="Europe/Berlin")
    assert len(told(rest)) == 1
    assert len(told(run_tap(simulator, state=rest.state, timezone="Europe/Berlin"))) == 1


def test_the_type_of_a_formula_is_told(simulator):
    settings = {"full_refresh_interval_hours": 1000}
    state = run_tap(simulator, formulas={"*.total": "number"}, **settings).state
    run = run_tap(simulator, state=state, formulas={"*.total": "timeinterval"}, **settings)
    assert [message.partition(":")[2].partition(":")[0] for message in told(run)] == [
        " the type of formula total was number and is timeinterval"
    ]


def test_a_formula_that_is_not_read_any_more_is_in_no_row_and_no_refresh_is_due(simulator):
    settings = {"full_refresh_interval_hours": 1000}
    state = run_tap(simulator, formulas={"*.total": "number"}, **settings).state
    run = run_tap(simulator, state=state, **settings)
    assert run.report["drift"] == []
    again = run_tap(simulator, state=run.state, formulas={"*.total": "number"}, **settings)
    assert [drift["kind"] for drift in again.report["drift"]] == ["property_selected"]


def test_a_state_of_0_1_says_nothing_of_it_and_takes_what_is_set(simulator):
    state = run_tap(simulator).state
    state["bookmarks"][STREAM]["shape"] = None
    run = run_tap(simulator, state=state, timezone="Europe/Berlin")
    assert told(run) == []
    assert run.bookmark(STREAM)["shape"] == ["timezone Europe/Berlin"]


def test_the_report_counts_what_a_filter_let_pass(simulator):
    maps = {STREAM: {"__filter__": "_id > 1"}}
    run = run_tap(simulator, stream_maps=maps)
    assert run.error is None
    told = run.report["streams"][STREAM]
    assert (run.ids(STREAM), told["rows"], told["filtered"]) == ([2], 1, 1)


def test_rows_of_all_are_the_sum_of_rows_of_each_whatever_filters_left_out(simulator, caplog):
    caplog.set_level("INFO")
    run = run_tap(simulator, stream_maps={STREAM: {"__filter__": "_id > 1"}})
    total = sum(len(run.of_type("RECORD", stream)) for stream in run.report["streams"])
    assert run.report["rows"] == sum(stream["rows"] for stream in run.report["streams"].values()) == total
    (last,) = [record.getMessage() for record in caplog.records if record.getMessage().startswith("Run: ")]
    assert f", {total} rows, " in last
