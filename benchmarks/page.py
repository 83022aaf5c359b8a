"""The tables of docs/performance.md, made of the raw figures: `python -m benchmarks.page` writes them into the page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.__main__ import GROUPS, WORKS
from benchmarks.calls import FIGURES
from benchmarks.process import Cost
from benchmarks.report import RESULTS, Costs, bar_value, median_of, ratio_of
from benchmarks.work import Bar, Work

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
_BAR = r"\|"
"""A pipe inside a cell; a bare one would begin the next."""
_WAITED = {"waiting": ".1f", "seconds": ".2f", "cpu": ".2f", "ratio": ".2f"}
_FIGURES = {"wall_s": "s", "peak_mb": "MB", "reads": "reads", "writes": "writes"}


def main() -> None:
    """Write the tables into the page."""
    text = PAGE.read_text(encoding="utf-8")
    for name, made in tables().items():
        before, _, after = _marked(name).split(text, maxsplit=1)
        text = f"{before}<!-- {name} -->\n{made}<!-- /{name} -->{after}"
    PAGE.write_text(text, encoding="utf-8")


def tables() -> dict[str, str]:
    """Return the tables by name."""
    results, machine = _newest()
    return {
        "machine": _machine(machine),
        "sides": "".join(
            _sides(WORKS[name], costs) for name, costs in results.items() if WORKS[name].rows and len(costs) > 1
        ),
        "bars": _bars(results),
        "growth": _growth(results),
        **_calls(json.loads(FIGURES.read_text(encoding="utf-8"))),
    }


def written(name: str) -> str:
    """Return a table as it is in the page."""
    found = _marked(name).search(PAGE.read_text(encoding="utf-8"))
    return found[1] if found else ""


def _marked(name: str) -> re.Pattern[str]:
    return re.compile(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", re.DOTALL)


def _newest() -> tuple[dict[str, Costs], Mapping[str, Any]]:
    """Return the figures of the machine on which was measured last, and that machine."""
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in RESULTS.glob("*.json")]
    content = max(contents, key=lambda content: max(work["at"] for work in content["works"].values()))
    works: dict[str, Costs] = {
        name: {side: [Cost(**run) for run in runs] for side, runs in content["works"][name]["sides"].items()}
        for name in WORKS
        if name in content["works"]
    }
    last = max(content["works"].values(), key=lambda work: work["at"])
    return works, {**content["machine"], "load": last["load"]}


def _sides(work: Work, costs: Costs) -> str:
    first = work.sides[0].name
    rows = [
        (
            side.name,
            f"{median_of(costs[side.name], 'wall_s'):.2f}",
            f"{ratio_of(costs[side.name], costs[first], 'wall_s'):.2f}",
            f"{median_of(costs[side.name], 'cpu_s'):.2f}",
            f"{ratio_of(costs[side.name], costs[first], 'cpu_s'):.2f}",
            f"{median_of(costs[side.name], 'peak_mb'):.0f}",
            f"{sum(costs[side.name][0].calls.values()):,}",
        )
        for side in work.sides
    ]
    head = ("", "wall s", f"x {first}", "CPU s", f"x {first}", "peak MB", "calls")
    return f"**{work.title[:1].upper()}{work.title[1:]}** ({len(costs[first])} rounds)\n\n{_table(head, rows)}\n"


def _bars(results: Mapping[str, Costs]) -> str:
    rows = [
        (work.title, *_bar(bar, results[work.name]))
        for work in GROUPS["promised"]
        if work.name in results
        for bar in work.bars
    ]
    return _table(("Work", "Promise", "Measured", ""), rows, texts=2)


def _bar(bar: Bar, costs: Costs) -> tuple[str, str, str]:
    value, than = bar_value(bar, costs), f" x {bar.than}" if bar.than else f" {_FIGURES[bar.figure]}"
    return (
        f"{bar.side}: at most {bar.at_most:g}{than}",
        f"{value:.2f}",
        "met" if value <= bar.at_most else "**not met**",
    )


def _growth(results: Mapping[str, Costs]) -> str:
    forms = (("wall_s", ".2f"), ("cpu_s", ".2f"), ("peak_mb", ".0f"), ("reads", ".0f"))
    rows = []
    for work in GROUPS["growth"]:
        for runs in results.get(work.name, {}).values():
            figures = [f"{median_of(runs, name):{form}}" for name, form in forms]
            rows.append((work.title, *figures, str(len(runs))))
    return _table(("", "wall s", "CPU s", "peak MB", "calls", "rounds"), rows)


def _calls(figures: Mapping[str, Any]) -> dict[str, str]:
    sides = figures["sides"]
    works = [
        (row["work"], f"{row['bound']:,}", *(f"{row[side]:,}" if row[side] else "-" for side in sides))
        for row in figures["calls"]
    ]
    months = [(row["work"], f"{row['calls']:,}", row["plan"]) for row in figures["month"]]
    waits = [
        (row["work"], str(row["calls"]), *(f"{row[figure]:{form}}" for figure, form in _WAITED.items()))
        for row in figures["waiting"]
    ]
    return {
        "calls": _table(("Work", "bound", *sides), works),
        "month": _table(("tap-ninox", "calls", "plan that it fits"), months),
        "waiting": _table(("The sync", "calls", "calls x 200 ms", "seconds", "CPU s", "ratio"), waits),
    }


def _machine(machine: Mapping[str, Any]) -> str:
    load = " / ".join(f"{value:.1f}" for value in machine.get("load", ()))
    rows = [(name, str(value)) for name, value in machine.items() if name != "load"]
    return _table(("", ""), [*rows, ("load of the machine at the start (1, 5, 15 minutes)", load)])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> str:
    """Return a table whose first columns hold text, the others numbers."""
    lines = [head, ["---"] * texts + ["---:"] * (len(head) - texts), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', _BAR) for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
