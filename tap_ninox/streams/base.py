"""What all streams of this tap have in common."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.exceptions import MapExpressionError
from singer_sdk.helpers._batch import BatchConfig
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.helpers.types import Context, Record
from singer_sdk.singerlib.encoding.simple import RecordMessage
from typing_extensions import override

from ninox_api.errors import NinoxError
from tap_ninox.report import StreamReport

if TYPE_CHECKING:
    from tap_ninox.tap import TapNinox

_MAP_ERRORS = (MapExpressionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class StreamMapFailedError(NinoxError):
    """A stream map cannot be applied to a record."""

    def __init__(self, stream: str, error: Exception) -> None:
        """Name the stream and the kind of failure; the error's own text may hold a value."""
        kind = type(error.__cause__ or error).__name__
        super().__init__(
            f"The stream map of {stream} failed for a record ({kind}); it and those behind it were not "
            "sent. Mend the expression in stream_maps so that it takes empty and odd values, too."
        )


class RecordStream(Stream):
    """A stream whose values fit their types already, and whose batches are made where its messages are written.

    Whatever goes wrong with it, in reading, in a stream map, in writing, is an error of this stream: the others go on.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    _tap: TapNinox
    _report: StreamReport

    @property
    def saved_bookmark(self) -> Mapping[str, Any]:
        """The bookmark so far; reading it makes none, as the SDK's own `stream_state` does."""
        saved = self.tap_state.get("bookmarks", {}).get(self.tap_stream_id)
        return saved if isinstance(saved, dict) else {}

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
        try:
            yield from super()._generate_record_messages(record)
        except _MAP_ERRORS as error:
            raise StreamMapFailedError(self.name, error) from None
