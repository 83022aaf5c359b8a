"""Reading all rows of a table that people keep editing.

Pages are cut by key, not by number: "the next 1,000 ids after 4711" cannot skip a row when an earlier one is deleted.
Where a server will not do that, full passes over numbered pages are repeated until one was undisturbed.

An empty page ends a table, but it is no proof: one may come by mistake, or because a role sees no rows any more. So the
end is confirmed (`judge_end`) before anybody concludes that a row which did not come was deleted.

Nor is a page that ascends a proof that records are listed by id: where they are listed by their last change, a row that
was changed lately stands behind greater ids, and the cursor passes it. So where ids are missing from a page and nothing
has shown the order (`ListOrder`), the rows are counted (`Tally`).
"""

from __future__ import annotations

import logging
import math
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from ninox_api.body import MAX_PAGE_BYTES
from ninox_api.client import FIRST_PAGE_SIZE, NinoxRecord
from ninox_api.errors import (
    NinoxAPIError,
    NinoxError,
    NinoxProtocolError,
    NinoxRequestError,
    NinoxServerError,
    NinoxSizeError,
    NinoxTimeoutError,
)
from ninox_api.transport import Delivery

Page = Sequence[NinoxRecord]

MAX_PASSES = 5

MIN_PAGE_SIZE = 2
"""A page of one record looks like the end: a server may count the cursor's own row in (not documented)."""

DEFAULT_PAGE_SIZE = 100
"""What a server sends that does not hear `perPage` (documented); no smaller bound is known."""

LARGEST_ID = 2**63 - 1

MAX_PAGE_SIZE = 10_000
"""Clients ask for so many (read in public code); whether Ninox sends them is not known."""

QUICK_S = 3.0
"""Pages grow only while they take no longer."""

SLOW_S = 10.0
"""A page that takes longer makes the next ones smaller; a server gives up after 30 to 60 seconds (assumed)."""

USUAL_CAPS = frozenset({DEFAULT_PAGE_SIZE, 250, 500, FIRST_PAGE_SIZE, 5000})
"""So many records and no more a server may have been set to send."""

_TOO_MUCH = frozenset({413, 504})
_BUSY = frozenset({502, 503})
_SHRINK = 4
_GROWTH = 2

GOOD_PAGE_BYTES = 8 * 1024 * 1024
"""Pages that weigh more make the next ones smaller."""

LEAST_PAGE_BYTES = 256 * 1024

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class IdRange:
    """Records that are still to be read: those with ids beyond `last_id`, up to `end` or else to the table's end."""

    last_id: int = 0
    end: int | None = None


def cut_range(rest: IdRange, *, end: int | None, page_size: int, pieces: int) -> list[IdRange]:
    """Cut an open range into pieces of full pages, to be read at the same time.

    Where no record was ever deleted, the pieces cost no call more than the range; else at most one each.

    Args:
        rest: What is to be cut.
        end: An id that no record is above, None if unknown; the last piece stays open, in case it is wrong.
        page_size: Records per request.
        pieces: How many at most.
    """
    pages = max(0, (end or 0) - rest.last_id) // page_size
    pieces = max(1, min(pieces, pages))
    width = -(-pages // pieces) * page_size
    starts = [rest.last_id + number * width for number in range(pieces)]
    starts = [start for start in starts if start == rest.last_id or start < (end or 0)]
    ends = [*starts[1:], rest.end]
    return [IdRange(last_id=start, end=end) for start, end in zip(starts, ends, strict=True)]


class KeysetUnusableError(NinoxError):
    """The server ignores `sinceId` or does not order by id."""

    def __init__(self) -> None:
        """Say what helps: pages by number come from any server."""
        super().__init__("The server does not hand out records in order of id; ask for pages by number (`page`).")


class PageIgnoredError(Exception):
    """The server answers each page with the first one, which is not the full table."""


def iter_pages(fetch: Callable[[int], Page], *, after_id: int = 0, end: int | None = None) -> Iterator[Page]:
    """Yield pages of ascending ids beyond `after_id`, until an empty one.

    Only an empty page ends the table; a short one may be the server's cap. A server that counts the cursor's own row
    in (the bound is not documented) is understood. A page that does not ascend is asked for once more: it may have
    been another's (a cache, a repeated answer).

    Args:
        fetch: Returns the page that begins after an id, of at least `MIN_PAGE_SIZE` records if there are so many.
        after_id: Where to begin.
        end: Last id that is wanted; records beyond it are left out, and no page is asked for once it is reached.

    Raises:
        KeysetUnusableError: A page does not ascend past its cursor.
    """
    cursor, is_again = after_id, False
    while end is None or cursor < end:
        fresh = [record for record in fetch(cursor) if record.id != cursor]
        ids = [record.id for record in fresh]
        if ids and not (cursor < ids[0] and ids[-1] <= LARGEST_ID and ids == sorted(set(ids))):
            if is_again:
                raise KeysetUnusableError
            is_again = True
            continue
        is_again = False
        if not ids:
            return
        cursor = ids[-1]
        yield fresh if end is None or cursor <= end else [record for record in fresh if record.id <= end]
        del fresh


class SeenIds:
    """The ids of records that were read, as runs of neighbours: a few bytes for a page without gaps."""

    def __init__(self) -> None:
        """Start without any."""
        self._runs = array("Q")  # first and last id of each run

    def add(self, page: Page) -> None:
        """Add a page of ascending ids."""
        has_gaps = page[-1].id - page[0].id + 1 != len(page)
        runs = [(record.id, record.id) for record in page] if has_gaps else [(page[0].id, page[-1].id)]
        for first, last in runs:
            if self._runs and self._runs[-1] + 1 == first:
                self._runs[-1] = last
            else:
                self._runs.extend((first, last))

    def __iter__(self) -> Iterator[int]:
        """Yield the ids."""
        for place in range(0, len(self._runs), 2):
            yield from range(self._runs[place], self._runs[place + 1] + 1)


class ListOrder:
    """What pages that ascend have shown of the order in which a server lists records; of use for all its tables."""

    _CERTAIN = 20.0
    """Natural logarithm of the odds against chance, of one page of 12 records or some that are smaller."""

    def __init__(self) -> None:
        """Start without any page."""
        self._odds = 0.0
        self._may_be_by_change = True

    def note(self, page: Page) -> None:
        """Take a page of ascending ids into account."""
        self._odds += math.lgamma(len(page) + 1)  # of n records in any order, one in n! pages ascends
        changes = [record.sequence or 0 for record in page] if self._may_be_by_change else []
        if changes != sorted(changes):
            self._may_be_by_change = False

    def distrust(self) -> None:
        """Forget what was shown: a page was in another order."""
        self._odds = -math.inf

    @property
    def is_by_id(self) -> bool:
        """Whether records are listed by id beyond doubt: not by their last change, and not in any order."""
        return not self._may_be_by_change and self._odds >= self._CERTAIN


class Tally:
    """Counts the rows of a reading in pages cut by id, which is how rows that were skipped are noticed.

    Attributes:
        rows: How many were read.
    """

    def __init__(self, order: ListOrder) -> None:
        """Start without any."""
        self.rows = 0
        self._order = order
        self._has_gaps = False
        self._page_lengths: dict[int, int] = {}

    def note(self, page: Page, *, after_id: int, reached: int, came: int, asked: int) -> None:
        """Take a page of ascending ids into account; one that is not full has all rows beyond its cursor.

        Args:
            page: Its rows beyond the cursor, as far as they are wanted.
            after_id: The cursor.
            reached: Id up to which it leaves nothing out, if records are listed by id.
            came: How many rows the server sent.
            asked: How many it was asked for.
        """
        if self._order.is_by_id:
            return
        self._order.note(page)
        self._page_lengths[asked] = max(came, self._page_lengths.get(asked, 0))
        if came >= min(asked, DEFAULT_PAGE_SIZE) and reached - after_id > len(page):
            self._has_gaps = True

    @property
    def is_in_doubt(self) -> bool:
        """Whether ids are missing that a list in another order may contain further behind."""
        return self._has_gaps and not self._order.is_by_id

    def last_page(self) -> tuple[int, int]:
        """Return a size of pages, and the number of the page on which a list of so many rows then ends."""
        asked = min(self._page_lengths)
        return asked, self.rows // self._page_lengths[asked]

    def agrees(self, page: Page, *, asked: int, last_id: int, deleted: int) -> bool:
        """Return whether that page shows that there are no more rows than were read.

        Args:
            page: What the server sent as the page of `last_page`.
            asked: Records per page.
            last_id: Highest id that was read: what lies above was created meanwhile.
            deleted: How many of the rows were deleted since they were read, or more.
        """
        length = self._page_lengths[asked]
        if len(page) >= length:
            return False
        created = sum(record.id > last_id for record in page)
        return len(page) - created == self.rows % length - deleted


class End(Enum):
    """Whether all records of a table were read."""

    CONFIRMED = auto()
    UNCONFIRMED = auto()
    """It looks so, but the server does not say anything by which to know."""
    MORE = auto()
    """The server has a record beyond the last one read."""


@dataclass(slots=True)
class Reading:
    """What a reading of a table has come to.

    Attributes:
        last_id: Highest id that was read, 0 for none.
        first_id: Id of the record that the server lists first, 0 for none; None where an earlier run read it.
    """

    last_id: int = 0
    first_id: int | None = 0

    def note(self, *, first: int, last: int) -> None:
        """Take a page of ascending ids into account."""
        if self.first_id is not None:
            self.first_id = min(self.first_id or first, first)
        self.last_id = max(self.last_id, last)


def judge_end(reading: Reading, *, next_id: int | None, newest: Callable[[], int | None], may_be_empty: bool) -> End:
    """Judge whether a reading that met an empty page has met the end of the table.

    The feed's `nextRids` decides for free where nothing was deleted at the end: ids are never used again (assumed).
    Otherwise one call asks for the newest record.

    Args:
        reading: What was read.
        next_id: Id of the table's next new record when the reading began, None if unknown.
        newest: Asks for the id of the newest record (`new=true&perPage=1`); None if there is none.
        may_be_empty: Whether a table that shows no record at all is to be believed.
    """
    if next_id is not None and reading.last_id + 1 >= next_id:
        return End.CONFIRMED
    newest_id = newest()
    if newest_id is None:
        return End.CONFIRMED if reading.last_id == 0 and may_be_empty else End.UNCONFIRMED
    if newest_id > reading.last_id:
        return End.MORE
    # A server that ignores `new` answers what it lists first; the last record itself proves the opposite.
    if newest_id < reading.last_id and reading.first_id in {None, newest_id}:
        return End.UNCONFIRMED
    return End.CONFIRMED


def make_end_error(table_id: str, last_id: int) -> NinoxProtocolError:
    """Return the error for a table that has records which it does not hand out."""
    return NinoxProtocolError(
        f"Table {table_id} was not read to its end: nothing comes after record {last_id}, though the newest record is "
        "a later one. Nothing is concluded from rows that did not come; the next run continues."
    )


def make_pages_error(table_id: str) -> NinoxProtocolError:
    """Return the error for a table that cannot be read, neither by id nor by number."""
    return NinoxProtocolError(
        f"Table {table_id} cannot be read in full: the server does not list its records by id, and answers each page "
        "with the first one. Nothing was marked as read."
    )


def iter_numbered_pages(
    fetch: Callable[[int], Page], *, is_all: Callable[[Page], bool] = lambda _: True
) -> Iterator[Page]:
    """Yield pages 0, 1, 2, … without rows already seen, until a page is empty or brings nothing new.

    Args:
        fetch: Returns a numbered page.
        is_all: Asked where page 1 is page 0 once more: whether that is the full table.

    Raises:
        PageIgnoredError: It is not: the server answers each page with the first one.
    """
    seen: set[int] = set()
    number, page = 0, fetch(0)
    while fresh := [record for record in page if record.id not in seen]:
        seen.update(record.id for record in fresh)
        yield fresh
        number, before = number + 1, page
        page = fetch(number)
        if number == 1 and page and seen.issuperset(record.id for record in page) and not is_all(before):
            raise PageIgnoredError


def iter_passes(
    fetch: Callable[[int], Page],
    *,
    sequence: Callable[[], int | None],
    emitted: set[int] | None = None,
    is_complete: Callable[[Reading], bool] = lambda _: True,
    is_all: Callable[[Page], bool] = lambda _: True,
) -> Iterator[Page]:
    """Yield every row once, from full passes over numbered pages, until one pass is known to be complete.

    A row deleted during a pass moves later rows to earlier pages, so some may be missed. A pass is trusted when the
    database did not change meanwhile, or when it found the same ids as the pass before.

    Args:
        fetch: Returns a numbered page.
        sequence: Returns the database's sequence, or None where it is not known.
        emitted: Ids of rows that are not to be yielded (again); added to.
        is_complete: Judges a pass that is trusted otherwise: whether it met the table's end.
        is_all: Judges a first page that comes again as the second: whether it is all there is.

    Raises:
        PageIgnoredError: The server answers each page with the first one.
        NinoxProtocolError: The table changed during each of `MAX_PASSES` passes.
    """
    emitted = set() if emitted is None else emitted
    last_ids: set[int] | None = None
    for _ in range(MAX_PASSES):
        before, reading = sequence(), Reading()
        ids: set[int] = set()
        for page in iter_numbered_pages(fetch, is_all=is_all):
            reading.note(first=reading.first_id or page[0].id, last=max(record.id for record in page))
            ids.update(record.id for record in page)
            yield [record for record in page if record.id not in emitted]
            emitted.update(record.id for record in page)
        is_still = ids == last_ids or (before is not None and before == sequence())
        if is_still and is_complete(reading):
            return
        last_ids = ids
    message = (
        "The server pages by number only, and the table changed during every attempt to read it in full, or broke "
        "off. Run at a quieter time; nothing was marked as read."
    )
    raise NinoxProtocolError(message)


class SizedPage(NamedTuple):
    """A page, how many records were asked for (other threads may ask for more by then), and what the answer weighs."""

    records: Page
    asked: int
    weight: int


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

    def ask(
        self, get: Callable[..., list[NinoxRecord]], *, at_most: int | None = None, is_full: bool = False
    ) -> SizedPage:
        """Ask for a page, and again in smaller ones where that is too much.

        Args:
            get: `DatabaseClient.get_records` with all that says which page.
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
        is_refused = size > self._answered > 0 and _may_be_refusal(error)
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


def _may_be_refusal(error: NinoxError) -> bool:
    """Return whether a server that has answered smaller pages may mean the size; one that is busy does not."""
    return isinstance(error, NinoxRequestError | NinoxServerError) and error.status not in _BUSY


def asked_too_much(error: NinoxError) -> bool:
    """Return whether a request may succeed if it asks for fewer records."""
    if isinstance(error, NinoxTimeoutError | NinoxSizeError):
        return True
    return isinstance(error, NinoxAPIError) and error.status in _TOO_MUCH
