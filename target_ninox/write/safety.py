"""What keeps a run from doing harm: which records its rows stand for, and what failed as nobody foresaw."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

from ninox_api.errors import NinoxError
from ninox_singer.cli import log_defect
from target_ninox.mapping.encode import WritePlan

_NO_DELETION = "so that nobody knows what may be deleted, and nothing was at the end. All rows were loaded"


class DefectError(NinoxError):
    """Something that concerns no row failed as nobody foresaw."""

    def __init__(self, error: Exception, follows: str) -> None:
        """Say what follows from it; not the error's own text, which may quote a value."""
        super().__init__(f"target-ninox has a defect ({type(error).__name__}), {follows}.")


class ClaimedRecords:
    """For which records rows of this input came, or may have: nothing that another row says deletes those."""

    def __init__(self) -> None:
        """Start before the first row."""
        self._seen: dict[str, dict[str, AbstractSet[int]]] = {}
        self._rejected: dict[str, dict[str, Callable[[int], bool]]] = {}
        self._filtered: set[str] = set()
        self._failed: dict[str, str] = {}
        self._lost: str | None = None

    def add(self, plan: WritePlan, record_ids: AbstractSet[int], may_be_rejected: Callable[[int], bool]) -> None:
        """Know for which records rows of a stream came.

        Args:
            plan: The stream's.
            record_ids: The set grows with the rows.
            may_be_rejected: Returns whether a rejected row may be about a record.
        """
        self._seen.setdefault(plan.table.id, {})[plan.stream] = record_ids
        self._rejected.setdefault(plan.table.id, {})[plan.stream] = may_be_rejected

    def is_shared(self, table_id: str) -> bool:
        """Return whether several streams go into a table: in which order their rows are written, nobody can tell."""
        return len(self._seen.get(table_id, {})) > 1

    def note_filtered(self, stream: str) -> None:
        """Know that a stream map of the target's own left out a row of a stream: it may be about any of its records."""
        self._filtered.add(stream)

    def note_failed(self, plan: WritePlan) -> None:
        """Know that a stream ended before its last row was loaded."""
        self._failed[plan.table.id] = plan.stream

    def note_lost(self, stream: str) -> None:
        """Know that a stream ended before anybody knew where it goes: it may be any table."""
        self._lost = stream

    def failed_in(self, table_id: str) -> str | None:
        """Return a stream that goes into a table, or may, and ended before its last row was loaded; None for none."""
        return self._failed.get(table_id, self._lost)

    def stream_with_row(self, table_id: str, record_id: int) -> str | None:
        """Return the stream of which a row came for a record, or may have: one that failed; None if none did."""
        failed = self.failed_in(table_id)
        if failed is not None:
            return failed
        streams = self._seen.get(table_id, {})
        return next((name for name, record_ids in streams.items() if record_id in record_ids), None)

    def stream_that_keeps(self, table_id: str, record_id: int) -> str | None:
        """Return the stream of which a row came for a record, or may have, written or not; None if none did."""
        name = self.stream_with_row(table_id, record_id)
        if name is not None:
            return name
        name = next((name for name in self._seen.get(table_id, {}) if name in self._filtered), None)
        if name is not None:
            return name
        return self.stream_with_rejected(table_id, record_id)

    def stream_with_rejected(self, table_id: str, record_id: int, *, but_for: str | None = None) -> str | None:
        """Return the stream of which a rejected row is about a record, or may be; None if none did.

        Args:
            table_id: The record's table.
            record_id: Its id.
            but_for: A stream that is not asked.
        """
        rejected = self._rejected.get(table_id, {})
        names = (name for name, may_be_about in rejected.items() if name != but_for and may_be_about(record_id))
        return next(names, None)


class Defects:
    """What failed as nobody foresaw and concerns no row. It ends nothing: only what follows from it is not done.

    Attributes:
        first: The first of them, with which the run ends; None for none.
    """

    def __init__(self) -> None:
        """Start without any."""
        self.first: DefectError | None = None

    @contextmanager
    def outlived(self, *, follows: str = _NO_DELETION) -> Iterator[None]:
        """Let the run outlive an error inside that nobody foresaw.

        Args:
            follows: What is not done because of it, as a part of a sentence.
        """
        try:
            yield
        except (NinoxError, OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 (no row has a part in it)
            self.note(error, follows=follows)

    def note(self, error: Exception, *, follows: str = _NO_DELETION) -> None:
        """Log where an error came from, if it is the first: it may come again with each message."""
        if self.first is None:
            log_defect(error, logging.getLogger("target-ninox"))
            self.first = DefectError(error, follows)

    @property
    def doubt(self) -> str | None:
        """Why nothing may be deleted, as a part of a sentence; None if nothing failed."""
        return None if self.first is None else str(self.first).rstrip(".")
