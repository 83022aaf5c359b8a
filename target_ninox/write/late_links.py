"""Rows that wait for the records they link to, when all input is there: loaded, given up, or linked in a circle."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack

from target_ninox.records.links import LinkKey
from target_ninox.write.safety import ClaimedRecords
from target_ninox.write.stream import StreamLoader


def load_waiting(loaders: Sequence[StreamLoader], claimed: ClaimedRecords) -> None:
    """Load the rows that wait for linked records, parents first as far as that goes."""
    while any(loader.waiting for loader in loaders):
        if sum(loader.retry_waiting() for loader in loaders):
            continue
        for loader in loaders:
            loader.refuse_to_replace_all()
        if _leave_waiting(loaders, claimed):
            continue
        to_come = _keys_to_come(loaders)
        if _leave_waiting(loaders, claimed):  # again: one may just have failed
            continue
        if not sum([_give_up(loader, to_come) for loader in loaders]):
            break
    if circular := [loader for loader in loaders if loader.waiting]:
        _load_circles(circular)


def _leave_waiting(loaders: Sequence[StreamLoader], claimed: ClaimedRecords) -> bool:
    """Leave rows alone that wait for records of a stream that failed; return whether there are any.

    To take these links for missing would empty those that are there already.
    """
    for loader in loaders:
        for reference in loader.plan.references.values() if loader.waiting else ():
            failed = claimed.failed_in(reference.table.id)
            if failed is not None and not loader.has_failed:
                loader.fail(f"it waits for records of stream {failed!r}, which failed")
                return True
    return False


def _keys_to_come(loaders: Sequence[StreamLoader]) -> set[LinkKey]:
    """Return what waiting rows will be linked by once they are loaded."""
    references = {
        (reference.table.id, reference.match_field.id): reference
        for loader in loaders
        for reference in loader.plan.references.values()
    }
    keys: set[LinkKey] = set()
    for loader in loaders:
        with loader.working():
            keys |= {
                (table_id, field_id, key)
                for (table_id, field_id), reference in references.items()
                if loader.plan.table.id == table_id
                for block in loader.waiting.blocks()
                for row in block
                if (key := reference.key_of(row.encoded.fields)) is not None
            }
    return keys


def _give_up(loader: StreamLoader, to_come: Collection[LinkKey]) -> bool:
    """Do without records that will never be there: reject the rows that wait for them, or leave the links empty.

    Args:
        loader: The stream.
        to_come: What other rows that wait will be linked by once they are loaded.

    Returns:
        Whether there were any.
    """
    has_given_up = False
    with loader.working():
        for block in loader.waiting.blocks():
            given_up, unlinked = loader.links.give_up(block, to_come)
            loader.waiting.discard_all(given_up)
            for row in unlinked:  # they are loaded with the next try, or wait for other records
                loader.waiting.put(row)
            has_given_up = has_given_up or bool(given_up)
    return has_given_up


def _load_circles(loaders: Sequence[StreamLoader]) -> None:
    """Load rows that link to each other: first without these links, then the links."""
    unlinked: dict[str, set[int]] = {loader.plan.stream: set() for loader in loaders}
    with ExitStack() as stack:
        for loader in loaders:
            stack.enter_context(loader.account.remembering())
        while sum([_write_unlinked(loader, unlinked[loader.plan.stream]) for loader in loaders]):
            pass
        for loader in loaders:
            _refuse_circular(loader, unlinked[loader.plan.stream])
        for loader in loaders:
            _link(loader)


def _write_unlinked(loader: StreamLoader, unlinked: set[int]) -> int:
    """Load waiting rows without the links that are missing, to be linked later; return how many.

    Rows whose key waits for a linked record are left out: once that is there, the next call loads them.

    Args:
        loader: The stream.
        unlinked: Numbers of the rows that were loaded so before; added to.
    """
    before = len(unlinked)
    with loader.working():
        for block in loader.waiting.blocks():
            rows = [row for row in block if row.encoded.number not in unlinked]
            written, keyless = loader.links.without_missing(rows)
            if loader.replaces_all(written):
                loader.refuse_to_replace_all()
                return 0
            loader.writer.write(written)
            waiting = {row.encoded.number for row in keyless}
            unlinked.update(row.encoded.number for row in rows if row.encoded.number not in waiting)
    return len(unlinked) - before


def _refuse_circular(loader: StreamLoader, unlinked: Collection[int]) -> None:
    """Reject waiting rows that could not be loaded even without their links: their keys wait for each other."""
    with loader.working():
        for block in loader.waiting.blocks():
            rows = [row for row in block if row.encoded.number not in unlinked]
            loader.links.refuse_circular(rows)
            loader.waiting.discard_all(rows)


def _link(loader: StreamLoader) -> None:
    """Set the links of the rows that were loaded without them."""
    with loader.working():
        for block in loader.waiting.blocks():
            written = [row for row in block if loader.account.counted_before(row) is not None]
            loader.writer.link(loader.links.resolve_or_leave_empty(written))
            loader.waiting.discard_all(block)  # a row that Ninox refused was rejected, and is counted
