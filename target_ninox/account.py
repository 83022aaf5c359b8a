"""What became of the rows of one stream: each is counted once, and no state passes one that was rejected."""

from __future__ import annotations

import logging
from array import array
from bisect import bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from ninox_singer.progress import Progress
from target_ninox.dry_run import Preview
from target_ninox.rejects import Rejects
from target_ninox.report import NO_RECORD, SUPERSEDED, RowOutcome, RunReport
from target_ninox.rows import EncodedRow, Row, RowRejectedError, StreamSchema
from target_ninox.settings import TargetSettings

logger = logging.getLogger(__name__)

_MOST_NAMED = 10
"""So many superseded rows stand in the report of a stream."""


class Counted(NamedTuple):
    """Under which name a row was counted, and its record."""

    outcome: RowOutcome
    record_id: int


class IdRuns:
    """A set of ids that are mostly added in ascending order: a million that follow each other take a few bytes."""

    def __init__(self) -> None:
        self._firsts = array("q")
        self._lasts = array("q")

    def add(self, record_id: int) -> None:
        """Add an id."""
        at = bisect_right(self._firsts, record_id)  # of the first run that begins behind it
        if at and record_id <= self._lasts[at - 1]:
            return
        follows = at > 0 and self._lasts[at - 1] == record_id - 1
        precedes = at < len(self._firsts) and self._firsts[at] == record_id + 1
        if follows and precedes:
            self._lasts[at - 1] = self._lasts.pop(at)
            del self._firsts[at]
        elif follows:
            self._lasts[at - 1] = record_id
        elif precedes:
            self._firsts[at] = record_id
        else:
            self._firsts.insert(at, record_id)
            self._lasts.insert(at, record_id)

    def __contains__(self, record_id: int) -> bool:
        """Return whether an id was added."""
        at = bisect_right(self._firsts, record_id)
        return at > 0 and record_id <= self._lasts[at - 1]

    def __iter__(self) -> Iterator[int]:
        """Yield the ids, ascending."""
        for first, last in zip(self._firsts, self._lasts, strict=True):
            yield from range(first, last + 1)


class StreamAccount:
    """Counts the rows of one stream, under whichever schema they came, and knows the records that they stood for.

    Attributes:
        described: What its SCHEMA message said.
        report: Its counts.
        preview: What a dry run would do to its table; None in earnest.
        may_delete: Whether anything can be deleted in this run: only then it matters which records rows were about.
        may_mirror: Whether any stream may be a mirror, this or one that comes later: it keeps what rows link to.
        run_report: The report of the whole run.
        remembered: How rows were counted for which more is to be done; None where that is nothing.
        blocked_from: Number of the first rejected row that holds the state; None for none.
        rejected_keys: Key → number of the last rejected row that has it; none where nothing can be deleted.
        has_nameless_rejects: Whether a row was rejected that may be about any record.
        seen: Ids of all records; none where nothing can be deleted, as of a million rows they would take 60 MB.
        created: Ids of those that did not exist before.
        looked_at: Kinds of writes (True: creations) whose first records were read again, for scripts that override.
        looked_for: Ids of fields that no record had shown, and that were looked for in records just written.
    """

    def __init__(
        self, described: StreamSchema, run_report: RunReport, rejects: Rejects, settings: TargetSettings
    ) -> None:
        self.described = described
        self.run_report = run_report
        self.report = run_report.report_of(described.stream)
        self.preview: Preview | None = None
        self.blocked_from: int | None = None
        self.rejected_keys: dict[Hashable, int] = {}
        self.has_nameless_rejects = False
        self.may_delete = settings.may_delete
        self.may_mirror = settings.has_mirror
        self.seen: set[int] = set()
        self.created = IdRuns()
        self.looked_at: set[bool] = set()
        self.looked_for: set[str] = set()
        self.remembered: dict[Hashable, Counted] | None = None
        self._warned: set[str] = set()
        self._progress = Progress(described.stream, run_report.display, start=run_report.share() or 0.0)
        self._rejects = rejects
        self._holds_state = settings.fails_on_reject

    def show_progress(self) -> None:
        """Show how far the stream is, unless that was done a moment ago."""
        self._progress.advance(self.report.settled, self.run_report.share())

    def warn_once(self, message: str) -> None:
        """Log a warning, the first time."""
        if message not in self._warned:
            self._warned.add(message)
            logger.warning(message)

    def count(self, row: Row, outcome: RowOutcome, record_id: int = 0) -> None:
        """Count what became of a row."""
        self._add(outcome, 1, because=NO_RECORD)
        if self.remembered is not None:
            self.remembered[row.identity] = Counted(outcome, record_id)

    def skip(self, count: int, because: str) -> None:
        """Count rows that needed nothing, and why."""
        if count:
            self._add("skipped", count, because=because)

    def supersede(self, numbers: Iterable[int]) -> None:
        """Count rows of which another one about the same record took the place, and name the first in the report."""
        numbers = list(numbers)
        self.skip(len(numbers), SUPERSEDED)
        named = self.report.superseded_rows
        named += numbers[: _MOST_NAMED - len(named)]

    def recount(self, row: Row, outcome: RowOutcome) -> None:
        """Count a remembered row under another name."""
        counted = self.counted_before(row)
        if counted is not None and self.remembered is not None:
            self._add(counted.outcome, -1, because=NO_RECORD)
            self._add(outcome, 1)
            self.remembered[row.identity] = counted._replace(outcome=outcome)

    def reject(self, row: Row, error: RowRejectedError) -> None:
        """Count a row as rejected, whatever it was counted as before."""
        counted = self.counted_before(row)
        if counted is not None:
            self._add(counted.outcome, -1, because=NO_RECORD)
        self._add("rejected", 1)
        key = error.key if row.encoded.key is None else row.encoded.key
        if self.may_delete and key is not None:
            self.rejected_keys[key] = row.encoded.number
        if key is None or (isinstance(key, tuple) and None in key):
            self.has_nameless_rejects = True
        self._rejects.add(row.described, row.record, error, number=row.encoded.number, key=key)
        if self._holds_state:
            self.blocked_from = min(row.since, self.blocked_from or row.since)

    def reject_record(self, number: int, record: Mapping[str, Any], error: RowRejectedError) -> None:
        """Count a record as rejected that could not even be encoded."""
        self.reject(Row(EncodedRow(number=number), record, number, self.described), error)

    def counted_before(self, row: Row) -> Counted | None:
        """Return how a row was counted, if that was to be remembered."""
        return None if self.remembered is None else self.remembered.get(row.identity)

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Remember how the rows inside are counted: more is to be done for them."""
        self.remembered = {}
        try:
            yield
        finally:
            self.remembered = None

    def _add(self, outcome: RowOutcome, count: int, *, because: str = "") -> None:
        # Outcomes are called as the counts are.
        setattr(self.report, outcome, getattr(self.report, outcome) + count)
        if outcome == "skipped" and count:
            self.report.skipped_because[because] = self.report.skipped_because.get(because, 0) + count
