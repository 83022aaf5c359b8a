"""Everything that `make prove` runs, in full, with its figures as Markdown for `docs/reliability.md`.

`python -m tests.reliability tests world matrix kills load memory taps`: one part or several; `--examples`, `--seeds`
and `--rows` make them smaller.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from devtools.postgres import running_postgres
from tests.reliability import (
    csv_kills,
    grid,
    kills,
    load,
    matrix,
    meltano_kills,
    memory,
    real_loaders,
    real_taps,
    warehouse_kills,
)
from tests.reliability.canaries import quiet
from tests.world import __main__ as world


def say(text=""):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run_matrix(options):
    """Run every cell, then others drawn with other requests and switches; print how they ended."""
    failed = 0
    say(
        "| side | cells | requests and switches drawn | recovered | told | later | stopped | refused | not as written |"
    )
    say("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for side in options.sides:
        cells = list(matrix.every(side, once=options.once))
        drawn = matrix.drawn(side, options.cells, options.first)
        verdicts = [matrix.judged(side, cell) for cell in (*cells, *drawn)]
        wrong = [verdict for verdict in verdicts if verdict.wrong]
        kinds = Counter(verdict.kind for verdict in verdicts)
        ended = " | ".join(str(kinds[kind]) for kind in ("recovered", "told", "later", "stopped", "refused"))
        say(f"| {side} | {len(cells)} | {len(drawn)} | {ended} | {len(wrong)} |")
        for verdict in wrong:
            sys.stderr.write(f"{verdict}\n")
        failed += len(wrong)
    return failed


def run_kills(options):
    """Play all seeds of all kinds of kill tests; print what was survived."""
    failed = 0
    say("| what is harmed | seeds | equal at the end | harmed runs |")
    say("|---|--:|--:|---|")
    with running_postgres() as postgres, tempfile.TemporaryDirectory(prefix="ninox-kills-") as directory:
        plays = (
            ("a file of Singer lines into target-ninox", kills.harm_target, 0.3, ()),
            ("tap-ninox", kills.harm_tap, 0.2, ()),
            ("tap-ninox into target-postgres", warehouse_kills.harm_pipe, 0.2, (postgres,)),
            ("tap-spreadsheets into target-ninox", csv_kills.harm_csv, 0.2, ()),
            ("meltano run tap-ninox target-postgres", meltano_kills.harm_meltano, 0.05, (postgres,)),
            ("meltano run tap-spreadsheets target-ninox", meltano_kills.harm_meltano_csv, 0.05, ()),
        )
        for name, harm, share, more in plays:
            seeds = range(options.first, options.first + max(1, round(options.seeds * share)))
            total, wrong = Counter(), 0
            for seed, told, problem in kills.play(harm, seeds, Path(directory), *more):
                total += told
                if problem:
                    wrong += 1
                    sys.stderr.write(f"{name}, seed {seed}: {problem}\n")
            harmed = {key: n for key, n in sorted(total.items()) if key not in {"requests", "rows", "whole run"}}
            late = sum(n for key, n in harmed.items() if key.endswith("(too late)"))
            runs = f"{sum(harmed.values()) - late} harmed, {late} too late: "
            runs += ", ".join(f"{n} {key}" for key, n in harmed.items())
            say(f"| {name} | {len(seeds)} | {len(seeds) - wrong} | {runs} |")
            failed += wrong
    return failed


def run_world(options):
    """Play the random world; print how many examples held of each machine."""
    say("| machine | examples | seed | held |\n|---|--:|--:|---|")
    failed = 0
    for name, machine in world.MACHINES.items():
        try:
            world.play(machine, options.examples, seed=options.first)
            held = "yes"
        except Exception as error:  # noqa: BLE001 (how to play it again has been said)
            failed, held = failed + 1, f"no: {type(error).__name__}"
        say(f"| {name} | {options.examples} | {options.first} | {held} |")
    return failed


def run_tests(_options):
    """Run the tests that are marked as long proofs, which `make test` leaves out."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "prove", "-n", "2", "--dist", "loadgroup"]
    return int(subprocess.run(command, check=False).returncode != 0)


PARTS = {
    "tests": run_tests,
    "world": run_world,
    "grid": grid.run_grid,
    "matrix": run_matrix,
    "kills": run_kills,
    "load": load.run_load,
    "memory": memory.run_memory,
    "taps": real_taps.run_taps,
    "loaders": real_loaders.run_loaders,
}


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    parser.add_argument("--cells", type=int, default=2000, help="cells drawn per side, beside every one once or twice")
    parser.add_argument("--once", action="store_true", help="every cell at the first request of its place only")
    parser.add_argument("--sides", nargs="+", choices=list(matrix.SIDES), default=list(matrix.SIDES))
    parser.add_argument("--examples", type=int, default=5000, help="of each machine of the random world")
    parser.add_argument("--seeds", type=int, default=200, help="seeds of the kill tests")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--every", type=int, default=1, help="of the pairs of the grid, every so many, from the first")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the largest load")
    parser.add_argument("--only", nargs="+", choices=list(memory.SHAPES), help="of what memory is measured by")
    parser.add_argument("--record", action="store_true", help="keep what the taps sent in tests/cases/taps")
    options = parser.parse_args(arguments)
    quiet()
    failed = 0
    for part in options.parts or PARTS:
        started = time.monotonic()
        say(f"\n### {part}\n")
        failed += PARTS[part](options)
        say(f"\n{part}: {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
