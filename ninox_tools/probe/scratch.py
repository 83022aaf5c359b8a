"""The scratch table: what is the probe's in it, and how it is emptied again.

Every record that the probe makes holds a mark, a text that nobody else has, in the table's first text field. Only what
was seen with that mark is ever changed or deleted: whatever else turns up in the table is left, and counted at the end.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from ninox_api.errors import NinoxError
from ninox_api.schema import Field, Table
from ninox_tools.probe.allowed import find_scripts, refuse_records
from ninox_tools.probe.reply import NOT_FOUND, OK, NotAnsweredError, Record, ids_of
from ninox_tools.probe.sight import SAMPLE, Sight
from ninox_tools.probe.wire import CallsUsedUpError
from ninox_tools.probe.writer import Held, Writer

_KEPT_FOR_CLEANING = 8
"""Calls that are kept back while the table is not empty again."""

_FAR = 1000
"""How far behind the last record the one is that the probe numbers itself."""


class Left(NamedTuple):
    """What is still in the table at the end.

    Attributes:
        own: Ids of records that the probe made and could not remove.
        others: How many others there are: somebody else's, or the probe's own without the mark. None if the table could
            not be read, or never showed the probe's.
    """

    own: list[int]
    others: int | None

    @property
    def is_empty(self) -> bool:
        """Whether the table is certainly empty."""
        return not self.own and self.others == 0


class Scratch:
    """An empty table that the user made for the probe.

    Attributes:
        writer: The way to change it. None is made anywhere else.
        own: Ids of records that were seen with the mark.
        gone: Those of them that are certainly deleted: singly, since an empty page is no proof.
        rows: What was seen of them last.
        others: How many records without the mark were seen then; None if the table could not be read.
        scripts: What of the schema runs when a record is written.
        ids: Of the three records that `writes.py` made first, if they can be told.
        before: The third of them, before it got a file.
        given: The id that the probe chose itself for a further one.
        usual: Fields that may hold something in that one.
        is_made_again: Whether that one was deleted and made again.
        statuses: What was tried → HTTP status of the answer.
    """

    def __init__(self, sight: Sight, table: Table, held: Held) -> None:
        """Look again whether it is empty, and keep back calls for cleaning it; nothing is written yet."""
        refuse_records(sight, table)
        sight.ask.budget.kept = _KEPT_FOR_CLEANING
        self.sight = sight
        self.table = table
        self.writer = Writer(sight.ask, table.id, held)
        self.scripts = find_scripts(sight.schema.get(table.id))
        self.mark, self.own = self.writer.mark, self.writer.own
        self.gone: set[int] = set()
        self.rows: list[Record] = []
        self.others: int | None = None
        self.ids: list[int] = []
        self.before: Record | None = None
        self.given: int | None = None
        self.usual: set[str] = set()
        self.is_made_again = False
        self.statuses: dict[str, int] = {}
        self.text, *more = self.fields("string")  # the mark is in the first one
        self.other = next(iter([*more, *self.fields("number")]), self.text)

    def fields(self, *types: str) -> list[Field]:
        """Return the fields of some types."""
        return [field for field in self.table.fields if field.type in types]

    @property
    def link_to_itself(self) -> Field | None:
        """A link from the table to itself."""
        return next((field for field in self.fields("ref") if field.target_table_id == self.table.id), None)

    def values_of(self, record: Record) -> dict[str, Any]:
        """Return field id → value of a record."""
        return self.sight.fields_of(self.table.id, record)

    def row(self, record_id: int | None) -> Record | None:
        """Return a record as it was seen last."""
        return next((row for row in self.rows if row["id"] == record_id), None)

    def keep_calls(self) -> None:
        """Keep back the calls that it takes to delete what is there, and to look before and behind."""
        self.sight.ask.budget.kept = 2 + len(self.own - self.gone)

    def delete(self, record_id: int) -> bool:
        """Delete one record of the probe's; return whether it is gone."""
        if self.writer.delete(record_id).status in {OK, NOT_FOUND}:
            self.gone.add(record_id)
        return record_id in self.gone

    def look(self) -> list[Record]:
        """Read the table; return the records that are the probe's."""
        self.others = None
        page = self._page()
        self.rows = self._ours(page)
        self.others = len(page) - len(self.rows)
        self.own.update(ids_of(self.rows))
        if self.rows:  # values of records that are deleted are worth a look, too
            self.sight.samples[self.table.id] = self.rows
        return self.rows

    def choose_id(self) -> None:
        """Choose an id that no record has, far behind all; none if there is a record of somebody else."""
        rows = self.look()
        if rows and self.others == 0:
            self.given = self.writer.free = max(ids_of(rows)) + _FAR
            self.usual = {self.text.id, *self.sight.stored(self.table.id, rows[0])}  # scripts set some in each

    def _page(self) -> list[Record]:
        page = self.sight.ask.page(self.table.id, perPage=SAMPLE, page=0, choiceStyle="ids")
        if self._ours(page):  # else it may be empty by mistake, and what was saved is still unseen
            self.writer.has_unseen = False
        return page

    def _ours(self, page: list[Record]) -> list[Record]:
        return [record for record in page if record["id"] in self.own or self._is_ours(record)]

    def _is_ours(self, record: Record) -> bool:
        if record["id"] == self.given and not self.sight.stored(self.table.id, record).keys() <= self.usual:
            return False  # somebody else made it just before the probe wrote into it
        return any(self.mark in str(value) for value in self.values_of(record).values())

    def clean(self) -> Left:
        """Delete what the probe made, singly, and look whether the table is empty."""
        self.sight.ask.budget.kept = 0
        page = self._page_if_any()
        ours = set(ids_of(self._ours(page or [])))
        self.own.update(ours)  # what was seen before can be deleted even if the table cannot be read now
        self.gone -= ours
        for record_id in sorted(self.own - self.gone):
            with suppress(NinoxError, CallsUsedUpError):
                self.delete(record_id)
        if page == [] and not self.own - self.gone:
            return Left([], None if self.writer.has_unseen else 0)
        page = self._page_if_any()
        if page is None:
            return Left(sorted(self.own - self.gone), None)
        left = sorted(ids_of(self._ours(page)))
        return Left(left, len(page) - len(left))

    def _page_if_any(self) -> list[Record] | None:
        try:
            return self._page()
        except (NinoxError, NotAnsweredError, CallsUsedUpError):
            return None
