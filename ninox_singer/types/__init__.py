"""The types of Ninox fields, a module per family: what each becomes in a stream, how it is read, written and compared.

`base.FieldType` says what a type is made of. A new one is an entry in `TYPES` of its family's module, or a module of
its own that is named here, and its cases in `tests/cases`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from ninox_api.schema import Field
from ninox_singer.types import boolean, choice, composite, moment, number, reference, text
from ninox_singer.types.base import UTC, Computed, FieldType, Meaning

_FAMILIES = (text, number, boolean, moment, composite, choice, reference)

TYPES: Mapping[str, FieldType] = {name: known for family in _FAMILIES for name, known in family.TYPES.items()}
"""Ninox's word → type."""

ALIASES = {"datetime": "timestamp", "url": "link"}
"""Words that the documentation uses where the API answers another one."""

COMPUTED: Mapping[str, Computed] = {name: known.computed for name, known in TYPES.items() if known.computed}
"""What formulas, and what queries answer, can be."""

_EMPTY: tuple[Any, ...] = ("", [], {})


def field_type(name: str) -> FieldType:
    """Return the type that a word of Ninox's stands for; one that is not known is read as text and not written."""
    return TYPES.get(ALIASES.get(name, name), text.UNKNOWN)


def is_known(name: str) -> bool:
    """Return whether a word of Ninox's stands for a type that we know."""
    return field_type(name) is not text.UNKNOWN


def why_read_only(name: str) -> str:
    """Return why fields of a type cannot be written, empty if they can."""
    known = field_type(name)
    return "" if known.write else known.read_only or f"of the unknown type {name}"


def make_meaning(field: Field, zone: ZoneInfo = UTC) -> Meaning:
    """Return the function that says what a value of a field means.

    Every value has a meaning that can be compared and hashed: two values of a field are equal if their meanings are,
    whatever their spelling. So the same functions say what differs and make the keys by which records are found. What
    is not of the field's type (a text in a number field) means itself.

    Args:
        field: The field.
        zone: Zone of the wall clock that Ninox shows, for points in time that a server answers as numbers.
    """
    read = field_type(field.type).meaning(field, zone)

    def meaning(value: Any) -> Hashable | None:
        # Absent, null and "" are all empty (observed).
        return None if value is None or value in _EMPTY else read(value)

    return meaning
