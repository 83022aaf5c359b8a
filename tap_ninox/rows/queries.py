"""The `queries` setting: scripts that become streams, checked before anything is sent; and their answers as rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ninox_api.damaged_text import repaired
from ninox_singer.types import COMPUTED, field_type
from ninox_singer.types.base import INTEGER, BadValueError, JsonSchema, Read

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySettings:
    """One script as a stream.

    Attributes:
        name: Of the stream.
        database: Id or name.
        script: In Ninox's language; it must only read.
        key_properties: What identifies a row; empty for its position.
        types: Property → key of `TYPES`; empty if the answer is to tell.
    """

    name: str
    database: str
    script: str
    key_properties: tuple[str, ...]
    types: Mapping[str, str]


def queries_from(settings: Mapping[str, Mapping[str, Any]]) -> tuple[QuerySettings, ...]:
    """Return the queries of checked settings."""
    return tuple(
        QuerySettings(
            name=name,
            database=item["database"],
            script=item["query"],
            key_properties=tuple(item.get("key_properties") or ()),
            types=dict(item.get("schema") or {}),
        )
        for name, item in settings.items()
    )


def query_problems(settings: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for everything in the `queries` setting that cannot work."""
    for name, item in settings.items():
        yield from _problems_of(name, item)


def _problems_of(name: str, item: Mapping[str, Any]) -> Iterator[str]:
    types = item.get("schema") or {}
    if not _NAME.fullmatch(name):
        yield f"queries: {name!r} cannot be a stream's name; use up to 63 letters, digits and underscores."
    if not item["query"].strip():
        yield f"queries: the query of {name!r} is empty."
    for property_name, word in types.items():
        if word not in TYPES:
            allowed = ", ".join(TYPES)
            yield f"queries: the type {word!r} of {name}.{property_name} is unknown; use one of {allowed}."
    for key in item.get("key_properties") or ():
        if types and key not in types:
            yield f"queries: the key property {key!r} of {name!r} is not in its schema."


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
