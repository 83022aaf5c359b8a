"""Numbers, without loss of digits."""

from __future__ import annotations

import re
from collections.abc import Hashable
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import Any

from ninox_singer.types.base import (
    NUMBER,
    BadValueError,
    Computed,
    FieldType,
    Formats,
    Part,
    ValueRejectedError,
    Write,
    means,
    read_as,
    spell_json,
)

_MOST_PLACES = 1000
"""So far from the point may the first digit of a number stand."""

_NUMBER = frozenset((int, Decimal, NoneType))

_ISO = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_GERMAN = re.compile(r"([+-]?)([1-9]\d{0,2}(?:\.\d{3})+|\d+)(?:,(\d*))?", re.ASCII)
_SURELY_GERMAN = re.compile(r"[+-]?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+),\d+", re.ASCII)
"""Without spaces, unlike what `number_format: de` reads: digits and spaces are telephone numbers and dates, too."""
_ENGLISH = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
"""1,234: thousands as well as a fraction."""
_SPACES = str.maketrans("", "", "\u00a0\u202f\u2009 ")  # no-break and thin spaces, too

_MOST_DIGITS = 400
_LIMIT = Decimal("1.8e308")
"""Beyond it no double has a value; Ninox computes in doubles (assumed)."""

_SHORT = 10**15
_DOUBLE_DIGITS = 15


def read_number(value: Any) -> int | Decimal:
    """Return a number with all its digits; one beyond all bounds would fill the memory of whoever writes it out."""
    if isinstance(value, Decimal) and _is_bounded(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise BadValueError


def read_numbers(sent: list[Any]) -> list[Any] | None:
    """Return a page's numbers."""
    types = set(map(type, sent))
    if not _NUMBER.issuperset(types):
        return None
    if Decimal in types:
        places = list(map(Decimal.adjusted, [value for value in sent if type(value) is Decimal]))
        if max(places) > _MOST_PLACES or min(places) < -_MOST_PLACES:
            return None
    return sent


def _is_bounded(value: Decimal) -> bool:
    """Return whether a number can be written out: Ninox computes with doubles, which end at 1e308."""
    return value.is_finite() and abs(value.adjusted()) <= _MOST_PLACES


def _read_computed(value: Any) -> int | Decimal:
    """Return a number, also one that came as text."""
    if not isinstance(value, str):
        return read_number(value)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise BadValueError from None
    if not _is_bounded(number):
        raise BadValueError
    return number


def write_number(formats: Formats) -> Write:
    """Return a writer of numbers: JSON numbers, and text as the stream's `number_format` writes it."""
    parse = _parse_german if formats.german_numbers else _parse_iso

    def write(value: Any) -> int | Decimal:
        if type(value) is int and -_SHORT < value < _SHORT:  # nearly all whole numbers; no boolean
            return value
        if isinstance(value, str):
            parsed = parse(value.strip()) if len(value) <= _MOST_DIGITS else None
        else:
            parsed = _make_decimal(value)
        if parsed is None:
            raise _make_error(formats, value)
        return _check_bounds(parsed)

    return write


def _make_decimal(value: Any) -> Decimal | None:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    return Decimal(repr(value)) if isinstance(value, float) else None


def _parse_iso(value: str) -> Decimal | None:
    return Decimal(value) if _ISO.fullmatch(value) else None


def _parse_german(value: str) -> Decimal | None:
    match = _GERMAN.fullmatch(value.translate(_SPACES))
    if match is None:
        return None
    sign, integer, fraction = match.groups()
    return Decimal(f"{sign}{integer.replace('.', '')}.{fraction or '0'}")


def _check_bounds(value: Decimal) -> int | Decimal:
    if not value.is_finite():
        raise ValueRejectedError(code="not_finite", reason="It is not a finite number (NaN or Infinity).")
    if not -_LIMIT < value < _LIMIT:  # `abs` would overflow beyond the exponents of decimals
        raise ValueRejectedError(code="too_large", reason="The number is too large.")
    return int(value) if value == value.to_integral_value() else value


def _make_error(formats: Formats, value: Any) -> ValueRejectedError:
    example = "1.234,56" if formats.german_numbers else "1234.56"
    reason = f"It is not a number written like {example} (number_format)."
    if not formats.german_numbers and is_german(value):
        reason = (
            f"It is not a number written like {example}, but one like 1.234,56: set number_format: de, if 1.234 means "
            "1234 in this stream."  # the setting is for all its numbers, and 1.234 would be another one without a word
        )
    return ValueRejectedError(code="not_a_number", reason=reason)


def is_german(value: Any) -> bool:
    """Return whether a text can be nothing but a number as Germans write it."""
    if not isinstance(value, str) or len(value) > _MOST_DIGITS:
        return False
    return _SURELY_GERMAN.fullmatch(value.strip()) is not None and not _ENGLISH.fullmatch(value.strip())


def _meaning(value: Any) -> Hashable:
    """Fractions are compared as doubles, in which Ninox computes; whole numbers digit by digit."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        if value.is_finite() and value == value.to_integral_value():
            return int(value)
        return Decimal(repr(float(value))) if len(value.as_tuple().digits) > _DOUBLE_DIGITS else value
    return value if isinstance(value, int) else spell_json(value)


TYPES = {
    "number": FieldType(
        parts=(Part(schema=NUMBER, read=read_as(read_number), read_column=lambda _captions, _zone: read_numbers),),
        computed=Computed(expression="{0}", read=lambda _zone: _read_computed),
        write=lambda _field, formats: write_number(formats),
        meaning=means(_meaning),
        has_one_spelling=True,
    ),
}
