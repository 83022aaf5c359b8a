"""How many records to ask for at a time, which nothing says: it is found out while a table is read."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from ninox_api.body import MAX_PAGE_BYTES
from ninox_api.client import FIRST_PAGE_SIZE, NinoxRecord
from ninox_api.errors import NinoxError, NinoxSizeError, asked_too_much, may_be_refusal
from ninox_api.transport import Delivery

MIN_PAGE_SIZE = 2
"""A page of one record looks like the end: a server may count the cursor's own row in (not documented)."""

DEFAULT_PAGE_SIZE = 100
"""What a server sends that does not hear `perPage` (documented); no smaller bound is known."""

MAX_PAGE_SIZE = 10_000
"""Clients ask for so many (read in public code); whether Ninox sends them is not known."""

QUICK_S = 3.0
"""Pages grow only while they take no longer."""

SLOW_S = 10.0
"""A page that takes longer makes the next ones smaller; a server gives up after 30 to 60 seconds (assumed)."""

USUAL_CAPS = frozenset({DEFAULT_PAGE_SIZE, 250, 500, FIRST_PAGE_SIZE, 5000})
"""So many records and no more a server may have been set to send."""

_SHRINK = 4
_GROWTH = 2

GOOD_PAGE_BYTES = 8 * 1024 * 1024
"""Pages that weigh more make the next ones smaller."""

LEAST_PAGE_BYTES = 256 * 1024

logger = logging.getLogger(__name__)


class SizedPage(NamedTuple):
    """A page, how many records were asked for (other threads may ask for more by then), and what the answer weighs."""

    records: Sequence[NinoxRecord]
    asked: int
    weight: int


class GetPage(Protocol):
    """Asks for a page of which all is settled but its size: `DatabaseClient.get_records`, and who does likewise."""

    def __call__(
        self, *, per_page: int, divisible: bool, max_bytes: int, measure: Callable[[Delivery], None]
    ) -> list[NinoxRecord]:
        """Return the page; each argument is that of `get_records`."""


class PageSize:
    """The page size of one table, shared by the threads that read it.

    Nothing says how large a page may be, so it is found out: pages grow while answers are full, quick and small. They
    become smaller where they are large (decoded, a page takes five times its bytes) or slow, before one fails, and
    where the server cannot deliver them.

    Attributes:
        first: Records of the first page.
        current: Records that were asked for last.
        max_bytes: A larger page is to be cut off.
        cap: So many records the server sends at most, whatever it is asked for, as far as it has shown that.
    """

    def __init__(self, table_id: str, size: int | None = None, *, shared_by: int = 1, cap: int | None = None) -> None:
        """Start with a size.

        Args:
            table_id: For messages.
            size: Records that are never exceeded; None to find out how many may be.
            shared_by: How many threads may have a page each: all of them together should have the bytes of one.
            cap: What the server has shown earlier.
        """
        self._table_id = table_id
        self._good_bytes = max(LEAST_PAGE_BYTES, GOOD_PAGE_BYTES // shared_by)
        self.max_bytes = self._good_bytes * (MAX_PAGE_BYTES // GOOD_PAGE_BYTES)
        self._lock = threading.Lock()
        self.first = self.current = self._next = max(MIN_PAGE_SIZE, size or FIRST_PAGE_SIZE)
        self._most = MAX_PAGE_SIZE if size is None else self.first
        self._answered = 0  # the largest size that the server did not refuse
        self.cap = cap
        self._rows_before = 0

    def ask(self, get: GetPage, *, at_most: int | None = None, is_full: bool = False) -> SizedPage:
        """Ask for a page, and again in smaller ones where that is too much.

        Args:
            get: Knows which page.
            at_most: No more records are wanted.
            is_full: Whether each answer has all that it was asked for, however few records that are.
        """
        while True:
            with self._lock:
                size = self.current = self._next
            deliveries: list[Delivery] = []
            asked = size if at_most is None else max(MIN_PAGE_SIZE, min(size, at_most))
            try:
                page = get(
                    per_page=asked,
                    divisible=asked > MIN_PAGE_SIZE,
                    max_bytes=self.max_bytes,
                    measure=deliveries.append,
                )
            except NinoxError as error:
                self.shrink(asked, error)
            else:
                self.note(asked, rows=asked if is_full else len(page), delivery=deliveries[-1])
                return SizedPage(page, asked, deliveries[-1].weight)

    def note(self, asked: int, *, rows: int, delivery: Delivery) -> None:
        """Let the next pages have the bytes and the time that a page should have, judged by one that came."""
        with self._lock:
            self._answered = max(self._answered, asked)
            if asked >= self.current:  # not a page that was cut at the end of a range
                # Two pages of one length, the second shorter than asked for, show the server's own bound. That is no
                # more than likely. So the server is asked for as many as ever, and more rows disprove it.
                if self.cap is not None and rows > self.cap:
                    self.cap = None
                if DEFAULT_PAGE_SIZE <= rows < asked and rows == self._rows_before:
                    self.cap = rows
                self._rows_before = rows
            if delivery.weight > self._good_bytes:
                fitting = max(MIN_PAGE_SIZE, rows * self._good_bytes // delivery.weight)
                self._next = min(self._next, fitting)
            elif delivery.seconds > SLOW_S:  # pages of a server that takes its time for each call do not melt away
                self._next = min(self._next, max(self.first, asked // _GROWTH))
            elif (
                rows >= asked == self._next < self._most
                and delivery.weight * _GROWTH <= self._good_bytes
                and delivery.seconds <= QUICK_S
            ):
                self._next = min(self._most, asked * _GROWTH)

    def is_short(self, rows: int, *, asked: int) -> bool:
        """Return whether a page has fewer records than the server sends where there are more; it may be the last.

        Where nothing is known of the server's own bound, numbers that are usual for one are taken for it.
        """
        may_be_cap = self.cap is None and rows in USUAL_CAPS
        return not may_be_cap and rows < (asked if self.cap is None else min(asked, self.cap))

    def count_pages(self, rows: int) -> int:
        """Return in how many pages so many records come, if pages go on to grow as they may."""
        pages, size, most = 0, self._next, min(self._most, self.cap or self._most)
        while rows > 0 and size < most:
            pages, rows, size = pages + 1, rows - size, size * _GROWTH
        return pages + max(0, -(-rows // most))

    def shrink(self, size: int, error: NinoxError) -> None:
        """Ask for less from now on, if a request for `size` records failed because it asked for too much.

        Raises:
            NinoxError: The error, where a smaller page would not help.
        """
        is_refused = size > self._answered > 0 and may_be_refusal(error)
        if not (asked_too_much(error) or is_refused) or size <= MIN_PAGE_SIZE:
            raise error
        with self._lock:
            if self.current < size:
                return  # another thread has done it
            if isinstance(error, NinoxSizeError) and error.record_bytes:
                smaller, why, level = self._good_bytes // error.record_bytes, "too large", logging.INFO
                self.current = self._next = max(MIN_PAGE_SIZE, min(size // 2, smaller))
            else:
                why, level = "too much for the server", logging.WARNING
                smaller = self._answered if size > self._answered > 0 else max(MIN_PAGE_SIZE, size // _SHRINK)
                self.current = self._next = self._most = smaller
                self._answered = min(self._answered, smaller)
            logger.log(
                level,
                "Table %s: pages of %d records are %s, asking for %d from here on. (%s)",
                self._table_id,
                size,
                why,
                self.current,
                error,
            )
