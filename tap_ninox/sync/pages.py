"""Reading one table: whole, or only what changed, by whichever way costs fewer calls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import NamedTuple

from ninox_api.changes import TableChanges
from ninox_api.client import DatabaseClient, NinoxRecord
from ninox_api.errors import NinoxError
from ninox_api.paging import MIN_PAGE_SIZE, IdRange, KeysetUnusableError, Page, keyset_pages, repeated_passes
from tap_ninox.sync.page_size import PageSize, was_too_much

JoinPage = Callable[[Page], Page]

logger = logging.getLogger(__name__)


class ReadPage(NamedTuple):
    """A page of records and how far it brings the reading.

    Attributes:
        records: In ascending order of ids, or none where a range turned out to hold no more.
        part: The range it belongs to; None where nothing can be resumed.
        last_id: Id up to which the range is then read.
    """

    records: Page
    part: IdRange | None = None
    last_id: int = 0


class TableReader:
    """Reads the records of one table in pages.

    Attributes:
        gone: Records that the feed named but that no longer exist; the next run's feed tells how they ended.
    """

    def __init__(
        self, client: DatabaseClient, table_id: str, *, page_size: int, join: JoinPage = lambda page: page
    ) -> None:
        """Remember what to read; nothing is sent yet.

        Args:
            client: Reader of the database.
            table_id: Handle of the table.
            page_size: Records per request.
            join: Adds to a page's records what their own answer lacks (computed values). Called once per page that is
                handed out, perhaps in another thread than the one that consumes the pages.
        """
        self._client = client
        self._join = join
        self._table_id = table_id
        self._page_size = PageSize(table_id, page_size)
        self.gone = 0

    def whole(
        self,
        parts: Sequence[IdRange],
        *,
        sequence: Callable[[], int | None],
        run: Callable[[Sequence[Iterator[ReadPage]]], Iterable[ReadPage]] = chain.from_iterable,
    ) -> Iterator[ReadPage]:
        """Yield pages of all records of some ranges.

        Args:
            parts: What is to be read; they are not altered.
            sequence: Returns the database's sequence; only asked where pages cannot be cut by id.
            run: Consumes the readings of the ranges: one after the other, or at once.
        """
        try:
            yield from run([self._range(part) for part in parts])
        except KeysetUnusableError:
            logger.warning(
                "Table %s cannot be paged by record id on this server: reading it in repeated passes, "
                "which cannot be resumed.",
                self._table_id,
            )
            yield from self._passes(sequence)

    def changed(self, changes: TableChanges, *, bookmark: int) -> Iterator[Page]:
        """Yield pages of the records that the feed names; each is seen, read singly, or counted as gone.

        Ids that were both changed and removed (deleted and made again) are read, too: only Ninox knows which came
        last.
        """
        missing = set(changes.updated)
        if len(missing) > 1:
            with suppress(KeysetUnusableError):
                for page in self._filtered(bookmark, also=missing.copy()):
                    missing.difference_update(record.id for record in page)
                    yield self._joined(page)
                    if not missing:
                        return
        rest = self._scanned(missing) if self._scan_is_cheaper(missing) else self._singly(missing)
        yield from map(self._joined, rest)

    def first_since(self, bookmark: int) -> Page:
        """Return the first records changed after a bookmark, as the server understands it; one call.

        Two, as the bound may be inclusive, and then one of them is that of the bookmark.
        """
        return self._client.get_records(self._table_id, since_sequence=bookmark, per_page=2)

    def since(self, bookmark: int) -> Iterator[Page]:
        """Yield pages of the records changed after a bookmark, where there is no feed to name them.

        Records without a sequence cannot be judged and come every time they are seen.
        """
        try:
            yield from map(self._joined, self._filtered(bookmark, also=None))
        except KeysetUnusableError:
            logger.warning("Table %s: the server ignores sinceSq, so the whole table is read.", self._table_id)
            for page, _, _ in self.whole([IdRange()], sequence=lambda: None):
                yield [record for record in page if _is_after(record, bookmark, also=None)]

    def _range(self, part: IdRange) -> Iterator[ReadPage]:
        for page in keyset_pages(self._after, after_id=part.last_id, end=part.end):
            if page:
                yield ReadPage(self._join(page), part, page[-1].id)
        if part.end is not None:
            yield ReadPage([], part, part.end)

    def _passes(self, sequence: Callable[[], int | None]) -> Iterator[ReadPage]:
        """Yield the pages of whole passes, from the start again where a pass asked for too large pages."""
        while True:
            size = self._page_size.current

            def numbered(number: int, size: int = size) -> Page:
                return self._client.get_records(
                    self._table_id, page=number, per_page=size, divisible=size > MIN_PAGE_SIZE
                )

            try:
                yield from (ReadPage(self._join(page)) for page in repeated_passes(numbered, sequence=sequence))
            except NinoxError as error:
                if not was_too_much(error):
                    raise
                self._page_size.shrink(size, error)
            else:
                return

    def _joined(self, page: Page) -> Page:
        return self._join(page) if page else page

    def _filtered(self, bookmark: int, *, also: set[int] | None) -> Iterator[Page]:
        """Yield pages of changed records by `sinceSq`.

        Raises:
            KeysetUnusableError: The server ignores `sinceSq` (one was seen to) or does not order by id; what was
                yielded is right, but not all.
        """
        for page in keyset_pages(lambda after: self._after(after, since_sequence=bookmark)):
            wanted = [record for record in page if _is_after(record, bookmark, also=also)]
            yield wanted
            if len(wanted) < len(page):
                raise KeysetUnusableError

    def _scanned(self, missing: set[int]) -> Iterator[Page]:
        try:
            for page in keyset_pages(self._after, after_id=min(missing) - 1):
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
        pages_at_most = (max(missing) - min(missing)) // self._page_size.current + 1
        return pages_at_most < len(missing)

    def _after(self, record_id: int, *, since_sequence: int | None = None) -> Page:
        while True:
            size = self._page_size.current
            try:
                return self._client.get_records(
                    self._table_id,
                    since_id=record_id,
                    since_sequence=since_sequence,
                    per_page=size,
                    divisible=size > MIN_PAGE_SIZE,
                )
            except NinoxError as error:
                self._page_size.shrink(size, error)


def _is_after(record: NinoxRecord, bookmark: int, *, also: set[int] | None) -> bool:
    """Tell whether a record is to be sent; `also` names those that are, None stands for all without a sequence."""
    if also is not None and record.id in also:
        return True
    return also is None if record.sequence is None else record.sequence > bookmark
