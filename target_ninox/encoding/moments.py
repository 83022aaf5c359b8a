"""Dates, times of day, date-times and appointments, in the forms that Ninox documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from target_ninox.encoding.values import Encode, EncodeParts, Formats, ValueRejectedError, spelled

_ZONE = r"\s?(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
_TIME = re.compile(_CLOCK + _ZONE, re.ASCII)
_ISO = re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:[Tt ]{_CLOCK}{_ZONE})?", re.ASCII)
_GERMAN = re.compile(
    rf"(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?(?P<year>\d{{4}})(?:,?\s+{_CLOCK}(?P<zone>)(?:\sUhr)?)?",
    re.ASCII,
)
_APPOINTMENT_PARTS = 2


_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PLAIN_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
"""The usual forms, in which there is nothing to convert."""


def day(formats: Formats) -> Encode:
    """Return an encoder of dates, which are never shifted.

    A date-time loses its time of day. If it says its zone and is not at midnight, it is taken to the zone's wall clock
    before: sources that write a date as the moment of midnight elsewhere (`2026-12-30T23:00:00Z`) mean that.
    """

    def encode(value: Any) -> str:
        if isinstance(value, str) and _PLAIN_DATE.fullmatch(value) and _is_on_the_calendar(value):
            return value
        parsed = _parsed(value)
        if parsed is None:
            reason = "It is not a date such as 2026-12-31 or 31.12.2026."
            raise ValueRejectedError(code="not_a_date", reason=reason)
        wall_clock = parsed if parsed.time() == time() else _wall_clock(parsed, formats)
        return wall_clock.date().isoformat()

    return encode


def moment(formats: Formats) -> Encode:
    """Return an encoder of date-times: `2026-12-31T12:30:00`, to the second, without a zone (documented form).

    With a zone they are converted to the wall clock of the stream's `timezone`; without one they stay as they are.
    """

    def encode(value: Any) -> str:
        if isinstance(value, str) and _PLAIN_MOMENT.fullmatch(value) and _is_on_the_calendar(value):
            return value
        parsed = _parsed(value)
        if parsed is None:
            reason = "It is not a date-time such as 2026-12-31T12:30:00 or 31.12.2026 12:30:00."
            raise ValueRejectedError(code="not_a_date_time", reason=reason)
        return _wall_clock(parsed, formats).isoformat()

    return encode


def time_of_day(value: Any) -> str:
    """Return a time of day as `12:30:00`; a zone is dropped, nothing is shifted."""
    sent = spelled(value)
    match = _TIME.fullmatch(sent) if sent is not None else None
    try:
        parsed = None if match is None else time(*_numbers(match, "hour", "minute", "second"))
    except ValueError:
        parsed = None
    if parsed is None:
        reason = "It is not a time of day such as 12:30 or 12:30:00."
        raise ValueRejectedError(code="not_a_time", reason=reason)
    return parsed.isoformat()


def appointment(formats: Formats) -> EncodeParts:
    """Return an encoder of appointments: start and end, or both in one text with ` - ` between."""
    encode_moment = moment(formats)

    def encode(values: Mapping[str, Any]) -> str:
        start, end = _start_and_end(values)
        return f"{encode_moment(start)} - {encode_moment(end)}"

    return encode


def read_moment(sent: str) -> datetime | None:
    """Return an ISO date-time or date to the second, with its zone if it says one; None for anything else."""
    match = _ISO.fullmatch(sent)
    return None if match is None else _moment_of(match)


def read_time(sent: str) -> time | None:
    """Return a time of day to the second, None for anything else."""
    try:
        return time.fromisoformat(time_of_day(sent))
    except ValueRejectedError:
        return None


def _start_and_end(values: Mapping[str, Any]) -> tuple[Any, Any]:
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


def _is_on_the_calendar(sent: str) -> bool:
    try:
        datetime.fromisoformat(sent)
    except ValueError:
        return False
    return True


def _parsed(value: Any) -> datetime | None:
    """Read an ISO date or date-time, or a German one: with dots, the day always stands first."""
    sent = spelled(value)
    if sent is None:
        return None
    match = _GERMAN.fullmatch(sent)
    return read_moment(sent) if match is None else _moment_of(match)


def _moment_of(match: re.Match[str]) -> datetime | None:
    zone = match["zone"]
    try:
        plain = datetime(*_numbers(match, "year", "month", "day", "hour", "minute", "second"))  # noqa: DTZ001
        return plain if not zone else datetime.fromisoformat(plain.isoformat() + _offset(zone))
    except ValueError:
        return None


def _numbers(match: re.Match[str], *names: str) -> tuple[int, int, int]:
    return tuple(int(match[name] or 0) for name in names)  # type: ignore[return-value]  # three or more


def _offset(zone: str) -> str:
    if zone in {"Z", "z"}:
        return "+00:00"
    return f"{zone[:3]}:{zone[3:].removeprefix(':') or '00'}"


def _wall_clock(parsed: datetime, formats: Formats) -> datetime:
    if parsed.tzinfo is None:
        return parsed
    try:
        return parsed.astimezone(formats.zone).replace(tzinfo=None)
    except OverflowError:  # 9999-12-31, a favourite for "never ends", east of Greenwich
        reason = "The date-time is beyond the calendar in the stream's timezone."
        raise ValueRejectedError(code="beyond_the_calendar", reason=reason) from None
