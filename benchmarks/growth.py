"""How the tap's cost grows: with rows, fields, tables and changes, at three sizes each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial

import requests

from benchmarks import reading
from benchmarks.dataset import DATABASE_PATH
from benchmarks.process import SideFailedError
from benchmarks.reading import TAP
from benchmarks.work import Side, Stage, Work

_PER_REQUEST = 1000


def _check_rows(side: str, stage: Stage) -> None:
    _check_count(stage.rows, side, stage)


def _check_count(expected: int, side: str, stage: Stage) -> None:
    lines = stage.output.read_bytes().splitlines()
    found = sum(line.startswith(b'{"type":"RECORD","stream":"bulk__') for line in lines)
    if found != expected:
        message = f"{side}: {found} records came, {expected} were expected."
        raise SideFailedError(message)


@contextmanager
def _with_changes(count: int, stage: Stage) -> Iterator[None]:
    """Load everything, then change some records all over the table; a run from the state reads those."""
    with reading.with_state(stage):
        step = max(1, stage.rows // count)
        changes = [{"id": 1 + number * step, "fields": {"B": "changed"}} for number in range(count)]
        url = f"{stage.served.url}/{DATABASE_PATH}/tables/A/records"
        for start in range(0, count, _PER_REQUEST):
            page = changes[start : start + _PER_REQUEST]
            headers = {"Authorization": f"Bearer {stage.served.token}"}
            requests.post(url, json=page, headers=headers, timeout=60).raise_for_status()
        yield


def _rows(rows: int) -> Work:
    return Work(name=f"rows-{rows}", title=f"{rows:,} rows", rows=rows, sides=(TAP,))


def _fields(fields: int) -> Work:
    side = replace(TAP, check=_check_rows)
    title = f"50,000 rows of {fields} fields"
    return Work(name=f"fields-{fields}", title=title, rows=50_000, fields=fields, sides=(side,))


def _tables(tables: int) -> Work:
    return Work(name=f"tables-{tables}", title=f"{tables} tables of 500 rows", tables=tables, rows=500, sides=(TAP,))


def _changes(count: int) -> Work:

    def prepared(stage: Stage) -> AbstractContextManager[None]:
        return _with_changes(count, stage)

    side = Side(name=TAP.name, command=reading.idle_tap, check=partial(_check_count, count))
    title = f"{count:,} changes in 50,000 rows"
    return Work(name=f"changes-{count}", title=title, rows=50_000, prepared=prepared, sides=(side,))


WORKS = (
    *map(_rows, (10_000, 100_000, 1_000_000)),
    *map(_fields, (5, 20, 80)),
    *map(_tables, (2, 16, 128)),
    *map(_changes, (100, 1_000, 10_000)),
)
