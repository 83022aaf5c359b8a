"""For which records the rows of a run's input stand, so that no deletion takes those."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet


class ClaimedRecords:
    """For which records rows of this input came, or may have: nothing that another row says deletes those.

    Who deletes asks one of three questions, of which each looks at what is more certain first:

    1. `stream_that_wrote`: a stream that failed, for its rows left may be about any record; a row that came.
    2. `stream_that_keeps`: the first; a row that a stream map left out, which may be about any; the third.
    3. `stream_with_rejected`: a row that was rejected.
    """

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, AbstractSet[int]]] = {}
        self._rejected: dict[str, dict[str, Callable[[int], bool]]] = {}
        self._filtered: set[str] = set()
        self._failed: dict[str, str] = {}
        self._lost: str | None = None

    def add(
        self, stream: str, table_id: str, record_ids: AbstractSet[int], may_be_rejected: Callable[[int], bool]
    ) -> None:
        """Know for which records rows of a stream came.

        Args:
            stream: Its name.
            table_id: Where it goes.
            record_ids: The set grows with the rows.
            may_be_rejected: Returns whether a rejected row may be about a record.
        """
        self._seen.setdefault(table_id, {})[stream] = record_ids
        self._rejected.setdefault(table_id, {})[stream] = may_be_rejected

    def is_shared(self, table_id: str) -> bool:
        """Return whether several streams go into a table: in which order their rows are written, nobody can tell."""
        return len(self._seen.get(table_id, {})) > 1

    def note_filtered(self, stream: str) -> None:
        """Know that a stream map of the target's own left out a row of a stream: it may be about any of its records."""
        self._filtered.add(stream)

    def note_failed(self, stream: str, table_id: str) -> None:
        """Know that a stream ended before its last row was loaded."""
        self._failed[table_id] = stream

    def note_lost(self, stream: str) -> None:
        """Know that a stream ended before anybody knew where it goes: it may be any table."""
        self._lost = stream

    def failed_in(self, table_id: str) -> str | None:
        """Return a stream that goes into a table, or may, and ended before its last row was loaded; None for none."""
        return self._failed.get(table_id, self._lost)

    def stream_that_wrote(self, table_id: str, record_id: int) -> str | None:
        """Return the stream of which a row came for a record, or may have: one that failed; None if none did."""
        failed = self.failed_in(table_id)
        if failed is not None:
            return failed
        streams = self._seen.get(table_id, {})
        return next((name for name, record_ids in streams.items() if record_id in record_ids), None)

    def stream_that_keeps(self, table_id: str, record_id: int) -> str | None:
        """Return the stream of which a row came for a record, or may have, written or not; None if none did."""
        name = self.stream_that_wrote(table_id, record_id)
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
