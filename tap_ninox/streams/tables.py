"""The stream of one Ninox table: read in full once, then followed by the change feed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from singer_sdk import metrics
from singer_sdk.helpers.types import Context, Record
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib import Catalog, CatalogEntry, MetadataMapping
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.singerlib.encoding.simple import SchemaMessage
from typing_extensions import override

from ninox_api.client import FIRST_PAGE_SIZE
from ninox_api.errors import NinoxError, NinoxNotFoundError, NinoxPermissionError
from ninox_api.ids import IdSet
from ninox_api.paging import Page
from ninox_singer.names import format_exclusion
from ninox_singer.progress import Progress, compute_share
from ninox_singer.protocol import DELETED_AT, FORMULAS_ALONE, IDENTITY, RECORD_ID, ROWS, SEQUENCE, SNAPSHOT
from tap_ninox import bookmark_keys as keys
from tap_ninox.discovery.catalog import TableEntry
from tap_ninox.discovery.drift import properties_selected
from tap_ninox.discovery.known_tables import Description
from tap_ninox.discovery.overrides import (
    asked_for,
    key_problems,
    method_problems,
    reshaped_columns,
    unknown_properties,
)
from tap_ninox.discovery.schema_watch import NotReadError
from tap_ninox.report import Outcome
from tap_ninox.rows.columns import Column
from tap_ninox.rows.convert import Converter
from tap_ninox.rows.fast_path import ConvertedPage, SelectedFieldsDecoder
from tap_ninox.streams.base import RecordStream, StreamsTap
from tap_ninox.sync.feed import Feed
from tap_ninox.sync.formulas import FormulaQueries, prepare_formulas
from tap_ninox.sync.pages import TablePages
from tap_ninox.sync.plan import ReadMode, RefreshPolicy
from tap_ninox.sync.prefetch import Schedule
from tap_ninox.sync.reading import ReadInThread, StartedRead, start_reading
from tap_ninox.sync.state import Bookmark, Snapshot, known_sequence
from tap_ninox.sync.tombstones import DELETED_AT_SCHEMA, Deletions, Tombstones, definitions_of

logger = logging.getLogger(__name__)

FORMULA_REFRESH_INTERVAL = timedelta(hours=24)
"""For tables whose formulas are read, unless the settings say otherwise: no sequence shows that a value has changed."""

_UNCONFIRMED = (
    "%s: all rows that the server shows were read, but whether there are more it does not say. They are kept, and no "
    "row is taken for deleted because it did not come. If the key's role may not see all rows, give it that right."
)

_NOTHING_SHOWN = (
    "%s: the table shows no rows, though it may have had some, and no feed says that they were deleted. Rows that were "
    "loaded before, if any, are kept. If the key's role may not see all rows, give it that right; if the table is "
    "empty indeed, as in a backup that was restored, delete them in the warehouse yourself."
)

_NOTHING_YET = (
    "%s: the table shows no rows. If this is its first load, all is well. If it was loaded before and its state lost, "
    "rows of then are kept."
)
"""Without a bookmark nobody knows which of both it is."""


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
class _PreparedTable:
    """What a table is read with, from its bookmark to its rows.

    Attributes:
        policy: When more than its changes is read.
        await_start: Returns what is read, once that is known.
        uncomputed: Property → values of a formula that Ninox could not compute.
        is_new: Whether the state knows nothing of the table.
    """

    bookmark: Bookmark
    pages: TablePages
    policy: RefreshPolicy
    await_start: Callable[[], StartedRead]
    converter: Converter
    uncomputed: Counter[str]
    is_new: bool

    @property
    def finds_deletions_later(self) -> bool:
        """Whether a full refresh comes even without a feed that names them."""
        return self.policy.interval is not None or self.policy.formula_interval is not None


class TableStream(RecordStream):
    """Emits one table's records, and tombstones for those that were deleted.

    The bookmark is the database's change sequence taken before reading; it is written here, at the end of each page,
    and not derived from the records as the SDK would. Pages are read in threads (`TablePages`); converting, writing
    and everything that touches the state happens in the main one.

    Attributes:
        entry: The table.
        selects_no_field: Whether a catalog selects the table and none of its fields.
    """

    bookmark_keys = keys.OF_TABLE

    def __init__(
        self,
        tap: StreamsTap,
        entry: TableEntry,
        feed: Feed,
        *,
        description: Description | None,
        schedule: Schedule,
    ) -> None:
        """Describe the stream; nothing is read yet.

        Args:
            tap: The tap.
            entry: The table.
            feed: Of the table's database.
            description: What the bookmark keeps of the table's schema.
            schedule: Which tables are read at the same time.
        """
        self.entry = entry
        self._description = description
        self._feed = feed
        self._settings = settings = tap.settings
        self._schedule = schedule
        self._prepared: _PreparedTable | None = None
        self._kept_schema: dict[str, Any] | None = None
        self._as_text: set[str] = set()
        self.selects_no_field = False
        schema = feed.schema
        self._is_removed = schema is not None and entry.table_id not in schema.by_id
        super().__init__(tap, name=entry.stream)
        if settings.sends_tombstones:  # null in rows: one that comes again is alive again
            self.added = {DELETED_AT: DELETED_AT_SCHEMA}
        self.primary_keys = (RECORD_ID,)
        self.replication_key = SEQUENCE
        self.selected_by_default = not entry.is_hidden

    @property
    @override
    def schema(self) -> dict[str, Any]:
        """Made anew for whoever asks, but while the table is read: 5,000 tables would keep 50 MB."""
        return self.entry.schema if self._kept_schema is None else self._kept_schema

    @property
    @override
    def effective_schema(self) -> dict[str, Any]:
        """The catalog's where one was given; made anew for whoever asks, as the own one and metadata are."""
        given = self._given
        return self.schema if given is None else given.schema.to_dict()

    @property
    @override
    def metadata(self) -> MetadataMapping:
        """The catalog's where one was given, else what discovery says."""
        given = self._given
        if given is not None:
            return given.metadata
        return self.entry.metadata() if self.tap.input_catalog is None else super().metadata

    @property
    def _given(self) -> CatalogEntry | None:
        catalog = self.tap.input_catalog
        return None if catalog is None else catalog.get_stream(self.name)

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Take what a catalog chooses, and which columns it makes."""
        super(RecordStream, self).apply_catalog(catalog)
        self.take_given_schema(None)  # it is made anew for whoever asks
        if not self.selected or (given := self._given) is None:
            return
        selected, properties = self._selected, given.schema.to_dict().get("properties") or {}
        columns = [column for column in self.entry.columns if column.name in selected and column.is_readable]
        self.selects_no_field = not columns and any(column.is_readable for column in self.entry.columns)
        self._as_text, self.problems = reshaped_columns(self.name, columns, properties)
        if self._description is not None:
            asked = asked_for(
                self.entry.columns, method=given.replication_method, key=self.primary_keys or (), given=properties
            )
            self._description = replace(self._description, asked=asked)
        chosen = (name for name in properties if self.mask["properties", name])
        self.problems += unknown_properties(self.name, self.entry.columns, chosen)
        self.problems += method_problems(self.name, given.replication_method, self.methods)
        self.problems += key_problems(
            self.name,
            key=self.primary_keys or (),
            replication_key=self.replication_key,
            sent=selected,
            sends_tombstones=self._settings.sends_tombstones,
        )

    @property
    def _selected(self) -> frozenset[str]:
        return frozenset(name for name in self.schema["properties"] if self.mask["properties", name])

    @override
    def announce(self) -> None:
        if not self._is_removed:
            repeats = self.saved_bookmark.get(keys.FEED_REPEATS) is True
            self._feed.follow(known_sequence(self.saved_bookmark), repeats=repeats)

    def prefetch(self) -> bool:
        """Begin to read in a thread that gives its permit back at its end; return whether it did."""
        if self._prepared is not None or self.name in self.tap.report.refusals or self._is_removed:
            return False
        self._prepare(in_thread=True)
        return True

    @override
    def identify(self, message: SchemaMessage) -> None:
        """Say which table it is of, unless a stream map gave it another name: that counts then.

        Where a map makes `_id` of something else, it is no record of that table any more.
        """
        if message.stream == self.name:
            self.entry.identify(message.schema)
            maps = self.config.get("stream_maps")
            if maps and RECORD_ID in definitions_of(self.name, maps)[0]:
                del message.schema[IDENTITY]

    @override
    def write_rows(self, counter: metrics.Counter) -> None:
        """Write whole pages, unless something wants to see single records: maps, flattening, batches, or `--test`."""
        writer = self.tap.writer
        if not self._is_written_as_read or writer.batches is not None or self.ABORT_AT_RECORD_COUNT is not None:
            super().write_rows(counter)
            return
        for page in self._read():
            now = datetime.now(timezone.utc)
            writer.write_lines(page.lines(self.name, version=self.version, extracted_at=now))
            counter.increment(page.length)

    @property
    def _is_written_as_read(self) -> bool:
        stream_map, *others = self.stream_maps
        return type(stream_map) is SameRecordTransform and not stream_map.flattening_enabled and not others

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        for page in self._read():
            yield from page.records()

    def _read(self) -> Iterator[ConvertedPage]:
        """Yield the rows of a run; behind each page, the bookmark says how far they go."""
        report, was_read = self.report, known_sequence(self.saved_bookmark) is not None
        if refusal := self.tap.report.refusals.get(self.name):
            raise refusal
        if self._is_removed:
            report.outcome = Outcome.REMOVED  # the difference to the catalog or the state says so, with its name
            return
        try:
            if self._prepared is None and self.ABORT_AT_RECORD_COUNT is None and self._schedule.take():
                self.prefetch()
            prepared = self._prepared or self._prepare(in_thread=False)
            report.bad, report.uncomputed = prepared.converter.bad, prepared.uncomputed
            started = prepared.await_start()
            if started.plan.is_set_back:
                self.tap.note_set_back(self.entry)
            if started.snapshot is not None:
                yield from self._read_in_full(started, started.snapshot, prepared)
            else:
                yield from self._read_changes(started, prepared)
            report.vanished = started.changed.vanished if started.changed else 0
            self._prepared = None  # of 5,000 tables, their converters and decoders take 60 MB
            self._kept_schema = None
        except (NinoxPermissionError, NinoxNotFoundError) as error:
            path = f"{self.entry.database.id}.{self.entry.table_id}"
            line = format_exclusion(self._settings.tables, path, setting="tables")
            if was_read or report.emitted:
                problem = str(error).rstrip(".")
                raise NotReadError(problem, f"{line} or meltano select tap-ninox --exclude {self.name} '*'") from None
            report.outcome = Outcome.NOT_PERMITTED
            self.stream_state[SNAPSHOT] = None  # of a reading that has not read anything
            logger.warning(
                "%s: this key may not read the table, and never did; it is left alone. To leave it out: %s or "
                "meltano select tap-ninox --exclude %s '*'. (%s)",
                self.name,
                line,
                self.name,
                error,
            )

    def _prepare(self, *, in_thread: bool) -> _PreparedTable:
        """Prepare what a table is read with, and start to read; called in the main thread, which owns the state."""
        self._kept_schema = self.entry.schema
        position = known_sequence(self.saved_bookmark)  # first: a bookmark that cannot be used is written over
        is_new = all(value is None for value in self.saved_bookmark.values())
        bookmark = self._load_bookmark()
        pages = self._make_pages(page_cap=bookmark.page_cap)
        policy = self._make_policy(pages.formulas, bookmark)
        client = self.tap.look_around().client
        start = partial(
            start_reading,
            pages,
            bookmark,
            policy,
            stream=self.name,
            position=position,
            now_ms=lambda: client.now_ms,
        )
        self._prepared = _PreparedTable(
            bookmark=bookmark,
            pages=pages,
            policy=policy,
            await_start=ReadInThread(start, self._schedule).run().wait if in_thread else start,
            converter=self._make_converter(
                self.entry.columns,
                self._selected,
                empty=tuple(self.added),
                ask_for_captions=partial(self._feed.ask_for_captions, self.entry.table_id),
            ),
            uncomputed=pages.formulas.lost if pages.formulas else Counter(),
            is_new=is_new,
        )
        self.is_begun = True
        return self._prepared

    def _load_bookmark(self) -> Bookmark:
        """Return the bookmark, and write it into the state again: with every key, or as one that begins anew."""
        unreadable = {column.name for column in self.entry.columns if not column.is_readable}
        bookmark = Bookmark.from_json(
            self.saved_bookmark,
            database_id=self.entry.database.id,
            table_id=self.entry.table_id,
            description=self._description,
            left_out=self.schema["properties"].keys() - self._selected - unreadable,
        )
        bookmark.write_to(self.stream_state)
        return bookmark

    def _make_pages(self, *, page_cap: int | None) -> TablePages:
        entry, client, columns = self.entry, self._feed.client, self._formula_columns
        formulas = prepare_formulas(entry, columns, self._feed) if columns else None
        if formulas is None:  # their values need a place in each record
            selected = self._selected
            client = client.decoding(SelectedFieldsDecoder(c for c in entry.columns if c.name in selected))
        return TablePages(
            client,
            entry.table_id,
            self._feed,
            page_size=self._settings.page_size,
            page_cap=page_cap,
            schedule=self._schedule,
            formulas=formulas,
        )

    def _make_converter(self, columns: Iterable[Column], selected: Iterable[str], **more: Any) -> Converter:
        """Make what converts rows, or their formulas alone: what shapes values is the same for both."""
        return Converter(columns, selected=selected, zone=self._settings.zone, as_text=self._as_text, **more)

    def _make_policy(self, formulas: FormulaQueries | None, bookmark: Bookmark) -> RefreshPolicy:
        """Say when more than the changes is read: formulas alone, if nobody asks for full refreshes, and it is safe."""
        interval, formula_interval = self._settings.full_refresh_interval, None
        if interval is None and formulas is not None:
            if self.sends_formulas_alone and formulas.can_read_ranges:
                formula_interval = FORMULA_REFRESH_INTERVAL
            else:
                interval = FORMULA_REFRESH_INTERVAL
        columns = self._formula_columns
        comes_alone = formula_interval is not None
        return RefreshPolicy(
            in_every_run=self.replication_method == REPLICATION_FULL_TABLE,
            in_this_run=self._settings.refreshes(self.name),
            interval=interval,
            formula_interval=formula_interval,
            formulas=tuple(f"{column.name} {column.computed_as}" for column in columns),
            has_new_formulas=comes_alone and bookmark.lacks_formulas(columns),
            first_page=self._settings.page_size or FIRST_PAGE_SIZE,
        )

    @property
    def sends_formulas_alone(self) -> bool:
        """Whether formulas that are due may come without the other columns of their rows.

        A loader that takes one schema per stream would empty those, and so would one that reads files; a stream map may
        need them.
        """
        is_plain = self._is_written_as_read and not self.config.get("batch_config")
        return is_plain and self._settings.sends_narrow_rows and self.ABORT_AT_RECORD_COUNT is None

    @property
    def _formula_columns(self) -> list[Column]:
        selected = self._selected
        return [column for column in self.entry.columns if column.computed_as and column.name in selected]

    def _read_in_full(
        self, started: StartedRead, snapshot: Snapshot, prepared: _PreparedTable
    ) -> Iterator[ConvertedPage]:
        plan, bookmark, report = started.plan, prepared.bookmark, self.report
        removed = bookmark.not_reported(plan.changes)
        if bookmark.snapshot is not None:  # an earlier run has emitted rows, which lack what was selected since
            self.tap.report.drift += properties_selected(
                self.entry, sorted(self._selected.intersection(bookmark.deselected))
            )
        bookmark.begin_snapshot(snapshot, feed_repeats=self._feed.repeats_sequence)
        bookmark.write_to(self.stream_state)
        self.send_version(snapshot.table_version)
        share = snapshot.share_read(plan.last_id)
        with Progress(self.name, self.tap.report.display, start=share or 0.0) as progress:
            self._schedule.prefetch_behind(self)
            for page in started.pages:
                yield from self._convert(page.records, prepared.converter, removed)
                if page.part is not None:
                    snapshot.note(page.part, page.last_id)
                    snapshot.is_in_doubt = page.is_in_doubt
                    bookmark.write_to(self.stream_state)
                    self.tap.write_state(is_new=True)
                del page
                progress.advance(report.emitted, snapshot.share_read(plan.last_id))
                self._schedule.prefetch_behind(self)
        is_confirmed = started.full is not None and started.full.is_confirmed
        if not is_confirmed and report.emitted == 0 and prepared.is_new:
            logger.info(_NOTHING_YET, self.name)
        elif not is_confirmed:
            logger.warning(_UNCONFIRMED if report.emitted else _NOTHING_SHOWN, self.name)
        elif self._settings.activates_versions:
            self.activate(snapshot.table_version)
        self._write_tombstones(removed, started.sequence)
        is_empty = is_confirmed and report.emitted == 0 and plan.mode is ReadMode.FULL
        cap, reached = prepared.pages.size.cap, started.sequence
        bookmark.finish_snapshot(snapshot, sequence=reached, is_empty=is_empty, deleted=removed, page_cap=cap)
        bookmark.write_to(self.stream_state)
        if plan.mode is ReadMode.FULL:
            self.tap.report.filled_in[self.name] = None

    def _read_changes(self, started: StartedRead, prepared: _PreparedTable) -> Iterator[ConvertedPage]:
        plan, bookmark, report = started.plan, prepared.bookmark, self.report
        removed = bookmark.not_reported(plan.changes)
        changed = len(plan.changes.updated) if plan.changes else None
        self.tap.report.drift += properties_selected(
            self.entry, sorted(self._selected.intersection(bookmark.deselected))
        )
        self.send_version(bookmark.table_version)
        with Progress(self.name, self.tap.report.display) as progress:
            self._schedule.prefetch_behind(self)
            for page in started.pages:
                if page.is_of_formulas:  # the first is empty: nothing was asked for yet
                    break
                yield from self._convert(page.records, prepared.converter, removed)
                progress.advance(report.emitted, compute_share(report.emitted, changed))
                self._schedule.prefetch_behind(self)
        self._write_tombstones(removed, started.sequence)
        bookmark.advance(started.sequence, is_empty=bookmark.is_empty and report.emitted == 0, deleted=removed)
        bookmark.write_to(self.stream_state)
        if plan.mode is ReadMode.FORMULAS:
            yield from self._read_formulas(started, prepared)
        if plan.problem is not None:
            if not prepared.finds_deletions_later:
                raise DeletionsUnknownError(self.name, plan.problem)
            logger.warning(
                "%s: its changed rows were read, but what was deleted since the last run is not known before its next "
                "full refresh. (%s)",
                self.name,
                plan.problem,
            )

    def _read_formulas(self, started: StartedRead, prepared: _PreparedTable) -> Iterator[ConvertedPage]:
        """Yield the formulas of all rows, under a schema of their own: a loader leaves the other columns as they are.

        They come behind the changes, so that a row which has changed has its new values first.
        """
        bookmark, formulas = prepared.bookmark, prepared.policy.formulas
        reached, last_id = started.plan.formulas_after, started.plan.last_id or 0
        if reached >= last_id:
            self._finish_formulas(prepared)
            return
        bookmark.note_formulas(formulas, reached)  # begun: if it fails at once, the next run begins again
        bookmark.write_to(self.stream_state)
        names = [column.name for column in self._formula_columns]
        converter = self._make_converter(self._formula_columns, [RECORD_ID, *names])
        converter.bad = prepared.converter.bad
        self._write_schema_of([RECORD_ID, *names])
        try:
            with Progress(self.name, self.tap.report.display) as progress:
                for page in started.pages:
                    yield from self._convert(page.records, converter, removed=IdSet())
                    reached = page.last_id
                    bookmark.note_formulas(formulas, reached)
                    bookmark.write_to(self.stream_state)
                    self.tap.write_state(is_new=True)
                    progress.advance(self.report.emitted, compute_share(reached, last_id))
                    self._schedule.prefetch_behind(self)
        except Exception:  # whatever it was: rows in a loader's hands are not to be written under this narrow schema
            self.write_schema()
            raise
        self.write_schema()  # again: loaders that take the last one for all rows in hand are to have that of the rows
        if reached == last_id:
            self._finish_formulas(prepared)

    def _finish_formulas(self, prepared: _PreparedTable) -> None:
        """Note that all rows have had their formulas."""
        prepared.bookmark.finish_formulas(prepared.policy.formulas)
        prepared.bookmark.write_to(self.stream_state)
        self.tap.report.filled_in[self.name] = {column.field_id for column in self._formula_columns}

    def _write_schema_of(self, properties: Iterable[str]) -> None:
        """Write a SCHEMA of some properties alone."""
        (stream_map,) = self.stream_maps
        schema = stream_map.transformed_schema
        some = {name: schema["properties"][name] for name in properties}
        message = SchemaMessage(self.name, {**schema, "properties": some}, stream_map.transformed_key_properties)
        self.identify(message)
        message.schema[IDENTITY][ROWS] = FORMULAS_ALONE  # so that target-ninox makes no record of one
        self.tap.write_message(message)

    def _convert(self, records: Page, converter: Converter, removed: IdSet) -> Iterator[ConvertedPage]:
        """Yield the rows of a page; a record that is in it was not deleted, or was made again."""
        if removed:  # in place: a copy at each page would make the time grow with the square of the changes
            removed.difference_update([record.id for record in records])
        for start in range(0, len(records), converter.rows_at_once):
            part = records[start : start + converter.rows_at_once]
            yield converter.convert(part)
            self.report.emitted += len(part)

    def _write_tombstones(self, removed: IdSet, sequence: int) -> None:
        if not removed or not self._settings.sends_tombstones:
            return
        is_narrow = not self._settings.marks_deletions_in_full
        tombstones = Tombstones(self.name, self.stream_maps, self.config.get("stream_maps") or {}, narrow=is_narrow)
        for message in tombstones.messages(
            Deletions(record_ids=removed, sequence=sequence, table_version=self.version)
        ):
            if isinstance(message, SchemaMessage):
                self.identify(message)
            self.tap.write_message(message)
        if is_narrow:  # loaders that take the last schema for all rows in hand would write these columns only
            self.write_schema()
        self.report.deleted += len(removed)
