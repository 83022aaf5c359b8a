"""What is known of the tables of a run, by a saved catalog and by the state, beside how they are now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

from ninox_api.errors import NinoxError
from ninox_api.schema import FORMULA, DatabaseSchema
from ninox_singer.names import format_exclusion, is_left_out, is_wanted
from ninox_singer.protocol import SNAPSHOT
from tap_ninox import bookmark_keys as keys
from tap_ninox.discovery.catalog import TableEntry
from tap_ninox.discovery.discover import DiscoveredDatabase, Discovery
from tap_ninox.discovery.drift import Comparison, Drift, table_added, values_reshaped
from tap_ninox.discovery.known_tables import (
    KnownTable,
    fields_in_state,
    known_from_entry,
    known_from_state,
    owners_in_state,
    shape_in_state,
    shape_of,
    streams_in_state,
)
from tap_ninox.settings import TapSettings

_FEWEST_LOST_FIELDS = 3


class LostFieldsError(NinoxError):
    """Most fields of a table are gone at once, which is more often a key that lost its rights than an intention."""


def lost_fields(known: KnownTable, schema: DatabaseSchema) -> LostFieldsError | None:
    """Return an error if more than half of a table's fields (and more than two) are gone, but not the table."""
    table = schema.by_id.get(known.table_id)
    judged = [key for key, field in known.fields.items() if schema.lists_formulas or field.type != FORMULA]
    missing = len(set(judged).difference(field.id for field in table.fields)) if table else 0
    if missing < _FEWEST_LOST_FIELDS or missing * 2 <= len(judged):
        return None
    names = json.dumps([known.stream], ensure_ascii=False)
    return LostFieldsError(
        f"{missing} of the {len(judged)} fields that were known of table {known.name!r} are gone. If the key lost its "
        f"right to see them, give it back; if they were removed on purpose, run once with refresh: {names}."
    )


class NotReadError(NinoxError):
    """What was read before cannot be read now; that says nothing about its rows."""

    def __init__(self, problem: str, line: str) -> None:
        """Say why, and which line of the settings leaves it out."""
        super().__init__(
            f"{problem[:1].upper()}{problem[1:]}. Its rows stay as they are, and none is taken for deleted. Give the "
            f"key its right (back), or leave it out for good: {line}"
        )


class SchemaWatch:
    """Compares what was known of the tables with how they are now, before the first row."""

    def __init__(
        self,
        discovery: Discovery | None,
        *,
        saved: Sequence[TableEntry],
        entries: Iterable[TableEntry],
        settings: TapSettings,
    ) -> None:
        """Remember what to compare.

        Args:
            discovery: What the key can see; None if it may not read schemas, then nothing is compared.
            saved: Tables of the saved catalog, none without one.
            entries: Tables as this run reads them.
            settings: The tap's settings.
        """
        self._discovery = discovery
        self._databases: Sequence[DiscoveredDatabase] = discovery.databases if discovery else ()
        self._entries = {(entry.database.id, entry.table_id): entry for entry in entries}
        self._saved = [known_from_entry(_under_names_of(entry, self._entries.get(entry.key))) for entry in saved]
        self._settings = settings

    def drifts(self, bookmarks: Mapping[str, Any], *, selected: Iterable[str]) -> list[Drift]:
        """Return the differences, each once; what a saved catalog leaves unread is reported until it is saved anew.

        Args:
            bookmarks: Those of the state.
            selected: Names of the streams that are read.
        """
        selected = set(selected)
        drifts: list[Drift] = []
        schemas = self._discovery.schemas if self._discovery else {}
        for table in [*self._saved, *self._known_by_state(bookmarks, selected)]:
            if table.database_id in schemas:  # others are not judged
                drifts += Comparison(table, self._entries.get(table.key), schemas[table.database_id]).differences()
        drifts += self._new_tables(bookmarks, selected)
        retyped = {(drift.stream, drift.field_id) for drift in drifts if drift.kind == "field_retyped"}
        reshaped = self._reshaped(bookmarks, selected)
        drifts += [drift for drift in reshaped if (drift.stream, drift.field_id) not in retyped]
        return list({drift.key: drift for drift in reversed(drifts)}.values())[::-1]

    def lost(self, bookmarks: Mapping[str, Any]) -> dict[str, LostFieldsError]:
        """Return the streams that lost most of their fields and are not named in `refresh`."""
        known = {table.stream: table for table in [*self._saved, *known_from_state(bookmarks, self._settings)]}
        schemas = self._discovery.schemas if self._discovery else {}
        errors = {
            stream: lost_fields(table, schemas[table.database_id])
            for stream, table in known.items()
            if table.database_id in schemas and not self._settings.refreshes(stream)
        }
        return {stream: error for stream, error in errors.items() if error}

    def unread(self, bookmarks: Mapping[str, Any]) -> dict[str, NotReadError]:
        """Return the streams that an earlier run has read, and whose database this run cannot read at all.

        Those that the settings leave out are not meant, nor those whose table a readable schema no longer lists.
        """
        unread = {}
        for stream, bookmark in bookmarks.items():
            database_id, table_id = (bookmark.get(key) for key in (keys.DATABASE_ID, keys.TABLE_ID))
            if database_id is None or table_id is None:
                continue
            was_read = bookmark.get(keys.REPLICATION_KEY_VALUE) is not None or bookmark.get(SNAPSHOT)
            if not was_read or bookmark.get(keys.IS_GONE):
                continue
            ids, name = (table_id, f"{database_id}.{table_id}"), str(bookmark.get(keys.TABLE, table_id))
            if (
                is_wanted(self._settings.tables, ids=ids, names=[name])
                and (database_id, table_id) not in self._entries
                and self.is_unread(database_id)
            ):
                line = format_exclusion(self._settings.databases, database_id, setting="databases")
                unread[stream] = NotReadError(f"database {database_id} cannot be read with this key", line)
        return unread

    def is_unread(self, database_id: str) -> bool:
        """Return whether a database that was read before is wanted and cannot be read.

        Of one that is no longer listed, only the id is known. It is wanted unless the settings leave it out, or name
        other databases only, all of which are there.
        """
        discovery = self._discovery
        if discovery is None or any(database.name.id == database_id for database in discovery.databases):
            return False
        if database_id in discovery.listed:
            return any(name.id == database_id for name in discovery.skipped)
        patterns = self._settings.databases
        if discovery.problems and not is_left_out(patterns, ids=[database_id]):
            return True
        return is_wanted(patterns, ids=[database_id])

    def lists_less(self, database_id: str) -> bool:
        """Return whether the schema of a database is read in part only: without formulas and pages."""
        return any(d.name.id == database_id and not d.schema.lists_formulas for d in self._databases)

    def mark_unread(
        self, bookmarks: MutableMapping[str, Any], drifts: Iterable[Drift], *, selected: Iterable[str]
    ) -> None:
        """Mark the bookmarks of tables that are not read.

        A table that is gone is reported once; one that is deselected stays so when it is renamed.
        """
        for drift in drifts:
            if drift.kind == "table_removed" and drift.stream and drift.stream in bookmarks:
                bookmarks[drift.stream][keys.IS_GONE] = True
        for key, stream in streams_in_state(bookmarks).items():
            entry = self._entries.get(key)
            if entry is not None and entry.stream == stream and stream not in selected:
                bookmarks[stream][keys.IS_DESELECTED] = True

    def _reshaped(self, bookmarks: Mapping[str, Any], selected: set[str]) -> Iterator[Drift]:
        """Yield the tables whose rows were shaped by other settings than those of now and get no full refresh."""
        for entry in self._entries.values():
            before = shape_in_state(bookmarks.get(entry.stream, {}))
            if before is not None and entry.stream in selected and not self._settings.refreshes(entry.stream):
                now = shape_of(entry, self._settings)
                yield from values_reshaped(entry, before, now, fields=fields_in_state(bookmarks[entry.stream]))

    def _known_by_state(self, bookmarks: Mapping[str, Any], selected: set[str]) -> Iterator[KnownTable]:
        """Yield the tables of the state that are read now, or were read under another name, or have gone since."""
        for table in known_from_state(bookmarks, self._settings):
            entry = self._entries.get(table.key)
            is_reported = bookmarks[table.stream].get(keys.IS_GONE) or (
                entry and (entry.stream not in selected or (entry.stream != table.stream and entry.stream in bookmarks))
            )
            if not is_reported:
                yield table

    def _new_tables(self, bookmarks: Mapping[str, Any], selected: set[str]) -> Iterator[Drift]:
        """Yield the tables that nobody knew; of a database of which no table was known, none is called new."""
        known = {table.key for table in self._saved} | set(owners_in_state(bookmarks).values())
        known_databases = {database_id for database_id, _ in known}
        for database in self._databases:
            for table in database.tables if database.name.id in known_databases else ():
                key = (database.name.id, table.id)
                if key in known or table.is_page:
                    continue
                entry = self._entries.get(key)
                if entry is None or entry.stream in selected:
                    yield table_added(database.name, table, entry)


def _under_names_of(saved: TableEntry, now: TableEntry | None) -> TableEntry:
    """Return a table of a catalog under the names of this run: another name alone is no difference."""
    if now is None:
        return saved
    names = {(column.field_id, column.part, column.type): column.name for column in now.columns}
    columns = (replace(c, name=names.get((c.field_id, c.part, c.type), c.name)) for c in saved.columns)
    return replace(saved, stream=now.stream, columns=tuple(columns))
