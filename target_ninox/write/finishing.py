"""What can only be done when all input is there: a mirror's deletions, and looks at what nobody used or expected."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_singer.names import did_you_mean, fits, is_glob, probably_meant
from target_ninox.mapping.encode import WritePlan
from target_ninox.records.destination import Destination
from target_ninox.records.waiting import WaitingRows
from target_ninox.settings import TargetSettings
from target_ninox.write.cascade import Cascade, CascadeTakesRowsError, RecordKey, find_cascade
from target_ninox.write.delete import describe_deletion
from target_ninox.write.row_writer import Unseen
from target_ninox.write.safety import ClaimedRecords
from target_ninox.write.stream import StreamLoader

logger = logging.getLogger(__name__)

MOST_PAIRS = 10
"""So many pairs of ids are named in a message; a person looks at the first ones."""

LIKENESS_OF_SLIPS = 0.8
"""Names that are more alike are taken for one that is mistyped; below that, for a stream that another tap sends."""

CUT_OFF = (
    "the input does not end with a STATE that names no stream as currently_syncing, so that rows of what Ninox would "
    "delete along may be missing, and its deletions wait"
)


class AnotherWriterError(NinoxError):
    """Somebody else created records with the same keys while this run was under way."""

    def __init__(self, plan: WritePlan, twins: Sequence[tuple[int, int]]) -> None:
        """Name the table and the pairs: the id of this run's record, and that of the other one."""
        pairs = ", ".join(f"{ours} and {other}" for ours, other in twins[:MOST_PAIRS])
        more = f", and {len(twins) - MOST_PAIRS} more" if len(twins) > MOST_PAIRS else ""
        super().__init__(
            f"{plan.stream}: while this run was under way, somebody else created records in table {plan.table.name!r} "
            f"with the keys of records that it created, too. These ids are pairs: {pairs}{more}. Delete one of each "
            "pair in Ninox, and let one run at a time write into a table."
        )


class _Removal(NamedTuple):
    """What a mirror is about to delete."""

    loader: StreamLoader
    unseen: Unseen
    cascade: Cascade


def check_unused_settings(settings: TargetSettings, came: Collection[str]) -> None:
    """Refuse settings whose stream is mistyped, and warn of others that did not come: other taps may send those.

    To refuse all would end `meltano run tap-a target-ninox tap-b target-ninox` between its two halves, each night, and
    a tap that sends no SCHEMA for a table in which nothing changed.

    Raises:
        NinoxConfigError: A stream of nearly that name came and has no settings of its own.
    """
    problems = []
    for name in settings.streams:
        if any(fits(name, stream) for stream in came):
            continue
        meant = probably_meant(name, (s for s in came if settings.own_key(s) is None), likeness=LIKENESS_OF_SLIPS)
        problem = f"streams.{name}: no stream of that name came, so the setting had no effect."
        if meant is None:
            logger.warning("%s%s", problem, did_you_mean(name, came))
        else:
            problems.append(
                f"{problem} Did you mean {meant!r}, which was loaded without it? Then correct the name and load it "
                f"again; if not, give {meant!r} settings of its own, if only {{}}."
            )
    if problems:
        raise NinoxConfigError(problems)


def check_unused_maps(maps: Mapping[str, Any], came: Collection[str]) -> None:
    """Do the same for the target's stream maps; what a mistyped one should have hidden was loaded.

    Raises:
        NinoxConfigError: A stream of nearly that name came and has no map of its own.
    """
    problems = []
    for name, rules in maps.items():
        source = rules.get("__source__", name) if isinstance(rules, Mapping) else name
        if name == "__else__" or any(fnmatchcase(stream, source) for stream in came):  # as the SDK looks for them
            continue
        without = [stream for stream in came if stream not in maps]
        meant = None if is_glob(source) else probably_meant(source, without, likeness=LIKENESS_OF_SLIPS)
        problem = f"stream_maps.{name}: no stream {source!r} came, so the map had no effect."
        if meant is None:
            logger.warning("%s%s", problem, did_you_mean(source, came))
        else:
            problems.append(
                f"{problem} Did you mean {meant!r}, which was loaded without it? Then correct the name and look at "
                f"what was loaded; if not, give {meant!r} a map of its own, if only {{}}."
            )
    if problems:
        raise NinoxConfigError(problems)


def delete_waiting(loaders: Sequence[StreamLoader], *, doubt: str | None) -> None:
    """Delete what rows said was deleted and others may go along with, now that all rows have come.

    The last stream comes first: children often follow their parents.

    Args:
        loaders: All streams.
        doubt: Why rows of what would go along may be missing; None if all came.

    Raises:
        LimitReachedError: They are too many.
        CascadeUnknownError: Nobody knows what would go along; none was deleted.
    """
    deleted: set[RecordKey] = set()
    for loader in reversed([loader for loader in loaders if loader.waiting_deletions]):
        if doubt is not None:
            loader.fail(doubt)
            continue
        with loader.working():
            loader.deleter.delete_waiting(deleted)
            loader.waiting_deletions.close()
            loader.waiting_deletions = WaitingRows()


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
                removals.append(_Removal(loader, unseen, find_cascade(destination, roots)))
    counted = {
        RecordKey(loader.plan.table.id, record_id) for loader, unseen, _ in removals for record_id in unseen.record_ids
    }
    so_far = set(counted)
    for loader, unseen, cascade in removals:
        with loader.working():
            along = cascade.along() - so_far
            so_far |= along
            _refuse_to_take_rows(loader.plan, along, destination, claimed)
            what = describe_deletion(destination, loader.plan, unseen.record_ids, along)
            count = len(unseen.record_ids) + len(along)
            destination.limits.reserve_mirror(count, records_before=unseen.records_before, what=what)
            logger.info("%s: did not come, so it is deleted: %s.", loader.plan.stream, what)
    for loader, unseen, cascade in removals:
        with loader.working():  # again: a mirror may have failed meanwhile
            _refuse_to_take_rows(loader.plan, cascade.along(), destination, claimed)
            if not loader.has_failed:
                loader.deleter.remove(unseen.record_ids, cascade, counted=counted)
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


def _refuse_to_take_rows(
    plan: WritePlan, along: Iterable[RecordKey], destination: Destination, claimed: ClaimedRecords
) -> None:
    """Refuse a deletion that would take records along for which rows of this very input came."""
    for record in along:
        stream = claimed.stream_that_keeps(*record)
        if stream is not None:
            raise CascadeTakesRowsError(plan, destination.described.table_name(record.table_id), stream)


def find_other_writer(loaders: Sequence[StreamLoader], destination: Destination) -> AnotherWriterError | None:
    """Look whether somebody else created records with the keys of this run's; no call unless ids say that any were.

    Returns:
        The error to end with, None if there is nothing.
    """
    for table_id in dict.fromkeys(loader.plan.table.id for loader in loaders if loader.account.created):
        table = destination.table(table_id)
        sharing = [loader for loader in loaders if loader.plan.table.id == table_id]
        keyed = [loader for loader in sharing if loader.plan.match_field_ids]
        if not (table.gaps and keyed):
            continue
        table.read_unread()
        twins = {
            (twin.id, record.id)
            for record in table.read_gaps()
            if not _has_created(sharing, record.id)
            for loader in keyed
            if (key := loader.plan.key_of(record.fields)) is not None
            for twin in destination.matcher_of(loader.plan).index.find(key)
            if _has_created(sharing, twin.id)
        }
        if twins:
            return AnotherWriterError(keyed[0].plan, sorted(twins))
    return None


def _has_created(loaders: Iterable[StreamLoader], record_id: int) -> bool:
    """Return whether a record was made by this run."""
    return any(record_id in loader.account.created for loader in loaders)
