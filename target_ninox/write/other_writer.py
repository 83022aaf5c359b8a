"""Whether somebody else created records with the keys of this run's while it was under way: their ids betray it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ninox_api.errors import NinoxError
from target_ninox.mapping.encode import WritePlan
from target_ninox.records.destination import Destination
from target_ninox.write.stream import StreamLoader

MOST_PAIRS = 10
"""So many pairs of ids are named in a message; a person looks at the first ones."""


class AnotherWriterError(NinoxError):
    """Somebody else created records with the same keys while this run was under way."""

    def __init__(self, plan: WritePlan, twins: Sequence[tuple[int, int]]) -> None:
        """Name the table and the pairs: the id of this run's record, and that of the other one."""
        pairs = ", ".join(f"{ours} and {other}" for ours, other in twins[:MOST_PAIRS])
        more = f", and {len(twins) - MOST_PAIRS} more" if len(twins) > MOST_PAIRS else ""
        super().__init__(
            f"{plan.stream}: while this run was under way, somebody else created records in table {plan.table.name!r} "
            "with the keys of records that it created, too, or Ninox did so at a request that it answered with an "
            f"error. These ids are pairs: {pairs}{more}. Delete one of each "
            "pair in Ninox, and let one run at a time write into a table."
        )


def find_other_writer(loaders: Sequence[StreamLoader], destination: Destination) -> AnotherWriterError | None:
    """Look whether somebody else created records with the keys of this run's; no call unless ids say that any were.

    Returns:
        The error to end with, None if there is nothing.
    """
    for table_id in dict.fromkeys(loader.plan.table.id for loader in loaders):
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
            for twin in destination.matcher_of(loader.plan).index.find([key])[key]
            if _has_created(sharing, twin.id)
        }
        if twins:
            return AnotherWriterError(keyed[0].plan, sorted(twins))
    return None


def _has_created(loaders: Iterable[StreamLoader], record_id: int) -> bool:
    """Return whether a record was made by this run."""
    return any(record_id in loader.account.created for loader in loaders)
