"""A feed that cannot be read or delivered: rows come another way, deletions wait, and nobody is held up by another."""

from __future__ import annotations

import pytest

from tests.helpers.run import run_tap
from tests.helpers.seeds import customer_records, customers, database, shop, table, team
from tests.helpers.wire import changes_calls

STREAM, OTHER = "shop__customers", "shop__orders"
OF_DATABASE, OF_TABLES = "db0000000001/changes$", "tables/[^/]*/changes$"
TROUBLES = [
    {"kind": "status", "status": 504},
    {"kind": "status", "status": 413},
    {"kind": "wrong_shape"},
    {"kind": "malformed"},
    {"kind": "truncate"},
    {"kind": "login_page"},
]


def two_tables():
    tables = {"A": customers(), "B": table("Orders", A=field_of_text())}
    return team(database(tables, {"A": customer_records(12), "B": customer_records(3, first=101)}))


def field_of_text():
    return {"base": "string", "caption": "No"}


def break_feed(simulator, path, trouble):
    simulator.faults.add(**trouble, path=path, times=None)


@pytest.fixture
def edited(simulate):
    """Return a function that loads two tables, and then changes and deletes rows of the first."""

    def load(**switches):
        simulator = simulate(two_tables(), **switches)
        first = run_tap(simulator)
        assert first.error is None
        for number in (2, 3, 4):
            simulator.edit.update("A", number, {"B": -number})
        simulator.edit.delete("A", 7)
        simulator.log.clear()
        return simulator, first

    return load


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_a_feed_of_the_database_that_cannot_be_delivered_is_replaced_by_those_of_its_tables(edited, trouble):
    simulator, first = edited()
    break_feed(simulator, OF_DATABASE, trouble)
    run = run_tap(simulator, state=first.state)
    assert (run.error, sorted(run.ids(STREAM))) == (None, [2, 3, 4])
    assert [row["_id"] for row in run.tombstones(STREAM)] == [7]
    head = simulator.edit.sequence
    assert [run.bookmark(stream)["replication_key_value"] for stream in (STREAM, OTHER)] == [head, head]
    simulator.faults.clear()
    assert run_tap(simulator, state=run.state).of_type("RECORD") == []


@pytest.mark.parametrize("filters", ["honoured", "ignored"])
@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_where_no_feed_can_be_read_rows_come_and_deletions_wait_for_a_feed_that_can(edited, trouble, filters):
    simulator, first = edited(records_since_sq=filters)
    break_feed(simulator, "/changes$", trouble)
    run = run_tap(simulator, state=first.state)
    assert (sorted(run.ids(STREAM)), run.tombstones(STREAM)) == ([2, 3, 4], [])
    assert "which rows were deleted is not known" in run.stream_error(STREAM)
    assert "full_refresh_interval_hours" in run.stream_error(STREAM)
    known = first.bookmark(STREAM)["replication_key_value"]
    assert run.bookmark(STREAM)["replication_key_value"] == known
    simulator.faults.clear()
    later = run_tap(simulator, state=run.state)
    assert (later.error, sorted(later.ids(STREAM))) == (None, [2, 3, 4])
    assert [row["_id"] for row in later.tombstones(STREAM)] == [7]


def test_removals_of_a_form_that_nobody_foresaw_are_not_guessed_at(edited):
    simulator, first = edited(removes="unforeseen")
    run = run_tap(simulator, state=first.state)
    assert (sorted(run.ids(STREAM)), run.tombstones(STREAM)) == ([2, 3, 4], [])
    assert "unknown form" in run.stream_error(STREAM)
    assert run.stream_error(OTHER) is None  # its own feed says nothing that cannot be read
    simulator.switches.update({"removes": "strings"})
    assert [row["_id"] for row in run_tap(simulator, state=run.state).tombstones(STREAM)] == [7]


def test_with_full_readings_on_a_schedule_it_is_a_warning_and_they_find_the_deletions(edited, caplog):
    simulator, first = edited()
    break_feed(simulator, "/changes$", TROUBLES[0])
    run = run_tap(simulator, state=first.state, full_refresh_interval_hours=24)
    assert (run.error, sorted(run.ids(STREAM))) == (None, [2, 3, 4])
    assert "what was deleted since the last run is not known" in caplog.text
    run.state["bookmarks"][STREAM]["full_refresh_at"] = "2020-01-01T00:00:00Z"
    due = run_tap(simulator, state=run.state, full_refresh_interval_hours=24)
    assert (due.error, due.ids(STREAM)) == (None, [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12])
    assert due.of_type("ACTIVATE_VERSION", STREAM)


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_a_table_that_is_read_in_full_needs_no_feed(edited, trouble):
    simulator, first = edited()
    break_feed(simulator, "/changes$", trouble)
    run = run_tap(simulator, state=first.state, refresh=["*"])
    assert (run.error, run.ids(STREAM)) == (None, [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12])
    assert run.of_type("ACTIVATE_VERSION", STREAM)
    assert run.bookmark(STREAM)["replication_key_value"] == simulator.edit.sequence - 1  # that of its last change


def test_a_first_load_needs_no_feed(simulate):
    simulator = simulate(shop(5))
    break_feed(simulator, "/changes$", TROUBLES[0])
    run = run_tap(simulator)
    assert (run.error, run.ids(STREAM)) == (None, [1, 2, 3, 4, 5])


def asked(simulator):
    """The last part of the path before `changes`, and from where it was asked."""
    return [(call.path.split("/")[-2], int(call.query["sinceSq"])) for call in changes_calls(simulator)]


def test_a_table_that_fails_in_every_run_does_not_pin_the_others(edited):
    simulator, first = edited()
    position = first.bookmark(STREAM)["replication_key_value"]
    state = first.state
    simulator.faults.add("status", status=403, path="tables/B/", times=None)
    for run_number in range(3):
        simulator.edit.update("B", 101, {"A": f"x{run_number}"})
        simulator.edit.update("A", 1, {"B": run_number})
        simulator.log.clear()
        before = state["bookmarks"][STREAM]["replication_key_value"]
        run = run_tap(simulator, state=state)
        assert "HTTP 403" in run.stream_error(OTHER)
        assert run.stream_error(STREAM) is None
        assert ("db0000000001", before) in asked(simulator)
        assert ("db0000000001", position) not in asked(simulator) or run_number == 0
        state = run.state
    assert state["bookmarks"][OTHER]["replication_key_value"] == position
    simulator.faults.clear()
    simulator.log.clear()
    healed = run_tap(simulator, state=state)
    assert (healed.error, healed.ids(OTHER)) == (None, [101])
    assert asked(simulator) == [("db0000000001", simulator.edit.sequence), ("B", position)]
    simulator.log.clear()
    run_tap(simulator, state=healed.state)
    assert len(asked(simulator)) == 1  # they stand at one position again


def test_several_that_lag_at_one_position_share_a_question(simulate):
    tables = {key: {**customers(), "caption": f"T{key}"} for key in "ABCDE"}
    simulator = simulate(team(database(tables, {key: customer_records(3, first=1) for key in "ABCDE"})))
    state = run_tap(simulator).state
    behind = state["bookmarks"]["shop__td"]["replication_key_value"]
    simulator.edit.update("A", 1, {"A": "x"})
    ahead = run_tap(simulator, state=state).state
    for stream in ("shop__td", "shop__te"):
        ahead["bookmarks"][stream]["replication_key_value"] = behind
    simulator.log.clear()
    assert run_tap(simulator, state=ahead).error is None
    assert asked(simulator) == [("db0000000001", behind + 1), ("db0000000001", behind)]


def test_a_lagging_table_whose_own_feed_is_not_served_is_asked_of_the_database(edited):
    simulator, first = edited()
    simulator.edit.update("B", 102, {"A": "y"})
    simulator.faults.add("status", status=404, path=OF_TABLES, times=None)
    state = run_tap(simulator, state=first.state).state
    state["bookmarks"][OTHER]["replication_key_value"] = first.bookmark(OTHER)["replication_key_value"]
    simulator.edit.update("A", 1, {"B": 5})
    extra = {"A": "z"}
    simulator.edit.update("A", 2, extra)
    run = run_tap(simulator, state=state)
    assert (run.error, run.ids(OTHER), sorted(run.ids(STREAM))) == (None, [102], [1, 2])


def test_deletions_that_cannot_be_listed_wait_for_a_feed_that_can_be_read(simulate):
    simulator = simulate(two_tables())
    first = run_tap(simulator, deletes="stream")
    simulator.edit.delete("A", 7)
    break_feed(simulator, "/changes$", TROUBLES[0])
    run = run_tap(simulator, state=first.state, deletes="stream")
    assert "deletions in database 'Shop' are not known" in run.stream_error("ninox_deleted_records")
    simulator.faults.clear()
    later = run_tap(simulator, state=run.state, deletes="stream")
    assert [row["record_id"] for row in later.rows("ninox_deleted_records")] == [7]
