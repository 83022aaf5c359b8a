"""What of a table is to be read in this run: decided from its bookmark and the change feed, before the first page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from ninox_api.changes import TableChanges
from ninox_api.client import FIRST_PAGE_SIZE
from ninox_api.errors import NinoxError
from tap_ninox.sync.feed import FeedStatus, changes_after
from tap_ninox.sync.state import Bookmark, Snapshot


class ReadMode(Enum):
    """How a table is read."""

    FULL = auto()
    """All records, from the first."""
    RESUME = auto()
    """The records that an earlier run did not get to, and those that have changed since it read them."""
    CHANGES = auto()
    """The records that the feed names."""
    FORMULAS = auto()
    """The records that the feed names; of all others the formulas, which change without it."""
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
        formulas_after: Beyond which record the formulas alone are read.
        may_be_empty: Whether a table that shows no record at all is to be believed.
        reason: Why more than the changes is read, for the log; `{name}` stands for the stream.
        is_unexpected: Whether the reason is worth a warning.
        is_set_back: Whether what was read may be of a time that never was, whatever the reason says.
        problem: Why the feed could not be read, where that leaves deletions unknown.
    """

    mode: ReadMode
    position: int | None
    head: int | None
    last_id: int | None
    snapshot: Snapshot | None = None
    changes: TableChanges | None = None
    formulas_after: int = 0
    may_be_empty: bool = True
    reason: str = ""
    is_unexpected: bool = False
    is_set_back: bool = False
    problem: NinoxError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshPolicy:
    """When more than the changes of a table is read.

    Attributes:
        in_every_run: Whether it gets a full refresh in each run (replication method FULL_TABLE).
        in_this_run: Whether it gets one in this run (`refresh`).
        interval: When the last full refresh is so long ago, it gets one; None for never.
        formula_interval: When its formulas are so old, they alone are read; None for never.
        formulas: Which they are, in the form of `FormulaRefresh.formulas`.
        has_new_formulas: Whether rows lack some of them, or have them as another type: due whatever the others' age.
        first_page: So many records are asked for at first.
    """

    in_every_run: bool = False
    in_this_run: bool = False
    interval: timedelta | None = None
    formula_interval: timedelta | None = None
    formulas: tuple[str, ...] = ()
    has_new_formulas: bool = False
    first_page: int = FIRST_PAGE_SIZE


_SET_BACK = (
    "{name} gets a full refresh: its database was set back (restored from a backup?), or no longer reports changes as "
    "old as the bookmark."
)
_ASKED_FOR = "{name} gets a full refresh: it is named in refresh."
_DUE = "{name} gets a full refresh: full_refresh_interval_hours have passed."
_FORMULAS_DUE_IN_FULL = (
    "{name} gets a full refresh: its formulas are a day old, or some are new, and no feed says what else has changed."
)
_FORMULAS_DUE_IN_ONE_PAGE = (
    "{name} gets a full refresh: its formulas are a day old, or some are new, and that takes fewer calls than what has "
    "changed and the formulas would."
)
_FORMULAS_DUE = (
    "{name}: its formulas are a day old, or some are new; those of all rows are sent under a schema of their own. For "
    "a loader that does not leave the other columns as they are, set deletes: full."
)


def make_plan(bookmark: Bookmark, status: FeedStatus, policy: RefreshPolicy, *, now: datetime) -> Plan:
    """Decide how a table is read. Nothing is asked and nothing is changed here.

    Args:
        bookmark: How far the table was read.
        status: What the feed says since the bookmark.
        policy: When more than the changes is read.
        now: To judge the age of what was read.
    """
    snapshot = bookmark.snapshot
    if policy.in_this_run and bookmark.is_of_another_schema:
        snapshot = None  # the rows of a reading that was broken off lack what is asked for
    if snapshot is not None:
        return _plan_resumption(bookmark, status, snapshot)
    if policy.in_every_run or bookmark.sequence is None:
        return _plan_full(bookmark, status)
    if policy.in_this_run or bookmark.is_older_than(policy.interval, now=now):
        return _plan_full(bookmark, status, _ASKED_FOR if policy.in_this_run else _DUE)
    if status.is_lost:
        return _plan_full(bookmark, status, _SET_BACK, is_unexpected=True)
    if policy.has_new_formulas or bookmark.has_formulas_older_than(policy.formula_interval, now=now):
        return _plan_formulas(bookmark, status, policy)
    return _plan_changes(bookmark, status)


def _plan_resumption(bookmark: Bookmark, status: FeedStatus, snapshot: Snapshot) -> Plan:
    if status.is_lost or (status.head is not None and status.head < snapshot.head):
        return _plan_full(bookmark, status, _SET_BACK, is_unexpected=True)
    missed = changes_after(status.changes, snapshot.head) if status.changes else None
    return replace(_plan_full(bookmark, status), mode=ReadMode.RESUME, snapshot=snapshot, changes=missed)


def _plan_full(bookmark: Bookmark, status: FeedStatus, reason: str = "", *, is_unexpected: bool = False) -> Plan:
    never_had_any = bookmark.sequence is None and status.last_id is None
    has_removed = status.changes is not None and bool(status.changes.removed)
    return Plan(
        mode=ReadMode.FULL,
        position=bookmark.sequence,
        head=status.head,
        last_id=status.last_id,
        changes=status.changes,
        may_be_empty=never_had_any or bookmark.is_empty or has_removed,
        reason=reason,
        is_unexpected=is_unexpected,
        is_set_back=is_unexpected or status.is_lost,
    )


def _plan_changes(bookmark: Bookmark, status: FeedStatus) -> Plan:
    return Plan(
        mode=ReadMode.SEARCH if status.changes is None else ReadMode.CHANGES,
        position=bookmark.sequence,
        head=status.head,
        last_id=status.last_id,
        changes=status.changes,
        problem=status.problem,
    )


def _plan_formulas(bookmark: Bookmark, status: FeedStatus, policy: RefreshPolicy) -> Plan:
    """Plan a refresh of formulas alone, if the feed says all that must be known: else rows could lack the rest.

    What was deleted gets no row, nor does what was created since: beyond the feed's last id it is left to the next run.
    """
    if status.changes is None or status.last_id is None:
        return _plan_full(bookmark, status, _FORMULAS_DUE_IN_FULL)
    # Read in full it takes two calls; its changes and its formulas apart take more.
    if status.changes.updated and status.last_id <= policy.first_page:
        return _plan_full(bookmark, status, _FORMULAS_DUE_IN_ONE_PAGE)
    begun = bookmark.formula_refresh
    after = (begun.last_id or 0) if begun.formulas == [*policy.formulas] else 0  # others are to come from the start
    return replace(_plan_changes(bookmark, status), mode=ReadMode.FORMULAS, formulas_after=after, reason=_FORMULAS_DUE)
