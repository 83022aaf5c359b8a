"""What all streams of this tap have in common."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Generator, Mapping
from typing import Any, ClassVar, TypeVar

from singer_sdk import Stream, Tap, metrics
from singer_sdk.exceptions import MapExpressionError
from singer_sdk.helpers._batch import BatchConfig
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.helpers.types import Context, Record
from singer_sdk.singerlib.encoding.simple import RecordMessage
from typing_extensions import override

from ninox_api.errors import NinoxError
from ninox_singer.logs import EventLogger
from tap_ninox.discovery.drift import SchemaWatch
from tap_ninox.report import RunReport, StreamReport
from tap_ninox.settings import TapSettings
from tap_ninox.sync.state import TABLE_VERSION, next_version

AnyMeter = TypeVar("AnyMeter", bound=metrics.Meter)

_MAP_ERRORS = (MapExpressionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class StreamMapFailedError(NinoxError):
    """A stream map cannot be applied to a record."""

    def __init__(self, stream: str, error: Exception) -> None:
        """Name the stream and the kind of failure; the error's own text may contain a value."""
        kind = type(error.__cause__ or error).__name__
        super().__init__(
            f"The stream map of {stream} failed for a record ({kind}); it and those behind it were not "
            "sent. Mend the expression in stream_maps so that it takes empty and odd values, too."
        )


class StreamsTap(Tap):
    """What streams ask of their tap, beside what the SDK's has.

    Attributes:
        report: What became of each stream.
        watch: Compares what is read with what the bookmarks know of the schema.
    """

    report: RunReport
    watch: SchemaWatch

    @property
    @abstractmethod
    def settings(self) -> TapSettings:
        """The settings, checked."""

    @property
    @abstractmethod
    def now_ms(self) -> int:
        """Time in milliseconds since 1970, by Ninox' clock rather than by one of this machine that is wrong."""

    @abstractmethod
    def is_state_due(self) -> bool:
        """Return whether enough rows were written since the last STATE message to be worth another one."""


class RecordStream(Stream):
    """A stream whose values fit their types already, and whose batches are made where its messages are written.

    Whatever goes wrong with it, in reading, in a stream map, in writing, is an error of this stream: the others go on.

    Attributes:
        bookmark_keys: All keys that its bookmark can have.
    """

    bookmark_keys: ClassVar[tuple[str, ...]]

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    _tap: StreamsTap
    _report: StreamReport

    @property
    def saved_bookmark(self) -> Mapping[str, Any]:
        """The bookmark so far; reading it makes none, as the SDK's own `stream_state` does."""
        saved = self.tap_state.get("bookmarks", {}).get(self.tap_stream_id)
        return saved if isinstance(saved, dict) else {}

    def open_bookmark(self) -> None:
        """Let the bookmark name all its keys: what a state does not name comes back where states are merged."""
        for key in self.bookmark_keys:
            self.stream_state.setdefault(key, None)

    def new_version(self) -> int:
        """Return a table version above all under which this stream was sent before."""
        return next_version(self.saved_bookmark.get(TABLE_VERSION), now_ms=self._tap.now_ms)

    def send_version(self, version: int | None) -> None:
        """Let the records have a version, unless none is ever activated: loaders would put them aside for good."""
        self._stream_version = version if self._tap.settings.activates_versions else None

    @override
    def _increment_stream_state(self, latest_record: Record, *, context: Context | None = None) -> None:
        """Leave the bookmark alone: no record says how far a stream was read."""

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Keep the bookmark free of the SDK's own notes."""

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log the SDK's line at a stream's beginning at DEBUG: that it is looked at is no event."""
        super().log(message, *args, level=logging.DEBUG if level == logging.INFO else level, **kwargs)

    @override
    def get_record_counter(self, **kwargs: Any) -> metrics.Counter:
        return self._quiet(super().get_record_counter(**kwargs))

    @override
    def get_sync_timer(self) -> metrics.Timer:
        return self._quiet(super().get_sync_timer())

    def _quiet(self, meter: AnyMeter) -> AnyMeter:
        reports = self._tap.report.streams
        is_event = lambda: self.name in reports and reports[self.name].is_eventful  # noqa: E731
        meter.logger = EventLogger(meter.logger, is_event=is_event)  # type: ignore[assignment] # it calls info() only
        return meter

    @property
    def _is_worth_starting(self) -> bool:
        """Whether a run that has used up its permitted API calls leaves this stream alone."""
        return not self._tap.report.is_out_of_budget

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, None, None]:
        if self._is_worth_starting:
            with self._tap.report.stream(self.name) as self._report:
                yield from self._sync_in_report(context, write_messages=write_messages)

    def _sync_in_report(self, context: Context | None, *, write_messages: bool) -> Generator[Record, None, None]:
        """Read and write the records; what is raised here ends this stream."""
        yield from super()._sync_records(context, write_messages=write_messages)

    @override
    def _write_state_message(self) -> None:
        if self._tap.is_state_due():
            super()._write_state_message()

    @override
    def get_batch_config(self, config: Mapping[str, Any]) -> BatchConfig | None:
        return None

    @override
    def _generate_record_messages(self, record: Record) -> Generator[RecordMessage, None, None]:
        is_sent = False
        try:
            for message in super()._generate_record_messages(record):
                is_sent = True
                yield message
        except _MAP_ERRORS as error:
            raise StreamMapFailedError(self.name, error) from None
        self._report.filtered += not is_sent
