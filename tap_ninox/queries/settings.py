"""The `queries` setting: scripts that become streams, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tap_ninox.queries.answer_rows import TYPES

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
