"""The values of the language, beside Python's own numbers, texts, booleans, dates, lists and dictionaries.

How they are written as text and as JSON, and how a field stores them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple

from ninox_simulator.nx import NxError

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


def from_stored(definition: Definition, stored: Any) -> Value:
    """Return a stored value of a field as the language sees it; what does not fit the type stays as it is."""
    if stored is None or stored == "":
        return None
    reader = _READERS.get(str(definition.get("base")))
    try:
        return reader(definition, stored) if reader else stored
    except (ValueError, TypeError, AttributeError):
        return stored


def to_stored(definition: Definition, value: Value) -> Any:
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
