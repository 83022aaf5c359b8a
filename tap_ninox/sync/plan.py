"""What of a table is to be read in this run: decided from its bookmark and the change feed, before the first page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from ninox_api.changes import TableChanges
from ninox_api.errors import NinoxError
from tap_ninox.sync.feed import News, changes_after
from tap_ninox.sync.state import Bookmark, Snapshot


class Way(Enum):
    """How a table is read."""

    FULL = auto()
    """All records, from the first."""
    RESUMED = auto()
    """The records that an earlier run did not get to, and those that have changed since it read them."""
    CHANGES = auto()
    """The records that the feed names."""
    SEARCH = auto()
    """The records that changed, found by their sequence: no feed names them, so deletions are not seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be read.

    Attributes:
        position: Up to which all changes are known already; None for a table that was never read to its end.
        head: The database's sequence before the first page, if the feed says it.
        last_id: An id that no record was above then, if the feed says it.
        snapshot: The reading that is resumed.
        changes: The records to be read because they changed, and those that were removed; None if nobody names them.
        may_be_empty: Whether a table that shows no record at all is to be believed.
        reason: Why a table with a bookmark is read in full, for the log; `{name}` stands for the stream.
        is_unexpected: Whether the reason is worth a warning.
        problem: Why the feed could not be read, where that leaves deletions unknown.
    """

    way: Way
    position: int | None
    head: int | None
    last_id: int | None
    snapshot: Snapshot | None = None
    changes: TableChanges | None = None
    may_be_empty: bool = True
    reason: str = ""
    is_unexpected: bool = False
    problem: NinoxError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """When a table is to be read in full though its changes could be followed.

    Attributes:
        always: In each run (replication method FULL_TABLE).
        now: In this run (`refresh`).
        interval: When the last full reading is so long ago, None for never.
    """

    always: bool = False
    now: bool = False
    interval: timedelta | None = None


_SET_BACK = (
    "{name} gets a full refresh: its database was set back (restored from a backup?), or no longer reports changes as "
    "old as the bookmark."
)
_ASKED_FOR = "{name} gets a full refresh: it is named in refresh."
_DUE = "{name} gets a full refresh: full_refresh_interval_hours have passed."


def make_plan(bookmark: Bookmark, news: News, wishes: Wishes, *, now: datetime) -> Plan:
    """Decide how a table is read. Nothing is asked and nothing is changed here.

    Args:
        bookmark: How far the table was read.
        news: What the feed says since the bookmark.
        wishes: What the settings ask for.
        now: To judge the age of the last full reading.
    """
    position, snapshot, changes = bookmark.sequence, bookmark.snapshot, news.changes

    def in_full(reason: str = "", *, is_unexpected: bool = False) -> Plan:
        never_had_any = position is None and news.last_id is None
        return Plan(
            way=Way.FULL,
            position=position,
            head=news.head,
            last_id=news.last_id,
            changes=changes,
            may_be_empty=never_had_any or bookmark.is_empty or bool(changes and changes.removed),
            reason=reason,
            is_unexpected=is_unexpected,
        )

    if wishes.now and bookmark.is_of_another_schema:
        snapshot = None  # the rows of a reading that was broken off lack what is asked for
    if snapshot is not None:
        if news.is_lost or (news.head is not None and news.head < snapshot.head):
            return in_full(_SET_BACK, is_unexpected=True)
        missed = changes_after(changes, snapshot.head) if changes else None
        return replace(in_full(), way=Way.RESUMED, snapshot=snapshot, changes=missed)
    if wishes.always or position is None:
        return in_full()
    if wishes.now or bookmark.is_older_than(wishes.interval, now=now):
        return in_full(_ASKED_FOR if wishes.now else _DUE)
    if news.is_lost:
        return in_full(_SET_BACK, is_unexpected=True)
    return Plan(
        way=Way.SEARCH if changes is None else Way.CHANGES,
        position=position,
        head=news.head,
        last_id=news.last_id,
        changes=changes,
        problem=news.problem,
    )
