"""The stream of one Ninox table: read in full once, then followed by the change feed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import chain, islice
from typing import Any

from singer_sdk.helpers.types import Context, Record
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib import Message, MetadataMapping
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.singerlib.encoding.simple import RecordMessage, SchemaMessage, StateMessage
from typing_extensions import override

from ninox_api.errors import NinoxError, NinoxNotFoundError, NinoxPermissionError
from ninox_api.paging import Page
from ninox_singer.names import format_exclusion
from ninox_singer.progress import Progress, compute_share
from tap_ninox.discovery.catalog import TableEntry
from tap_ninox.discovery.drift import NotReadError, nothing_selected, properties_selected
from tap_ninox.discovery.known_tables import Description
from tap_ninox.discovery.saved_catalog import key_problems, reshaped_columns
from tap_ninox.report import Outcome, StreamReport
from tap_ninox.rows.columns import IDENTITY, KEY_PROPERTY, REPLICATION_KEY
from tap_ninox.rows.convert import Converter
from tap_ninox.rows.fast_path import ConvertedPage, SelectedFieldsDecoder
from tap_ninox.settings import TapSettings
from tap_ninox.streams.base import RecordStream, StreamsTap
from tap_ninox.sync.feed import Feed
from tap_ninox.sync.formulas import formula_reader
from tap_ninox.sync.pages import Begun, ReadPage, TablePages, begin_ahead
from tap_ninox.sync.plan import Plan, Way, Wishes, make_plan
from tap_ninox.sync.prefetch import Schedule
from tap_ninox.sync.state import BOOKMARK_KEYS, FEED_ECHOES, Bookmark, Snapshot, known_sequence
from tap_ninox.sync.tombstones import DELETED_AT, DELETED_AT_SCHEMA, Deletion, Tombstones, definitions_of
from tap_ninox.writer import BufferedMessageWriter

logger = logging.getLogger(__name__)

FORMULA_REFRESH_INTERVAL = timedelta(hours=24)
"""For tables whose formulas are read, unless the settings say otherwise: no sequence tells that a formula moved."""

_UNCONFIRMED = (
    "%s: all rows that the server shows were read, but whether there are more it does not say. They are kept, and no "
    "row is taken for deleted because it did not come. If the key's role may not see all rows, give it that right."
)

_NOTHING_SHOWN = (
    "%s: the table shows no rows, though it may have had some, and no feed says that they were deleted. Rows that were "
    "loaded before are kept. If the key's role may not see all rows, give it that right."
)


class DeletionsUnknownError(NinoxError):
    """The rows of a table came, but the feed that names deletions could not be read."""

    def __init__(self, stream: str, problem: NinoxError) -> None:
        """Say what came, what is missing, and what helps."""
        super().__init__(
            f"The changed rows of {stream} were read and sent, but which rows were deleted is not known: the change "
            "feed cannot be read. The next run asks again from the same place, and sends the same rows again; set "
            f"full_refresh_interval_hours to have deletions found by full refreshes. ({problem})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A table that is being read.

    Attributes:
        begin: Returns what is read, once that is known.
        uncomputed: Property → values of a formula that Ninox could not compute.
        finds_deletions_later: Whether the table is read in full now and then.
    """

    bookmark: Bookmark
    pages: TablePages
    begin: Callable[[], Begun]
    converter: Converter
    uncomputed: Counter[str]
    finds_deletions_later: bool


class TableStream(RecordStream):
    """Emits one table's records, and tombstones for those that were deleted.

    The bookmark is the database's change sequence taken before reading; it is written here, at the end of each page,
    and not derived from the records as the SDK would. Pages are read in threads (`TablePages`); converting, writing
    and everything that touches the state happens in the main one.
    """

    bookmark_keys = BOOKMARK_KEYS

    def __init__(
        self,
        tap: StreamsTap,
        entry: TableEntry,
        feed: Feed,
        settings: TapSettings,
        *,
        description: Description | None,
        schedule: Schedule,
    ) -> None:
        """Describe the stream; nothing is read yet.

        Args:
            tap: The tap.
            entry: The table.
            feed: Of the table's database.
            settings: The tap's settings.
            description: What the bookmark keeps of the table's schema.
            schedule: Which tables are read at the same time.
        """
        self.entry = entry
        self._description = description
        self._feed = feed
        self._settings = settings
        self._schedule = schedule
        self._run = tap.report
        self._reading: _Reading | None = None
        self._as_text: set[str] = set()
        super().__init__(tap, name=entry.stream)
        self.primary_keys = (KEY_PROPERTY,)
        self.replication_key = REPLICATION_KEY
        self.selected_by_default = not entry.is_hidden

    @property
    @override
    def schema(self) -> dict[str, Any]:
        """Made anew for whoever asks, but while the table is read: 5,000 tables would keep 50 MB."""
        return self.entry.schema if self._schema is None else self._schema

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
    def _position(self) -> int | None:
        """Sequence from which this stream's changes are followed, None before its first reading."""
        return known_sequence(self.saved_bookmark)

    @property
    def _selected(self) -> frozenset[str]:
        return frozenset(name for name in self.schema["properties"] if self.mask["properties", name])

    @property
    def _deselected(self) -> frozenset[str]:
        unreadable = {column.name for column in self.entry.columns if not column.is_readable}
        return frozenset(self.schema["properties"]) - self._selected - unreadable

    def check_catalog(self) -> list[str]:
        """Return what a catalog asks for beside the selection and cannot be done; the rest is done from here on."""
        selected = self._selected
        given = self._tap_input_catalog.get_stream(self.name) if self._tap_input_catalog else None
        properties = given.schema.to_dict().get("properties") or {} if given else {}
        columns = [column for column in self.entry.columns if column.name in selected and column.is_readable]
        self._as_text, problems = reshaped_columns(self.name, columns, properties)
        if given and not columns and any(column.is_readable for column in self.entry.columns):
            self._run.drift.append(nothing_selected(self.entry))
        return problems + list(
            key_problems(
                self.name,
                key=self.primary_keys or (),
                replication_key=self.replication_key,
                sent=selected,
                sends_tombstones=self._settings.sends_tombstones,
            )
        )

    def announce(self) -> None:
        """Tell the feed from where this stream follows it; before anything is asked."""
        if self._is_removed:
            return
        self._feed.follow(self._position, echoes=self.saved_bookmark.get(FEED_ECHOES) is True)

    def start(self) -> bool:
        """Begin to read in a thread that gives its permit back at its end; return whether it did."""
        if self._reading is not None or self.name in self._run.refusals or self._is_removed:
            return False
        self._begin(in_thread=True)
        return True

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        records = chain.from_iterable(page.records() for page in self._read(self._report))
        yield from islice(records, self.ABORT_AT_RECORD_COUNT)  # the SDK calls its own stop an error

    @override
    def _generate_schema_messages(self) -> Generator[SchemaMessage, None, None]:
        for message in super()._generate_schema_messages():
            if self._settings.sends_tombstones:  # from the start: loaders that keep the first schema know it, too
                message.schema = {
                    **message.schema,
                    "properties": {**message.schema["properties"], DELETED_AT: DELETED_AT_SCHEMA},
                }
            self._identify(message)
            yield message

    def _identify(self, message: Message) -> None:
        """Say in a SCHEMA which table it is of, unless a stream map gave it another name: that counts then.

        Where a map makes `_id` of something else, it is no record of that table any more.
        """
        if isinstance(message, SchemaMessage) and message.stream == self.name:
            self.entry.identify(message.schema)
            if KEY_PROPERTY in definitions_of(self.name, self.config.get("stream_maps") or {})[0]:
                del message.schema[IDENTITY]

    @override
    def _generate_record_messages(self, record: Record) -> Generator[RecordMessage, None, None]:
        for message in super()._generate_record_messages(record):
            if self._settings.sends_tombstones:
                message.record[DELETED_AT] = None  # a row that comes again is alive again
            yield message

    def _begin(self, *, in_thread: bool) -> _Reading:
        """Begin to read; called in the main thread, which owns the state."""
        entry, feed, settings, permits = self.entry, self._feed, self._settings, self._schedule.permits
        self._schema = entry.schema
        bookmark = Bookmark(
            self.stream_state,
            database_id=entry.database.id,
            table_id=entry.table_id,
            description=self._description,
            deselected=self._deselected,
        )
        formulas = formula_reader(entry, feed.client, feed.schema, self._selected)
        fields = SelectedFieldsDecoder(column for column in entry.columns if column.name in self._selected)
        pages = TablePages(
            feed.client if formulas.reads_any else feed.client.decoding(fields),
            entry.table_id,
            feed,
            page_size=settings.page_size,
            page_cap=bookmark.page_cap,
            permits=permits,
            join=formulas.join,
        )
        interval = settings.full_refresh_interval
        wishes = Wishes(
            always=self.replication_method == REPLICATION_FULL_TABLE,
            now=settings.refreshes(entry.stream),
            interval=FORMULA_REFRESH_INTERVAL if interval is None and formulas.reads_any else interval,
        )
        position = self._position

        def begin() -> Begun:
            now = datetime.now(timezone.utc)
            plan = make_plan(bookmark, feed.news(entry.table_id, position), wishes, now=now)
            if plan.reason:
                logger.log(logging.WARNING if plan.is_unexpected else logging.INFO, plan.reason.format(name=self.name))
            interrupted = bookmark.snapshot
            version = max(self.new_version(), interrupted.table_version + 1 if interrupted else 0)
            return pages.begin(plan, table_version=version)

        converter = Converter(
            entry.columns,
            zone=settings.zone,
            selected=self._selected,
            as_text=self._as_text,
            empty=(DELETED_AT,) if settings.sends_tombstones else (),
            asks_for_captions=partial(feed.answers_captions, entry.table_id),
        )
        self._reading = _Reading(
            bookmark=bookmark,
            pages=pages,
            begin=begin_ahead(begin, kept=permits.kept, at_end=permits.give_back) if in_thread else begin,
            converter=converter,
            uncomputed=formulas.lost,
            finds_deletions_later=wishes.interval is not None,
        )
        return self._reading

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
        return self.selected and is_plain and not others

    @property
    @override
    def _is_worth_starting(self) -> bool:
        return self._reading is not None or super()._is_worth_starting

    def _read(self, report: StreamReport) -> Iterator[ConvertedPage]:
        self._run.check(self.name)
        if self._is_removed:
            report.became = Outcome.REMOVED  # the difference to the catalog or the state says so, with its name
            return
        was_read = self._position is not None
        try:
            yield from self._read_as_planned(report)
        except (NinoxPermissionError, NinoxNotFoundError) as error:
            path = f"{self.entry.database.id}.{self.entry.table_id}"
            line = format_exclusion(self._settings.tables, path, setting="tables")
            if was_read or report.emitted:
                problem = str(error).rstrip(".")
                raise NotReadError(problem, f"{line} or meltano select tap-ninox --exclude {self.name} '*'") from None
            report.became = Outcome.NOT_PERMITTED
            self.stream_state["snapshot"] = None  # of a reading that has not read anything
            logger.warning(
                "%s: this key may not read the table, and never did; it is left alone. To leave it out: %s or "
                "meltano select tap-ninox --exclude %s '*'. (%s)",
                self.name,
                line,
                self.name,
                error,
            )

    @property
    def _is_removed(self) -> bool:
        """Whether the schema can be read and no longer lists the table."""
        schema = self._feed.schema
        return schema is not None and all(table.id != self.entry.table_id for table in schema.tables)

    def _read_as_planned(self, report: StreamReport) -> Iterator[ConvertedPage]:
        if self._reading is None and self.ABORT_AT_RECORD_COUNT is None and self._schedule.permits.take():
            self.start()
        reading = self._reading or self._begin(in_thread=False)
        report.bad, report.uncomputed = reading.converter.bad, reading.uncomputed
        begun = reading.begin()
        if begun.snapshot is not None:
            yield from self._emit_full(begun, begun.snapshot, reading, report)
        else:
            yield from self._emit_changes(begun, reading, report)
        report.gone = reading.pages.gone
        self._schema = None
        self._reading = None  # of 5,000 tables, their converters and decoders take 60 MB

    def _emit_full(
        self, begun: Begun, snapshot: Snapshot, reading: _Reading, report: StreamReport
    ) -> Iterator[ConvertedPage]:
        plan, bookmark = begun.plan, reading.bookmark
        removed = bookmark.not_reported(plan.removed)
        if bookmark.snapshot is not None:  # an earlier run has emitted rows
            self._note_selection(bookmark)
        bookmark.begin_snapshot(snapshot, feed_echoes=self._feed.echoes)
        self.send_version(snapshot.table_version)
        with self._progress(start=_share_read(plan, snapshot) or 0.0) as progress:
            for page in self._pages(begun.pages):
                _take_out(removed, page)
                yield from self._convert(page.records, reading.converter, report)
                if page.part is not None:
                    snapshot.note(page.part, page.last_id)
                    snapshot.is_in_doubt = page.is_in_doubt
                    bookmark.snapshot = snapshot
                    if self._tap.is_state_due():  # as _commit does, without copies of it
                        self._tap.write_message(StateMessage(self.tap_state))
                progress.advance(report.emitted, _share_read(plan, snapshot))
        is_confirmed = reading.pages.is_confirmed
        if not is_confirmed:
            logger.warning(_UNCONFIRMED if report.emitted else _NOTHING_SHOWN, self.name)
        elif self._settings.activates_versions:
            self._write_activate_version_message(snapshot.table_version)
        self._write_tombstones(removed, begun, report)
        is_empty = is_confirmed and report.emitted == 0 and plan.way is Way.FULL
        bookmark.finish_snapshot(snapshot, sequence=begun.sequence, is_empty=is_empty, deleted=removed)
        bookmark.page_cap = reading.pages.page_cap
        self._commit()

    def _emit_changes(self, begun: Begun, reading: _Reading, report: StreamReport) -> Iterator[ConvertedPage]:
        plan, bookmark = begun.plan, reading.bookmark
        removed = bookmark.not_reported(plan.removed)
        changed = len(plan.changes.updated) if plan.changes else None
        self._note_selection(bookmark)
        self.send_version(bookmark.table_version)
        with self._progress() as progress:
            for page in self._pages(begun.pages):
                _take_out(removed, page)
                yield from self._convert(page.records, reading.converter, report)
                progress.advance(report.emitted, compute_share(report.emitted, changed))
        self._write_tombstones(removed, begun, report)
        bookmark.advance(begun.sequence, is_empty=bookmark.is_empty and report.emitted == 0, deleted=removed)
        self._commit()
        if plan.problem is not None:
            if not reading.finds_deletions_later:
                raise DeletionsUnknownError(self.name, plan.problem)
            logger.warning(
                "%s: its changed rows were read, but what was deleted since the last run is not known before its next "
                "full refresh. (%s)",
                self.name,
                plan.problem,
            )

    def _note_selection(self, bookmark: Bookmark) -> None:
        """Report properties that rows which were read before do not have."""
        self._run.drift += properties_selected(self.entry, bookmark.newly_selected(self._selected))

    def _pages(self, pages: Iterator[ReadPage]) -> Iterator[ReadPage]:
        self._schedule.start_followers_of(self)
        for page in pages:
            yield page
            self._schedule.start_followers_of(self)

    def _progress(self, *, start: float = 0.0) -> Progress:
        return Progress(self.name, self._run.display, start=start)

    def _convert(self, page: Page, converter: Converter, report: StreamReport) -> Iterator[ConvertedPage]:
        converter.check_keys(page)
        for start in range(0, len(page), converter.rows_at_once):
            part = page[start : start + converter.rows_at_once]
            yield converter.convert(part)
            report.emitted += len(part)

    def _commit(self) -> None:
        """Write the state: everything before it has been written."""
        self.state_manager.is_flushed = False
        self._write_state_message()

    def _write_tombstones(self, record_ids: Iterable[int], begun: Begun, report: StreamReport) -> None:
        numbers = sorted(record_ids)
        if not numbers or not self._settings.sends_tombstones:
            return
        is_narrow = not self._settings.marks_deletions_in_full
        tombstones = Tombstones(self.name, self.stream_maps, self.config.get("stream_maps") or {}, narrow=is_narrow)
        deletion = Deletion(record_ids=numbers, sequence=begun.sequence, table_version=self._stream_version)
        for message in tombstones.messages(deletion):
            self._identify(message)
            self._tap.write_message(message)
        if is_narrow:  # loaders that take the last schema for all rows in hand would write these columns only
            self._write_schema_message()
        report.deleted += len(numbers)


def _take_out(record_ids: set[int], page: ReadPage) -> None:
    if record_ids:  # in place: a copy at each page would make the time grow with the square of the changes
        record_ids.difference_update([record.id for record in page.records])


def _share_read(plan: Plan, snapshot: Snapshot) -> float | None:
    return None if plan.last_id is None else compute_share(snapshot.ids_read(plan.last_id), plan.last_id)
