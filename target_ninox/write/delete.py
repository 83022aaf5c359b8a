"""Deleting records, many at once where the server can, else one by one."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ninox_api.errors import (
    NinoxAPIError,
    NinoxAuthenticationError,
    NinoxBudgetError,
    NinoxError,
    NinoxRateLimitError,
    NinoxRequestError,
    NinoxServerError,
)
from ninox_api.wording import counted
from target_ninox.matching.known_table import KnownTable
from target_ninox.planning.plan import WritePlan
from target_ninox.write.writers import Writer

logger = logging.getLogger(__name__)

MOST_REFUSED_IN_A_ROW = 100
"""After so many it is not the records."""

_FAULT = 500
_MOST_NAMED = 10


class Deletion(NamedTuple):
    """What became of a record that was to be deleted: it is gone, or Ninox refused."""

    record_id: int
    refusal: NinoxAPIError | None = None


class DeletionsRefusedError(NinoxError):
    """A mirror is not one: records that are gone from the stream are still there."""

    def __init__(self, plan: WritePlan, refused: Sequence[Deletion]) -> None:
        """Name the first few records."""
        statuses = sorted({str(deletion.refusal.status) for deletion in refused if deletion.refusal is not None})
        ids = ", ".join(str(deletion.record_id) for deletion in refused[:_MOST_NAMED])
        super().__init__(
            f"{plan.stream}: {counted(len(refused), 'record')} of table {plan.table.name!r} did not come, but Ninox "
            f"refused to delete them with HTTP {', '.join(statuses)}: ids {ids}"
            f"{', …' if len(refused) > _MOST_NAMED else ''}. They may be locked, or a rule of the table forbids it. "
            "The state is held."
        )


class Deleter:
    """Deletes records of one table; one that is gone already counts as done.

    What many-at-once answers is not documented, old servers do not serve it, and some proxies drop the body of a
    DELETE. So the first time it is looked whether the records are really gone. A record that cannot be deleted, being
    locked or by a rule of its table, costs no other.
    """

    def __init__(self, writer: Writer, table: KnownTable, *, size: int) -> None:
        """Remember where; nothing is sent yet."""
        self._writer = writer
        self._table = table
        self._size = size
        self._works_in_batches: bool | None = None
        self._refused_in_a_row = 0

    def delete(self, record_ids: Sequence[int]) -> Iterator[Deletion]:
        """Delete records; yield what became of each as soon as it is known.

        Raises:
            NinoxError: Ninox cannot be reached, or refuses everything; the records left were not deleted.
        """
        for start in range(0, len(record_ids), self._size):
            batch = list(record_ids[start : start + self._size])
            is_done = self._delete_at_once(batch)
            for record_id in batch:
                refusal = None if is_done else self._delete_one(record_id)
                if refusal is None:
                    self._table.note_deleted(record_id)
                yield Deletion(record_id, refusal)

    def _delete_one(self, record_id: int) -> NinoxAPIError | None:
        try:
            self._writer.delete_record(self._table.id, record_id)
        except (NinoxRequestError, NinoxServerError) as error:
            self._refused_in_a_row += 1
            if not _is_refusal(error) or self._refused_in_a_row >= MOST_REFUSED_IN_A_ROW:
                raise
            return error
        self._refused_in_a_row = 0
        return None

    def _delete_at_once(self, batch: list[int]) -> bool:
        if len(batch) == 1 or self._works_in_batches is False:
            return False
        try:
            self._writer.delete_records(self._table.id, batch)
        except (NinoxAuthenticationError, NinoxBudgetError, NinoxRateLimitError):
            raise
        except NinoxError as error:
            logger.info("Table %s: records are deleted one by one (%s)", self._table.id, error)
            self._works_in_batches = None if _is_refusal(error) else False
            return False
        if self._works_in_batches is None:
            self._works_in_batches = self._table.find(batch[-1]) is None
        return self._works_in_batches


def _is_refusal(error: NinoxError) -> bool:
    """Tell whether records are to blame: a bad request, a lock, a script of the table that failed."""
    return isinstance(error, NinoxRequestError) or (isinstance(error, NinoxServerError) and error.status == _FAULT)
