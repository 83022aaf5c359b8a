"""States that Meltano merged: whatever an older one holds, the run goes as if it had been given the newer one alone.

`meltano run --full-refresh` starts the tap without a state and merges what it writes into the old one at depth; so do
`--state-strategy=merge` and `meltano state merge`. The merging here is Meltano's own function.
"""

from __future__ import annotations

import copy
import json
import re

import pytest
from meltano.core.utils import merge

from tests.helpers.run import run_tap
from tests.upgrade.stage import VERSIONS, first_day, kept, ninox, path_of, second_day, situations

SETTINGS = {"files": {"shop__auftraege": "metadata"}, "deletes": "both", "page_size": 5}
WITHOUT_A_FEED = {"feed": "missing"}
_MOMENTS = re.compile(r'"(time_extracted|full_refresh_at|_sdc_deleted_at|seen_at)": "[^"]+"')
_NEW_VERSIONS = re.compile(r"\b\d{13}\b")


def merged(older, newer):
    """Return what Meltano keeps when a state is written over another one."""
    result = copy.deepcopy(older)
    merge(copy.deepcopy(newer), result)
    return result


def emitted(simulator, *, stops_after=None, **settings):
    """Return every state that a run writes; one that is to stop half-way is refused a page."""
    if stops_after is not None:
        simulator.faults.add("status", status=500, path="/records$", after=stops_after, times=1)
    run = run_tap(simulator, **{**SETTINGS, **settings})
    simulator.faults.clear()
    return run.states


def history(simulator):
    """Return states of one pipeline: first loads, changes, refreshes and full refreshes, ended and broken off."""
    first = emitted(simulator, stops_after=2)
    states = [first[0], first[-1]]
    states += emitted(simulator, state=states[-1])[-1:]
    first_day(simulator.edit)
    states += emitted(simulator, state=states[-1])[-1:]
    states += emitted(simulator, state=states[-1], full_refresh_interval_hours=0, stops_after=2)[-1:]
    second_day(simulator.edit)
    states += emitted(simulator, state=states[-1], refresh=["shop__customers"])[-1:]
    states += emitted(simulator, stops_after=3)[-1:]  # a full refresh
    return states


def seen(simulator, state):
    """Return what a run from a state asks and writes, without what only the clock decides."""
    simulator.log.clear()
    run = run_tap(simulator, state=state, **SETTINGS)
    known = set(_NEW_VERSIONS.findall(json.dumps(state)))
    text = _MOMENTS.sub(r'"\1": "now"', run.text.replace('":"', '": "'))
    text = _NEW_VERSIONS.sub(lambda found: found[0] if found[0] in known else "0", text)
    asked = [f"{call.method} {call.path} {call.query}" for call in simulator.log.entries]
    return asked, str(run.error), [json.loads(line) for line in text.splitlines()]


@pytest.fixture(params=[{}, WITHOUT_A_FEED], ids=["with a feed", "without a feed"])
def pipeline(request):
    with ninox(VERSIONS[-1], request.param) as simulator:
        yield simulator, history(simulator)


def test_a_merged_state_acts_like_the_newer_one(pipeline):
    """Each state is merged into a few of the others, and into what 0.1.0 left behind."""
    simulator, states = pipeline
    left = [kept(version, path_of(version, name))["state"] for version in VERSIONS for name in situations(version)]
    left = [
        {"bookmarks": {name: state["bookmarks"].get(name, {}) for name in states[0]["bookmarks"]}} for state in left
    ]
    for number, newer in enumerate(states):
        expected = seen(simulator, newer)
        for older in (states[number - 1], left[number % len(left)]):
            assert seen(simulator, merged(older, newer)) == expected


def test_a_state_names_everything_that_it_will_ever_name_from_its_first_message_on(pipeline):
    _, states = pipeline
    names = [{stream: set(bookmark) for stream, bookmark in state["bookmarks"].items()} for state in states]
    assert all(one == names[0] for one in names)
    assert not [value for state in states for bookmark in state["bookmarks"].values() for value in bookmark.values()
                if isinstance(value, dict)], "maps keep what was taken out of them"  # fmt: skip
