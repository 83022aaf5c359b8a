"""What a mirror deletes at the end of the input: the records for which no row came, and nothing in doubt."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ninox_singer.wording import first_ids, in_number
from target_ninox.claimed import ClaimedRecords
from target_ninox.mapping.encode import WritePlan
from target_ninox.records.destination import Destination
from target_ninox.write.cascade import Cascade, CascadeTakesRowsError, RecordKey, find_cascade, is_linked
from target_ninox.write.delete import describe_deletion
from target_ninox.write.row_writer import Unseen
from target_ninox.write.stream import StreamLoader

logger = logging.getLogger(__name__)


class _Removal(NamedTuple):
    """What a mirror is about to delete."""

    loader: StreamLoader
    unseen: Unseen
    cascade: Cascade

    def of(self, record_ids: list[int]) -> _Removal:
        """Return the same for fewer records; as if the others had come."""
        roots = [RecordKey(self.loader.plan.table.id, record_id) for record_id in record_ids]
        return _Removal(self.loader, self.unseen._replace(record_ids=record_ids), self.cascade.of(roots))

    def find(self, stays: Callable[[set[RecordKey]], bool]) -> list[int]:
        """Return the records that stay: `stays` says it of one and all that Ninox would delete along with it."""
        table_id = self.loader.plan.table.id
        return [
            record_id
            for record_id in self.unseen.record_ids
            if stays(self.cascade.reach([RecordKey(table_id, record_id)]))
        ]

    def without(self, staying: Sequence[int]) -> _Removal:
        """Return the same without some records."""
        kept = set(staying)
        return self.of([record_id for record_id in self.unseen.record_ids if record_id not in kept]) if kept else self

    def named(self, staying: Sequence[int]) -> tuple[str, str, str, str]:
        """Return what messages about some records name: stream, number, table, ids."""
        plan = self.loader.plan
        return plan.stream, in_number(len(staying), "record"), plan.table.name, first_ids(staying)


def remove_unseen(
    loaders: Sequence[StreamLoader],
    doubts: Mapping[str, Sequence[str]],
    destination: Destination,
    claimed: ClaimedRecords,
) -> None:
    """Delete the records of mirrored tables for which no row came.

    Everything is counted before the first is deleted, what Ninox deletes along included. The last stream comes first:
    children often follow their parents.

    Args:
        loaders: All streams.
        doubts: Mirrored stream → why it may not be complete; nothing if it is.
        destination: The database.
        claimed: Which records rows of this input stand for.

    Raises:
        LimitReachedError: They are too many; none was deleted.
        CascadeUnknownError: Nobody knows what would go along; none was deleted.
        CascadeTakesRowsError: Rows of this input would go along; none was deleted.
        DeletionsRefusedError: Some of them cannot be deleted; the others of their table were.
    """
    removals: list[_Removal] = []
    for loader, unseen in _certainly_unseen(loaders, doubts):
        with loader.working():
            roots = [RecordKey(loader.plan.table.id, record_id) for record_id in unseen.record_ids]
            if roots:
                removal = _Removal(loader, unseen, find_cascade(destination, roots))
                removals.append(_without_linked(removal, destination, claimed))
    counted = {
        RecordKey(loader.plan.table.id, record_id) for loader, unseen, _ in removals for record_id in unseen.record_ids
    }
    so_far, described = set(counted), dict[str, str]()
    for loader, unseen, cascade in removals:
        with loader.working():
            along = cascade.along() - so_far
            so_far |= along
            _refuse_to_take_rows(loader.plan, along, destination, claimed)
            what = describe_deletion(destination, loader.plan, unseen.record_ids, along)
            count = len(unseen.record_ids) + len(along)
            destination.limits.reserve_mirror(count, records_before=unseen.records_before, what=what)
            described[loader.plan.stream] = what
    for removal in removals:
        with removal.loader.working():  # again: a mirror may have failed meanwhile
            _refuse_to_take_rows(removal.loader.plan, removal.cascade.along(), destination, claimed)
            if not removal.loader.has_failed:
                loader, unseen, cascade = _without_changed(removal)
                counted -= {RecordKey(loader.plan.table.id, one) for one in removal.unseen.record_ids}
                counted |= {RecordKey(loader.plan.table.id, one) for one in unseen.record_ids}
                what = described[loader.plan.stream]
                if unseen.record_ids:
                    logger.info("%s: no row came, so removed: %s.", loader.plan.stream, what)
                    loader.deleter.remove_unseen_records(unseen.record_ids, cascade, in_count=counted)
                loader.is_finished = True


def _certainly_unseen(
    loaders: Sequence[StreamLoader], doubts: Mapping[str, Sequence[str]]
) -> Iterator[tuple[StreamLoader, Unseen]]:
    """Yield mirrored streams without any doubt; name the doubt of the others."""
    for loader in reversed(loaders):
        if loader.plan.mode != "mirror":
            continue
        reasons = list(doubts[loader.plan.stream])
        if loader.account.report.rejected:
            reasons.append("rows were rejected, and their records cannot be distinguished from those that did not come")
        if not (reasons or loader.account.seen):  # files without a row came, or each row says that it was deleted
            reasons.append("no row came that stands for a record")
        unseen: Unseen | None = None
        if not reasons:
            with loader.working():
                unseen = loader.writer.find_unseen()
        if loader.has_failed and not reasons:
            continue
        if unseen is not None and unseen.record_ids and not unseen.keys_are_shown:
            reasons.append(
                f"none of the {unseen.records_before} records of table {loader.plan.table.name!r} shows a value to "
                f"match by ({', '.join(loader.plan.match_on)}): they may have none, or the key may not read it"
            )
            unseen = None
        if unseen is None:
            reasons = reasons or [f"table {loader.plan.table.name!r} holds records beyond those that could be read"]
            loader.account.report.doubts = reasons
            logger.warning("%s: nothing is deleted, because %s.", loader.plan.stream, "; ".join(reasons))
            loader.is_finished = True
        else:
            loader.is_finished = not unseen.record_ids
            yield loader, unseen


def _without_linked(removal: _Removal, destination: Destination, claimed: ClaimedRecords) -> _Removal:
    """Return a removal without the records that rows of this input link to, and name those."""
    linked = removal.find(lambda reached: is_linked(destination, claimed, reached))
    if linked:
        logger.warning(
            "%s: %s of table %r did not come and stays all the same, as rows of this input link to it, or to what "
            "Ninox would delete along: %s. Have the source send it, or let the rows link to another one.",
            *removal.named(linked),
        )
    return removal.without(linked)


def _without_changed(removal: _Removal) -> _Removal:
    """Return a removal without the records that somebody has changed since they were read, and name those.

    That may be hours ago: by now they may be what a row stands for, or be in use.
    """
    loader, unseen, _ = removal
    table_id = loader.plan.table.id
    changed = {RecordKey(table_id, one) for one in loader.writer.find_changed(unseen.record_ids)}
    takes_changed = removal.find(lambda reached: not changed.isdisjoint(reached)) if changed else []
    if takes_changed:
        logger.warning(
            "%s: %s of table %r did not come and stays until the next run, as somebody has changed it, or what Ninox "
            "would delete along, while this run was under way: %s.",
            *removal.named(takes_changed),
        )
    return removal.without(takes_changed)


def _refuse_to_take_rows(
    plan: WritePlan, along: Iterable[RecordKey], destination: Destination, claimed: ClaimedRecords
) -> None:
    """Refuse a deletion that would take records along for which rows of this very input came."""
    for record in along:
        stream = claimed.stream_that_keeps(*record)
        if stream is not None:
            raise CascadeTakesRowsError(plan, destination.database.table_name(record.table_id), stream)
