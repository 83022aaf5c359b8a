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
from tests.helpers.seeds import field
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
    """Return every state of one pipeline: first loads, changes, drift, refreshes, full refreshes, some broken off."""
    states = emitted(simulator, stops_after=2)
    states += emitted(simulator, state=states[-1])
    first_day(simulator.edit)
    states += emitted(simulator, state=states[-1])
    states += emitted(simulator, state=states[-1], full_refresh_interval_hours=0, stops_after=2)
    second_day(simulator.edit)
    states += emitted(simulator, state=states[-1], refresh=["shop__customers"])
    states += emitted(simulator, stops_after=3)  # a full refresh
    states += emitted(simulator, state=states[-1], max_parallel_requests=3, page_size=2, stops_after=4)
    simulator.edit.rename_field("B", "A", "Called")
    simulator.edit.add_field("B", "Z", field("string", "New"))
    simulator.edit.remove_field("A", "B")
    states += emitted(simulator, state=states[-1])
    simulator.edit.update("B", 3, {"Z": "new"})
    states += emitted(simulator, state=states[-1])
    states += emitted(simulator, max_parallel_requests=3, page_size=2, stops_after=9)  # a full refresh
    return [json.loads(text) for text in dict.fromkeys(map(json.dumps, states))]


def of_other_makers(state):
    """Return a state with what the SDK keeps for streams of other taps."""
    notes = {"progress_markers": {"replication_key_value": 1}, "replication_key_signpost": 9}
    return {"bookmarks": {name: {**bookmark, **notes} for name, bookmark in state["bookmarks"].items()}}


def seen(simulator, state):
    """Return what a run from a state asks and writes, without what only the clock decides."""
    simulator.log.clear()
    run = run_tap(simulator, state=state, **SETTINGS)
    known = set(_NEW_VERSIONS.findall(json.dumps(state)))
    text = _MOMENTS.sub(r'"\1": "now"', run.text.replace('":"', '": "'))
    text = _NEW_VERSIONS.sub(lambda found: found[0] if found[0] in known else "0", text)
    asked = [f"{call.method} {call.path} {call.query}" for call in simulator.log.entries]
    return asked, str(run.error), [json.loads(line) for line in text.splitlines()]


@pytest.fixture(params=[{}, WITHOUT_A_FEED], ids=["with a feed", "without a feed"], scope="module")
def pipeline(request):
    with ninox(VERSIONS[-1], request.param) as simulator:
        yield simulator, history(simulator)


def test_a_state_that_is_merged_into_any_older_one_of_its_pipeline_is_itself(pipeline):
    _, states = pipeline
    assert len(states) > 30
    for number, newer in enumerate(states):
        for older in states[:number]:
            assert merged(older, newer) == newer


def test_a_state_that_is_merged_into_one_of_another_making_acts_like_itself(pipeline):
    """What 0.1.0 left behind had other keys; the SDK's notes are passed over: null in their place would be an error."""
    simulator, states = pipeline
    strange = [kept(version, path_of(version, name))["state"] for version in VERSIONS for name in situations(version)]
    strange.append(of_other_makers(states[0]))
    strange = [
        {"bookmarks": {name: state["bookmarks"].get(name, {}) for name in states[0]["bookmarks"]}} for state in strange
    ]
    for number, newer in enumerate(states[::14]):
        expected = seen(simulator, newer)
        for older in strange[number % 5 :: 5]:
            assert seen(simulator, merged(older, newer)) == expected


@pytest.mark.parametrize("stops_after", [None, 8])
def test_a_full_refresh_goes_on_under_the_name_that_a_table_got_meanwhile(stops_after):
    with ninox(VERSIONS[-1], {}) as simulator:
        older = emitted(simulator)[-1]
        simulator.edit.rename_table("B", "People")
        newer = emitted(simulator, page_size=2, stops_after=stops_after)[-1]
        assert (newer["bookmarks"]["shop__people"]["snapshot"] is None) == (stops_after is None)
        simulator.edit.update("B", 3, {"A": "after it"})
        run = run_tap(simulator, state=merged(older, newer), **SETTINGS)
        assert 3 in run.ids("shop__people")
        assert run.rows("shop__customers") == []


def test_a_full_refresh_that_never_came_to_a_renamed_table_goes_on_where_its_rows_are():
    """Nothing was sent under the new name: whoever looks at the old one misses no change."""
    with ninox(VERSIONS[-1], {}) as simulator:
        older = emitted(simulator)[-1]
        simulator.edit.rename_table("B", "People")
        newer = emitted(simulator)[0]
        begun = newer["bookmarks"]["shop__people"]
        assert (begun["snapshot"], begun["replication_key_value"]) == (None, None)
        simulator.edit.update("B", 3, {"A": "after it"})
        run = run_tap(simulator, state=merged(older, newer), **SETTINGS)
        assert run.error is None
        assert run.ids("shop__customers") == [3]
        assert run.rows("shop__people") == []
        assert (
            "the stream keeps its name"
            in next(d for d in run.report["drift"] if d["kind"] == "table_renamed")["message"]
        )
        simulator.edit.update("B", 4, {"A": "after that"})
        assert run_tap(simulator, state=run.state, **SETTINGS).ids("shop__customers") == [4]


def test_a_state_names_everything_that_it_will_ever_name_from_its_first_message_on(pipeline):
    _, states = pipeline
    names = [{stream: set(bookmark) for stream, bookmark in state["bookmarks"].items()} for state in states]
    assert all(one == names[0] for one in names)
    assert not [value for state in states for bookmark in state["bookmarks"].values() for value in bookmark.values()
                if isinstance(value, dict)], "maps keep what was taken out of them"  # fmt: skip
