"""Equality of field values by meaning, not by spelling.

Every value has a meaning that can be compared and hashed: two values of a field are equal if their meanings are. So the
same functions tell what differs and make the keys by which records are found.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Hashable, Iterable
from decimal import Decimal
from typing import Any

import msgspec

from ninox_api.schema import Field
from ninox_singer.locations import split_location
from target_ninox.encoding.choices import Options
from target_ninox.encoding.intervals import seconds_of
from target_ninox.encoding.links import find_record_id
from target_ninox.encoding.moments import read_moment, read_time
from target_ninox.encoding.text import text
from target_ninox.encoding.types import canonical_name
from target_ninox.mapping.markup import markup_meaning

Meaning = Callable[[Any], Hashable | None]
"""A stored or encoded value → what it means; None for an empty one."""

ONE_SPELLING = frozenset({"string", "email", "phone", "link", "icon", "user", "number", "boolean", "ref"})
"""Types whose values, if they are equal, are always stored in the same spelling, but for the two forms of Unicode."""

_JSON_TEXT = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_EMPTY: tuple[Any, ...] = ("", [], {})
_DATE_LENGTH = 10
_DOUBLE_DIGITS = 15


def meaning_of(field: Field) -> Meaning:
    """Return the function that tells what a value of a field means.

    What is not of the field's type (an option deleted since, a text in a number field) means itself.
    """
    make = _MEANINGS.get(canonical_name(field.type))
    read = _json if make is None else make(field)

    def meaning(value: Any) -> Hashable | None:
        # Absent, null and "" are all empty (observed).
        return None if value is None or value in _EMPTY else read(value)

    return meaning


def _number(value: Any) -> Hashable:
    """Fractions are compared as doubles, in which Ninox computes; whole numbers digit by digit."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        if value.is_finite() and value == value.to_integral_value():
            return int(value)
        return Decimal(repr(float(value))) if len(value.as_tuple().digits) > _DOUBLE_DIGITS else value
    return value if isinstance(value, int) else _json(value)


def _boolean(value: Any) -> Hashable:
    return value if isinstance(value, bool) else _json(value)


def _date(value: Any) -> Hashable:
    return value[:_DATE_LENGTH] if isinstance(value, str) else _json(value)


def _moment(value: Any) -> Hashable:
    """Seconds may be missing, and a zone mark is no part of the wall clock."""
    parsed = read_moment(value) if isinstance(value, str) else None
    return _json(value) if parsed is None else parsed.replace(tzinfo=None).isoformat()


def _time(value: Any) -> Hashable:
    parsed = read_time(value) if isinstance(value, str) else None
    return _json(value) if parsed is None else parsed.isoformat()


def _interval(value: Any) -> Hashable:
    seconds = seconds_of(value) if isinstance(value, str) else None
    return _json(value) if seconds is None else seconds


def _appointment(value: Any) -> Hashable:
    return tuple(map(_moment, value.split(" - "))) if isinstance(value, str) else _json(value)


def _choice(field: Field) -> Callable[[Any], Hashable | None]:
    options = Options(field.choices)
    return lambda value: _option(value, options)


def _multi(field: Field) -> Callable[[Any], Hashable | None]:
    options = Options(field.choices)
    return lambda value: frozenset(filter(None, (_option(item, options) for item in _members(value)))) or None


def _option(value: Any, options: Options) -> str | None:
    """Stored values are ids first: that is what was asked for; a server that answers captions is understood, too.

    A record may hold an option that was deleted since. Ninox shows nothing there, and nothing is what it means.
    """
    return options.find_stored(value)


def _link(field: Field) -> Callable[[Any], Hashable]:
    table_id = field.target_table_id

    def read(value: Any) -> Hashable:
        found = find_record_id(value, table_id)
        return _json(value) if found is None else found

    return read


def _links(field: Field) -> Callable[[Any], Hashable]:
    read = _link(field)
    return lambda value: frozenset(read(item) for item in _members(value)) or None


def _location(value: Any) -> Hashable:
    if not isinstance(value, str):
        return _json(value)
    address, coordinates = split_location(value)
    address = " ".join(address.split())
    return (address, *map(Decimal, coordinates)) if coordinates else (address,)


def _text(value: Any) -> Hashable:
    """Umlauts are one character or two (macOS names files so): people see no difference."""
    written = text(value)
    return written if written.isascii() else unicodedata.normalize("NFC", written)


def _color(value: Any) -> Hashable:
    return text(value).lower()


def _markup(value: Any) -> Hashable:
    return markup_meaning(value) or None if isinstance(value, str) else _json(value)


def _json(value: Any) -> Hashable:
    return value if isinstance(value, str) else _JSON_TEXT.encode(value).decode()


def _members(value: Any) -> Iterable[Any]:
    """Return the members of a list that came as a list, an object (read shape unknown) or a single value."""
    if isinstance(value, dict):
        if all(isinstance(flag, bool) for flag in value.values()):
            return [key for key, flag in value.items() if flag]
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _same(read: Callable[[Any], Hashable]) -> Callable[[Field], Callable[[Any], Hashable]]:
    return lambda _field: read


_MEANINGS: dict[str, Callable[[Field], Callable[[Any], Hashable]]] = {
    **dict.fromkeys(("string", "email", "phone", "link", "icon", "user", "file", "image", "signature"), _same(_text)),
    "color": _same(_color),
    "html": _same(_markup),
    "number": _same(_number),
    "boolean": _same(_boolean),
    "date": _same(_date),
    "timestamp": _same(_moment),
    "time": _same(_time),
    "timeinterval": _same(_interval),
    "appointment": _same(_appointment),
    "location": _same(_location),
    "choice": _choice,
    "multi": _multi,
    "ref": _link,
    "dchoice": _link,
    "dmulti": _links,
}
