"""Pages of one table's records, in sizes that the server can deliver."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from ninox_api.client import DatabaseClient
from ninox_api.page_size import PageSize, SizedPage
from ninox_api.paging import IdRange, Page
from tap_ninox.sync.feed import Feed
from tap_ninox.sync.formulas import FormulaQueries
from tap_ninox.sync.prefetch import Schedule


class ReadPage(NamedTuple):
    """A page of records and how far it brings the reading.

    Attributes:
        records: In ascending order of ids, or none where a range turned out to have no more.
        part: The range it belongs to; None where nothing can be resumed.
        last_id: Id up to which the range is then read.
        is_in_doubt: Whether rows may have been passed over until then, as the order of the list is not known.
        weight: Of the answer, in bytes; 0 where it is small.
        is_of_formulas: Whether the records have their formulas and nothing else.
    """

    records: Page
    part: IdRange | None = None
    last_id: int = 0
    is_in_doubt: bool = False
    weight: int = 0
    is_of_formulas: bool = False


class TablePages:
    """Asks for pages of one table's records.

    Attributes:
        client: Reads the database, decoding the fields that are wanted.
        table_id: Handle of the table.
        feed: Of the database.
        schedule: How many threads may read at once.
        size: How many records are asked for at a time.
        range_size: How many ids are asked for at a time where formulas alone are read.
        formulas: What is asked for by scripts; None for nothing.
    """

    def __init__(
        self,
        client: DatabaseClient,
        table_id: str,
        feed: Feed,
        *,
        page_size: int | None,
        page_cap: int | None = None,
        schedule: Schedule | None = None,
        formulas: FormulaQueries | None = None,
    ) -> None:
        """Remember what to ask for; nothing is sent yet.

        Args:
            client: See above, as the others.
            table_id: Handle of the table.
            feed: Of the database.
            page_size: Records per request; None to find out how many.
            page_cap: How many the server was seen to send at most.
            schedule: None for one thread.
            formulas: None if there is nothing to ask for by scripts.
        """
        self.client = client
        self.table_id = table_id
        self.feed = feed
        self.schedule = schedule or Schedule(1)
        self.size = PageSize(table_id, page_size, shared_by=self.schedule.limit, cap=page_cap)
        self.range_size = PageSize(table_id, page_size, shared_by=self.schedule.limit)
        self.formulas = formulas

    def join(self, page: Page) -> Page:
        """Return the same page, its records with what their own answer lacks: the values of formulas.

        Called once for each page that is handed out, perhaps in another thread than the one that consumes the pages.
        """
        return page if self.formulas is None else self.formulas.join(page)

    def after(self, record_id: int, *, since_sequence: int | None = None, end: int | None = None) -> SizedPage:
        """Return the page behind a record, of no more records than there can be up to an end and one for the cursor."""
        get = partial(self.client.get_records, self.table_id, since_id=record_id, since_sequence=since_sequence)
        return self.size.ask(get, at_most=None if end is None else end - record_id + 1)
