"""What all encoders share: how values are written in text, what is empty, and how a value is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Encode = Callable[[Any], Any]
"""One value that is not empty → a JSON value for Ninox."""

EncodeParts = Callable[[Mapping[str, Any]], Any]
"""Part → value, those that are not empty → a JSON value for Ninox."""

CLEARED = ""
"""What empties a field (observed for text; whether `null` does is unknown)."""

UTC = ZoneInfo("UTC")

_WIDEST = 2**63
_MOST_DIGITS = 24


class ValueRejectedError(ValueError):
    """A value that does not fit its field. It carries no value.

    Attributes:
        code: Kind of problem, for programs.
        reason: One sentence for people, without the value.
        allowed: What would be accepted, where that is a list.
    """

    def __init__(self, *, code: str, reason: str, allowed: tuple[str, ...] = ()) -> None:
        """Say what is wrong."""
        self.code = code
        self.reason = reason
        self.allowed = allowed
        super().__init__(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """How values are written.

    Attributes:
        german_numbers: Whether text such as `1.234,56` is meant, not `1234.56`.
        zone: Zone of the wall clock that Ninox shows.
    """

    german_numbers: bool = False
    zone: ZoneInfo = UTC


def is_blank(value: Any) -> bool:
    """Tell whether a value is empty: null, text of nothing but spaces, or a list without members."""
    return value is None or (isinstance(value, str) and not value.strip()) or value == []


def is_nothing(value: Any) -> bool:
    """Tell whether a text is empty: null or `""`; a space is text."""
    return value is None or value == ""


def whole_number(value: Any) -> int | None:
    """Return the integer that a JSON number or its text stands for (`7`, `7.0`, `"7"`), else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal | float):
        number = Decimal(value)
        return int(number) if number.is_finite() and -_WIDEST < number < _WIDEST and number == int(number) else None
    written = value.strip() if isinstance(value, str) and len(value) <= _MOST_DIGITS else ""
    return int(written) if written.isascii() and written.isdecimal() else None


def spelled(value: Any) -> str | None:
    """Return text, or a date or time as ISO text (the SDK may have parsed it), else None."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.strip() if isinstance(value, str) else None
