"""The table of field types: in which parts a field can be given, and who encodes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ninox_api.schema import Field
from target_ninox.encoding import choices, intervals, links, moments, numbers, places
from target_ninox.encoding.text import text
from target_ninox.encoding.values import Encode, Formats, is_blank, is_nothing

Parts = frozenset[str]
"""What the properties of one field are told apart by: `""` is the whole, else a suffix such as `start`."""

_WHOLE: Parts = frozenset({""})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldType:
    """How fields of one type are written.

    Attributes:
        parts: The parts that tap-ninox emits, in its order.
        more_parts: Others that are understood.
        forms: Sets of parts that say what the field shall hold.
        make: Makes the encoder: of the value for a plain type, else of a mapping part → value.
        is_plain: Whether one property alone makes the value.
        is_empty: Tells an empty value.
    """

    parts: tuple[str, ...] = ("",)
    more_parts: tuple[str, ...] = ()
    forms: tuple[Parts, ...] = (_WHOLE,)
    make: Callable[[Field, Formats], Encode]
    is_plain: bool = True
    is_empty: Callable[[Any], bool] = is_blank


_TEXT = FieldType(make=lambda _field, _formats: text, is_empty=is_nothing)
_LINK = FieldType(
    more_parts=("id",),
    forms=(_WHOLE, frozenset({"id"})),
    make=lambda field, _formats: links.record_id(field.target_table_id),
)

TYPES: dict[str, FieldType] = {
    **dict.fromkeys(("string", "email", "phone", "link", "html", "icon", "color", "user"), _TEXT),
    **dict.fromkeys(("file", "image", "signature"), _TEXT),
    "number": FieldType(make=lambda _field, formats: numbers.number(formats)),
    "boolean": FieldType(make=lambda _field, _formats: numbers.boolean),
    "date": FieldType(make=lambda _field, formats: moments.day(formats)),
    "time": FieldType(make=lambda _field, _formats: moments.time_of_day),
    "timestamp": FieldType(make=lambda _field, formats: moments.moment(formats)),
    "timeinterval": FieldType(
        parts=("", "text"),
        forms=(_WHOLE, frozenset({"text"}), frozenset({"", "text"})),
        make=lambda _field, formats: intervals.interval(formats),
        is_plain=False,
    ),
    "appointment": FieldType(
        parts=("start", "end"),
        more_parts=("",),
        forms=(_WHOLE, frozenset({"start", "end"})),
        make=lambda _field, formats: moments.appointment(formats),
        is_plain=False,
    ),
    "choice": FieldType(
        parts=("", "id"),
        forms=(_WHOLE, frozenset({"id"}), frozenset({"", "id"})),
        make=lambda field, _formats: choices.one_option(field.choices),
        is_plain=False,
    ),
    "multi": FieldType(
        parts=("", "ids"),
        forms=(_WHOLE, frozenset({"ids"}), frozenset({"", "ids"})),
        make=lambda field, _formats: choices.several_options(field.choices),
        is_plain=False,
    ),
    "ref": _LINK,
    "dchoice": _LINK,
    "dmulti": FieldType(
        more_parts=("ids",),
        forms=(_WHOLE, frozenset({"ids"})),
        make=lambda field, _formats: links.record_ids(field.target_table_id),
    ),
    "location": FieldType(
        parts=("", "latitude", "longitude"),
        forms=(_WHOLE, frozenset({"latitude", "longitude"}), frozenset({"", "latitude", "longitude"})),
        make=lambda _field, formats: places.location(formats),
        is_plain=False,
    ),
}
"""Ninox type → how it is written. Types that are not here cannot be."""

READ_ONLY = {"fn": "a formula", "rev": "the back side of a reference"}
"""Types that are not in the table because Ninox computes them: writing one makes the request fail (observed)."""

_ALIASES = {"datetime": "timestamp", "url": "link"}
"""Names that the documentation uses where the API answers another one."""


def field_type(name: str) -> FieldType | None:
    """Return how fields of a type are written, None if they cannot be."""
    return TYPES.get(canonical_name(name))


def canonical_name(name: str) -> str:
    """Return the API's name of a field type."""
    return _ALIASES.get(name, name)
