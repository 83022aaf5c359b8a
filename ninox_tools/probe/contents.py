"""What the probe writes into its own records, of the scratch table. Sends nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ninox_tools.probe.reply import Record
from ninox_tools.probe.scratch import Scratch

BEYOND_DOUBLES = 2**53 + 1
NO_FIELD = "no field is called so"


def fields_of_record(scratch: Scratch, number: int) -> dict[str, Any]:
    """Return the fields of the n-th record: its mark, and something to be emptied."""
    mark = {scratch.text.id: f"{scratch.mark} {number}"}
    other = scratch.other
    if other is scratch.text or number not in {1, 2}:
        return mark
    return mark | {other.id: number if other.type == "number" else "to be emptied"}


def record_under_given_id(scratch: Scratch) -> dict[str, Any]:
    """Return the record that the probe numbers itself."""
    return {"_upsert": True, "_id": scratch.given, **fields_of_record(scratch, 6)}


def values_of_types(scratch: Scratch) -> dict[str, Any]:
    """Return a value for each kind of field that answers a question."""
    makers: dict[str, Callable[[Any], Any]] = {
        "number": lambda _: BEYOND_DOUBLES,
        "boolean": lambda _: True,
        "date": lambda _: "2020-02-29",
        "timestamp": lambda _: "2020-02-29T12:00:00",
        "choice": lambda field: field.choices[0].id,
        "multi": lambda field: [option.id for option in field.choices[:2]],
    }
    return {
        field.id: makers[field.type](field)
        for field in scratch.fields(*makers)
        if field.choices or field.type not in {"choice", "multi"}
    }


def is_record(scratch: Scratch, row: Record, number: int) -> bool:
    """Return whether a row is the n-th record."""
    return scratch.values_of(row).get(scratch.text.id) == f"{scratch.mark} {number}"
