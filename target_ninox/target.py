"""The target: settings in, Singer messages through, states out."""

from __future__ import annotations

import copy
import logging
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, ClassVar

from singer_sdk import Sink, Target
from singer_sdk.exceptions import ConfigValidationError, MapExpressionError
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TargetCapabilities
from typing_extensions import override

from ninox_api.client import NinoxClient
from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_api.fetching import FileFetcher
from target_ninox import finishing
from target_ninox.destination import open_destination
from target_ninox.durable_state import DurableStates, write_state
from target_ninox.loader import StreamLoader
from target_ninox.planning.names import CATALOGUE_STREAMS
from target_ninox.reader import QuietReader
from target_ninox.reporting.dry_run import DryRun
from target_ninox.reporting.rejects import Rejects, StreamSchema
from target_ninox.reporting.report import RunReport
from target_ninox.run import Run
from target_ninox.settings import TargetSettings
from target_ninox.settings_check import check_streams, without_secret
from target_ninox.settings_schema import CONFIG_JSONSCHEMA
from target_ninox.sink import TableSink
from target_ninox.stopping import Stopping
from target_ninox.writing.file_sources import FileSources
from target_ninox.writing.limits import Limits
from target_ninox.writing.writers import DryWriter, UninterruptedWriter

logger = logging.getLogger(__name__)

_MAP_ERRORS = (MapExpressionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class RowsRejectedError(NinoxError):
    """Some rows could not be written; all others were."""


class StreamMapFailedError(NinoxError):
    """A stream map cannot be applied to a record."""


class TargetNinox(Target):
    """Loads streams into the tables of one Ninox database."""

    name = "target-ninox"
    package_name = "singer-ninox"
    config_jsonschema: ClassVar[dict[str, Any]] = copy.deepcopy(CONFIG_JSONSCHEMA)  # the SDK adds its own to it
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
        self._waits_for_script = False
        self._loaders: dict[str, StreamLoader] = {}
        self._stopping = Stopping()
        self._states = DurableStates(write_state)
        self._partial_streams: set[str] = set()
        self._last_message = ""
        super().__init__(**{"message_reader": QuietReader(on_bad_line=self._abort), **kwargs})
        self.max_parallelism = 1  # the SDK's own __init__ sets 8
        self._connection = ConnectionConfig.from_settings(self.config)
        self._settings = TargetSettings.from_settings(self.config)

    @property
    def run(self) -> Run:
        """What all streams share; the database is looked for when it is first needed."""
        if self._run is None:
            self._run = self._opened()
        return self._run

    def loader(self, described: StreamSchema) -> StreamLoader:
        """Return the loader of a stream, set to its newest schema."""
        known = self._loaders.get(described.stream)
        if known is None:
            known = self._loaders[described.stream] = StreamLoader(self.run, described)
            self._check_mirrors(known)
        else:
            known.describe(described)
        return known

    def write_durable_state(self) -> None:
        """Write the newest state before which nothing is missing; a dry run writes none."""
        if self._settings.dry_run or self._waits_for_script:
            return
        unsettled = {name: loader.first_unsettled for name, loader in self._loaders.items()}
        if self._run is not None:
            self._run.rejects.flush()
        self._states.write_durable({name: first for name, first in unsettled.items() if first is not None})

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

    def _is_left_out(self, message: Mapping[str, Any]) -> bool:
        """Tell whether a stream describes the source; the settings can still say where to load it."""
        stream = message.get("stream")
        return stream in CATALOGUE_STREAMS and stream not in self._settings.streams

    @override
    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        self._last_message = "SCHEMA"
        if self._is_left_out(message_dict):
            logger.info("%s describes the source and is not loaded.", message_dict["stream"])
            return
        if message_dict.get("bookmark_properties"):
            self._partial_streams.add(str(message_dict.get("stream")))
        with self._reported():
            super()._process_schema_message(message_dict)

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        self._last_message = "RECORD"
        if self._is_left_out(message_dict):
            return
        with self._reported(), self._map_errors(message_dict):
            super()._process_record_message(message_dict)

    @override
    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        self._last_message = "BATCH"
        if self._is_left_out(message_dict):
            return
        with self._reported():
            super()._process_batch_message(message_dict)

    @override
    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        self._last_message = "ACTIVATE_VERSION"
        if self._is_left_out(message_dict):
            return
        for stream_map in self.mapper.stream_maps.get(message_dict["stream"], ()):
            sink = self.get_sink(stream_map.stream_alias)
            if sink.process_activate_version_messages:
                sink.activate_version(message_dict["version"])

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        self._last_message = "STATE"
        self._states.add(message_dict["value"], {name: item.account.read for name, item in self._loaders.items()})
        with self._reported():
            self.write_durable_state()

    @override
    def process_endofpipe(self) -> None:
        with self._reported():
            self._mark_complete()
            self._waits_for_script = bool(self._settings.after_load_script)
            super().process_endofpipe()
            self._finish()

    @override
    def _reset_max_record_age(self) -> None:
        """Load the rows that waited, too, when the SDK has emptied all sinks: once a minute and at the end."""
        for loader in self._loaders.values():
            loader.retry_held()
        self.write_durable_state()
        super()._reset_max_record_age()

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop with the exit code that shells expect; what was not written comes again with the last state."""
        logger.error("Stopped by %s. The next run continues from the last state.", signal.Signals(signum).name)
        self._stopping.stop(signum)

    @override
    def setup_mapper(self) -> None:
        if self._config.get("stream_maps") is None:
            self._config.pop("stream_maps", None)  # null is permitted, but the SDK looks into it
        super().setup_mapper()

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings as the SDK does, but never quote a secret: JSON Schema's messages hold the value."""
        check_streams(self.config.get("streams"))
        try:
            return super()._validate_config(raise_errors=raise_errors)
        except ConfigValidationError as error:
            errors = [without_secret(message) for message in error.errors]
            raise ConfigValidationError(str(error), errors=errors, schema=error.schema) from None

    def _opened(self) -> Run:
        client = NinoxClient(self._connection)
        settings = self._settings
        destination = open_destination(client, team=self._connection.team, database=settings.database)
        writer = DryWriter() if settings.dry_run else UninterruptedWriter(destination.client.writer(), self._stopping)
        return Run(
            settings=settings,
            client=client,
            destination=destination,
            writer=writer,
            report=RunReport(lambda: client.calls_used, path=settings.report_path, is_dry=settings.dry_run),
            rejects=Rejects(settings.rejects_path),
            limits=Limits(settings),
            max_tries=self._connection.max_retries + 1,
            file_sources=FileSources(
                FileFetcher(self._connection, trusted_hosts=settings.trusted_file_hosts),
                folder=settings.file_folder,
                max_bytes=settings.max_file_size,
            ),
            preview=DryRun() if settings.dry_run else None,
        )

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
        finishing.tell_idle_settings(self._settings.streams, self._loaders)
        finishing.load_held(loaders)
        finishing.remove_unseen(loaders)
        rejected = self._run.report.total.rejected if self._run else 0
        fails = bool(rejected) and self._settings.fails_on_reject
        if self._run is not None:
            self._execute_script(self._run, skip=fails)
            self._is_closed = True
            self._run.close(is_complete=True)
        self.write_durable_state()
        if fails:
            message = (
                f"{rejected} {'row' if rejected == 1 else 'rows'} could not be written, see the warnings above"
                f"{' and ' + str(self._settings.rejects_path) if self._settings.rejects_path else ''}. All others "
                "were; the state is held before the first of them, so they come again."
            )
            raise RowsRejectedError(message)

    def _mark_complete(self) -> None:
        """Take the end of the input for the end of whole streams, where nothing speaks against it.

        A tap that fails does not get to its last state; one that follows a bookmark sends only what changed.
        """
        if self._last_message not in {"STATE", "ACTIVATE_VERSION"}:
            return
        for name, loader in self._loaders.items():
            if loader.account.read and name not in self._partial_streams:
                loader.is_complete = True

    def _execute_script(self, run: Run, *, skip: bool) -> None:
        self._waits_for_script = False
        if not self._settings.after_load_script:
            return
        if skip:
            logger.warning("after_load_script was not executed, because rows were rejected.")
        else:
            run.writer.execute(self._settings.after_load_script)

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Report what was done until then, if what is inside fails."""
        try:
            yield
        except (Exception, SystemExit):
            self._abort()
            raise

    @contextmanager
    def _map_errors(self, message_dict: Mapping[str, Any]) -> Iterator[None]:
        """Tell of a stream map that fails without the error's own text, which may hold a value."""
        try:
            yield
        except _MAP_ERRORS as error:
            if isinstance(error, NinoxError) or not self.config.get("stream_maps"):
                raise
            message = (
                f"The stream map of {message_dict['stream']} failed for a record ({type(error).__name__}). Mend the "
                "expression in stream_maps so that it takes empty and odd values, too."
            )
            raise StreamMapFailedError(message) from None

    def _abort(self) -> None:
        if self._run is not None and not self._is_closed:
            self._is_closed = True
            self._run.close(is_complete=False)


def _differs(sink: Sink, schema: Mapping[str, Any], key_properties: Sequence[str] | None) -> bool:
    return sink.original_schema != schema or list(sink.key_properties) != list(key_properties or ())
