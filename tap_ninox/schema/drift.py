"""What changed in Ninox since the catalog was saved, or since the state was written: one line per table or field.

Nothing of this breaks a run, but people should know: of a field that is not read, of a name that is another one now,
of rows that were loaded before a field existed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ninox_api.errors import NinoxError
from ninox_api.schema import FORMULA, DatabaseSchema, Field, Table
from tap_ninox.schema.catalog import TableEntry
from tap_ninox.schema.discovery import DiscoveredDatabase
from tap_ninox.schema.known_tables import BACK_SIDE, KnownField, KnownTable, first_columns

_FEWEST_LOST_FIELDS = 3

TableKey = tuple[str, str]
"""Database id and table id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One difference between a table as it was known and as it is.

    Attributes:
        kind: `table_added`, `table_renamed`, `table_removed`, `stream_renamed`, `field_added`, `field_renamed`,
            `field_retyped`, `field_removed`, `property_renamed` or `property_selected`.
        stream: The stream that is meant, if the table has one.
        field_id: Empty for a table.
        before: Caption or type as it was known; None for what is new.
        after: Caption or type as it is; None for what is gone.
        message: The difference and what to do about it, as a sentence.
    """

    kind: str
    database_id: str
    table_id: str
    stream: str | None
    field_id: str = ""
    before: str | None = None
    after: str | None = None
    message: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells two differences apart, wherever they were noticed."""
        return (self.database_id, self.table_id, self.field_id, self.kind)


def refresh_advice(stream: str) -> str:
    """Return how to read one stream whole without reading any other again."""
    names = json.dumps([stream], ensure_ascii=False)
    return f"to fill it for rows that were loaded before, run once with refresh: {names} (TAP_NINOX_REFRESH='{names}')"


def table_drifts(
    known: Iterable[KnownTable], entries: Mapping[TableKey, TableEntry], databases: Iterable[DiscoveredDatabase]
) -> Iterator[Drift]:
    """Yield the differences of tables that were known before.

    Args:
        known: Tables as a catalog or a state knows them.
        entries: Tables as this run reads them.
        databases: Those that can be read; others are not judged.
    """
    schemas = {database.name.id: database.schema for database in databases}
    for table in known:
        if table.database_id in schemas:
            entry = entries.get((table.database_id, table.table_id))
            yield from _differences(table, entry, schemas[table.database_id])


def new_tables(
    known: Iterable[TableKey], entries: Mapping[TableKey, TableEntry], databases: Iterable[DiscoveredDatabase]
) -> Iterator[Drift]:
    """Yield the tables that nobody knew; of a database of which no table was known, none is called new."""
    known = set(known)
    known_databases = {database_id for database_id, _ in known}
    for database in databases:
        for table in database.tables if database.name.id in known_databases else ():
            key = (database.name.id, table.id)
            if key not in known and not table.is_page:
                yield _new_table(database, table, entries.get(key))


def _new_table(database: DiscoveredDatabase, table: Table, entry: TableEntry | None) -> Drift:
    then = f"its stream is {entry.stream}." if entry else "discover again to read it."
    return Drift(
        kind="table_added",
        database_id=database.name.id,
        table_id=table.id,
        stream=entry.stream if entry else None,
        after=table.name,
        message=f"Table {table.name!r} of {database.name.name!r} is new: {then}",
    )


def properties_selected(entry: TableEntry, names: Iterable[str]) -> Iterator[Drift]:
    """Yield the properties that are read now, but were not when older rows were."""
    fields = {column.name: column.field_id for column in entry.columns}
    for name in names:
        yield Drift(
            kind="property_selected",
            database_id=entry.database.id,
            table_id=entry.table_id,
            stream=entry.stream,
            field_id=fields.get(name, ""),
            after=name,
            message=f"{entry.stream}: {name} was not selected before; {refresh_advice(entry.stream)}.",
        )


class LostFieldsError(NinoxError):
    """Most fields of a table are gone at once, which is more often a key that lost its rights than an intention."""


def lost_fields(known: KnownTable, schema: DatabaseSchema) -> LostFieldsError | None:
    """Return an error if more than half of a table's fields (and more than two) are gone, but not the table."""
    table = next((table for table in schema.tables if table.id == known.table_id), None)
    judged = [key for key, field in known.fields.items() if schema.lists_formulas or field.type != FORMULA]
    gone = len(set(judged).difference(field.id for field in table.fields)) if table else 0
    if gone < _FEWEST_LOST_FIELDS or gone * 2 <= len(judged):
        return None
    names = json.dumps([known.stream], ensure_ascii=False)
    return LostFieldsError(
        f"{gone} of the {len(judged)} fields that were known of table {known.name!r} are gone. If the key lost its "
        f"right to see them, give it back; if they were removed on purpose, run once with refresh: {names}."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """A table as it was known, and its stream of this run, which may have another name."""

    known: KnownTable
    entry: TableEntry | None

    @property
    def stream(self) -> str:
        return self.entry.stream if self.entry else self.known.stream

    def alias(self, *path: str) -> str:
        """Return how to keep a name: the setting with the object's id and the old name."""
        *ids, name = path
        return json.dumps({".".join((self.known.database_id, self.known.table_id, *ids)): name}, ensure_ascii=False)

    def drift(
        self, kind: str, message: str, *, field_id: str = "", before: str | None = None, after: str | None = None
    ) -> Drift:
        return Drift(
            kind=kind,
            database_id=self.known.database_id,
            table_id=self.known.table_id,
            stream=self.stream,
            field_id=field_id,
            before=before,
            after=after,
            message=f"{self.stream}: {message}",
        )


def _differences(known: KnownTable, entry: TableEntry | None, schema: DatabaseSchema) -> Iterator[Drift]:
    comparison = _Comparison(known=known, entry=entry)
    table = next((table for table in schema.tables if table.id == known.table_id), None)
    if table is None:
        yield comparison.drift("table_removed", f"table {known.name!r} is gone.", before=known.name)
        return
    if table.name != known.name:
        yield comparison.drift(
            "table_renamed",
            f"table {known.name!r} is now called {table.name!r}; {_stream_after(comparison)}",
            before=known.name,
            after=table.name,
        )
    elif comparison.stream != known.stream:
        yield comparison.drift(
            "stream_renamed",
            f"table {table.name!r} is named differently now; {_stream_after(comparison)}",
            before=known.stream,
            after=comparison.stream,
        )
    yield from _field_differences(comparison, table, lists_formulas=schema.lists_formulas)


def _stream_after(comparison: _Comparison) -> str:
    old, new = comparison.known.stream, comparison.stream
    if old == new:
        return "the stream keeps its name."
    return f"the stream was {old}, which gets no more rows. To keep that name, set aliases: {comparison.alias(old)}"


def _field_differences(comparison: _Comparison, table: Table, *, lists_formulas: bool) -> Iterator[Drift]:
    now = {field.id: field for field in table.fields}
    for field_id, known in comparison.known.fields.items():
        if field_id in now:
            yield from _changed_field(comparison, known, now[field_id])
        elif lists_formulas or known.type != FORMULA:
            is_pinned = comparison.entry is not None and field_id in first_columns(comparison.entry.columns)
            then = "stays empty" if is_pinned else "is sent no more"
            message = f"field {known.name!r} is gone; {known.property} {then}."
            yield comparison.drift("field_removed", message, field_id=field_id, before=known.name)
    for field in now.values():
        if field.id not in comparison.known.fields and field.type != BACK_SIDE:
            message = f"field {field.name!r} is new: {_after_adding(comparison, field)}."
            yield comparison.drift("field_added", message, field_id=field.id, after=field.name)


def _after_adding(comparison: _Comparison, field: Field) -> str:
    column = first_columns(comparison.entry.columns).get(field.id) if comparison.entry else None
    if column is None:
        return f"discover again to read it, and {refresh_advice(comparison.stream)}"
    if not column.is_stored:
        return "it is computed, and not read unless it is selected"
    return f"its property is {column.name}; {refresh_advice(comparison.stream)}"


def _changed_field(comparison: _Comparison, known: KnownField, field: Field) -> Iterator[Drift]:
    column = first_columns(comparison.entry.columns).get(field.id) if comparison.entry else None
    name = column.name if column else known.property
    if field.name != known.name:
        yield comparison.drift(
            "field_renamed",
            f"field {known.name!r} is now called {field.name!r}; {_property_after(comparison, field, known, name)}",
            field_id=field.id,
            before=known.name,
            after=field.name,
        )
    elif name != known.property and field.type == known.type:
        yield comparison.drift(
            "property_renamed",
            f"field {field.name!r} is named differently now; {_property_after(comparison, field, known, name)}",
            field_id=field.id,
            before=known.property,
            after=name,
        )
    if field.type != known.type:
        pinned = column is not None and column.type != field.type
        yield comparison.drift(
            "field_retyped",
            f"field {field.name!r} changed from {known.type} to {field.type}; "
            + (f"values that do not fit {name} become null until you discover again." if pinned else
               f"{name} has another type now; {refresh_advice(comparison.stream)}."),
            field_id=field.id,
            before=known.type,
            after=field.type,
        )  # fmt: skip


def _property_after(comparison: _Comparison, field: Field, known: KnownField, name: str) -> str:
    if name == known.property:
        return f"the property stays {name}."
    alias = comparison.alias(field.id, known.property)
    return f"the property was {known.property} and is {name}. To keep that name, set aliases: {alias}"
