"""Every unknown of the API, at every value: the same rows arrive, or the run says why they cannot."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.each_switch import EACH
from tests.helpers.oracle import expected_rows
from tests.helpers.run import discover, replay, run_tap
from tests.helpers.seeds import customers, database, field, table, team

CUSTOMERS, ORDERS = "shop__customers", "shop__orders"
REFUSED = {("ids_parameter", "ignored"): "ids=true", ("schema_access", "forbidden"): "Of 1 database of team"}
UNSEEN = {
    ("feed", "missing"): "deleted rows cannot be seen",
    ("feed", "forbidden"): "deleted rows cannot be seen",
    ("feed", "too_old"): "gets a full refresh",  # a target learns of deletions by ACTIVATE_VERSION
}

LOUD = {("removes", "unforeseen"): "unknown form"}
"""Nothing may be guessed: the run after the deletions ends with an error that says this."""


def shop_of_all_shapes():
    choices = {"1": {"caption": "Open"}, "2": {"caption": "Done"}}
    tables = {
        "A": customers(
            C=field("choice", "State", values=choices),
            D=field("multi", "Tags", values=choices),
            E=field("rev", "Orders", refTypeId="B", refFieldId="B"),
            F=field("html", "Notes"),
        ),
        "B": table("Orders", A=field("string", "No"), B=field("ref", "Customer", refTypeId="A", refFieldId="E")),
    }
    records = {
        "A": [
            RecordDocument(number, {"A": f"n{number}", "B": number, "C": "1", "D": ["2"], "F": "<p>"}, number)
            for number in range(1, 13)
        ],
        "B": [RecordDocument(number, {"A": f"o{number}", "B": number}, 20 + number) for number in range(1, 6)],
    }
    return team(database(tables, records))


def a_day_of_work(edit):
    edit.update("A", 3, {"A": "changed", "D": ["1", "2"]})
    edit.update("A", 9, {"C": "2"})
    edit.create("A", {"A": "new"})
    edit.delete("A", 5)
    edit.delete("B", 1)
    edit.create("B", {"A": "again"}, id=1)


def warehouse(runs, stream):
    """Rows by id as an upserting target holds them after some runs, and the ids that are marked as deleted."""
    rows = {}
    for run in runs:
        rows = replay(rows, run, stream)
    gone = {number for number, row in rows.items() if row.get("_sdc_deleted_at")}
    return {number: row for number, row in rows.items() if number not in gone}, gone


def source(simulator, catalog, stream, table_id):
    """Rows by id as they must be, without the system's own columns."""
    (entry,) = [entry for entry in catalog["streams"] if entry["tap_stream_id"] == stream]
    rows = expected_rows(simulator.edit.records(table_id), entry)
    return {row["_id"]: {name: value for name, value in row.items() if not name.startswith("_")} for row in rows}


@pytest.fixture
def twice(simulate):
    """Return a function that loads, lets a day pass, and loads again."""

    def run(switch, value):
        simulator = simulate(shop_of_all_shapes(), **{switch: value})
        settings = {"page_size": 5, "team": next(iter(simulator.store.teams))}
        first = run_tap(simulator, **settings)
        a_day_of_work(simulator.edit)
        return simulator, first, run_tap(simulator, state=first.state, **settings)

    return run


@pytest.mark.parametrize(("switch", "value"), EACH, ids=lambda part: part)
def test_a_load_and_a_day_of_changes_under_every_setting_of_every_switch(simulate, twice, caplog, switch, value):
    catalog = discover(simulate(shop_of_all_shapes()))
    simulator, first, later = twice(switch, value)
    if (switch, value) in REFUSED:
        assert REFUSED[switch, value] in caplog.text + str(first.error)
        assert first.rows(CUSTOMERS) == later.rows(CUSTOMERS) == []
        return
    assert first.error is None
    if (switch, value) in LOUD:
        assert LOUD[switch, value] in str(later.stream_error(CUSTOMERS))
        assert later.tombstones(CUSTOMERS) == []
        assert later.bookmark(CUSTOMERS) == first.bookmark(CUSTOMERS)
        return
    assert later.error is None
    for stream, table_id, deleted in ((CUSTOMERS, "A", {5}), (ORDERS, "B", set())):
        rows, gone = warehouse([first, later], stream)
        if (switch, value) in UNSEEN:
            assert UNSEEN[switch, value] in caplog.text
            gone |= {number for number in deleted if rows.pop(number)}
        assert gone == deleted
        shown = {number: {name: row[name] for name in row if not name.startswith("_")} for number, row in rows.items()}
        assert shown == source(simulator, catalog, stream, table_id)


def test_a_feed_that_goes_back_too_short_leads_to_a_whole_reading_that_marks_what_is_gone(twice, caplog):
    _, _, later = twice("feed", "too_old")
    assert later.ids(CUSTOMERS) == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13]
    assert later.messages.index(later.of_type("ACTIVATE_VERSION", CUSTOMERS)[0]) > later.messages.index(
        later.of_type("RECORD", CUSTOMERS)[-1]
    )
    assert "no longer reports changes as old as the bookmark" in caplog.text


def test_a_feed_that_is_busy_is_no_reason_to_read_everything_again(simulate):
    simulator = simulate(shop_of_all_shapes())
    first = run_tap(simulator)
    simulator.faults.add("status", status=503, path="/changes$", times=None)
    later = run_tap(simulator, state=first.state)
    assert "HTTP 503" in str([report["error"] for report in later.report["streams"].values()])
    assert later.rows(CUSTOMERS) == []
    assert later.bookmark(CUSTOMERS) == first.bookmark(CUSTOMERS)
