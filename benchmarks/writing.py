"""The works of the target."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from benchmarks import dataset, delivered
from benchmarks.peers import OUR_BIN, peer_bin
from benchmarks.reading import SIDES
from benchmarks.work import Bar, Side, Stage, Work
from ninox_simulator.seeds import BULK_DATABASE_ID

BATCH = 100
"""Rows per request, for the peers."""

MESSAGES = "messages.jsonl"

_BESIDE_PAGES = 5
"""Teams, databases, schema; the newest record, which tells how many pages there are; the empty page at the end."""
_TABLE = "A"


@contextmanager
def _with_messages(stage: Stage) -> Iterator[None]:
    dataset.write_messages(stage.prepared / MESSAGES, table_id=_TABLE, rows=stage.rows)
    yield


def _check(side: str, stage: Stage) -> None:
    delivered.check_written(side, stage.served.records(BULK_DATABASE_ID, _TABLE), rows=stage.rows)


def _config(stage: Stage, **settings: Any) -> str:
    path = stage.folder / "config.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return str(path)


def _records_url(stage: Stage) -> str:
    return f"{stage.served.url}/{dataset.DATABASE_PATH}/tables/{_TABLE}/records"


def _target(stage: Stage) -> list[str]:
    config = _config(
        stage,
        api_url=stage.served.url,
        auth_token=stage.served.token,
        database=BULK_DATABASE_ID,
    )
    return [str(OUR_BIN / "target-ninox"), "--config", config]


def _naive(stage: Stage) -> list[str]:
    config = _config(stage, records_url=_records_url(stage), batch_size_rows=BATCH)
    return [sys.executable, str(SIDES / "naive_sink.py"), "--config", config]


def _script(python: str, name: str, stage: Stage) -> list[str]:
    database_url = f"{stage.served.url}/{dataset.DATABASE_PATH}"
    return [python, str(SIDES / f"{name}.py"), database_url, _TABLE, str(BATCH)]


def _dlt(stage: Stage) -> list[str]:
    return _script(str(peer_bin("dlt") / "python"), "dlt_write", stage)


TARGET = Side(name="target-ninox", command=_target, check=_check, stdin=MESSAGES)
BARE = Side(
    name="bare loop, json", command=partial(_script, sys.executable, "bare_write"), check=_check, stdin=MESSAGES
)
NAIVE = Side(name="naive SDK BatchSink", command=_naive, check=_check, stdin=MESSAGES)
DLT = Side(name="dlt custom destination", command=_dlt, check=_check, stdin=MESSAGES)

WRITE = Work(
    name="write",
    title="100,000 new rows of 10 fields, no latency",
    rows=100_000,
    is_filled=False,
    prepared=_with_messages,
    sides=(TARGET, BARE),
    bars=(Bar(side=TARGET.name, than=BARE.name, at_most=2.0),),
)
WRITE_PEERS = replace(
    WRITE,
    name="write-peers",
    title="20,000 new rows, no latency",
    rows=20_000,
    sides=(TARGET, BARE, NAIVE, DLT),
    bars=(),
)
UNCHANGED = Work(
    name="unchanged",
    title="100,000 rows that are in the table already",
    rows=100_000,
    prepared=_with_messages,
    sides=(TARGET,),
    bars=(
        Bar(side=TARGET.name, figure="reads", at_most=100_000 // 1000 + _BESIDE_PAGES),
        Bar(side=TARGET.name, figure="writes", at_most=0),
    ),
)

WORKS = (WRITE, WRITE_PEERS, UNCHANGED)
