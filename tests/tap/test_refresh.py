"""`refresh` fills a new field for old rows of one table, and reads no other table again."""

from __future__ import annotations

import pytest

from ninox_api.errors import NinoxConfigError
from tests.helpers.run import discover, replay, run_tap
from tests.helpers.seeds import customer_records, customers, database, field, team
from tests.helpers.wire import tables_read

STREAM = "shop__customers"


@pytest.fixture
def loaded(simulate):
    """A database with two tables that were loaded, and a field that was added and filled without moving any row."""
    tables = {"A": customers(), "B": customers()}
    simulator = simulate(team(database(tables, {"A": customer_records(25), "B": customer_records(25, first=31)})))
    first = run_tap(simulator)
    simulator.edit.add_field("A", "C", field("string", "Colour"))
    for record in simulator.edit.records("A"):
        record.fields["C"] = "red"
    simulator.log.clear()
    return simulator, first


@pytest.mark.parametrize("refresh", [[STREAM], ["shop__cust*s"]], ids=["name", "glob"])
@pytest.mark.parametrize("fresh_catalog", [False, True])
def test_one_stream_is_read_whole_and_the_others_stay_as_they_are(loaded, refresh, fresh_catalog):
    simulator, first = loaded
    rows = replay({}, first, STREAM)
    assert "colour" not in rows[1]
    catalog = discover(simulator) if fresh_catalog else None
    second = run_tap(simulator, state=first.state, catalog=catalog, refresh=refresh)
    assert second.error is None
    assert {row["colour"] for row in replay(rows, second, STREAM).values()} == {"red"}
    assert tables_read(simulator) == {"A"}
    assert second.bookmark(STREAM)["table_version"] > first.bookmark(STREAM)["table_version"]
    unchanged = ("table_version", "replication_key_value", "full_refresh_at")
    old, new = first.bookmark("shop__customers_b"), second.bookmark("shop__customers_b")
    assert [old[key] for key in unchanged] == [new[key] for key in unchanged]


def test_without_it_old_rows_are_left_alone(loaded):
    simulator, first = loaded
    run_tap(simulator, state=first.state)
    assert tables_read(simulator) == set()


def test_a_refresh_that_was_interrupted_goes_on_where_it_was(loaded):
    simulator, first = loaded
    whole = run_tap(simulator, state=first.state, refresh=[STREAM], page_size=10)
    middle = next(state for state in whole.states if state["bookmarks"][STREAM].get("snapshot"))
    resumed = run_tap(simulator, state=middle, refresh=[STREAM], page_size=10)
    assert resumed.ids(STREAM) == list(range(11, 26))


def test_a_stream_that_does_not_exist_is_refused(loaded):
    simulator, _ = loaded
    run = run_tap(simulator, refresh=["shop__custmers"])
    assert isinstance(run.error, NinoxConfigError)
    assert str(run.error).startswith("refresh: nothing is called 'shop__custmers'. Did you mean 'shop__customers'?")


def test_a_refresh_does_not_go_on_where_rows_lack_the_new_field(simulate):
    """The reading was broken off before the field was there: what it brought has no value of it."""
    simulator = simulate(team(database({"A": customers()}, {"A": customer_records(25)})))
    whole = run_tap(simulator, page_size=10)
    middle = next(state for state in whole.states if state["bookmarks"][STREAM].get("snapshot"))
    simulator.edit.add_field("A", "C", field("string", "Colour"))
    for record in simulator.edit.records("A"):
        record.fields["C"] = "red"
    again = run_tap(simulator, state=middle, refresh=[STREAM], page_size=10)
    assert again.ids(STREAM) == list(range(1, 26))
    assert {row["colour"] for row in again.rows(STREAM)} == {"red"}
