"""Text of all kinds."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from target_ninox.encoding.values import ValueRejectedError

_MOST_DIGITS = 400

_JSON_TEXT = msgspec.json.Encoder(decimal_format="number")


def text(value: Any) -> str:
    """Return text as it is, space by space; numbers and booleans spelled out, anything else as JSON text.

    A JSON number that is whole is spelled as an integer: spreadsheets and databases send `4711.0` and `1e2` for what
    people write as 4711 and 100. A JSON text is never read as a number.
    """
    if isinstance(value, str):
        return _encodable(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueRejectedError(code="not_finite", reason="It is not a finite number (NaN or Infinity).")
    if isinstance(value, Decimal) and value.adjusted() < _MOST_DIGITS and value == value.to_integral_value():
        return str(int(value))
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return _encodable(_JSON_TEXT.encode(value).decode())


def _encodable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can spell it, UTF-8 cannot
        raise ValueRejectedError(code="not_text", reason="The text holds a character that is cut in half.") from None
    return value
