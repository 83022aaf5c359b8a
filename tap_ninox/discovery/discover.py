"""What the key can see of what the settings name."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ninox_api.client import DatabaseClient, NinoxClient
from ninox_api.schema import DatabaseName, DatabaseSchema, Table, Team
from ninox_singer.connection import assign_passwords
from ninox_singer.events import log_names
from ninox_singer.names import Names, choose, did_you_mean
from tap_ninox.discovery.look import Seen
from tap_ninox.settings import TapSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredDatabase:
    """A database whose schema could be read.

    Attributes:
        tables: Those the `tables` setting names.
    """

    team: Team
    name: DatabaseName
    client: DatabaseClient
    schema: DatabaseSchema
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """The chosen teams and their readable databases.

    Attributes:
        skipped: Databases whose schema the key cannot read.
        problems: A sentence for each name in the settings that names nothing, though others do.
        readers: All chosen databases, skipped ones included.
        listed: Ids of all databases of the teams, chosen or not.
    """

    teams: tuple[Team, ...]
    databases: tuple[DiscoveredDatabase, ...]
    skipped: tuple[DatabaseName, ...]
    readers: Mapping[DatabaseName, DatabaseClient]
    listed: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


def discovery_of(seen: Seen, client: NinoxClient, settings: TapSettings) -> Discovery:
    """Choose from what was seen of Ninox. Nothing is sent.

    Raises:
        NinoxConfigError: A database or table that was asked for does not exist.
    """
    team_by_id = {team.id: team for team in seen.teams}
    team_of = {name: team_by_id[team_id] for team_id, name in seen.listed}
    names, problems = choose(Names(team_of), settings.databases, setting="databases", each_is_one=True)
    problems += assign_passwords(client, list(team_of))
    readers = {name: client.database(team_of[name].id, name) for name in names}
    schemas = {name: seen.schemas.get(name.id) for name in names}
    readable = {name: schema for name, schema in schemas.items() if schema is not None}
    skipped = tuple(name for name in names if name not in readable)
    tables, unknown = _chosen_tables(readable, settings.tables, sees_all=not skipped)
    problems += [*unknown, *_idle_aliases(settings.aliases, readable, listed={name.id for name in team_of})]
    for problem in problems:
        logger.warning(problem)
    return Discovery(
        teams=seen.teams,
        databases=tuple(
            DiscoveredDatabase(
                team=team_of[name],
                name=name,
                client=readers[name],
                schema=schema,
                tables=tuple(table for database, table in tables if database is name),
            )
            for name, schema in readable.items()
        ),
        skipped=skipped,
        readers=readers,
        listed=frozenset(name.id for name in team_of),
        problems=tuple(problems),
    )


def tell_unselected(discovery: Discovery) -> None:
    """Log which tables are pages or hidden: why they are not read, or when."""
    tables = [(database, table) for database in discovery.databases for table in database.tables]
    pages = [f"{table.name!r} of {database.name.name!r}" for database, table in tables if table.is_page]
    hidden = [
        f"{table.name!r} of {database.name.name!r}"
        for database, table in tables
        if table.is_hidden and not table.is_page
    ]
    log_names(logger, "A page has no records and is not listed: %s.", pages)
    log_names(
        logger,
        "A table that is hidden in Ninox is read only if a catalog selects it, as Meltano's select `*.*` does: %s.",
        hidden,
    )


def _chosen_tables(
    schemas: Mapping[DatabaseName, DatabaseSchema], patterns: Sequence[str], *, sees_all: bool
) -> tuple[list[tuple[DatabaseName, Table]], list[str]]:
    """Return the tables that the setting names, and a sentence for each name that none has.

    Raises:
        NinoxConfigError: None of them names any, or a name that is to be left out names none, and all tables are known.
    """
    tables = [(database, table) for database, schema in schemas.items() for table in schema.tables]
    if not tables:
        return [], []
    names = Names(
        tables,
        ids=lambda item: (item[1].id, f"{item[0].id}.{item[1].id}"),
        names=lambda item: (item[1].name,),
    )
    return choose(names, patterns, setting="tables", sees_all=sees_all)


def _idle_aliases(
    aliases: Iterable[str], schemas: Mapping[DatabaseName, DatabaseSchema], *, listed: Collection[str]
) -> Iterator[str]:
    """Yield a sentence for each alias of nothing; what is in a database that was not read cannot be judged."""
    known: dict[str, set[str]] = {}
    for database, schema in schemas.items():
        known[database.id] = {f"{database.id}.{table.id}" for table in schema.tables}
        known[database.id] |= {f"{database.id}.{t.id}.{field.id}" for t in schema.tables for field in t.fields}
    sees_formulas = {database.id for database, schema in schemas.items() if schema.lists_formulas}
    for alias in aliases:
        database_id, _, key = alias.partition(".")
        if database_id not in listed:
            yield f"aliases: {alias!r}: no database has the id {database_id!r}.{did_you_mean(database_id, listed)}"
        elif alias not in known.get(database_id, {alias}) and ("." not in key or database_id in sees_formulas):
            yield (
                f"aliases: {alias!r} names no table or field that this key can see."
                f"{did_you_mean(alias, known[database_id])}"
            )
