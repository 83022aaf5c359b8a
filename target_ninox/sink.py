"""The SDK's view of a stream's loader: it hands over records, and asks to empty what was handed over."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from singer_sdk import Target
from singer_sdk.sinks import BatchSink
from typing_extensions import override

from ninox_singer.logs import EventLogger
from target_ninox.loader import LostStream, StreamLoader
from target_ninox.reporting.rejects import StreamSchema

ROWS_AT_ONCE = 5000
"""Rows matched together: the more are known, the better is told whether reading the table pays."""


MOST_ROWS_IN_ALL = 20_000
"""Of all streams together; a row takes a kilobyte."""

MOST_BYTES_IN_ALL = 16 * 1024**2
"""Of all streams together; of large rows, such as those with files in base64, fewer are held in memory."""

_VALUE_BYTES = 50
"""What a value takes beside its text: a row of a hundred short ones takes many times its line."""


@dataclass(slots=True)
class Buffered:
    """What a sink holds, or all sinks of a run together.

    Attributes:
        size: Bytes of input, and what its values take beside them.
    """

    rows: int = 0
    size: int = 0

    def add(self, record: Mapping[str, Any], size: int) -> None:
        """Count a record that is held."""
        self.rows += 1
        self.size += size + _VALUE_BYTES * len(record)

    @property
    def is_too_much(self) -> bool:
        """Whether the fullest sink is to be emptied."""
        return self.rows > MOST_ROWS_IN_ALL or self.size > MOST_BYTES_IN_ALL


class LoadingTarget(Target):
    """What sinks ask of their target, beside what the SDK's has.

    Attributes:
        buffered: What all sinks hold together.
    """

    buffered: Buffered

    @abstractmethod
    def loader(self, described: StreamSchema) -> StreamLoader | LostStream:
        """Return the loader of a stream, set to its newest schema."""

    @abstractmethod
    def write_durable_state(self) -> None:
        """Write the newest state before which nothing is missing."""


class TableSink(BatchSink):
    """Passes records on as they came.

    Values are checked and converted by the plan, which knows the fields; the SDK's checks would log whole records, and
    its conversion of dates would lose how they were written.
    """

    target: LoadingTarget

    def __init__(self, *, target: LoadingTarget, **kwargs: Any) -> None:
        """Take the SDK's arguments."""
        self.target = target
        self.held = Buffered()
        super().__init__(target=target, **kwargs)
        counter = self.record_counter_metric
        quiet = EventLogger(counter.logger, is_event=lambda: counter.value > 0)
        counter.logger = quiet  # type: ignore[assignment] # it calls info() only

    @override
    def setup(self) -> None:
        described = StreamSchema(
            stream=self.stream_name, schema=self.original_schema, key_properties=tuple(self.key_properties)
        )
        self._loader = self.target.loader(described)

    @property
    @override
    def max_size(self) -> int:
        return ROWS_AT_ONCE

    @override
    def process_record(self, record: dict[str, Any], context: Mapping[str, Any]) -> None:
        self._loader.add(record)
        self.held.add(record, context["bytes"])
        self.target.buffered.add(record, context["bytes"])

    @override
    def process_batch(self, context: Mapping[str, Any]) -> None:
        """Load what was handed over."""
        self._loader.flush()

    @override
    def mark_drained(self) -> None:
        self.target.buffered.rows -= self.held.rows
        self.target.buffered.size -= self.held.size
        self.held = Buffered()
        super().mark_drained()
        self.target.write_durable_state()

    @override
    def get_validator(self) -> None:
        return None

    @override
    def _validate_and_parse(self, record: dict[str, Any]) -> dict[str, Any]:
        return record

    @override
    def _singer_validate_message(self, record: dict[str, Any]) -> None:
        """Leave rows without a key to the plan: it rejects them, where the SDK would end the run."""

    @override
    def _remove_sdc_metadata_from_record(self, record: dict[str, Any]) -> None:
        """Keep `_sdc_deleted_at`; the plan knows which of them to leave out."""

    @override
    def _remove_sdc_metadata_from_schema(self) -> None:
        """Likewise."""


class NoSink(BatchSink):
    """Stands for a stream that a stream map leaves out: nothing of it comes here, and it needs no table."""

    @override
    def process_record(self, record: dict[str, Any], context: Mapping[str, Any]) -> None:
        """Do nothing."""

    @override
    def process_batch(self, context: Mapping[str, Any]) -> None:
        """Do nothing."""
