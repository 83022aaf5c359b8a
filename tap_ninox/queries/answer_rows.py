"""The answer of a script → rows: pure functions. Scripts answer what they like, so every form makes sense here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ninox_api.damaged_text import repaired
from ninox_singer.types import COMPUTED, field_type
from ninox_singer.types.base import INTEGER, BadValueError, JsonSchema, Read

VALUE = "value"
"""Property of values that have no name."""

TYPES: Mapping[str, JsonSchema] = {
    **{word: field_type(word).parts[0].schema for word in COMPUTED},
    "integer": INTEGER,
}
"""What a property can be, in the words of settings → JSON Schema."""

Row = dict[str, Any]


def rows_of(answer: Any) -> Iterator[Row]:
    """Yield the rows of an answer.

    Objects are rows. A value by itself is a row of one property, `value`; a list among others is a row of `value_1`,
    `value_2`, …. A list that holds nothing but one list is that list (records were seen to come so). `null`, `""`, `[]`
    and `{}` all stand for nothing.
    """
    items = answer if isinstance(answer, list) else [answer]
    if len(items) == 1 and isinstance(items[0], list):
        items = items[0]
    for item in items:
        if isinstance(item, Mapping):
            if item:
                yield {repaired(name): value for name, value in item.items()}
        elif isinstance(item, list):
            yield {f"{VALUE}_{number}": value for number, value in enumerate(item, start=1)}
        elif isinstance(answer, list) or (item is not None and item != ""):
            yield {VALUE: item}


def types_of(rows: Iterable[Row]) -> dict[str, str]:
    """Return property → type as the rows show it: `number` or `boolean` if all values are, else `string`."""
    seen: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.items():
            seen.setdefault(name, set()).update(_kind(value))
    return {name: next(iter(kinds)) if len(kinds) == 1 else "string" for name, kinds in seen.items()}


def _kind(value: Any) -> Sequence[str]:
    if value is None or value == "":
        return ()
    if isinstance(value, bool):
        return ("boolean",)
    return ("number",) if isinstance(value, int | Decimal) else ("string",)


def reader(word: str, zone: ZoneInfo | None) -> Read:
    """Return the function that turns a member of a row into a property of a type."""
    if word != "integer":
        return COMPUTED[word].reader(zone)
    read_number = COMPUTED["number"].reader(zone)

    def read(value: Any) -> int:
        number = read_number(value)
        if number != int(number):
            raise BadValueError
        return int(number)

    return read
