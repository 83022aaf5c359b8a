"""A cell of the fault matrix: one trouble at one request of one operation."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.reliability.troubles import TROUBLES

KINDS = {
    "recovered": "the run ends well, nothing is missing",
    "told": "the run ends well, and a warning says what it could not see or had to do",
    "stopped": "the run ends with an error that says what to do, behind a state to continue from",
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


def aim(cell, stage, pattern, *, calls_before):
    """Set a trouble up; return the settings that the disturbed run takes."""
    trouble, simulator = TROUBLES[cell.trouble], stage.simulator
    if trouble.before:
        trouble.before(stage)
    method, path = pattern.split(" ", 1)
    for fault in trouble.faults:
        after = cell.number + fault.get("after", 0)
        simulator.faults.add(**{**fault, "method": method, "path": path, "after": after})
    if trouble.act or trouble.limit == "quota":
        simulator.on_request.append(_when_reached(cell.number, re.compile(pattern), stage, trouble))
    settings = dict(trouble.settings)
    if trouble.limit == "max_api_calls":
        settings["max_api_calls"] = calls_before
    return settings


def _when_reached(number, pattern, stage, trouble):
    left = [number]

    def hook(_index, method, path):
        if left[0] < 0 or not pattern.match(f"{method} {path}"):
            return
        left[0] -= 1
        if left[0] < 0 and trouble.act:
            trouble.act(stage.database)
        if left[0] < 0 and trouble.limit == "quota":
            stage.simulator.faults.quota = len(stage.simulator.log.entries) - 1

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
