"""The text of a location: an address, a line break, and coordinates such as `<52.5200,13.4050>` (documented form)."""

from __future__ import annotations

import re

_PAIR = re.compile(r"\s*(-?\d{1,20}(?:\.\d{1,60})?)\s*,\s*(-?\d{1,20}(?:\.\d{1,60})?)\s*>", re.ASCII)


def split_location(value: str) -> tuple[str, tuple[str, str] | None]:
    """Return the address and, if it ends with them, latitude and longitude as they are written.

    Looked for from the end: an expression that may begin at any blank takes hours for a megabyte of them.
    """
    address, bracket, end = value.rstrip().rpartition("<")
    found = _PAIR.fullmatch(end) if bracket else None
    return (value, None) if found is None else (address.rstrip(), (found[1], found[2]))
