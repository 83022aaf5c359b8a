"""What changed in Ninox since the catalog was saved: one line for each table or field.

A saved catalog pins names and types, so nothing of this breaks a run; but a field that is not in the catalog is not
read, and people should know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ninox_api.schema import DatabaseSchema, Field, Table
from tap_ninox.catalog import TableEntry
from tap_ninox.columns import Column
from tap_ninox.discovery import DiscoveredDatabase

_REDISCOVER = "discover again to read it, and refresh the table in full to fill it for old rows"


def drift_lines(entries: Iterable[TableEntry], databases: Iterable[DiscoveredDatabase]) -> Iterator[str]:
    """Yield a sentence for each difference between a saved catalog and the databases as they are now.

    Args:
        entries: Tables of the saved catalog.
        databases: Those that can be read; others are not judged.
    """
    entries = list(entries)
    for database in databases:
        saved = [entry for entry in entries if entry.database.id == database.name.id]
        for entry in saved:
            yield from _table_drift(entry, database.schema)
        known = {entry.table_id for entry in saved}
        for table in database.tables:
            if table.id not in known and not table.is_page:
                yield f"Table {table.name!r} of {database.name.name!r} is new: discover again to read it."


def _table_drift(entry: TableEntry, schema: DatabaseSchema) -> Iterator[str]:
    table = next((table for table in schema.tables if table.id == entry.table_id), None)
    if table is None:
        yield f"{entry.stream}: table {entry.table_name!r} is gone."
        return
    if table.name != entry.table_name:
        yield f"{entry.stream}: table {entry.table_name!r} is now called {table.name!r}; the stream keeps its name."
    yield from _field_drift(entry, table, lists_formulas=schema.lists_formulas)


def _field_drift(entry: TableEntry, table: Table, *, lists_formulas: bool) -> Iterator[str]:
    columns: dict[str, Column] = {}
    for column in entry.columns:
        columns.setdefault(column.field_id, column)
    fields = {field.id: field for field in table.fields}
    for field_id, column in columns.items():
        if field_id in fields:
            yield from _changed_field(entry, column, fields[field_id])
        elif lists_formulas or column.type != "fn":
            yield f"{entry.stream}: field {column.title!r} is gone; {column.name} stays empty."
    for field_id, field in fields.items():
        if field_id not in columns:
            yield f"{entry.stream}: field {field.name!r} is new: {_REDISCOVER}."


def _changed_field(entry: TableEntry, column: Column, field: Field) -> Iterator[str]:
    if field.name != column.title:
        yield (
            f"{entry.stream}: field {column.title!r} is now called {field.name!r}; the property stays {column.name}."
        )
    if field.type != column.type:
        yield (
            f"{entry.stream}: field {field.name!r} changed from {column.type} to {field.type}; values that do not fit "
            f"{column.name} become null until you discover again."
        )
