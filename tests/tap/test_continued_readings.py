"""A whole reading that was interrupted: the run that ends it brings what changed since it began, too."""

from __future__ import annotations

import copy

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import discover, replay, run_tap
from tests.helpers.seeds import customer_records, customers, database, shop, table, team
from tests.helpers.wire import changes_calls

STREAM = "shop__customers"
FEEDS = [{"recreated_in_removes": "yes"}, {"recreated_in_removes": "no"}, {"since_sq_bound": "inclusive"}]


def aged(state):
    older = copy.deepcopy(state)
    older["bookmarks"][STREAM]["full_refresh_at"] = "2020-01-01T00:00:00Z"
    return older


def interrupted(simulator, *, state=None, after=1, **settings):
    simulator.faults.add("status", status=500, path="tables/A/records$", after=after, times=None)
    run = run_tap(simulator, state=state, page_size=5, **settings)
    simulator.faults.clear()
    assert run.error is not None
    assert run.bookmark(STREAM)["snapshot"]
    simulator.log.clear()
    return run


def edit_rows_that_were_read_and_rows_that_were_not(edit):
    edit.update("A", 2, {"A": "changed, was read"})
    edit.delete("A", 3)
    edit.delete("A", 4)
    edit.create("A", {"A": "made again"}, id=4)
    edit.update("A", 9, {"A": "changed, was not read"})
    edit.delete("A", 10)


def assert_it_ends_with_what_is_there(simulator, rest):
    assert rest.error is None
    rows = {row["_id"]: row["name"] for row in rest.rows(STREAM)}
    assert (rows[2], rows[4], rows[9]) == ("changed, was read", "made again", "changed, was not read")
    assert [row["_id"] for row in rest.tombstones(STREAM)] == [3, 10]
    assert not {3, 10} & rows.keys()
    assert len(changes_calls(simulator)) == 1
    later = run_tap(simulator, state=rest.state)
    assert later.rows(STREAM) == later.tombstones(STREAM) == []


@pytest.mark.parametrize("switches", FEEDS)
def test_a_full_refresh_that_is_continued(simulate, switches):
    simulator = simulate(shop(12), **switches)
    state = aged(run_tap(simulator).state)
    died = interrupted(simulator, state=state, full_refresh_interval_hours=24)
    edit_rows_that_were_read_and_rows_that_were_not(simulator.edit)
    rest = run_tap(simulator, state=died.state, full_refresh_interval_hours=24)
    assert_it_ends_with_what_is_there(simulator, rest)
    versions = {message["version"] for message in rest.of_type("RECORD", STREAM)}
    assert versions == {rest.of_type("ACTIVATE_VERSION", STREAM)[0]["version"]}


def test_one_that_began_when_the_database_was_set_back_goes_on_from_there(simulate):
    """And not from where the database had been: it has come beyond that again, with other changes."""
    simulator = simulate(shop(12))
    state, backup = run_tap(simulator).state, simulator.edit.snapshot()
    for number in (6, 7, 8):
        simulator.edit.update("A", number, {"A": "never was"})
    later = run_tap(simulator, state=state)
    simulator.edit.restore(backup)
    died = interrupted(simulator, state=later.state)
    edit_rows_that_were_read_and_rows_that_were_not(simulator.edit)
    assert simulator.edit.sequence > later.bookmark(STREAM)["replication_key_value"]
    assert_it_ends_with_what_is_there(simulator, run_tap(simulator, state=died.state))


@pytest.mark.parametrize("switches", FEEDS)
def test_a_first_load_that_is_continued(simulate, switches):
    simulator = simulate(shop(12), **switches)
    died = interrupted(simulator)
    edit_rows_that_were_read_and_rows_that_were_not(simulator.edit)
    assert_it_ends_with_what_is_there(simulator, run_tap(simulator, state=died.state))


def test_a_table_that_is_always_read_whole(simulate):
    simulator = simulate(shop(12))
    catalog = discover(simulator)
    stream = next(stream for stream in catalog["streams"] if stream["tap_stream_id"] == STREAM)
    stream["replication_method"] = "FULL_TABLE"
    died = interrupted(simulator, catalog=catalog)
    simulator.edit.update("A", 2, {"A": "changed, was read"})
    rest = run_tap(simulator, state=died.state, catalog=catalog)
    assert [row["name"] for row in rest.rows(STREAM) if row["_id"] == 2] == ["changed, was read"]


def test_without_versions_what_went_before_it_began_is_told_too(simulate):
    simulator = simulate(shop(12))
    state = aged(run_tap(simulator).state)
    simulator.edit.delete("A", 1)
    settings = {"full_refresh_interval_hours": 24, "emit_activate_version_messages": False}
    died = interrupted(simulator, state=state, **settings)
    rest = run_tap(simulator, state=died.state, **settings)
    assert [row["_id"] for row in rest.tombstones(STREAM)] == [1]


def test_another_table_that_is_further_on_does_not_hide_what_changed(simulate):
    """The feed is asked from the lowest sequence that any stream needs; a first load has one, too, once it began."""
    records = {"A": customer_records(12), "B": [RecordDocument(1, {}, 13)]}
    simulator = simulate(team(database({"A": customers(), "B": table("Notes")}, records)))
    died = interrupted(simulator)
    simulator.edit.update("A", 2, {"A": "changed, was read"})
    simulator.edit.update("B", 1, {})
    died.state["bookmarks"]["shop__notes"]["replication_key_value"] = 15
    rest = run_tap(simulator, state=died.state)
    assert [row["name"] for row in rest.rows(STREAM) if row["_id"] == 2] == ["changed, was read"]


@pytest.mark.parametrize("feed", ["missing", "forbidden"])
def test_where_there_is_no_feed_changes_come_with_the_next_run(simulate, feed):
    simulator = simulate(shop(12), feed=feed)
    died = interrupted(simulator, after=2)
    simulator.edit.update("A", 2, {"A": "changed, was read"})
    rows = replay({}, died, STREAM)
    rest = run_tap(simulator, state=died.state)
    assert rest.error is None
    replay(rows, rest, STREAM)
    assert rows[2]["name"] == "name 2"
    assert replay(rows, run_tap(simulator, state=rest.state), STREAM)[2]["name"] == "changed, was read"


def test_it_can_be_interrupted_once_more_while_it_catches_up(simulate):
    simulator = simulate(shop(12))
    died = interrupted(simulator)
    edit_rows_that_were_read_and_rows_that_were_not(simulator.edit)
    again = interrupted(simulator, state=died.state, after=3)  # behind the last page of the table
    assert max(again.ids(STREAM)) == 12
    assert again.of_type("ACTIVATE_VERSION", STREAM) == []
    rest = run_tap(simulator, state=again.state, page_size=5)
    rows = {row["_id"]: row["name"] for row in rest.rows(STREAM)}
    assert (rows[2], rows[4]) == ("changed, was read", "made again")
    assert [row["_id"] for row in rest.tombstones(STREAM)] == [3, 10]


@pytest.mark.parametrize("switches", FEEDS)
def test_without_versions_a_record_made_again_before_it_broke_off_is_no_deletion(simulate, switches):
    simulator = simulate(shop(12), **switches)
    state = aged(run_tap(simulator).state)
    simulator.edit.delete("A", 4)
    simulator.edit.create("A", {"A": "made again"}, id=4)
    settings = {"full_refresh_interval_hours": 24, "emit_activate_version_messages": False}
    died = interrupted(simulator, state=state, **settings)
    assert 4 in died.ids(STREAM)
    rest = run_tap(simulator, state=died.state, **settings)
    assert rest.tombstones(STREAM) == []


@pytest.mark.parametrize("switches", FEEDS)
def test_what_changed_and_went_before_a_whole_reading_without_versions_is_told(simulate, switches):
    simulator = simulate(shop(12), **switches)
    state = aged(run_tap(simulator).state)
    simulator.edit.update("A", 4, {"A": "changed"})
    simulator.edit.delete("A", 4)
    settings = {"full_refresh_interval_hours": 24, "emit_activate_version_messages": False}
    rest = run_tap(simulator, state=state, **settings)
    assert [row["_id"] for row in rest.tombstones(STREAM)] == [4]
