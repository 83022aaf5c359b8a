"""What happened on a day, written down while it happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Place = tuple[str, str]  # database id, table id
Places = dict[Place, set[int]]
Fields = dict[str, Any]


class Database(Protocol):
    """The part of the store's database that a day needs."""

    def record_ids(self, table_id: str) -> Iterable[int]:
        """Ids of the table's records, ascending."""

    def fields_of(self, table_id: str, rid: int) -> Mapping[str, Any]:
        """Stored values of one record."""

    def create(self, table_id: str, fields: Fields) -> int:
        """A new record, and its id."""

    def update(self, table_id: str, rid: int, fields: Fields) -> object:
        """Change some fields of a record."""

    def delete(self, table_id: str, rid: int) -> object:
        """Remove a record and its parts."""


@dataclass(kw_only=True, slots=True)
class DayBook:
    """The records a day touched, net of what was undone before its end.

    Attributes:
        edited: Records that were there in the morning and still are, with other values.
        added: Records that are new in the evening.
        deleted: Records that were there in the morning, those deleted with their parent included.
        passing: Records created and deleted within the day.
        writes: Single writes, each of which moved the sequence.
        notes: Changes to the schema, and whatever else is worth a line.
    """

    day: int
    edited: Places = field(default_factory=dict)
    added: Places = field(default_factory=dict)
    deleted: Places = field(default_factory=dict)
    passing: Places = field(default_factory=dict)
    writes: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def rows_edited(self) -> int:
        """Number of records in `edited`."""
        return _total(self.edited)

    @property
    def rows_added(self) -> int:
        """Number of records in `added`."""
        return _total(self.added)

    @property
    def rows_deleted(self) -> int:
        """Number of records in `deleted`."""
        return _total(self.deleted)

    def __str__(self) -> str:
        """One line for people: `Day 2: 300 rows edited, 40 added, 12 deleted.`."""
        counts = f"Day {self.day}: {self.rows_edited:,} rows edited, {self.rows_added:,} added, {self.rows_deleted:,} deleted"
        return "; ".join([counts, *self.notes]) + "."


def _total(places: Places) -> int:
    return sum(len(rids) for rids in places.values())
