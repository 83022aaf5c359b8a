"""Fields of several properties: lengths of time (number and text), appointments (start and end), locations."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ninox_singer.types.base import (
    MOMENT,
    NUMBER,
    ONE_PROPERTY,
    STRING,
    BadValueError,
    Computed,
    FieldType,
    Formats,
    Part,
    Read,
    ValueRejectedError,
    WriteParts,
    means,
    read_as,
    read_string,
    spell_json,
)
from ninox_singer.types.moment import interpret_moment, read_moment, write_moment
from ninox_singer.types.number import read_number, write_number
from ninox_singer.types.text import TEXT_PART, write_text

# Lengths of time, negative ones and those of more than a day included

_INTERVAL = re.compile(r"(-?)(\d{1,15}):(\d{1,2})(?::(\d{1,2})(\.\d{1,60})?)?")
_WRITTEN = re.compile(r"([+-]?)(\d{1,9}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?", re.ASCII)
_MILLISECONDS = 1000
_MOST_SECONDS = 10**12


def read_seconds(value: Any) -> int | Decimal:
    """Return the length of a time interval such as `"123:25:16.123"` or `"-01:30"` in seconds."""
    match = _INTERVAL.fullmatch(read_string(value))
    if match is None:
        raise BadValueError
    sign, hours, minutes, seconds, fraction = match.groups()
    total: int | Decimal = int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)
    if fraction and fraction.strip(".0"):
        total += Decimal(fraction)
    return -total if sign else total


def _read_computed_seconds(value: Any) -> int | Decimal:
    """Return the length of an interval in seconds; as a number it came in milliseconds."""
    if isinstance(value, str):
        return read_seconds(value)
    seconds = Decimal(read_number(value)) / _MILLISECONDS
    return int(seconds) if seconds == int(seconds) else seconds


def write_interval(formats: Formats) -> WriteParts:
    """Return a writer of time intervals: seconds, or text such as `-01:30` and `123:25:16.123`.

    Of seconds and text the seconds count. Ninox keeps milliseconds (documented form); more is rounded.
    """
    as_number = write_number(formats)

    def write(values: Mapping[str, Any]) -> str:
        value = values.get("", values.get("text"))
        seconds = _parse_seconds(value) if isinstance(value, str) else None
        try:
            return _format_seconds(Decimal(as_number(value)) if seconds is None else seconds)
        except ValueRejectedError:
            reason = "It is neither a number of seconds nor a time interval such as 123:25:16.123."
            raise ValueRejectedError(code="not_an_interval", reason=reason) from None

    return write


def _parse_seconds(written: str) -> Decimal | None:
    """Return the seconds of a time interval's text, None if it is not one."""
    match = _WRITTEN.fullmatch(written.strip())
    if match is None:
        return None
    sign, hours, minutes, seconds, fraction = match.groups()
    total = Decimal(int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)) + Decimal(f"0.{fraction or 0}")
    return -total if sign == "-" else total


def _format_seconds(seconds: Decimal) -> str:
    if abs(seconds) > _MOST_SECONDS:
        raise ValueRejectedError(code="too_large", reason="The time interval is too long.")
    milliseconds = int((seconds * _MILLISECONDS).to_integral_value())
    minutes, rest = divmod(abs(milliseconds), 60 * _MILLISECONDS)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if milliseconds < 0 else ""
    return f"{sign}{hours:02}:{minutes:02}:{rest // _MILLISECONDS:02}.{rest % _MILLISECONDS:03}"


def _interval_meaning(value: Any) -> Hashable:
    seconds = _parse_seconds(value) if isinstance(value, str) else None
    return spell_json(value) if seconds is None else seconds


# Appointments

_APPOINTMENT_PARTS = 2


def read_appointment(part: int, zone: ZoneInfo | None) -> Read:
    """Return a reader of an appointment's start (part 0) or end (part 1)."""
    read_part = read_moment(zone)

    def read(value: Any) -> str:
        parts = read_string(value).split(" - ")
        if len(parts) != _APPOINTMENT_PARTS:
            raise BadValueError
        return read_part(parts[part])  # type: ignore[no-any-return]  # a Read of date-times returns text

    return read


def write_appointment(formats: Formats) -> WriteParts:
    """Return a writer of appointments: start and end, or both in one text with ` - ` between."""
    write_part = write_moment(formats)

    def write(values: Mapping[str, Any]) -> str:
        start, end = _split_appointment(values)
        return f"{write_part(start)} - {write_part(end)}"

    return write


def _split_appointment(values: Mapping[str, Any]) -> tuple[Any, Any]:
    if "" in values:
        parts = values[""].split(" - ") if isinstance(values[""], str) else []
        if len(parts) != _APPOINTMENT_PARTS:
            reason = "It is not an appointment such as 2026-12-31T12:30:00 - 2026-12-31T13:30:00."
            raise ValueRejectedError(code="not_an_appointment", reason=reason)
        return parts[0], parts[1]
    if "start" not in values or "end" not in values:
        missing = "end" if "start" in values else "start"
        raise ValueRejectedError(code="half_an_appointment", reason=f"The {missing} of the appointment is empty.")
    return values["start"], values["end"]


def _appointment_meaning(value: Any) -> Hashable:
    return tuple(map(interpret_moment, value.split(" - "))) if isinstance(value, str) else spell_json(value)


# Locations: an address, a line break, and coordinates such as `<52.5200,13.4050>` (documented form)

_PAIR = re.compile(r"\s*(-?\d{1,20}(?:\.\d{1,60})?)\s*,\s*(-?\d{1,20}(?:\.\d{1,60})?)\s*>", re.ASCII)
_BOUNDS = {"latitude": 90, "longitude": 180}


def split_location(value: str) -> tuple[str, tuple[str, str] | None]:
    """Return the address and, if it ends with them, latitude and longitude as they are written.

    Looked for from the end: an expression that may begin at any blank takes hours for a megabyte of them.
    """
    address, bracket, end = value.rstrip().rpartition("<")
    found = _PAIR.fullmatch(end) if bracket else None
    return (value, None) if found is None else (address.rstrip(), (found[1], found[2]))


def read_address(value: Any) -> str | None:
    """Return the text of a location, without its coordinates."""
    return split_location(read_string(value))[0].strip("\n") or None


def read_coordinate(part: int) -> Read:
    """Return a reader of a location's latitude (part 0) or longitude (part 1), null where it has none."""

    def read(value: Any) -> Decimal | None:
        _, coordinates = split_location(read_string(value))
        return Decimal(coordinates[part]) if coordinates else None

    return read


def write_location(formats: Formats) -> WriteParts:
    """Return a writer of locations: address, coordinates, or both."""
    as_number = write_number(formats)

    def write(values: Mapping[str, Any]) -> str:
        address = write_text(values.get("", ""))
        if "latitude" not in values and "longitude" not in values:
            return address
        latitude, longitude = (_write_coordinate(values, part, as_number) for part in _BOUNDS)
        address, _ = split_location(address)
        return f"{address}\n<{latitude},{longitude}>" if address else f"<{latitude},{longitude}>"

    return write


def _write_coordinate(values: Mapping[str, Any], part: str, as_number: Any) -> str:
    if part not in values:
        raise ValueRejectedError(code="half_a_location", reason=f"The {part} of the location is empty.")
    value = as_number(values[part])
    if abs(value) > _BOUNDS[part]:
        raise ValueRejectedError(code="not_a_coordinate", reason=f"The {part} is beyond {_BOUNDS[part]} degrees.")
    return f"{Decimal(value):f}"


def _location_meaning(value: Any) -> Hashable:
    if not isinstance(value, str):
        return spell_json(value)
    address, coordinates = split_location(value)
    address = " ".join(address.split())
    return (address, *map(Decimal, coordinates)) if coordinates else (address,)


TYPES = {
    "timeinterval": FieldType(
        parts=(Part(schema=NUMBER, read=read_as(read_seconds)), replace(TEXT_PART, name="text")),
        computed=Computed(expression="{0}", read=lambda _zone: _read_computed_seconds),
        forms=(ONE_PROPERTY, frozenset({"text"}), frozenset({"", "text"})),
        write=lambda _field, formats: write_interval(formats),
        is_plain=False,
        meaning=means(_interval_meaning),
    ),
    "appointment": FieldType(
        parts=(
            Part(name="start", schema=MOMENT, read=lambda _captions, zone: read_appointment(0, zone)),
            Part(name="end", schema=MOMENT, read=lambda _captions, zone: read_appointment(1, zone)),
        ),
        more_parts=("",),
        forms=(ONE_PROPERTY, frozenset({"start", "end"})),
        write=lambda _field, formats: write_appointment(formats),
        is_plain=False,
        meaning=means(_appointment_meaning),
    ),
    "location": FieldType(
        parts=(
            Part(schema=STRING, read=read_as(read_address)),
            Part(name="latitude", schema=NUMBER, read=read_as(read_coordinate(0))),
            Part(name="longitude", schema=NUMBER, read=read_as(read_coordinate(1))),
        ),
        forms=(ONE_PROPERTY, frozenset({"latitude", "longitude"}), frozenset({"", "latitude", "longitude"})),
        write=lambda _field, formats: write_location(formats),
        is_plain=False,
        meaning=means(_location_meaning),
    ),
}
