"""The database that is loaded: found by name, described by its schema, one object per table."""

from __future__ import annotations

import logging
from contextlib import suppress

from ninox_api.client import DatabaseClient, NinoxClient
from ninox_api.errors import (
    NinoxConfigError,
    NinoxError,
    NinoxNotFoundError,
    NinoxPermissionError,
    NinoxProtocolError,
)
from ninox_api.schema import DatabaseName, DatabaseSchema, Team
from ninox_singer.connection import assign_passwords
from ninox_singer.names import Names, are_ids
from target_ninox.mapping.place import Database, describe
from target_ninox.matching.known_table import KnownTable

logger = logging.getLogger(__name__)


class Destination:
    """One database.

    Attributes:
        client: Its reader.
        schema: As it was when last read.
    """

    def __init__(self, client: DatabaseClient, schema: DatabaseSchema | None = None) -> None:
        """Read the schema, if it was not read already; one call."""
        self.client = client
        self.schema = schema or read_schema(client)
        self._tables: dict[str, KnownTable] = {}

    def table(self, table_id: str) -> KnownTable:
        """Return the one object of this run for a table."""
        if table_id not in self._tables:
            fields = [field for table in self.schema.tables if table.id == table_id for field in table.fields]
            self._tables[table_id] = KnownTable(self.client, table_id, fields=fields)
        return self._tables[table_id]

    @property
    def described(self) -> Database:
        """What the database is, for deciding where streams go."""
        return Database(team_id=self.client.team_id, name=self.client.database, schema=self.schema)

    def refresh_schema(self) -> None:
        """Read the schema again; one call."""
        self.schema = read_schema(self.client)


def open_destination(client: NinoxClient, *, team: str | None, database: str) -> Destination:
    """Find the database that the settings name; three calls with its schema, one where both are given by their ids.

    Raises:
        NinoxConfigError: There is no such team or database, or it is not clear which one is meant.
    """
    if team is not None and are_ids(team, [database]) and set(client.passwords).issubset([database]):
        with suppress(NinoxNotFoundError, NinoxPermissionError, NinoxProtocolError):  # then it is looked for
            schema = client.database(team, DatabaseName(id=database, name=database)).get_schema()
            if schema.name:
                return Destination(client.database(team, DatabaseName(id=database, name=schema.name)), schema)
    found_team = _find_team(client, team)
    return Destination(client.database(found_team.id, _find_database(client, found_team, database)))


def read_schema(client: DatabaseClient) -> DatabaseSchema:
    """Return the schema; where the key may not read it, the list of tables, which leaves formulas out."""
    try:
        return client.get_schema()
    except (NinoxPermissionError, NinoxNotFoundError):
        logger.debug("The full schema of database %r cannot be read; the list of tables must do.", client.database.id)
    try:
        return client.list_tables()
    except (NinoxPermissionError, NinoxNotFoundError) as error:
        message = (
            f"The schema of database {client.database.name!r} cannot be read, and without it no row can be mapped. Use "
            f"a key whose role may read schemas, or put the database's password into database_passwords. ({error})"
        )
        raise NinoxError(message) from error


def _find_team(client: NinoxClient, wanted: str | None) -> Team:
    try:
        teams = client.list_teams()
    except (NinoxNotFoundError, NinoxPermissionError):  # some private clouds do not list them (observed)
        if wanted is None:
            message = "team: this server does not list its teams; set team to the workspace's id."
            raise NinoxConfigError(message) from None
        return Team(id=wanted, name=wanted)
    if wanted is None and len(teams) == 1:
        return teams[0]
    if wanted is None:
        message = f"team: the key sees {len(teams)} teams, name one of them: {describe(teams)}."
        raise NinoxConfigError(message)
    return Names(teams).one(wanted, setting="team")


def _find_database(client: NinoxClient, team: Team, wanted: str) -> DatabaseName:
    try:
        databases = client.list_databases(team.id)
    except NinoxPermissionError:  # a key of a private cloud may see records only
        return DatabaseName(id=wanted, name=wanted)
    problems = assign_passwords(client, databases)
    if problems:
        raise NinoxConfigError(problems)
    return Names(databases).one(wanted, setting="database")
