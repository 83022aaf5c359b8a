"""One table of the database as this run knows it: what was written to it, and what others wrote meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from ninox_api.client import DatabaseClient, NinoxRecord
from ninox_api.paging import ListOrder, Page, make_end_error
from ninox_api.schema import Field
from target_ninox.account import IdRuns
from target_ninox.records.reader import TableReader

_ENOUGH_TO_SORT = 12
"""So many records are in descending order only if the server has sorted them; where there are fewer, all are seen."""


class Watcher(Protocol):
    """What knows the table's records by their key, and must learn of every change."""

    def merge(self, record_id: int, fields: Mapping[str, Any]) -> None:
        """Note fields that were written to a record, new or not."""

    def remove(self, record_id: int) -> None:
        """Forget a record."""


class TargetTable(TableReader):
    """One table of the loaded database: reads it, and passes on what is written to it.

    Attributes:
        watchers: What every change is passed on to.
        unread_after: Beyond this id, records were made of which nobody knows which row is in them; None for none.
        handed_out: Ids that Ninox gave to records of this run: no row can mean them by a record id that it brings.
        gaps: Ids that were handed out meanwhile and that this run did not get: to others, or to records that failed.
    """

    def __init__(
        self, client: DatabaseClient, table_id: str, *, fields: Iterable[Field], page_size: int | None = None,
        order: ListOrder | None = None,
    ) -> None:  # fmt: skip
        super().__init__(client, table_id, fields=fields, page_size=page_size, order=order)
        self.watchers: list[Watcher] = []
        self.unread_after: int | None = None
        self.gaps: list[range] = []
        self.handed_out = IdRuns()
        self._has_looked_for_highest = False

    def note_saved(self, record_id: int, fields: Mapping[str, Any]) -> None:
        """Note fields that were written to a record, new or not."""
        self.highest_id = max(self.highest_id, record_id)
        for watcher in self.watchers:
            watcher.merge(record_id, fields)

    def note_made(self, record_id: int) -> None:
        """Note that a record was made, of which nobody knows yet which row is in it."""
        if self.unread_after is None:
            self.unread_after = self.highest_id
        self.highest_id = max(self.highest_id, record_id)

    def note_created(self, record_ids: Iterable[int]) -> None:
        """Note the ids of records that this run made: those between them and the end so far are of somebody else.

        Ids only grow, and Ninox hands them out one by one (documented), so that another writer shows without a call.
        """
        if self._end is None:  # records are not matched by a key here
            return
        for record_id in sorted(record_ids):
            if record_id > self._end + 1:
                self.gaps.append(range(self._end + 1, record_id))
            self._end = max(self._end, record_id)

    def note_deleted(self, record_id: int) -> None:
        """Forget a record."""
        self._deleted += 1
        for watcher in self.watchers:
            watcher.remove(record_id)

    def look_for_highest_id(self) -> None:
        """Make sure that `highest_id` is the table's highest; one call at the first time or some, none later."""
        if not self._has_looked_for_highest:
            self._has_looked_for_highest = True
            newest = self._read_newest(_ENOUGH_TO_SORT)
            if not _descend_from(self.highest_id, newest):
                self._read_beyond(self.highest_id)

    def read_new(self) -> list[NinoxRecord]:
        """Return the records beyond the highest id known, and pass them on; one call if there are none.

        That a page is empty proves nothing: one may come by mistake, and what it hides would be made again. The newest
        records prove it, if they come in descending order from the highest id known on.

        Raises:
            NinoxProtocolError: The server hands out no record, though there is one.
        """
        known_id = self.highest_id
        return [] if _descend_from(known_id, self._read_newest(_ENOUGH_TO_SORT)) else self._read_beyond(known_id)

    def _read_beyond(self, known_id: int) -> list[NinoxRecord]:
        """Return the records beyond an id, and pass them on; the page begins before it, and so is not empty."""
        records = [record for page in self.pages(after_id=max(0, known_id - 1)) for record in page]
        if known_id and not records and self.find(known_id) is not None:
            raise make_end_error(self.id, known_id - 1)
        new = [record for record in records if record.id > known_id]
        for record in new:
            self.note_saved(record.id, record.fields)
        return new

    def read_unread(self) -> None:
        """Read the records that were made, and pass them on."""
        if self.unread_after is not None:
            after_id, self.unread_after = self.unread_after, None
            for page in self.pages(after_id=after_id):
                for record in page:
                    self.note_saved(record.id, record.fields)

    def read_gaps(self) -> Iterator[NinoxRecord]:
        """Yield the records around the ids that others got, those of this run among them; one by one if they are few.

        Where records may be listed in another order, none is certain to be read before the table's end.
        """
        pages_to_end = self.page_size.count_pages(self.highest_id - self.gaps[0][0]) if self.gaps else 0
        if sum(map(len, self.gaps)) <= pages_to_end:
            yield from self._find_each(record_id for gap in self.gaps for record_id in gap)
            return
        cursor = 0
        for gap in self.gaps:
            if gap[-1] <= cursor:
                continue
            for page in self.pages(after_id=max(cursor, gap[0] - 1)):
                yield from page
                cursor = max([cursor, *(record.id for record in page)])
                if cursor >= gap[-1] and self._order.is_by_id:
                    break


def _descend_from(record_id: int, newest: Page) -> bool:
    """Return whether records come in descending order from an id on, so that none is beyond it."""
    ids = [record.id for record in newest]
    return ids[:1] == [record_id] and ids == sorted(ids, reverse=True)
