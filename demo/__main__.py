"""First load, a day of work in Ninox, incremental load, idle load; then what landed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from demo import story
from demo.report import RunCost, count_tables, database_clock, deleted_invoice
from devtools.lifetime import tied_folder
from devtools.meltano import MeltanoError, MeltanoProject, plugin_settings
from devtools.postgres import PostgresError, running_postgres
from ninox_simulator.remote import Remote, running

RUN = ("run", "tap-ninox", "target-postgres")
PROJECT = Path(__file__).with_name("meltano.yml")
PAGE = Path("output") / "ninox.html"


def main() -> int:
    """Run the demo and return its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are stopped
    try:
        with ExitStack() as stack:
            _demo(stack)
    except (MeltanoError, PostgresError, RuntimeError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"\nThe demo failed. {error}\n")
        return 1
    return 0


def _demo(stack: ExitStack) -> None:
    ninox = stack.enter_context(running())
    postgres = stack.enter_context(running_postgres())
    folder = stack.enter_context(tied_folder("ninox-demo-"))
    project = MeltanoProject.create(folder, plugin_settings(ninox, postgres), PROJECT)
    _say(story.opening())
    cost = _timed_run(project, ninox)
    _say(story.run_text(RUN, story.first_load(count_tables(postgres.dsn, since="infinity")), cost))
    since = database_clock(postgres.dsn)
    _say(story.day_text(ninox.next_day()))
    cost = _timed_run(project, ninox)
    counts = count_tables(postgres.dsn, since=since)
    _say(story.run_text(RUN, story.changes(counts), cost))
    _say(story.tables_text(counts))
    _say(story.deleted_text(deleted_invoice(postgres.dsn)))
    _say(story.run_text(RUN, "Once more: nothing has changed.", _timed_run(project, ninox)))
    _say(story.closing(_page(project)))


def _timed_run(project: MeltanoProject, ninox: Remote) -> RunCost:
    started = time.monotonic()
    project.run(*RUN)
    return RunCost(sum(ninox.calls().values()), time.monotonic() - started)


def _page(project: MeltanoProject) -> str:
    """Write the page that `singer-ninox inspect --as=html` makes; return its path."""
    PAGE.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "ninox_tools", "inspect", "--as=html"]
    with PAGE.open("w", encoding="utf-8") as page:
        # In the project's folder: a user's .env lies in this one, and would be read.
        subprocess.run(
            command, cwd=project.folder, env=project.variables(), stdout=page, stderr=subprocess.DEVNULL, check=True
        )
    return str(PAGE)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
