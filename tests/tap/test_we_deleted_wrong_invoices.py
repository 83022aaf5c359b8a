"""A6: "We deleted wrong invoices." Twelve are marked; a run that is cut off marks none."""

from __future__ import annotations

import pytest

from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.server import Simulator
from tests.helpers.run import run_tap

STREAM = "buero_baustelle__rechnungen"
TABLE = "Rechnungen"
SETTINGS = {"databases": ["Büro*"], "tables": [TABLE, "Rechnungspositionen"], "page_size": 40}
REMOVES = ["strings", "objects"]


@pytest.fixture(params=REMOVES)
def simulator(request):
    with Simulator(switches={"removes": request.param}) as running:
        yield running


@pytest.fixture
def deleted(simulator):
    """Return the state after a load, and the ids of twelve invoices that were deleted after it."""
    database = simulator.store.database(TEAM_ID, BUERO_ID)
    table_id = next(key for key, table in database.tables.items() if table.caption == TABLE)
    first = run_tap(simulator, **SETTINGS)
    wrong = sorted(database.tables[table_id].records)[10:22]
    for record_id in wrong:
        database.delete(table_id, record_id)
    return first, wrong


@pytest.mark.parametrize("parallel", [1, 4])
def test_the_twelve_are_marked_and_no_other(simulator, deleted, parallel):
    first, wrong = deleted
    run = run_tap(simulator, state=first.state, max_parallel_requests=parallel, **SETTINGS)
    assert [row["_id"] for row in run.tombstones(STREAM)] == wrong
    assert run.rows(STREAM) == []
    assert run_tap(simulator, state=run.state, **SETTINGS).tombstones(STREAM) == []


CUTS = {
    "too many requests": {"kind": "status", "status": 429},
    "server failure": {"kind": "status", "status": 503},
    "cut off": {"kind": "cut"},
    "cut short": {"kind": "truncate"},
    "connection lost": {"kind": "drop_before"},
}


@pytest.mark.parametrize("cut", CUTS)
def test_a_feed_that_is_cut_off_marks_none_and_the_next_run_marks_them_all(simulator, deleted, cut):
    first, wrong = deleted
    simulator.faults.add(**CUTS[cut], path="/changes$", times=None)
    run = run_tap(simulator, state=first.state, **SETTINGS)
    assert run.error is not None
    assert run.tombstones(STREAM) == []
    assert run.state == first.state
    simulator.faults.clear()
    assert [row["_id"] for row in run_tap(simulator, state=run.state, **SETTINGS).tombstones(STREAM)] == wrong


@pytest.mark.parametrize("cut", CUTS)
def test_a_refresh_that_is_cut_off_marks_none(simulator, deleted, cut):
    first, _ = deleted
    simulator.faults.add(**CUTS[cut], path="/records$", after=2, times=None)
    run = run_tap(simulator, state=first.state, full_refresh_interval_hours=0, **SETTINGS)
    assert run.error is not None
    assert run.of_type("ACTIVATE_VERSION", STREAM) == run.tombstones(STREAM) == []
    simulator.faults.clear()
    rest = run_tap(simulator, state=run.state, full_refresh_interval_hours=0, **SETTINGS)
    assert len(rest.of_type("ACTIVATE_VERSION", STREAM)) == 1


def test_what_a_page_left_out_is_not_taken_for_deleted(simulator, deleted):
    first, wrong = deleted
    simulator.faults.add("repeat_page", path="/records$", after=1, times=None)
    run = run_tap(simulator, state=first.state, **SETTINGS)
    assert {row["_id"] for row in run.tombstones(STREAM)} <= set(wrong)
