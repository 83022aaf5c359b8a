"""Dates, times, date-times, appointments and time intervals, in the forms that Ninox documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from target_ninox.encoding.numbers import number
from target_ninox.encoding.values import Encode, EncodeParts, Formats, ValueRejectedError, spelled

_GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(.*)", re.DOTALL)
_INTERVAL = re.compile(r"([+-]?)(\d{1,9}):([0-5]?\d)(?::([0-5]?\d)(?:[.,](\d+))?)?", re.ASCII)
_FRACTION = re.compile(r"(:\d\d)[.,]\d+")
_DATE_LENGTH = 10
_APPOINTMENT_PARTS = 2
_MILLISECOND = Decimal("0.001")
_MOST_SECONDS = 10**12


def day(formats: Formats) -> Encode:
    """Return an encoder of dates, which are never shifted.

    A date-time loses its time of day. If it says its zone and is not at midnight, it is taken to the zone's wall clock
    before: sources that write a date as the moment of midnight elsewhere (`2026-12-30T23:00:00Z`) mean that.
    """

    def encode(value: Any) -> str:
        sent = _iso(value, formats)
        if sent is not None and len(sent) == _DATE_LENGTH:
            return _date(sent, formats).isoformat()
        parsed = _parsed(sent)
        if parsed is None:
            raise _no_date(formats)
        if parsed.time() == time():
            return parsed.date().isoformat()
        return _wall_clock(parsed, formats).date().isoformat()

    return encode


def moment(formats: Formats) -> Encode:
    """Return an encoder of date-times: `2026-12-31T12:30:00`, to the second, without a zone (documented form).

    With a zone they are converted to the wall clock of the stream's `timezone`; without one they stay as they are.
    """

    def encode(value: Any) -> str:
        parsed = _parsed(_iso(value, formats))
        if parsed is None:
            raise _no_moment(formats)
        return _wall_clock(parsed, formats).isoformat(timespec="seconds")

    return encode


def time_of_day(value: Any) -> str:
    """Return a time of day as `12:30:00`; a zone is dropped, nothing is shifted."""
    sent = spelled(value)
    try:
        parsed = time.fromisoformat(_python_form(sent)) if sent is not None and ":" in sent else None
    except ValueError:
        parsed = None
    if parsed is None:
        raise ValueRejectedError(code="not_a_time", reason="It is not a time of day such as 12:30 or 12:30:00.")
    return parsed.replace(tzinfo=None).isoformat(timespec="seconds")


def interval(formats: Formats) -> EncodeParts:
    """Return an encoder of time intervals: seconds, or text such as `-01:30` and `123:25:16.123`."""
    as_number = number(formats)

    def encode(values: Mapping[str, Any]) -> str:
        value = values.get("", values.get("text"))
        written = _INTERVAL.fullmatch(value.strip()) if isinstance(value, str) else None
        if written is not None:
            return _clock(_seconds(written))
        try:
            return _clock(Decimal(as_number(value)))
        except ValueRejectedError:
            reason = "It is neither a number of seconds nor a time interval such as 123:25:16.123."
            raise ValueRejectedError(code="not_an_interval", reason=reason) from None

    return encode


def appointment(formats: Formats) -> EncodeParts:
    """Return an encoder of appointments: start and end, or both in one text with ` - ` between."""
    encode_moment = moment(formats)

    def encode(values: Mapping[str, Any]) -> str:
        start, end = _start_and_end(values)
        return f"{encode_moment(start)} - {encode_moment(end)}"

    return encode


def seconds_of(written: str) -> Decimal | None:
    """Return the seconds of a time interval's text, None if it is not one."""
    match = _INTERVAL.fullmatch(written.strip())
    return None if match is None else _seconds(match)


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


def _iso(value: Any, formats: Formats) -> str | None:
    sent = spelled(value)
    match = _GERMAN_DATE.fullmatch(sent) if sent is not None and formats.german_dates else None
    if match is None:
        return sent
    day_, month, year, rest = match.groups()
    rest = rest.strip(", ").removesuffix("Uhr").strip()
    return f"{year}-{month:0>2}-{day_:0>2}" + (f"T{rest:0>5}" if rest else "")


def _date(sent: str, formats: Formats) -> date:
    try:
        return date.fromisoformat(sent)
    except ValueError:
        raise _no_date(formats) from None


def _parsed(sent: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(_python_form(sent)) if sent is not None and sent[4:5] == "-" else None
    except ValueError:
        return None


def _python_form(sent: str) -> str:
    """Rewrite what Python 3.10 does not read yet: `Z`, and fractions of other than three or six digits."""
    plain = _FRACTION.sub(r"\1", sent)
    return f"{plain[:-1]}+00:00" if plain.endswith(("Z", "z")) else plain


def _wall_clock(parsed: datetime, formats: Formats) -> datetime:
    if parsed.tzinfo is None:
        return parsed
    try:
        return parsed.astimezone(formats.zone).replace(tzinfo=None)
    except OverflowError:  # 9999-12-31, a favourite for "never ends", east of Greenwich
        reason = "The date-time is beyond the calendar in the stream's timezone."
        raise ValueRejectedError(code="beyond_the_calendar", reason=reason) from None


def _seconds(match: re.Match[str]) -> Decimal:
    sign, hours, minutes, whole, fraction = match.groups()
    total = Decimal(int(hours) * 3600 + int(minutes) * 60 + int(whole or 0)) + Decimal(f"0.{fraction or 0}")
    return -total if sign == "-" else total


def _clock(seconds: Decimal) -> str:
    if abs(seconds) > _MOST_SECONDS:
        raise ValueRejectedError(code="too_large", reason="The time interval is too long.")
    milliseconds = int((seconds / _MILLISECOND).to_integral_value())
    minutes, rest = divmod(abs(milliseconds), 60_000)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if milliseconds < 0 else ""
    return f"{sign}{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def _no_date(formats: Formats) -> ValueRejectedError:
    return ValueRejectedError(
        code="not_a_date", reason=f"It is not a date such as {_examples(formats, '')} (date_format)."
    )


def _no_moment(formats: Formats) -> ValueRejectedError:
    reason = f"It is not a date-time such as {_examples(formats, 'T12:30:00')} (date_format)."
    return ValueRejectedError(code="not_a_date_time", reason=reason)


def _examples(formats: Formats, clock: str) -> str:
    german = f" or 31.12.2026{clock.replace('T', ' ')}" if formats.german_dates else ""
    return f"2026-12-31{clock}{german}"
