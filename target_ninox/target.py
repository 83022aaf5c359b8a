"""The target: settings in, Singer messages through, states out."""

from __future__ import annotations

import copy
import logging
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any, ClassVar

from singer_sdk import Sink
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TargetCapabilities
from singer_sdk.mapper import RemoveRecordTransform
from typing_extensions import override

from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_singer.cli import Stopping, log_defect
from ninox_singer.connection import connection_config
from ninox_singer.logs import quieten
from ninox_singer.settings import ConfiguredPlugin
from target_ninox import finishing
from target_ninox.batch_files import read_rows
from target_ninox.completeness import Completeness
from target_ninox.loader import LostStream, StreamLoader, open_stream
from target_ninox.mapping.place import CATALOGUE_STREAMS, IDENTITY, RECORD_ID, is_marked_deleted
from target_ninox.reader import QuietReader
from target_ninox.reporting.rejects import StreamSchema
from target_ninox.run import Run, open_run
from target_ninox.settings import CONFIG_JSONSCHEMA, REMOVED_SETTINGS, TargetSettings
from target_ninox.sink import Buffered, LoadingTarget, NoSink, TableSink
from target_ninox.state import DurableStates, State, write_state
from target_ninox.stream_maps import find_filter, find_missing_source, makes, transformed

logger = logging.getLogger(__name__)

_NO_DELETION = "so that nobody knows what may be deleted, and nothing was at the end. All rows were loaded"
_NO_LOOK = "so that nobody knows whether somebody else created records with the same keys. All else was done"


class DefectError(NinoxError):
    """Something that concerns no row failed as nobody foresaw."""

    def __init__(self, error: Exception, follows: str) -> None:
        """Say what follows from it; not the error's own text, which may quote a value."""
        super().__init__(f"target-ninox has a defect ({type(error).__name__}), {follows}.")


class TargetNinox(ConfiguredPlugin, LoadingTarget):
    """Loads streams into the tables of one Ninox database."""

    name = "target-ninox"
    package_name = "singer-ninox"
    config_jsonschema: ClassVar[dict[str, Any]] = copy.deepcopy(CONFIG_JSONSCHEMA)  # the SDK adds its own to it
    removed_settings = REMOVED_SETTINGS
    default_sink_class = TableSink
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TargetCapabilities.HARD_DELETE,
        PluginCapabilities.ABOUT,
        PluginCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.BATCH,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    _MAX_RECORD_AGE_IN_MINUTES = 1.0

    def __init__(self, **kwargs: Any) -> None:
        """Take the SDK's arguments; nothing is sent yet."""
        self._run: Run | None = None
        self._is_closed = False
        self.buffered = Buffered()
        self._loaders: dict[str, StreamLoader] = {}
        self._lost: dict[str, LostStream] = {}
        self._stopping = Stopping()
        self._states = DurableStates(self._write_state)
        self._completeness = Completeness(is_tombstone=is_marked_deleted)
        self._defect: DefectError | None = None
        self._last_inside: tuple[State, Mapping[str, int]] | None = None
        self.reader = QuietReader(on_bad_line=self._abort)
        quieten(self.logger)
        super().__init__(**{"message_reader": self.reader, **kwargs})
        self.max_parallelism = 1  # the SDK's own __init__ sets 8
        self._connection = connection_config(self.config)
        self._settings = TargetSettings.from_settings(self.config)

    @property
    def run(self) -> Run:
        """What all streams share; the database is looked for when it is first needed."""
        if self._run is None:
            self._run = open_run(self._connection, self._settings, self._stopping, share=lambda: self.reader.share)
        return self._run

    def loader(self, described: StreamSchema) -> StreamLoader | LostStream:
        """Return the loader of a stream, set to its newest schema."""
        if described.stream in self._lost:
            return self._lost[described.stream]
        if self._is_remade(described.stream):
            named = {key: value for key, value in described.schema.items() if key != IDENTITY}
            described = replace(described, schema=named)
        known = self._loaders.get(described.stream)
        if known is not None:
            known.describe(described)
            return known
        opened = open_stream(self.run, described)
        if isinstance(opened, LostStream):
            self._lost[described.stream] = opened
        else:
            self._loaders[described.stream] = opened
            self._check_mirrors(opened)
        return opened

    @property
    def _all_streams(self) -> dict[str, StreamLoader | LostStream]:
        return {**self._loaders, **self._lost}

    def _is_remade(self, name: str) -> bool:
        """Return whether a stream map gave a stream its name, which is to count then, or makes its `_id`."""
        maps = self.config.get("stream_maps") or {}
        sources = list(self._sources(name))
        return name not in sources or any(makes(maps, source, name, RECORD_ID) for source in sources)

    def write_durable_state(self) -> None:
        """Write the newest state before which nothing is missing; a run of the first rows and a dry run write none."""
        if self._settings.dry_run or self._settings.limit_rows is not None:
            return
        unsettled = {name: stream.first_unsettled for name, stream in self._all_streams.items()}
        self._states.write_durable({name: first for name, first in unsettled.items() if first is not None})

    def _write_state(self, state: State) -> None:
        if self._run is not None:
            self._run.rejects.flush()  # what the state passes may be nowhere else
        write_state(state)

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Leave out what the SDK offers for every target and what has no meaning here."""
        super().append_builtin_config(config_jsonschema)
        for name in ("add_record_metadata", "load_method", "batch_size_rows"):
            config_jsonschema["properties"].pop(name, None)

    @override
    def get_sink(
        self, stream_name: str, *, record: dict[str, Any] | None = None, schema: dict[str, Any] | None = None,
        key_properties: Sequence[str] | None = None,
    ) -> Sink:  # fmt: skip
        """Empty a sink before one for another schema takes its place: the SDK would load the older rows last."""
        known = self._sinks_active.get(stream_name)
        if known and schema is not None and _differs(known, schema, key_properties):
            self.drain_one(known)
            known.clean_up()
            del self._sinks_active[stream_name]
        return super().get_sink(stream_name, record=record, schema=schema, key_properties=key_properties)

    @override
    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """Ask for no table where a stream map leaves the stream out."""
        of_name = [
            stream_map
            for stream_maps in self.mapper.stream_maps.values()
            for stream_map in stream_maps
            if stream_map.stream_alias == stream_name
        ]
        is_removed = bool(of_name) and all(isinstance(stream_map, RemoveRecordTransform) for stream_map in of_name)
        return NoSink if is_removed else TableSink

    def _is_left_out(self, message: Mapping[str, Any]) -> bool:
        """Return whether a stream describes the source; the settings can still say where to load it."""
        stream = message.get("stream")
        return stream in CATALOGUE_STREAMS and self._settings.own_key(stream) is None

    @override
    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        self._note(message_dict)
        if self._is_left_out(message_dict):
            logger.info("%s describes the source and is not loaded.", message_dict["stream"])
            return
        with self._reported():
            super()._process_schema_message(message_dict)

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        """Do what the SDK does, but for its copy of the record and for columns of its own: half of a row's way here."""
        stream = message_dict["stream"]
        self._note(message_dict)
        if self._is_left_out(message_dict):
            return
        try:
            if stream not in self.mapper.stream_maps:
                self._assert_sink_exists(stream)
            for stream_map in self.mapper.stream_maps[stream]:
                record = transformed(stream_map, message_dict["record"])
                if record is not None:
                    self._hand_over(record, stream_map.stream_alias, self.reader.line_bytes)
                elif self._run is not None:
                    self._run.note_filtered(stream_map.stream_alias)
            self._handle_max_record_age()
        except (Exception, SystemExit):
            self._abort()
            raise

    def _hand_over(self, record: dict[str, Any], name: str, size: int) -> None:
        """Give a record, of so many bytes of input, to its sink, and empty sinks that are full."""
        sink = self._sinks_active.get(name)
        if sink is None:
            self._assert_sink_exists(name)
            return
        sink.tally_record_read()
        sink.process_record(record, {"bytes": size})
        sink.record_counter_metric.increment()
        if sink.is_full:
            self.drain_one(sink)
        elif self.buffered.is_too_much:  # with many streams, before any of them is full
            sinks = [sink for sink in self._sinks_active.values() if isinstance(sink, TableSink)]
            self.drain_one(max(sinks, key=lambda sink: (sink.held.size, sink.held.rows)))

    @override
    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        self._note(message_dict)
        if self._is_left_out(message_dict):
            return
        with self._reported():
            if message_dict["stream"] not in self.mapper.stream_maps:
                self._assert_sink_exists(message_dict["stream"])
            for stream_map in self.mapper.stream_maps[message_dict["stream"]]:
                sink = self.get_sink(stream_map.stream_alias)
                if isinstance(sink, TableSink):
                    storage = sink.batch_config.storage if sink.batch_config else None
                    for row, size in read_rows(message_dict, storage=storage):
                        record = transformed(stream_map, row)
                        if record is not None:
                            self._hand_over(record, stream_map.stream_alias, size)
                        else:
                            self.run.note_filtered(stream_map.stream_alias)
                    self.drain_one(sink)
            self._handle_max_record_age()

    @override
    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        self._note(message_dict)  # that is all: nothing is deleted before the input has ended

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        self._note(message_dict)
        state, rows_before = (
            message_dict["value"],
            {name: item.account.read for name, item in self._all_streams.items()},
        )
        if self._is_under_way():
            self._last_inside = state, rows_before  # goes out only if the input ends with it
        else:
            self._states.add(state, rows_before)
            self._last_inside = None
        with self._reported():
            self.write_durable_state()

    @override
    def process_endofpipe(self) -> None:
        with self._reported():
            if self._last_inside is not None and self._has_ended(self._mirrored_streams()):
                self._states.add(*self._last_inside)
            super().process_endofpipe()
            self._finish()

    @override
    def _reset_max_record_age(self) -> None:
        """Load the rows that waited, too, when the SDK has emptied all sinks: once a minute and at the end."""
        for loader in self._loaders.values():
            loader.retry_now_and_then()
        self.write_durable_state()
        super()._reset_max_record_age()

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop with the exit code that shells expect; what was not written comes again with the last state."""
        logger.error("Stopped by %s. The next run continues from the last state.", signal.Signals(signum).name)
        self._stopping.stop(signum)

    def _check_mirrors(self, loader: StreamLoader) -> None:
        plan = loader.plan
        others = [other.plan for other in self._loaders.values() if other is not loader]
        for other in others:
            if other.table.id == plan.table.id and "mirror" in {plan.mode, other.mode}:
                message = (
                    f"streams.{plan.stream}: {other.stream!r} goes to table {plan.table.name!r}, too; a mirror would "
                    "delete the records of the other. Use mode upsert, or one stream."
                )
                raise NinoxConfigError(message)

    def _finish(self) -> None:
        """Do what needs all input, then let the last state go."""
        loaders = list(self._loaders.values())
        with self._outliving():
            finishing.check_idle_settings(self._settings, self._all_streams)
        if self._run is None:
            self.write_durable_state()
            if self._defect is not None:
                raise self._defect
            return
        finishing.load_held(self._run, loaders)
        cut_off = None if self._has_ended(()) else finishing.CUT_OFF
        doubts = {loader: self._doubts_of(loader) for loader in loaders}
        finishing.delete_put_off(loaders, doubt=self._defect_as_doubt or cut_off)
        finishing.remove_unseen(self._run, doubts)
        other_writer = None
        with self._outliving(follows=_NO_LOOK):
            other_writer = finishing.find_other_writer(self._run, loaders)
        rejected = self._run.rejects.error() if self._settings.fails_on_reject else None
        self._close(self._run, is_complete=True)
        self.write_durable_state()
        errors = [
            error for error in (rejected, self._run.report.error(), other_writer, self._defect) if error is not None
        ]
        for error in errors[:-1]:
            logger.error(error)
        if errors:
            raise errors[-1]

    def _note(self, message: Mapping[str, Any]) -> None:
        try:
            self._completeness.note(message)
        except Exception as error:  # noqa: BLE001 (no row has a part in it)
            self._note_defect(error)

    def _is_under_way(self) -> bool:
        """Return whether no state may go out, as a mirrored stream is not at its end."""
        with self._outliving():
            if self._completeness.is_under_way(self._mirrored_streams()):
                return True
        return self._defect is not None and any(self._mirrored_streams())

    def _has_ended(self, streams: Iterable[str]) -> bool:
        has_ended = False
        with self._outliving():
            has_ended = self._completeness.has_ended(streams)
        return has_ended and self._defect is None

    @contextmanager
    def _outliving(self, *, follows: str = _NO_DELETION) -> Iterator[None]:
        """Let an error that nobody foresaw, in what concerns no row, end nothing but what follows from it."""
        try:
            yield
        except (NinoxError, OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 (no row has a part in it)
            self._note_defect(error, follows)

    def _note_defect(self, error: Exception, follows: str = _NO_DELETION) -> None:
        if self._defect is None:  # it may come again with each message
            log_defect(error, self.logger)
            self._defect = DefectError(error, follows)

    @property
    def _defect_as_doubt(self) -> str | None:
        return None if self._defect is None else str(self._defect).rstrip(".")

    def _doubts_of(self, loader: StreamLoader) -> list[str]:
        doubts: list[str] = []
        with self._outliving():
            doubts = list(self._doubts(loader))
        return doubts if self._defect_as_doubt is None else [*doubts, self._defect_as_doubt]

    def _doubts(self, loader: StreamLoader) -> Iterator[str]:
        """Yield why a loaded stream may not be whole; a stream map can make it of several of the tap."""
        name = loader.plan.stream
        if loader.has_failed:
            yield "it ended before its last row was loaded"
        for lost in self._lost:
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
                yield f"stream_maps.{stream_map}.__filter__ may leave out rows whose records are not gone"

    def _sources(self, name: str) -> Iterator[str]:
        """Yield the tap's streams that are loaded under a name."""
        return (
            source
            for source, stream_maps in self.mapper.stream_maps.items()
            if any(stream_map.stream_alias == name for stream_map in stream_maps)
        )

    def _mirrored_streams(self) -> Iterator[str]:
        """Yield the tap's streams that end in a mirror."""
        mirrored = (name for name, loader in self._loaders.items() if loader.plan.mode == "mirror")
        return (source for name in mirrored for source in self._sources(name))

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Report what was done until then, if what is inside fails."""
        try:
            yield
        except (Exception, SystemExit):
            self._abort()
            raise

    def _abort(self) -> None:
        if self._run is not None and not self._is_closed:
            self._close(self._run, is_complete=False)

    def _close(self, run: Run, *, is_complete: bool) -> None:
        self._is_closed = True
        for loader in self._loaders.values():
            loader.close()
        run.close(is_complete=is_complete)


def _differs(sink: Sink, schema: Mapping[str, Any], key_properties: Sequence[str] | None) -> bool:
    return sink.original_schema != schema or list(sink.key_properties) != list(key_properties or ())
