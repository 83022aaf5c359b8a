"""Rows that waited for linked records: tried again, loaded without a link, in circles, or rejected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack

from target_ninox.claimed import ClaimedRecords
from target_ninox.mapping.encode import Reference
from target_ninox.records.links import LinkKey
from target_ninox.write.stream import StreamLoader

_FEW_WAITING = 10_000
"""So many rows are tried again every minute, whether that helps or not."""


class LateLoader:
    """Loads the rows of one stream that wait for linked records.

    Attributes:
        loader: What loads the stream's other rows.
        waiting: Those that wait.
    """

    def __init__(self, loader: StreamLoader) -> None:
        self.loader = loader
        self.waiting = loader.waiting
        self._retry_from = 0
        self._looks_back = False
        self._unlinked: set[int] = set()  # numbers of the rows that were loaded without their links

    def retry_now_and_then(self) -> None:
        """Load waiting rows once a minute; many of them only when they have doubled, if the last time helped few."""
        before = len(self.waiting)
        if before >= self._retry_from:
            helped = self.retry()
            self._retry_from = 2 * before if before > _FEW_WAITING and helped < before // 10 else 0

    def retry(self) -> int:
        """Load the waiting rows whose linked records have come meanwhile; return how many.

        Rows of a block are loaded in the order in which one needs the other. So that chains across blocks need few
        rounds, whichever end came first, every second round begins with the newest.
        """
        before = len(self.waiting)
        with self.loader.working():
            for block in self.waiting.blocks(newest_first=self._looks_back):
                self.waiting.discard_all(block, but=self.loader.load(block))
        self._looks_back = not self._looks_back
        return before - len(self.waiting)

    def keys_to_come(self, references: Iterable[Reference]) -> set[LinkKey]:
        """Return what waiting rows will be linked by once they are loaded."""
        keys: set[LinkKey] = set()
        to_this = [reference for reference in references if reference.table.id == self.loader.plan.table.id]
        with self.loader.working():
            for block in self.waiting.blocks() if to_this else ():
                for reference in to_this:
                    is_by_id = reference.match_field is None
                    found = (
                        row.encoded.record_id if is_by_id else reference.key_of(row.encoded.fields) for row in block
                    )
                    keys.update(
                        (self.loader.plan.table.id, reference.match_field_id, key) for key in found if key is not None
                    )
        return keys

    def give_up(self, to_come: Collection[LinkKey]) -> bool:
        """Do without records that will never be there: reject the rows that wait for them, or leave the links empty.

        Args:
            to_come: What other rows that wait will be linked by once they are loaded.

        Returns:
            Whether there were any.
        """
        has_given_up = False
        with self.loader.working():
            for block in self.waiting.blocks():
                given_up, unlinked = self.loader.links.give_up(block, to_come)
                self.waiting.discard_all(given_up)
                for row in unlinked:  # they are loaded with the next try, or wait for other records
                    self.waiting.put(row)
                has_given_up = has_given_up or bool(given_up)
        return has_given_up

    def write_unlinked(self) -> int:
        """Load waiting rows without the links that are missing, to be linked later; return how many.

        Rows whose key waits for a linked record are left out: once that is there, the next call loads them.
        """
        before = len(self._unlinked)
        with self.loader.working():
            for block in self.waiting.blocks():
                rows = [row for row in block if row.encoded.number not in self._unlinked]
                written, keyless = self.loader.links.without_missing(rows)
                if self.loader.replaces_all(written):
                    self.loader.refuse_to_replace_all()
                    return 0
                self.loader.writer.write(written)
                waiting = {row.encoded.number for row in keyless}
                self._unlinked.update(row.encoded.number for row in rows if row.encoded.number not in waiting)
        return len(self._unlinked) - before

    def refuse_circular(self) -> None:
        """Reject waiting rows that could not be loaded even without their links: their keys wait for each other."""
        with self.loader.working():
            for block in self.waiting.blocks():
                rows = [row for row in block if row.encoded.number not in self._unlinked]
                self.loader.links.refuse_circular(rows)
                self.waiting.discard_all(rows)

    def link_unlinked(self) -> None:
        """Set the links of the rows that were loaded without them."""
        with self.loader.working():
            for block in self.waiting.blocks():
                written = [row for row in block if self.loader.account.counted_before(row) is not None]
                self.loader.writer.link(self.loader.links.resolve_or_leave_empty(written))
                self.waiting.discard_all(block)  # a row that Ninox refused was rejected, and is counted


def load_waiting(streams: Sequence[LateLoader], claimed: ClaimedRecords) -> None:
    """Load the rows that wait for linked records, parents first as far as that goes.

    Records that will never be there are done without.
    """
    while any(late.waiting for late in streams):
        if sum(late.retry() for late in streams):
            continue
        for late in streams:
            late.loader.refuse_to_replace_all()
        if _leave_waiting(streams, claimed):
            continue
        references = {
            (reference.table.id, reference.match_field_id): reference
            for late in streams
            for reference in late.loader.plan.references.values()
        }
        to_come = {key for late in streams for key in late.keys_to_come(references.values())}
        if _leave_waiting(streams, claimed):  # again: one may just have failed
            continue
        if not sum([late.give_up(to_come) for late in streams]):
            break
    if circular := [late for late in streams if late.waiting]:
        _load_circles(circular)


def _leave_waiting(streams: Sequence[LateLoader], claimed: ClaimedRecords) -> bool:
    """Leave rows alone that wait for records of a stream that failed; return whether there are any.

    To take these links for missing would empty those that are there already.
    """
    for loader in [late.loader for late in streams]:
        for reference in loader.plan.references.values() if loader.waiting else ():
            failed = claimed.failed_in(reference.table.id)
            if failed is not None and not loader.has_failed:
                loader.fail(f"it waits for records of stream {failed!r}, which failed")
                return True
    return False


def _load_circles(streams: Sequence[LateLoader]) -> None:
    """Load rows that link to each other: first without these links, then the links."""
    with ExitStack() as stack:
        for late in streams:
            stack.enter_context(late.loader.account.remembering())
        while sum([late.write_unlinked() for late in streams]):
            pass
        for late in streams:
            late.refuse_circular()
        for late in streams:
            late.link_unlinked()
