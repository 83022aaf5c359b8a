"""Behind taps that follow a database's log: inserts, updates and deletions in their order, cut off and gone on with."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.helpers import limits
from tests.helpers.other_taps import LOGS
from tests.helpers.run import run_target, stored
from tests.helpers.seeds import shop

EVENTS = [
    ("I", {"Name": "new", "Amount": 1}),
    ("U", {"Name": "name 1", "Amount": 11}),
    ("D", {"Name": "name 2"}),
    ("U", {"Name": "new", "Amount": 2}),
    ("I", {"Name": "short", "Amount": 3}),
    ("D", {"Name": "short"}),
    ("D", {"Name": "name 3"}),
    ("I", {"Name": "name 3", "Amount": 33}),
    ("D", {"Name": "never here"}),
    ("U", {"Name": "name 3", "Amount": 34}),
    ("D", {"Name": "new"}),
]
KEPT = {"name 1": 11, "name 3": 34, "name 4": 40}
"""Of four records, whose amount was ten times their number, and all that happened."""


def amounts(simulator):
    fields = list(stored(simulator).values())
    found = {row["A"]: row["B"] for row in fields}
    assert len(found) == len(fields), "a record is there twice"
    return found


def named(tap):
    return tap.__name__


@pytest.mark.parametrize("tap", LOGS, ids=named)
@pytest.mark.parametrize("at_once", [1, 3, 5000])
def test_the_table_follows_the_log_wherever_a_run_is_cut_off(simulate, tap, at_once):
    simulator = simulate(shop(4))
    simulator.backup()
    with limits.small_batches(at_once):
        for cut in range(2, len(list(tap(EVENTS))) + 1):
            simulator.restore()
            cut_off = run_target(simulator, islice(tap(EVENTS), cut), hard_delete=True)
            whole = run_target(simulator, tap(EVENTS, cut_off.state), hard_delete=True)
            assert whole.error is None
            assert amounts(simulator) == KEPT, cut


@pytest.mark.parametrize("tap", LOGS, ids=named)
def test_without_hard_delete_nothing_is_deleted(simulate, tap):
    simulator = simulate(shop(4))
    run = run_target(simulator, tap(EVENTS))
    assert run.error is None
    assert amounts(simulator) == {**KEPT, "name 2": 20, "new": 2, "short": 3}
    assert run.report["streams"]["customers"]["skipped_because"]["marked_deleted"] == 5


@pytest.mark.parametrize("tap", LOGS, ids=named)
@pytest.mark.parametrize("events", [EVENTS, EVENTS[:1], EVENTS[2:3]], ids=["many", "one row", "one deletion"])
def test_a_mirror_deletes_nothing_for_want_of_rows(simulate, tap, events):
    """The log has none of what was there before: by far not all of the table."""
    simulator = simulate(shop(4))
    state = None
    for _ in range(2):
        run = run_target(simulator, tap(events, state), streams={"customers": {"mode": "mirror"}})
        state = run.state
        assert amounts(simulator).keys() >= {"name 1", "name 2", "name 3", "name 4"}
        assert run.report["streams"]["customers"]["removed"] == 0
        assert run.report["streams"]["customers"]["doubts"]
