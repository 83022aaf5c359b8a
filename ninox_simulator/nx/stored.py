"""Stored field values ↔ values of the language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from ninox_simulator.nx.errors import NxError
from ninox_simulator.nx.values import Appointment, Option, RecordRef, Value, interval_text, kind, number, text

Definition = Mapping[str, Any]

_INTERVAL = re.compile(r"(-?)(\d+):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6}))?)?")


def interval(written: str) -> timedelta | None:
    """Return an interval such as `"123:25:16.123"`, or None for another text."""
    match = _INTERVAL.fullmatch(written)
    if match is None:
        return None
    sign, hours, minutes, seconds, fraction = match.groups()
    length = timedelta(
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds or 0),
        microseconds=int((fraction or "").ljust(6, "0")),
    )
    return -length if sign else length


def moment(written: str) -> datetime:
    """Return a date-time; one with a zone loses it, as stored values have none."""
    return datetime.fromisoformat(written.replace("Z", "+00:00")).replace(tzinfo=None)


def read(definition: Definition, stored: Any) -> Value:
    """Return a stored value of a field as the language sees it; what does not fit the type stays as it is."""
    if stored is None or stored == "":
        return None
    reader = _READERS.get(str(definition.get("base")))
    try:
        return reader(definition, stored) if reader else stored
    except (ValueError, TypeError, AttributeError):
        return stored


def write(definition: Definition, value: Value) -> Any:
    """Return a value in stored form.

    Raises:
        NxError: It does not fit the field's type.
    """
    if value is None or value == "":
        return None
    writer = _WRITERS.get(str(definition.get("base")))
    stored = writer(definition, value) if writer else text(value)
    if stored is None:
        message = f"{kind(value)} does not fit a field of type {definition.get('base')}"
        raise NxError(message)
    return stored


def _option(definition: Definition, stored: Any) -> Option:
    options = definition.get("values") or {}
    return Option(str(stored), str(options.get(str(stored), {}).get("caption", "")))


def _appointment(_: Definition, stored: str) -> Appointment:
    start, end = stored.split(" - ")
    return Appointment(moment(start), moment(end))


def _link(table_key: str) -> Callable[[Definition, Any], RecordRef]:
    return lambda definition, stored: RecordRef(str(definition.get(table_key)), int(stored))


_READERS: dict[str, Callable[[Definition, Any], Value]] = {
    "date": lambda _, stored: date.fromisoformat(stored),
    "timestamp": lambda _, stored: moment(stored),
    "time": lambda _, stored: time.fromisoformat(stored),
    "timeinterval": lambda _, stored: interval(stored) or stored,
    "appointment": _appointment,
    "choice": _option,
    "multi": lambda definition, stored: [_option(definition, item) for item in stored],
    "ref": _link("refTypeId"),
    "dchoice": _link("dynamicChoiceTypeId"),
    "dmulti": lambda definition, stored: [_link("dynamicChoiceTypeId")(definition, item) for item in stored],
}


def _option_id(definition: Definition, value: Value) -> str | None:
    options = definition.get("values") or {}
    if isinstance(value, Option):
        return value.id
    if isinstance(value, int | float):
        return next((key for key in options if key == str(number(value))), None)
    return next((key for key, option in options.items() if value in {key, option.get("caption")}), None)


def _option_ids(definition: Definition, value: Value) -> list[str] | None:
    ids = [_option_id(definition, item) for item in (value if isinstance(value, list) else [value])]
    return None if None in ids else ids  # type: ignore[return-value]  # checked just now


def _day(_: Definition, value: Value) -> str | None:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else None


def _record_number(_: Definition, value: Value) -> int | None:
    found = number(value) if isinstance(value, RecordRef | int) else None
    return int(found) if found else None


_WRITERS: dict[str, Callable[[Definition, Value], Any]] = {
    "number": lambda _, value: number(value),
    "boolean": lambda _, value: value if isinstance(value, bool) else None,
    "date": _day,
    "timestamp": lambda _, value: value.isoformat() if isinstance(value, datetime) else None,
    "time": lambda _, value: value.isoformat() if isinstance(value, time) else None,
    "timeinterval": lambda _, value: interval_text(value) if isinstance(value, timedelta) else None,
    "appointment": lambda _, value: text(value) if isinstance(value, Appointment) else None,
    "choice": _option_id,
    "multi": _option_ids,
    "ref": _record_number,
    "dchoice": _record_number,
    "dmulti": lambda definition, value: [_record_number(definition, item) for item in value],
}
