"""Which formulas are read, as which type, and how a table's selected ones are asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ninox_api.client import DatabaseClient
from ninox_api.nx import OWN_ID, name_in_script
from ninox_api.schema import FORMULA, DatabaseSchema, Table
from ninox_singer.names import Names, did_you_mean, is_glob
from tap_ninox.formulas.reading import Formula, FormulaReader
from tap_ninox.schema.catalog import TableEntry
from tap_ninox.schema.known_tables import KnownTable, TableKey
from tap_ninox.values.columns import Column, roots_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Named:
    """What a saved catalog knows of a table or field."""

    id: str
    name: str


def offer_formulas(
    entries: Iterable[TableEntry], patterns: Mapping[str, str], known: Mapping[TableKey, KnownTable]
) -> tuple[list[TableEntry], dict[str, str]]:
    """Return the entries, the formulas that the `formulas` setting names made readable; and what names none, and why.

    Args:
        entries: All table streams.
        patterns: Id `<database_id>.<table_id>.<field_id>`, or name or glob of `<stream>.<property>` → type. A name
            counts more than a glob, and of several globs the first does.
        known: What the state knows of tables: a formula that has its type in its name is called as it was before, too.
    """
    entries = list(entries)
    formulas = [(entry, column) for entry in entries for column in entry.columns if column.type == FORMULA]
    roots = {
        entry.key: roots_of([*known[entry.key].former, *known[entry.key].columns]) if entry.key in known else {}
        for entry in entries
    }
    names = Names(
        formulas,
        ids=lambda item: (f"{_key(item[0])}.{item[1].field_id}",),
        names=lambda item: _names(*item, roots[item[0].key]),
    )
    found = {pattern: names.find_all(pattern) for pattern in patterns}
    types: dict[tuple[str, str], str] = {}
    for pattern in sorted(patterns, key=is_glob):  # a stable sort: it keeps the order of globs
        for entry, column in found[pattern]:
            types.setdefault((entry.stream, column.name), patterns[pattern])
    unknown = {
        pattern: f"formulas: {pattern!r} names no formula that this key can see."
        + did_you_mean(pattern, (f"{entry.stream}.{column.name}" for entry, column in formulas))
        for pattern, items in found.items()
        if not items
    }
    return [replace(entry, columns=tuple(_offered(entry, types))) for entry in entries], unknown


def _names(entry: TableEntry, column: Column, roots: Mapping[str, str]) -> set[str]:
    return {f"{entry.stream}.{name}" for name in (column.name, roots.get(column.field_id, column.name))}


def _offered(entry: TableEntry, types: Mapping[tuple[str, str], str]) -> Iterator[Column]:
    for column in entry.columns:
        formula_type = types.get((entry.stream, column.name))
        yield replace(column, computed_as=formula_type) if formula_type else column


def _key(entry: TableEntry) -> str:
    return f"{entry.database.id}.{entry.table_id}"


def formula_reader(
    entry: TableEntry, client: DatabaseClient, schema: DatabaseSchema | None, selected: Iterable[str]
) -> FormulaReader:
    """Return what reads the selected formulas of a table, which may be none.

    Scripts know fields by their caption of today: the schema's where it can be read, else the catalog's.

    Args:
        entry: The table.
        client: Reader of its database.
        schema: The database as it is now, None if the key may not see it.
        selected: Names of the selected properties.
    """
    wanted = set(selected)
    columns = [column for column in entry.columns if column.is_computed and column.name in wanted]
    tables: list[Table | _Named] = list(schema.tables) if schema else [_Named(entry.table_id, entry.table_name)]
    table = next((table for table in tables if table.id == entry.table_id), _Named(entry.table_id, entry.table_name))
    in_script = name_in_script(table, tables)
    if columns and in_script is None:
        logger.warning("%s: the formulas are null: no script can name the table for certain.", entry.stream)
        columns = []
    fields = _fields(entry, table if schema and schema.lists_formulas else None)
    named = [(column, next((field for field in fields if field.id == column.field_id), None)) for column in columns]
    formulas = [formula for column, field in named if (formula := _formula(column, field, fields))]
    has_own_id = any(field.name == OWN_ID for field in fields)
    return FormulaReader(client, table=in_script or "", formulas=formulas, has_own_id=has_own_id)


def _fields(entry: TableEntry, table: Table | _Named | None) -> list[_Named]:
    if isinstance(table, Table):
        return [_Named(field.id, field.name) for field in table.fields]
    names = {column.field_id: column.title for column in entry.columns}
    return [_Named(field_id, title) for field_id, title in names.items()]


def _formula(column: Column, field: _Named | None, fields: Iterable[_Named]) -> Formula | None:
    reference = name_in_script(field, fields) if field else None
    if reference is None:
        logger.warning(
            "The formula of property %s is null: %s.",
            column.name,
            "no script can name it for certain; rename it in Ninox" if field else "it is not in Ninox any more",
        )
        return None
    return Formula(name=column.name, field_id=column.field_id, reference=reference, type=column.computed_as)
