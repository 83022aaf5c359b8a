"""All records of a table, each once, up to an end that is confirmed.

Pages are cut by record id; several ranges of ids may be read at once. Nothing documents that a server lists records by
id, that an empty page is the end, or that a list is whole. So each is watched while reading: where ids do not ascend,
or where rows may have been passed over, the table is read once more in repeated passes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from operator import attrgetter

from ninox_api.errors import (
    NinoxNotFoundError,
    NinoxPermissionError,
    NinoxProtocolError,
    NinoxRequestError,
    NinoxServerError,
)
from ninox_api.ids import IdSet
from ninox_api.page_size import DEFAULT_PAGE_SIZE, MIN_PAGE_SIZE
from ninox_api.paging import (
    End,
    IdRange,
    KeysetUnusableError,
    Page,
    PageIgnoredError,
    Reading,
    Tally,
    iter_counted_pages,
    iter_sized_passes,
    judge_end,
    make_end_error,
    make_pages_error,
)
from tap_ninox.sync.pages import ReadPage, TablePages
from tap_ninox.sync.prefetch import ReadAhead

CANNOT_SAY = (
    NinoxRequestError,
    NinoxServerError,
    NinoxPermissionError,
    NinoxNotFoundError,
    NinoxProtocolError,
)
"""A server that does not answer a question which only confirms: nothing is wrong with the rows."""

_NOT_BY_ID = (
    "Table %s cannot be paged by record id on this server: reading it in repeated passes, which cannot be resumed."
)
_IN_DOUBT = (
    "Table %s: record ids are missing, and nothing has shown yet that this server lists records by id, so rows may "
    "have been passed over: reading it once more, in repeated passes, which cannot be resumed."
)

logger = logging.getLogger(__name__)


class FullTable:
    """Reads all records of some ranges of ids, the last of them open.

    Attributes:
        is_confirmed: Whether it has met the table's end for sure; only then may a row that did not come be taken for
            deleted.
    """

    def __init__(
        self,
        pages: TablePages,
        parts: Sequence[IdRange],
        *,
        last_id: int | None,
        head: int | None = None,
        may_be_empty: bool = True,
        is_resumed: bool = False,
        is_in_doubt: bool = False,
    ) -> None:
        """Remember what to read; nothing is sent yet.

        Args:
            pages: Of the table.
            parts: What is to be read; not altered here, but perhaps by whoever takes the pages.
            last_id: An id that no record was above before the first page, None if unknown.
            head: The database's sequence then, None if unknown.
            may_be_empty: Whether a table that shows no record at all is to be believed.
            is_resumed: Whether an earlier run has read what lies before the ranges.
            is_in_doubt: Whether that run may have passed rows over.
        """
        self._pages = pages
        self._parts = parts
        self._first_id = parts[0].last_id  # kept by itself: whoever notes what was read moves the range's own
        self._next_id = None if last_id is None else last_id + 1
        self._head = head
        self._may_be_empty = may_be_empty
        self._was_in_doubt = is_in_doubt
        self._order = pages.feed.list_order
        self._tally = Tally(self._order)
        self._seen: list[IdSet] = []  # one for each range, as each is read by one thread
        self._ends: list[tuple[IdRange, int]] = []  # where ranges met an empty page; the open one always does
        self._reading = Reading(last_id=parts[-1].last_id, first_id=None) if is_resumed else Reading()
        self._newest_after: dict[int, int | None] = {}  # the newest record when one was the last that had come
        self.is_confirmed = False

    def __iter__(self) -> Iterator[ReadPage]:
        """Yield the pages; each record once.

        Raises:
            NinoxProtocolError: The table has records that it does not hand out.
        """
        try:
            for page in self._by_id():
                is_in_doubt = self._tally.is_in_doubt or (self._was_in_doubt and not self._order.is_by_id)
                yield page._replace(is_in_doubt=is_in_doubt)
                del page
        except KeysetUnusableError:
            self._order.distrust()
            is_usable = False
        else:
            is_usable = True
            is_inherited = self._was_in_doubt and not self._order.is_by_id
            if not is_inherited and (not self._tally.is_in_doubt or self._has_all()):
                return
        logger.warning(_IN_DOUBT if is_usable else _NOT_BY_ID, self._pages.table_id)
        try:
            yield from self._in_passes()
        except PageIgnoredError:
            if not is_usable:
                raise make_pages_error(self._pages.table_id) from None
            self.is_confirmed = False  # perhaps all rows came, but nothing can show it

    def _by_id(self) -> Iterator[ReadPage]:
        """Yield the pages of ranges; where an empty page is contradicted, by a later record or by the judge, go on."""
        reading, is_again = self._reading, False
        ranges = [self._range(part, part.last_id) for part in self._parts]
        while True:
            has_come = False
            for page in self._at_once(ranges):
                if page.records:
                    has_come = True
                    reading.note(first=page.records[0].id, last=page.last_id)
                yield page
                del page
            if is_again and not has_come:
                raise make_end_error(self._pages.table_id, reading.last_id)
            doubted = [(part, after) for part, after in self._ends if part.end is not None and after < reading.last_id]
            if not doubted:
                if self._judge(reading) is not End.MORE:
                    break
                doubted = list(self._ends)
            self._ends = [met for met in self._ends if met not in doubted]
            ranges = [self._range(part, after) for part, after in doubted]
            is_again = True
        yield from (ReadPage([], part, part.end) for part, _ in self._ends if part.end is not None)

    def _at_once(self, ranges: Sequence[Iterator[ReadPage]]) -> Iterator[ReadPage]:
        """Yield the pages of several ranges, read with as many further threads as are free."""
        schedule = self._pages.schedule
        further = schedule.take(len(ranges) - 1)
        try:
            if not further:
                yield from chain.from_iterable(ranges)
            else:  # the calling thread only passes pages on meanwhile: its own permit serves one of the others
                weigh = attrgetter("weight")
                yield from ReadAhead(ranges, threads=1 + further, weigh=weigh, kept=schedule.kept).start()
        finally:
            schedule.give_back(further)

    def _range(self, part: IdRange, after_id: int) -> Iterator[ReadPage]:
        pages, ids, last_id, reached = self._pages, IdSet(), after_id, after_id
        self._seen.append(ids)
        ask = partial(pages.after, end=part.end)
        for page in iter_counted_pages(ask, self._tally, after_id=after_id, end=part.end):
            records, reached, came, asked, weight = page
            del page
            has_rows = bool(records)
            if has_rows:
                ids.add_ascending([record.id for record in records])
                last_id = records[-1].id
                yield ReadPage(pages.join(records), part, last_id, weight=weight)
            del records
            is_short = pages.size.is_short(came, asked=asked)
            # Only the very id before the feed's next one proves that page and feed speak of one end of the table: any
            # other may be of another time.
            if part.end is None and (
                last_id + 1 == self._next_id or (has_rows and is_short and self._is_newest(last_id))
            ):
                break
        if part.end is not None and reached >= part.end:
            yield ReadPage([], part, part.end)
        else:
            self._ends.append((part, last_id))

    def _is_newest(self, record_id: int) -> bool:
        """Return, once, whether the last record of a short page is the newest: then no empty page is asked for."""
        if self._newest_after or (self._next_id is not None and record_id + 1 > self._next_id):
            return False
        with suppress(*CANNOT_SAY):
            return self._newest(record_id) == record_id
        return False

    def _newest(self, last_id: int) -> int | None:
        if last_id not in self._newest_after:
            self._newest_after[last_id] = self._pages.client.find_newest_id(self._pages.table_id)
        return self._newest_after[last_id]

    def _judge(self, reading: Reading) -> End:
        """Judge a reading that met an empty page."""
        try:
            verdict = judge_end(
                reading,
                next_id=self._next_id,
                newest=lambda: self._newest(reading.last_id),
                may_be_empty=self._may_be_empty,
            )
        except CANNOT_SAY:
            verdict = End.UNCONFIRMED
        self.is_confirmed = verdict is End.CONFIRMED
        return verdict

    def _has_all(self) -> bool:
        """Ask for the page on which a list of as many rows as were read ends, and return whether there are no more."""
        pages, (size, number) = self._pages, self._tally.last_page()
        with suppress(*CANNOT_SAY):
            page = pages.client.get_records(pages.table_id, since_id=self._first_id or None, page=number, per_page=size)
            # Where the sequence is unknown, so are deletions meanwhile.
            removed = set() if self._head is None else pages.feed.removed_since(pages.table_id, self._head)
            if removed is None:
                return False
            deleted = len(removed.intersection(chain.from_iterable(self._seen))) if removed else 0
            return self._tally.agrees(page, asked=size, last_id=self._reading.last_id, deleted=deleted)
        return False

    def _in_passes(self) -> Iterator[ReadPage]:
        """Yield the pages of passes over the table."""
        pages = self._pages
        passes = iter_sized_passes(
            pages.size,
            partial(pages.client.get_records, pages.table_id, max_bytes=pages.size.max_bytes),
            sequence=pages.feed.current_sequence,
            emitted=IdSet(chain.from_iterable(self._seen)),
            is_complete=lambda reading: self._judge(reading) is not End.MORE,
            is_all=self._is_all,
        )
        for page in passes:
            yield ReadPage(pages.join(page))
            del page

    def _is_all(self, first: Page, size: int) -> bool:
        """Distinguish a table of one page, whose last page is repeated, from a server that ignores `page`."""
        if len(first) < min(size, DEFAULT_PAGE_SIZE):
            return True
        more = len(first) + 1
        return more <= DEFAULT_PAGE_SIZE and more > len(
            self._pages.client.get_records(self._pages.table_id, per_page=more, divisible=more > MIN_PAGE_SIZE)
        )
