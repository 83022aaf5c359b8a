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

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import NamedTuple, Protocol

from ninox_api.client import NinoxRecord
from ninox_api.errors import NinoxError, NinoxProtocolError
from ninox_api.ids import IdSet
from ninox_api.page_size import DEFAULT_PAGE_SIZE, MIN_PAGE_SIZE, PageSize, SizedPage

Page = Sequence[NinoxRecord]

MAX_PASSES = 5

LARGEST_ID = 2**63 - 1


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
    """Yield pages of ascending ids beyond `after_id`, until an empty one; see `iter_counted_pages`.

    Args:
        fetch: Returns the page that begins after an id, of at least `MIN_PAGE_SIZE` records if there are so many.
        after_id: Where to begin.
        end: Last id that is wanted.

    Raises:
        KeysetUnusableError: A page does not ascend past its cursor.
    """
    for page in iter_counted_pages(lambda after: SizedPage(fetch(after), 0, 0), None, after_id=after_id, end=end):
        yield page.records
        del page


class CountedPage(NamedTuple):
    """A page of ascending ids, and what of its answer says whether there may be more.

    Attributes:
        records: Those beyond the cursor, as far as they are wanted; perhaps none.
        reached: Highest id that came, wanted or not.
        came: How many records the server sent.
        asked: How many it was asked for.
        weight: Of the answer, in bytes.
    """

    records: Page
    reached: int
    came: int
    asked: int
    weight: int


def iter_counted_pages(
    ask: Callable[[int], SizedPage], tally: Tally | None, *, after_id: int = 0, end: int | None = None
) -> Iterator[CountedPage]:
    """Yield pages of ascending ids beyond `after_id`, until an empty one.

    Only an empty page ends the table; a short one may be the server's cap. A server that counts the cursor's own row
    in (the bound is not documented) is understood. A page that does not ascend is asked for once more: it may have
    been another's (a cache, a repeated answer).

    Args:
        ask: Returns the page that begins after an id, of at least `MIN_PAGE_SIZE` records if there are so many.
        tally: Counts them, if anybody wants to know whether rows were passed over.
        after_id: Where to begin.
        end: Last id that is wanted; records beyond it are left out, and no page is asked for once it is reached.

    Raises:
        KeysetUnusableError: A page does not ascend past its cursor.
    """
    cursor, is_again = after_id, False
    while end is None or cursor < end:
        records, asked, weight = ask(cursor)
        came, records = len(records), [record for record in records if record.id != cursor]
        ids = [record.id for record in records]
        if ids and not (cursor < ids[0] and ids[-1] <= LARGEST_ID and ids == sorted(set(ids))):
            if is_again:
                raise KeysetUnusableError
            is_again = True
            continue
        is_again = False
        if not ids:
            return
        reached = ids[-1]
        if end is not None and reached > end:
            records = [record for record in records if record.id <= end]
        if tally is not None:
            whole_to = reached if end is None else min(reached, end)
            tally.note(records, after_id=cursor, reached=whole_to, came=came, asked=asked)
        cursor = reached
        yield CountedPage(records, reached, came, asked, weight)
        del records


class ListOrder:
    """What pages that ascend have shown of the order in which a server lists records; of use for all its tables."""

    _CERTAIN = 20.0
    """Natural logarithm of the odds against chance, of one page of 12 records or some that are smaller."""

    def __init__(self) -> None:
        self._odds = 0.0
        self._may_be_by_change = True
        self._lock = threading.Lock()  # tables are read side by side

    def note(self, page: Page) -> None:
        """Take a page of ascending ids into account."""
        with self._lock:
            self._odds += math.lgamma(len(page) + 1)  # of n records in any order, one in n! pages ascends
            changes = [record.sequence or 0 for record in page] if self._may_be_by_change else []
            if changes != sorted(changes):
                self._may_be_by_change = False

    def distrust(self) -> None:
        """Forget what was shown: a page was in another order."""
        with self._lock:
            self._odds = -math.inf

    @property
    def is_distrusted(self) -> bool:
        """Whether a page has come in another order than by id."""
        return self._odds == -math.inf

    @property
    def is_by_id(self) -> bool:
        """Whether records are listed by id beyond doubt: not by their last change, and not in any order."""
        return not self._may_be_by_change and self._odds >= self._CERTAIN


class Tally:
    """Counts the rows of a reading in pages cut by id, which is how rows that were skipped are noticed.

    Several threads may read for it.

    Attributes:
        rows: How many were read.
    """

    def __init__(self, order: ListOrder) -> None:
        self.rows = 0
        self._lock = threading.Lock()
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
        with self._lock:
            self.rows += len(page)
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
    seen = IdSet()
    number, page = 0, fetch(0)
    while fresh := [record for record in page if record.id not in seen]:
        seen.update(record.id for record in fresh)
        yield fresh
        number, before = number + 1, page
        page = fetch(number)
        if number == 1 and page and all(record.id in seen for record in page) and not is_all(before):
            raise PageIgnoredError


def iter_passes(
    fetch: Callable[[int], Page],
    *,
    sequence: Callable[[], int | None],
    emitted: IdSet | None = None,
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
    emitted = IdSet() if emitted is None else emitted
    last_ids: IdSet | None = None
    for _ in range(MAX_PASSES):
        before, reading = sequence(), Reading()
        ids = IdSet()
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


class GetNumberedPage(Protocol):
    """Asks for a numbered page: `DatabaseClient.get_records` of a table."""

    def __call__(self, *, page: int, per_page: int, divisible: bool) -> Page:
        """Return the page; each argument is that of `get_records`."""


class IsAll(Protocol):
    """Judges a first page that comes again as the second: whether it is all there is."""

    def __call__(self, first: Page, /, size: int) -> bool:
        """Return whether it is, given the size that was asked for."""


def iter_sized_passes(
    size: PageSize,
    get: GetNumberedPage,
    *,
    sequence: Callable[[], int | None],
    emitted: IdSet,
    is_complete: Callable[[Reading], bool] = lambda _: True,
    is_all: IsAll,
) -> Iterator[Page]:
    """Yield what `iter_passes` does, in pages that the server delivers: from the start again where one was too large.

    Args:
        size: How many records are asked for at a time.
        get: Returns a page.
        sequence: See `iter_passes`, as the others.
        emitted: Ids of rows that are not to be yielded (again); added to.
        is_complete: Judges a pass that is trusted otherwise.
        is_all: Judges a first page that comes again as the second.

    Raises:
        PageIgnoredError: The server answers each page with the first one.
        NinoxProtocolError: The table changed during each of `MAX_PASSES` passes.
    """
    while True:
        per_page = size.current

        def fetch(number: int, per_page: int = per_page) -> Page:
            return get(page=number, per_page=per_page, divisible=per_page > MIN_PAGE_SIZE)

        try:
            yield from iter_passes(
                fetch,
                sequence=sequence,
                emitted=emitted,
                is_complete=is_complete,
                is_all=partial(is_all, size=per_page),
            )
        except NinoxError as error:
            size.shrink(per_page, error)  # raises what no smaller page would help
        else:
            return
