"""What a month of hourly runs costs: one day of them is run, with an edit of every twentieth row before each."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.dataset import table_ids
from ninox_simulator.seeds import BULK_DATABASE_ID, BULK_TEAM_ID, TeamDocument, bulk
from ninox_simulator.server import Simulator

TABLES, WITH_FORMULAS, ROWS, EDITED = 12, 3, 90, 0.05
HOURS, DAYS = 24, 30
PLANS = {"Starter": 1_500, "Professional": 30_000}
"""Calls a month, as they are told second-hand; Ninox documents none."""

FORMULAS = {"*.total": "number"}
SETTINGS = {"team": BULK_TEAM_ID, "databases": [BULK_DATABASE_ID], "formulas": FORMULAS}
_TOTAL = {"base": "fn", "caption": "Total", "fn": "Quantity * Price"}

Sync = Callable[[Simulator, Path, dict[str, Any]], object]


def days(sync: Sync) -> list[dict[str, Any]]:
    """Return what a month costs, with edits and where nobody edits anything.

    Args:
        sync: Discovers and syncs, with a state in a folder and some settings more.
    """
    return [_month(share, sum(_day(sync, share)) * DAYS) for share in (EDITED, 0.0)]


def _month(share: float, calls: int) -> dict[str, Any]:
    edits = f"{share:.0%} of all rows edited before each run" if share else "nothing edited"
    plan = next((f"{name} ({most:,})" for name, most in PLANS.items() if calls <= most), "none of them")
    work = f"{DAYS} days, hourly, {TABLES} tables of {ROWS} rows, {WITH_FORMULAS} with formulas, {edits}"
    return {"work": work, "calls": calls, "plan": plan}


def _day(sync: Sync, share: float) -> Iterator[int]:
    """Yield the calls of each hour; in the last one, the formulas have become a day old."""
    seed = bulk(tables=TABLES, rows=ROWS, fields=10)
    add_formulas(seed, WITH_FORMULAS)
    chance = random.Random(1)  # noqa: S311 (the same in every run)
    with Simulator(seed) as simulator, tempfile.TemporaryDirectory(prefix="ninox-month-") as folder:
        sync(simulator, Path(folder), SETTINGS)
        database = next(simulator.store.databases())
        everything = [(table, number) for table in table_ids(TABLES) for number in range(1, ROWS + 1)]
        for hour in range(1, HOURS + 1):
            for table, number in chance.sample(everything, round(len(everything) * share)):
                database.update(table, number, {"B": f"edited in hour {hour}"})
            if hour == HOURS:
                let_a_day_pass(Path(folder) / "state.json")
            simulator.log.clear()
            sync(simulator, Path(folder), SETTINGS)
            yield len(simulator.log.entries)


def add_formulas(seed: list[TeamDocument], tables: int) -> None:
    """Give the first tables a formula each."""
    [document] = seed[0].databases
    for table_id in table_ids(tables):
        document.schema["types"][table_id]["fields"]["K"] = _TOTAL


def let_a_day_pass(path: Path) -> None:
    """Let the last full refresh of each table be a day older."""
    state = json.loads(path.read_text(encoding="utf-8"))
    for bookmark in state["bookmarks"].values():
        if bookmark.get("full_refresh_at"):
            before = datetime.fromisoformat(bookmark["full_refresh_at"].replace("Z", "+00:00")) - timedelta(days=1)
            bookmark["full_refresh_at"] = before.strftime("%Y-%m-%dT%H:%M:%SZ")
    path.write_text(json.dumps(state), encoding="utf-8")
