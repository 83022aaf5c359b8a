"""The stream of deletions, for those who do not want them in the tables' own streams."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers.types import Context, Record
from typing_extensions import override

from tap_ninox.streams.base import RecordStream
from tap_ninox.sync.source import TableSource
from tap_ninox.values.columns import MOMENT, STRING

if TYPE_CHECKING:
    from tap_ninox.schema.catalog import TableEntry
    from tap_ninox.tap import TapNinox

logger = logging.getLogger(__name__)

SEQUENCES = "sequences"


class DeletedRecordsStream(RecordStream):
    """One row per record that the change feed names as removed since the last run; nothing before the first run.

    A record that was deleted and made again is not listed: it exists.
    """

    name = "ninox_deleted_records"
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

    def __init__(self, tap: TapNinox, entries: Iterable[TableEntry], sources: Mapping[str, TableSource]) -> None:
        """Describe the stream.

        Args:
            tap: The tap.
            entries: Tables whose deletions are listed.
            sources: Database id → where its changes come from, shared with the tables' streams.
        """
        super().__init__(tap, schema={"type": "object", "properties": self.properties})
        self._entries = list(entries)
        self._sources = sources

    @property
    @override
    def emit_activate_version_messages(self) -> bool:
        return False  # a run brings what is new; a version of its own would take away what earlier runs have listed

    def known_sequence(self, database_id: str) -> int | None:
        """Return the sequence up to which a database's deletions are listed, None before the first run."""
        known = self._sequences.get(database_id) if self.selected else None
        return known if isinstance(known, int) and known >= 0 else None

    @property
    def _sequences(self) -> dict[str, Any]:
        saved = self.stream_state.get(SEQUENCES)
        return saved if isinstance(saved, dict) else {}

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        for database_id, source in self._sources.items():
            for row in self._of_database(database_id, source):
                yield row
                self._report.emitted += 1
            self._commit(database_id, source)

    def _of_database(self, database_id: str, source: TableSource) -> Iterator[Record]:
        log, known = source.change_log, self.known_sequence(database_id)
        if known is None or not log.is_available:
            return
        if log.has_lost(known):
            logger.warning("%s: deletions in database %s since the last run cannot be told.", self.name, database_id)
            return
        for entry in self._entries:
            if entry.database.id == database_id:
                yield from self._of_table(entry, source, known)

    def _of_table(self, entry: TableEntry, source: TableSource, known: int) -> Iterator[Record]:
        changes = source.change_log.changes_of(entry.table_id, bookmark=known)
        doubtful = changes.removed & changes.updated.keys()
        alive = {number for number, record in source.client.iter_records(entry.table_id, sorted(doubtful)) if record}
        seen_at = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
        for record_id in sorted(changes.removed - alive):
            yield {
                "database_id": entry.database.id,
                "table_id": entry.table_id,
                "record_id": record_id,
                "sequence": source.change_log.sequence,
                "database": entry.database.name,
                "table": entry.table_name,
                "stream": entry.stream,
                "seen_at": seen_at,
            }

    def _commit(self, database_id: str, source: TableSource) -> None:
        if source.change_log.is_available:
            self.stream_state[SEQUENCES] = {**self._sequences, database_id: source.change_log.sequence}
        self.state_manager.is_flushed = False
        self._write_state_message()
