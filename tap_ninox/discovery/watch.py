"""Compares the schema of now with what the saved catalog and the state knew, before the first row is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

from ninox_api.errors import NinoxError
from ninox_singer.names import excluding, is_left_out, is_wanted
from tap_ninox.discovery.catalog import TableEntry
from tap_ninox.discovery.discover import DiscoveredDatabase, Discovery
from tap_ninox.discovery.drift import Drift, LostFieldsError, lost_fields, new_tables, reshaped, table_drifts
from tap_ninox.discovery.known_tables import (
    KnownTable,
    known_from_entry,
    known_from_state,
    shape_in_state,
    shape_of,
    streams_in_state,
)
from tap_ninox.settings import TapSettings


class NotReadError(NinoxError):
    """What was read before cannot be read now; that says nothing about its rows."""

    def __init__(self, problem: str, line: str) -> None:
        """Say why, and which line of the settings leaves it out."""
        super().__init__(
            f"{problem[:1].upper()}{problem[1:]}. Its rows stay as they are, and none is taken for deleted. Give the "
            f"key its right (back), or leave it out for good: {line}"
        )


class SchemaWatch:
    """What was known of the tables, and how they are now."""

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

    def drifts(self, bookmarks: MutableMapping[str, Any], *, selected: Iterable[str]) -> list[Drift]:
        """Return the differences, each once; what a saved catalog leaves unread is told until it is saved anew.

        Args:
            bookmarks: Those of the state. A table that is gone is marked there, so that it is told once.
            selected: Names of the streams that are read.
        """
        from_state = list(self._told_by_state(bookmarks, set(selected)))
        known = [*self._saved, *from_state]
        drifts = [*table_drifts(known, self._entries, self._databases), *self._new(bookmarks, set(selected))]
        retyped = {(drift.stream, drift.field_id) for drift in drifts if drift.kind == "field_retyped"}
        reshaped = self._reshaped(bookmarks, set(selected))
        drifts += [drift for drift in reshaped if (drift.stream, drift.field_id) not in retyped]
        for drift in drifts:
            if drift.kind == "table_removed" and drift.stream and drift.stream in bookmarks:
                bookmarks[drift.stream]["is_gone"] = True
        return list({drift.key: drift for drift in reversed(drifts)}.values())[::-1]

    def lost(self, bookmarks: Mapping[str, Any]) -> dict[str, LostFieldsError]:
        """Return the streams that lost most of their fields and are not named in `refresh`."""
        known = {table.stream: table for table in [*self._saved, *known_from_state(bookmarks, self._settings)]}
        schemas = {database.name.id: database.schema for database in self._databases}
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
            database_id, table_id = (bookmark.get(key) for key in ("database_id", "table_id"))
            if not isinstance(database_id, str) or not isinstance(table_id, str):
                continue
            was_read = bookmark.get("replication_key_value") is not None or bookmark.get("snapshot")
            if not was_read or bookmark.get("is_gone"):
                continue
            ids, name = (table_id, f"{database_id}.{table_id}"), str(bookmark.get("table", table_id))
            if (
                is_wanted(self._settings.tables, ids=ids, names=[name])
                and (database_id, table_id) not in self._entries
                and self.is_unread(database_id)
            ):
                line = excluding(self._settings.databases, database_id, setting="databases")
                unread[stream] = NotReadError(f"database {database_id} cannot be read with this key", line)
        return unread

    def is_unread(self, database_id: str) -> bool:
        """Return whether a database that was read before is wanted and cannot be read.

        Of one that is not listed any more only the id is known: it is wanted unless the settings say otherwise, or name
        others, all of which are there.
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

    def note_deselected(self, bookmarks: MutableMapping[str, Any], *, selected: Iterable[str]) -> None:
        """Mark the bookmarks of tables that are not read: renamed after that, they are not read either."""
        for key, stream in streams_in_state(bookmarks).items():
            entry = self._entries.get(key)
            if entry is not None and entry.stream == stream and stream not in selected:
                bookmarks[stream]["is_deselected"] = True

    def _reshaped(self, bookmarks: Mapping[str, Any], selected: set[str]) -> Iterator[Drift]:
        """Yield the tables whose rows were shaped by other settings than those of now and get no full refresh."""
        for entry in self._entries.values():
            bookmark = bookmarks.get(entry.stream)
            before = shape_in_state(bookmark) if isinstance(bookmark, Mapping) else None
            if before is not None and entry.stream in selected and not self._settings.refreshes(entry.stream):
                yield from reshaped(entry, before, shape_of(entry, self._settings))

    def _told_by_state(self, bookmarks: Mapping[str, Any], selected: set[str]) -> Iterator[KnownTable]:
        """Yield the tables of the state that are read now, or were under another name, or are gone since."""
        for table in known_from_state(bookmarks, self._settings):
            entry = self._entries.get((table.database_id, table.table_id))
            is_told = bookmarks[table.stream].get("is_gone") or (
                entry and (entry.stream not in selected or (entry.stream != table.stream and entry.stream in bookmarks))
            )
            if not is_told:
                yield table

    def _new(self, bookmarks: Mapping[str, Any], selected: set[str]) -> Iterator[Drift]:
        known = {(table.database_id, table.table_id) for table in self._saved}
        known.update(
            (bookmark["database_id"], bookmark["table_id"])
            for bookmark in bookmarks.values()
            if isinstance(bookmark, dict) and "table_id" in bookmark and "database_id" in bookmark
        )
        for drift in new_tables(known, self._entries, self._databases):
            if drift.stream is None or drift.stream in selected:
                yield drift


def _under_names_of(saved: TableEntry, now: TableEntry | None) -> TableEntry:
    """Return a table of a catalog under the names of this run: how it was called there makes no difference."""
    if now is None:
        return saved
    names = {(column.field_id, column.part, column.type): column.name for column in now.columns}
    columns = (replace(c, name=names.get((c.field_id, c.part, c.type), c.name)) for c in saved.columns)
    return replace(saved, stream=now.stream, columns=tuple(columns))
