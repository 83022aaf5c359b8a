"""What formulas are worth: how each type is asked for in a script, and read from the answer.

How a query answers dates, intervals and choices is unknown; a script that says `text()` or `format()` makes it certain.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from tap_ninox.values import readers
from tap_ninox.values.readers import BadValueError, Read

_ERRORS = frozenset({"#error", "#error!", "nan", "infinity", "-infinity", "undefined"})
"""Texts that stand for no value (assumed), in lower case."""

_MS = Decimal(1000)
_ANY_MIDNIGHT = datetime(2000, 1, 1, tzinfo=timezone.utc)

EXPRESSIONS: Mapping[str, str] = {
    "string": "text({0})",
    "number": "{0}",
    "boolean": "{0}",
    "date": 'if {0} != null then format({0}, "YYYY-MM-DD") else null end',
    "timestamp": 'if {0} != null then format({0}, "YYYY-MM-DDTHH:mm:ss") else null end',
    "time": "{0}",
    "timeinterval": "{0}",
}
"""Type of a formula → the expression that asks for it, `{0}` being the formula."""


def reader(formula_type: str, zone: ZoneInfo | None) -> Read:
    """Return the function that turns an answered value of a formula into the property's value."""
    read_as: dict[str, Read] = {
        "string": readers.text,
        "number": _number,
        "boolean": readers.boolean,
        "date": readers.day,
        "timestamp": readers.moment(zone),
        "time": _time_of_day,
        "timeinterval": _seconds,
    }
    read = read_as[formula_type]

    def checked(value: Any) -> Any:
        if isinstance(value, str) and value.lower() in _ERRORS:
            raise BadValueError
        return read(value)

    return checked


def _number(value: Any) -> int | Decimal:
    """Return a number, also one that came as text."""
    if not isinstance(value, str):
        return readers.number(value)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadValueError from None
    if not readers.is_bounded(number):
        raise BadValueError
    return number


def _seconds(value: Any) -> int | Decimal:
    """Return the length of an interval in seconds; as a number it came in milliseconds."""
    if isinstance(value, str):
        return readers.seconds(value)
    seconds = readers.number(value) / _MS
    return int(seconds) if seconds == int(seconds) else seconds


def _time_of_day(value: Any) -> str:
    """Return a time of day; as a number it came in milliseconds since midnight."""
    if isinstance(value, str):
        return readers.time_of_day(value)
    try:
        since_midnight = timedelta(milliseconds=float(readers.number(value)))
        return (_ANY_MIDNIGHT + since_midnight).time().isoformat()
    except OverflowError:
        raise BadValueError from None
