"""One stream on its way into its table: encode, link, write; and the rows that wait for other streams."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any

from ninox_api.errors import NinoxAPIError, NinoxProtocolError, NinoxTransportError
from ninox_api.wording import counted
from target_ninox.mapping.place import is_system
from target_ninox.mapping.plan import WritePlan
from target_ninox.mapping.rows import RowRejectedError
from target_ninox.matching.linking import Links, Wanted, wanted_of
from target_ninox.reporting.account import StreamAccount
from target_ninox.reporting.rejects import StreamSchema
from target_ninox.run import Run
from target_ninox.write.cascade import Cascade, RecordKey, find_cascade
from target_ninox.write.merging import Row, merged
from target_ninox.write.overrides import Overrides
from target_ninox.write.row_writer import RowWriter, Unseen

logger = logging.getLogger(__name__)

MOST_HELD = 100_000
"""Rows of a stream that may wait for linked records; each takes some kilobytes of memory."""

_UNFORESEEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

_TOO_MANY_HELD = (
    "%s: %d rows wait for linked records that have not come, more cannot be kept. From here on, a row whose linked "
    "record is not there yet does not wait: it is rejected. Let the stream of the linked records come before this one."
)


class StreamLoader:
    """Loads one stream; it lives as long as the run, also when the stream's schema changes.

    Attributes:
        account: What became of its rows.
        held: Rows that wait for a linked record.
        is_finished: Whether all is done that can only be done at the end of the input: a mirror's deletions.
        plan: How its rows are written.
        seen: Ids of the records that rows stood for; none where nothing can be deleted.
        created: Ids of those that did not exist before.
    """

    plan: WritePlan

    def __init__(self, run: Run, described: StreamSchema) -> None:
        """Plan the stream.

        Raises:
            NinoxConfigError: The stream cannot be written.
        """
        self.account = StreamAccount(run, described)
        self.held: dict[Hashable, Row] = {}
        self.is_finished = False
        self._held_since: int | None = None
        self._retry_pays = True
        self._has_relieved = False
        self._has_told_strangers = False
        self._told: set[str] = set()
        self._run = run
        self._buffer: list[Row] = []
        self.seen: set[int] = set()
        self.created: set[int] = set()
        self._overrides = Overrides(self.account.report)
        self.describe(described)

    def describe(self, described: StreamSchema) -> None:
        """Take a schema for the rows to come; those before it must be loaded, but for those that wait.

        Raises:
            NinoxConfigError: The stream cannot be written.
        """
        self.account.described = described
        self._named = (described.schema.get("properties") or {}).keys()
        plan = self._run.plan(described)
        self.plan = plan.including(self.plan) if self.held else plan
        self._untold = [warning for warning in self.plan.warnings if warning not in self._told]
        self._run.note_seen(self.plan, self.seen)
        self._links = Links(self._run, self.plan)
        self._writer = RowWriter(
            self._run, self.plan, self.account, seen=self.seen, created=self.created, overrides=self._overrides
        )

    @property
    def first_unsettled(self) -> int | None:
        """Number of the first row that is neither written nor accounted for."""
        unsettled = [row.since for row in self._buffer[:1]]
        if self._held_since is not None:
            unsettled.append(self._held_since)
        if self.account.blocked_from is not None:
            unsettled.append(self.account.blocked_from)
        if self.plan.mode == "mirror" and self.account.read and not self.is_finished:
            unsettled.append(1)  # until the records that are gone are deleted, or nobody can say which
        return min(unsettled, default=None)

    def add(self, record: Mapping[str, Any]) -> None:
        """Take a row; nothing is sent yet."""
        if self._untold or not self.account.read:
            self._tell_plan()
        if not (self._has_told_strangers or record.keys() <= self._named):
            self._tell_strangers(record)
        if self._run.settings.limit_rows is not None and self._is_past_limit():
            self.account.leave_out()
            return
        number = self.account.take()
        try:
            encoded = self.plan.encode(record, number)
        except RowRejectedError as error:
            self.account.reject_record(number, record, error)
            return
        except _UNFORESEEN as error:  # a value that nobody thought of costs its row, and no other
            reason = (
                f"It could not be read ({type(error).__name__}). This is a defect of target-ninox: please report it."
            )
            self.account.reject_record(number, record, RowRejectedError(code="unforeseen", reason=reason))
            return
        if encoded.deleted and not self._run.settings.deletes_marked:
            self.account.skip(1)  # here, or it would take the place of an earlier row about the record
        else:
            self._buffer.append(Row(encoded, record, number, self.account.described))

    def _tell_plan(self) -> None:
        """Log where the stream goes and what is left out, when a row comes: a stream without rows is no event."""
        if not self.account.read:
            self._run.tell_place(self.plan)
        for warning in self._untold:
            logger.warning(warning)
        self._told.update(self._untold)
        self._untold = []

    def _is_past_limit(self) -> bool:
        """Tell whether this run loads no more rows of the stream."""
        limit = self._run.settings.limit_rows
        if limit is None or self.account.read < limit:
            return False
        if not self.account.report.left_out:
            logger.info(
                "%s: %s loaded, the rows behind are left out (limit_rows).", self.plan.stream, counted(limit, "row")
            )
        return True

    def _tell_strangers(self, record: Mapping[str, Any]) -> None:
        strangers = [repr(name) for name in record if name not in self._named and not is_system(name)]
        if strangers:
            logger.warning(
                "%s: not loaded, the stream's schema does not name them: %s.", self.plan.stream, ", ".join(strangers)
            )
            self._has_told_strangers = True

    def flush(self) -> None:
        """Load the rows taken so far; hold those whose linked records are not there yet."""
        rows: list[Row] = []
        for row in self._buffer:
            earlier = self.held.pop(row.identity, None)
            rows += [row] if earlier is None else [earlier, row]
        self._load(rows)
        self._buffer = []
        if len(self.held) > MOST_HELD:
            self._relieve()

    def retry_held(self) -> int:
        """Load the held rows whose linked records have come meanwhile; return how many."""
        rows, self.held = list(self.held.values()), {}
        self._load(rows)
        return len(rows) - len(self.held)

    def _relieve(self) -> None:
        """Do something about more waiting rows than the memory should hold, newest first."""
        if self._retry_pays:
            self._retry_pays = self.retry_held() >= MOST_HELD // 10
        surplus = list(self.held.values())[MOST_HELD:]
        if not surplus:
            return
        if not self._has_relieved:
            logger.warning(_TOO_MANY_HELD, self.plan.stream, MOST_HELD)
            self._has_relieved = True
        for row in surplus:
            del self.held[row.identity]
        with self._working():
            self._writer.write(self._links.settle_missing(surplus, reject=self.account.reject))
        self._hold([])

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Measure what is inside; if it ends the run, say in which stream: errors of the API only know a path."""
        try:
            with self._run.report.measure(self.plan.stream):
                yield
        except (NinoxAPIError, NinoxTransportError, NinoxProtocolError):
            logger.error("%s: stopped while loading table %r.", self.plan.stream, self.plan.table.name)  # noqa: TRY400
            raise

    def _load(self, rows: list[Row]) -> None:
        kept = merged(rows) if self.plan.needs_key else rows
        self.account.skip(len(rows) - len(kept))
        with self._working():
            while kept:
                ready, kept = self._links.resolve(kept, reject=self.account.reject)
                if not ready:
                    break
                self._writer.write(ready)
        self._hold(kept)

    def _hold(self, rows: Sequence[Row]) -> None:
        self.held |= {row.identity: row for row in rows}
        self._held_since = min((row.since for row in self.held.values()), default=None)

    def missing(self) -> set[Wanted]:
        """Return what held rows wait for."""
        return self._links.missing(self.held.values())

    def give_up(self, hopeless: AbstractSet[Wanted]) -> bool:
        """Do without links that will never be found: leave them empty, or reject their rows, as the settings say.

        Returns:
            Whether there were any.
        """
        rows = [row for row in self.held.values() if not hopeless.isdisjoint(wanted_of(row))]
        for row in rows:
            del self.held[row.identity]
        kept = self._links.without_hopeless(rows, hopeless, reject=self.account.reject)
        self._hold(kept)
        return bool(rows)

    def write_unlinked(self) -> list[Row]:
        """Load all held rows without the links that are missing; return them as they were, to be linked."""
        rows, self.held = list(self.held.values()), {}
        with self._working():
            self._writer.write(self._links.without_missing(rows, reject=self.account.reject))
        return rows  # still unsettled: `link` is the end of it

    def link(self, rows: Sequence[Row]) -> None:
        """Set the links of rows that were loaded without them."""
        with self._working():
            self._writer.link(self._links.settle_missing(rows, reject=self.account.reject))
        self._hold([])

    def find_unseen(self) -> Unseen | None:
        """Return the records for which no row came; None if it is not certain that the table was read to its end."""
        with self._working():
            return self._writer.find_unseen()

    def remove(self, record_ids: Sequence[int], cascade: Cascade, *, counted: set[RecordKey]) -> None:
        """Delete records for which no row came; see `RowWriter.remove`."""
        with self._working():
            self._writer.remove(record_ids, cascade, counted=counted)
        self.is_finished = True

    def find_cascade(self, record_ids: Iterable[int]) -> Cascade:
        """Find what Ninox would delete along with records of the table.

        Raises:
            CascadeUnknownError: Nobody can tell.
        """
        with self._working():
            return find_cascade(self._run, (RecordKey(self.plan.table.id, record_id) for record_id in record_ids))
