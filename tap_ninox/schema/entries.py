"""Which tables a run reads, and under which names: those of a saved catalog, or those of now."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from ninox_api.schema import DatabaseSchema, Table
from tap_ninox.formulas.columns import offer_formulas
from tap_ninox.schema.catalog import TableEntry, entries_of, with_current_choices
from tap_ninox.schema.discovery import Discovery, tell_unselected
from tap_ninox.schema.idle_aliases import warn_of_idle_aliases
from tap_ninox.schema.selection import Named, is_named
from tap_ninox.settings import TapSettings
from tap_ninox.values.columns import is_known_type

logger = logging.getLogger(__name__)


def entries_to_read(
    discovery: Discovery | None, *, saved: Sequence[TableEntry] | None, settings: TapSettings, reserved: Iterable[str]
) -> list[TableEntry]:
    """Return the tables of a run.

    Args:
        discovery: What the key can see; None if it may not read schemas.
        saved: Tables of the saved catalog, None without one. It pins names; the settings choose among its
            tables.
        settings: The tap's settings.
        reserved: Stream names that are taken.
    """
    if saved is not None:
        return _with_current_choices(_chosen(saved, discovery, settings), discovery)
    if discovery is None:
        return []
    entries = entries_of(discovery, settings, reserved=reserved)
    tell_unselected(discovery)
    warn_of_idle_aliases(settings.aliases, discovery.databases)
    _warn_of_unknown_types(entries)
    return offer_formulas(entries, settings.formulas)


def schema_by_database(discovery: Discovery | None) -> dict[str, DatabaseSchema]:
    """Return the schemas that can be read by database id."""
    return {database.name.id: database.schema for database in discovery.databases} if discovery else {}


def _chosen(saved: Iterable[TableEntry], discovery: Discovery | None, settings: TapSettings) -> Iterator[TableEntry]:
    """Yield the saved tables that the settings name, by the names of then or of now."""
    databases = {database.name.id: database for database in discovery.databases} if discovery else {}
    for entry in saved:
        database = databases.get(entry.database.id)
        names: list[Named] = [entry.database, *([database.name] if database else [])]
        tables: list[Named] = [Table(id=entry.table_id, name=entry.table_name, fields=())]
        tables += [table for table in database.schema.tables if table.id == entry.table_id] if database else []
        path = f"{entry.database.id}.{entry.table_id}"
        if is_named(names, settings.databases) and is_named(tables, settings.tables, path=path):
            yield entry
        else:
            logger.info("%s is in the catalog, but not among the chosen databases and tables.", entry.stream)


def _with_current_choices(saved: Iterable[TableEntry], discovery: Discovery | None) -> list[TableEntry]:
    schemas = schema_by_database(discovery)
    return [
        with_current_choices(entry, schemas[entry.database.id]) if entry.database.id in schemas else entry
        for entry in saved
    ]


def _warn_of_unknown_types(entries: Iterable[TableEntry]) -> None:
    unknown = sorted({column.type for entry in entries for column in entry.columns if not is_known_type(column.type)})
    if unknown:
        logger.warning("Field types that are not known are sent as text: %s.", ", ".join(unknown))
