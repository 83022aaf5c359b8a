"""A table as an earlier run knew it: from a saved catalog, or from what its bookmark keeps in the state.

```json
{"database_id": "…", "table_id": "A", "table": "Customers", "is_gone": null,
 "fields": ["A string Name", "B number Amount"], "names": ["B price"]}
```

Ids, types and captions are enough: property names follow from them. `names` holds those that do not, because a saved
catalog pinned them. Both are lists, since a map that is merged with an older one keeps what was taken out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from ninox_api.schema import FORMULA, DatabaseSchema, Field, Table
from tap_ninox.schema.catalog import TableEntry, aliases_of
from tap_ninox.settings import TapSettings
from tap_ninox.values.columns import Column, columns_of

SCHEMA_KEYS = ("table", "fields", "names", "is_gone")
"""Keys of a bookmark."""

BACK_SIDE = "rev"
"""Fields of this type appear whenever another table refers to this one; they are never read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownField:
    """A field as it was.

    Attributes:
        property: Name of its first property.
    """

    name: str
    type: str
    property: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTable:
    """A table as it was.

    Attributes:
        fields: Field id → field, without back sides of references.
    """

    stream: str
    database_id: str
    table_id: str
    name: str
    fields: Mapping[str, KnownField]


def known_from_entry(entry: TableEntry) -> KnownTable:
    """Return what a saved catalog knows of a table."""
    return KnownTable(
        stream=entry.stream,
        database_id=entry.database.id,
        table_id=entry.table_id,
        name=entry.table_name,
        fields={
            column.field_id: KnownField(name=column.title, type=column.type, property=column.name)
            for column in first_columns(entry.columns).values()
            if column.type != BACK_SIDE
        },
    )


def known_from_state(bookmarks: Mapping[str, Any], settings: TapSettings) -> Iterator[KnownTable]:
    """Yield what the state knows of tables; bookmarks of an older release, which know nothing, are left out."""
    for stream, bookmark in bookmarks.items():
        fields = _by_id(bookmark.get("fields")) if isinstance(bookmark, dict) else {}
        named = [bookmark.get(key) for key in ("table", "table_id", "database_id")] if fields else []
        if named and all(isinstance(name, str) for name in named):
            yield _known_from_bookmark(stream, bookmark, fields, settings)


def known_databases(bookmarks: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return the ids of the databases that a state knows tables of, and of those that it knows formulas of."""
    known, with_formulas = set(), set()
    for bookmark in bookmarks.values():
        database_id = bookmark.get("database_id") if isinstance(bookmark, dict) else None
        if isinstance(database_id, str):
            known.add(database_id)
            if _formulas(_by_id(bookmark.get("fields"))):
                with_formulas.add(database_id)
    return known, with_formulas


def _known_from_bookmark(
    stream: str, bookmark: Mapping[str, Any], fields: Mapping[str, str], settings: TapSettings
) -> KnownTable:
    described = {field_id: text.partition(" ") for field_id, text in fields.items()}
    table = Table(
        id=bookmark["table_id"],
        name=bookmark["table"],
        fields=tuple(Field(id=key, name=name, type=kind) for key, (kind, _, name) in described.items()),
    )
    columns = _computed_columns(table, settings, database_id=bookmark["database_id"])
    names = _by_id(bookmark.get("names"))
    return KnownTable(
        stream=stream,
        database_id=bookmark["database_id"],
        table_id=table.id,
        name=table.name,
        fields={
            field.id: KnownField(name=field.name, type=field.type, property=names.get(field.id, columns[field.id].name))
            for field in table.fields
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a bookmark keeps of a table as it is now.

    Attributes:
        fields: Field id → type and caption.
        names: Field id → property, where it is not the one that follows from the fields.
        lists_formulas: False where formulas cannot be seen; those that were known stay known.
    """

    table: str
    fields: Mapping[str, str]
    names: Mapping[str, str]
    lists_formulas: bool

    def write_to(self, bookmark: MutableMapping[str, Any]) -> None:
        """Put it into a bookmark, in place of what that knew."""
        known = {} if self.lists_formulas else _by_id(bookmark.get("fields"))
        unseen = _formulas(known)
        names = _as_list(self.names) or None
        bookmark.update(table=self.table, fields=_as_list({**unseen, **self.fields}), names=names, is_gone=None)


def _formulas(fields: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in fields.items() if text.startswith(f"{FORMULA} ")}


def _as_list(by_id: Mapping[str, str]) -> list[str]:
    return [f"{key} {text}" for key, text in by_id.items()]


def _by_id(saved: Any) -> dict[str, str]:
    """Return what a list of a bookmark holds, by field id; what cannot be ours is left out."""
    items = saved if isinstance(saved, list) else []
    parts = [item.partition(" ") for item in items if isinstance(item, str)]
    return {key: text for key, _, text in parts if text}


def describe(entry: TableEntry, schema: DatabaseSchema | None, settings: TapSettings) -> Description | None:
    """Return what a bookmark keeps of a table; None if the schema cannot be read, so that what it knew stays."""
    table = next((table for table in schema.tables if table.id == entry.table_id), None) if schema else None
    if schema is None or table is None:
        return None
    fields = tuple(field for field in table.fields if field.type != BACK_SIDE)
    computed = _computed_columns(
        Table(id=table.id, name=table.name, fields=fields), settings, database_id=entry.database.id
    )
    pinned = first_columns(entry.columns)
    return Description(
        table=table.name,
        fields={field.id: f"{field.type} {field.name}" for field in fields},
        names={
            key: pinned[key].name
            for key, column in computed.items()
            if key in pinned and pinned[key].name != column.name
        },
        lists_formulas=schema.lists_formulas,
    )


def _computed_columns(table: Table, settings: TapSettings, *, database_id: str) -> dict[str, Column]:
    aliases = aliases_of(settings.aliases, f"{database_id}.{table.id}")
    return first_columns(columns_of(table, aliases=aliases))


def first_columns(columns: Iterable[Column]) -> dict[str, Column]:
    """Return each field's first property by field id."""
    first: dict[str, Column] = {}
    for column in columns:
        first.setdefault(column.field_id, column)
    return first
