"""A3: "Nothing changed." No row, at most two calls per database, and the state is emitted as it was."""

from __future__ import annotations

import pytest

from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.server import Simulator
from tests.helpers.run import run_tap
from tests.helpers.wire import calls, record_pages, single_reads


@pytest.mark.parametrize("bound", ["exclusive", "inclusive"])
@pytest.mark.parametrize("parallel", [4, pytest.param(1, marks=pytest.mark.prove)])
@pytest.mark.parametrize("deletes", ["tombstone", "both"])
def test_a_run_without_changes(bound, parallel, deletes):
    with Simulator(switches={"since_sq_bound": bound}) as simulator:
        simulator.store.database(TEAM_ID, BUERO_ID).unreadable_tables.clear()
        settings = {
            "databases": ["Büro*", "Nursery*"],
            "max_parallel_requests": parallel,
            "deletes": deletes,
        }
        first = run_tap(simulator, **settings)
        simulator.log.clear()
        run = run_tap(simulator, state=first.state, **settings)
    databases = 2
    assert run.error is None
    assert run.of_type("RECORD") == []
    assert run.state == first.state
    assert len(calls(simulator)) <= 2 + 2 * databases  # teams, databases; then schema and feed of each
    assert record_pages(simulator) == single_reads(simulator) == []


@pytest.mark.parametrize("filters", ["honoured", "ignored"])
@pytest.mark.parametrize("feed", ["missing", "forbidden"])
def test_without_a_feed_it_is_one_call_per_table(feed, filters):
    with Simulator(switches={"feed": feed, "records_since_sq": filters}) as simulator:
        simulator.store.database(TEAM_ID, BUERO_ID).unreadable_tables.clear()
        settings = {"databases": ["Büro*"]}
        first = run_tap(simulator, **settings)
        simulator.log.clear()
        run = run_tap(simulator, state=first.state, **settings)
    tables = [name for name in run.state["bookmarks"] if name.startswith("buero_")]
    assert run.error is None
    assert run.of_type("RECORD") == []
    assert run.state == first.state
    assert len(record_pages(simulator)) <= len(tables) + (filters == "ignored")  # the first table shows it
