"""`tap-ninox | target-postgres` harmed at a random moment, people editing between the runs."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from contextlib import contextmanager, nullcontext
from pathlib import Path

import psycopg
from psycopg import sql

from ninox_simulator.server import Simulator
from tests.helpers.loaders import postgres_settings
from tests.helpers.run import discover
from tests.helpers.seeds import TEAM_ID
from tests.helpers.warehouse import assert_equal_to_store, fresh_database
from tests.reliability import canaries, tap_operations
from tests.reliability.harms import ENDED_BY, FULL_LOG, SIGNALS, send, striking
from tests.reliability.kills import CRASH, assert_none, kind_of, rehearsed
from tests.reliability.pipeline import SIDES, Pipeline

HARMED_RUNS = 3
LOADER_IS_GONE = "The loader has ended before the tap"
VICTIMS = {"to tap": ("tap",), "to target": ("target",), "to tap and target": SIDES}
HARMS = (*(f"{name} {to}" for name in SIGNALS for to in VICTIMS), *4 * ("pipe cut", "warehouse gone"),
         *4 * ("disk full for tap", "disk full for target"))  # fmt: skip
LARGEST_FILE = {"disk full for tap": 2000, "disk full for target": 1300}
"""Bytes, about, of a download and the report, or of the state; logs are larger."""


def harm_pipe(seed, directory, postgres):
    """Harm tap, target or both, several times, then let one run end; return what happened.

    Raises:
        AssertionError: The warehouse or the downloaded files differ from the source, or a run ended as it must not.
    """
    chance, told, state = random.Random(seed), Counter(), None
    with Simulator(seed=tap_operations.shop(), token=canaries.KEY) as simulator:
        warehouse = dataclasses.replace(fresh_database(postgres), password=canaries.PASSWORD)
        edit, catalog = next(iter(simulator.store.databases())), discover(simulator)
        settings = {"team": TEAM_ID, "page_size": 3}
        own_files = {"files": {"*": str(directory / "files")}, "report_path": str(directory / "report.json")}
        loader = postgres_settings(warehouse, batch_size_rows=chance.choice([2, 1000]))
        for number in range(HARMED_RUNS + 1):
            harm = chance.choice(HARMS) if number < HARMED_RUNS else None
            extent = rehearsed(simulator, state, **settings, files={"*": f"memory://rehearsal-{seed}-{number}"})
            tap = {"api_url": simulator.url, "auth_token": canaries.KEY, **settings, **own_files}
            pipeline = Pipeline(directory, tap, loader, state=state, **_options(harm, chance, extent))
            with _struck(harm, chance, extent, simulator, pipeline, warehouse):
                ending = pipeline.end()
            _check(harm, ending, pipeline)
            state = ending.state
            told[kind_of(harm, was_harmed=ending.was_harmed)] += 1
            if number == 1:
                tap_operations.a_day_of_work(edit)
        told["rows"] = assert_equal_to_store(warehouse, simulator.store, catalog)
        assert _stored_files(directory / "files") == [
            f"receipt {number}.txt" for number in sorted(tap_operations.FILES)
        ]
    return told


def _options(harm, chance, extent):
    if harm == "pipe cut":
        return {"cut_after": chance.randrange(extent.size)}
    if harm in LARGEST_FILE:
        limit = chance.randrange(LARGEST_FILE[harm])
        return {"limits": (limit, None) if harm.endswith("tap") else (None, limit)}
    return {}


def _struck(harm, chance, extent, simulator, pipeline, warehouse):
    """Return a context in which the harm strikes, if it is one that has a moment."""
    name, _, to = (harm or "").partition(" ")
    if name in SIGNALS:
        return striking(simulator, chance, extent.requests, lambda: send(name, *pipeline.pids(VICTIMS[to])))
    if harm == "warehouse gone":
        return _unreachable(simulator, chance, extent, warehouse)
    return nullcontext()


@contextmanager
def _unreachable(simulator, chance, extent, warehouse):
    """Disconnect everybody from the warehouse at some moment, and let nobody in until the run has ended."""
    database = sql.Identifier(warehouse.database)
    server = dataclasses.replace(warehouse, database="postgres").dsn
    with psycopg.connect(server, autocommit=True) as connection:

        def strike():
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(database))
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(query, [warehouse.database])

        with striking(simulator, chance, extent.requests, strike):
            yield
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(database))


def _check(harm, ending, pipeline):
    """Check how the tap ended, and what both told; how the loader ends is its own affair if anything was harmed."""
    told = f"{harm}: tap ended with {ending.tap}, target with {ending.target}: {pipeline.told()[-4000:]}"
    name, _, to = (harm or "").partition(" ")
    allowed = {0} if harm is None else {0, 1}
    if harm == "disk full for tap":
        allowed |= {FULL_LOG}
    if "tap" in VICTIMS.get(to, ()):
        allowed |= {ENDED_BY[name]}
    assert ending.tap in allowed, told
    assert harm is not None or ending.target == 0, told
    assert CRASH not in pipeline.told("tap"), told
    assert ending.tap != 1 or harm == "disk full for tap" or LOADER_IS_GONE in pipeline.told("tap"), told
    assert_none(canaries.told_in(pipeline.told("tap")))
    assert_none({canaries.KEY, canaries.PASSWORD} & set(canaries.told_in(pipeline.told())))


def _stored_files(folder: Path):
    return sorted(path.name for path in folder.rglob("*.txt") if path.stat().st_size)
