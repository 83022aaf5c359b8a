"""The values of the language, beside Python's own numbers, texts, booleans, dates, lists and dictionaries."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple

from ninox_simulator.nx.errors import NxError

Value = Any


class RecordRef(NamedTuple):
    """A record, by its table and number."""

    table_id: str
    record_id: int

    @property
    def nid(self) -> str:
        """Full id, such as `A4`."""
        return f"{self.table_id}{self.record_id}"


class Option(NamedTuple):
    """A chosen option."""

    id: str
    caption: str


class Appointment(NamedTuple):
    """A span of time."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonForm:
    """How values that JSON does not have are answered (all unknown).

    Attributes:
        choices: `captions` or `ids`.
        dates: `iso` or `epoch` (milliseconds).
        not_a_number: `null` or `text`, for what a division by zero brings.
    """

    choices: str = "captions"
    dates: str = "iso"
    not_a_number: str = "null"


def is_empty(value: Value) -> bool:
    """Tell whether a value counts as empty."""
    return value is None or (isinstance(value, str | list) and not value)


def truth(value: Value) -> bool:
    """Return what a condition makes of a value."""
    return not is_empty(value) and value is not False and value != 0


def text(value: Value) -> str:
    """Return a value as text."""
    return _TEXT.get(type(value), str)(value)


def number(value: Value) -> float | int | None:
    """Return a value as a number, None if it has none.

    A record's is its own number, an option's its id, an interval's its milliseconds.
    """
    if type(value) not in _NUMBER:
        message = f"number() of {kind(value)}"
        raise NxError(message)
    found: float | int | None = _NUMBER[type(value)](value)
    return found


def epoch_ms(value: date) -> int:
    """Return a date or date-time, taken as UTC, in milliseconds since 1970."""
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
    return int(moment.replace(tzinfo=timezone.utc).timestamp() * 1000)


def interval_text(value: timedelta) -> str:
    """Return an interval as Ninox writes it: unbounded hours, milliseconds."""
    milliseconds = round(value / timedelta(milliseconds=1))
    sign, milliseconds = ("-", -milliseconds) if milliseconds < 0 else ("", milliseconds)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def as_json(value: Value, form: JsonForm) -> Any:
    """Return what `query` answers for a value."""
    if isinstance(value, list):
        return [as_json(item, form) for item in value]
    if isinstance(value, Mapping):
        return {key: as_json(item, form) for key, item in value.items()}
    return _scalar_as_json(value, form)


def _scalar_as_json(value: Value, form: JsonForm) -> Any:
    if isinstance(value, Option):
        return value.caption if form.choices == "captions" else number(value)
    if isinstance(value, datetime | date) and form.dates == "epoch":
        return epoch_ms(value)
    if isinstance(value, timedelta):
        return interval_text(value) if form.dates == "iso" else number(value)
    if isinstance(value, float):
        return _json_number(value, form)
    return value if value is None or isinstance(value, bool | int | str) else text(value)


def flattened(values: Iterable[Value]) -> list[Value]:
    """Return values without empty ones, lists opened."""
    flat: list[Value] = []
    for value in values:
        if isinstance(value, list):
            flat.extend(item for item in value if item is not None)
        elif value is not None:
            flat.append(value)
    return flat


def kind(value: Value) -> str:
    """Return a word for messages; never the value itself."""
    return {"NoneType": "null", "str": "text", "int": "number", "float": "number", "RecordRef": "record"}.get(
        type(value).__name__, type(value).__name__
    )


def _json_number(value: float, form: JsonForm) -> Any:
    if math.isfinite(value):
        return _plain(value)
    return None if form.not_a_number == "null" else _text_of_float(value)


def _plain(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _number_of_text(value: str) -> float | int | None:
    try:
        return _plain(float(value.strip()))
    except (ValueError, OverflowError):
        return None


def _text_of_float(value: float) -> str:
    if math.isfinite(value):
        return str(_plain(value))
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


_TEXT: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    bool: lambda value: "true" if value else "false",
    float: _text_of_float,
    Option: lambda value: value.caption,
    RecordRef: lambda value: value.nid,
    Appointment: lambda value: f"{value.start.isoformat()} - {value.end.isoformat()}",
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: interval_text,
    list: lambda value: ", ".join(map(text, value)),
}

_NUMBER: Mapping[type, Callable[[Any], Any]] = {
    type(None): lambda _: None,
    bool: int,
    int: lambda value: value,
    float: lambda value: value,
    str: _number_of_text,
    RecordRef: lambda value: value.record_id,
    Option: lambda value: int(value.id) if value.id.isdecimal() else None,
    timedelta: lambda value: _plain(value / timedelta(milliseconds=1)),
    datetime: epoch_ms,
    date: epoch_ms,
}
