"""Which tables a run reads, and under which names: those of a saved catalog, or those of now."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

from ninox_api.schema import DatabaseSchema
from ninox_singer.names import Names, choose
from tap_ninox.formulas.columns import offer_formulas
from tap_ninox.schema.catalog import TableEntry, entries_of, with_current_choices
from tap_ninox.schema.discovery import Discovery, tell_unselected
from tap_ninox.settings import TapSettings
from tap_ninox.values.columns import is_known_type

logger = logging.getLogger(__name__)


def entries_to_read(
    discovery: Discovery | None, *, saved: Sequence[TableEntry] | None, settings: TapSettings, reserved: Iterable[str]
) -> tuple[list[TableEntry], list[str]]:
    """Return the tables of a run, and a sentence for each formula that the settings name and that is not there.

    Args:
        discovery: What the key can see; None if it may not read schemas.
        saved: Tables of the saved catalog, None without one. It pins names; the settings choose among its
            tables.
        settings: The tap's settings.
        reserved: Stream names that are taken.
    """
    if saved is not None:
        _, unknown = offer_formulas(saved, settings.formulas)  # which are read, and as what, the catalog says
        return _with_current_choices(_chosen(saved, discovery, settings), discovery), _unseen(unknown, discovery)
    if discovery is None:
        return [], []
    entries = entries_of(discovery, settings, reserved=reserved)
    tell_unselected(discovery)
    _warn_of_unknown_types(entries)
    entries, unknown = offer_formulas(entries, settings.formulas)
    return entries, _unseen(unknown, discovery)


def _unseen(unknown: Mapping[str, str], discovery: Discovery | None) -> list[str]:
    """Return what is wrong with names of formulas; of one by its id in a database that is not read nothing is known."""
    read = {database.name.id for database in discovery.databases} if discovery else set()
    unread = discovery.listed - read if discovery else set()
    return [problem for name, problem in unknown.items() if name.partition(".")[0] not in unread]


def schema_by_database(discovery: Discovery | None) -> dict[str, DatabaseSchema]:
    """Return the schemas that can be read by database id."""
    return {database.name.id: database.schema for database in discovery.databases} if discovery else {}


def _chosen(saved: Sequence[TableEntry], discovery: Discovery | None, settings: TapSettings) -> list[TableEntry]:
    """Return the saved tables that the settings name, by the names of then or of now."""
    databases = {database.name.id: database.name.name for database in discovery.databases} if discovery else {}
    tables = {
        (database_id, table.id): table.name
        for database_id, schema in schema_by_database(discovery).items()
        for table in schema.tables
    }
    by_database = Names(
        saved,
        ids=lambda entry: (entry.database.id,),
        names=lambda entry: (entry.database.name, databases.get(entry.database.id, entry.database.name)),
    )
    by_table = Names(
        saved,
        ids=lambda entry: (entry.table_id, f"{entry.database.id}.{entry.table_id}"),
        names=lambda entry: (entry.table_name, tables.get((entry.database.id, entry.table_id), entry.table_name)),
    )
    of_databases, _ = choose(by_database, settings.databases, setting="databases", sees_all=False)
    of_tables, _ = choose(by_table, settings.tables, setting="tables", sees_all=False)
    chosen = {entry.stream for entry in of_databases} & {entry.stream for entry in of_tables}
    for entry in saved:
        if entry.stream not in chosen:
            logger.info("%s is in the catalog, but not among the chosen databases and tables.", entry.stream)
    return [entry for entry in saved if entry.stream in chosen]


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
