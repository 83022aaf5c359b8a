"""What all streams of this tap have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

from singer_sdk import metrics
from singer_sdk.helpers.types import Context, Record
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.singerlib import Catalog
from singer_sdk.singerlib.encoding.simple import ActivateVersionMessage, RecordMessage, SchemaMessage
from typing_extensions import override

from ninox_api.client import DatabaseClient, NinoxClient
from ninox_api.schema import DatabaseName
from ninox_singer.logs import EventLogger
from ninox_singer.stream_maps import MAP_ERRORS, StreamMapFailedError
from tap_ninox.bookmark_keys import TABLE_VERSION
from tap_ninox.discovery.catalog import TableEntry
from tap_ninox.discovery.discover import Discovery, Seen
from tap_ninox.discovery.overrides import METHODS, list_problems, method_problems
from tap_ninox.discovery.schema_watch import SchemaWatch
from tap_ninox.report import RunReport, StreamReport
from tap_ninox.sdk_overrides import OwnStream, OwnTap
from tap_ninox.settings import TapSettings
from tap_ninox.sync.prefetch import Schedule
from tap_ninox.sync.state import next_version
from tap_ninox.writer import BufferedMessageWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a tap has found in Ninox, before the first row.

    Attributes:
        client: Reads this Ninox.
        discovery: What the key can see; None if it may not read schemas.
        clients: All chosen databases.
        entries: The tables that can be read.
        watch: Compares what is read with what the bookmarks know of the schema.
        schedule: Which tables are read at the same time.
        stamp: What was seen, what makes it another's, and when, for the catalog; see `read_stamp`.
    """

    client: NinoxClient
    discovery: Discovery | None
    clients: Mapping[DatabaseName, DatabaseClient]
    entries: Sequence[TableEntry]
    watch: SchemaWatch
    schedule: Schedule
    stamp: tuple[Seen, Sequence[Any], float]


class StreamsTap(OwnTap):
    """What streams ask of their tap, beside what the SDK's has.

    Attributes:
        writer: Takes all messages.
        report: What became of each stream.
    """

    writer: BufferedMessageWriter
    report: RunReport

    @property
    @abstractmethod
    def settings(self) -> TapSettings:
        """The settings, checked."""

    @abstractmethod
    def look_around(self) -> Found:
        """Return what there is in Ninox: whoever asks first has it looked at."""

    @abstractmethod
    def note_set_back(self, entry: TableEntry) -> None:
        """Tell the stream of files, which comes last, that the database of a table was set back."""

    @abstractmethod
    def write_state(self, *, is_new: bool = False) -> None:
        """Write the state, if enough rows were written since the last one, and it has changed.

        Args:
            is_new: Whether it has changed for sure: then it is neither compared with the last one nor copied.
        """


class RecordStream(OwnStream):
    """A stream whose values fit their types already, and whose bookmark says how far it was read.

    Whatever goes wrong with it, in reading, in a stream map, in writing, is an error of this stream: the others go on.

    Attributes:
        bookmark_keys: All keys that its bookmark can have.
        tap: The tap.
        report: What became of it.
        problems: What a catalog asks for beside the selection and cannot be done.
        added: Properties that no stream map sees and that are null in each of its rows, with their schemas.
        version: Table version of its records; None for records without one.
        is_begun: Whether its rows are known or on their way: then a used up budget of calls is no reason to leave it.
    """

    bookmark_keys: ClassVar[tuple[str, ...]]
    methods: ClassVar[tuple[str, ...]] = tuple(METHODS)
    """Replication methods that a catalog may give it."""
    setting: str | None = None
    """Where its key and types are set, if it is no table."""

    def __init__(self, tap: StreamsTap, *, schema: dict[str, Any] | None = None, name: str | None = None) -> None:
        """Describe the stream."""
        self.tap = tap
        self.report = StreamReport()
        self.problems: list[str] = []
        self.added: Mapping[str, Any] = {}
        self.version: int | None = None
        self.is_begun = False
        super().__init__(tap, schema=schema, name=name)

    @property
    def saved_bookmark(self) -> Mapping[str, Any]:
        """The bookmark so far; reading it makes none, as the SDK's own `stream_state` does."""
        saved: Mapping[str, Any] = self.tap_state.get("bookmarks", {}).get(self.tap_stream_id, {})
        return saved

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Take what a catalog chooses; which columns there are, it does not say of what is no table."""
        own_key = tuple(self.primary_keys or ())
        super().apply_catalog(catalog)
        entry = catalog.get_stream(self.name)
        if entry is None:
            return
        own, given = self.schema["properties"], entry.schema.to_dict()
        shown = given.get("properties") or {}
        if self.selected:
            self.problems = [
                *method_problems(self.name, entry.replication_method, self.methods),
                *list_problems(
                    self.name,
                    own=own,
                    given={name: item for name, item in shown.items() if self.mask["properties", name]},
                    own_key=own_key,
                    key=self.primary_keys or (),
                    replication_key=self.replication_key,
                    setting=self.setting,
                ),
            ]
        self.primary_keys = own_key
        sent = {name: shown.get(name, schema) for name, schema in own.items() if name in shown or name in own_key}
        self.take_given_schema({**given, "properties": sent})

    def announce(self) -> None:
        """Let change feeds know from where this stream follows them; before anything is asked."""

    def new_version(self) -> int:
        """Return a table version above all under which this stream was sent before."""
        return next_version(self.saved_bookmark.get(TABLE_VERSION), now_ms=self.tap.look_around().client.now_ms)

    def send_version(self, version: int | None) -> None:
        """Let the records have a version, unless none is ever activated: loaders would put them aside for good."""
        self.version = version if self.tap.settings.activates_versions else None

    def activate(self, version: int) -> None:
        """Let the target take rows of other versions for deleted; behind the last row of this one."""
        for stream_map in self.stream_maps:
            if not isinstance(stream_map, RemoveRecordTransform):
                self.tap.write_message(ActivateVersionMessage(stream=stream_map.stream_alias, version=version))

    @override
    def run(self) -> None:
        self.logger.debug("Beginning sync of '%s'", self.name)
        self.write_schema()
        if self.tap.report.is_out_of_budget and not self.is_begun:
            return
        counter, timer = metrics.record_counter(self.name), metrics.sync_timer(self.name)
        for meter in (counter, timer):
            meter.with_context({})  # as the SDK does for streams without partitions
            quiet = EventLogger(meter.logger, is_event=lambda: self.report.is_eventful)
            meter.logger = quiet  # type: ignore[assignment] # it calls info() only
        with self.tap.report.measure(self.name) as self.report, counter, timer:
            self.write_rows(counter)
        self.tap.write_state()
        self.tap.mapper.stream_maps.pop(self.name, None)  # they can be made again

    @override
    def write_schema(self) -> None:
        for stream_map in self.stream_maps:
            if isinstance(stream_map, RemoveRecordTransform):
                continue
            # A loader that keeps the first schema of a stream is to know all its properties from there.
            properties = {**stream_map.transformed_schema["properties"], **self.added}
            message = SchemaMessage(
                stream=stream_map.stream_alias,
                schema={**stream_map.transformed_schema, "properties": properties},
                key_properties=stream_map.transformed_key_properties,
                bookmark_properties=[self.replication_key] if self.replication_key else None,
            )
            self.identify(message)
            self.tap.write_message(message)

    def identify(self, message: SchemaMessage) -> None:
        """Say in a SCHEMA what of Ninox it is of."""

    @cached_property
    def _left_out(self) -> frozenset[str]:
        """The properties that are not selected, or that a catalog lacks."""
        shown = self.effective_schema["properties"]
        return frozenset(
            name for name in self.schema["properties"] if name not in shown or not self.mask["properties", name]
        )

    @abstractmethod
    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Yield the records, in the order in which they are written."""

    def write_rows(self, counter: metrics.Counter) -> None:
        """Write the records; at most so many as a test of the connection takes."""
        for record in islice(self.get_records(None), self.ABORT_AT_RECORD_COUNT):
            self.write_record(record)
            counter.increment()

    def write_record(self, record: Record) -> None:
        """Write a record as stream maps make it: once, several times, or not at all.

        Raises:
            StreamMapFailedError: One cannot be applied.
        """
        left_out = self._left_out
        selected = {name: value for name, value in record.items() if name not in left_out} if left_out else record
        is_sent = False
        for stream_map in self.stream_maps:
            try:
                mapped = stream_map.transform(selected)
            except MAP_ERRORS as error:
                kind = type(error.__cause__ or error).__name__
                problem = (
                    f"The stream map of {self.name} failed for a record ({kind}); it and those behind it were not "
                    "sent. Correct the expression in stream_maps so that it takes empty and odd values, too."
                )
                raise StreamMapFailedError(problem) from None
            if mapped is not None:
                is_sent = True
                message = RecordMessage(
                    stream=stream_map.stream_alias,
                    record={**mapped, **dict.fromkeys(self.added)},
                    version=self.version,
                    time_extracted=datetime.now(timezone.utc),
                )
                self.tap.write_message(message)
        self.report.filtered += not is_sent
