"""Names belong to ids: a catalog says which tables and fields are read, the state under which names they go.

Discovery gets no state under Meltano, so its catalog may show other names than a pipeline has used. Whoever has a
bookmark keeps its name, for good; newcomers get what is free. An alias goes before both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ninox_api.errors import NinoxConfigError
from ninox_api.naming import NameSpace, age_key
from ninox_api.schema import Field, Table
from tap_ninox.discovery.catalog import TableEntry, aliases_of, plain_stream_name
from tap_ninox.discovery.discover import DiscoveredDatabase, Discovery
from tap_ninox.discovery.known_tables import KnownTable, TableKey
from tap_ninox.rows.columns import Column, columns_of
from tap_ninox.settings import TapSettings


def name_streams(
    wanted: Mapping[TableKey, str],
    *,
    known: Mapping[TableKey, str],
    aliases: Mapping[str, str],
    reserved: Iterable[str],
) -> dict[TableKey, str]:
    """Return the stream of each table.

    Args:
        wanted: Plain names of the tables; among newcomers, who comes first gets it.
        known: Those that the state has, tables included that are not there now.
        aliases: The setting.
        reserved: Stream names of the tap itself.

    Raises:
        NinoxConfigError: An alias is the name of another table, or of a stream of the tap itself.
    """
    by_alias = {key: alias for key in wanted if (alias := aliases.get(".".join(key)))}
    held = {key: known[key] for key in wanted if key in known and key not in by_alias}
    names = NameSpace(reserved)
    _refuse_aliases_of_others(by_alias, wanted=wanted, held=held, reserved=names)
    for name in held.values():
        names.take(name)
    streams = {key: names.claim(alias, suffixes=_suffixes(key)) for key, alias in by_alias.items()} | held
    for key, name in known.items():
        if key not in wanted:
            names.take(name)
    for key in wanted:
        if key not in streams:
            streams[key] = names.claim(wanted[key], suffixes=_suffixes(key))
    return streams


def _refuse_aliases_of_others(
    by_alias: Mapping[TableKey, str],
    *,
    wanted: Mapping[TableKey, str],
    held: Mapping[TableKey, str],
    reserved: NameSpace,
) -> None:
    """Refuse an alias that would move another stream to a longer name, of which its warehouse has no table."""
    owners = {(held.get(key) or wanted[key]).casefold(): key for key in wanted if key not in by_alias}
    for key, alias in by_alias.items():
        owner, is_its_own = owners.get(alias.casefold()), wanted[key].casefold() == alias.casefold()
        if alias in reserved:
            message = (
                f"aliases: {alias!r}, given to table {'.'.join(key)}, is the name of a stream of the tap's own. Choose "
                "another one."
            )
            raise NinoxConfigError(message)
        if owner and (owner in held or not is_its_own):  # two of one caption differ already
            message = (
                f"aliases: {alias!r}, given to table {'.'.join(key)}, is the name under which table {'.'.join(owner)} "
                "is read. Give that one an alias, too, or choose another name."
            )
            raise NinoxConfigError(message)


def _suffixes(key: TableKey) -> tuple[str, str]:
    database_id, table_id = key
    return table_id, f"{database_id}_{table_id}"


def discovered_entries(
    discovery: Discovery,
    settings: TapSettings,
    *,
    reserved: Iterable[str],
    streams: Mapping[TableKey, str],
    known: Mapping[TableKey, KnownTable],
) -> list[TableEntry]:
    """Return a stream for each discovered table; pages have no records and get none.

    Names are given before the `tables` setting is looked at, to older tables first: neither a table made later nor
    another choice of tables renames an existing stream, with a state or without.

    Args:
        discovery: What the key can see.
        settings: How to name streams and properties.
        reserved: Stream names of the tap itself.
        streams: Those of the state.
        known: What the state knows of tables.
    """
    tables = {
        (database.name.id, table.id): (database, table)
        for database in sorted(discovery.databases, key=lambda database: database.name.id)
        for table in sorted(database.schema.tables, key=lambda table: age_key(table.id))
        if not table.is_page
    }
    plain = {key: _plain_name(database, table, settings) for key, (database, table) in tables.items()}
    names = name_streams(plain, known=streams, aliases=settings.aliases, reserved=reserved)
    chosen = {(database.name.id, table.id) for database in discovery.databases for table in database.tables}
    return [
        TableEntry(
            stream=names[key],
            team_id=database.team.id,
            database=database.name,
            table_id=table.id,
            table_name=table.name,
            is_hidden=table.is_hidden,
            columns=_columns(table, settings, key, known.get(key)),
            plain_name=plain[key],
        )
        for key, (database, table) in tables.items()
        if key in chosen
    ]


def _plain_name(database: DiscoveredDatabase, table: Table, settings: TapSettings) -> str:
    return plain_stream_name(settings.stream_name_format, team=database.team, database=database.name, table=table)


def _columns(table: Table, settings: TapSettings, key: TableKey, known: KnownTable | None) -> tuple[Column, ...]:
    aliases = aliases_of(settings.aliases, ".".join(key))
    return columns_of(
        table, aliases=aliases, known=known.columns if known else (), former=known.former if known else ()
    )


def followed_entries(
    saved: Iterable[TableEntry],
    discovery: Discovery | None,
    settings: TapSettings,
    *,
    reserved: Iterable[str],
    streams: Mapping[TableKey, str],
    known: Mapping[TableKey, KnownTable],
) -> list[TableEntry]:
    """Return the tables of a saved catalog under the names of the state, with types and options as they are now.

    A field that a catalog was saved with and that is gone now keeps its property, which stays empty.
    """
    saved = list(saved)
    databases = {database.name.id: database for database in discovery.databases} if discovery else {}
    wanted = {entry.key: entry.stream for entry in saved}
    names = name_streams(wanted, known=streams, aliases=settings.aliases, reserved=reserved)
    return [
        _followed(entry, names[entry.key], databases.get(entry.database.id), settings, known.get(entry.key))
        for entry in saved
    ]


def _followed(
    saved: TableEntry, stream: str, database: DiscoveredDatabase | None, settings: TapSettings, known: KnownTable | None
) -> TableEntry:
    now = next((table for table in database.schema.tables if table.id == saved.table_id), None) if database else None
    table = _table_as_saved(saved, now)
    told = {column.field_id for column in known.columns} if known else set()
    columns = columns_of(
        table,
        aliases=aliases_of(settings.aliases, ".".join(saved.key)),
        known=[*(known.columns if known else ()), *(column for column in saved.columns if column.field_id not in told)],
        former=known.former if known else (),
    )
    before = {(column.field_id, column.part): column for column in saved.columns}
    types = {column.field_id: column.type for column in saved.columns}
    kept = [
        _as_saved(column, before.get((column.field_id, column.part)))
        for column in columns
        if (column.field_id, column.part) in before or types[column.field_id] != column.type
    ]
    plain = _plain_name(database, now, settings) if database and now else ""
    return replace(saved, stream=stream, columns=tuple(kept), plain_name=plain)


def _table_as_saved(saved: TableEntry, now: Table | None) -> Table:
    """Return a table with the fields of a catalog, as they are now where that can be seen."""
    seen = {field.id: field for field in now.fields} if now else {}
    fields = {}
    for column in saved.columns:
        field = seen.get(column.field_id) or Field(id=column.field_id, name=column.title, type=column.type)
        fields[field.id] = field
    return Table(id=saved.table_id, name=saved.table_name, fields=tuple(fields.values()))


def _as_saved(column: Column, saved: Column | None) -> Column:
    """Return a column with what a catalog knows of it and the schema does not say."""
    if saved is None or saved.type != column.type:
        return column
    return replace(
        column,
        captions=column.captions or saved.captions,
        computed_as=saved.computed_as,
        formula=column.formula or saved.formula,
        target_table_id=column.target_table_id or saved.target_table_id,
        target_database=column.target_database or saved.target_database,
    )
