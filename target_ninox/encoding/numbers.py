"""Numbers and booleans, without loss of digits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from target_ninox.encoding.values import Encode, Formats, ValueRejectedError

_ISO = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_GERMAN = re.compile(r"([+-]?)([1-9]\d{0,2}(?:\.\d{3})+|\d+)(?:,(\d*))?", re.ASCII)
_SPACES = str.maketrans("", "", "\u00a0\u202f\u2009 ")  # no-break and thin spaces, too

_MOST_DIGITS = 400
_LIMIT = Decimal("1.8e308")
"""Beyond it no double has a value; Ninox computes in doubles (assumed)."""

_BOOLEAN_BY_WORD: Mapping[str, bool] = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "ja", "j", "wahr"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "nein", "falsch"), False),
}


def number(formats: Formats) -> Encode:
    """Return an encoder of numbers: JSON numbers, and text as the stream's `number_format` writes it."""
    parse = _german if formats.german_numbers else _iso

    def encode(value: Any) -> int | Decimal:
        if isinstance(value, str):
            parsed = parse(value.strip()) if len(value) <= _MOST_DIGITS else None
        else:
            parsed = _as_decimal(value)
        if parsed is None:
            raise _not_a_number(formats)
        return _bounded(parsed)

    return encode


def boolean(value: Any) -> bool:
    """Return true or false, also from 1, 0 and the usual words, `ja` and `nein` among them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal) and value in {0, 1}:
        return value == 1
    known = _BOOLEAN_BY_WORD.get(value.strip().lower()) if isinstance(value, str) else None
    if known is None:
        reason = "It is neither true nor false (true/false, 1/0, yes/no, ja/nein)."
        raise ValueRejectedError(code="not_a_boolean", reason=reason)
    return known


def _as_decimal(value: Any) -> Decimal | None:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    return Decimal(repr(value)) if isinstance(value, float) else None


def _iso(value: str) -> Decimal | None:
    return Decimal(value) if _ISO.fullmatch(value) else None


def _german(value: str) -> Decimal | None:
    match = _GERMAN.fullmatch(value.translate(_SPACES))
    if match is None:
        return None
    sign, whole, fraction = match.groups()
    return Decimal(f"{sign}{whole.replace('.', '')}.{fraction or '0'}")


def _bounded(value: Decimal) -> int | Decimal:
    if not value.is_finite():
        raise ValueRejectedError(code="not_finite", reason="It is not a finite number (NaN or Infinity).")
    if not -_LIMIT < value < _LIMIT:  # `abs` would overflow beyond the exponents of decimals
        raise ValueRejectedError(code="too_large", reason="The number is too large.")
    return int(value) if value == value.to_integral_value() else value


def _not_a_number(formats: Formats) -> ValueRejectedError:
    example = "1.234,56" if formats.german_numbers else "1234.56"
    return ValueRejectedError(code="not_a_number", reason=f"It is not a number written like {example} (number_format).")
