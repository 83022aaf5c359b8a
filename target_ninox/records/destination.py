"""The database that is loaded: found by name; what reads it, what finds its records, what writes them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from ninox_api.client import DatabaseClient, NinoxClient, RecordWrite, SavedRecord
from ninox_api.errors import NinoxConfigError, NinoxError, NinoxNotFoundError, NinoxPermissionError, NinoxProtocolError
from ninox_api.files import Upload
from ninox_api.paging import ListOrder
from ninox_api.schema import DatabaseName, DatabaseSchema, Field, Table, Team
from ninox_api.transport import Delivery
from ninox_singer.connection import TEAMS_NOT_LISTED, assign_passwords
from ninox_singer.names import Names, are_ids
from ninox_singer.types import field_type
from ninox_singer.types.reference import find_record_id
from target_ninox.mapping.encode import Reference, WritePlan
from target_ninox.mapping.tables import Database, describe
from target_ninox.records.index import RecordIndex, TemporaryDatabase
from target_ninox.records.linked import LinkedRecords
from target_ninox.records.matcher import Matcher, MatchKey
from target_ninox.records.table import TargetTable
from target_ninox.safety import Limits

logger = logging.getLogger(__name__)

Measure = Callable[[Delivery], None]


class Writer(Protocol):
    """The verbs of `ninox_api.client.DatabaseClient` that change records."""

    def save_records(
        self,
        table_id: str,
        writes: Sequence[RecordWrite],
        /,
        *,
        max_bytes: int | None = None,
        measure: Measure | None = None,
    ) -> list[SavedRecord]:
        """Save records in one call."""

    def delete_records(self, table_id: str, record_ids: Sequence[int], /) -> None:
        """Delete records in one call."""

    def delete_record(self, table_id: str, record_id: int, /) -> bool:
        """Delete one record; return whether it was there."""

    def upload_file(self, table_id: str, record_id: int, upload: Upload, /) -> None:
        """Put a file on a record."""


@dataclass(slots=True)
class Destination:
    """The database that is loaded: its schema, its tables, what finds their records, and what writes them.

    Attributes:
        client: Reads it.
        database: Its schema, as it was when last read, with its name.
        writer: Writes it, or in a dry run nothing.
        limits: How many records may be changed and deleted.
        max_tries: How often rows are sent in all.
        batch_size: Records per request that are never exceeded; None to find out how many may be.
        temporary: Keeps what is too much for the memory: known records, and rows that wait.
        linked: To which records rows of this input link; none where no stream is a mirror.
    """

    client: DatabaseClient
    database: Database
    writer: Writer
    limits: Limits
    max_tries: int
    batch_size: int | None
    _tables: dict[str, TargetTable] = field(default_factory=dict)
    _matchers: dict[tuple[str, tuple[str, ...], bool], Matcher] = field(default_factory=dict)
    temporary: TemporaryDatabase = field(default_factory=TemporaryDatabase)
    linked: LinkedRecords = field(init=False)
    _order: ListOrder = field(default_factory=ListOrder)

    def __post_init__(self) -> None:
        """Make what needs the others."""
        self.linked = LinkedRecords(self.temporary)

    def refresh_schema(self) -> None:
        """Read the schema again; one call."""
        self.database = replace(self.database, schema=read_schema(self.client))

    def table(self, table_id: str) -> TargetTable:
        """Return the one object of this run for a table."""
        if table_id not in self._tables:
            tables = self.database.schema.tables
            fields = [field for table in tables if table.id == table_id for field in table.fields]
            self._tables[table_id] = TargetTable(self.client, table_id, fields=fields, order=self._order)
        return self._tables[table_id]

    def matcher_of(self, plan: WritePlan) -> Matcher:
        """Return what finds the records of a stream."""
        kinds = (field_type(field.type) for field in plan.table.fields if field.id in plan.match_field_ids)
        key = MatchKey(
            table_id=plan.table.id,
            field_ids=plan.match_field_ids,
            read=plan.key_of_record,
            has_one_spelling=all(kind.has_one_spelling for kind in kinds),
        )
        return self._matcher(key, plan.field_ids)

    def matcher_of_reference(self, reference: Reference) -> Matcher:
        """Return what finds linked records."""
        field = reference.match_field
        if field is None:
            by_id = MatchKey(table_id=reference.table.id, field_ids=(), read=lambda record_id, _: record_id)
            return self._matcher(by_id, frozenset())
        key = MatchKey(
            table_id=reference.table.id,
            field_ids=(field.id,),
            read=lambda _, fields: reference.key_of(fields),
            has_one_spelling=field_type(field.type).has_one_spelling,
        )
        return self._matcher(key, frozenset([field.id]))

    def matcher_of_link(self, table: Table, field: Field, target_id: str) -> Matcher:
        """Return what finds the records of a table that link to a record of another one, by its id."""
        key = MatchKey(
            table_id=table.id,
            field_ids=(field.id,),
            read=lambda _, fields: find_record_id(fields.get(field.id), target_id),
            is_link=True,
        )
        return self._matcher(key, frozenset([field.id]))

    def _matcher(self, key: MatchKey, kept_fields: frozenset[str]) -> Matcher:
        """Return the one matcher for a kind of key, a new one if more fields are wanted than it has kept."""
        kind = key.table_id, key.field_ids, key.is_link
        known = self._matchers.get(kind)
        if known is None or not kept_fields <= known.index.kept_fields:
            if known:
                kept_fields |= known.index.kept_fields
                known.table.watchers.remove(known.index)  # another takes its place
            known = Matcher(self.table(key.table_id), key, RecordIndex(key.read, kept_fields, self.temporary))
            self._matchers[kind] = known
        return known


def find_database(client: NinoxClient, *, team: str | None, database: str) -> tuple[DatabaseClient, Database]:
    """Find the database that the settings name; three calls with its schema, one where both are given by their ids.

    Raises:
        NinoxConfigError: There is no such team or database, or it is not clear which one is meant.
    """
    if team is not None and are_ids(team, [database]) and set(client.passwords).issubset([database]):
        with suppress(NinoxNotFoundError, NinoxPermissionError, NinoxProtocolError):  # then it is looked for
            schema = client.database(team, DatabaseName(id=database, name=database)).get_schema()
            if schema.name:
                name = DatabaseName(id=database, name=schema.name)
                return client.database(team, name), Database(team_id=team, name=name, schema=schema)
    found_team = _find_team(client, team)
    name = _find_database(client, found_team, database)
    database_client = client.database(found_team.id, name)
    return database_client, Database(team_id=found_team.id, name=name, schema=read_schema(database_client))


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
            raise NinoxConfigError(TEAMS_NOT_LISTED) from None
        return Team(id=wanted, name=wanted)
    if wanted is None and len(teams) == 1:
        return teams[0]
    if wanted is None:
        message = f"team: the key sees {len(teams)} teams, name one of them: {describe(teams)}."
        raise NinoxConfigError(message)
    return Names(teams).find_one(wanted, setting="team")


def _find_database(client: NinoxClient, team: Team, wanted: str) -> DatabaseName:
    try:
        databases = client.list_databases(team.id)
    except NinoxPermissionError:  # a key of a private cloud may see records only
        return DatabaseName(id=wanted, name=wanted)
    problems = assign_passwords(client, databases)
    if problems:
        raise NinoxConfigError(problems)
    return Names(databases).find_one(wanted, setting="database")
