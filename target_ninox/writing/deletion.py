"""Deleting records, many at once where the server can, else one by one."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from ninox_api.errors import NinoxAuthenticationError, NinoxBudgetError, NinoxError, NinoxRateLimitError
from target_ninox.matching.known_table import KnownTable
from target_ninox.writing.writers import Writer

logger = logging.getLogger(__name__)


class Deleter:
    """Deletes records of one table; one that is gone already counts as done.

    What many-at-once answers is not documented, old servers do not serve it, and some proxies drop the body of a
    DELETE. So the first time it is looked whether the records are really gone.
    """

    def __init__(self, writer: Writer, table: KnownTable, *, size: int) -> None:
        """Remember where; nothing is sent yet."""
        self._writer = writer
        self._table = table
        self._size = size
        self._works_in_batches: bool | None = None

    def delete(self, record_ids: Sequence[int]) -> Iterator[int]:
        """Delete records; yield how many, after each request or batch."""
        for start in range(0, len(record_ids), self._size):
            batch = list(record_ids[start : start + self._size])
            if not self._delete_at_once(batch):
                for record_id in batch:
                    self._writer.delete_record(self._table.id, record_id)
            for record_id in batch:
                self._table.note_deleted(record_id)
            yield len(batch)

    def _delete_at_once(self, batch: list[int]) -> bool:
        if len(batch) == 1 or self._works_in_batches is False:
            return False
        try:
            self._writer.delete_records(self._table.id, batch)
        except (NinoxAuthenticationError, NinoxBudgetError, NinoxRateLimitError):
            raise
        except NinoxError as error:
            logger.info("Table %s: records are deleted one by one (%s)", self._table.id, error)
            self._works_in_batches = False
            return False
        if self._works_in_batches is None:
            self._works_in_batches = self._table.find(batch[-1]) is None
        return self._works_in_batches
