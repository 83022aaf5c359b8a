"""A plan for a table carried out: begun, in this thread or in another that reads a few pages ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter

from ninox_api.changes import TableChanges
from ninox_api.paging import cut_range
from tap_ninox.sync.changed_records import ChangedRecords
from tap_ninox.sync.full_table import FullTable
from tap_ninox.sync.pages import ReadPage, TablePages
from tap_ninox.sync.plan import Plan, Way
from tap_ninox.sync.prefetch import KeptBytes, ReadAhead
from tap_ninox.sync.state import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A table whose reading has begun.

    Attributes:
        plan: What is read.
        sequence: Up to which everything is known when the last page was emitted.
        pages: What is read, page by page.
        changed: Reads what of it changed.
        full: Reads all of it, or what an earlier run left; None for changes alone.
        snapshot: How far that has come, likewise.
    """

    plan: Plan
    sequence: int
    pages: Iterator[ReadPage]
    changed: ChangedRecords
    full: FullTable | None = None
    snapshot: Snapshot | None = None


def begin(plan: Plan, pages: TablePages, *, table_version: int) -> Begun:
    """Take what has to be known before the first page, and begin to read as planned.

    Args:
        plan: What is to be read.
        pages: Of the table.
        table_version: Of the rows, if the table is read in full.
    """
    changed, position = ChangedRecords(pages), plan.position or 0
    if plan.way is Way.CHANGES:
        records = changed.named(plan.changes or TableChanges(), bookmark=position)
        sequence = position if plan.head is None else plan.head
        return Begun(plan=plan, sequence=sequence, pages=map(ReadPage, records), changed=changed)
    if plan.way is Way.SEARCH:
        sequence, records = changed.search(position, plan.problem)
        return Begun(plan=plan, sequence=sequence, pages=map(ReadPage, records), changed=changed)
    snapshot = plan.snapshot
    if snapshot is None:
        head = pages.feed.head_of(pages.table_id) if plan.head is None else plan.head
        snapshot = Snapshot(head=head, table_version=table_version)
    *cut, rest = snapshot.ranges
    if (pieces := pages.schedule.limit - len(cut)) > 1:  # as many as may be read at once
        rests = cut_range(rest, end=plan.last_id, page_size=pages.size.first, pieces=pieces)
        snapshot.ranges = [*cut, *rests]
    is_resumed = plan.way is Way.RESUMED
    full = FullTable(
        pages,
        list(snapshot.ranges),
        last_id=plan.last_id,
        head=plan.head,
        may_be_empty=plan.may_be_empty,
        is_resumed=is_resumed,
        is_in_doubt=snapshot.is_in_doubt,
    )
    reading, sequence = iter(full), snapshot.head
    if is_resumed and plan.changes is not None:  # of what an earlier run has emitted, some has changed since
        reading = chain(reading, map(ReadPage, changed.named(plan.changes, bookmark=snapshot.head)))
    if plan.changes is not None and plan.head is not None:
        sequence = plan.head
    return Begun(plan=plan, sequence=sequence, pages=reading, changed=changed, full=full, snapshot=snapshot)


def begin_ahead(begin: Callable[[], Begun], *, kept: KeptBytes, at_end: Callable[[], None]) -> Callable[[], Begun]:
    """Begin to read in a thread, a few pages ahead of whoever takes them.

    Args:
        begin: Begins to read.
        kept: What is read ahead in all.
        at_end: Called by the thread when it ends.

    Returns:
        A function that waits for the beginning; it raises what went wrong there.
    """
    first: Future[Begun] = Future()

    def pages() -> Iterator[ReadPage]:
        try:
            begun = begin()
        except Exception as error:  # noqa: BLE001 (a thread's edge: whoever waits raises it)
            first.set_exception(error)
            return
        first.set_result(begun)
        yield from begun.pages

    ahead = ReadAhead([pages()], room=2, weigh=attrgetter("weight"), kept=kept, at_end=at_end).start()
    return lambda: replace(first.result(), pages=iter(ahead))
