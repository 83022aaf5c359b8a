"""What a catalog asks for beside the selection: done in all messages, or refused in one sentence before any row."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL

from ninox_singer.names import did_you_mean
from ninox_singer.protocol import DELETED_AT, IDENTITY, RECORD_ID, SEQUENCE, SYSTEM_PROPERTIES
from tap_ninox.rows.columns import Column

logger = logging.getLogger(__name__)

JsonSchema = Mapping[str, Any]

_AGAIN = "make the catalog again with --discover."

METHODS = {
    REPLICATION_INCREMENTAL: "what changed since the last run",
    REPLICATION_FULL_TABLE: "all rows in each run",
}
"""Replication methods, and what is read by them."""


METHOD, KEY = "replication-method", "key-properties"
"""What else a bookmark remembers of a catalog, beside the schemas of properties."""


def asked_for(
    columns: Iterable[Column], *, method: Any, key: Sequence[str], given: Mapping[str, JsonSchema]
) -> dict[str, str]:
    """Return what a catalog asks for of a table beside what discovery writes, as a bookmark remembers it.

    Once the table has another name, Meltano's rules for the old one hit nothing: what they asked for goes on.

    Args:
        columns: Properties of the table.
        method: Its replication method in the catalog.
        key: Its key.
        given: Property → schema in the catalog.

    Returns:
        `METHOD`, `KEY` or the key of a property → what is asked for, as JSON but for the method.
    """
    readable = {column.name: column for column in columns if column.is_readable}
    own = {**SYSTEM_PROPERTIES, **{name: column.json_type for name, column in readable.items()}}
    keys = {name: readable[name].key if name in readable else name for name in own}
    asked = {keys[name]: plain_schema(given[name]) for name in own if name in given}
    asked = {place: schema for place, schema in asked.items() if schema}
    asked = {place: asked[place] for name, place in keys.items() if asked.get(place, own[name]) != own[name]}
    if tuple(key) != (RECORD_ID,):
        asked[KEY] = [keys.get(name, name) for name in key]  # type: ignore[assignment]
    texts = {place: json.dumps(what, ensure_ascii=False) for place, what in asked.items()}
    return {METHOD: REPLICATION_FULL_TABLE, **texts} if method == REPLICATION_FULL_TABLE else texts


def plain_schema(schema: JsonSchema) -> dict[str, Any]:
    """Return a property's schema without what only says which field it is."""
    return {name: value for name, value in schema.items() if name not in {"title", IDENTITY}}


def method_problems(stream: str, method: Any, allowed: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with the replication method that a catalog gives a stream.

    Nothing is wrong with a method of Singer's that this stream does not have: it comes from a rule for all streams, and
    was meant for others. A line of the log then says by which method this one is read.
    """
    allowed = list(allowed)
    if method is None or method in allowed:
        return
    if method in (*METHODS,):
        logger.info("%s is read by %s, its only way; the catalog's %s is for others.", stream, allowed[0], method)
        return
    known = " and ".join(f"{name} ({METHODS[name]})" for name in allowed)
    are = "is" if len(allowed) == 1 else "are"
    yield f"catalog: the replication-method of {stream} is {method!r}; allowed {are} {known}."


def list_problems(
    stream: str,
    *,
    own: Mapping[str, JsonSchema],
    given: Mapping[str, JsonSchema],
    own_key: Sequence[str],
    key: Sequence[str],
    replication_key: Any,
    setting: str | None,
) -> Iterator[str]:
    """Yield what a catalog asks of a stream that is no table, and that cannot be done.

    Args:
        stream: Its name.
        own: Property → schema of its values.
        given: Selected property → schema in the catalog.
        own_key: What identifies its rows.
        key: What identifies them by the catalog.
        replication_key: What its changes are found by, as the catalog says.
        setting: Which setting describes it, if any.
    """
    if key and set(key) != set(own_key):
        where = f"It is set by key_properties in {setting}: {_AGAIN}" if setting else "Leave that line out."
        yield f"catalog: the key of {stream} is {', '.join(key)}; it is always {', '.join(own_key)}. {where}"
    if replication_key is not None:
        yield (
            f"catalog: the replication-key of {stream} is {replication_key!r}, but it is read without one. Leave that "
            "line out."
        )
    for name, wanted in given.items():
        if name not in own:
            yield f"catalog: {stream} has no property {name!r}; it has {', '.join(own)}. Leave it out, or {_AGAIN}"
        elif not takes(wanted, own[name]):
            of_own = f" A type of your own is set in {setting}.schema." if setting else ""
            yield _of_other_type(stream, name, wanted, own[name], f"Leave that out, or {_AGAIN}{of_own}")


def key_problems(
    stream: str, *, key: Sequence[str], replication_key: str | None, sent: Iterable[str], sends_tombstones: bool
) -> Iterator[str]:
    """Yield what is wrong with the keys that a catalog gives a table.

    Args:
        stream: Name of the table's stream.
        key: Its key properties.
        replication_key: What its changes are found by.
        sent: Names of the properties that its rows have.
        sends_tombstones: Whether deletions are sent under the key, of which only the record's id is known.
    """
    missing = [name for name in key if name not in set(sent)]
    if missing:
        names = ", ".join(map(repr, missing))
        yield (
            f"catalog: the key of {stream} has {names}, which its rows do not have. Select it, or keep {RECORD_ID!r}."
        )
    elif tuple(key) != (RECORD_ID,) and sends_tombstones:
        names = ", ".join(map(repr, key))
        yield (
            f"catalog: the key of {stream} is {names}, but of a deleted record only {RECORD_ID!r} is known: its row "
            f"would never be found. Keep {RECORD_ID!r} as the key, or set deletes to stream or ignore."
        )
    if replication_key not in {None, SEQUENCE}:
        yield (
            f"catalog: the replication-key of {stream} is {replication_key!r}, but Ninox reports changes by "
            f"{SEQUENCE!r} alone. Leave that line out; replication-method FULL_TABLE reads all rows each time."
        )


def unknown_properties(stream: str, columns: Iterable[Column], selected: Iterable[str]) -> Iterator[str]:
    """Yield what a catalog selects of a table without saying which field it is: its column would stay empty.

    Args:
        stream: Name of the table's stream.
        columns: The properties that are known.
        selected: Names of the properties that the catalog selects.
    """
    known = {*SYSTEM_PROPERTIES, DELETED_AT, *(column.name for column in columns)}
    for name in selected:
        if name not in known:
            yield (
                f"catalog: nothing says which field of {stream} {name!r} is: it would stay empty."
                f"{did_you_mean(name, known)} Leave it out, or make the catalog again with --discover."
            )


def reshaped_columns(
    stream: str, columns: Iterable[Column], given: Mapping[str, JsonSchema]
) -> tuple[set[str], list[str]]:
    """Return the properties that a catalog's schema makes texts of, and a sentence for each that cannot be as it says.

    Args:
        stream: Name of the table's stream.
        columns: Its selected properties.
        given: Property → schema in the catalog.
    """
    texts: set[str] = set()
    problems = []
    for name, own in SYSTEM_PROPERTIES.items():
        wanted = given.get(name) or {}
        # Tombstones have key and sequence under a schema of their own, where they are whole numbers.
        is_other = name in {RECORD_ID, SEQUENCE} and _types(wanted) - {"null", "integer"}
        if is_other or not takes(wanted, own):
            problems.append(_of_other_type(stream, name, wanted, own, "Leave that out."))
    for column in columns:
        wanted, own = given.get(column.name) or {}, column.json_type
        if takes(wanted, own):
            continue
        if any(_types(branch) - {"null"} == {"string"} and "format" not in branch for branch in _branches(wanted)):
            texts.add(column.name)
            continue
        advice = "Leave that out, or make it a string: its values are then sent as text."
        problems.append(_of_other_type(stream, column.name, wanted, own, advice))
    return texts, problems


def _of_other_type(stream: str, name: str, wanted: JsonSchema, own: JsonSchema, advice: str) -> str:
    return (
        f"catalog: the schema of {stream} makes {_shown(wanted)} of {name!r}, whose values are {_shown(own)}. {advice}"
    )


def takes(wanted: JsonSchema, own: JsonSchema) -> bool:
    """Return whether a schema takes all values of another one, as far as their types say."""
    return all(any(_takes_kind(branch, kind, own) for branch in _branches(wanted)) for kind in _types(own) - {"null"})


def _takes_kind(wanted: JsonSchema, kind: str, own: JsonSchema) -> bool:
    kinds = _types(wanted)
    is_of_kind = not kinds or kind in kinds or (kind == "integer" and "number" in kinds)
    if not is_of_kind or wanted.get("format") not in (None, own.get("format")):
        return False
    items = wanted.get("items")
    return not isinstance(items, Mapping) or takes(items, own.get("items") or {})


def _branches(schema: JsonSchema) -> list[JsonSchema]:
    """Return the schemas one of which a value has to fit."""
    several = schema.get("anyOf") or schema.get("oneOf")
    return [item for item in several if isinstance(item, Mapping)] if isinstance(several, list) else [schema]


def _types(schema: JsonSchema) -> set[str]:
    kinds = schema.get("type")
    return {str(kind) for kind in (kinds if isinstance(kinds, list) else [] if kinds is None else [kinds])}


def _shown(schema: JsonSchema) -> str:
    kinds = [kind for branch in _branches(schema) for kind in sorted(_types(branch)) if kind != "null"]
    text = " or ".join(dict.fromkeys(kinds)) or "null"
    if isinstance(schema.get("items"), Mapping):
        return f"{text} of {_shown(schema['items'])}"
    return f"{text} ({schema['format']})" if "format" in schema else text
