"""The tap with PostgreSQL behind it: what it costs beside the loader."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import psycopg
from psycopg import sql

from benchmarks import process
from benchmarks.dataset import stream_name
from benchmarks.peers import OUR_BIN
from benchmarks.process import SideFailedError
from benchmarks.reading import our_config
from benchmarks.work import Bar, Side, Stage, Work
from devtools.postgres import Postgres, running_postgres

MESSAGES = "messages.jsonl"
_SERVER = "postgres.json"


@contextmanager
def _with_postgres(stage: Stage) -> Iterator[None]:
    process.run(_tap(stage), folder=stage.folder, stdout=stage.prepared / MESSAGES)
    with running_postgres() as postgres:
        (stage.prepared / _SERVER).write_text(json.dumps(asdict(postgres)), encoding="utf-8")
        yield


def _tap(stage: Stage) -> list[str]:
    return [str(OUR_BIN / "tap-ninox"), "--config", our_config(stage)]


def _loader(stage: Stage) -> list[str]:
    server: dict[str, Any] = asdict(_postgres(stage))
    settings = {
        **server,
        "default_target_schema": _schema(stage),
        "load_method": "upsert",
        "validate_records": False,
        "use_copy": False,
    }
    path = stage.folder / "loader.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return [str(OUR_BIN / "target-postgres"), "--config", str(path)]


def _both(stage: Stage) -> list[str]:
    pipeline = f"{shlex.join(_tap(stage))} | {shlex.join(_loader(stage))}"
    return ["bash", "-o", "pipefail", "-c", pipeline]


def _check(side: str, stage: Stage) -> None:
    table = sql.Identifier(_schema(stage), stream_name("A"))
    with psycopg.connect(_postgres(stage).dsn) as connection:
        counted = connection.execute(
            sql.SQL("select count(distinct _id), sum(quantity) from {}").format(table)
        ).fetchone()
    quantities = sum(number % 250 + 1 for number in range(1, stage.rows + 1))
    if counted != (stage.rows, quantities):
        message = f"{side}: the table holds other rows than the simulator."
        raise SideFailedError(message)


def _postgres(stage: Stage) -> Postgres:
    return Postgres(**json.loads((stage.prepared / _SERVER).read_text(encoding="utf-8")))


def _schema(stage: Stage) -> str:
    """Return a schema of the run's own, so that every run loads into new tables."""
    return "run_" + "".join(filter(str.isalnum, stage.folder.name)).lower()


FROM_FILE = Side(name="target-postgres < file", command=_loader, check=_check, stdin=MESSAGES)
FROM_TAP = Side(name="tap-ninox | target-postgres", command=_both, check=_check)

WAREHOUSE = Work(
    name="warehouse",
    title="100,000 rows into PostgreSQL",
    rows=100_000,
    prepared=_with_postgres,
    sides=(FROM_TAP, FROM_FILE),
    bars=(Bar(side=FROM_TAP.name, than=FROM_FILE.name, at_most=1.1),),
)

WORKS = (WAREHOUSE,)
