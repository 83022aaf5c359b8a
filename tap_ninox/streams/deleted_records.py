"""The stream of deletions, for those who do not want them in the tables' own streams."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers.types import Context, Record
from typing_extensions import override

from ninox_api.changes import TableChanges
from ninox_api.errors import NinoxError, NinoxProtocolError
from tap_ninox.streams.base import RecordStream
from tap_ninox.sync.feed import Feed
from tap_ninox.values.columns import MOMENT, STRING

if TYPE_CHECKING:
    from tap_ninox.schema.catalog import TableEntry
    from tap_ninox.tap import TapNinox

logger = logging.getLogger(__name__)

SEQUENCES = "sequences"


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

    def __init__(self, tap: TapNinox, entries: Iterable[TableEntry], feeds: Mapping[str, Feed]) -> None:
        """Describe the stream.

        Args:
            tap: The tap.
            entries: Tables whose deletions are listed.
            feeds: Database id → its change feed, shared with the tables' streams.
        """
        super().__init__(tap, schema={"type": "object", "properties": self.properties})
        self._entries = list(entries)
        self._feeds = feeds

    @property
    @override
    def emit_activate_version_messages(self) -> bool:
        return False  # a run brings what is new; a version of its own would take away what earlier runs have listed

    def announce(self) -> None:
        """Tell the feeds from where this stream follows them; before anything is asked."""
        for database_id, feed in self._feeds.items():
            feed.follow(self._position(database_id), of_all_tables=True)

    def _position(self, database_id: str) -> int | None:
        """Return the sequence up to which a database's deletions are listed, None before the first run."""
        known = self._sequences.get(database_id)
        return known if isinstance(known, int) and known >= 0 else None

    @property
    def _sequences(self) -> dict[str, Any]:
        saved = self.saved_bookmark.get(SEQUENCES)
        return saved if isinstance(saved, dict) else {}

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        problems = []
        for database_id, feed in self._feeds.items():
            try:
                for row in self._of_database(database_id, feed):
                    yield row
                    self._report.emitted += 1
            except _UnknownDeletionsError as error:
                problems.append(str(error))
            else:
                self._note(database_id, feed.head)
            self._commit()
        if problems:
            raise NinoxProtocolError(" ".join(problems))

    def _of_database(self, database_id: str, feed: Feed) -> Iterator[Record]:
        known = self._position(database_id)
        if known is None:
            return
        for entry in self._entries:
            if entry.database.id != database_id:
                continue
            news = feed.news(entry.table_id, known)
            if news.is_lost:
                logger.warning(
                    "%s: deletions in database %s since the last run cannot be told.", self.name, database_id
                )
                return
            if news.problem is not None:
                raise _UnknownDeletionsError(entry.database.name, news.problem)
            if news.changes is not None:
                yield from self._of_table(entry, feed, news.changes, news.head)

    def _of_table(self, entry: TableEntry, feed: Feed, changes: TableChanges, head: int | None) -> Iterator[Record]:
        doubtful = changes.removed & changes.updated.keys()
        alive = {number for number, record in feed.client.iter_records(entry.table_id, sorted(doubtful)) if record}
        seen_at = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
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

    def _note(self, database_id: str, head: int | None) -> None:
        if head is not None:
            self.stream_state[SEQUENCES] = {**self._sequences, database_id: head}

    def _commit(self) -> None:
        self.state_manager.is_flushed = False
        self._write_state_message()
