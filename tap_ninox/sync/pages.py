"""The pages of one table: read in full, resumed, or only what changed, by whichever way costs fewer calls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import NamedTuple

from ninox_api.changes import TableChanges
from ninox_api.client import DatabaseClient, NinoxRecord
from ninox_api.errors import (
    NinoxError,
    NinoxNotFoundError,
    NinoxPermissionError,
    NinoxProtocolError,
    NinoxRequestError,
    NinoxServerError,
)
from ninox_api.paging import (
    DEFAULT_PAGE_SIZE,
    LARGEST_ID,
    MIN_PAGE_SIZE,
    End,
    IdRange,
    KeysetUnusableError,
    Page,
    PageIgnoredError,
    PageSize,
    Reading,
    SeenIds,
    SizedPage,
    Tally,
    asked_too_much,
    cut_range,
    drop_cursor_row,
    iter_pages,
    iter_passes,
    judge_end,
    make_end_error,
    make_pages_error,
)
from tap_ninox.sync.feed import Feed
from tap_ninox.sync.plan import Plan, Way
from tap_ninox.sync.prefetch import KeptBytes, Permits, ReadAhead
from tap_ninox.sync.state import Snapshot

JoinPage = Callable[[Page], Page]

_CANNOT_SAY = (
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


class ReadPage(NamedTuple):
    """A page of records and how far it brings the reading.

    Attributes:
        records: In ascending order of ids, or none where a range turned out to hold no more.
        part: The range it belongs to; None where nothing can be resumed.
        last_id: Id up to which the range is then read.
        is_in_doubt: Whether rows may have been passed over until then, as the order of the list is not known.
        weight: Of the answer, in bytes; 0 where it is small.
    """

    records: Page
    part: IdRange | None = None
    last_id: int = 0
    is_in_doubt: bool = False
    weight: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A table whose reading has begun.

    Attributes:
        plan: What is read.
        sequence: Up to which everything is known when the last page was emitted.
        snapshot: Of a reading in full.
        pages: What is read, page by page.
    """

    plan: Plan
    sequence: int
    pages: Iterator[ReadPage]
    snapshot: Snapshot | None = None


def begin_ahead(begin: Callable[[], Begun], *, kept: KeptBytes, at_end: Callable[[], None]) -> Callable[[], Begun]:
    """Begin to read in a thread, a few pages ahead of whoever takes them.

    Args:
        begin: Begins to read.
        kept: What is read ahead in all.
        at_end: Called by the thread when it ends.

    Returns:
        A function that waits for the beginning; it raises what went wrong there.
    """
    first: Future[Begun] = Future()

    def pages() -> Iterator[ReadPage]:
        try:
            begun = begin()
        except Exception as error:  # noqa: BLE001 (a thread's edge: whoever waits raises it)
            first.set_exception(error)
            return
        first.set_result(begun)
        yield from begun.pages

    ahead = ReadAhead([pages()], room=2, weigh=_weigh, kept=kept, at_end=at_end)
    return lambda: replace(first.result(), pages=iter(ahead))


def _weigh(page: ReadPage) -> int:
    return page.weight


class _TableEnd:
    """Judges where one reading of a table ends, and asks for its newest record where that is needed."""

    def __init__(self, client: DatabaseClient, table_id: str, *, last_id: int | None, may_be_empty: bool) -> None:
        """Remember whom to ask; for `last_id` and `may_be_empty` see `TablePages.full`."""
        self._client, self._table_id = client, table_id
        self._next_id = None if last_id is None else last_id + 1
        self._may_be_empty = may_be_empty
        self._newest_after: dict[int, int | None] = {}  # the newest record when one was the last that had come

    def is_newest(self, record_id: int) -> bool:
        """Tell, once, whether the last record of a short page is the newest: then no empty page is asked for."""
        if self._newest_after or (self._next_id is not None and record_id + 1 > self._next_id):
            return False
        with suppress(*_CANNOT_SAY):
            return self._newest(record_id) == record_id
        return False

    def is_known_last(self, record_id: int) -> bool:
        """Return whether the feed named the id behind this record as the next one that a record would get.

        Only that very id proves that the page and the feed speak of one end: any other may be of another time.
        """
        return self._next_id is not None and record_id + 1 == self._next_id

    def judge(self, reading: Reading) -> End:
        """Judge a reading that met an empty page."""
        try:
            return judge_end(
                reading,
                next_id=self._next_id,
                newest=lambda: self._newest(reading.last_id),
                may_be_empty=self._may_be_empty,
            )
        except _CANNOT_SAY:
            return End.UNCONFIRMED

    def _newest(self, last_id: int) -> int | None:
        if last_id not in self._newest_after:
            self._newest_after[last_id] = self._client.find_newest_id(self._table_id)
        return self._newest_after[last_id]


class TablePages:
    """Reads the records of one table in pages.

    Attributes:
        gone: Records that the feed named but that no longer exist; the next run's feed tells how they ended.
        is_confirmed: Whether a reading in full has met the table's end for sure; only then may a row that did not come
            be taken for deleted.
    """

    def __init__(
        self,
        client: DatabaseClient,
        table_id: str,
        feed: Feed,
        *,
        page_size: int | None,
        page_cap: int | None = None,
        permits: Permits | None = None,
        join: JoinPage = lambda page: page,
    ) -> None:
        """Remember what to read; nothing is sent yet.

        Args:
            client: Reads the database, decoding the fields that are wanted.
            table_id: Handle of the table.
            feed: Of the database.
            page_size: Records per request; None to find out how many.
            page_cap: How many the server was seen to send at most.
            permits: How many threads may read at once.
            join: Adds to a page's records what their own answer lacks (computed values). Called once per page that is
                handed out, perhaps in another thread than the one that consumes the pages.
        """
        self._client = client
        self._join = join
        self._table_id = table_id
        self._feed = feed
        self._permits = permits or Permits(1)
        self._page_size = PageSize(table_id, page_size, shared_by=self._permits.limit, cap=page_cap)
        self.gone = 0
        self.is_confirmed = False

    @property
    def page_cap(self) -> int | None:
        """How many records the server sends at most, as far as it has shown that."""
        return self._page_size.cap

    def begin(self, plan: Plan, *, table_version: int) -> Begun:
        """Take what has to be known before the first page, and return the pages of a plan.

        Args:
            plan: What is to be read.
            table_version: Of the rows, if the table is read in full.
        """
        position = plan.position or 0
        if plan.way is Way.CHANGES:
            changes = plan.changes or TableChanges()
            pages = map(ReadPage, self.changed(changes, bookmark=position))
            return Begun(plan=plan, sequence=position if plan.head is None else plan.head, pages=pages)
        if plan.way is Way.SEARCH:
            return self._begin_search(plan, position)
        snapshot = plan.snapshot
        if snapshot is None:
            head = self._feed.head_of(self._table_id) if plan.head is None else plan.head
            snapshot = Snapshot(head=head, table_version=table_version)
        knows_all = plan.changes is not None and plan.head is not None
        sequence = plan.head if knows_all and plan.head is not None else snapshot.head
        return Begun(plan=plan, sequence=sequence, pages=self._in_full(plan, snapshot), snapshot=snapshot)

    def full(
        self,
        parts: Sequence[IdRange],
        *,
        last_id: int | None,
        head: int | None = None,
        may_be_empty: bool = True,
        is_resumed: bool = False,
        is_in_doubt: bool = False,
        run: Callable[[Sequence[Iterator[ReadPage]]], Iterable[ReadPage]] = chain.from_iterable,
    ) -> Iterator[ReadPage]:
        """Yield pages of all records of some ranges, the last of them open; each record once.

        Args:
            parts: What is to be read; they are not altered.
            last_id: An id that no record was above before the first page, None if unknown.
            head: The database's sequence then, None if unknown.
            may_be_empty: Whether a table that shows no record at all is to be believed.
            is_resumed: Whether an earlier run has read what lies before the ranges.
            is_in_doubt: Whether that run may have passed rows over.
            run: Consumes the readings of the ranges: one after the other, or at once.

        Raises:
            NinoxProtocolError: The table has records that it does not hand out.
        """
        reading = Reading(last_id=parts[-1].last_id, first_id=None) if is_resumed else Reading()
        seen: list[SeenIds] = []
        tally, first_id = Tally(self._feed.list_order), parts[0].last_id
        end = _TableEnd(self._client, self._table_id, last_id=last_id, may_be_empty=may_be_empty)

        def judge(reading: Reading) -> End:
            verdict = end.judge(reading)
            self.is_confirmed = verdict is End.CONFIRMED
            return verdict

        try:
            for page in self._ranges(parts, reading, judge, end, seen, tally, run):
                yield page._replace(
                    is_in_doubt=tally.is_in_doubt or (is_in_doubt and not self._feed.list_order.is_by_id)
                )
        except KeysetUnusableError:
            self._feed.list_order.distrust()
            is_usable = False
        else:
            is_usable = True
            is_inherited = is_in_doubt and not self._feed.list_order.is_by_id
            if not is_inherited and (not tally.is_in_doubt or self._is_all(tally, seen, first_id, reading, head)):
                return
        logger.warning(_IN_DOUBT if is_usable else _NOT_BY_ID, self._table_id)
        emitted = set(chain.from_iterable(seen))
        try:
            yield from self._passes(emitted, is_whole=lambda reading: judge(reading) is not End.MORE)
        except PageIgnoredError:
            if not is_usable:
                raise make_pages_error(self._table_id) from None
            self.is_confirmed = False  # perhaps all rows came, but nothing can show it

    def changed(self, changes: TableChanges, *, bookmark: int) -> Iterator[Page]:
        """Yield pages of the records that the feed names; each is seen, read singly, or counted as gone.

        Ids that were both changed and removed (deleted and made again) are read, too: only Ninox knows which came
        last.
        """
        missing = set(changes.updated)
        if len(missing) > 1:
            with suppress(KeysetUnusableError):
                for page in self._filtered(bookmark, also=changes.updated):
                    missing.difference_update(record.id for record in page)
                    yield self._joined(page)
                    if not missing:
                        return
        unexpected, gone_before = missing - changes.removed, self.gone
        rest = self._scanned(missing) if self._scan_is_cheaper(missing) else self._singly(missing)
        for page in rest:
            unexpected.difference_update(record.id for record in page)
            yield self._joined(page)
        if unexpected and self.gone > gone_before:
            self._client.find_last_changed(self._table_id)  # raises where it is the table that cannot be read any more

    def since(self, bookmark: int) -> Iterator[Page]:
        """Yield pages of the records changed after a bookmark, where there is no feed to name them.

        Records without a sequence cannot be judged and come every time they are seen.
        """
        emitted: set[int] = set()
        tally = Tally(self._feed.list_order)
        try:
            for page in self._filtered(bookmark, also=None, tally=tally):
                emitted.update(record.id for record in page)
                yield self._joined(page)
            if not tally.is_in_doubt or self._are_all_since(bookmark, tally):
                return
        except KeysetUnusableError:
            pass
        logger.warning(
            "Table %s: the server ignores sinceSq, or does not list records by id, so the whole table is read.",
            self._table_id,
        )
        for whole in self.full([IdRange()], last_id=None):
            yield [r for r in whole.records if r.id not in emitted and _is_after(r, bookmark, also=None)]

    def _in_full(self, plan: Plan, snapshot: Snapshot) -> Iterator[ReadPage]:
        snapshot.ranges[-1:] = self._cut(snapshot.ranges[-1], plan.last_id, others=len(snapshot.ranges) - 1)
        is_resumed = plan.way is Way.RESUMED
        yield from self.full(
            list(snapshot.ranges),
            last_id=plan.last_id,
            head=plan.head,
            may_be_empty=plan.may_be_empty,
            is_resumed=is_resumed,
            is_in_doubt=snapshot.is_in_doubt,
            run=self._at_once,
        )
        if is_resumed and plan.changes is not None:  # of what an earlier run has emitted, some has changed since
            yield from map(ReadPage, self.changed(plan.changes, bookmark=snapshot.head))

    def _begin_search(self, plan: Plan, position: int) -> Begun:
        """Look whether there is anything new; only then ask for the sequence to be reached, and read.

        The table's last change alone would not do: a server that does not sort tells any record as the last one. It
        must do where the server ignores `sinceSq`, which older records show.

        Where the feed is there but cannot be read, the position stays: a later answer tells what was deleted since.
        """
        feed, table_id = self._feed, self._table_id
        # Two, as the bound may be inclusive, and then one of them is that of the bookmark.
        first = (
            self._client.get_records(table_id, since_sequence=position, per_page=2) if feed.records_are_filtered else []
        )
        news = any(record.sequence is None or record.sequence > position for record in first)
        if any(record.sequence is not None and record.sequence < position for record in first):
            feed.records_are_filtered = False
        if plan.problem is not None:
            is_idle = feed.records_are_filtered and not news
            return Begun(
                plan=plan, sequence=position, pages=iter(()) if is_idle else map(ReadPage, self.since(position))
            )
        last = self._client.find_last_changed(table_id) if news or not feed.records_are_filtered else None
        head = max(position, (last.sequence if last else None) or 0)
        if news and head == position:
            logger.warning(
                "Table %s: the server does not say up to which sequence its records have changed, so the same changes "
                "come again with the next run.",
                table_id,
            )
        pages = map(ReadPage, self._since_up_to(position, last)) if news or head > position else iter(())
        return Begun(plan=plan, sequence=head, pages=pages)

    def _since_up_to(self, position: int, last: NinoxRecord | None) -> Iterator[Page]:
        """Yield the changed records, and make sure that the one which changed last is among them or gone."""
        missing = last.id if last is not None and (last.sequence or 0) > position else None
        for page in self.since(position):
            missing = None if any(record.id == missing for record in page) else missing
            yield page
        if missing is not None and self._client.find_record(self._table_id, missing) is not None:
            raise make_end_error(self._table_id, position)

    def _cut(self, last: IdRange, last_id: int | None, *, others: int) -> list[IdRange]:
        """Cut the open range into as many as may be read at once, beside those that are cut already."""
        pieces = self._permits.limit - others
        return cut_range(last, end=last_id, page_size=self._page_size.first, pieces=pieces) if pieces > 1 else [last]

    def _at_once(self, readings: Sequence[Iterator[ReadPage]]) -> Iterator[ReadPage]:
        """Run the readings of several ranges with as many further threads as are free."""
        further = self._permits.take(len(readings) - 1)
        try:
            # The calling thread only passes pages on meanwhile: its own permit serves one of the others.
            kept = self._permits.kept
            at_once = ReadAhead(readings, threads=1 + further, weigh=_weigh, kept=kept) if further else None
            yield from chain.from_iterable(readings) if at_once is None else at_once
        finally:
            self._permits.give_back(further)

    def _ranges(
        self,
        parts: Sequence[IdRange],
        reading: Reading,
        judge: Callable[[Reading], End],
        end: _TableEnd,
        seen: list[SeenIds],
        tally: Tally,
        run: Callable[[Sequence[Iterator[ReadPage]]], Iterable[ReadPage]],
    ) -> Iterator[ReadPage]:
        """Yield the pages of ranges; where an empty page is contradicted, by a later record or by the judge, go on."""
        ends: list[tuple[IdRange, int]] = []  # where ranges met an empty page; the open one always does
        readings, is_again = [self._range(part, part.last_id, ends, end, seen, tally) for part in parts], False
        while True:
            has_come = False
            for page in run(readings):
                if page.records:
                    has_come = True
                    reading.note(first=page.records[0].id, last=page.last_id)
                    tally.rows += len(page.records)
                yield page
            if is_again and not has_come:
                raise make_end_error(self._table_id, reading.last_id)
            doubted = [(part, after) for part, after in ends if part.end is not None and after < reading.last_id]
            if not doubted:
                if judge(reading) is not End.MORE:
                    break
                doubted = list(ends)
            ends[:] = [met for met in ends if met not in doubted]
            readings = [self._range(part, after, ends, end, seen, tally) for part, after in doubted]
            is_again = True
        yield from (ReadPage([], part, part.end) for part, _ in ends if part.end is not None)

    def _range(
        self,
        part: IdRange,
        after_id: int,
        ends: list[tuple[IdRange, int]],
        table_end: _TableEnd,
        seen: list[SeenIds],
        tally: Tally,
    ) -> Iterator[ReadPage]:
        last_id, met_nothing, asked, came, reached, weight, ids = after_id, False, 0, 0, 0, 0, SeenIds()
        seen.append(ids)

        def fetch(after: int) -> Page:
            nonlocal met_nothing, asked, came, reached, weight
            page, asked, weight = self._asked_after(after, end=part.end)
            came, reached = len(page), page[-1].id if page else after
            met_nothing = not drop_cursor_row(page, after)
            return page

        for page in iter_pages(fetch, after_id=after_id, end=part.end):
            end = reached if part.end is None else min(reached, part.end)
            tally.note(page, after_id=last_id, reached=end, came=came, asked=asked)
            if page:
                ids.add(page)
                last_id = page[-1].id
                yield ReadPage(self._join(page), part, last_id, weight=weight)
            is_short = self._page_size.is_short(came, asked=asked)
            if part.end is None and (
                table_end.is_known_last(last_id) or (page and is_short and table_end.is_newest(last_id))
            ):
                met_nothing = True
                break
        if met_nothing:
            ends.append((part, last_id))
        elif part.end is not None:
            yield ReadPage([], part, part.end)

    def _is_all(self, tally: Tally, seen: Iterable[SeenIds], first_id: int, reading: Reading, head: int | None) -> bool:
        """Ask for the page on which a list of as many rows as were read ends, and return whether there are no more.

        Args:
            tally: Of the reading.
            seen: The ids that it read.
            first_id: Id beyond which it began.
            reading: What it came to.
            head: The database's sequence before it, None if unknown: then deletions meanwhile are unknown, too.
        """
        size, number = tally.last_page()
        with suppress(*_CANNOT_SAY):
            page = self._client.get_records(self._table_id, since_id=first_id or None, page=number, per_page=size)
            removed = set() if head is None else self._feed.removed_since(self._table_id, head)
            if removed is None:
                return False
            deleted = len(removed.intersection(chain.from_iterable(seen))) if removed else 0
            return tally.agrees(page, asked=size, last_id=reading.last_id, deleted=deleted)
        return False

    def _passes(self, emitted: set[int], *, is_whole: Callable[[Reading], bool]) -> Iterator[ReadPage]:
        """Yield the pages of whole passes, from the start again where a pass asked for too large pages."""
        while True:
            size = self._page_size.current

            def numbered(number: int, size: int = size) -> Page:
                return self._client.get_records(
                    self._table_id,
                    page=number,
                    per_page=size,
                    divisible=size > MIN_PAGE_SIZE,
                    max_bytes=self._page_size.max_bytes,
                )

            def is_all(first: Page, size: int = size) -> bool:
                """Tell a table of one page, whose last page is repeated, from a server that ignores `page`."""
                if len(first) < min(size, DEFAULT_PAGE_SIZE):
                    return True
                more = len(first) + 1
                return more <= DEFAULT_PAGE_SIZE and more > len(
                    self._client.get_records(self._table_id, per_page=more, divisible=more > MIN_PAGE_SIZE)
                )

            passes = iter_passes(
                numbered, sequence=self._feed.current_sequence, emitted=emitted, is_complete=is_whole, is_all=is_all
            )
            try:
                yield from (ReadPage(self._joined(page)) for page in passes)
            except NinoxError as error:
                if not asked_too_much(error):
                    raise
                self._page_size.shrink(size, error)
            else:
                return

    def _joined(self, page: Page) -> Page:
        return self._join(page) if page else page

    def _are_all_since(self, bookmark: int, tally: Tally) -> bool:
        size, number = tally.last_page()
        with suppress(*_CANNOT_SAY):
            page = self._client.get_records(self._table_id, since_sequence=bookmark, page=number, per_page=size)
            return tally.agrees(page, asked=size, last_id=LARGEST_ID, deleted=0)
        return False

    def _filtered(self, bookmark: int, *, also: Container[int] | None, tally: Tally | None = None) -> Iterator[Page]:
        """Yield pages of changed records by `sinceSq`.

        Raises:
            KeysetUnusableError: The server ignores `sinceSq` (one was seen to) or does not order by id; what was
                yielded is right, but not all.
        """
        last_id, asked, came = 0, 0, 0

        def fetch(after: int) -> Page:
            nonlocal asked, came
            page, asked, _ = self._asked_after(after, since_sequence=bookmark)
            came = len(page)
            return page

        for page in iter_pages(fetch):
            if tally is not None:
                tally.rows += len(page)
                tally.note(page, after_id=last_id, reached=page[-1].id, came=came, asked=asked)
                last_id = page[-1].id
            wanted = [record for record in page if _is_after(record, bookmark, also=also)]
            yield wanted
            if len(wanted) < len(page):
                raise KeysetUnusableError

    def _scanned(self, missing: set[int]) -> Iterator[Page]:
        try:
            for page in iter_pages(self._after, after_id=min(missing) - 1):
                wanted = [record for record in page if record.id in missing]
                missing = missing.difference(record.id for record in wanted)
                yield wanted
                if not missing or page[-1].id >= max(missing):
                    break
        except KeysetUnusableError:
            pass
        yield from self._singly(missing)

    def _singly(self, missing: set[int]) -> Iterator[Page]:
        for _, record in self._client.iter_records(self._table_id, sorted(missing)):
            if record is None:
                self.gone += 1
            else:
                yield [record]

    def _scan_is_cheaper(self, missing: set[int]) -> bool:
        if not missing:
            return False
        return self._page_size.count_pages(max(missing) - min(missing) + 1) < len(missing)

    def _after(self, record_id: int) -> Page:
        return self._asked_after(record_id).records

    def _asked_after(self, record_id: int, *, since_sequence: int | None = None, end: int | None = None) -> SizedPage:
        """Return the page behind a record, of no more records than there can be up to an end and one for the cursor."""
        get = partial(self._client.get_records, self._table_id, since_id=record_id, since_sequence=since_sequence)
        return self._page_size.ask(get, at_most=None if end is None else end - record_id + 1)


def _is_after(record: NinoxRecord, bookmark: int, *, also: Container[int] | None) -> bool:
    """Return whether a record is to be sent; `also` names those that are, None stands for all without a sequence."""
    if also is not None and record.id in also:
        return True
    return also is None if record.sequence is None else record.sequence > bookmark
