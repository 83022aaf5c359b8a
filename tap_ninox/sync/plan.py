"""What of a table is to be read in this run: decided from its bookmark and the change feed, before the first page.

Everything here may run in a thread of its own; bookmarks are looked at, never changed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import chain
from typing import TypeAlias

from ninox_api.changes import TableChanges
from ninox_api.paging import IdRange, cut_range
from tap_ninox.sync.pages import ReadPage, TableReader
from tap_ninox.sync.prefetch import ReadAhead, Readers
from tap_ninox.sync.source import TableSource
from tap_ninox.sync.state import Bookmark, Snapshot

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeReading:
    """All records are to be read, or those that an earlier run did not get to.

    Attributes:
        sequence: Up to which everything is known when the last page was emitted.
        removed: Ids that the feed names as removed, where a new version does not tell; those that turn up in a page
            were made again.
        end: An id that no record was above when the feed was asked, None if it does not tell.
    """

    snapshot: Snapshot
    sequence: int
    removed: frozenset[int]
    end: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeReading:
    """Only what changed is to be read.

    Attributes:
        sequence: Up to which everything is known when the last page was emitted.
        removed: Ids that the feed names as removed; those that turn up in a page were made again.
        changed: Number of records that the feed names as changed, None where there is no feed.
    """

    sequence: int
    removed: frozenset[int]
    changed: int | None


Reading: TypeAlias = WholeReading | ChangeReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Decides for one table, and reads as decided.

    Attributes:
        name: Of the stream, for messages.
        always_whole: Whether changes are not followed (replication method FULL_TABLE).
        is_asked_for: Whether the table is to be read whole in this run.
        refresh_interval: Age at which the table is read whole again, None for never.
        activates_versions: Whether a whole reading tells the target by its version what is gone.
        readers: The threads that may read at once.
    """

    name: str
    table_id: str
    source: TableSource
    reader: TableReader
    page_size: int
    always_whole: bool
    is_asked_for: bool
    refresh_interval: timedelta | None
    activates_versions: bool
    readers: Readers

    def read(self, bookmark: Bookmark) -> Iterator[Reading | ReadPage]:
        """Yield what is to be read, then its pages."""
        yield from self._whole(bookmark) if self._must_read_whole(bookmark) else self._changes(bookmark)

    def _must_read_whole(self, bookmark: Bookmark) -> bool:
        if self.always_whole or bookmark.sequence is None or bookmark.snapshot:
            return True
        if self.is_asked_for:
            logger.info("%s is read whole again: it is named in refresh.", self.name)
            return True
        if bookmark.is_older_than(self.refresh_interval, now=datetime.now(timezone.utc)):
            logger.info("%s is read whole again: full_refresh_interval_hours have passed.", self.name)
            return True
        log = self.source.change_log
        if log.is_available and log.has_lost(bookmark.sequence):
            self._warn_of_lost_sequence()
            return True
        return False

    def _warn_of_lost_sequence(self) -> None:
        logger.warning(
            "%s is read whole: database %r was set back (restored from a backup?), or no longer tells changes as old "
            "as the bookmark.",
            self.name,
            self.source.client.database.name,
        )

    def _whole(self, bookmark: Bookmark) -> Iterator[Reading | ReadPage]:
        log = self.source.change_log
        resumed = self._resumed(bookmark)
        snapshot = resumed or self._begun(bookmark)
        snapshot.ranges[-1:] = self._cut(snapshot.ranges[-1], others=len(snapshot.ranges) - 1)
        missed, replaced = self._changes_since(snapshot.head if resumed else None), self._replaced(bookmark)
        yield WholeReading(
            snapshot=snapshot,
            sequence=snapshot.head if missed is None else log.sequence,
            removed=frozenset((missed or TableChanges()).removed | replaced.removed),
            end=log.last_id_of(self.table_id),
        )
        yield from self.reader.whole(list(snapshot.ranges), sequence=log.current_sequence, run=self._at_once)
        if missed is not None:  # of what an earlier run has emitted, some has changed since, or may be there after all
            missed.updated = dict.fromkeys(replaced.removed & replaced.updated.keys()) | missed.updated
            yield from map(ReadPage, self.reader.changed(missed, bookmark=snapshot.head))

    def _begun(self, bookmark: Bookmark) -> Snapshot:
        version = bookmark.next_version(now=datetime.now(timezone.utc))
        return Snapshot(head=self.source.change_log.head_of(self.table_id), table_version=version)

    def _resumed(self, bookmark: Bookmark) -> Snapshot | None:
        snapshot = bookmark.snapshot
        if snapshot is None:
            return None
        log = self.source.change_log
        if log.is_available and log.has_lost(snapshot.head):
            self._warn_of_lost_sequence()
            return None
        logger.info("%s: continuing after record %d.", self.name, min(part.last_id for part in snapshot.ranges))
        return snapshot

    def _cut(self, last: IdRange, *, others: int) -> list[IdRange]:
        """Cut the open range into as many as may be read at once, beside those that are cut already."""
        pieces = self.readers.limit - others
        if pieces <= 1:
            return [last]
        end = self.source.change_log.last_id_of(self.table_id)
        return cut_range(last, end=end, page_size=self.page_size, pieces=pieces)

    def _changes_since(self, sequence: int | None) -> TableChanges | None:
        log = self.source.change_log
        if sequence is None or not log.tells_since(sequence):
            return None
        return log.changes_of(self.table_id, bookmark=sequence)

    def _replaced(self, bookmark: Bookmark) -> TableChanges:
        """Return what is known to have gone of the rows that this reading replaces."""
        known = None if self.activates_versions or self.always_whole else bookmark.sequence
        return self._changes_since(known) or TableChanges()

    def _at_once(self, readings: Sequence[Iterator[ReadPage]]) -> Iterator[ReadPage]:
        """Run the readings of several ranges with as many further threads as are free."""
        further = self.readers.take(len(readings) - 1)
        try:
            # The calling thread only passes pages on meanwhile: its own permit serves one of the others.
            yield from ReadAhead(readings, threads=1 + further) if further else chain.from_iterable(readings)
        finally:
            self.readers.give_back(further)

    def _changes(self, bookmark: Bookmark) -> Iterator[Reading | ReadPage]:
        known = bookmark.sequence or 0
        log = self.source.change_log
        if not log.is_available:
            yield from self._changes_without_feed(known)
            return
        changes = log.changes_of(self.table_id, bookmark=known)
        removed = frozenset(changes.removed)
        yield ChangeReading(sequence=log.sequence, removed=removed, changed=len(changes.updated))
        for page in self.reader.changed(changes, bookmark=known):
            yield ReadPage(page)

    def _changes_without_feed(self, known: int) -> Iterator[Reading | ReadPage]:
        """Look whether there is anything new; only then ask for the sequence to be reached, and read.

        The table's last change alone would not do: a server that does not sort tells any record as the last one. It
        must do where the server ignores `sinceSq`, which older records show.
        """
        log = self.source.change_log
        first = self.reader.first_since(known) if log.records_are_filtered else []
        news = any(record.sequence is None or record.sequence > known for record in first)
        if any(record.sequence is not None and record.sequence < known for record in first):
            log.records_are_filtered = False
        is_to_be_told = news or not log.records_are_filtered
        head = max(known, log.head_of(self.table_id)) if is_to_be_told else known
        if news and head == known:
            logger.warning(
                "%s: the server does not tell up to which sequence its records have changed, so the same changes come "
                "again with the next run.",
                self.name,
            )
        yield ChangeReading(sequence=head, removed=frozenset(), changed=None)
        if news or head > known:
            for page in self.reader.since(known):
                yield ReadPage(page)
