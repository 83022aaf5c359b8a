"""What people change in a catalog beside the selection: followed in all messages, or refused in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tap_ninox.rows.columns import KEY_PROPERTY, REPLICATION_KEY, Column

JsonSchema = Mapping[str, Any]


def key_problems(
    stream: str, *, key: Sequence[str], replication_key: str | None, sent: Iterable[str], sends_tombstones: bool
) -> Iterator[str]:
    """Yield what is wrong with the keys that a catalog gives a table.

    Args:
        stream: Name of the table's stream.
        key: Its key properties.
        replication_key: What its changes are told by.
        sent: Names of the properties that its rows have.
        sends_tombstones: Whether deletions are told under the key, of which only the record's id is known.
    """
    missing = [name for name in key if name not in set(sent)]
    if missing:
        names = ", ".join(map(repr, missing))
        yield (
            f"catalog: the key of {stream} has {names}, which its rows do not have. Select it, or keep "
            f"{KEY_PROPERTY!r}."
        )
    elif tuple(key) != (KEY_PROPERTY,) and sends_tombstones:
        names = ", ".join(map(repr, key))
        yield (
            f"catalog: the key of {stream} is {names}, but of a deleted record only {KEY_PROPERTY!r} is known: its row "
            f"would never be found. Keep {KEY_PROPERTY!r} as the key, or set deletes to stream or ignore."
        )
    if replication_key not in {None, REPLICATION_KEY}:
        yield (
            f"catalog: the replication-key of {stream} is {replication_key!r}, but Ninox reports changes by "
            f"{REPLICATION_KEY!r} alone. Leave that line out; replication-method FULL_TABLE reads all rows each time."
        )


def reshaped_columns(
    stream: str, columns: Iterable[Column], given: Mapping[str, JsonSchema]
) -> tuple[set[str], list[str]]:
    """Return the properties that a catalog's schema makes texts of, and what it makes of others that cannot be done.

    Args:
        stream: Name of the table's stream.
        columns: Its selected properties.
        given: Property → schema in the catalog.
    """
    texts: set[str] = set()
    problems = []
    for column in columns:
        wanted, own = given.get(column.name) or {}, column.json_type
        if _takes(wanted, own):
            continue
        if set(_types(wanted)) - {"null"} == {"string"} and "format" not in wanted:
            texts.add(column.name)
            continue
        problems.append(
            f"catalog: the schema of {stream} makes {_shown(wanted)} of {column.name!r}, whose values are {_shown(own)}"
            ". Leave that out, or make it a string: its values are then sent as text."
        )
    return texts, problems


def _takes(wanted: JsonSchema, own: JsonSchema) -> bool:
    """Return whether a schema takes all values of another one, as far as their types say."""
    types = set(_types(wanted))
    if not types:
        return True
    widened = types | ({"integer"} if "number" in types else set())
    return set(_types(own)) - {"null"} <= widened and wanted.get("format") in {None, own.get("format")}


def _types(schema: JsonSchema) -> list[str]:
    types = schema.get("type") or []
    return [types] if isinstance(types, str) else list(types)


def _shown(schema: JsonSchema) -> str:
    kinds = " or ".join(kind for kind in _types(schema) if kind != "null") or "null"
    return f"{kinds} ({schema['format']})" if "format" in schema else kinds
