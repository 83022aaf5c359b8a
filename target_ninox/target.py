"""The target: settings in, Singer messages through, states out."""

from __future__ import annotations

import copy
import logging
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from singer_sdk import metrics
from singer_sdk.exceptions import RecordsWithoutSchemaException
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TargetCapabilities
from singer_sdk.mapper import RemoveRecordTransform
from typing_extensions import override

from ninox_api.errors import NinoxConfigError
from ninox_singer.cli import Stopping
from ninox_singer.connection import read_connection
from ninox_singer.logs import quieten
from ninox_singer.protocol import IDENTITY, RECORD_ID, STREAMS_OF_NO_TABLE
from target_ninox.completeness import Completeness
from target_ninox.defects import Defects
from target_ninox.messages import MessageReader, read_rows
from target_ninox.rejects import MAPPED
from target_ninox.rows import StreamSchema, is_marked_deleted
from target_ninox.sdk_overrides import BatchConfig, SdkTarget
from target_ninox.settings import CONFIG_JSONSCHEMA, REMOVED_SETTINGS, TargetSettings, check_unused
from target_ninox.state import DurableStates, State, write_state
from target_ninox.stream_maps import find_filter, find_missing_source, makes, transform
from target_ninox.write.load import Load
from target_ninox.write.stream import Buffered, StreamLoader

logger = logging.getLogger(__name__)

ROWS_AT_ONCE = 5000
"""Rows of a stream that are matched together: of more of them it shows better whether reading the table pays."""

MOST_ROWS_IN_ALL = 20_000
"""Of all streams together; a row takes a kilobyte."""

MOST_BYTES_IN_ALL = 16 * 1024**2
"""Of all streams together; of large rows, such as those with files in base64, fewer are held in memory."""

_VALUE_BYTES = 100
"""What a value takes beside its text: a row of a hundred short ones takes many times its line."""

_LOAD_EVERY_S = 60
"""What came is loaded so often at least: behind a slow tap, rows would else be late by hours."""


class TargetNinox(SdkTarget):
    """Loads streams into the tables of one Ninox database."""

    name = "target-ninox"
    package_name = "singer-ninox"
    config_jsonschema: ClassVar[dict[str, Any]] = copy.deepcopy(CONFIG_JSONSCHEMA)  # the SDK adds its own to it
    removed_settings = REMOVED_SETTINGS
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TargetCapabilities.HARD_DELETE,
        PluginCapabilities.ABOUT,
        PluginCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.BATCH,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, **kwargs: Any) -> None:
        self._stopping = Stopping()
        self._defects = Defects()
        self._states = DurableStates()
        self._last_inside: tuple[State, Mapping[str, int]] | None = None
        self._buffered = Buffered()
        self._loaded_at = time.time()
        self._counters: dict[str, metrics.Counter] = {}
        self._reader = MessageReader(self._receive, on_failure=lambda: self._load.close(is_complete=False))
        quieten(self.logger)  # before the SDK's own __init__, which logs
        super().__init__(**{"message_reader": self._reader, **kwargs})
        heeds_activation = self.config.get("process_activate_version_messages") is not False
        self._completeness = Completeness(is_tombstone=is_marked_deleted, heeds_activation=heeds_activation)
        connection = read_connection(self.config)
        self._settings = TargetSettings.from_settings(self.config)
        self._load = Load(connection, self._settings, self._stopping, self._defects, share=lambda: self._reader.share)
        self._load.rejects.is_mapped = bool(self.config.get("stream_maps"))

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Leave out what the SDK offers for every target and what has no meaning here."""
        super().append_builtin_config(config_jsonschema)
        for name in ("add_record_metadata", "load_method", "batch_size_rows"):
            config_jsonschema["properties"].pop(name, None)
        activation = config_jsonschema["properties"]["process_activate_version_messages"]
        activation["description"] = (
            "Whether ACTIVATE_VERSION may say that a stream came completely. If false, a mirror deletes nothing behind "
            "a tap that knows versions."
        )

    @override
    def stop(self, signum: int) -> None:
        """Stop with the exit code that shells expect; what was not written comes again with the last state."""
        logger.error("Stopped by %s. The next run continues from the last state.", signal.Signals(signum).name)
        self._stopping.stop(signum)

    # ------------------------------------------------------------------------------------------------------ messages

    def _receive(self, message: dict[str, Any]) -> None:
        """Do what a message says."""
        try:
            self._completeness.note(message)
        except Exception as error:  # noqa: BLE001 (no row has a part in it)
            self._defects.note(error)
        match message["type"]:
            case "SCHEMA":
                self._receive_schema(message)
            case "RECORD":
                self._receive_rows(message["stream"], [(message["record"], self._reader.line_bytes)])
            case "BATCH":
                self._receive_batch(message)
            case "STATE":
                self._receive_state(message["value"])
            case _:  # ACTIVATE_VERSION was noted, which is all: nothing is deleted before the input has ended
                pass

    def _receive_schema(self, message: Mapping[str, Any]) -> None:
        """Receive the schema of a stream as each of its maps makes it."""
        stream, schema, keys = message["stream"], message["schema"], message.get("key_properties")
        if self._is_left_out(stream):
            logger.info("%s describes the source and is not loaded.", stream)
            return
        if message.get(MAPPED) and self.config.get("stream_maps"):
            text = (
                f"{stream}: these rejected rows went through stream_maps before, and would go through them again. Feed "
                "the file in with settings that have no stream_maps."
            )
            raise NinoxConfigError(text)
        known = self.mapper.stream_maps.get(stream)
        if known and known[0].raw_schema == schema and known[0].raw_key_properties == keys:
            return
        self.mapper.register_raw_stream_schema(stream, schema, keys)
        for stream_map in self.mapper.stream_maps[stream]:
            if isinstance(stream_map, RemoveRecordTransform):  # it wants no table
                continue
            name, schema = stream_map.stream_alias, dict(stream_map.transformed_schema)
            if self._is_remade(name):
                schema.pop(IDENTITY, None)
            key_properties = tuple(stream_map.transformed_key_properties or ())
            described = StreamSchema(stream=name, schema=schema, key_properties=key_properties)
            loading = self._load.streams.get(name)
            if loading is None or loading.account.described != described:
                self._flush(name)  # rows that came under another schema
                self._load.describe(described)

    def _receive_rows(self, stream: str, rows: Iterable[tuple[dict[str, Any], int]]) -> None:
        """Give rows, each of so many bytes of input, to what loads them; empty it where that is full."""
        if self._is_left_out(stream):
            return
        stream_maps = self.mapper.stream_maps.get(stream)
        if stream_maps is None:
            message = (
                f"A record for stream {stream!r} was encountered before a corresponding schema. Check that the tap "
                "correctly implements the Singer spec."
            )
            raise RecordsWithoutSchemaException(message)
        for given, line_bytes in rows:
            for stream_map in stream_maps:
                name, row = stream_map.stream_alias, transform(stream_map, given)
                if row is None:
                    self._load.claimed.note_filtered(name)
                    continue
                loader, size = self._load.streams[name], line_bytes + _VALUE_BYTES * len(row)
                loader.add(row, size)
                self._buffered.rows += 1
                self._buffered.size += size
                if loader.buffered.rows >= ROWS_AT_ONCE:
                    self._flush(name)
                elif self._buffered.rows > MOST_ROWS_IN_ALL or self._buffered.size > MOST_BYTES_IN_ALL:
                    # With many streams, before any of them is full: the fullest.
                    buffered = {other: stream.buffered for other, stream in self._load.streams.items()}
                    self._flush(max(buffered, key=lambda other: (buffered[other].size, buffered[other].rows)))
        if time.time() - self._loaded_at > _LOAD_EVERY_S:
            self._flush_all()

    def _receive_batch(self, message: Mapping[str, Any]) -> None:
        settings, stream = self.config.get("batch_config"), message["stream"]
        storage = BatchConfig.from_dict(settings).storage if settings else None
        self._receive_rows(stream, read_rows(message, storage=storage))
        for stream_map in self.mapper.stream_maps.get(stream, ()):
            self._flush(stream_map.stream_alias)

    def _receive_state(self, state: State) -> None:
        rows_before = {name: stream.account.report.read for name, stream in self._load.streams.items()}
        if self._is_under_way():
            self._last_inside = state, rows_before  # goes out only if the input ends with it
        else:
            self._states.add(state, rows_before)
            self._last_inside = None
        self.write_durable_state()

    @override
    def process_endofpipe(self) -> None:
        try:
            if self._last_inside is not None and self._has_ended(self._mirrored_streams()):
                self._states.add(*self._last_inside)
            self._flush_all()
            for counter in self._counters.values():
                counter.exit()  # logs the last count
            with self._defects.outlived():
                maps = self.config.get("stream_maps") or {}
                check_unused(self._settings, self._load.streams, maps, self.mapper.stream_maps)
            errors = self._load.finish(has_ended=self._has_ended(()), doubts=self._doubts_of)
            if self._defects.first is not None:
                errors.append(self._defects.first)
        except (Exception, SystemExit):
            self._load.close(is_complete=False)
            raise
        self.write_durable_state()
        for error in errors[:-1]:
            logger.error(error)
        if errors:
            raise errors[-1]

    # ------------------------------------------------------------------------------------------------------- loading

    def _flush(self, name: str) -> None:
        """Load the rows of a stream that came so far, and let a state go if it can."""
        stream = self._load.streams.get(name)
        if stream is not None and stream.buffered.rows:
            if name not in self._counters:
                self._counters[name] = metrics.record_counter(name)
            self._counters[name].increment(stream.buffered.rows)
            self._buffered.rows -= stream.buffered.rows
            self._buffered.size -= stream.buffered.size
            with metrics.Timer(metrics.Metric.BATCH_PROCESSING_TIME, {metrics.Tag.STREAM: name}):
                stream.flush()
            self.write_durable_state()

    def _flush_all(self) -> None:
        """Load all rows that came, and those that waited, too: once a minute and at the end."""
        for name in self._load.streams:
            self._flush(name)
        self._load.retry_waiting()
        self.write_durable_state()
        self._loaded_at = time.time()

    def write_durable_state(self) -> None:
        """Write the newest state before which nothing is missing; a run of the first rows and a dry run write none."""
        if self._settings.dry_run or self._settings.limit_rows is not None:
            return
        unsettled = {name: stream.first_unsettled for name, stream in self._load.streams.items()}
        durable = self._states.take_durable({name: first for name, first in unsettled.items() if first is not None})
        if durable is not None:
            self._load.rejects.flush()  # what a state passes may be nowhere else
            write_state(durable)

    # ----------------------------------------------------------------------------------- whether a stream is complete

    def _is_under_way(self) -> bool:
        """Return whether no state may go out, as a mirrored stream is not at its end."""
        with self._defects.outlived():
            if self._completeness.is_under_way(self._mirrored_streams()):
                return True
        return self._defects.first is not None and any(self._mirrored_streams())

    def _has_ended(self, streams: Iterable[str]) -> bool:
        has_ended = False
        with self._defects.outlived():
            has_ended = self._completeness.has_ended(streams)
        return has_ended and self._defects.first is None

    def _doubts_of(self, loader: StreamLoader) -> list[str]:
        """Return why a loaded stream may not be complete."""
        doubts: list[str] = []
        with self._defects.outlived():
            doubts = list(self._doubts(loader))
        return doubts if self._defects.doubt is None else [*doubts, self._defects.doubt]

    def _doubts(self, loader: StreamLoader) -> Iterator[str]:
        """Yield why a loaded stream may not be complete; a stream map can make it of several of the tap."""
        name = loader.plan.stream
        if loader.has_failed:
            yield "it ended before its last row was loaded"
        for lost in self._load.lost:
            yield f"stream {lost!r} ended before it was known where it goes, and may go into the same table"
        if self._settings.limit_rows is not None:
            yield "limit_rows leaves rows out"
        maps = self.config.get("stream_maps") or {}
        missing = find_missing_source(maps, name, self.mapper.stream_maps)
        if missing is not None:
            yield f"stream_maps.{missing} loads what did not come, or may not all have come, into the same stream"
        for source in self._sources(name):
            yield from self._completeness.doubts(source)
            stream_map = find_filter(maps, source, name)
            if stream_map is not None:
                yield f"stream_maps.{stream_map}.__filter__ may leave out rows whose records still exist"

    def _mirrored_streams(self) -> Iterator[str]:
        """Yield the tap's streams that end in a mirror."""
        loaders = self._load.loaders
        return (source for one in loaders if one.plan.mode == "mirror" for source in self._sources(one.plan.stream))

    def _sources(self, name: str) -> Iterator[str]:
        """Yield the tap's streams that are loaded under a name."""
        return (
            source
            for source, stream_maps in self.mapper.stream_maps.items()
            if any(stream_map.stream_alias == name for stream_map in stream_maps)
        )

    def _is_remade(self, name: str) -> bool:
        """Return whether a stream map gave a stream its name, which is to count then, or makes its `_id`."""
        maps = self.config.get("stream_maps")
        if not maps:
            return False
        sources = list(self._sources(name))
        return name not in sources or any(makes(maps, source, name, RECORD_ID) for source in sources)

    def _is_left_out(self, stream: str) -> bool:
        """Return whether a stream describes the source; the settings can still say where to load it."""
        return stream in STREAMS_OF_NO_TABLE and self._settings.own_key(stream) is None
