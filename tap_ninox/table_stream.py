"""The stream of one Ninox table: read whole once, then followed by the change feed."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.helpers.types import Context, Record
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib import MetadataMapping
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.singerlib.encoding.simple import RecordMessage, SchemaMessage
from typing_extensions import override

from ninox_api.changes import TableChanges
from ninox_api.paging import Page
from tap_ninox.catalog import TableEntry
from tap_ninox.columns import KEY_PROPERTY, REPLICATION_KEY
from tap_ninox.convert import Converter
from tap_ninox.formula_columns import formula_reader
from tap_ninox.known_tables import Description
from tap_ninox.progress import Progress, share_of
from tap_ninox.report import StreamReport
from tap_ninox.settings import TapSettings
from tap_ninox.state import Bookmark, Snapshot, known_sequence
from tap_ninox.table_reader import TableReader
from tap_ninox.table_source import TableSource

if TYPE_CHECKING:
    from tap_ninox.tap import TapNinox

FORMULA_REFRESH_INTERVAL = timedelta(hours=24)
"""For tables whose formulas are read, unless the settings say otherwise: no sequence tells that a formula moved."""

DELETED_AT = "_sdc_deleted_at"

TOMBSTONE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        KEY_PROPERTY: {"type": ["integer"]},
        REPLICATION_KEY: {"type": ["integer", "null"]},
        DELETED_AT: {"type": ["string", "null"], "format": "date-time"},
    },
}
"""Narrow on purpose: an upserting target touches these columns only, so a deleted row keeps its values."""

logger = logging.getLogger(__name__)


class TableStream(Stream):
    """Emits one table's records, and tombstones for those that were deleted.

    The bookmark is the database's change sequence taken before reading; it is written here, at the end of each page,
    and not derived from the records as the SDK would.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # the converter has done it

    def __init__(
        self,
        tap: TapNinox,
        entry: TableEntry,
        source: TableSource,
        settings: TapSettings,
        description: Description | None,
    ) -> None:
        """Describe the stream; nothing is read yet.

        Args:
            tap: The tap.
            entry: The table.
            source: Where its records come from.
            settings: The tap's settings.
            description: What the bookmark keeps of the table's schema.
        """
        self.entry = entry
        self._description = description
        self._source = source
        self._settings = settings
        self._run = tap.report
        self._reads_formulas = False
        super().__init__(tap, schema=entry.schema, name=entry.stream)
        self.primary_keys = (KEY_PROPERTY,)
        self.replication_key = REPLICATION_KEY
        self.selected_by_default = not entry.is_hidden

    @property
    @override
    def metadata(self) -> MetadataMapping:
        if self._metadata is None and self._tap_input_catalog is None:
            self._metadata = self.entry.metadata()
        return super().metadata

    @property
    @override
    def emit_activate_version_messages(self) -> bool:
        return False  # the SDK would send it before the first row; a run that then fails leaves an empty table

    @property
    def known_sequence(self) -> int | None:
        """Sequence from which this stream's changes are to be followed, None if it is to be read whole."""
        if not self.selected or self.replication_method == REPLICATION_FULL_TABLE:
            return None
        return known_sequence(self.stream_state)

    @property
    def _full_refresh_interval(self) -> timedelta | None:
        """Age at which this table is read whole again, None for never."""
        given = self._settings.full_refresh_interval
        return FORMULA_REFRESH_INTERVAL if given is None and self._reads_formulas else given

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        if self._run.is_out_of_budget:
            return
        with self._run.stream(self.name) as report:
            yield from islice(self._read(report), self.ABORT_AT_RECORD_COUNT)  # the SDK calls its own stop an error

    @override
    def _increment_stream_state(self, latest_record: Record, *, context: Context | None = None) -> None:
        """Leave the bookmark alone: the highest sequence seen is not the point up to which all is known."""

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Keep the bookmark free of the SDK's own notes."""

    def _read(self, report: StreamReport) -> Iterator[Record]:
        self._run.check(self.name)
        bookmark = Bookmark(
            self.stream_state,
            database_id=self.entry.database.id,
            table_id=self.entry.table_id,
            description=self._description,
        )
        selected = [name for name in self.schema["properties"] if self.mask["properties", name]]
        converter = Converter(
            self.entry.columns,
            zone=self._settings.zone,
            selected=selected,
            fails=self._settings.fails_on_bad_values,
        )
        report.nulled = converter.nulled
        formulas = formula_reader(self.entry, self._source.client, self._source.schema, selected)
        reader = TableReader(
            self._source.client,
            self.entry.table_id,
            page_size=self._settings.page_size,
            join=formulas.join,
        )
        report.uncomputed = formulas.lost
        self._reads_formulas = formulas.reads_any
        if self._must_read_whole(bookmark):
            yield from self._read_whole(bookmark, reader, converter, report)
        else:
            yield from self._follow(bookmark, reader, converter, report)
            report.gone = reader.gone

    def _must_read_whole(self, bookmark: Bookmark) -> bool:
        if self.replication_method == REPLICATION_FULL_TABLE or bookmark.sequence is None or bookmark.snapshot:
            return True
        if self._settings.refreshes(self.name):
            logger.info("%s is read whole again: it is named in refresh.", self.name)
            return True
        if bookmark.is_older_than(self._full_refresh_interval, now=datetime.now(timezone.utc)):
            logger.info("%s is read whole again: full_refresh_interval_hours have passed.", self.name)
            return True
        log = self._source.change_log
        if log.is_available and log.has_lost(bookmark.sequence):
            self._warn_of_lost_sequence()
            return True
        return False

    def _warn_of_lost_sequence(self) -> None:
        logger.warning(
            "%s is read whole: database %r was set back (restored from a backup?), or no longer tells changes as old "
            "as the bookmark.",
            self.name,
            self.entry.database.name,
        )

    def _read_whole(
        self, bookmark: Bookmark, reader: TableReader, converter: Converter, report: StreamReport
    ) -> Iterator[Record]:
        snapshot = self._resumed(bookmark) or bookmark.begin_snapshot(
            head=self._source.change_log.head_of(self.entry.table_id), now=datetime.now(timezone.utc)
        )
        self._stream_version = snapshot.table_version
        pages = reader.whole(after_id=snapshot.last_id, sequence=self._source.change_log.current_sequence)
        end = self._source.change_log.last_id_of(self.entry.table_id)
        with Progress(self.name, self._run.display, start=share_of(snapshot.last_id, end) or 0.0) as progress:
            for page, last_id in pages:
                yield from self._convert(page, converter, report)
                if last_id is not None:
                    snapshot.last_id = last_id
                    bookmark.snapshot = snapshot
                    self._commit()
                progress.advance(report.emitted, share_of(last_id, end))
        if self._settings.activates_versions:
            self._write_activate_version_message(snapshot.table_version)
        bookmark.finish_snapshot(snapshot)
        self._commit()

    def _resumed(self, bookmark: Bookmark) -> Snapshot | None:
        snapshot = bookmark.snapshot
        if snapshot is None:
            return None
        log = self._source.change_log
        if log.is_available and log.has_lost(snapshot.head):
            self._warn_of_lost_sequence()
            return None
        logger.info("%s: continuing after record %d.", self.name, snapshot.last_id)
        return snapshot

    def _follow(
        self, bookmark: Bookmark, reader: TableReader, converter: Converter, report: StreamReport
    ) -> Iterator[Record]:
        self._stream_version = bookmark.table_version
        known = bookmark.sequence or 0
        log = self._source.change_log
        if not log.is_available:
            head = max(known, log.head_of(self.entry.table_id))
            if head > known:
                yield from self._convert_all(reader.since(known), converter, report)
            bookmark.advance(head)
        else:
            changes = log.changes_of(self.entry.table_id, bookmark=known)
            yield from self._follow_feed(changes, known, reader, converter, report)
            bookmark.advance(log.sequence)
        self._commit()

    def _follow_feed(
        self, changes: TableChanges, known: int, reader: TableReader, converter: Converter, report: StreamReport
    ) -> Iterator[Record]:
        removed = changes.removed
        with Progress(self.name, self._run.display) as progress:
            for page in reader.changed(changes, bookmark=known):
                removed = removed.difference(record.id for record in page)
                yield from self._convert(page, converter, report)
                progress.advance(report.emitted, share_of(report.emitted, len(changes.updated)))
        if removed and self._settings.sends_tombstones:
            self._write_tombstones(sorted(removed))
            report.deleted += len(removed)

    def _convert_all(self, pages: Iterable[Page], converter: Converter, report: StreamReport) -> Iterator[Record]:
        for page in pages:
            yield from self._convert(page, converter, report)

    def _convert(self, page: Page, converter: Converter, report: StreamReport) -> Iterator[Record]:
        converter.check_keys(page)
        for record in page:
            yield converter.convert(record)
            report.emitted += 1

    def _commit(self) -> None:
        """Write the state: everything before it has been written."""
        self.state_manager.is_flushed = False
        self._write_state_message()

    def _write_tombstones(self, record_ids: Iterable[int]) -> None:
        """Write deletions under the narrow schema, behind all rows of this stream.

        An id is never both a row and a tombstone in one run, so it does not matter in which order a target drains
        the old and the new schema.
        """
        aliases = [
            stream_map.stream_alias for stream_map in self.stream_maps if type(stream_map) is SameRecordTransform
        ]
        if len(aliases) < len(self.stream_maps):
            logger.warning("%s: deletions are not sent to mapped streams.", self.name)
        deleted_at = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
        sequence = self._source.change_log.sequence
        for alias in aliases:
            self._tap.write_message(SchemaMessage(alias, TOMBSTONE_SCHEMA, [KEY_PROPERTY], [REPLICATION_KEY]))
            for record_id in record_ids:
                record = {KEY_PROPERTY: record_id, REPLICATION_KEY: sequence, DELETED_AT: deleted_at}
                self._tap.write_message(RecordMessage(stream=alias, record=record, version=self._stream_version))
