"""One stream on its way into its table: encode, link, write; and the rows that wait for other streams."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ninox_api.errors import NinoxAPIError, NinoxError, NinoxProtocolError, NinoxTransportError
from ninox_singer.cli import log_defect
from ninox_singer.wording import counted
from target_ninox.mapping.place import is_system
from target_ninox.mapping.plan import WritePlan
from target_ninox.mapping.rows import RowRejectedError
from target_ninox.matching.id_runs import IdRuns
from target_ninox.matching.linking import Links, Wanted
from target_ninox.matching.waiting import WaitingRows
from target_ninox.reporting.account import MARKED_DELETED, SUPERSEDED, StreamAccount
from target_ninox.reporting.rejects import StreamSchema
from target_ninox.run import Run
from target_ninox.write.cascade import Cascade, RecordKey, find_cascade
from target_ninox.write.merging import Row, merged
from target_ninox.write.overrides import Overrides
from target_ninox.write.row_writer import RowWriter, Unseen

logger = logging.getLogger(__name__)

_UNFORESEEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

_FEW_WAITING = 10_000
"""So many rows are tried again every minute, whether that helps or not."""


class StreamLoader:
    """Loads one stream; it lives as long as the run, also when the stream's schema changes.

    Attributes:
        account: What became of its rows.
        held: Rows that wait for a linked record.
        put_off: Rows whose records are to be deleted at the end of the input, since others may go along.
        has_failed: Whether an error that nobody foresaw has ended it; its rows are only counted from there on.
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
        self.held = WaitingRows()
        self.put_off = WaitingRows()
        self.is_finished = False
        self.has_failed = False
        self._failed_from: int | None = None
        self._retry_from = 0
        self._looks_back = False
        self._unlinked: set[int] = set()
        self._may_replace = run.settings.max_deletes is not None
        self._is_replacing = False
        self._has_told_strangers = False
        self._told: set[str] = set()
        self._run = run
        self._buffer: list[Row] = []
        self.seen: set[int] = set()
        self.created = IdRuns()
        self._rejected: tuple[int, set[int]] = 0, set()
        self._overrides = Overrides(self.account.report)
        self._plan_rows(described)

    def describe(self, described: StreamSchema) -> None:
        """Take a schema for the rows to come; those before it must be loaded, but for those that wait.

        Raises:
            NinoxConfigError: The stream cannot be written.
        """
        with self.ending_here():
            self._plan_rows(described)

    def _plan_rows(self, described: StreamSchema) -> None:
        self.account.described = described
        self._named = (described.schema.get("properties") or {}).keys()
        plan = self._run.plan(described)
        self.plan = plan.including(self.plan) if self.held else plan
        self._untold = [warning for warning in self.plan.warnings if warning not in self._told]
        self._run.note_seen(self.plan, self.seen)
        self._run.note_rejected(self.plan, self._may_be_rejected)
        self._links = Links(self._run, self.plan)
        self._writer = RowWriter(
            self._run, self.plan, self.account, seen=self.seen, created=self.created, overrides=self._overrides,
            put_off=self.put_off,
        )  # fmt: skip

    @property
    def first_unsettled(self) -> int | None:
        """Number of the first row that is neither written nor accounted for."""
        unsettled = [row.since for row in self._buffer[:1]]
        if self._failed_from is not None:
            unsettled.append(self._failed_from)
        if self.held.first_since is not None:
            unsettled.append(self.held.first_since)
        if self.put_off.first_since is not None:
            unsettled.append(self.put_off.first_since)
        if self.account.blocked_from is not None:
            unsettled.append(self.account.blocked_from)
        if self.plan.mode == "mirror" and self.account.read and not self.is_finished:
            unsettled.append(1)  # until the records that are gone are deleted, or nobody can say which
        return min(unsettled, default=None)

    def add(self, record: Mapping[str, Any]) -> None:
        """Take a row; nothing is sent yet."""
        with self.ending_here():
            self._add(record)

    def _add(self, record: Mapping[str, Any]) -> None:
        if self.has_failed:
            self.account.take()
            return
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
            self.account.skip(1, MARKED_DELETED)  # here, or it would take the place of an earlier row about the record
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
        """Return whether this run loads no more rows of the stream."""
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
        with self.ending_here(), self._working():
            rows = self._with_earlier(self._buffer) if self.held else self._buffer
            waiting = self._load(rows)
            if self.held:  # an earlier row that went along must not be loaded once more, over the later one
                still = {row.identity for row in waiting}
                for identity in {row.identity for row in rows} - still:
                    self.held.discard(identity)
            for row in waiting:
                self.held.put(row)
            self.held = self.held.without_gaps()
            self._buffer = []
            self.account.show_progress()

    def _with_earlier(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows, each behind the one about the same record that waits."""
        with_earlier: list[Row] = []
        earlier_ones: dict[Hashable, Row | None] = {}
        for row in rows:
            if row.identity not in earlier_ones:
                earlier = earlier_ones[row.identity] = self.held.find(row.identity)
                with_earlier += [earlier] if earlier is not None else []
            with_earlier.append(row)
        return with_earlier

    def retry_now_and_then(self) -> None:
        """Load held rows once a minute; many of them only when they have doubled, if the last time helped few."""
        before = len(self.held)
        if before and before >= self._retry_from:
            helped = self.retry_held()
            self._retry_from = 2 * before if before > _FEW_WAITING and helped < before // 10 else 0

    def retry_held(self) -> int:
        """Load the held rows whose linked records have come meanwhile; return how many.

        Rows of a block are loaded in the order in which one needs the other. So that chains across blocks need few
        rounds, whichever end came first, every second round begins with the newest.
        """
        before = len(self.held)
        with self.ending_here(), self._working():
            for block in self.held.blocks(newest_first=self._looks_back):
                self._drop(block, but=self._load(block))
            self.held = self.held.without_gaps()
        self._looks_back = not self._looks_back
        return before - len(self.held)

    def _drop(self, rows: Iterable[Row], *, but: Iterable[Row] = ()) -> None:
        """Let rows wait no more, but for some of them."""
        kept = {row.identity for row in but}
        for row in rows:
            if row.identity not in kept:
                self.held.discard(row.identity, does_wait=True)

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Measure what is inside; if it ends the run, say in which stream: errors of the API only know a path."""
        try:
            with self._run.report.measure(self.plan.stream):
                yield
        except (NinoxAPIError, NinoxTransportError, NinoxProtocolError):
            logger.error("%s: stopped while loading table %r.", self.plan.stream, self.plan.table.name)  # noqa: TRY400
            raise

    def _is_strange(self, rows: Sequence[Row]) -> bool:
        """Return whether rows of a mirror must wait, as its table has records, and no row so far is about any of them.

        The mirror would replace them all, perhaps because keys are spelled in another way there. Once some of its rows
        are written, the next run would find those, and take the others for a few that are gone.
        """
        if self.plan.mode == "mirror" and rows and not self._may_replace:
            self._may_replace = self._writer.is_about_any(rows)
            self._is_replacing = not self._may_replace
            return self._is_replacing
        return False

    def refuse_strange(self) -> None:
        """End a mirror of which no row is about any record of its table; nothing of it was written."""
        if self._is_replacing and not self.has_failed:
            self.leave_waiting(
                f"it is a mirror, and none of its rows has the key ({', '.join(self.plan.match_on)}) of any record of "
                f"table {self.plan.table.name!r}, so that it would replace all of them. Nothing was written. If that "
                "is what you want, set max_deletes to their number or delete them in Ninox; else look whether "
                "match_on is right and keys are spelled alike, or use mode upsert"
            )

    def _load(self, rows: list[Row]) -> Sequence[Row]:
        """Load rows; return those that must wait."""
        if not self.plan.references and not self._is_strange(rows):
            self._writer.write(rows)
            return ()
        kept = merged(rows) if self.plan.needs_key else rows
        self.account.skip(len(rows) - len(kept), SUPERSEDED)
        while kept:
            ready, kept = self._links.resolve(kept, reject=self.account.reject)
            if self._is_strange(ready):
                return [*ready, *kept]
            if not ready:
                break
            self._writer.write(ready)
        return kept

    def give_up(self, is_to_come: Callable[[Wanted], bool]) -> bool:
        """Do without records that will never be there: reject the rows that wait for them, or leave the links empty.

        Args:
            is_to_come: Tells of a linked record that is not there whether it may still come.

        Returns:
            Whether there were any.
        """
        has_given_up = False
        with self.ending_here(), self._working():
            for block in self.held.blocks():
                given_up, unlinked = self._links.give_up(block, is_to_come, reject=self.account.reject)
                self._drop(given_up)
                for row in unlinked:  # they are loaded with the next try, or wait for other records
                    self.held.put(row)
                has_given_up = has_given_up or bool(given_up)
        return has_given_up

    def write_unlinked(self) -> int:
        """Load held rows without the links that are missing, to be linked later; return how many.

        Rows whose key waits for a linked record are left out: once that is there, the next call loads them.
        """
        before = len(self._unlinked)
        with self.ending_here(), self._working():
            for block in self.held.blocks():
                rows = [row for row in block if row.encoded.number not in self._unlinked]
                written, keyless = self._links.without_missing(rows, reject=self.account.reject)
                if self._is_strange(written):
                    self.refuse_strange()
                    return 0
                self._writer.write(written)
                waiting = {row.encoded.number for row in keyless}
                self._unlinked.update(row.encoded.number for row in rows if row.encoded.number not in waiting)
        return len(self._unlinked) - before

    def refuse_circular(self) -> None:
        """Reject held rows that could not be loaded even without their links: their keys wait for each other."""
        with self.ending_here(), self._working():
            for block in self.held.blocks():
                rows = [row for row in block if row.encoded.number not in self._unlinked]
                self._links.refuse_circular(rows, reject=self.account.reject)
                self._drop(rows)

    def link(self) -> None:
        """Set the links of the rows that were loaded without them."""
        with self.ending_here(), self._working():
            for block in self.held.blocks():
                self._writer.link(self._links.settle_missing(block, reject=self.account.reject))
                self._drop(block)

    @contextmanager
    def ending_here(self) -> Iterator[None]:
        """Let an error that nobody foresaw end this stream, and no other."""
        try:
            yield
        except (NinoxError, OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, other streams have no part in it)
            self._fail(_told(error))

    def _fail(self, reason: str) -> None:
        """Load no more rows; what was not loaded is not settled."""
        self._failed_from = self.first_unsettled or max(1, self.account.read)
        self.has_failed = True
        self._buffer = []
        self.close()
        self.held, self.put_off = WaitingRows(), WaitingRows()
        self._run.note_failed(self.plan, reason)

    def close(self) -> None:
        """Drop the rows that wait."""
        self.held.close()
        self.put_off.close()

    def leave_waiting(self, reason: str) -> None:
        """Leave the rows that wait where they are: what they wait for did not come, and may in the next run."""
        self._fail(reason)

    def _may_be_rejected(self, record_id: int) -> bool:
        """Return whether a row that was rejected is about a record, or may be; asked when all rows have come."""
        keys = len(self.account.rejected_keys)
        if keys != self._rejected[0]:
            self._rejected = keys, self._writer.find_rejected()
        return self.account.has_nameless_rejects or record_id in self._rejected[1]

    def delete_put_off(self, gone: set[RecordKey]) -> None:
        """Delete the records whose deletion was put off; see `RowWriter.delete_put_off`."""
        if self.put_off:
            with self.ending_here(), self._working():
                self._writer.delete_put_off(gone)
                self.put_off.close()
                self.put_off = WaitingRows()

    def find_unseen(self) -> Unseen | None:
        """Return the records for which no row came; None if it is not certain that the table was read to its end."""
        unseen: Unseen | None = None
        with self.ending_here(), self._working():
            unseen = self._writer.find_unseen()
        return unseen  # noqa: RET504 (an error may have ended the stream instead)

    def remove(self, record_ids: Sequence[int], cascade: Cascade, *, counted: set[RecordKey]) -> None:
        """Delete records for which no row came; see `RowWriter.remove`."""
        with self.ending_here(), self._working():
            self._writer.remove(record_ids, cascade, counted=counted)
            self.is_finished = True

    def find_cascade(self, record_ids: Iterable[int]) -> Cascade | None:
        """Find what Ninox would delete along with records of the table; None if that has ended the stream.

        Raises:
            CascadeUnknownError: Nobody can tell.
        """
        cascade: Cascade | None = None
        with self.ending_here(), self._working():
            cascade = find_cascade(self._run, (RecordKey(self.plan.table.id, record_id) for record_id in record_ids))
        return cascade  # noqa: RET504 (likewise)


class LostStream:
    """Stands for a stream that could not even be planned: its rows are counted, and no state passes the first one.

    Attributes:
        account: What became of its rows: nothing.
    """

    first_unsettled = 1

    def __init__(self, run: Run, described: StreamSchema, error: Exception) -> None:
        """Say what happened."""
        self.account = StreamAccount(run, described)
        run.note_lost(described.stream, _told(error))

    def add(self, _record: Mapping[str, Any], /) -> None:
        """Count a row."""
        self.account.take()

    def flush(self) -> None:
        """Do nothing: no row waits."""


def open_stream(run: Run, described: StreamSchema) -> StreamLoader | LostStream:
    """Return what loads a stream.

    Raises:
        NinoxConfigError: The stream cannot be written.
    """
    try:
        return StreamLoader(run, described)
    except (NinoxError, OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 (whatever it is, other streams have no part in it)
        return LostStream(run, described, error)


def _told(error: Exception) -> str:
    """Log where an error that nobody foresaw came from; return in words that it ended a stream."""
    log_defect(error, logging.getLogger("target-ninox"))
    return f"a defect of target-ninox ended it ({type(error).__name__})"
