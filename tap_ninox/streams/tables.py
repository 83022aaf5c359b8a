"""The stream of one Ninox table: read whole once, then followed by the change feed."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Iterator
from datetime import datetime, timezone
from itertools import chain, islice
from typing import TYPE_CHECKING

from singer_sdk.helpers.types import Context, Record
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib import MetadataMapping
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.singerlib.encoding.simple import RecordMessage, SchemaMessage, StateMessage
from typing_extensions import override

from ninox_api.paging import Page
from ninox_singer.progress import Progress, share_of
from tap_ninox.report import StreamReport
from tap_ninox.schema.catalog import TableEntry
from tap_ninox.schema.drift import properties_selected
from tap_ninox.schema.known_tables import Description
from tap_ninox.settings import TapSettings
from tap_ninox.streams.base import RecordStream
from tap_ninox.sync.opened import OpenTable
from tap_ninox.sync.pages import ReadPage
from tap_ninox.sync.plan import ChangeReading, Reading, WholeReading
from tap_ninox.sync.prefetch import Schedule
from tap_ninox.sync.source import TableSource
from tap_ninox.sync.state import FEED_ECHOES, Bookmark, known_sequence
from tap_ninox.sync.tombstones import DELETED_AT, DELETED_AT_SCHEMA, Deletion, Tombstones
from tap_ninox.values.columns import KEY_PROPERTY, REPLICATION_KEY
from tap_ninox.values.convert import Converter
from tap_ninox.values.page import ConvertedPage
from tap_ninox.writer import BufferedMessageWriter

if TYPE_CHECKING:
    from tap_ninox.tap import TapNinox

logger = logging.getLogger(__name__)


class TableStream(RecordStream):
    """Emits one table's records, and tombstones for those that were deleted.

    The bookmark is the database's change sequence taken before reading; it is written here, at the end of each page,
    and not derived from the records as the SDK would. Pages are read in threads (`Planner.read`); converting, writing
    and everything that touches the state happens in the main one.
    """

    def __init__(
        self,
        tap: TapNinox,
        entry: TableEntry,
        source: TableSource,
        settings: TapSettings,
        *,
        description: Description | None,
        schedule: Schedule,
    ) -> None:
        """Describe the stream; nothing is read yet.

        Args:
            tap: The tap.
            entry: The table.
            source: Where its records come from.
            settings: The tap's settings.
            description: What the bookmark keeps of the table's schema.
            schedule: Which tables are read at the same time.
        """
        self.entry = entry
        self._description = description
        self._source = source
        self._settings = settings
        self._schedule = schedule
        self._run = tap.report
        self._opened: OpenTable | None = None
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
        return known_sequence(self.stream_state, always_whole=self._is_always_whole) if self.selected else None

    @property
    def saw_echoes(self) -> bool:
        """Whether this stream's bookmark was written where the feed echoes."""
        return self.stream_state.get(FEED_ECHOES) is True

    @property
    def _is_always_whole(self) -> bool:
        return self.replication_method == REPLICATION_FULL_TABLE

    @property
    def _selected(self) -> frozenset[str]:
        return frozenset(name for name in self.schema["properties"] if self.mask["properties", name])

    @property
    def _deselected(self) -> frozenset[str]:
        unreadable = {column.name for column in self.entry.columns if not column.is_readable}
        return frozenset(self.schema["properties"]) - self._selected - unreadable

    def start(self) -> bool:
        """Begin to read in a thread that gives its permit back at its end; return whether it did."""
        if self._opened is not None or self.name in self._run.refusals:
            return False
        self._open(in_thread=True)
        return True

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        records = chain.from_iterable(page.records() for page in self._read(self._report))
        yield from islice(records, self.ABORT_AT_RECORD_COUNT)  # the SDK calls its own stop an error

    @override
    def _generate_schema_messages(self) -> Generator[SchemaMessage, None, None]:
        for message in super()._generate_schema_messages():
            if self._settings.marks_deletions_in_full:
                message.schema["properties"][DELETED_AT] = DELETED_AT_SCHEMA
            yield message

    @override
    def _generate_record_messages(self, record: Record) -> Generator[RecordMessage, None, None]:
        for message in super()._generate_record_messages(record):
            if self._settings.marks_deletions_in_full:
                message.record[DELETED_AT] = None  # a row that comes again is alive again
            yield message

    @override
    def _increment_stream_state(self, latest_record: Record, *, context: Context | None = None) -> None:
        """Leave the bookmark alone: the highest sequence seen is not the point up to which all is known."""

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Keep the bookmark free of the SDK's own notes."""

    def _open(self, *, in_thread: bool) -> OpenTable:
        bookmark = Bookmark(
            self.stream_state,
            database_id=self.entry.database.id,
            table_id=self.entry.table_id,
            description=self._description,
            deselected=self._deselected,
        )
        self._opened = OpenTable(
            self.entry,
            self._source,
            self._settings,
            bookmark=bookmark,
            selected=self._selected,
            always_whole=self._is_always_whole,
            readers=self._schedule.readers,
            in_thread=in_thread,
        )
        return self._opened

    @override
    def _sync_in_report(self, context: Context | None, *, write_messages: bool) -> Generator[Record, None, None]:
        """Write whole pages, unless something wants to see single records: maps, flattening, batches, or `--test`."""
        writer = self._tap.message_writer
        can_take_lines = write_messages and self._is_written_as_read and self.ABORT_AT_RECORD_COUNT is None
        if not (can_take_lines and isinstance(writer, BufferedMessageWriter) and writer.batches is None):
            yield from super()._sync_in_report(context, write_messages=write_messages)
            return
        counter, timer = self.get_record_counter(), self.get_sync_timer()
        counter.with_context({})  # as the SDK does for streams without partitions
        timer.with_context({})
        with counter, timer:
            for page in self._read(self._report):
                now = datetime.now(timezone.utc)
                writer.write_lines(page.lines(self.name, version=self._stream_version, extracted_at=now))
                counter.increment(len(page))

    @property
    def _is_written_as_read(self) -> bool:
        stream_map, *others = self.stream_maps
        is_plain = type(stream_map) is SameRecordTransform and not stream_map.flattening_enabled
        return self.selected and is_plain and not others and not self._settings.marks_deletions_in_full

    @property
    @override
    def _is_worth_starting(self) -> bool:
        return self._opened is not None or super()._is_worth_starting

    def _read(self, report: StreamReport) -> Iterator[ConvertedPage]:
        self._run.check(self.name)
        if self._opened is None and self.ABORT_AT_RECORD_COUNT is None and self._schedule.readers.take():
            self.start()
        opened = self._opened or self._open(in_thread=False)
        report.nulled, report.uncomputed = opened.converter.nulled, opened.uncomputed
        reading = next(opened.items)
        if isinstance(reading, WholeReading):
            yield from self._emit_whole(reading, opened, report)
        elif isinstance(reading, ChangeReading):
            yield from self._emit_changes(reading, opened, report)
        report.gone = opened.gone

    def _emit_whole(self, reading: WholeReading, opened: OpenTable, report: StreamReport) -> Iterator[ConvertedPage]:
        snapshot, removed = reading.snapshot, reading.removed
        if opened.bookmark.snapshot is not None:  # an earlier run has emitted rows
            self._note_selection(opened.bookmark)
        opened.bookmark.begin_snapshot(snapshot, feed_echoes=self._source.change_log.echoes)
        self._stream_version = snapshot.table_version
        with self._progress(start=_share_read(reading) or 0.0) as progress:
            for page in self._pages(opened.items):
                removed = _without(removed, page)
                yield from self._convert(page.records, opened.converter, report)
                if page.part is not None:
                    snapshot.note(page.part, page.last_id)
                    opened.bookmark.snapshot = snapshot
                    if self._tap.is_state_due():  # as _commit does, without copies of it
                        self._tap.write_message(StateMessage(self.tap_state))
                progress.advance(report.emitted, _share_read(reading))
        if self._settings.activates_versions:
            self._write_activate_version_message(snapshot.table_version)
        self._write_tombstones(removed, report)
        opened.bookmark.finish_snapshot(snapshot, sequence=reading.sequence)
        self._commit()

    def _emit_changes(self, reading: ChangeReading, opened: OpenTable, report: StreamReport) -> Iterator[ConvertedPage]:
        removed = reading.removed
        self._note_selection(opened.bookmark)
        self._stream_version = opened.bookmark.table_version
        with self._progress() as progress:
            for page in self._pages(opened.items):
                removed = _without(removed, page)
                yield from self._convert(page.records, opened.converter, report)
                progress.advance(report.emitted, share_of(report.emitted, reading.changed))
        self._write_tombstones(removed, report)
        opened.bookmark.advance(reading.sequence)
        self._commit()

    def _note_selection(self, bookmark: Bookmark) -> None:
        """Tell of properties that rows which were read before do not have."""
        self._run.drift += properties_selected(self.entry, bookmark.newly_selected(self._selected))

    def _pages(self, items: Iterator[Reading | ReadPage]) -> Iterator[ReadPage]:
        self._schedule.start_followers_of(self)
        for item in items:
            if isinstance(item, ReadPage):
                yield item
                self._schedule.start_followers_of(self)

    def _progress(self, *, start: float = 0.0) -> Progress:
        return Progress(self.name, self._run.display, start=start)

    def _convert(self, page: Page, converter: Converter, report: StreamReport) -> Iterator[ConvertedPage]:
        converter.check_keys(page)
        yield converter.convert(page)
        report.emitted += len(page)

    def _commit(self) -> None:
        """Write the state: everything before it has been written."""
        self.state_manager.is_flushed = False
        self._write_state_message()

    def _write_tombstones(self, record_ids: Iterable[int], report: StreamReport) -> None:
        numbers = sorted(record_ids)
        if not numbers or not self._settings.sends_tombstones:
            return
        tombstones = Tombstones(
            self.name,
            self.stream_maps,
            self.config.get("stream_maps") or {},
            narrow=not self._settings.marks_deletions_in_full,
        )
        sequence = self._source.change_log.sequence
        deletion = Deletion(record_ids=numbers, sequence=sequence, table_version=self._stream_version)
        for message in tombstones.messages(deletion):
            self._tap.write_message(message)
        report.deleted += len(numbers)


def _without(record_ids: frozenset[int], page: ReadPage) -> frozenset[int]:
    return record_ids.difference(record.id for record in page.records) if record_ids else record_ids


def _share_read(reading: WholeReading) -> float | None:
    end = reading.end
    return share_of(reading.snapshot.ids_read(end), end) if end is not None else None
