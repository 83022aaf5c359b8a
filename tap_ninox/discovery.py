"""What the key can see: one call for the teams, one for the databases, one per database."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ninox_api.client import DatabaseClient, NinoxClient
from ninox_api.errors import (
    NinoxConfigError,
    NinoxNotFoundError,
    NinoxPermissionError,
    NinoxProtocolError,
)
from ninox_api.schema import DatabaseName, DatabaseSchema, Table, Team
from tap_ninox.selection import matches, nothing_called, pick_many, pick_one
from tap_ninox.settings import TapSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredDatabase:
    """A database whose schema could be read.

    Attributes:
        tables: Those the `tables` setting names.
    """

    name: DatabaseName
    client: DatabaseClient
    schema: DatabaseSchema
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """A team and its readable databases.

    Attributes:
        skipped: Databases whose schema the key cannot read.
    """

    team: Team
    databases: tuple[DiscoveredDatabase, ...]
    skipped: tuple[DatabaseName, ...]


def discover(client: NinoxClient, settings: TapSettings, *, team: str | None) -> Discovery:
    """Read the schemas of the chosen databases. No record is read.

    Raises:
        NinoxConfigError: A team, database or table that was asked for does not exist.
        NinoxError: Ninox cannot be read at all.
    """
    found_team = find_team(client, team)
    names = pick_many(client.list_databases(found_team.id), settings.databases, setting="databases")
    readers = {name: client.database(found_team.id, name) for name in names}
    schemas = {name: _read_schema(reader) for name, reader in readers.items()}
    readable = {name: schema for name, schema in schemas.items() if schema is not None}
    _check_tables(readable.values(), settings.tables)
    return Discovery(
        team=found_team,
        databases=tuple(
            DiscoveredDatabase(
                name=name, client=readers[name], schema=schema, tables=_chosen(schema.tables, settings.tables)
            )
            for name, schema in readable.items()
        ),
        skipped=tuple(name for name in names if name not in readable),
    )


def find_team(client: NinoxClient, wanted: str | None) -> Team:
    """Return the team that was asked for, or the only one.

    Raises:
        NinoxConfigError: There is no such team, or several and none was named.
    """
    try:
        teams = client.list_teams()
    except (NinoxNotFoundError, NinoxPermissionError):  # some private clouds do not list them (observed)
        if wanted is None:
            message = "team: this server does not list its teams; set team to the workspace's id."
            raise NinoxConfigError(message) from None
        return Team(id=wanted, name=wanted)
    if wanted is not None:
        return pick_one(teams, wanted, setting="team")
    if len(teams) != 1:
        listed = ", ".join(f"{team.name!r} ({team.id})" for team in teams) or "none"
        message = f"team: the key sees {len(teams)} teams, name one of them: {listed}."
        raise NinoxConfigError(message)
    return teams[0]


def _read_schema(reader: DatabaseClient) -> DatabaseSchema | None:
    name = reader.database.name
    try:
        return reader.get_schema()
    except (NinoxPermissionError, NinoxNotFoundError, NinoxProtocolError) as error:
        logger.debug("The full schema of database %r cannot be read: %s", name, error)
    try:
        return reader.list_tables()
    except (NinoxPermissionError, NinoxNotFoundError, NinoxProtocolError) as error:
        logger.warning(
            "Database %r is skipped: its schema cannot be read. If it is password-protected, put its password into "
            "database_passwords; if the key's role may not read schemas, run with a saved catalog. (%s)",
            name,
            error,
        )
        return None


def _chosen(tables: Sequence[Table], patterns: Sequence[str]) -> tuple[Table, ...]:
    return tuple(table for table in tables if not patterns or any(matches(table, pattern) for pattern in patterns))


def _check_tables(schemas: Iterable[DatabaseSchema], patterns: Sequence[str]) -> None:
    tables = [table for schema in schemas for table in schema.tables]
    problems = [
        nothing_called(pattern, tables, setting="tables")
        for pattern in patterns
        if tables and not any(matches(table, pattern) for table in tables)
    ]
    if problems:
        raise NinoxConfigError(problems)
