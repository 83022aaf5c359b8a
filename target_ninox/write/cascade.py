"""What Ninox deletes along with a record: those that refer to it by a reference that cascades, and those below them.

Nobody is asked: a deletion of five invoices takes their positions, in another table. So they are counted before
anything is deleted, and where they cannot be counted nothing is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from ninox_api.errors import NinoxError, NinoxNotFoundError, NinoxPermissionError
from ninox_api.schema import Field, Table
from ninox_singer.types import field_type
from target_ninox.claimed import ClaimedRecords
from target_ninox.mapping.encode import WritePlan
from target_ninox.records.destination import Destination

LOOKED_FOR_SINGLY = 20
"""So many of a table's records that were to go along are looked for where that takes a call each."""


class RecordKey(NamedTuple):
    """A record of the database."""

    table_id: str
    record_id: int


class CascadeUnknownError(NinoxError):
    """Nobody knows what would be deleted along with some records, so they were not."""


class CascadeTakesRowsError(NinoxError):
    """A mirror would lose records that the source has."""

    def __init__(self, plan: WritePlan, taken: str, stream: str) -> None:
        """Name both streams, and the table that would lose records."""
        super().__init__(
            f"{plan.stream}: nothing was deleted. With records of table {plan.table.name!r} that did not come, Ninox "
            f"would delete some of {taken!r} whose rows came, or may have (stream {stream!r}): they refer to them "
            "by a reference that cascades. Let the rows refer to another record, or use mode upsert."
        )


class Cascade:
    """Some records and what Ninox deletes along with them, as it was when they were looked for."""

    def __init__(self, roots: Iterable[RecordKey], children: Mapping[RecordKey, Collection[RecordKey]]) -> None:
        """Keep what was found.

        Args:
            roots: The records that are to be deleted themselves.
            children: Record → those that go with it.
        """
        self._roots = frozenset(roots)
        self._children = children

    def of(self, roots: Iterable[RecordKey]) -> Cascade:
        """Return what goes along with fewer records."""
        return Cascade(roots, self._children)

    def along(self, deleted: Iterable[RecordKey] | None = None) -> set[RecordKey]:
        """Return what goes along with records, without what is to be deleted itself.

        Args:
            deleted: Some of the records that were to be deleted; by default all.
        """
        return self.reach(self._roots if deleted is None else deleted) - self._roots

    def reach(self, deleted: Iterable[RecordKey]) -> set[RecordKey]:
        """Return records and all that goes along with them."""
        reached = set(deleted)
        todo = list(reached)
        while todo:
            new = [child for child in self._children.get(todo.pop(), ()) if child not in reached]
            reached.update(new)
            todo += new
        return reached


def find_cascade(destination: Destination, roots: Iterable[RecordKey]) -> Cascade:
    """Find what Ninox would delete along with records, by look-ups or by reading, whichever takes fewer calls.

    Tables that nothing cascades from cost no call.

    Raises:
        CascadeUnknownError: The schema, or a table that would lose records, cannot be read.
    """
    roots = frozenset(roots)
    children: dict[RecordKey, list[RecordKey]] = defaultdict(list)
    known = set(roots)
    todo = roots
    while todo:
        found = set()
        for parent, child in _children(destination, todo):
            children[parent].append(child)
            found.add(child)
        todo = frozenset(found - known)
        known |= todo
    return Cascade(roots, children)


def is_linked(destination: Destination, claimed: ClaimedRecords, records: Collection[RecordKey]) -> bool:
    """Return whether the record of a row of this input links to any of some records, and is none of them; no call."""
    return any(
        linking not in records and claimed.stream_that_wrote(*linking) is not None
        for record in records
        for linking in destination.linked.linking(*record)
    )


def read_cascading_links(destination: Destination, table: Table) -> None:
    """Read with which records those of a table would go along; what is written from then on is added.

    A dry run needs that before its first row: Ninox will not know the links that it would have set.
    """
    for field in table.fields:
        if field.cascades and field.target_table_id is not None and not field.is_foreign:
            with suppress(NinoxPermissionError, NinoxNotFoundError):  # it is said where something is to be deleted
                destination.matcher_of_link(table, field, field.target_table_id).read_rest()


def may_cascade(destination: Destination, table_id: str) -> bool:
    """Return whether Ninox may delete anything along with records of a table; no call."""
    try:
        return any(True for _ in _cascading_references(destination, table_id))
    except CascadeUnknownError:
        return True


def find_left(destination: Destination, announced: Iterable[RecordKey]) -> set[RecordKey]:
    """Return which of the records that were to go along are there all the same; a page or some of each of their tables.

    That `cascade` deletes along is assumed: a server may not heed it, or keep records that are locked. Where lists are
    in another order, each record would cost a call: some show whether it is heeded.
    """
    ids_of_table: dict[str, list[int]] = defaultdict(list)
    for table_id, record_id in sorted(announced):
        ids_of_table[table_id].append(record_id)
    left = set[RecordKey]()
    for table_id, record_ids in ids_of_table.items():
        table = destination.table(table_id)
        looked_for = record_ids[:LOOKED_FOR_SINGLY] if table.is_unsorted else record_ids
        left.update(RecordKey(table_id, record_id) for record_id in table.still_there(looked_for))
    return left


def counts_by_name(destination: Destination, records: Iterable[RecordKey]) -> dict[str, int]:
    """Return name of a table → how many of some records are in it, in the order of the schema."""
    of_table = defaultdict[str, int](int)
    for record in records:
        of_table[record.table_id] += 1
    counts: dict[str, int] = defaultdict(int)
    for table in destination.database.schema.tables:
        if table.id in of_table:
            counts[table.name] += of_table[table.id]
    return dict(counts)


def _children(destination: Destination, parents: Collection[RecordKey]) -> Iterator[tuple[RecordKey, RecordKey]]:
    """Yield parent and child for all that refer to some records by a reference that cascades."""
    ids_of_table: dict[str, set[int]] = defaultdict(set)
    for parent in parents:
        ids_of_table[parent.table_id].add(parent.record_id)
    for table_id, ids in ids_of_table.items():
        for child_table, field in _cascading_references(destination, table_id):
            try:
                found = destination.matcher_of_link(child_table, field, table_id).find_all(
                    {key: {field.id: key} for key in ids}
                )
            except (NinoxPermissionError, NinoxNotFoundError) as error:
                table = destination.database.table_name(table_id)
                message = (
                    f"Nothing of table {table!r} was deleted: Ninox would delete records of {child_table.name!r} along "
                    f"({field.name!r} cascades), and the key may not read them, so they cannot be counted. Give its "
                    "role the right, or do not delete here."
                )
                raise CascadeUnknownError(message) from error
            for key, records in found.items():
                for record in records:
                    yield RecordKey(table_id, int(str(key))), RecordKey(child_table.id, record.id)


def _cascading_references(destination: Destination, table_id: str) -> Iterator[tuple[Table, Field]]:
    """Yield what refers to a table in a way that cascades.

    Raises:
        CascadeUnknownError: Something refers to it, and the schema does not say how.
    """
    schema = destination.database.schema
    own = schema.by_id.get(table_id)
    referring = [
        (table, field)
        for table in schema.tables
        for field in table.fields
        if field_type(field.type).is_reference and field.target_table_id == table_id and not field.is_foreign
    ]
    back = [field for field in (own.fields if own else ()) if field_type(field.type).is_reverse_reference]
    is_known = schema.lists_formulas  # the list of tables leaves out what cascades, as it does formulas
    if (not is_known and (referring or back)) or any(field.is_foreign for field in back):
        reason = "another database refers to it" if is_known else "the key may not read the schema that says so"
        name = destination.database.table_name(table_id)
        message = (
            f"Nothing of table {name!r} was deleted: other records refer to it, and whether Ninox "
            f"would delete them as well is not known, because {reason}. Use a key that may, or do not delete here."
        )
        raise CascadeUnknownError(message)
    yield from ((table, field) for table, field in referring if field.cascades)
