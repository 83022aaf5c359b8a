"""What changes the database on behalf of the target, and what stands in for it in a dry run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from ninox_api.client import RecordWrite, SavedRecord
from ninox_api.files import Upload
from ninox_api.transport import Delivery
from ninox_singer.cli import Stopping

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_FIRST_ID = 10**15
"""Made-up ids start here, far beyond any real one."""


Measure = Callable[[Delivery], None]


class Writer(Protocol):
    """The verbs of `ninox_api.client.DatabaseClient` that change records."""

    def save_records(
        self,
        table_id: str,
        writes: Sequence[RecordWrite],
        /,
        *,
        max_bytes: int | None = None,
        measure: Measure | None = None,
    ) -> list[SavedRecord]:
        """Save records in one call."""

    def delete_records(self, table_id: str, record_ids: Sequence[int], /) -> None:
        """Delete records in one call."""

    def delete_record(self, table_id: str, record_id: int, /) -> bool:
        """Delete one record; return whether it was there."""

    def upload_file(self, table_id: str, record_id: int, upload: Upload, /) -> None:
        """Put a file on a record."""


class UninterruptedWriter:
    """Writes without being ended by a signal between a request and its answer."""

    def __init__(self, writer: Writer, stopping: Stopping) -> None:
        """Remember what writes."""
        self._writer = writer
        self._stopping = stopping

    def save_records(
        self,
        table_id: str,
        writes: Sequence[RecordWrite],
        /,
        *,
        max_bytes: int | None = None,
        measure: Measure | None = None,
    ) -> list[SavedRecord]:
        """Save records in one call."""
        with self._stopping.held_back():
            return self._writer.save_records(table_id, writes, max_bytes=max_bytes, measure=measure)

    def delete_records(self, table_id: str, record_ids: Sequence[int], /) -> None:
        """Delete records in one call."""
        with self._stopping.held_back():
            self._writer.delete_records(table_id, record_ids)

    def delete_record(self, table_id: str, record_id: int, /) -> bool:
        """Delete one record; return whether it was there."""
        with self._stopping.held_back():
            return self._writer.delete_record(table_id, record_id)

    def upload_file(self, table_id: str, record_id: int, upload: Upload, /) -> None:
        """Put a file on a record."""
        with self._stopping.held_back():
            self._writer.upload_file(table_id, record_id, upload)


class DryWriter:
    """Answers writes as Ninox would and does none of them, so that everything around runs as it does in earnest."""

    def __init__(self) -> None:
        """Start with the first made-up id."""
        self._next_id = _FIRST_ID

    def save_records(
        self,
        _table_id: str,
        writes: Sequence[RecordWrite],
        /,
        *,
        max_bytes: int | None = None,  # noqa: ARG002 (as all writers)
        measure: Measure | None = None,  # noqa: ARG002
    ) -> list[SavedRecord]:
        """Return an id for every record."""
        return [SavedRecord(plain_id=write.id or self._new_id(), fields=_shown(write)) for write in writes]

    def delete_records(self, _table_id: str, _record_ids: Sequence[int], /) -> None:
        """Do nothing."""

    def delete_record(self, _table_id: str, _record_id: int, /) -> bool:
        """Say that it was there."""
        return True

    def upload_file(self, _table_id: str, _record_id: int, _upload: Upload, /) -> None:
        """Do nothing."""

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id


def _shown(write: RecordWrite) -> msgspec.Raw:
    return msgspec.Raw(_ENCODER.encode(write.fields))
