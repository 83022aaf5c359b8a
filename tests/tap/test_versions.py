"""Table versions rise, whatever this machine's clock says and whether or not the state was kept."""

from __future__ import annotations

import pytest

from tests.helpers import limits
from tests.helpers.run import run_tap
from tests.helpers.seeds import shop

STREAM = "shop__customers"
AN_HOUR_S = 3600


def versions(run):
    return {message["stream"]: message["version"] for message in run.of_type("ACTIVATE_VERSION")}


@pytest.mark.parametrize("first_s", [0, AN_HOUR_S, -AN_HOUR_S])
@pytest.mark.parametrize("later_s", [0, AN_HOUR_S, -AN_HOUR_S])
def test_a_run_without_a_state_has_higher_versions_whatever_the_clock_says(simulate, first_s, later_s):
    """The server's clock goes on by two seconds between the runs, as its `Date` has whole seconds."""
    simulator = simulate(shop(3))
    with limits.clock_ahead(first_s):
        first = run_tap(simulator)
    with limits.clock_ahead(later_s), limits.server_clock_ahead(2):
        later = run_tap(simulator)
    before, after = versions(first), versions(later)
    assert before.keys() == after.keys() > {STREAM, "ninox_fields"}
    assert all(after[stream] > before[stream] for stream in after)


def test_two_readings_one_right_after_the_other_have_two_versions(simulate):
    simulator = simulate(shop(3))
    assert versions(run_tap(simulator))[STREAM] < versions(run_tap(simulator))[STREAM]


def test_a_version_is_above_that_of_a_reading_that_was_given_up(simulate):
    simulator = simulate(shop(3))
    simulator.faults.add("status", status=500, path="/records$", after=1, times=1)
    died = run_tap(simulator, page_size=2)
    state = died.state
    snapshot = state["bookmarks"][STREAM]["snapshot"]
    assert snapshot, "the reading did not begin"
    snapshot[0]["table_version"] += AN_HOUR_S * 1000
    snapshot[0]["head"] = 10**6  # the database was set back
    assert versions(run_tap(simulator, state=state))[STREAM] > snapshot[0]["table_version"]


def test_a_version_is_above_that_of_a_bookmark_that_cannot_be_used(simulate):
    """The target holds rows of that version, and would take a lower one for older."""
    simulator = simulate(shop(3))
    state = run_tap(simulator).state
    known = state["bookmarks"][STREAM]
    known.update(snapshot=[{"nobody": "wrote this"}], table_version=known["table_version"] + AN_HOUR_S * 1000)
    run = run_tap(simulator, state=state)
    assert run.ids(STREAM) == [1, 2, 3]
    assert versions(run)[STREAM] > known["table_version"]
