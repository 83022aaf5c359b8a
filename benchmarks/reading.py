"""The works of the tap, and how each side is told to do them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import delivered, process
from benchmarks.dataset import DATABASE_PATH, table_ids
from benchmarks.delivered import Row
from benchmarks.peers import OUR_BIN, peer_bin
from benchmarks.process import SideFailedError
from benchmarks.work import Bar, Check, Command, Side, Stage, Work

SIDES = Path(__file__).parent / "sides"


def _checked(read: Callable[[Path], Iterable[Row]]) -> Check:
    def check(side: str, stage: Stage) -> None:
        delivered.check_read(side, read(stage.output), tables=stage.tables, rows_per_table=stage.rows)

    return check


def _script(python: Callable[[], Path], name: str, *options: str) -> Command:
    def command(stage: Stage) -> list[str]:
        url = f"{stage.served.url}/{DATABASE_PATH}"
        return [str(python()), str(SIDES / f"{name}.py"), url, ",".join(table_ids(stage.tables)), *options]

    return command


def our_config(stage: Stage, **settings: Any) -> str:
    """Write the tap's configuration and return its path."""
    return _file(stage, "config.json", {"api_url": stage.served.url, "auth_token": stage.served.token, **settings})


def _tap(stage: Stage, **settings: Any) -> list[str]:
    return [str(OUR_BIN / "tap-ninox"), "--config", our_config(stage, **settings)]


def idle_tap(stage: Stage) -> list[str]:
    """Return the command of a run that continues from the prepared state."""
    return [*_tap(stage), "--state", str(stage.prepared / "state.json")]


def _alone(option: str, _: Stage) -> list[str]:
    return [str(OUR_BIN / "tap-ninox"), option]


def _msdk(stage: Stage) -> list[str]:
    streams = [
        {
            "name": f"table_{table}",
            "path": f"/{DATABASE_PATH}/tables/{table}/records",
            "params": {"perPage": 1000, "ids": "true", "choiceStyle": "ids"},
            "primary_keys": ["id"],
            "records_path": "$[*]",
            "num_inference_records": 50,
        }
        for table in table_ids(stage.tables)
    ]
    config = {
        "api_url": stage.served.url,
        "auth_method": "bearer_token",
        "bearer_token": stage.served.token,
        "pagination_request_style": "page_number_paginator",
        "pagination_response_style": "page",
        "pagination_initial_offset": 0,
        "next_page_token_path": "$[0]",  # another page while this one is not empty
        "pagination_next_page_param": "page",
        "streams": streams,
    }
    return [str(peer_bin("msdk") / "tap-rest-api-msdk"), "--config", _file(stage, "config.json", config)]


def _file(stage: Stage, name: str, content: Any) -> str:
    path = stage.folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


@contextmanager
def with_state(stage: Stage) -> Iterator[None]:
    """Load everything once and keep the state."""
    process.run(_tap(stage), folder=stage.folder, stdout=stage.output)
    states = [line for line in stage.output.read_bytes().splitlines() if line.startswith(b'{"type":"STATE"')]
    (stage.prepared / "state.json").write_text(json.dumps(json.loads(states[-1])["value"]), encoding="utf-8")
    yield


def _check_nothing_came(side: str, stage: Stage) -> None:
    if b'"RECORD"' in stage.output.read_bytes():
        message = f"{side}: records came although nothing had changed."
        raise SideFailedError(message)


def _check_printed(side: str, stage: Stage) -> None:
    if not stage.output.read_bytes().strip():
        message = f"{side}: nothing was printed."
        raise SideFailedError(message)


def _our_python() -> Path:
    return OUR_BIN / "python"


def _peer_python(peer: str) -> Path:
    return peer_bin(peer) / "python"


_LINES = _checked(delivered.plain_lines)
_DLT, _AIRBYTE = partial(_peer_python, "dlt"), partial(_peer_python, "airbyte")
_OURS = _checked(delivered.our_messages)

TAP = Side(name="tap-ninox", command=_tap, check=_OURS)
TAP_8 = Side(name="tap-ninox, 8 in flight", command=partial(_tap, max_parallel_requests=8), check=_OURS)
BARE_JSON = Side(name="bare loop, json", command=_script(_our_python, "bare_read", "json"), check=_LINES)
BARE_MSGSPEC = Side(name="bare loop, msgspec", command=_script(_our_python, "bare_read", "msgspec"), check=_LINES)
DLT_LINES = Side(name="dlt, iterated", command=_script(_DLT, "dlt_read", "1", "lines"), check=_LINES)
DLT = Side(name="dlt, extract", command=_script(_DLT, "dlt_read", "1", "extract"), check=_checked(delivered.dlt_files))
AIRBYTE = Side(
    name="airbyte-cdk", command=_script(_AIRBYTE, "airbyte_read", "4"), check=_checked(delivered.airbyte_messages)
)
MSDK = Side(name="tap-rest-api-msdk", command=_msdk, check=_checked(delivered.msdk_messages))
DLT_8 = replace(DLT, name="dlt, 8 workers", command=_script(_DLT, "dlt_read", "8", "extract"))
AIRBYTE_8 = replace(AIRBYTE, name="airbyte-cdk, 8", command=_script(_AIRBYTE, "airbyte_read", "8"))

PEAK_MB = 150

READ = Work(
    name="read",
    title="200,000 rows of 10 fields, no latency",
    rows=200_000,
    sides=(TAP, BARE_JSON, BARE_MSGSPEC, DLT_LINES, DLT, AIRBYTE, MSDK),
    bars=(
        Bar(side=TAP.name, than=BARE_JSON.name, at_most=1.6),
        *(Bar(side=TAP.name, than=peer.name, at_most=0.5) for peer in (DLT, AIRBYTE, MSDK)),
    ),
)
READ_FEW = Work(name="read-50k", title="50,000 rows, for the growth of memory", rows=50_000, sides=(TAP,))
READ_MANY = Work(
    name="read-1m",
    title="1,000,000 rows of 10 fields, no latency",
    rows=1_000_000,
    sides=(TAP, BARE_JSON, BARE_MSGSPEC),
    bars=(
        Bar(side=TAP.name, than=BARE_JSON.name, at_most=1.0),
        Bar(side=TAP.name, than=BARE_MSGSPEC.name, at_most=1.0),
        Bar(side=TAP.name, figure="peak_mb", at_most=PEAK_MB),
    ),
)
TABLES = Work(
    name="tables",
    title="8 tables of 5,000 rows, 50 ms per request",
    tables=8,
    rows=5_000,
    latency_s=0.05,
    sides=(TAP, TAP_8, DLT_8, AIRBYTE_8, MSDK),
    bars=(
        *(Bar(side=side.name, figure="reads", at_most=8 * (5 + 2)) for side in (TAP, TAP_8)),
        Bar(side=TAP_8.name, than=DLT_8.name, at_most=1.0),
    ),
)
IDLE = Work(
    name="idle",
    title="nothing changed in 8 tables",
    tables=8,
    rows=100,
    prepared=with_state,
    sides=(Side(name=TAP.name, command=idle_tap, check=_check_nothing_came),),
    bars=(Bar(side=TAP.name, at_most=1.0), Bar(side=TAP.name, figure="reads", at_most=4)),
)
START = Work(
    name="start",
    title="the commands alone",
    rows=0,
    sides=(
        Side(name="tap-ninox --version", command=partial(_alone, "--version"), check=_check_printed),
        Side(name="tap-ninox --about", command=partial(_alone, "--about"), check=_check_printed),
    ),
    bars=(Bar(side="tap-ninox --version", at_most=0.5), Bar(side="tap-ninox --about", at_most=0.5)),
)

WORKS = (START, IDLE, READ_FEW, READ, READ_MANY, TABLES)
