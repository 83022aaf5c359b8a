"""Encoding single values as the target does, and looking at what is refused."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ninox_api.schema import Choice, Field
from target_ninox.encoding.types import field_type
from target_ninox.encoding.values import Formats, ValueRejectedError

ISO = Formats()
GERMAN = Formats(german_numbers=True, german_dates=True, zone=ZoneInfo("Europe/Berlin"))
LENIENT = Formats(unknown_choice_is_empty=True)
STATES = (
    Choice(id="1", caption="Offen"),
    Choice(id="2", caption="Fertig, geliefert"),
    Choice(id="4", caption="2"),
    Choice(id="5", caption="Größe L"),
    Choice(id="6", caption="größe l"),
)


def encode(type_, value, formats=ISO, *, choices=(), **parts):
    """Encode one value, or several parts of one."""
    field = Field(id="A", name="A", type=type_, choices=choices, target_table_id="B")
    known = field_type(type_)
    encoder = known.make(field, formats)
    if known.is_plain:
        return encoder(value)
    given = {"": value, **parts} if value is not None else parts
    return encoder(given)


def refused(type_, value, formats=ISO, **parts):
    with pytest.raises(ValueRejectedError) as caught:
        encode(type_, value, formats, **parts)
    assert not isinstance(value, str) or len(value) < 3 or value not in str(caught.value)
    return caught.value
