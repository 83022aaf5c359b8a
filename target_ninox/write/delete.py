"""Deleting records, many at once where the server can, else one by one; what counts as deleted was looked for."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from ninox_api.errors import (
    NinoxAuthenticationError,
    NinoxBudgetError,
    NinoxError,
    NinoxRateLimitError,
    NinoxRequestError,
    NinoxServerError,
)
from ninox_singer.wording import counted
from target_ninox.mapping.plan import WritePlan
from target_ninox.matching.known_table import KnownTable
from target_ninox.run import Run
from target_ninox.write.cascade import RecordKey, counts_by_name
from target_ninox.write.writers import Writer

logger = logging.getLogger(__name__)

MOST_REFUSED_IN_A_ROW = 100
"""After so many it is not the records."""

_FAULT = 500
_MOST_NAMED = 10
_STILL_THERE = "HTTP 200, but the record is still there"


class Deletion(NamedTuple):
    """What became of a record that was to be deleted.

    Attributes:
        refusal: What Ninox answered instead of deleting it; None if it is gone.
    """

    record_id: int
    refusal: str | None = None


class DeletionsRefusedError(NinoxError):
    """A mirror is not one: records that are gone from the stream are still there."""

    def __init__(self, plan: WritePlan, refused: Sequence[Deletion]) -> None:
        """Name the first few records."""
        refusals = sorted({deletion.refusal for deletion in refused if deletion.refusal is not None})
        super().__init__(
            f"{plan.stream}: {counted(len(refused), 'record')} of table {plan.table.name!r} did not come, but Ninox "
            f"refused to delete them with {'; '.join(refusals)}: "
            f"ids {named_ids([deletion.record_id for deletion in refused])}. They may be locked, or a rule of the "
            "table forbids it. The state is held."
        )


def named_ids(record_ids: Sequence[int]) -> str:
    """Return the first few ids as text."""
    named = ", ".join(map(str, record_ids[:_MOST_NAMED]))
    return f"{named}, …" if len(record_ids) > _MOST_NAMED else named


def describe_deletion(run: Run, plan: WritePlan, record_ids: Sequence[int], along: Collection[RecordKey]) -> str:
    """Return in words what is to be deleted, with what Ninox deletes along."""
    text = f"{counted(len(record_ids), 'record')} of table {plan.table.name!r} (ids {named_ids(record_ids)})"
    counts = [f"{count} of {name!r}" for name, count in counts_by_name(run, along).items()]
    return f"{text} and {', '.join(counts)} that Ninox deletes along" if counts else text


class Deleter:
    """Deletes records of one table; one that is gone already counts as done.

    What a deletion answers is not documented, many at once are not served by old servers, and some proxies drop the
    body of a DELETE. So no answer is believed: behind each request the table is read where the records were. What is
    still there is deleted by itself, and looked for again. A record that cannot be deleted, being locked or by a rule
    of its table, costs no other.
    """

    def __init__(self, writer: Writer, table: KnownTable, *, size: int) -> None:
        """Remember where; nothing is sent yet."""
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
            self._works_in_batches = _is_refusal(error)  # of these records, perhaps not of others
            if self._works_in_batches:
                return batch
        there = self._table.still_there(batch)
        self._works_in_batches = self._works_in_batches and len(there) < len(batch)
        return [record_id for record_id in batch if record_id in there]

    def _delete_singly(self, record_ids: Sequence[int]) -> dict[int, str]:
        """Delete records one by one; return record id → what was answered, for those that are still there."""
        if not record_ids:
            return {}
        answers = {record_id: self._delete_one(record_id) for record_id in record_ids}
        done = [record_id for record_id, refusal in answers.items() if refusal is None]
        there = self._table.still_there(done) if done else set()
        refusals = {record_id: refusal for record_id, refusal in answers.items() if refusal is not None}
        return refusals | dict.fromkeys(there, _STILL_THERE)

    def _delete_one(self, record_id: int) -> str | None:
        try:
            self._writer.delete_record(self._table.id, record_id)
        except (NinoxRequestError, NinoxServerError) as error:
            self._refused_in_a_row += 1
            if not _is_refusal(error) or self._refused_in_a_row >= MOST_REFUSED_IN_A_ROW:
                raise
            return f"HTTP {error.status}"
        self._refused_in_a_row = 0
        return None


def _is_refusal(error: NinoxError) -> bool:
    """Return whether records are to blame: a bad request, a lock, a script of the table that failed."""
    return isinstance(error, NinoxRequestError) or (isinstance(error, NinoxServerError) and error.status == _FAULT)
