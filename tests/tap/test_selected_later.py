"""A property that is selected after rows were loaded without it: told once, with what fills it."""

from __future__ import annotations

import copy

import pytest

from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import shop

STREAM = "shop__customers"
TOLD = f"{STREAM}: amount was not read before; to fill it for rows that were loaded before, run once with refresh: "


def selecting(catalog, *, amount):
    catalog = copy.deepcopy(catalog)
    entry = next(entry for entry in catalog["streams"] if entry["tap_stream_id"] == STREAM)
    item = next(item for item in entry["metadata"] if item["breadcrumb"] == ["properties", "amount"])
    item["metadata"]["selected"] = amount
    return catalog


def told(run):
    return [drift["message"] for drift in run.report["drift"] if drift["kind"] == "property_selected"]


@pytest.fixture
def after_a_load_without(simulate):
    """Return a simulator, catalogs without and with the property, and the state after a load without it."""
    simulator = simulate(shop(12))
    catalog = discover(simulator)
    without, whole = selecting(catalog, amount=False), selecting(catalog, amount=True)
    return simulator, without, whole, run_tap(simulator, catalog=without).state


def test_a_property_selected_later_is_reported_once(after_a_load_without):
    simulator, without, whole, state = after_a_load_without
    assert state["bookmarks"][STREAM]["deselected"] == ["amount"]
    still_without = run_tap(simulator, catalog=without, state=state)
    assert told(still_without) == []
    later = run_tap(simulator, catalog=whole, state=still_without.state)
    assert [message.startswith(TOLD) for message in told(later)] == [True]
    assert later.bookmark(STREAM)["deselected"] is None
    assert told(run_tap(simulator, catalog=whole, state=later.state)) == []


def test_a_whole_reading_fills_it_and_tells_nothing(after_a_load_without):
    simulator, _, whole, state = after_a_load_without
    run = run_tap(simulator, catalog=whole, state=state, refresh=[STREAM])
    assert told(run) == []
    assert all("amount" in row for row in run.rows(STREAM))
    assert run.bookmark(STREAM)["deselected"] is None


def test_it_is_told_where_a_whole_reading_is_continued_with_it(simulate):
    simulator = simulate(shop(12))
    catalog = discover(simulator)
    simulator.faults.add("status", status=500, path="tables/A/records$", after=1, times=None)
    died = run_tap(simulator, catalog=selecting(catalog, amount=False), page_size=5)
    simulator.faults.clear()
    rest = run_tap(simulator, catalog=selecting(catalog, amount=True), state=died.state, page_size=5)
    assert len(told(rest)) == 1


def test_a_run_that_left_it_out_in_between_counts(after_a_load_without):
    simulator, without, whole, _ = after_a_load_without
    first = run_tap(simulator, catalog=whole)
    simulator.edit.update("A", 2, {"B": 7})
    between = run_tap(simulator, catalog=without, state=first.state)
    assert len(told(run_tap(simulator, catalog=whole, state=between.state))) == 1
