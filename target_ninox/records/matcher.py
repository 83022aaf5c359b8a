"""Key → the records that have it, by whichever costs fewer calls: reading the table, or looking keys up one by one."""

from __future__ import annotations

import decimal
import unicodedata
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from ninox_api.client import NinoxRecord
from ninox_api.paging import Page
from target_ninox.records.index import ExistingRecord, Fields, KeyOf, RecordIndex
from target_ninox.records.table import TargetTable

_FEW = 2
"""So many single reads are never dearer than reading the table: a page and the empty one behind it."""

_LONGEST = 1000
"""Characters of filters, which stand in the address: servers refuse long ones with 414 (observed elsewhere)."""

_COMPARABLE = (str, int, decimal.Decimal)
"""Of lists and objects, nobody documents what a server takes for equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchKey:
    """By what records of a table are found.

    Attributes:
        table_id: The table.
        field_ids: The fields that make up the key; none where the record id is the key.
        read: Returns a record's key.
        has_one_spelling: Whether equal keys are always spelled alike, but for the two forms of Unicode.
        is_link: Whether it is the id of a record that the field links to.
    """

    table_id: str
    field_ids: tuple[str, ...]
    read: KeyOf
    has_one_spelling: bool = True
    is_link: bool = False


class Matcher:
    """Finds the records of one table by one kind of key.

    A look-up relies on the server's equality, which nobody documents. So it is used only for types whose values have
    one spelling, and only after it has found a record that is known to be there; a server that answers anything
    unexpected is not asked again, the table is read instead.

    Attributes:
        unshown: Those of the fields that are kept which no record has shown: empty, or hidden from the key's role.
    """

    def __init__(self, table: TargetTable, key: MatchKey, index: RecordIndex) -> None:
        self.table = table
        self.index = index
        self.has_read_all = False
        self.unshown: frozenset[str] = index.kept_fields
        self._key = key
        self._unread: Iterator[Page] = table.pages()
        self._last_read_id = 0
        self._newest_id: int | None = None
        self._looked_up: set[Hashable] = set()
        self._is_trusted = not key.field_ids
        self._has_failed = False
        self._known: NinoxRecord | None = None
        table.watchers.append(index)

    @property
    def has_seen_no_key(self) -> bool:
        """Whether there are records, and none of those that were read has a key: perhaps it cannot be read."""
        return bool(self._last_read_id) and self._known is None

    @property
    def is_empty(self) -> bool:
        """Whether there is no record; a page is read to know it."""
        return not (self._last_read_id or self._read_page())

    def find_all(self, wanted: Mapping[Hashable, Fields]) -> dict[Hashable, list[ExistingRecord]]:
        """Return key → its records, lowest id first, for every key.

        Args:
            wanted: Key → the fields that it was made of, as they would be sent.
        """
        if not self.has_read_all:
            self._learn({key: fields for key, fields in wanted.items() if key not in self._looked_up})
        found = self.index.find(wanted)
        if self.table.unread_after is not None and not all(found.values()):
            self.table.read_unread()
            return self.index.find(wanted)
        return found

    def read_rest(self) -> None:
        """Read what is left of the table."""
        while self._read_page():
            pass

    def _learn(self, unknown: Mapping[Hashable, Fields]) -> None:
        total = len(self._looked_up) + len(unknown)
        is_cheap = not unknown or (self._is_trusted and total <= _FEW)
        if is_cheap or ((self._last_read_id or self._read_page()) and self._look_ups_pay(total)):
            self._look_all_up(unknown)
        # At each page it shows how large pages are on this server, and so what the rest costs.
        while any(key not in self._looked_up for key in unknown) and self._read_page():
            if self._look_ups_pay(total):
                self._look_all_up(unknown)

    def _look_all_up(self, unknown: Mapping[Hashable, Fields]) -> None:
        for key, fields in unknown.items():
            if not self._look_up(key, fields):
                break  # this answer cannot be relied on, so that none could

    def _read_page(self) -> bool:
        page = next(self._unread, None)
        if page is None:
            self.has_read_all = True
            return False
        for record in page:
            self.index.put(record.id, record.fields, sequence=record.sequence)
            if self._known is None and self._key.read(record.id, record.fields) is not None:
                self._known = record
        self._last_read_id = page[-1].id if page else self._last_read_id
        self.note_shown(page)
        return True

    def note_shown(self, page: Page) -> None:
        """Note which fields the role of the key can read; it costs nothing once all of them were seen."""
        self.unshown = frozenset(
            field_id for field_id in self.unshown if all(record.fields.get(field_id) is None for record in page)
        )

    def _look_ups_pay(self, total: int) -> bool:
        """Compare with the pages left, counting all look-ups of this run: it never costs twice the cheaper way."""
        if self._newest_id is None:
            self._newest_id = self.table.find_newest_id()
        pages_left = self.table.page_size.count_pages(self._newest_id - self._last_read_id)
        return total + (not self._is_trusted) <= pages_left and self._may_look_up()

    def _may_look_up(self) -> bool:
        """Return whether the server finds a record that is known to be there; where it once did not, never again."""
        if not self._is_trusted and not self._has_failed and self._known is not None:
            filters = self._filters(self._known.fields)
            key = self._key.read(self._known.id, self._known.fields)
            found = self._find_equal(filters, key) if filters else []
            self._is_trusted = self._known.id in {record.id for record in found}
            self._has_failed = not self._is_trusted
        return self._is_trusted

    def _look_up(self, key: Hashable, fields: Fields) -> bool:
        """Ask for one key; return whether the answer can be relied on."""
        found = self._ask(key, fields)
        if found is None:
            self._is_trusted, self._has_failed = False, True
            return False
        for record in found:
            self.index.put(record.id, record.fields, sequence=record.sequence)
        self.note_shown(found)
        self._looked_up.add(key)
        return True

    def _ask(self, key: Hashable, fields: Fields) -> Page | None:
        if not self._key.field_ids:
            assert isinstance(key, int)  # noqa: S101 (the id is the key)
            record = self.table.find(key)
            return [record] if record else []
        found: Page | None = None
        for filters in _spellings(self._filters(fields)):
            found = [*(found or []), *self._find_equal(filters, key)]
        if found and any(self._key.read(record.id, record.fields) != key for record in found):
            return None  # filters are ignored, or compare in a way of their own
        return found

    def _find_equal(self, filters: Fields, key: Hashable | None) -> Page:
        return self.table.look_up(filters, is_wanted=lambda record: self._key.read(record.id, record.fields) == key)

    def _filters(self, fields: Fields) -> Fields | None:
        """Return what to look for by a key that is made of some fields; None if a look-up cannot be relied on."""
        filters = {field_id: fields.get(field_id) for field_id in self._key.field_ids}
        is_fit = self._key.has_one_spelling and all(isinstance(value, _COMPARABLE) for value in filters.values())
        is_short = len(str(filters)) <= _LONGEST
        return filters if filters and is_fit and is_short else None


def _spellings(filters: Fields | None) -> Iterator[Fields]:
    """Yield filters with their texts composed and, where that is something else, decomposed: both are stored."""
    if filters is None:
        return
    forms = (
        {key: unicodedata.normalize(form, value) if isinstance(value, str) else value for key, value in filters.items()}
        for form in ("NFC", "NFD")
    )
    composed, decomposed = forms
    yield composed
    if decomposed != composed:
        yield decomposed
