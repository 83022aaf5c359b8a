"""What real taps sent, kept in files, and loaded again: whole, interrupted anywhere, and resumed.

A line of a file is a run of the tap: the state that it was given, what its source held, and its messages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import simplejson

from tests.helpers import limits
from tests.helpers.run import run_target, stored
from tests.helpers.seeds import shop

FOLDER = Path("tests") / "cases" / "taps"
MIRROR = {"streams": {"*": {"mode": "mirror"}}}


@dataclass
class Run:
    """One run of a tap.

    Attributes:
        given: The state that it went on from; None for none.
        source: `first` for all of `SOURCE`, `later` for `LATER`, `broken` for one that failed.
    """

    given: object
    source: str
    messages: list


@dataclass
class Recording:
    """All runs of a tap; `deletes` if it is certain behind them that all came, so that a mirror deletes.

    States came every `every` rows, as if that were the round number behind which taps write one.
    """

    name: str
    every: int
    deletes: bool
    runs: list = field(default_factory=list)

    SOURCE = [{"Name": f"name {n}", "Amount": n * 10} for n in range(1, 8)]  # noqa: RUF012 (never changed)
    """Of the nine records in Ninox, 8 and 9 are not in it."""

    LATER = [*SOURCE[:1], *SOURCE[3:6], {"Name": "name 7", "Amount": 777}]  # noqa: RUF012
    """2 and 3 were deleted, 7 changed."""

    def states_of(self, run):
        """Return the states of a run, each once."""
        states = [message["value"] for message in run.messages if message["type"] == "STATE"]
        return [value for number, value in enumerate(states) if value not in states[:number]]

    def run_of(self, given, source="first"):
        """Return what the tap sends from a state."""
        return next(run for run in self.runs if run.source == source and run.given == given)

    def save(self, folder):
        lines = [json.dumps({"tap": self.name, "every": self.every, "deletes": self.deletes})]
        lines += [simplejson.dumps(run.__dict__, use_decimal=True) for run in self.runs]
        (folder / f"{self.name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path):
        head, *lines = [simplejson.loads(line, use_decimal=True) for line in path.read_text("utf-8").splitlines()]
        return cls(head["tap"], head["every"], head["deletes"], [Run(**line) for line in lines])


def check(recording, simulator_with):
    """Load all that was recorded in all ways, and look what is in Ninox; return the number of loads."""
    checks = (_whole_runs, _interrupted_runs, _failed_runs)
    with limits.round_numbers(recording.every):
        loads = sum(check_of(recording, simulator_with, settings) for check_of in checks for settings in ({}, MIRROR))
        return loads + _deletions_that_rows_say(recording, simulator_with)


def _whole_runs(recording, simulator_with, settings):
    """Run after run: what is gone from the source is deleted by a mirror behind some taps, and by nothing else."""
    deletes = bool(settings) and recording.deletes
    with simulator_with(shop(9)) as simulator:
        first = _load(simulator, recording.run_of(None).messages, settings)
        assert first.error is None, first.error
        assert _names(simulator) == _numbers(*range(1, 8 if deletes else 10)), "behind the first run"
        later = next(run for run in recording.runs if run.source == "later")
        assert first.state in (later.given, None if settings else ...), "the bookmark must move on"
        last = _load(simulator, later.messages, settings)
        assert last.error is None, last.error
        assert _names(simulator) == _numbers(*(range(1, 10) if not deletes else (1, 4, 5, 6, 7))), "behind the last"
        assert _amounts(simulator)["name 7"] == 777
    return 2


def _deletions_that_rows_say(recording, simulator_with):
    """A tap that follows the log says which records were deleted, with nothing but their key: just those are."""
    later = next(run for run in recording.runs if run.source == "later")
    if not any(message.get("record", {}).get("_sdc_deleted_at") for message in later.messages):
        return 0
    with simulator_with(shop(9)) as simulator:
        for run in (recording.run_of(None), later):
            assert _load(simulator, run.messages, {"hard_delete": True}).error is None
        assert _names(simulator) == _numbers(1, 4, 5, 6, 7, 8, 9)
    return 2


def _interrupted_runs(recording, simulator_with, settings):
    """Cut off anywhere, the tap goes on from the state that the target let out: no row is lost, none comes twice."""
    messages = recording.run_of(None).messages
    kinds = [message["type"] for message in messages]
    behind_the_first_row = kinds.index("RECORD") + 1
    cuts = [n for n, kind in enumerate(kinds[:-1], 1) if kind != "RECORD" or n == behind_the_first_row]
    with simulator_with(shop(9)) as simulator:
        simulator.backup()
        for cut in cuts:
            simulator.restore()
            interrupted = _load(simulator, messages[:cut], settings)
            assert set(_names(simulator)) >= set(_numbers(*range(1, 8))), f"cut behind message {cut}"
            resumed = _load(simulator, recording.run_of(interrupted.state).messages, settings)
            assert resumed.error is None, resumed.error
            assert set(_names(simulator)) >= set(_numbers(*range(1, 8))), f"resumed behind message {cut}"
            assert len(_names(simulator)) == len(set(_names(simulator)))
            amounts = _amounts(simulator)
            assert all(amounts[row["Name"]] == row["Amount"] for row in recording.SOURCE)
    return 2 * len(cuts)


def _failed_runs(recording, simulator_with, settings):
    """Where the tap failed by itself, nothing is deleted."""
    failed = [run for run in recording.runs if run.source == "broken"]
    for run in failed:
        with simulator_with(shop(9)) as simulator:
            _load(simulator, run.messages, settings)
            assert _names(simulator) == _numbers(*range(1, 10)), run.messages[-1]
    return len(failed)


def _load(simulator, messages, settings):
    return run_target(simulator, messages, **settings)


def _names(simulator):
    return [fields["A"] for fields in stored(simulator).values()]


def _amounts(simulator):
    return {fields["A"]: fields["B"] for fields in stored(simulator).values()}


def _numbers(*numbers):
    return [f"name {number}" for number in numbers]
