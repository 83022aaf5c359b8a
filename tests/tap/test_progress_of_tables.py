"""Progress lines of a run: true, and without a call of their own."""

from __future__ import annotations

import logging

import pytest

from tests.helpers import limits
from tests.helpers.run import run_tap
from tests.helpers.seeds import shop
from tests.helpers.wire import calls

STREAM = "shop__customers"


@pytest.fixture
def eager(caplog):
    """Every page gets a line, as if each took a quarter of a minute."""
    caplog.set_level(logging.INFO)

    def told():
        lines = [record.message for record in caplog.records if record.name == "ninox_singer.progress"]
        caplog.clear()
        return [(line.split(",")[0], line.rpartition("(")[2].rstrip(")") if "%" in line else None) for line in lines]

    with limits.progress_at_every_page():
        yield told


def test_the_share_of_a_whole_reading_comes_from_record_ids(simulate, eager):
    simulator = simulate(shop(40))
    run = run_tap(simulator, page_size=10)
    assert eager() == [(f"{STREAM}: {rows} rows", f"{rows * 100 // 40}%") for rows in (10, 20, 30, 40)]
    middle = [state for state in run.states if state["bookmarks"].get(STREAM, {}).get("snapshot")][1]
    run_tap(simulator, state=middle, page_size=10)
    assert eager() == [(f"{STREAM}: 10 rows", "75%"), (f"{STREAM}: 20 rows", "100%")]


def test_the_share_of_changes_comes_from_the_feed(simulate, eager):
    simulator = simulate(shop(40))
    state = run_tap(simulator, page_size=10).state
    eager()
    for number in range(1, 21):
        simulator.edit.update("A", number, {"B": 0})
    run_tap(simulator, state=state, page_size=10)
    assert eager() == [(f"{STREAM}: 10 rows", "50%"), (f"{STREAM}: 20 rows", "100%")]


@pytest.mark.parametrize("feed", ["available", "missing"])
def test_it_costs_no_call_and_does_without_the_feed(simulate, eager, feed):
    simulator = simulate(shop(40), feed=feed)
    run_tap(simulator, page_size=10)
    assert {share for _, share in eager()} == ({"25%", "50%", "75%", "100%"} if feed == "available" else {None})
    assert [call.path for call in calls(simulator) if "query" in call.path or "exec" in call.path] == []
    assert len([call for call in calls(simulator) if call.path.endswith("/changes")]) == 1
