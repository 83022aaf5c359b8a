"""Deleting records, many at once where the server can, else one by one; what counts as deleted was looked for."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from ninox_api.errors import (
    NinoxAuthenticationError,
    NinoxBudgetError,
    NinoxError,
    NinoxRateLimitError,
    NinoxRequestError,
    NinoxServerError,
)
from ninox_singer.wording import first_ids, in_number
from target_ninox.account import StreamAccount
from target_ninox.claimed import ClaimedRecords
from target_ninox.mapping.encode import WritePlan
from target_ninox.records.destination import Destination, Writer
from target_ninox.records.table import TargetTable
from target_ninox.records.waiting import WaitingRows
from target_ninox.rows import Row, RowRejectedError
from target_ninox.write.batches import FIRST_BATCH_SIZE
from target_ninox.write.blame import MOST_REFUSED_IN_A_ROW, is_refusal
from target_ninox.write.cascade import (
    Cascade,
    RecordKey,
    counts_by_name,
    find_cascade,
    find_left,
    may_cascade,
)

logger = logging.getLogger(__name__)

_STILL_THERE = ", but the record is still there"


_TAKES_ROWS = (
    "It was not deleted: Ninox would delete records along for which rows of this input came, or may have (a reference "
    "cascades)."
)


_RENUMBERED = "It was not deleted: while this run was under way, somebody gave the record another key."

_OTHER_STREAM_FAILED = (
    "It was not deleted: a stream that may hold a row about the same record ended before its last row was loaded."
)


class Deletion(NamedTuple):
    """What became of a record that was to be deleted.

    Attributes:
        refusal: What Ninox answered instead of deleting it; None if it was deleted.
    """

    record_id: int
    refusal: str | None = None


class _Answer(NamedTuple):
    """What a single deletion was answered with, and whether that says that the record is gone."""

    status: str
    is_done: bool


class DeletionsRefusedError(NinoxError):
    """A mirror is not one: records that the stream has no more are still there."""

    def __init__(self, plan: WritePlan, refused: Sequence[Deletion]) -> None:
        """Name the first few records."""
        refusals = sorted({deletion.refusal for deletion in refused if deletion.refusal is not None})
        super().__init__(
            f"{plan.stream}: {in_number(len(refused), 'record')} of table {plan.table.name!r} did not come, but Ninox "
            f"refused to delete them with {'; '.join(refusals)}: "
            f"{first_ids([deletion.record_id for deletion in refused])}. They may be locked, or a rule of the "
            "table forbids it. The state is held."
        )


def describe_deletion(
    destination: Destination, plan: WritePlan, record_ids: Sequence[int], along: Collection[RecordKey]
) -> str:
    """Return in words what is to be deleted, with what Ninox deletes along."""
    text = f"{in_number(len(record_ids), 'record')} of table {plan.table.name!r} ({first_ids(record_ids)})"
    counts = [f"{count} of {name!r}" for name, count in counts_by_name(destination, along).items()]
    return f"{text} and {', '.join(counts)} that Ninox deletes along" if counts else text


class TableDeleter:
    """Deletes records of one table; one that was deleted before counts as done.

    What a deletion answers is not documented, many at once are not served by old servers, and some proxies drop the
    body of a DELETE. So no answer is believed: behind each request the table is read where the records were. What is
    still there is deleted by itself, and looked for again. A record that cannot be deleted, being locked or by a rule
    of its table, costs no other.
    """

    def __init__(self, writer: Writer, table: TargetTable, *, size: int) -> None:
        self._writer = writer
        self._table = table
        self._size = size
        self._works_in_batches = True
        self._refused_in_a_row = 0

    def delete(self, record_ids: Collection[int]) -> Iterator[Deletion]:
        """Delete records, in ascending order; yield what became of each as soon as it is known.

        Raises:
            NinoxError: Ninox cannot be reached, or refuses everything; the records left were not deleted.
        """
        ordered = sorted(record_ids)
        for start in range(0, len(ordered), self._size):
            batch = ordered[start : start + self._size]
            refusals = self._delete_singly(self._left_of(batch))
            for record_id in batch:
                refusal = refusals.get(record_id)
                if refusal is None:
                    self._table.note_deleted(record_id)
                yield Deletion(record_id, refusal)

    def _left_of(self, batch: list[int]) -> list[int]:
        """Delete a batch at once; return what is left of it."""
        if len(batch) == 1 or not self._works_in_batches:
            return batch
        try:
            self._writer.delete_records(self._table.id, batch)
        except (NinoxAuthenticationError, NinoxBudgetError, NinoxRateLimitError):
            raise
        except NinoxError as error:
            logger.info("Table %s: records are deleted one by one (%s)", self._table.id, error)
            self._works_in_batches = is_refusal(error)  # of these records, perhaps not of others
            if self._works_in_batches:
                return batch
        there = self._table.still_there(batch)
        self._works_in_batches = self._works_in_batches and len(there) < len(batch)
        return [record_id for record_id in batch if record_id in there]

    def _delete_singly(self, record_ids: Sequence[int]) -> dict[int, str]:
        """Delete records one by one; return record id → what was answered, for those that are still there."""
        answers = {record_id: self._delete_one(record_id) for record_id in record_ids}
        done = [record_id for record_id, answer in answers.items() if answer.is_done]
        there = self._table.still_there(done)
        return {
            record_id: answer.status + (_STILL_THERE if answer.is_done else "")
            for record_id, answer in answers.items()
            if record_id in there or not answer.is_done
        }

    def _delete_one(self, record_id: int) -> _Answer:
        try:
            was_there = self._writer.delete_record(self._table.id, record_id)
        except (NinoxRequestError, NinoxServerError) as error:
            self._refused_in_a_row += 1
            if not is_refusal(error) or self._refused_in_a_row >= MOST_REFUSED_IN_A_ROW:
                raise
            return _Answer(f"HTTP {error.status}", is_done=False)
        self._refused_in_a_row = 0
        return _Answer("HTTP 200" if was_there else "HTTP 404", is_done=True)


class StreamDeleter:
    """Deletes the records of one stream's table: those of rows that say so, and those for which no row came.

    Attributes:
        plan: How rows are written.
        waiting: Those whose records are deleted at the end of the input, since others may go along.
    """

    def __init__(
        self, plan: WritePlan, account: StreamAccount, destination: Destination, claimed: ClaimedRecords
    ) -> None:
        self.plan = plan
        self._account = account
        self._destination = destination
        self._claimed = claimed
        self.waiting = WaitingRows(destination.temporary)
        self._table = destination.table(plan.table.id)
        self._deleter = TableDeleter(destination.writer, self._table, size=destination.batch_size or FIRST_BATCH_SIZE)

    def delete_or_wait(self, to_delete: dict[int, Row]) -> None:
        """Delete the records of rows; at the end of the input, where others may go along for which rows come yet.

        Likewise where another stream goes into the table, whose rows about the same records may be written before.
        """
        table_id = self.plan.table.id
        if to_delete and (may_cascade(self._destination, table_id) or self._claimed.is_shared(table_id)):
            for record_id, row in to_delete.items():
                self._let_wait(row, record_id)
        elif to_delete:
            for record_id in [
                record_id for record_id, row in to_delete.items() if self._is_in_rejected(row, record_id)
            ]:
                self._account.supersede([to_delete.pop(record_id).encoded.number])
            self._delete_rows(to_delete, deleted=set())

    def _let_wait(self, row: Row, record_id: int) -> None:
        """Let a deletion wait: a row that comes later may stand for a record that Ninox would delete along."""
        earlier = self.waiting.find(row.identity)
        if earlier is not None:
            self._account.supersede([earlier.encoded.number])
            row = earlier.then(row)
        self.waiting.put(replace(row, encoded=replace(row.encoded, record_id=record_id)))

    def delete_waiting(self, deleted: set[RecordKey]) -> None:
        """Delete the records whose deletion waited, but for those of which a row came since.

        Args:
            deleted: What was deleted at the end of this input, or went along; what this call deletes is added.

        Raises:
            LimitReachedError: They are too many; those of the last block were not deleted.
            CascadeUnknownError: Nobody knows what would go along; none was deleted.
        """
        for block in self.waiting.blocks():
            to_delete: dict[int, Row] = {}
            for row in block:
                record_id = row.encoded.record_id
                assert record_id is not None  # noqa: S101 (`_let_wait` has given it)
                if RecordKey(self.plan.table.id, record_id) in deleted or record_id in to_delete:
                    self._account.count(row, "unchanged")
                elif self._claimed.failed_in(self.plan.table.id) is not None:
                    self._account.reject(row, RowRejectedError(code="not_deleted", reason=_OTHER_STREAM_FAILED))
                elif self._is_in_rejected(row, record_id) or self._claimed.stream_that_wrote(
                    self.plan.table.id, record_id
                ):
                    self._account.supersede([row.encoded.number])
                else:
                    to_delete[record_id] = row
            self._keep_renumbered(to_delete)
            if to_delete:
                self._delete_rows(to_delete, deleted=deleted)
        self.waiting.clear()

    def _keep_renumbered(self, to_delete: dict[int, Row]) -> None:
        """Reject the rows whose record has another key by now than when it was found, which may be hours ago."""
        for record_id, record in self._table.read_again(sorted(to_delete)).items():
            if self.plan.key_of_record(record_id, record.fields) != to_delete[record_id].encoded.key:
                error = RowRejectedError(code="not_deleted", reason=_RENUMBERED)
                self._account.reject(to_delete.pop(record_id), error)

    def _is_in_rejected(self, row: Row, record_id: int) -> bool:
        """Return whether a row about the same record could not be written: one behind it, or one of another stream."""
        if self._account.rejected_keys.get(row.encoded.key, 0) > row.encoded.number:
            return True
        return self._claimed.stream_with_rejected(self.plan.table.id, record_id, but_for=self.plan.stream) is not None

    def _delete_rows(self, to_delete: dict[int, Row], *, deleted: set[RecordKey]) -> None:
        """Delete the records of rows, but for those with which records would go that rows of this input stand for."""
        cascade = find_cascade(self._destination, (RecordKey(self.plan.table.id, record_id) for record_id in to_delete))
        for record_id in list(to_delete):
            if self._takes_rows(record_id, cascade):
                error = RowRejectedError(code="not_deleted", reason=_TAKES_ROWS)
                self._account.reject(to_delete.pop(record_id), error)
        if not to_delete:
            return
        cascade = cascade.of(RecordKey(self.plan.table.id, record_id) for record_id in to_delete)
        along = cascade.along() - deleted
        what = describe_deletion(self._destination, self.plan, list(to_delete), along)
        self._destination.limits.reserve("delete", len(to_delete) + len(along), what=what)
        if along:
            logger.info("%s: %s.", self.plan.stream, what)
        for deletion in self._delete_counted(list(to_delete), cascade, in_count=deleted):
            if deletion.refusal is None:
                deleted.add(RecordKey(self.plan.table.id, deletion.record_id))
                self._account.report.deleted += 1
            else:
                reason = f"Ninox refused to delete the record with {deletion.refusal}."
                error = RowRejectedError(code="not_deleted", reason=reason)
                self._account.reject(to_delete[deletion.record_id], error)

    def _takes_rows(self, record_id: int, cascade: Cascade) -> bool:
        """Return whether records would go along with one for which rows of this very input came."""
        along = cascade.along([RecordKey(self.plan.table.id, record_id)])
        return any(self._claimed.stream_that_keeps(*record) is not None for record in along)

    def _delete_counted(
        self, record_ids: Sequence[int], cascade: Cascade, *, in_count: set[RecordKey]
    ) -> Iterator[Deletion]:
        """Delete records, and note what went along with those that were deleted: what is there still did not."""
        deleted, left = list[RecordKey](), set[RecordKey]()
        try:
            for deletion in self._carry_out(record_ids, cascade):
                if deletion.refusal is None:
                    deleted.append(RecordKey(self.plan.table.id, deletion.record_id))
                yield deletion
            if self._account.preview is None:
                left = self._find_left(cascade.along(deleted) - in_count)
        finally:  # after an error, all that was announced counts: nobody has looked
            along = cascade.along(deleted) - in_count - left
            in_count |= along
            for table_id, record_id in along:
                self._destination.table(table_id).note_deleted(record_id)
            self._account.report.add_deleted_along(counts_by_name(self._destination, along))

    def _find_left(self, announced: Collection[RecordKey]) -> set[RecordKey]:
        """Look for what was to go along; without an answer all of it counts as gone, for the deletion is done."""
        try:
            left = find_left(self._destination, announced)
        except NinoxError as error:
            logger.warning(
                "%s: nobody could look whether what was to go along with the deleted records has gone (%s). It is all "
                "counted as deleted.",
                self.plan.stream,
                error,
            )
            return set()
        self._log_left(left)
        return left

    def _log_left(self, left: Collection[RecordKey]) -> None:
        for name, count in counts_by_name(self._destination, left).items():
            logger.warning(
                "%s: %s of table %r did not go along with what was deleted of %r, though the schema says so (cascade). "
                "They are not counted as deleted, and refer to a record that is not there any more: look at them in "
                "Ninox.",
                self.plan.stream,
                in_number(count, "record"),
                name,
                self.plan.table.name,
            )

    def _carry_out(self, record_ids: Sequence[int], cascade: Cascade) -> Iterator[Deletion]:
        def along(record_id: int) -> dict[str, int]:
            return counts_by_name(self._destination, cascade.along([RecordKey(self.plan.table.id, record_id)]))

        if self._account.preview is None:
            yield from self._deleter.delete(record_ids)
            return
        for record_id in record_ids:
            self._account.preview.delete(record_id, along=partial(along, record_id))
            self._table.note_deleted(record_id)
            yield Deletion(record_id)

    def remove_unseen_records(self, record_ids: Sequence[int], cascade: Cascade, *, in_count: set[RecordKey]) -> None:
        """Delete records for which no row came.

        Args:
            record_ids: They.
            cascade: What goes along with them.
            in_count: What is in a count already; what goes along is added.

        Raises:
            DeletionsRefusedError: Some of them cannot be deleted; the others were.
        """
        refused = []
        for deletion in self._delete_counted(record_ids, cascade, in_count=in_count):
            if deletion.refusal is None:
                self._account.report.removed += 1
            else:
                refused.append(deletion)
        if refused:
            raise DeletionsRefusedError(self.plan, refused)
