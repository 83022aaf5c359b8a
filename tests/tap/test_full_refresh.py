"""Reading a table whole again: when it is due, under a new version, and not a moment too early for the target."""

from __future__ import annotations

import copy
from datetime import datetime, timezone

import pytest

from tests.helpers.run import run_tap
from tests.helpers.seeds import shop
from tests.helpers.wire import record_pages

STREAM = "shop__customers"


def aged(state, read_at):
    older = copy.deepcopy(state)
    older["bookmarks"][STREAM]["full_refresh_at"] = read_at
    return older


@pytest.fixture
def loaded(simulate):
    simulator = simulate(shop(12))
    first = run_tap(simulator)
    simulator.log.clear()
    return simulator, first


@pytest.mark.parametrize(
    ("read_at", "hours", "pages"),
    [
        ("2020-01-01T00:00:00Z", 24, 1),
        (datetime.now(timezone.utc).isoformat(), 24, 0),
        ("2020-01-01T00:00:00Z", None, 0),
        ("soon", 1, 1),
        (None, 1, 1),
        ("2999-01-01T00:00:00Z", 24, 1),
    ],
    ids=["due", "not yet", "never", "unreadable time", "no time", "clock set back"],
)
def test_a_table_is_read_whole_again_when_it_is_due(loaded, read_at, hours, pages):
    simulator, first = loaded
    run = run_tap(simulator, state=aged(first.state, read_at), full_refresh_interval_hours=hours)
    assert len(record_pages(simulator)) == pages
    assert len(run.ids(STREAM)) == (12 if pages else 0)


def test_a_refresh_has_a_higher_version_activated_after_its_last_row_and_later_rows_carry_it(loaded):
    simulator, first = loaded
    simulator.edit.delete("A", 3)
    run = run_tap(simulator, state=aged(first.state, "2020-01-01T00:00:00Z"), full_refresh_interval_hours=24)
    (activation,) = run.of_type("ACTIVATE_VERSION", STREAM)
    rows = run.of_type("RECORD", STREAM)
    assert activation["version"] > first.of_type("ACTIVATE_VERSION", STREAM)[0]["version"]
    assert {row["version"] for row in rows} == {activation["version"]}
    assert run.ids(STREAM) == [1, 2, *range(4, 13)]
    assert run.messages.index(rows[-2]) < run.messages.index(activation) < run.messages.index(rows[-1])
    assert (
        "_sdc_deleted_at" in rows[-1]["record"]
    )  # what the feed names as deleted is told to loaders without versions, too
    assert [row["_id"] for row in run.tombstones(STREAM)] == [3]
    simulator.edit.update("A", 5, {"A": "x"})
    later = run_tap(simulator, state=run.state, full_refresh_interval_hours=24)
    assert [row["version"] for row in later.of_type("RECORD", STREAM)] == [activation["version"]]
    assert later.of_type("ACTIVATE_VERSION", STREAM) == []


def test_a_refresh_that_dies_activates_nothing_and_goes_on_next_time(loaded):
    simulator, first = loaded
    simulator.faults.add("status", status=500, path="/records$", after=1, times=None)
    state = aged(first.state, "2020-01-01T00:00:00Z")
    died = run_tap(simulator, state=state, full_refresh_interval_hours=24, page_size=5)
    assert died.of_type("ACTIVATE_VERSION", STREAM) == []
    assert died.ids(STREAM) == [1, 2, 3, 4, 5]
    assert died.bookmark(STREAM)["replication_key_value"] == 12
    simulator.faults.clear()
    rest = run_tap(simulator, state=died.state, full_refresh_interval_hours=24, page_size=5)
    assert rest.ids(STREAM) == list(range(6, 13))
    versions = {row["version"] for row in died.of_type("RECORD", STREAM) + rest.of_type("RECORD", STREAM)}
    assert versions == {rest.of_type("ACTIVATE_VERSION", STREAM)[0]["version"]}


@pytest.mark.parametrize("beyond", ["normal", "echo", "everything"])
def test_pages_by_number_are_read_again_where_a_deletion_moves_rows_forward(simulate, beyond):
    """A feed that echoes tells the same sequence before and after the pass, which says nothing."""
    simulator = simulate(shop(12), records_since_id="ignored", huge_since_sq=beyond)
    first = run_tap(simulator, page_size=5)
    by_number = []

    def delete_between_pages(_index, _method, _path):
        pages = [query["page"] for query in record_pages(simulator) if "sinceId" not in query]
        if pages[-1:] == ["1"] and not by_number:  # this request is in the log already
            by_number.extend(pages)
            simulator.edit.delete("A", 1)

    simulator.log.clear()
    simulator.on_request.append(delete_between_pages)
    run = run_tap(simulator, state=first.state, page_size=5, refresh=[STREAM])
    assert run.error is None
    assert by_number
    assert set(range(2, 13)) <= set(run.ids(STREAM))
