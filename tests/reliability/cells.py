"""A cell of the fault matrix: one trouble at one request of one operation."""

from __future__ import annotations

import csv
import functools
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ninox_api.errors import NinoxError
from ninox_simulator.server import Simulator
from ninox_simulator.switches import SWITCHES
from tests.helpers import limits
from tests.reliability import canaries
from tests.reliability.troubles import TROUBLES

KINDS = {
    "recovered": "the run ends well, nothing is missing",
    "told": "likewise, and a warning says what it had to do",
    "later": "the run ends well; what it could not see comes with the next run",
    "stopped": "the run ends with an error that says what to do, after a state to continue from",
    "refused": "likewise, before anything was read or written",
}


@dataclass(frozen=True)
class Cell:
    """One trouble, aimed at the `number`-th request that an operation sends to a place."""

    operation: str
    place: str
    trouble: str
    number: int = 0
    switches: dict = field(default_factory=dict)

    def __str__(self):
        switches = ",".join(f"{name}={value}" for name, value in self.switches.items())
        return f"{self.operation}, {self.place} {self.number + 1}: {self.trouble} {switches}".strip()


@dataclass
class Outcome:
    """How a cell ended.

    Attributes:
        kind: One of `KINDS`.
        told: Everything that was logged, and the error.
        problems: What must never be, whatever the outcome.
    """

    kind: str
    told: str
    problems: list[str] = field(default_factory=list)


@contextmanager
def pauses(cell):
    """Leave pauses out, where they are not needed."""
    if TROUBLES[cell.trouble].takes_time:
        yield
    else:
        with limits.no_pauses():
            yield


def settle(cell, simulator):
    """Wait for what the server is still at work on, where answers come late: it is not to happen to another cell."""
    while TROUBLES[cell.trouble].takes_time and not all(entry.status for entry in simulator.log.entries):
        time.sleep(0.01)


def aim(cell, stage, pattern, *, calls_before):
    """Set a trouble up; return the settings that the disturbed run takes."""
    trouble, simulator = TROUBLES[cell.trouble], stage.simulator
    if trouble.before:
        trouble.before(stage)
    method, path = pattern.split(" ", 1)
    for fault in trouble.faults:
        after = 0 if "path" in fault else cell.number + fault.get("after", 0)
        simulator.faults.add(**{"path": path, **fault, "method": method, "after": after})
    if trouble.act:
        simulator.on_request.append(_when_reached(cell.number, re.compile(pattern), stage, trouble))
    settings = dict(trouble.settings)
    if trouble.limit == "quota":
        simulator.faults.quota = calls_before
    if trouble.limit == "max_api_calls":
        settings["max_api_calls"] = calls_before
    return settings


def _when_reached(number, pattern, stage, trouble):
    left = [number]

    def hook(_index, method, path):
        if left[0] < 0 or not pattern.match(f"{method} {path}"):
            return
        left[0] -= 1
        if left[0] < 0:
            trouble.act(stage.database)

    return hook


def expectations(side):
    """Return (operation, place, trouble) → the outcomes that are written down for it."""
    with (Path(__file__).parent / f"{side}_matrix.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        (*column.split(": "), row["trouble"]): text.split("|")
        for row in rows
        for column, text in row.items()
        if column != "trouble" and text
    }


@functools.cache
def _simulator():
    """Return the one simulator of this process; every cell starts with fresh data."""
    return Simulator(seed="empty", token=canaries.KEY).__enter__()


def fresh_simulator(seed, switches):
    """Return it with a seed and switches, without faults and hooks."""
    simulator = _simulator()
    simulator.reset(seed=seed)
    simulator.switches.update({name: switch.values[0] for name, switch in SWITCHES.items()} | switches)
    simulator.faults.clear()
    simulator.on_request.clear()
    return simulator


def problems_of(run, told):
    """Yield what is wrong with a run whatever was to come of it."""
    if run.error is not None and not isinstance(run.error, NinoxError):
        yield f"a crash: {run.error!r}"
    if "Traceback" in told:
        yield "a traceback in the log"
    yield from (f"{canary!r} is told" for canary in canaries.told_in(told))
