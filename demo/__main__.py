"""First load, a day of work in Ninox, incremental load, idle load; then what landed."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from demo.meltano import MeltanoError, MeltanoProject, plugin_settings
from demo.postgres import PostgresError, running_postgres
from demo.report import RunCost, costs_text, count_tables, database_clock, tables_text
from demo.simulator import SimulatedNinox, running_simulator

RUN = ("run", "tap-ninox", "target-postgres")


def main() -> int:
    """Run the demo and return its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are stopped
    try:
        with ExitStack() as stack:
            _demo(stack)
    except (MeltanoError, PostgresError, RuntimeError) as error:
        sys.stderr.write(f"\nThe demo failed. {error}\n")
        return 1
    return 0


def _demo(stack: ExitStack) -> None:
    _say("Starting a simulated Ninox (a gardening firm with two databases) and an empty PostgreSQL ...")
    ninox = stack.enter_context(running_simulator())
    postgres = stack.enter_context(running_postgres())
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ninox-demo-")))
    project = MeltanoProject.create(folder, plugin_settings(ninox, postgres))
    costs = [_timed_run(project, ninox, "first load")]
    since = database_clock(postgres.dsn)
    _say(f"A day passes in Ninox: {ninox.next_day()}")
    costs.append(_timed_run(project, ninox, "next day, changes only"))
    counts = count_tables(postgres.dsn, since=since)
    costs.append(_timed_run(project, ninox, "once more, nothing changed"))
    _say(f"\nWhat is in PostgreSQL now (changed and deleted: by the second run)\n\n{tables_text(counts)}")
    _say(f"\nWhat the three runs took, Meltano's own start included\n\n{costs_text(costs)}\n")


def _timed_run(project: MeltanoProject, ninox: SimulatedNinox, name: str) -> RunCost:
    _say(f"meltano {' '.join(RUN)}   ({name})")
    started = time.monotonic()
    project.run(*RUN)
    return RunCost(name, ninox.calls(), time.monotonic() - started)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
