"""`python -m benchmarks [--rounds N] [--scale F] [WORK ...]`: measure the promised works, side by side."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import growth, process, reading, report, sheets, warehouse, writing
from benchmarks.process import Cost, SideFailedError
from benchmarks.work import Side, Stage, Work
from ninox_simulator.remote import Remote, running

PROMISED = (*reading.WORKS, *writing.WORKS, *warehouse.WORKS)
GROUPS = {"promised": PROMISED, "growth": growth.WORKS, "sheets": sheets.WORKS}
WORKS = {work.name: work for works in GROUPS.values() for work in works}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table per work, keep the raw figures; the exit code tells whether every side delivered."""
    options = _parser().parse_args(arguments)
    results = report.Results()
    try:
        for chosen in _chosen(options.works):
            work = _narrowed(_scaled(chosen, options.scale), options.side)
            costs = measure(work, options.rounds)
            print(report.text(work, costs) + "\n", flush=True)
            results.add(work.name, costs)
    except SideFailedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(f"Raw figures: {results.path}")
    return 0


def _chosen(names: Sequence[str]) -> list[Work]:
    return [work for name in names or ["promised"] for work in GROUPS.get(name) or [WORKS[name]]]


def measure(work: Work, rounds: int) -> dict[str, list[Cost]]:
    """Let every side do a work in turn, several times; a first round is checked and not counted.

    Raises:
        SideFailedError: A side failed or did not deliver everything.
    """
    folder = Path(tempfile.mkdtemp(prefix="ninox-bench-"))
    try:
        seed = f"bulk:{work.tables}x{work.rows if work.is_filled else 0}x{work.fields}"
        with running("--seed", seed, "--latency", str(work.latency_s)) as simulator:
            return _in_turn(work, rounds, simulator, folder)
    finally:
        shutil.rmtree(folder)


def _in_turn(work: Work, rounds: int, simulator: Remote, folder: Path) -> dict[str, list[Cost]]:
    prepared = folder / "prepared"
    costs: dict[str, list[Cost]] = {side.name: [] for side in work.sides}
    with work.prepared(_stage(work, simulator, folder / "preparation", prepared)):
        if not work.is_filled:
            simulator.backup()
        for number in range(rounds + 1):
            for side in work.sides:
                stage = _stage(work, simulator, folder / f"{side.name} {number}", prepared)
                cost = _run(work, side, stage, is_checked=number == 0)
                if number:
                    costs[side.name].append(cost)
    return costs


def _run(work: Work, side: Side, stage: Stage, *, is_checked: bool) -> Cost:
    if not work.is_filled:
        stage.served.restore()
    command = side.command(stage)
    stage.served.calls()
    stdin = stage.prepared / side.stdin if side.stdin else None
    cost = process.run(command, folder=stage.folder, stdin=stdin, stdout=stage.output if is_checked else None)
    cost = replace(cost, calls=stage.served.calls())
    if is_checked:
        side.check(side.name, stage)
    shutil.rmtree(stage.folder)
    return cost


def _stage(work: Work, simulator: Remote, folder: Path, prepared: Path) -> Stage:
    folder.mkdir(parents=True, exist_ok=True)
    prepared.mkdir(exist_ok=True)
    return Stage(served=simulator, folder=folder, prepared=prepared, tables=work.tables, rows=work.rows)


def _scaled(work: Work, scale: float) -> Work:
    return replace(work, rows=max(1, int(work.rows * scale)) if work.rows else 0)


def _narrowed(work: Work, names: Sequence[str] | None) -> Work:
    """Return a work with only some of its sides, and the bars that can then be judged."""
    sides = tuple(side for side in work.sides if names is None or side.name in names)
    kept = {None, *(side.name for side in sides)}
    bars = tuple(bar for bar in work.bars if bar.side in kept and bar.than in kept)
    return replace(work, sides=sides or work.sides, bars=bars)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "works", nargs="*", metavar="WORK", choices=[[], *GROUPS, *WORKS], help=", ".join((*GROUPS, *WORKS))
    )
    parser.add_argument("--side", action="append", help="leave out all other sides; can be repeated")
    parser.add_argument("--rounds", type=int, default=5, help="counted runs of each side (default: %(default)s)")
    parser.add_argument("--scale", type=float, default=1.0, help="of the rows, to try it out (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
