"""Reading one table of the database: its pages, whatever order and size they come in, and single records."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from ninox_api.client import DatabaseClient, NinoxRecord
from ninox_api.errors import NinoxError
from ninox_api.ids import IdSet
from ninox_api.page_size import DEFAULT_PAGE_SIZE, PageSize, SizedPage
from ninox_api.paging import (
    KeysetUnusableError,
    ListOrder,
    Page,
    PageIgnoredError,
    Tally,
    iter_counted_pages,
    iter_numbered_pages,
    iter_sized_passes,
    make_end_error,
    make_pages_error,
)
from ninox_api.schema import Field, check_keys

logger = logging.getLogger(__name__)


class TableReader:
    """Reads one table; no answer is believed that another one can disprove.

    Attributes:
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
        self.page_size = PageSize(table_id, page_size)
        self.highest_id = 0
        self.last_id_before: int | None = None
        self._client = client
        self._caption_by_id = {field.id: field.name for field in fields}
        self._order = order or ListOrder()
        self._end: int | None = None  # the highest id when the table was first read, and of this run's records since
        self._newest_id: int | None = None
        self._deleted = 0  # records that this run has deleted: fewer are to come
        self._serves_singly = False  # whether a record came by its own address

    def pages(self, *, after_id: int = 0) -> Iterator[Page]:
        """Yield pages of all records beyond an id, each once; by keyset, and by passes where that may not bring all.

        Raises:
            NinoxProtocolError: There are records that the server does not hand out.
        """
        tally, seen, cursor, deleted_before = Tally(self._order), IdSet(), after_id, self._deleted
        try:
            for page in self._by_id(after_id, tally):
                seen.add_ascending([record.id for record in page])
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
                for page in self._passes(seen, rows=tally.rows):
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
        """Yield pages of ascending ids, up to the newest record if that was found while the table was read.

        Raises:
            NinoxProtocolError: There is a record that the server does not hand out.
        """
        cursor = after_id
        for page in self._counted(after_id, tally):
            cursor = page[-1].id
            yield page
            del page
            if cursor == self._newest_id == self.highest_id:  # so no empty page is asked for
                return
        if self._newest_id is None and after_id == cursor == 0:
            self.find_newest_id()  # of an empty table: one call, before anything is created in it
        newest_id = self._newest_id or 0
        if newest_id <= cursor:
            return
        for page in self._counted(cursor, tally):  # an empty page came by mistake: what it hides would be made again
            cursor = page[-1].id
            yield page
        self._confirm_end(cursor)

    def _counted(self, after_id: int, tally: Tally, *, at_most: int | None = None) -> Iterator[Page]:
        """Yield pages of ascending ids up to an empty one, of so many records at most; count their rows."""
        for page in iter_counted_pages(
            lambda after: self._ask(since_id=after, at_most=at_most), tally, after_id=after_id
        ):
            yield page.records
            del page

    def _has_all(self, tally: Tally, after_id: int, last_id: int, *, deleted: int) -> bool:
        """Ask for the page on which a list of as many rows as were read ends, and return whether there are no more."""
        size, number = tally.last_page()
        with suppress(NinoxError):  # it only confirms: without it, the table is read once more
            page = self._client.get_records(self.id, since_id=after_id or None, page=number, per_page=size)
            return tally.agrees(page, asked=size, last_id=last_id, deleted=deleted)
        return False

    def _confirm_end(self, last_id: int) -> None:
        """Make sure that the newest record, if it is known, is among those that were read.

        Raises:
            NinoxProtocolError: It is there and was not handed out: the server may answer each page with the first one.
        """
        if last_id < (self._newest_id or 0) and self.find(self._newest_id or 0) is not None:
            raise make_end_error(self.id, last_id)

    def _passes(self, emitted: IdSet, *, rows: int) -> Iterator[Page]:
        """Yield the pages of passes by number; if pages become smaller they begin anew, and no record comes twice.

        Args:
            emitted: Ids that came before; added to.
            rows: How many records there are at least.

        Raises:
            PageIgnoredError: The server answers each page with the first one.
        """

        def is_all(first: Page, size: int) -> bool:
            """Distinguish a table of one page, whose last page is repeated, from a server that ignores `page`."""
            if len(first) < rows:
                return False
            more = len(first) + 1
            return self.page_size.is_short(len(first), asked=size) or (
                more <= DEFAULT_PAGE_SIZE and more > len(self._client.get_records(self.id, per_page=more))
            )

        get = partial(self._client.get_records, self.id)
        yield from iter_sized_passes(self.page_size, get, sequence=lambda: None, emitted=emitted, is_all=is_all)

    def page_from(self, record_id: int) -> Page:
        """Return a record and some of those behind it; one call. A server without keyset returns others."""
        return self._ask(since_id=record_id - 1).records

    def look_up(self, filters: Mapping[str, Any], *, is_wanted: Callable[[NinoxRecord], bool]) -> Page:
        """Return the records whose fields are equal to the filters, as the server understands it.

        One call where there is one; more come in pages, the last of which is empty. Where there is none, it is asked
        once more: an empty answer may come by mistake. Nothing more is asked for behind a record that is not wanted:
        the server may ignore the filters.
        """

        def fetch(number: int) -> Page:
            if number:  # in another size, it would begin elsewhere
                return self._client.get_records(self.id, filters=filters, page=number, per_page=self.page_size.current)
            return self._ask(filters=filters).records or self._ask(filters=filters).records

        found: list[NinoxRecord] = []
        for page in iter_numbered_pages(fetch):
            found += page
            if len(found) == 1 or not all(map(is_wanted, page)):  # else there may be more: pages are capped silently
                break
        return self._seen(found)

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
                    for page in self._passes(IdSet(), rows=0):
                        yield from (listed for listed in page if listed.id in wanted)
                except PageIgnoredError:
                    raise make_pages_error(self.id) from None
                return

    def _may_believe_404(self) -> bool:
        """Return whether single records are handed out: a 404 to each says nothing of any; two calls until one was."""
        if not self._serves_singly:
            listed = self._client.get_records(self.id, per_page=1)
            self._serves_singly = any(self._client.find_record(self.id, record.id) is not None for record in listed)
            return self._serves_singly or not listed
        return True

    @property
    def is_unsorted(self) -> bool:
        """Whether this server has sent a page in another order than by id: single records cost a call each."""
        return self._order.is_distrusted

    def still_there(self, record_ids: Sequence[int]) -> set[int]:
        """Return which of some records exist; in ascending order."""
        return set(self.read_again(record_ids))

    def read_again(self, record_ids: Sequence[int]) -> dict[int, NinoxRecord]:
        """Return those of some records that exist, by id; from each that no page has shown or passed, a page is read.

        Lists are asked: a single record may be answered with 404 that they still show.

        Args:
            record_ids: In ascending order.
        """
        there, left = dict[int, NinoxRecord](), list(record_ids)
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
            reached, listed = page[-1].id, {record.id: record for record in page}
            there |= {record_id: listed[record_id] for record_id in left if record_id in listed}
            if tally.is_in_doubt and not self._has_all(tally, before, reached, deleted=0):
                return there | self._found_singly(record_id for record_id in left if record_id not in listed)
            left = [record_id for record_id in left if record_id > reached]
        return there

    def _found_singly(self, record_ids: Iterable[int]) -> dict[int, NinoxRecord]:
        return {record.id: record for record in self._find_each(record_ids)}

    def ends_at(self, record_id: int) -> bool:
        """Return whether no record is beyond an id, in another way than by the pages that end there; 1 or 2 calls."""
        newest = self._client.get_records(self.id, newest=True, per_page=1)
        if newest and newest[0].id >= record_id:
            return newest[0].id == record_id
        # It was deleted, or nothing is sorted.
        return all(record.id <= record_id for record in self._ask(since_id=record_id).records)

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

    def _ask(self, *, at_most: int | None = None, **query: Any) -> SizedPage:
        """Return a page; ask for less from now on if that is too much for the server, or if it is large."""
        return self.page_size.ask(partial(self._client.get_records, self.id, **query), at_most=at_most)
