"""Medians, ratios and bars: as text for people, as JSON for later."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.process import Cost
from benchmarks.work import Bar, Work, figure

RESULTS = Path(__file__).parent / "results"

Costs = Mapping[str, Sequence[Cost]]
"""Side → its runs, in order; the n-th runs of all sides were made in turn."""


def text(work: Work, costs: Costs) -> str:
    """Return the table of one work: medians per side, ratios to the first side, and the bars."""
    first = work.sides[0].name
    width = max(len(side.name) for side in work.sides)
    lines = [f"{work.title}", f"  {'':{width}}   wall s  (min-max)      cpu s   peak MB   x {first}   calls"]
    for side in work.sides:
        runs = costs[side.name]
        walls = [cost.wall_s for cost in runs]
        lines.append(
            f"  {side.name:{width}} {median_of(runs, 'wall_s'):8.2f}  ({min(walls):.2f}-{max(walls):.2f})"
            f" {median_of(runs, 'cpu_s'):8.2f} {median_of(runs, 'peak_mb'):9.0f}"
            f" {ratio_of(runs, costs[first], 'wall_s'):9.2f}   {_calls(runs[0])}"
        )
    return "\n".join([*lines, *(f"  {bar_text(bar, costs)}" for bar in work.bars)])


def bar_text(bar: Bar, costs: Costs) -> str:
    """Return whether a promise is kept, in a line."""
    value = bar_value(bar, costs)
    verdict = "met" if value <= bar.at_most else "NOT MET"
    than = f" x {bar.than}" if bar.than else ""
    return f"{verdict}: {bar.side} {bar.figure} is {value:.2f}{than}, at most {bar.at_most:g}"


def bar_value(bar: Bar, costs: Costs) -> float:
    """Return the figure of a bar: the median, or the median of the ratios of runs made in turn."""
    if bar.than is None:
        return median_of(costs[bar.side], bar.figure)
    return ratio_of(costs[bar.side], costs[bar.than], bar.figure)


class Results:
    """The raw figures of a machine, one file: the last measurement of each work, written after it.

    Attributes:
        path: The file.
    """

    def __init__(self) -> None:
        """Look at the machine, and take what was measured on it before."""
        self._machine = machine()
        system = f"{platform.system()}-{platform.machine()}-{self._machine['processors']}-processors"
        self.path = RESULTS / f"{system}-python-{self._machine['python']}.json".lower()
        self._works: dict[str, Any] = {}
        if self.path.exists():
            self._works = json.loads(self.path.read_text(encoding="utf-8"))["works"]

    def add(self, work: str, costs: Costs) -> None:
        """Put the runs of one work in place of those that were there."""
        sides = {side: [run.as_json() for run in runs] for side, runs in costs.items()}
        self._works[work] = {"at": datetime.now(timezone.utc).isoformat(), "load": os.getloadavg(), "sides": sides}
        content = {"machine": self._machine, "works": self._works}
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """Describe what was measured on."""
    libraries = ("singer-ninox", "singer-sdk", "requests", "msgspec")
    return {
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        **{library: version(library) for library in libraries},
    }


def median_of(runs: Sequence[Cost], name: str) -> float:
    """Return the median of a figure."""
    return statistics.median(figure(run, name) for run in runs)


def ratio_of(runs: Sequence[Cost], others: Sequence[Cost], name: str) -> float:
    """Return the median of the ratios of runs made in turn."""
    pairs = zip(runs, others, strict=True)
    return statistics.median(figure(run, name) / max(figure(other, name), 1e-9) for run, other in pairs)


def _calls(cost: Cost) -> str:
    return ", ".join(f"{number} {method}" for method, number in cost.calls.items()) or "-"
