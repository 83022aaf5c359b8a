"""How many rows go into one request: more of them while that goes well, as every request counts against the plan."""

from __future__ import annotations

import logging

from ninox_api.paging import QUICK_S, SLOW_S
from ninox_api.transport import Delivery

FIRST_BATCH_SIZE = 100
"""Public clients send 100 to 300 records at once; no maximum is documented."""

MAX_BATCH_SIZE = 1000

MAX_BATCH_BYTES = 1024 * 1024
"""Of the body of a request for more rows than the first one had: what web servers take unless told otherwise."""

_GROWTH = 2

logger = logging.getLogger(__name__)


class BatchSize:
    """The rows per request of one stream.

    They become more while full batches are answered quickly and are small, as pages do. They become fewer where the
    server is slow, runs out of time, or finds them too many; in which case they stay so.

    Attributes:
        current: So many rows at most go into the next request.
    """

    def __init__(self, table_id: str, size: int | None = None) -> None:
        """Start with a size.

        Args:
            table_id: For messages.
            size: Rows that are never exceeded; None to find out how many may be.
        """
        self._table_id = table_id
        self.current = self._first = FIRST_BATCH_SIZE if size is None else size
        self._most = MAX_BATCH_SIZE if size is None else size
        self._taken = self._first  # a request of so many was not too much, as far as was seen
        self._rows_in_doubt = 0
        self._most_without_doubt = self._most

    def max_bytes(self, rows: int) -> int | None:
        """Return how large the body of a request for so many rows may be; the first ones go out whatever they weigh."""
        return MAX_BATCH_BYTES if rows > self._first else None

    def is_new(self, rows: int) -> bool:
        """Return whether no request with so many rows was answered yet, nor is it one of the first."""
        return rows > self._taken

    def fit(self, rows: int, sent: int) -> None:
        """Let the next request have the bytes that it may have, judged by one of so many rows that has too many."""
        self.current = max(self._first, rows * MAX_BATCH_BYTES // sent)

    def note(self, rows: int, delivery: Delivery) -> None:
        """Take in that a request was answered."""
        self._taken = max(self._taken, rows)
        self._rows_in_doubt = max(0, self._rows_in_doubt - rows)
        if delivery.seconds > SLOW_S:
            self.current = min(self.current, max(self._first, rows // _GROWTH))
        elif rows == self.current and delivery.seconds <= QUICK_S and delivery.sent * _GROWTH <= MAX_BATCH_BYTES:
            self.current = min(self._most, rows * _GROWTH)

    def note_refused(self, rows: int) -> None:
        """Take in that a request was refused, of which nothing was saved: for a bad row, or for its size.

        Where it had more rows than any before, they are fewer from now on; unless one of these very rows is refused
        again in fewer, which then was the reason.
        """
        if self.is_new(rows):
            self._rows_in_doubt, self._most_without_doubt = rows, self._most
            self.current = self._most = self._taken
        else:
            self.note_bad_row()

    def note_bad_row(self) -> None:
        """Take in that a row was the reason why the last request was refused, and not its size."""
        if self._rows_in_doubt:
            self._rows_in_doubt, self._most = 0, self._most_without_doubt

    def shrink(self, rows: int) -> None:
        """Ask for less from now on: so many rows were too many for the server, or for the time that it has."""
        smaller = self._taken if self.is_new(rows) else max(1, rows // 2)
        self.current = self._most = min(self.current, smaller)
        self._taken = min(self._taken, self.current)
        logger.warning("Table %s: %d rows at once are too many; from now on %d.", self._table_id, rows, self.current)
