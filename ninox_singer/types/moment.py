"""Dates, times of day and date-times, in the forms that Ninox documents."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Hashable
from datetime import date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from ninox_api.schema import Field
from ninox_singer.types.base import (
    DATE,
    MOMENT,
    TIME,
    UTC,
    BadValueError,
    Captions,
    Computed,
    FieldType,
    Formats,
    Meaning,
    Part,
    Read,
    ReadColumn,
    ValueRejectedError,
    Write,
    means,
    parse_integer,
    read_as,
    read_string,
    spell,
    spell_json,
)
from ninox_singer.types.number import read_number

_DATE_LENGTH = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ANY_MIDNIGHT = datetime(2000, 1, 1, tzinfo=timezone.utc)

_ZONE = r"\s?(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
_TIME = re.compile(_CLOCK + _ZONE, re.ASCII)
_ISO = re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:[Tt ]{_CLOCK}{_ZONE})?", re.ASCII)
_GERMAN = re.compile(
    rf"(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?(?P<year>\d{{4}})(?:,?\s+{_CLOCK}(?P<zone>)(?:\sUhr)?)?",
    re.ASCII,
)

_FRACTION = re.compile(r":\d\d:\d\d[.,](\d+)", re.ASCII)
_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PLAIN_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
"""The usual forms, in which there is nothing to convert."""


# Out of Ninox


def read_day(value: Any) -> str:
    """Return a date as it was sent; a time of day behind it is dropped, nothing is shifted."""
    return _check(_parse_day, read_string(value)[:_DATE_LENGTH])


def read_time_of_day(value: Any) -> str:
    """Return a time as it was sent."""
    return _check(_parse_time, read_string(value))


def read_moment(zone: ZoneInfo | None) -> Read:
    """Return a reader of date-times.

    Args:
        zone: The zone of the wall clock that Ninox shows (unknown in general); None leaves the text as it was sent.
    """

    def read(value: Any) -> str:
        sent = read_string(value)
        parsed = _parse_as_sent(sent)
        if zone is None:
            return sent
        return _convert_to_utc(parsed if parsed.tzinfo else parsed.replace(tzinfo=zone))

    return read


def _read_computed_time(value: Any) -> str:
    """Return a time of day; as a number it came in milliseconds since midnight."""
    if isinstance(value, str):
        return read_time_of_day(value)
    try:
        since_midnight = timedelta(milliseconds=float(read_number(value)))
        return (_ANY_MIDNIGHT + since_midnight).time().isoformat()
    except OverflowError:
        raise BadValueError from None


# From Python 3.11 on, `fromisoformat` takes more than what Ninox writes, `2026-W05-1` and `20260131` as a time of day
# among it, which databases refuse or take for something else.


def _parse_day(value: str) -> date:
    if not _PLAIN_DATE.fullmatch(value):
        raise ValueError
    return date.fromisoformat(value)


def _parse_time(value: str) -> time:
    if not _TIME.fullmatch(value):
        raise ValueError
    return time.fromisoformat(value)


def _parse_moment(value: str) -> datetime:
    if not _ISO.fullmatch(value):
        raise ValueError
    return datetime.fromisoformat(value)


def _read_column(parse: Callable[[str], object]) -> ReadColumn:
    """Return a reader of texts that are sent on as they are once they parse; equal ones are parsed once."""

    def read(sent: list[Any]) -> list[Any] | None:
        try:
            distinct = set(sent)
            distinct.discard(None)
            deque(map(parse, distinct), maxlen=0)
        except (TypeError, ValueError):
            return None
        return sent

    return read


_read_days = _read_column(_parse_day)
_read_times = _read_column(_parse_time)
_read_moments = _read_column(_parse_moment)


def _read_moments_column(_captions: Captions, zone: ZoneInfo | None) -> ReadColumn | None:
    return _read_moments if zone is None else None


def _check(parse: Callable[[str], object], value: str) -> str:
    try:
        parse(value)
    except ValueError:
        raise BadValueError from None
    return value


def _parse_as_sent(value: str) -> datetime:
    try:
        return _parse_moment(value.replace("Z", "+00:00"))
    except ValueError:
        raise BadValueError from None


def _convert_to_utc(aware: datetime) -> str:
    try:
        return aware.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    except OverflowError:  # 9999-12-31, a favourite for "never ends", west of Greenwich
        raise BadValueError from None


# Into Ninox


def write_day(formats: Formats) -> Write:
    """Return a writer of dates, which are never shifted.

    A date-time loses its time of day. If it says its zone and is not at midnight, it is taken to the zone's wall clock
    before: sources that write a date as the moment of midnight elsewhere (`2026-12-30T23:00:00Z`) mean that.
    """

    def write(value: Any) -> str:
        if isinstance(value, str) and _PLAIN_DATE.fullmatch(value) and _is_on_the_calendar(value):
            return value
        parsed = _parse(value)
        if parsed is None:
            reason = "It is not a date such as 2026-12-31 or 31.12.2026."
            raise ValueRejectedError(code="not_a_date", reason=reason)
        wall_clock = parsed if parsed.time() == time() else _convert_to_wall_clock(parsed, formats)
        return wall_clock.date().isoformat()

    return write


def write_moment(formats: Formats) -> Write:
    """Return a writer of date-times: `2026-12-31T12:30:00`, to the second, without a zone (documented form).

    With a zone they are converted to the wall clock of the stream's `timezone`; without one they stay as they are.
    """

    def write(value: Any) -> str:
        if isinstance(value, str) and _PLAIN_MOMENT.fullmatch(value) and _is_on_the_calendar(value):
            return value
        parsed = _parse(value)
        if parsed is None:
            reason = "It is not a date-time such as 2026-12-31T12:30:00 or 31.12.2026 12:30:00."
            raise ValueRejectedError(code="not_a_date_time", reason=reason)
        return _convert_to_wall_clock(parsed, formats).isoformat()

    return write


def write_time_of_day(value: Any) -> str:
    """Return a time of day as `12:30:00`; a zone is dropped, nothing is shifted."""
    sent = spell(value)
    match = _TIME.fullmatch(sent) if sent is not None else None
    try:
        parsed = None if match is None else time(*_read_numbers(match, "hour", "minute", "second"))
    except ValueError:
        parsed = None
    if parsed is None:
        reason = "It is not a time of day such as 12:30 or 12:30:00."
        raise ValueRejectedError(code="not_a_time", reason=reason)
    return parsed.isoformat()


def parse_moment(sent: str) -> datetime | None:
    """Return an ISO date-time or date to the second, with its zone if it says one; None for anything else."""
    match = _ISO.fullmatch(sent)
    return None if match is None else _build_moment(match)


def _is_on_the_calendar(sent: str) -> bool:
    try:
        datetime.fromisoformat(sent)
    except ValueError:
        return False
    return True


def _parse(value: Any) -> datetime | None:
    """Read an ISO date or date-time, or a German one: with dots, the day always stands first."""
    sent = spell(value)
    if sent is None:
        return None
    match = _GERMAN.fullmatch(sent)
    return parse_moment(sent) if match is None else _build_moment(match)


def _build_moment(match: re.Match[str]) -> datetime | None:
    zone = match["zone"]
    try:
        plain = datetime(*_read_numbers(match, "year", "month", "day", "hour", "minute", "second"))  # noqa: DTZ001
        return plain if not zone else datetime.fromisoformat(plain.isoformat() + _read_offset(zone))
    except ValueError:
        return None


def _read_numbers(match: re.Match[str], *names: str) -> tuple[int, int, int]:
    return tuple(int(match[name] or 0) for name in names)  # type: ignore[return-value]  # three or more


def _read_offset(zone: str) -> str:
    if zone in {"Z", "z"}:
        return "+00:00"
    return f"{zone[:3]}:{zone[3:].removeprefix(':') or '00'}"


def _convert_to_wall_clock(parsed: datetime, formats: Formats) -> datetime:
    if parsed.tzinfo is None:
        return parsed
    try:
        return parsed.astimezone(formats.zone).replace(tzinfo=None)
    except OverflowError:  # 9999-12-31, a favourite for "never ends", east of Greenwich
        reason = "The date-time is beyond the calendar in the stream's timezone."
        raise ValueRejectedError(code="beyond_the_calendar", reason=reason) from None


# What values mean

_MIDNIGHT = "00:00:00", 0, ""
"""What is said of a date beyond itself: nothing."""


def _read_uncut(formats: Formats) -> Meaning:
    """Return a reader of what fields do not keep: the time of day of a date, fractions of seconds, the hour in autumn.

    Values that are kept alike, and of which this differs, are two; equal ones in two spellings are one.
    """

    def uncut(value: Any) -> Hashable:
        if isinstance(value, str) and _PLAIN_DATE.fullmatch(value):  # nearly every date that is part of a key
            return _MIDNIGHT
        parsed, fraction = _parse(value), _FRACTION.search(spell(value) or "")
        digits = fraction[1].rstrip("0") if fraction else ""
        if parsed is None:
            return spell(value), digits
        local = parsed.astimezone(formats.zone) if parsed.tzinfo is not None else parsed
        return (parsed if parsed.time() == time() else local).time().isoformat(), local.fold, digits

    return uncut


def _day_meaning(_field: Field, zone: ZoneInfo) -> Meaning:
    """A number is a midnight, that of UTC or that of the wall clock: no moment is both, unless they are one."""

    def meaning(value: Any) -> Hashable:
        if isinstance(value, str):
            return value[:_DATE_LENGTH]
        midnights = (
            at
            for at in (_convert_milliseconds(value, UTC), _convert_milliseconds(value, zone))
            if at and at.time() == time()
        )
        midnight = next(midnights, None)
        return spell_json(value) if midnight is None else midnight.date().isoformat()

    return meaning


def _moment_meaning(_field: Field, zone: ZoneInfo) -> Meaning:
    def meaning(value: Any) -> Hashable:
        parsed = _convert_milliseconds(value, zone)
        return interpret_moment(value) if parsed is None else parsed.replace(tzinfo=None).isoformat()

    return meaning


def interpret_moment(value: Any) -> Hashable:
    """Seconds may be missing, and a zone mark is no part of the wall clock."""
    parsed = parse_moment(value) if isinstance(value, str) else None
    return spell_json(value) if parsed is None else parsed.replace(tzinfo=None).isoformat()


def _convert_milliseconds(value: Any, zone: ZoneInfo) -> datetime | None:
    """Return the wall clock of a number of milliseconds, as which a server may pass points in time on (assumed)."""
    number = None if isinstance(value, str) else parse_integer(value)
    try:
        return None if number is None else (_EPOCH + timedelta(milliseconds=number)).astimezone(zone)
    except OverflowError:
        return None


def _time_meaning(value: Any) -> Hashable:
    try:
        return write_time_of_day(value) if isinstance(value, str) else spell_json(value)
    except ValueRejectedError:
        return spell_json(value)


_FORMATTED = 'if {{0}} != null then format({{0}}, "{}") else null end'

TYPES = {
    "date": FieldType(
        parts=(Part(schema=DATE, read=read_as(read_day), read_column=lambda _captions, _zone: _read_days),),
        decoded_as=str | None,
        computed=Computed(expression=_FORMATTED.format("YYYY-MM-DD"), read=lambda _zone: read_day),
        write=lambda _field, formats: write_day(formats),
        uncut=_read_uncut,
        meaning=_day_meaning,
    ),
    "timestamp": FieldType(
        parts=(Part(schema=MOMENT, read=lambda _captions, zone: read_moment(zone), read_column=_read_moments_column),),
        decoded_as=str | None,
        computed=Computed(expression=_FORMATTED.format("YYYY-MM-DDTHH:mm:ss"), read=read_moment),
        write=lambda _field, formats: write_moment(formats),
        uncut=_read_uncut,
        meaning=_moment_meaning,
    ),
    "time": FieldType(
        parts=(Part(schema=TIME, read=read_as(read_time_of_day), read_column=lambda _captions, _zone: _read_times),),
        decoded_as=str | None,
        computed=Computed(expression="{0}", read=lambda _zone: _read_computed_time),
        write=lambda _field, _formats: write_time_of_day,
        meaning=means(_time_meaning),
    ),
}
