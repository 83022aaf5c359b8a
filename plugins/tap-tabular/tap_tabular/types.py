"""The types that a user may give to a column: what a cell's value is as one of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from math import isinf

from tap_tabular.files import Value
from tap_tabular.formats import written

_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def as_text(value: Value) -> str:
    """Return a value as text."""
    return written(value) if isinstance(value, date | time | timedelta) else str(value)


def _as_string(value: Value) -> Value:
    return ("true" if value else "false") if isinstance(value, bool) else as_text(value)


def _as_integer(value: Value) -> Value:
    number = _as_number(value)
    if isinstance(number, float):
        raise ValueError  # noqa: TRY004 (of the cell, not of the code)
    return number


def _as_number(value: Value) -> Value:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = value.strip() if isinstance(value, str) else ""
    if not _PLAIN_NUMBER.fullmatch(text):
        raise ValueError
    try:
        return int(text)
    except ValueError:
        number = float(text)
    if isinf(number):
        raise ValueError  # which JSON cannot say
    return number


def _as_boolean(value: Value) -> Value:
    if isinstance(value, bool):
        return value
    known = {"true": True, "false": False, "1": True, "0": False}.get(str(value).strip().lower())
    if known is None:
        raise ValueError
    return known


def _as_date(value: Value) -> Value:
    return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else _moment(value).date()


def _as_date_time(value: Value) -> Value:
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, time()) if isinstance(value, date) else _moment(value)


def _moment(value: Value) -> datetime:
    return datetime.fromisoformat(value.strip() if isinstance(value, str) else "")


CONVERTS: Mapping[str, Callable[[Value], Value]] = {
    "string": _as_string,
    "integer": _as_integer,
    "number": _as_number,
    "boolean": _as_boolean,
    "date": _as_date,
    "date-time": _as_date_time,
}
"""What `types` may say → how a value becomes one; a ValueError if it is none."""
