"""The records of a table that changed: those that the feed names, or those that a search by sequence finds."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterator
from contextlib import suppress
from functools import partial

from ninox_api.changes import TableChanges
from ninox_api.client import NinoxRecord
from ninox_api.errors import NinoxError
from ninox_api.ids import IdSet
from ninox_api.paging import LARGEST_ID, IdRange, KeysetUnusableError, Page, Tally, iter_counted_pages, make_end_error
from tap_ninox.sync.full_table import CANNOT_SAY, FullTable
from tap_ninox.sync.pages import TablePages

logger = logging.getLogger(__name__)


class ChangedRecords:
    """Reads the changed records of one table by whichever way costs fewer calls.

    Attributes:
        vanished: Records that the feed named but that no longer exist; the next run's feed says how they ended.
    """

    def __init__(self, pages: TablePages) -> None:
        """Remember which table; nothing is sent yet."""
        self._pages = pages
        self._client = pages.client
        self.vanished = 0

    def named(self, changes: TableChanges, *, bookmark: int) -> Iterator[Page]:
        """Yield pages of the records that the feed names; each is seen, read singly, or counted as vanished.

        Ids that were both changed and removed (deleted and made again) are read, too: only Ninox knows which came
        last.
        """
        named = IdSet(changes.updated)
        missing = named.copy()
        if len(missing) > 1:
            with suppress(KeysetUnusableError):
                for page in self._filtered(bookmark, also=named):
                    missing.difference_update(record.id for record in page)
                    yield self._pages.join(page)
                    del page
                    if not missing:
                        return
        unexpected, before = missing.copy(), self.vanished
        unexpected.difference_update(changes.removed)
        # A range of ids is read whole where that takes fewer calls than reading each record by itself.
        spread = max(missing) - min(missing) + 1 if missing else 0
        rest = self._scanned(missing) if self._pages.size.count_pages(spread) < len(missing) else self._singly(missing)
        for page in rest:
            unexpected.difference_update(record.id for record in page)
            yield self._pages.join(page)
            del page
        if unexpected and self.vanished > before:
            # raises where it is the table that cannot be read any more
            self._client.find_last_changed(self._pages.table_id)

    def since(self, bookmark: int) -> Iterator[Page]:
        """Yield pages of the records changed after a bookmark, where there is no feed to name them.

        Records without a sequence cannot be judged and come every time they are seen.
        """
        pages, emitted = self._pages, IdSet()
        tally = Tally(pages.feed.list_order)
        try:
            for page in self._filtered(bookmark, also=None, tally=tally):
                for record in page:
                    emitted.add(record.id)
                yield pages.join(page)
                del page
            if not tally.is_in_doubt or self._has_all_since(bookmark, tally):
                return
        except KeysetUnusableError:
            pass
        logger.warning(
            "Table %s: the server ignores sinceSq, or does not list records by id, so the whole table is read.",
            pages.table_id,
        )
        for read in FullTable(pages, [IdRange()], last_id=None):
            yield [r for r in read.records if r.id not in emitted and _is_after(r, bookmark, also=None)]

    def search(self, position: int, problem: NinoxError | None) -> tuple[int, Iterator[Page]]:
        """Look whether there is anything new; only then ask for the sequence to be reached, and read up to there.

        The table's last change alone would not do: a server that does not sort answers any record as the last one. It
        must do where the server ignores `sinceSq`, which older records show.

        Args:
            position: Up to which all changes are known.
            problem: Why the feed, which is there, cannot be read: the position then stays, as a later answer says what
                was deleted since.

        Returns:
            The sequence that is reached, and the pages.
        """
        feed, table_id = self._pages.feed, self._pages.table_id
        # Two, as the bound may be inclusive, and then one of them is that of the bookmark.
        first = (
            self._client.get_records(table_id, since_sequence=position, per_page=2) if feed.records_are_filtered else []
        )
        news = any(record.sequence is None or record.sequence > position for record in first)
        if any(record.sequence is not None and record.sequence < position for record in first):
            feed.records_are_filtered = False
        if problem is not None:
            return position, self.since(position) if news or not feed.records_are_filtered else iter(())
        last = self._client.find_last_changed(table_id) if news or not feed.records_are_filtered else None
        head = max(position, (last.sequence if last else None) or 0)
        if news and head == position:
            logger.warning(
                "Table %s: the server does not say up to which sequence its records have changed, so the same changes "
                "come again with the next run.",
                table_id,
            )
        return head, self._since_up_to(position, last) if news or head > position else iter(())

    def _since_up_to(self, position: int, last: NinoxRecord | None) -> Iterator[Page]:
        """Yield the changed records, and make sure that the one which changed last is among them or gone."""
        missing = last.id if last is not None and (last.sequence or 0) > position else None
        for page in self.since(position):
            missing = None if any(record.id == missing for record in page) else missing
            yield page
        if missing is not None and self._client.find_record(self._pages.table_id, missing) is not None:
            raise make_end_error(self._pages.table_id, position)

    def _has_all_since(self, bookmark: int, tally: Tally) -> bool:
        size, number = tally.last_page()
        with suppress(*CANNOT_SAY):
            table_id = self._pages.table_id
            page = self._client.get_records(table_id, since_sequence=bookmark, page=number, per_page=size)
            return tally.agrees(page, asked=size, last_id=LARGEST_ID, deleted=0)
        return False

    def _filtered(self, bookmark: int, *, also: Container[int] | None, tally: Tally | None = None) -> Iterator[Page]:
        """Yield pages of changed records by `sinceSq`.

        Raises:
            KeysetUnusableError: The server ignores `sinceSq` (one was seen to) or does not order by id; what was
                yielded is right, but not all.
        """
        for page in iter_counted_pages(partial(self._pages.after, since_sequence=bookmark), tally):
            wanted = [record for record in page.records if _is_after(record, bookmark, also=also)]
            are_all = len(wanted) == len(page.records)
            del page
            yield wanted
            del wanted
            if not are_all:
                raise KeysetUnusableError

    def _scanned(self, missing: IdSet) -> Iterator[Page]:
        last_id = max(missing)
        try:
            for page in iter_counted_pages(self._pages.after, None, after_id=min(missing) - 1):
                wanted = [record for record in page.records if record.id in missing]
                missing.difference_update(record.id for record in wanted)
                reached = page.reached
                del page
                yield wanted
                del wanted
                if not missing or reached >= last_id:
                    break
        except KeysetUnusableError:
            pass
        yield from self._singly(missing)

    def _singly(self, missing: IdSet) -> Iterator[Page]:
        for _, record in self._client.iter_records(self._pages.table_id, list(missing)):
            if record is None:
                self.vanished += 1
            else:
                yield [record]


def _is_after(record: NinoxRecord, bookmark: int, *, also: Container[int] | None) -> bool:
    """Return whether a record is to be sent; `also` names those that are, None stands for all without a sequence."""
    if also is not None and record.id in also:
        return True
    return also is None if record.sequence is None else record.sequence > bookmark
