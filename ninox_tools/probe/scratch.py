"""The scratch table: when it may be written into, what is the probe's in it, and how it is emptied again.

Every record that the probe makes holds a mark, a text that nobody else has, in the table's first text field. Only what
was seen with that mark is ever changed or deleted: whatever else turns up in the table is left, and named at the end.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple

from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_api.schema import Field, Table
from ninox_singer.names import Names
from ninox_tools.probe.access import TRIGGERS
from ninox_tools.probe.reply import OK, NotAnsweredError, Record, Reply
from ninox_tools.probe.sight import SAMPLE, Sight
from ninox_tools.probe.wire import CallsUsedUpError, Writer

KEPT_FOR_CLEANING = 8
"""Calls that are kept back while the table is not empty again."""

_NOT_FOUND = 404

_SETS = re.compile(r"""\s*(?:'([\w .,()&+-]+)'|(\w+))\s*:=\s*(?:\d+|"[\w .,()&+-]*")\s*;?\s*""")
"""A script that sets something to a number or a plain text, and does nothing else."""

_PLAIN = frozenset({"string", "number", "boolean", "choice"})
"""Types of fields that a script may set: a link would lead to a record of another table."""


class Left(NamedTuple):
    """What is still in the table at the end.

    Attributes:
        own: Ids of records that the probe made and could not remove.
        others: How many records do not have the probe's mark. The table was empty before, so they are somebody else's,
            or the probe's own without the mark. None if the table could not be read, or never showed the probe's.
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
        own: Ids of records that were seen with the mark.
        gone: Those of them that are certainly deleted: singly, since an empty page is no proof.
        rows: What was seen of them last.
        others: How many records without the mark were seen then; None if the table could not be read.
    """

    def __init__(self, sight: Sight, table: Table, held: Callable[[], AbstractContextManager[None]]) -> None:
        """Remember the table, and keep back calls for cleaning it; nothing is sent yet."""
        self.table = table
        self.mark = f"singer-ninox probe {secrets.token_hex(8)}"
        self.own: set[int] = set()
        self.gone: set[int] = set()
        self.rows: list[Record] = []
        self.others: int | None = None
        self.writer = Writer(sight.ask, table.id, held=held)
        self._has_unseen = False
        self._sight = sight
        self._sight.ask.budget.kept = KEPT_FOR_CLEANING
        texts = self.fields("string")
        self.text = texts[0]
        self.other = next((field for field in [*texts[1:], *self.fields("number")]), self.text)

    def fields(self, *types: str) -> list[Field]:
        """Return the fields of some types."""
        return [field for field in self.table.fields if field.type in types]

    @property
    def link_to_itself(self) -> Field | None:
        """A link from the table to itself."""
        return next((field for field in self.fields("ref") if field.target_table_id == self.table.id), None)

    def save(self, *elements: Mapping[str, object]) -> Reply:
        """Save records with one request."""
        before, self._has_unseen = self._has_unseen, True  # an answer that is lost says nothing
        reply = self.writer.save(list(elements))
        self._has_unseen = before or reply.status == OK
        return reply

    def delete(self, record_id: int) -> bool:
        """Delete one record of the probe's; return whether it is gone."""
        if self.writer.delete(record_id).status in {OK, _NOT_FOUND}:
            self.gone.add(record_id)
        return record_id in self.gone

    def look(self) -> list[Record]:
        """Read the table; return the records that are the probe's."""
        self.others = None
        page = self._page()
        self.rows = self._ours(page)
        self.others = len(page) - len(self.rows)
        self.own |= {row["id"] for row in self.rows}
        if self.rows:  # values of records that are deleted are worth a look, too
            self._sight.samples[self.table.id] = self.rows
        return self.rows

    def keep_calls(self) -> None:
        """Keep back as many calls as it takes to delete what is there, and to look before and behind."""
        self._sight.ask.budget.kept = 2 + len(self.own - self.gone)

    def row(self, record_id: int | None) -> Record | None:
        """Return a record as it was seen last."""
        return next((row for row in self.rows if row["id"] == record_id), None)

    def _page(self) -> list[Record]:
        page = self._sight.ask.page(self.table.id, perPage=SAMPLE, page=0, ids="true", choiceStyle="ids")
        if self._ours(page):  # one that shows none may be empty by mistake
            self._has_unseen = False
        return page

    def _ours(self, page: list[Record]) -> list[Record]:
        return [
            record for record in page
            if record["id"] in self.own
            or any(self.mark in str(value) for value in self._sight.fields_of(self.table.id, record).values())
        ]  # fmt: skip

    def clean(self) -> Left:
        """Delete what the probe made, singly, and look whether the table is empty."""
        self._sight.ask.budget.kept = 0
        try:
            page: list[Record] | None = self._page()
        except (NinoxError, NotAnsweredError, CallsUsedUpError):
            page = None  # what was seen before can still be deleted
        ours = {record["id"] for record in self._ours(page or [])}
        self.own |= ours
        self.gone -= ours
        for record_id in sorted(self.own - self.gone):
            try:
                self.delete(record_id)
            except (NinoxError, CallsUsedUpError):
                continue
        if page == [] and not self.own - self.gone:
            return Left([], None if self._has_unseen else 0)
        try:
            page = self._page()
        except (NinoxError, NotAnsweredError, CallsUsedUpError):
            return Left(sorted(self.own - self.gone), None)
        left = sorted(record["id"] for record in self._ours(page))
        return Left(left, len(page) - len(left))


def open_scratch(sight: Sight, name: str, *, held: Callable[[], AbstractContextManager[None]]) -> Scratch:
    """Return the scratch table, if it may be written into. Here alone a `Writer` is made.

    Args:
        sight: What is known.
        name: Of the table.
        held: Holds Ctrl-C back.

    Raises:
        NinoxConfigError: It may not; nothing was written.
    """
    if not sight.tables:
        message = (
            "--scratch: the schema could not be read, so it is not known which tables link to it. Nothing was written."
        )
        raise NinoxConfigError(message)
    named = Names(sight.tables).find(name)
    if len(named) != 1:
        raise NinoxConfigError(Names(sight.tables).describe_absent(name, setting="--scratch"))
    table = named[0]
    problems = list(_problems(sight, table))
    if problems:
        raise NinoxConfigError([f"--scratch: {problem} Nothing was written." for problem in problems])
    for _ in range(2):  # an empty page may come by mistake: a second one is no accident
        if sight.ask.page(table.id, perPage=SAMPLE, page=0, ids="true"):
            message = "--scratch: the table holds records. Make an empty table for the probe. Nothing was written."
            raise NinoxConfigError(message)
    return Scratch(sight, table, held)


def _problems(sight: Sight, table: Table) -> Iterator[str]:
    if table.is_page:
        yield "this is a page, which holds no records."
    if not any(field.type == "string" for field in table.fields):
        yield "the table has no text field, by which the probe knows its own records."
    linked = {
        other.name for other in sight.tables for field in other.fields
        if other.id != table.id and field.type == "ref" and field.target_table_id == table.id and not field.is_foreign
    }  # fmt: skip
    if linked or any(field.type == "rev" and field.target_table_id != table.id for field in table.fields):
        yield "other tables link to this one, so that writing into it could change their records."
    if not all(_is_harmless(table, key, script) for key, script in sight.scripts.get(table.id, ())):
        yield (
            "a script or a default of a field runs when a record of this table is written; it may change other tables, "
            "or the text by which the probe knows its records. Remove it; a trigger such as `Number := 42` may stay, "
            "unless it sets the first text field or a link."
        )


def _is_harmless(table: Table, key: str, script: str) -> bool:
    """Return whether a script sets a plain field of the record itself, which is not the mark, and does nothing else."""
    sets = _SETS.fullmatch(script)
    if key not in TRIGGERS or sets is None:  # what a default's value may become, nobody knows
        return False
    name = (sets[1] or sets[2]).strip().casefold()
    meant = [field for field in table.fields if name in {field.id.casefold(), field.name.strip().casefold()}]
    mark = next((field for field in table.fields if field.type == "string"), None)
    return bool(meant) and all(field.type in _PLAIN and field is not mark for field in meant)
