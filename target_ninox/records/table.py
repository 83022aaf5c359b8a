"""One table of the database as this run knows it: how it is read, and what was seen of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from ninox_api.client import DatabaseClient, NinoxRecord
from ninox_api.errors import NinoxError
from ninox_api.page_size import DEFAULT_PAGE_SIZE, MIN_PAGE_SIZE, PageSize, SizedPage
from ninox_api.paging import (
    KeysetUnusableError,
    ListOrder,
    Page,
    PageIgnoredError,
    SeenIds,
    Tally,
    iter_numbered_pages,
    iter_pages,
    iter_passes,
    make_end_error,
    make_pages_error,
)
from ninox_api.schema import Field, check_keys

logger = logging.getLogger(__name__)


_ENOUGH_TO_SORT = 12
"""So many records are in descending order only if the server has sorted them; where there are fewer, all are seen."""


class Watcher(Protocol):
    """What knows the table's records by their key, and must learn of every change."""

    def merge(self, record_id: int, fields: Mapping[str, Any]) -> None:
        """Note fields that were written to a record, new or not."""

    def remove(self, record_id: int) -> None:
        """Forget a record."""


class TargetTable:
    """One table of the loaded database: reads it, and passes on what is written to it.

    Attributes:
        unread_after: Beyond this id, records were made of which nobody knows which row is in them; None for none.
        gaps: Ids that were handed out meanwhile and that this run did not get: to others, or to records that failed.
        page_size: Records per page, as far as pages have shown.
        highest_id: No record that this run knows of has a higher id; 0 as long as nothing is known.
        last_id_before: The highest id when the table was first looked at; None as long as nothing is known.
    """

    def __init__(
        self, client: DatabaseClient, table_id: str, *, fields: Iterable[Field], page_size: int | None = None,
        order: ListOrder | None = None,
    ) -> None:  # fmt: skip
        """Remember the table; nothing is sent yet.

        Args:
            client: Of the database.
            table_id: Its id.
            fields: Its fields, to see that the server keys records by their ids.
            page_size: Records per request; None to find out how many.
            order: What other tables have shown of the order of lists.
        """
        self.id = table_id
        self._caption_by_id = {field.id: field.name for field in fields}
        self.highest_id = 0
        self.last_id_before: int | None = None
        self._client = client
        self.page_size = PageSize(table_id, page_size)
        self._watchers: list[Watcher] = []
        self._has_looked_for_highest = False
        self.unread_after: int | None = None
        self._end: int | None = None
        self._newest_id: int | None = None
        self.gaps: list[range] = []
        self._order = order or ListOrder()
        self._deleted = 0
        self._serves_singly: bool | None = None  # whether records come by their own addresses; None: not seen yet

    def watch(self, watcher: Watcher) -> None:
        """Pass every change on to a watcher from now on."""
        self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Pass changes on to a watcher no more."""
        self._watchers.remove(watcher)

    def note_saved(self, record_id: int, fields: Mapping[str, Any]) -> None:
        """Note fields that were written to a record, new or not."""
        self.highest_id = max(self.highest_id, record_id)
        for watcher in self._watchers:
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

    def read_gaps(self) -> Iterator[NinoxRecord]:
        """Yield the records around the ids that others got, those of this run among them; one by one if they are few.

        Where records may be listed in another order, none is certain to be read before the table's end.
        """
        pages_to_end = self.page_size.count_pages(self.highest_id - self.gaps[0][0]) if self.gaps else 0
        if sum(map(len, self.gaps)) <= pages_to_end:
            found = (self.find(record_id) for gap in self.gaps for record_id in gap)
            yield from (record for record in found if record is not None)
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

    def read_unread(self) -> None:
        """Read the records that were made, and pass them on."""
        if self.unread_after is not None:
            after_id, self.unread_after = self.unread_after, None
            for page in self.pages(after_id=after_id):
                for record in page:
                    self.note_saved(record.id, record.fields)

    def note_deleted(self, record_id: int) -> None:
        """Forget a record."""
        self._deleted += 1
        for watcher in self._watchers:
            watcher.remove(record_id)

    def pages(self, *, after_id: int = 0) -> Iterator[Page]:
        """Yield pages of all records beyond an id, each once; by keyset, and by passes where that may not bring all.

        Raises:
            NinoxProtocolError: There are records that the server does not hand out.
        """
        tally, seen, cursor, deleted_before = Tally(self._order), SeenIds(), after_id, self._deleted
        try:
            for page in self._by_id(after_id, tally):
                seen.add(page)
                cursor = page[-1].id
                yield self._seen(page)
                del page
        except KeysetUnusableError:
            self._order.distrust()
            is_whole = False
        else:
            deleted = self._deleted - deleted_before
            is_whole = not tally.is_in_doubt or self._has_all(tally, after_id, cursor, deleted=deleted)
        if not is_whole:
            logger.debug("Table %s cannot be paged by record id on this server, or not for sure.", self.id)
            try:
                for page in self._passes(set(seen), rows=tally.rows):
                    cursor = max([cursor, *(record.id for record in page)])
                    yield self._seen([record for record in page if record.id > after_id])
            except PageIgnoredError:
                self._confirm_end(cursor)
                raise make_pages_error(self.id) from None
            if after_id == 0:
                self._confirm_end(cursor)
            cursor = self.highest_id
        if after_id == 0:
            self._end = cursor if self._end is None else self._end
            self.last_id_before = cursor if self.last_id_before is None else self.last_id_before

    def _by_id(self, after_id: int, tally: Tally) -> Iterator[Page]:
        """Yield pages of ascending ids, up to the newest record if that was found while the table was read."""
        cursor = after_id
        for page in self._counted(after_id, tally):
            cursor = page[-1].id
            yield page
            del page
            if cursor == self._newest_id == self.highest_id:  # so no empty page is asked for
                return
        yield from self._rest(cursor, tally, is_whole_table=after_id == 0)

    def _counted(self, after_id: int, tally: Tally, *, at_most: int | None = None) -> Iterator[Page]:
        """Yield pages of ascending ids up to an empty one, of so many records at most; count their rows."""
        answer = SizedPage([], 0, 0)

        def fetch(after: int) -> Page:
            nonlocal answer
            answer = self._ask(since_id=after, at_most=at_most)
            return answer.records

        cursor = after_id
        for page in iter_pages(fetch, after_id=after_id):
            reached = page[-1].id
            tally.note(page, after_id=cursor, reached=reached, came=len(answer.records), asked=answer.asked)
            tally.rows += len(page)
            cursor, answer = reached, SizedPage([], 0, 0)
            yield page
            del page

    def _has_all(self, tally: Tally, after_id: int, last_id: int, *, deleted: int) -> bool:
        """Ask for the page on which a list of as many rows as were read ends, and return whether there are no more."""
        size, number = tally.last_page()
        with suppress(NinoxError):  # it only confirms: without it, the table is read once more
            page = self._client.get_records(self.id, since_id=after_id or None, page=number, per_page=size)
            return tally.agrees(page, asked=size, last_id=last_id, deleted=deleted)
        return False

    def _rest(self, cursor: int, tally: Tally, *, is_whole_table: bool) -> Iterator[Page]:
        """Yield what an empty page hides, if one came by mistake: rows behind it would all be made again.

        Raises:
            NinoxProtocolError: There is a record that the server does not hand out.
        """
        if self._newest_id is None and is_whole_table and cursor == 0:
            self.find_newest_id()  # of an empty table: one call, before anything is created in it
        newest_id = self._newest_id or 0
        if newest_id <= cursor:
            return
        for page in self._counted(cursor, tally):
            cursor = page[-1].id
            yield page
        self._confirm_end(cursor)

    def _confirm_end(self, last_id: int) -> None:
        """Make sure that the newest record, if it is known, is among those that were read.

        Raises:
            NinoxProtocolError: It is there and was not handed out: the server may answer each page with the first one.
        """
        if last_id < (self._newest_id or 0) and self.find(self._newest_id or 0) is not None:
            raise make_end_error(self.id, last_id)

    def page_from(self, record_id: int) -> Page:
        """Return a record and some of those behind it; one call. A server without keyset returns others."""
        return self._get(since_id=record_id - 1)

    def find(self, record_id: int) -> NinoxRecord | None:
        """Return one record, or None; one call, and at the first that is not there two more."""
        return next(self._find_each([record_id]), None)

    def _find_each(self, record_ids: Iterable[int]) -> Iterator[NinoxRecord]:
        """Yield those of some records that exist; one call each.

        Raises:
            NinoxProtocolError: The server hands out records neither singly nor in full.
        """
        wanted = list(record_ids)
        for record_id in wanted:
            record = self._client.find_record(self.id, record_id)
            if record is not None:
                self._serves_singly = True
                self._check([record])
                yield record
            elif not self._may_believe_404():
                try:
                    for page in self._passes(set(), rows=0):
                        yield from (listed for listed in page if listed.id in wanted)
                except PageIgnoredError:
                    raise make_pages_error(self.id) from None
                return

    def _may_believe_404(self) -> bool:
        """Return whether the server hands out single records: a 404 to each says nothing of any; two calls once."""
        if self._serves_singly is None:
            listed = self._client.get_records(self.id, per_page=1)
            if not listed:
                return True
            self._serves_singly = self._client.find_record(self.id, listed[0].id) is not None
        return self._serves_singly

    def look_up(self, filters: Mapping[str, Any], *, is_wanted: Callable[[NinoxRecord], bool]) -> Page:
        """Return the records whose fields are equal to the filters, as the server understands it.

        One call where there is one; more come in pages, the last of which is empty. Where there is none, it is asked
        once more: an empty answer may come by mistake. Nothing more is asked for behind a record that is not wanted:
        the server may ignore the filters.
        """

        def fetch(number: int) -> Page:
            page = self._get(filters=filters, page=number)
            return page if page or number else self._get(filters=filters)

        found: list[NinoxRecord] = []
        for page in iter_numbered_pages(fetch):
            found += page
            if len(found) == 1 or not all(map(is_wanted, page)):  # else there may be more: pages are capped silently
                break
        return self._seen(found)

    def still_there(self, record_ids: Sequence[int]) -> set[int]:
        """Return which of some records exist; from each that no page has shown or passed, a page is read.

        Lists are asked: a single record may be answered with 404 that they still show.

        Args:
            record_ids: In ascending order.
        """
        there, left = set[int](), list(record_ids)
        while left:
            before, tally = left[0] - 1, Tally(self._order)
            most = left[-1] - before + 1 if self._order.is_by_id else None
            try:
                page = next(self._counted(before, tally, at_most=most), [])
            except KeysetUnusableError:
                self._order.distrust()
                return there | self._found_singly(left)
            if not page:  # which proves nothing by itself
                return there if self.ends_at(before) else there | self._found_singly(left)
            reached, listed = page[-1].id, {record.id for record in page}
            there |= listed.intersection(left)
            if tally.is_in_doubt and not self._has_all(tally, before, reached, deleted=0):
                return there | self._found_singly(record_id for record_id in left if record_id not in listed)
            left = [record_id for record_id in left if record_id > reached]
        return there

    def _found_singly(self, record_ids: Iterable[int]) -> set[int]:
        return {record.id for record in self._find_each(record_ids)}

    def ends_at(self, record_id: int) -> bool:
        """Return whether no record is beyond an id, in another way than by the pages that end there; 1 or 2 calls."""
        newest = self._client.get_records(self.id, newest=True, per_page=1)
        if newest and newest[0].id >= record_id:
            return newest[0].id == record_id
        return all(record.id <= record_id for record in self._after(record_id))  # it was deleted, or nothing is sorted

    def find_newest_id(self) -> int:
        """Return the id of the newest record, 0 for none; one call.

        A server that does not sort makes it too low: that costs calls, no more.
        """
        self._read_newest(1)
        return self._newest_id or 0

    def _read_newest(self, count: int) -> Page:
        """Return some of the newest records, the newest first if the server sorts; one call."""
        newest = self._client.get_records(self.id, newest=True, per_page=count)
        if self.last_id_before is None and newest and newest[0].id >= self.highest_id:  # else nothing is sorted
            self.last_id_before = newest[0].id
        self._seen(newest)
        if self._end is None:
            self._end = self.highest_id
        self._newest_id = newest[0].id if newest else 0
        return newest

    def look_for_highest_id(self) -> None:
        """Make sure that `highest_id` is the table's highest; two calls at the first time, none later."""
        if not self._has_looked_for_highest:
            self._has_looked_for_highest = True
            self.find_newest_id()
            self.read_new()

    def read_new(self) -> list[NinoxRecord]:
        """Return the records beyond the highest id known, and pass them on; one call if there are none.

        That a page is empty proves nothing: one may come by mistake, and what it hides would be made again. The newest
        records prove it, if they come in descending order from the highest id known on.

        Raises:
            NinoxProtocolError: The server hands out no record, though there is one.
        """
        known_id = self.highest_id
        newest = [record.id for record in self._read_newest(_ENOUGH_TO_SORT)]
        if newest[:1] == [known_id] and newest == sorted(newest, reverse=True):
            return []
        records = [record for page in self.pages(after_id=max(0, known_id - 1)) for record in page]
        if known_id and not records and self.find(known_id) is not None:
            raise make_end_error(self.id, known_id - 1)
        new = [record for record in records if record.id > known_id]
        for record in new:
            self.note_saved(record.id, record.fields)
        return new

    def check_is_readable(self) -> None:
        """Read one record; one call.

        Raises:
            NinoxError: The table cannot be read.
        """
        self._client.get_records(self.id, per_page=1)

    def _check(self, page: Page) -> None:
        """Refuse records whose fields cannot be told apart: matched by nothing, all of them would be made again."""
        fields = next((record.fields for record in page if record.fields), None)
        if fields:
            check_keys(fields, ids=self._caption_by_id, captions=set(self._caption_by_id.values()))

    def _seen(self, page: Page) -> Page:
        self._check(page)
        for record in page:
            self.highest_id = max(self.highest_id, record.id)
        return page

    def _after(self, record_id: int) -> Page:
        return self._get(since_id=record_id)

    def _passes(self, emitted: set[int], *, rows: int) -> Iterator[Page]:
        """Yield the pages of passes by number; if pages become smaller they begin anew, and no record comes twice.

        Args:
            emitted: Ids that came before; added to.
            rows: How many records there are at least.

        Raises:
            PageIgnoredError: The server answers each page with the first one.
        """
        while True:
            size = self.page_size.current

            def numbered(number: int, size: int = size) -> Page:
                return self._client.get_records(self.id, page=number, per_page=size, divisible=size > MIN_PAGE_SIZE)

            def is_all(first: Page, size: int = size) -> bool:
                """Distinguish a table of one page, whose last page is repeated, from a server that ignores `page`."""
                if len(first) < rows:
                    return False
                more = len(first) + 1
                return self.page_size.is_short(len(first), asked=size) or (
                    more <= DEFAULT_PAGE_SIZE and more > len(self._client.get_records(self.id, per_page=more))
                )

            try:
                yield from iter_passes(numbered, sequence=lambda: None, emitted=emitted, is_all=is_all)
            except NinoxError as error:
                self.page_size.shrink(size, error)
            else:
                return

    def _get(self, **query: Any) -> Page:
        """Return a page; ask for less from now on if that is too much for the server, or if it is large."""
        if query.get("page"):  # in another size, it would begin elsewhere
            return self._client.get_records(self.id, per_page=self.page_size.current, **query)
        return self._ask(**query).records

    def _ask(self, *, at_most: int | None = None, **query: Any) -> SizedPage:
        return self.page_size.ask(partial(self._client.get_records, self.id, **query), at_most=at_most)
