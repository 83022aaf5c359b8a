"""Which formulas are read, as which type, and how a table's selected ones are asked for."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from ninox_api.client import DatabaseClient
from ninox_api.nx import OWN_ID, name_in_script
from ninox_api.schema import FORMULA, DatabaseSchema, Table
from tap_ninox.formulas.reading import Formula, FormulaReader
from tap_ninox.schema.catalog import TableEntry
from tap_ninox.values.columns import Column

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Named:
    """What a saved catalog knows of a table or field."""

    id: str
    name: str


def offer_formulas(entries: Iterable[TableEntry], patterns: Mapping[str, str]) -> list[TableEntry]:
    """Return the entries, the formulas that the `formulas` setting names made readable.

    Args:
        entries: All table streams.
        patterns: Id `<database_id>.<table_id>.<field_id>`, or glob of `<stream>.<property>` → type; the first that
            fits counts.
    """
    entries = list(entries)
    names = {f"{entry.stream}.{column.name}" for entry in entries for column in entry.columns if column.type == FORMULA}
    ids = {f"{_key(entry)}.{column.field_id}" for entry in entries for column in entry.columns}
    for pattern in patterns:
        if pattern not in ids and not any(fnmatchcase(name, pattern) for name in names):
            _warn_of_nothing(pattern, names)
    return [
        replace(entry, columns=tuple(_offered(entry, column, patterns) for column in entry.columns))
        for entry in entries
    ]


def _offered(entry: TableEntry, column: Column, patterns: Mapping[str, str]) -> Column:
    if column.type != FORMULA:
        return column
    key, name = f"{_key(entry)}.{column.field_id}", f"{entry.stream}.{column.name}"
    for pattern, formula_type in patterns.items():
        if pattern == key or fnmatchcase(name, pattern):
            return replace(column, computed_as=formula_type)
    return column


def _key(entry: TableEntry) -> str:
    return f"{entry.database.id}.{entry.table_id}"


def _warn_of_nothing(pattern: str, names: Iterable[str]) -> None:
    near = difflib.get_close_matches(pattern, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    logger.warning("formulas: %r names no formula that this key can see.%s", pattern, hint)


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
