"""Which tables a run reads, and under which names: those of a saved catalog, or all that can be seen."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ninox_api.errors import NinoxConfigError
from ninox_api.schema import FORMULA, Field, Table, age_key
from ninox_singer.identifiers import MAX_LENGTH, NameSpace, cut_name, make_identifier
from ninox_singer.logs import log_names
from ninox_singer.names import Names, choose, did_you_mean, is_glob
from ninox_singer.types import is_known
from ninox_singer.wording import list_names
from tap_ninox.discovery.catalog import TableEntry, aliases_of
from tap_ninox.discovery.discover import DiscoveredDatabase, Discovery, log_unselected
from tap_ninox.discovery.known_tables import (
    KnownTable,
    TableKey,
    known_from_state,
    owners_in_state,
    plain_property,
    streams_in_state,
)
from tap_ninox.discovery.saved_catalog import SavedCatalog
from tap_ninox.discovery.table_names import TableNames
from tap_ninox.rows.columns import Column, apart_by_type, columns_of, roots_of
from tap_ninox.settings import TapSettings

logger = logging.getLogger(__name__)


def entries_to_read(
    discovery: Discovery | None,
    *,
    saved: Sequence[TableEntry] | None,
    settings: TapSettings,
    reserved: Iterable[str],
    bookmarks: Mapping[str, Any],
) -> tuple[list[TableEntry], list[str]]:
    """Return the tables of a run, and a sentence for each formula that the settings name and that is not there.

    Args:
        discovery: What the key can see; None if it may not read schemas.
        saved: Tables of the saved catalog, None without one. The settings choose among them.
        settings: The tap's settings.
        reserved: Stream names that are taken.
        bookmarks: Those of the state, which say under which names tables and fields go.
    """
    if saved is None and discovery is None:
        return [], []
    owners, known = owners_in_state(bookmarks), known_by_key(bookmarks, settings)
    unknown: Mapping[str, str] = {}
    if saved is not None:
        chosen = _chosen(saved, discovery, settings)
        entries = followed_entries(chosen, discovery, settings, reserved=reserved, owners=owners, known=known)
        if settings.formulas:
            entries, unknown = _offer_renamed(entries, saved, settings, known)
    elif discovery is not None:
        entries = discovered_entries(discovery, settings, reserved=reserved, owners=owners, known=known)
        log_unselected(discovery)
        types = sorted({column.type for entry in entries for column in entry.columns if not is_known(column.type)})
        if types:
            logger.warning("Field types that are not known are sent as text: %s.", ", ".join(types))
        if settings.formulas:
            entries, unknown = offer_formulas(entries, settings.formulas, known)
    for place, entry in enumerate(entries):
        if (before := known.get(entry.key)) is not None:
            aliases = aliases_of(settings.aliases, ".".join(entry.key))
            columns = apart_by_type(entry.columns, aliases=aliases, known=before.columns, former=before.former)
            entries[place] = replace(entry, columns=columns)
    # Of a formula that is named by its id in a database that is not read, nothing is known.
    read = {database.name.id for database in discovery.databases} if discovery else set()
    unread = discovery.listed - read if discovery else set()
    return entries, [problem for name, problem in unknown.items() if name.partition(".")[0] not in unread]


def identify_streams(
    catalog: SavedCatalog,
    discovery: Discovery,
    settings: TapSettings,
    *,
    reserved: Iterable[str],
    bookmarks: Mapping[str, Any],
) -> None:
    """Put the ids of tables and fields into a catalog that has only their names: it was edited, or made elsewhere.

    Args:
        catalog: What was given.
        discovery: What the key can see.
        settings: The tap's settings.
        reserved: Names of streams that are no tables.
        bookmarks: Those of the state.

    Raises:
        NinoxConfigError: A name may mean several.
    """
    reserved = list(reserved)
    others = {*reserved, *(query.name for query in settings.queries)}
    names = {name for name in catalog.unidentified if name not in others}
    if not names:
        return
    tables = [replace(database, tables=database.schema.tables) for database in discovery.databases]
    discovery, known = replace(discovery, databases=tuple(tables)), known_by_key(bookmarks, settings)
    owners = owners_in_state(bookmarks)
    used = discovered_entries(discovery, settings, reserved=reserved, owners=owners, known=known)
    shown = discovered_entries(discovery, settings, reserved=reserved, owners={}, known={})
    used, _ = offer_formulas(used, settings.formulas, known)
    by_key = [{entry.key: entry for entry in entries} for entries in (used, shown)]
    catalog.identify(names, TableNames(used=by_key[0], shown=by_key[1], known=known))


def _offer_renamed(
    entries: Sequence[TableEntry],
    saved: Sequence[TableEntry],
    settings: TapSettings,
    known: Mapping[TableKey, KnownTable],
) -> tuple[list[TableEntry], dict[str, str]]:
    """Return a catalog's tables, with those formulas made readable that the setting names as the state calls them.

    Whether other formulas are read, and as which type, the catalog says. Names that no formula has are returned, too,
    each with a sentence.
    """
    offered, unknown = offer_formulas(entries, settings.formulas, known)
    _, unknown_before = offer_formulas(saved, settings.formulas, {})
    before = {entry.key: (entry.stream, {column.name for column in entry.columns}) for entry in saved}
    result = []
    for entry, readable in zip(entries, offered, strict=True):
        stream, names = before[entry.key]
        columns = (
            new if not old.computed_as and (entry.stream != stream or old.name not in names) else old
            for old, new in zip(entry.columns, readable.columns, strict=True)
        )
        result.append(replace(entry, columns=tuple(columns)))
    return result, {name: problem for name, problem in unknown.items() if name in unknown_before}


def known_by_key(bookmarks: Mapping[str, Any], settings: TapSettings) -> dict[TableKey, KnownTable]:
    """Return what the state knows of each table; if a table has had several streams, by the one that was read last.

    An alias may put a table in the place of another one, as a table of a restored database. Then the columns of that
    other one are known of it as out of use: a field that has the id and the type of one goes on in it.
    """
    streams = streams_in_state(bookmarks)
    known = {table.key: table for table in known_from_state(bookmarks, settings) if streams[table.key] == table.stream}
    by_stream = {table.stream: table for table in known.values()}
    for ids, alias in settings.aliases.items():
        database_id, _, table_id = ids.partition(".")
        before = by_stream.get(alias)
        if before is not None and "." not in table_id and (database_id, table_id) not in known:
            left = (*before.former, *(column for column in before.columns if column.is_readable))
            heir = replace(before, database_id=database_id, table_id=table_id, columns=(), former=left)
            known[heir.key] = heir
    return known


def _chosen(saved: Sequence[TableEntry], discovery: Discovery | None, settings: TapSettings) -> list[TableEntry]:
    """Return the saved tables that the settings name, as they were called when they were saved, or as they are now."""
    databases = {database.name.id: database.name.name for database in discovery.databases} if discovery else {}
    tables = {
        (database_id, table.id): table.name
        for database_id, schema in (discovery.schemas if discovery else {}).items()
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
    left_out = [entry.stream for entry in saved if entry.stream not in chosen]
    log_names(logger, "In the catalog, but not among the chosen databases and tables: %s.", left_out)
    return [entry for entry in saved if entry.stream in chosen]


def offer_formulas(
    entries: Iterable[TableEntry], patterns: Mapping[str, str], known: Mapping[TableKey, KnownTable]
) -> tuple[list[TableEntry], dict[str, str]]:
    """Return the entries, with the formulas made readable that the `formulas` setting names.

    Its names that no formula has are returned, too, each with a sentence.

    Args:
        entries: All table streams.
        patterns: Id `<database_id>.<table_id>.<field_id>`, or name or glob of `<stream>.<property>` → type. A name
            counts more than a glob, and of several globs the first does.
        known: What the state knows of tables: a formula whose type was added to its name can be named without, too.
    """
    entries = list(entries)
    formulas = [(entry, column) for entry in entries for column in entry.columns if column.type == FORMULA]
    roots = {
        entry.key: roots_of([*known[entry.key].former, *known[entry.key].columns]) if entry.key in known else {}
        for entry in entries
    }
    names = Names(
        formulas,
        ids=lambda item: (".".join((*item[0].key, item[1].field_id)),),
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
    return [_with_types(entry, types) for entry in entries] if types else entries, unknown


def _with_types(entry: TableEntry, types: Mapping[tuple[str, str], str]) -> TableEntry:
    columns = (
        column if (kind := types.get((entry.stream, column.name))) is None else replace(column, computed_as=kind)
        for column in entry.columns
    )
    return replace(entry, columns=tuple(columns))


def _names(entry: TableEntry, column: Column, roots: Mapping[str, str]) -> set[str]:
    return {f"{entry.stream}.{name}" for name in (column.name, roots.get(column.field_id, column.name))}


def name_streams(
    wanted: Mapping[TableKey, str],
    *,
    are_in_use: bool,
    others: Container[TableKey],
    owners: Mapping[str, TableKey],
    aliases: Mapping[str, str],
    reserved: Iterable[str],
) -> dict[TableKey, str]:
    """Return the stream of each table.

    Args:
        wanted: Table → its plain name; of several new tables with the same, the first gets it.
        are_in_use: Whether a saved catalog shows these names. Else tables that nobody has read yet make room for an
            alias: whoever renames a table that goes on by an alias may call the next one as it was called.
        others: Further tables that are still there, though this run does not read them.
        owners: Stream → table as the state knows them, in the order in which they were read. Tables that are gone and
            names that an alias has replaced are among them: nobody else gets such a name.
        aliases: The setting.
        reserved: Stream names of the tap itself.

    Raises:
        NinoxConfigError: An alias is the name of another table, or of a stream of the tap itself.
    """
    by_alias = {key: alias for key in wanted if (alias := aliases.get(".".join(key)))}
    known = {key: stream for stream, key in owners.items()}
    kept = {key: name for key, name in known.items() if ".".join(key) not in aliases}
    names = NameSpace(reserved)
    # What the state gives to one table, be that gone or not, another one cannot have, whatever a catalog calls it.
    owned = NameSpace(owners)
    shown = {key: name for key, name in wanted.items() if are_in_use and key not in by_alias and name not in owned}
    used = {**shown, **{key: name for key, name in kept.items() if key in wanted or key in others}}
    _refuse_aliases_of_others(by_alias, used=used, left=kept.values(), reserved=names)
    kept = {key: kept[key] for key in wanted if key in kept}
    for name in kept.values():
        names.take(name)
    # Where a name is taken, the table's id is added to it, or both ids.
    suffixes = {key: (key[1], "_".join(key)) for key in wanted}
    streams = {key: names.claim(alias, suffixes=suffixes[key]) for key, alias in by_alias.items()} | kept
    for name in owners:
        names.take(name)
    for key in wanted:
        if key not in streams:
            streams[key] = names.claim(wanted[key], suffixes=suffixes[key])
    return streams


def _refuse_aliases_of_others(
    by_alias: Mapping[TableKey, str], *, used: Mapping[TableKey, str], left: Iterable[str], reserved: NameSpace
) -> None:
    """Refuse an alias that is the name of another stream: that would get a longer one, and a new warehouse table."""
    owners = {name.casefold(): key for key, name in used.items()}
    spelled = {name.casefold(): name for name in left}
    for key, alias in by_alias.items():
        given = f"aliases: {alias!r}, given to table {'.'.join(key)}, is"
        if alias in reserved:
            message = f"{given} the name of a stream of the tap's own. Choose another one."
            raise NinoxConfigError(message)
        if owner := owners.get(alias.casefold()):
            message = (
                f"{given} the name under which table {'.'.join(owner)} is read. Give that one an alias, too, or choose "
                "another name."
            )
            raise NinoxConfigError(message)
        if (before := spelled.get(alias.casefold(), alias)) != alias:
            message = (
                f"{given} {before!r} in other letters, under which a table was read that is gone or left out. Write it "
                "like that to go on in its place, or choose another name."
            )
            raise NinoxConfigError(message)


def log_displaced(entries: Iterable[TableEntry], settings: TapSettings, known: Mapping[TableKey, KnownTable]) -> None:
    """Warn of new tables and fields with longer names, since an alias gives theirs to another one."""
    entries = list(entries)
    given = {e.stream.casefold() for e in entries if ".".join(e.key) in settings.aliases and e.stream != e.plain_name}
    displaced = []
    for entry in entries:
        aliases, before = aliases_of(settings.aliases, ".".join(entry.key)), known.get(entry.key)
        if before is None and entry.plain_name != entry.stream and entry.plain_name.casefold() in given:
            displaced.append(entry.stream)
        fields = before.fields if before else {}
        plain = {column.name: plain_property(column.field_id, column.title, column.part) for column in entry.columns}
        given_here = {c.name.casefold() for c in entry.columns if c.field_id in aliases and c.name != plain[c.name]}
        displaced += [
            f"{entry.stream}.{column.name}"
            for column in entry.columns
            if column.is_readable
            and column.field_id not in {*aliases, *fields}
            and column.name != plain[column.name]
            and plain[column.name] in given_here
        ]
    if displaced:
        logger.warning(
            "Read under a longer name, since `aliases` gives the plain one to another: %s.", list_names(displaced)
        )


def discovered_entries(
    discovery: Discovery,
    settings: TapSettings,
    *,
    reserved: Iterable[str],
    owners: Mapping[str, TableKey],
    known: Mapping[TableKey, KnownTable],
) -> list[TableEntry]:
    """Return a stream for each discovered table; pages have no records and get none.

    Names are given before the `tables` setting is looked at, to older tables first: neither a table made later nor
    another choice of tables renames an existing stream, with a state or without.

    Args:
        discovery: What the key can see.
        settings: How to name streams and properties.
        reserved: Stream names of the tap itself.
        owners: Stream → table as the state knows them.
        known: What the state knows of tables.
    """
    tables = {
        (database.name.id, table.id): (database, table)
        for database in sorted(discovery.databases, key=lambda database: database.name.id)
        for table in sorted(database.schema.tables, key=lambda table: age_key(table.id))
        if not table.is_page
    }
    plain = {key: _plain_stream(settings.stream_name_format, *pair) for key, pair in tables.items()}
    names = name_streams(plain, are_in_use=False, others=(), owners=owners, aliases=settings.aliases, reserved=reserved)
    chosen = {(database.name.id, table.id) for database in discovery.databases for table in database.tables}
    entries = []
    for key, (database, table) in tables.items():
        if key not in chosen:
            continue
        before = known.get(key)
        columns = columns_of(
            table,
            aliases=aliases_of(settings.aliases, ".".join(key)),
            known=before.columns if before else (),
            former=before.former if before else (),
        )
        entries.append(
            TableEntry(
                stream=names[key],
                team_id=database.team.id,
                database=database.name,
                table_id=table.id,
                table_name=table.name,
                is_hidden=table.is_hidden,
                columns=columns,
                plain_name=plain[key],
            )
        )
    return entries


def _plain_stream(name_format: str, database: DiscoveredDatabase, table: Table) -> str:
    """Return what a stream would be called by the captions of now, if no other one were."""
    name = name_format.format(
        team=make_identifier(database.team.name, fallback=database.team.id),
        database=make_identifier(database.name.name, fallback=database.name.id),
        table=make_identifier(table.name, fallback=table.id),
        database_id=database.name.id,
        table_id=table.id,
    )
    return cut_name(name, MAX_LENGTH)


def followed_entries(
    saved: Iterable[TableEntry],
    discovery: Discovery | None,
    settings: TapSettings,
    *,
    reserved: Iterable[str],
    owners: Mapping[str, TableKey],
    known: Mapping[TableKey, KnownTable],
) -> list[TableEntry]:
    """Return the tables of a saved catalog under the names of the state, with types and options as they are now.

    A field that is in the catalog and was deleted since keeps its property, which stays empty.
    """
    saved = list(saved)
    databases = {database.name.id: database for database in discovery.databases} if discovery else {}
    wanted = {entry.key: entry.stream for entry in saved}
    ids = {entry.database.id for entry in saved}
    others = {  # where no schema can be seen, each counts as there
        (database_id, table_id)
        for database_id, table_id in owners.values()
        if (table_id in databases[database_id].schema.by_id if database_id in databases else database_id in ids)
    }
    names = name_streams(
        wanted, are_in_use=True, others=others, owners=owners, aliases=settings.aliases, reserved=reserved
    )
    return [
        _followed(entry, names[entry.key], databases.get(entry.database.id), settings, known.get(entry.key))
        for entry in saved
    ]


def _followed(
    saved: TableEntry, stream: str, database: DiscoveredDatabase | None, settings: TapSettings, known: KnownTable | None
) -> TableEntry:
    now = database.schema.by_id.get(saved.table_id) if database else None
    table = _table_as_saved(saved, now)
    known_fields = {column.field_id for column in known.columns} if known else set()
    owned = NameSpace(column.name for column in known.columns) if known else NameSpace()
    unread = {field.id for field in now.fields} - {column.field_id for column in saved.columns} if now else set()
    columns = columns_of(
        table,
        aliases=aliases_of(settings.aliases, ".".join(saved.key)),
        known=[
            *(known.columns if known else ()),
            *(c for c in saved.columns if c.field_id not in known_fields and c.name not in owned),
        ],
        former=known.former if known else (),
        unread=[column for column in known.columns if column.field_id in unread] if known else (),
    )
    before = {(column.field_id, column.part): column for column in saved.columns}
    types = {column.field_id: column.type for column in saved.columns}
    kept = [
        _as_saved(column, before.get((column.field_id, column.part)))
        for column in columns
        if (column.field_id, column.part) in before or types[column.field_id] != column.type
    ]
    plain = _plain_stream(settings.stream_name_format, database, now) if database and now else ""
    name = now.name if now else saved.table_name
    return replace(saved, stream=stream, table_name=name, columns=tuple(kept), plain_name=plain)


def _table_as_saved(saved: TableEntry, now: Table | None) -> Table:
    """Return a table with the fields of a catalog, as they are now where that can be seen."""
    seen = {field.id: field for field in now.fields} if now else {}
    fields = {}
    for column in saved.columns:
        field = seen.get(column.field_id) or Field(id=column.field_id, name=column.title, type=column.type)
        fields[field.id] = field
    return Table(id=saved.table_id, name=saved.table_name, fields=tuple(fields.values()))


def _as_saved(column: Column, saved: Column | None) -> Column:
    """Return a column with what a catalog says of it, where the schema does not."""
    if saved is None or saved.type != column.type:
        return column
    both = replace(
        column,
        captions=column.captions or saved.captions,
        computed_as=saved.computed_as,
        formula=column.formula or saved.formula,
        target_table_id=column.target_table_id or saved.target_table_id,
        target_database=column.target_database or saved.target_database,
    )
    return saved if saved == both else both  # of thousands of tables, one is enough
