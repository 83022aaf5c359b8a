"""Locations: an address, coordinates, or both in one text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ninox_singer.locations import split_location
from target_ninox.encoding.numbers import number
from target_ninox.encoding.text import text
from target_ninox.encoding.values import EncodeParts, Formats, ValueRejectedError

_BOUNDS = {"latitude": 90, "longitude": 180}


def location(formats: Formats) -> EncodeParts:
    """Return an encoder of locations: the address, a line break, and `<latitude,longitude>` (documented form)."""
    encode_number = number(formats)

    def encode(values: Mapping[str, Any]) -> str:
        address = text(values.get("", ""))
        if "latitude" not in values and "longitude" not in values:
            return address
        latitude, longitude = (_coordinate(values, part, encode_number) for part in _BOUNDS)
        address, _ = split_location(address)
        return f"{address}\n<{latitude},{longitude}>" if address else f"<{latitude},{longitude}>"

    return encode


def _coordinate(values: Mapping[str, Any], part: str, encode_number: Any) -> str:
    if part not in values:
        raise ValueRejectedError(code="half_a_location", reason=f"The {part} of the location is empty.")
    value = encode_number(values[part])
    if abs(value) > _BOUNDS[part]:
        raise ValueRejectedError(code="not_a_coordinate", reason=f"The {part} is beyond {_BOUNDS[part]} degrees.")
    return f"{Decimal(value):f}"
