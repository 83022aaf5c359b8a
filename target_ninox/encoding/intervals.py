"""Time intervals: lengths of time, negative ones and those of more than a day included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from target_ninox.encoding.numbers import number
from target_ninox.encoding.values import EncodeParts, Formats, ValueRejectedError

_WRITTEN = re.compile(r"([+-]?)(\d{1,9}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?", re.ASCII)
_MILLISECONDS = 1000
_MOST_SECONDS = 10**12


def interval(formats: Formats) -> EncodeParts:
    """Return an encoder of time intervals: seconds, or text such as `-01:30` and `123:25:16.123`.

    Of seconds and text the seconds count. Ninox keeps milliseconds (documented form); more is rounded.
    """
    as_number = number(formats)

    def encode(values: Mapping[str, Any]) -> str:
        value = values.get("", values.get("text"))
        seconds = seconds_of(value) if isinstance(value, str) else None
        try:
            return _clock(Decimal(as_number(value)) if seconds is None else seconds)
        except ValueRejectedError:
            reason = "It is neither a number of seconds nor a time interval such as 123:25:16.123."
            raise ValueRejectedError(code="not_an_interval", reason=reason) from None

    return encode


def seconds_of(written: str) -> Decimal | None:
    """Return the seconds of a time interval's text, None if it is not one."""
    match = _WRITTEN.fullmatch(written.strip())
    if match is None:
        return None
    sign, hours, minutes, seconds, fraction = match.groups()
    total = Decimal(int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)) + Decimal(f"0.{fraction or 0}")
    return -total if sign == "-" else total


def _clock(seconds: Decimal) -> str:
    if abs(seconds) > _MOST_SECONDS:
        raise ValueRejectedError(code="too_large", reason="The time interval is too long.")
    milliseconds = int((seconds * _MILLISECONDS).to_integral_value())
    minutes, rest = divmod(abs(milliseconds), 60 * _MILLISECONDS)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if milliseconds < 0 else ""
    return f"{sign}{hours:02}:{minutes:02}:{rest // _MILLISECONDS:02}.{rest % _MILLISECONDS:03}"
