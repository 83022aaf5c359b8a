"""When records were created and edited, and the sequence numbers that follow from it.

A database counts its changes with one sequence. Every table owns the numbers of one remainder, which keeps
them unique without a shared counter: `sequence = slot * tables + table`. A record that was never edited has
a slot of the first half of history, ascending with its id; one in five was edited in the second half, in no
particular order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from math import gcd
from typing import NamedTuple

from ninox_simulator.samples.pools import DELETED_USER, USERS, moments

IMPORT_SECOND = "2019-04-01T03:00:00"
SHUFFLE = 7_919
EDITED_EVERY = 5
UNNUMBERED_EVERY = 200
SYNCED_LATE_EVERY = 500


class Stamp(NamedTuple):
    """The part of a record that Ninox keeps: sequence, times and users."""

    sequence: int | None
    created_at: str
    created_by: str
    modified_at: str
    modified_by: str


class History:
    """Hands out the stamps of one database."""

    def __init__(self, tables: Sequence[str], most_rows: int) -> None:
        """Lay out history for the longest table."""
        self._tables = {table: number for number, table in enumerate(tables)}
        self._slots = max(most_rows, 1)
        while gcd(self._slots, SHUFFLE) > 1:
            self._slots += 1

    @property
    def sequence(self) -> int:
        """The database's sequence: above that of every record, as after a few deletions."""
        return 2 * (self._slots + 1) * len(self._tables)

    def stamps(self, table: str, number: int) -> Iterator[Stamp]:
        """One stamp per row of a table, in ascending id."""
        remainder, step, slots = self._tables[table], len(self._tables), self._slots
        authors = cycle((*USERS, DELETED_USER))
        for row, author in zip(range(number), authors, strict=False):
            slot = row * slots // number
            created = modified = _time_of(slot, slots)
            if row % EDITED_EVERY == 3:
                slot = slots + row * SHUFFLE % slots
                modified = _time_of(slot, slots)
            if row % SYNCED_LATE_EVERY == 3:  # edited offline: a high sequence, an old time
                modified = created
            sequence = None if row % UNNUMBERED_EVERY == 57 else slot * step + remainder + 1
            yield Stamp(sequence, created, author, modified, author)

    def import_stamps(self, table: str, number: int) -> Iterator[Stamp]:
        """Stamps of rows that came in one import: all of the same second."""
        for stamp in self.stamps(table, number):
            yield stamp._replace(created_at=IMPORT_SECOND, modified_at=IMPORT_SECOND)


CREATIONS = 4_000


def _time_of(slot: int, slots: int) -> str:
    if slot < slots:
        return _CREATED[slot * CREATIONS // slots]
    return _EDITED[(slot - slots) * CREATIONS // slots]


_CREATED = moments("2019-01-07T06:02:11", "2025-06-30T17:45:09", CREATIONS)
_EDITED = moments("2025-07-01T06:00:00", "2026-03-27T18:30:00", CREATIONS)
