"""What happened on a day, net of what was undone before its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Place = tuple[str, str]  # database id, table id
Places = dict[Place, set[int]]


@dataclass(kw_only=True, slots=True)
class DayBook:
    """The records a day touched.

    Attributes:
        edited: Records that were there in the morning and still are, written at least once.
        added: Records that are new in the evening.
        deleted: Records that are gone since the morning, those deleted with their parent included.
        passing: Records created and deleted within the day.
        notes: Changes to the schema, and whatever else is worth a clause.
    """

    day: int
    edited: Places = field(default_factory=dict)
    added: Places = field(default_factory=dict)
    deleted: Places = field(default_factory=dict)
    passing: Places = field(default_factory=dict)
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

    @property
    def rows_passing(self) -> int:
        """Number of records in `passing`."""
        return _total(self.passing)

    def note_created(self, place: Place, rid: int) -> None:
        """A record has been created."""
        self.added.setdefault(place, set()).add(rid)

    def note_updated(self, place: Place, rid: int) -> None:
        """A record has been written; one added today stays an added one."""
        if rid not in self.added.get(place, ()):
            self.edited.setdefault(place, set()).add(rid)

    def note_deleted(self, place: Place, rids: Iterable[int]) -> None:
        """Records are gone; those added today leave only a trace in `passing`."""
        for rid in rids:
            was_added = rid in self.added.get(place, ())
            (self.passing if was_added else self.deleted).setdefault(place, set()).add(rid)
            for places in (self.added, self.edited):
                places.get(place, set()).discard(rid)

    def __str__(self) -> str:
        """One line for people: `Day 4: 1 row edited, 0 added, 0 deleted.`."""
        rows = "row" if self.rows_edited == 1 else "rows"
        counts = f"{self.rows_edited:,} {rows} edited, {self.rows_added:,} added, {self.rows_deleted:,} deleted"
        return f"Day {self.day}: {'; '.join([counts, *self.notes])}."


def _total(places: Places) -> int:
    return sum(len(rids) for rids in places.values())
