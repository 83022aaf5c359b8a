"""A table's reading planned and started, in this thread or in another that reads a few pages ahead."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import chain
from operator import attrgetter

from typing_extensions import Self

from ninox_api.changes import TableChanges
from ninox_api.paging import cut_range
from tap_ninox.sync.changed_records import ChangedRecords
from tap_ninox.sync.formula_refresh import refresh_formulas
from tap_ninox.sync.full_table import FullTable
from tap_ninox.sync.pages import ReadPage, TablePages
from tap_ninox.sync.plan import Plan, ReadMode, RefreshPolicy, make_plan
from tap_ninox.sync.prefetch import ReadAhead, Schedule
from tap_ninox.sync.state import Bookmark, Snapshot, next_version

logger = logging.getLogger(__name__)

Clock = Callable[[], int]
"""The server's time in milliseconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedRead:
    """A table whose reading has started.

    Attributes:
        plan: What is read.
        sequence: Up to which everything is known when the last page was emitted, those of formulas alone aside.
        pages: What is read, page by page; what has formulas alone comes last.
        changed: Reads what of it changed; None if nothing is known to.
        full: Reads all of it, or what an earlier run left; None for changes alone.
        snapshot: How far that has come, likewise.
    """

    plan: Plan
    sequence: int
    pages: Iterator[ReadPage]
    changed: ChangedRecords | None = None
    full: FullTable | None = None
    snapshot: Snapshot | None = None


def start_reading(
    pages: TablePages, bookmark: Bookmark, policy: RefreshPolicy, *, stream: str, position: int | None, now_ms: Clock
) -> StartedRead:
    """Decide what is read, take what has to be known before the first page, and start; perhaps in a thread.

    Nothing of it touches the state, which is the main thread's.

    Args:
        pages: Of the table.
        bookmark: How far it was read.
        policy: When more than its changes is read.
        stream: Its name, for messages.
        position: The sequence from which the feed's changes are of use.
        now_ms: Returns the time in milliseconds, by the server's clock if that has answered.
    """
    status = pages.feed.status_of(pages.table_id, position)
    plan = make_plan(bookmark, status, policy, now=datetime.now(timezone.utc))
    if plan.reason:
        logger.log(logging.WARNING if plan.is_unexpected else logging.INFO, plan.reason.format(name=stream))
    if plan.mode in {ReadMode.FULL, ReadMode.RESUME}:
        interrupted = bookmark.snapshot
        last = max(bookmark.table_version or 0, interrupted.table_version if interrupted else 0)
        return _start_in_full(plan, pages, table_version=next_version(last, now_ms=now_ms()))
    changed, position = ChangedRecords(pages), plan.position or 0
    if plan.mode is ReadMode.SEARCH:
        sequence, records = changed.search(position, plan.problem)
        return StartedRead(plan=plan, sequence=sequence, pages=map(ReadPage, records), changed=changed)
    sequence = position if plan.head is None else plan.head
    changes = plan.changes or TableChanges()
    read: Iterator[ReadPage] = map(ReadPage, changed.named(changes, bookmark=position))
    if plan.mode is ReadMode.FORMULAS and pages.formulas is not None and plan.last_id is not None:
        after_id, last_id = plan.formulas_after, plan.last_id
        # Each id comes once in a run: what the feed names comes as a whole, or as deleted.
        read = chain(read, refresh_formulas(pages, pages.formulas, after_id=after_id, last_id=last_id, but=changes))
    return StartedRead(plan=plan, sequence=sequence, pages=read, changed=changed)


def _start_in_full(plan: Plan, pages: TablePages, *, table_version: int) -> StartedRead:
    changed, snapshot = None, plan.snapshot
    if snapshot is None:
        head = pages.feed.head_of(pages.table_id) if plan.head is None else plan.head
        snapshot = Snapshot(head=head, table_version=table_version)
    *cut, rest = snapshot.ranges
    if (pieces := pages.schedule.limit - len(cut)) > 1:  # as many as may be read at once
        rests = cut_range(rest, end=plan.last_id, page_size=pages.size.first, pieces=pieces)
        snapshot.ranges = [*cut, *rests]
    is_resumed = plan.mode is ReadMode.RESUME
    full = FullTable(
        pages,
        list(snapshot.ranges),
        last_id=plan.last_id,
        head=plan.head,
        may_be_empty=plan.may_be_empty,
        is_resumed=is_resumed,
        is_in_doubt=snapshot.is_in_doubt,
    )
    read, sequence = iter(full), snapshot.head
    if is_resumed and plan.changes is not None:  # of what an earlier run has emitted, some has changed since
        changed = ChangedRecords(pages)
        read = chain(read, map(ReadPage, changed.named(plan.changes, bookmark=snapshot.head)))
    if plan.changes is not None and plan.head is not None:
        sequence = plan.head
    return StartedRead(plan=plan, sequence=sequence, pages=read, changed=changed, full=full, snapshot=snapshot)


class ReadInThread:
    """Has a thread start to read, and keep a few pages ahead of whoever takes them."""

    def __init__(self, start: Callable[[], StartedRead], schedule: Schedule) -> None:
        """Remember what to do; `run` does it.

        Args:
            start: Starts to read; called by the thread.
            schedule: Gave a permit for the thread, and has it back at its end.
        """
        self._start = start
        self._started: Future[StartedRead] = Future()
        self._ahead = ReadAhead(
            [self._pages()], room=2, weigh=attrgetter("weight"), kept=schedule.kept, at_end=schedule.give_back
        )

    def run(self) -> Self:
        """Start the thread; return itself."""
        self._ahead.start()
        return self

    def wait(self) -> StartedRead:
        """Return what is read once that is known, its pages as the thread brings them.

        Raises:
            Exception: What went wrong when the thread started to read.
        """
        return replace(self._started.result(), pages=iter(self._ahead))

    def _pages(self) -> Iterator[ReadPage]:
        """Start to read, and yield the pages: what the thread does."""
        try:
            started = self._start()
        except Exception as error:  # noqa: BLE001 (a thread's edge: whoever waits raises it)
            self._started.set_exception(error)
            return
        self._started.set_result(started)
        yield from started.pages
