"""A list of Excel's, to standard output: tap-tabular beside what else reads it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import xlsxwriter

from benchmarks.peers import OUR_BIN, peer_bin
from benchmarks.process import SideFailedError
from benchmarks.work import Bar, Side, Stage, Work

_FILE = "list.xlsx"
_TEXTS, _NUMBERS, _DATES = 8, 8, 3
_KEY = "No"
_SIDES = Path(__file__).parent / "sides"
_FIRST_DAY = 36526  # 2000-01-01, as Excel counts


@contextmanager
def _with_list(stage: Stage) -> Iterator[None]:
    """Write texts that few rows share, numbers with and without a fraction, and dates: 20 columns in all."""
    with xlsxwriter.Workbook(str(stage.prepared / _FILE)) as book:
        sheet = book.add_worksheet("List")
        date = book.add_format({"num_format": "dd.mm.yyyy"})
        named = [*(f"Text {n}" for n in range(_TEXTS)), *(f"Number {n}" for n in range(_NUMBERS))]
        sheet.write_row(0, 0, [_KEY, *named, *(f"Day {n}" for n in range(_DATES))])
        for row in range(1, stage.rows + 1):
            sheet.write_number(row, 0, row)
            for column in range(_TEXTS):
                sheet.write_string(row, 1 + column, f"Straße {row % (10 ** (column + 1))} Größe {column}")
            for column in range(_NUMBERS):
                sheet.write_number(row, 1 + _TEXTS + column, row * (column + 1) / (1 + column % 2 * 99))
            for column in range(_DATES):
                sheet.write_number(row, 1 + _TEXTS + _NUMBERS + column, _FIRST_DAY + row % 9000 + column, date)
    yield


def _configured(stage: Stage, entry: dict[str, Any]) -> str:
    path = stage.folder / "config.json"
    path.write_text(json.dumps({"files": [{"path": str(stage.prepared / _FILE), **entry}]}), encoding="utf-8")
    return str(path)


def _tabular(stage: Stage) -> list[str]:
    entry = {"stream": "list", "key_properties": [_KEY]}
    return [str(OUR_BIN / "tap-tabular"), "--config", _configured(stage, entry)]


def _openpyxl(stage: Stage) -> list[str]:
    return [sys.executable, str(_SIDES / "openpyxl_read.py"), str(stage.prepared / _FILE)]


def _spreadsheets(stage: Stage) -> list[str]:
    entry = {"format": "excel", "worksheet": "List", "table_name": "list", "primary_keys": ["no"]}
    return [str(peer_bin("tap-spreadsheets") / "tap-spreadsheets"), "--config", _configured(stage, entry)]


def _check(side: str, stage: Stage) -> None:
    """Refuse a side that lacks rows; whether they are right is asked by the tests."""
    count = 0
    for line in stage.output.read_bytes().splitlines():
        message = msgspec.json.decode(line)
        count += isinstance(message, list) or message.get("type") == "RECORD"
    if count != stage.rows:
        text = f"{side}: {count} rows came, {stage.rows} are in the list."
        raise SideFailedError(text)


TABULAR = Side(name="tap-tabular", command=_tabular, check=_check)
OPENPYXL = Side(name="openpyxl, values only", command=_openpyxl, check=_check)
SPREADSHEETS = Side(name="tap-spreadsheets", command=_spreadsheets, check=_check)

SHEET = Work(
    name="sheet",
    title="100,000 rows of 20 columns of .xlsx to /dev/null",
    rows=100_000,
    is_filled=False,
    prepared=_with_list,
    sides=(TABULAR, OPENPYXL, SPREADSHEETS),
    bars=(
        Bar(side=TABULAR.name, at_most=40),
        Bar(side=TABULAR.name, at_most=150, figure="peak_mb"),
    ),
)

WORKS = (SHEET,)
