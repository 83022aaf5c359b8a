"""Streams that are lists: of databases, tables, fields and choices, to make ids joinable; and of deleted records."""

from __future__ import annotations

import hashlib
import logging
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.helpers.types import Context, Record
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from ninox_api.changes import TableChanges
from ninox_api.errors import NinoxError, NinoxProtocolError
from ninox_singer.protocol import (
    NINOX_CHOICES,
    NINOX_DATABASES,
    NINOX_DELETED_RECORDS,
    NINOX_FIELDS,
    NINOX_TABLES,
)
from ninox_singer.types.base import BOOLEAN, INTEGER, MOMENT, STRING
from tap_ninox.bookmark_keys import DIGEST, READ_IN_FULL, SEQUENCES, TABLE_VERSION
from tap_ninox.discovery.known_tables import first_columns, known_databases
from tap_ninox.streams.base import RecordStream, StreamsTap
from tap_ninox.sync.feed import Feed
from tap_ninox.sync.state import MOST_LAST_DELETED, format_now

if TYPE_CHECKING:
    from ninox_api.schema import Table
    from tap_ninox.discovery.catalog import TableEntry
    from tap_ninox.discovery.discover import DiscoveredDatabase, Discovery

logger = logging.getLogger(__name__)

_KEY: dict[str, Any] = {"type": ["string"]}


class CatalogueStream(RecordStream):
    """Emits its rows when they differ from what was emitted last, and nothing otherwise.

    Each emission has a new version, activated after the last row: what is no longer in Ninox is then marked as deleted.
    """

    properties: dict[str, Any]
    keys: tuple[str, ...]
    needs_full_schemas = False
    """Whether rows are missing where formulas, pages and kinds are not known."""
    bookmark_keys = (TABLE_VERSION, DIGEST, READ_IN_FULL)

    def __init__(self, tap: StreamsTap, discovery: Discovery | None, entries: Iterable[TableEntry]) -> None:
        """Describe the stream.

        Args:
            tap: The tap.
            discovery: What the key can see; None if it may not read schemas, which leaves the stream empty.
            entries: Table streams, to say which stream and property a table and field became.
        """
        super().__init__(tap, schema={"type": "object", "properties": self.properties})
        self._discovery = discovery
        self._entries = {(entry.database.id, entry.table_id): entry for entry in entries}
        self.primary_keys = self.keys
        self.is_begun = True  # what it sends is known already

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        if self._discovery is None:
            logger.warning("%s: schemas cannot be read with this key, so nothing is sent.", self.name)
            return
        rows = [row for database in self._discovery.databases for row in self.rows(database)]
        digest = hashlib.sha256(msgspec.json.encode(rows)).hexdigest()
        if self.stream_state.get(DIGEST) == digest:
            return
        is_complete = self._lists_all_that_is_known()
        version = self.stream_state.get(TABLE_VERSION)
        if is_complete or version is None:
            version = self.new_version()
        self.send_version(version)
        for row in rows[: self.ABORT_AT_RECORD_COUNT]:
            yield row
            self.report.emitted += 1
        if self.ABORT_AT_RECORD_COUNT is not None:
            return
        self.stream_state.update({DIGEST: digest, TABLE_VERSION: version})
        if is_complete:
            if self.version is not None:
                self.activate(version)
            read = self._discovery.databases
            self.stream_state[READ_IN_FULL] = sorted(d.name.id for d in read if d.schema.lists_formulas)

    def _lists_all_that_is_known(self) -> bool:
        """Return whether nothing is missing but what was deleted: no version of a partial list is activated.

        A database that cannot be read now, or only in part, was read before if a bookmark or this list knows it.
        """
        watch = self.tap.look_around().watch
        known, with_formulas = known_databases(self.tap_state.get("bookmarks", {}))
        in_full = {*(self.stream_state.get(READ_IN_FULL) or ()), *with_formulas}
        missing = {name for name in known | in_full if watch.is_unread(name)}
        if self.needs_full_schemas:
            missing |= {name for name in in_full if watch.lists_less(name)}
        for name in sorted(missing):
            logger.warning("%s: database %s cannot be read in full, so its rows stay as they are.", self.name, name)
        return not missing

    @abstractmethod
    def rows(self, database: DiscoveredDatabase) -> Iterator[Record]:
        """Yield the rows of one database."""

    def names_of(self, database: DiscoveredDatabase, table: Table) -> tuple[str | None, dict[str, str]]:
        """Return the stream that a table became, and the first property of each field by its id."""
        entry = self._entries.get((database.name.id, table.id))
        if entry is None:
            return None, {}
        return entry.stream, {key: column.name for key, column in first_columns(entry.columns).items()}


class DatabasesStream(CatalogueStream):
    """One row per readable database."""

    name = NINOX_DATABASES
    keys = ("database_id",)
    properties: dict[str, Any] = {"database_id": _KEY, "name": STRING, "team_id": STRING, "team": STRING}  # noqa: RUF012

    @override
    def rows(self, database: DiscoveredDatabase) -> Iterator[Record]:
        team = database.team
        yield {"database_id": database.name.id, "name": database.name.name, "team_id": team.id, "team": team.name}


class TablesStream(CatalogueStream):
    """One row per table and page."""

    name = NINOX_TABLES
    needs_full_schemas = True
    keys = ("database_id", "table_id")
    properties: dict[str, Any] = {  # noqa: RUF012
        "database_id": _KEY,
        "table_id": _KEY,
        "name": STRING,
        "stream": STRING,
        "kind": STRING,
        "hidden": BOOLEAN,
        "master_table_id": STRING,
    }

    @override
    def rows(self, database: DiscoveredDatabase) -> Iterator[Record]:
        for table in database.schema.tables:
            stream, _ = self.names_of(database, table)
            yield {
                "database_id": database.name.id,
                "table_id": table.id,
                "name": table.name,
                "stream": stream,
                "kind": table.kind,
                "hidden": table.is_hidden,
                "master_table_id": table.master_table_id,
            }


class FieldsStream(CatalogueStream):
    """One row per field, formulas with their text."""

    name = NINOX_FIELDS
    needs_full_schemas = True
    keys = ("database_id", "table_id", "field_id")
    properties: dict[str, Any] = {  # noqa: RUF012
        "database_id": _KEY,
        "table_id": _KEY,
        "field_id": _KEY,
        "name": STRING,
        "stream": STRING,
        "property": STRING,
        "type": STRING,
        "required": BOOLEAN,
        "target_table_id": STRING,
        "target_field_id": STRING,
        "formula": STRING,
    }

    @override
    def rows(self, database: DiscoveredDatabase) -> Iterator[Record]:
        for table in database.schema.tables:
            stream, property_by_field = self.names_of(database, table)
            for field in table.fields:
                yield {
                    "database_id": database.name.id,
                    "table_id": table.id,
                    "field_id": field.id,
                    "name": field.name,
                    "stream": stream,
                    "property": property_by_field.get(field.id),
                    "type": field.type,
                    "required": field.required,
                    "target_table_id": field.target_table_id,
                    "target_field_id": field.target_field_id,
                    "formula": field.formula,
                }


class ChoicesStream(CatalogueStream):
    """One row per option of a choice field, in the order Ninox shows them."""

    name = NINOX_CHOICES
    keys = ("database_id", "table_id", "field_id", "choice_id")
    properties: dict[str, Any] = {  # noqa: RUF012
        "database_id": _KEY,
        "table_id": _KEY,
        "field_id": _KEY,
        "choice_id": _KEY,
        "stream": STRING,
        "property": STRING,
        "caption": STRING,
        "position": INTEGER,
    }

    @override
    def rows(self, database: DiscoveredDatabase) -> Iterator[Record]:
        for table in database.schema.tables:
            stream, property_by_field = self.names_of(database, table)
            for field in table.fields:
                for position, choice in enumerate(field.choices):
                    yield {
                        "database_id": database.name.id,
                        "table_id": table.id,
                        "field_id": field.id,
                        "choice_id": choice.id,
                        "stream": stream,
                        "property": property_by_field.get(field.id),
                        "caption": choice.caption,
                        "position": position,
                    }


CATALOGUE_STREAMS = (DatabasesStream, TablesStream, FieldsStream, ChoicesStream)


class _UnknownDeletionsError(Exception):
    """The feed of a database cannot be read, so its deletions wait for the next run."""

    def __init__(self, database: str, problem: NinoxError) -> None:
        super().__init__(
            f"The deletions in database {database!r} are not known, as its change feed cannot be read; the next run "
            f"asks again from the same place. ({problem})"
        )


class DeletedRecordsStream(RecordStream):
    """One row per record that the change feed names as removed since the last run; nothing before the first run.

    A record that was deleted and made again is not listed: it exists.
    """

    name = NINOX_DELETED_RECORDS
    bookmark_keys = (SEQUENCES,)
    methods = (REPLICATION_INCREMENTAL,)
    primary_keys = ("database_id", "table_id", "record_id", "sequence")
    properties: dict[str, Any] = {  # noqa: RUF012
        "database_id": {"type": ["string"]},
        "table_id": {"type": ["string"]},
        "record_id": {"type": ["integer"]},
        "sequence": {"type": ["integer"]},
        "database": STRING,
        "table": STRING,
        "stream": STRING,
        "seen_at": MOMENT,
    }

    def __init__(self, tap: StreamsTap, entries: Iterable[TableEntry], feeds: Mapping[str, Feed]) -> None:
        """Describe the stream.

        Args:
            tap: The tap.
            entries: Tables whose deletions are listed.
            feeds: Database id → its change feed, shared with the tables' streams.
        """
        super().__init__(tap, schema={"type": "object", "properties": self.properties})
        self._entries = list(entries)
        self._feeds = feeds

    @override
    def announce(self) -> None:
        for database_id, feed in self._feeds.items():
            feed.follow(self._position(database_id), of_all_tables=True)

    def _position(self, database_id: str) -> int | None:
        """Return the sequence up to which a database's deletions are listed, None before the first run."""
        known = next((item["sequence"] for item in self._sequences if item.get("database_id") == database_id), None)
        return known if isinstance(known, int) and known >= 0 else None

    @property
    def _sequences(self) -> list[dict[str, Any]]:
        return [item for item in self.saved_bookmark.get(SEQUENCES) or [] if "sequence" in item]

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        problems = []
        for database_id, feed in self._feeds.items():
            try:
                reported = self._reported(database_id)
                deleted = []
                for row in self._list_database(database_id, feed):
                    deleted.append([row["table_id"], row["record_id"]])
                    if deleted[-1] not in reported:
                        yield row
                        self.report.emitted += 1
            except _UnknownDeletionsError as error:
                problems.append(str(error))
            else:
                self._note(database_id, feed.head, deleted)
            self.tap.write_state()
        if problems:
            raise NinoxProtocolError(" ".join(problems))

    def _list_database(self, database_id: str, feed: Feed) -> Iterator[Record]:
        known = self._position(database_id)
        if known is None:
            return
        for entry in self._entries:
            if entry.database.id != database_id:
                continue
            status = feed.status_of(entry.table_id, known)
            if status.is_lost:
                logger.warning("%s: deletions in database %s since the last run are not known.", self.name, database_id)
                return
            if status.problem is not None:
                raise _UnknownDeletionsError(entry.database.name, status.problem)
            if status.changes is not None:
                yield from self._list_table(entry, feed, status.changes, status.head)

    def _list_table(self, entry: TableEntry, feed: Feed, changes: TableChanges, head: int | None) -> Iterator[Record]:
        doubtful = changes.removed & changes.updated.keys()
        alive = {number for number, record in feed.client.iter_records(entry.table_id, sorted(doubtful)) if record}
        seen_at = format_now()
        for record_id in sorted(changes.removed - alive):
            yield {
                "database_id": entry.database.id,
                "table_id": entry.table_id,
                "record_id": record_id,
                "sequence": head,
                "database": entry.database.name,
                "table": entry.table_name,
                "stream": entry.stream,
                "seen_at": seen_at,
            }

    def _reported(self, database_id: str) -> list[list[Any]]:
        """Return [table id, record id] of what the last run reported: the feed may name it again (see `Bookmark`)."""
        last = next((item.get("deleted") for item in self._sequences if item.get("database_id") == database_id), None)
        return last if isinstance(last, list) else []

    def _note(self, database_id: str, head: int | None, deleted: list[list[Any]]) -> None:
        if head is None:
            return
        others = [item for item in self._sequences if item.get("database_id") != database_id]
        if head == self._position(database_id):
            deleted = [*self._reported(database_id), *deleted]
        kept = {"deleted": deleted[:MOST_LAST_DELETED]} if deleted else {}
        self.stream_state[SEQUENCES] = [*others, {"database_id": database_id, "sequence": head, **kept}]
