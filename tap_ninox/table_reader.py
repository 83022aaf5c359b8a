"""Reading one table: whole, or only what changed, by whichever way costs fewer calls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress

from ninox_api.changes import TableChanges
from ninox_api.client import DatabaseClient, NinoxRecord
from ninox_api.paging import KeysetUnusableError, Page, keyset_pages, repeated_passes

JoinPage = Callable[[Page], Page]

logger = logging.getLogger(__name__)


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
        self._page_size = page_size
        self.gone = 0

    def whole(self, *, after_id: int, sequence: Callable[[], int | None]) -> Iterator[tuple[Page, int | None]]:
        """Yield pages of all records beyond an id, each with the id up to which everything is then known.

        Args:
            after_id: Where an earlier reading stopped; 0 for the beginning.
            sequence: Returns the database's sequence; only asked where pages cannot be cut by id.
        """
        try:
            for page in keyset_pages(self._after, after_id=after_id):
                yield self._join(page), page[-1].id
        except KeysetUnusableError:
            logger.warning(
                "Table %s cannot be paged by record id on this server: reading it in repeated passes, "
                "which cannot be resumed.",
                self._table_id,
            )
            for page in repeated_passes(self._numbered, sequence=sequence):
                yield self._join(page), None

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
                    yield self._join(page)
                    if not missing:
                        return
        rest = self._scanned(missing) if self._scan_is_cheaper(missing) else self._singly(missing)
        yield from map(self._join, rest)

    def since(self, bookmark: int) -> Iterator[Page]:
        """Yield pages of the records changed after a bookmark, where there is no feed to name them.

        Records without a sequence cannot be judged and come every time they are seen.
        """
        try:
            yield from map(self._join, self._filtered(bookmark, also=None))
        except KeysetUnusableError:
            logger.warning("Table %s: the server ignores sinceSq, so the whole table is read.", self._table_id)
            for page, _ in self.whole(after_id=0, sequence=lambda: None):
                yield [record for record in page if _is_after(record, bookmark, also=None)]

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
        pages_at_most = (max(missing) - min(missing)) // self._page_size + 1
        return pages_at_most < len(missing)

    def _after(self, record_id: int, *, since_sequence: int | None = None) -> Page:
        return self._client.get_records(
            self._table_id, since_id=record_id, since_sequence=since_sequence, per_page=self._page_size
        )

    def _numbered(self, number: int) -> Page:
        return self._client.get_records(self._table_id, page=number, per_page=self._page_size)


def _is_after(record: NinoxRecord, bookmark: int, *, also: set[int] | None) -> bool:
    """Tell whether a record is to be sent; `also` names those that are, None stands for all without a sequence."""
    if also is not None and record.id in also:
        return True
    return also is None if record.sequence is None else record.sequence > bookmark
