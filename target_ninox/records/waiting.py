"""Rows that wait for records they link to: in a temporary database, as there may be many."""

from __future__ import annotations

import pickle
from collections.abc import Hashable, Iterable, Iterator

from target_ninox.records.index import TemporaryDatabase
from target_ninox.rows import Row, StreamSchema

ROWS_AT_ONCE = 2000
"""So many are in memory together when they are tried again."""


class WaitingRows:
    """The rows of one stream that wait, at most one of each identity.

    They are found by the hash of their identity; what has it is compared by its identity, as two may have the same
    hash.
    """

    def __init__(self, database: TemporaryDatabase) -> None:
        self._run = database.run
        columns = "number INTEGER PRIMARY KEY, hash INTEGER, since INTEGER, row BLOB"
        table = database.make_table(columns, "hash", "since")
        self._of_hash = f"SELECT number, row FROM {table} WHERE hash = ?"  # noqa: S608 (the name is ours, here and below)
        self._between = f"SELECT number, row FROM {table} WHERE number BETWEEN ? AND ?"  # noqa: S608
        self._first = f"SELECT min(since) FROM {table}"  # noqa: S608
        self._insert = f"INSERT INTO {table} VALUES (?, ?, ?, ?)"  # noqa: S608
        self._delete = f"DELETE FROM {table} WHERE number = ?"  # noqa: S608
        self._delete_all = f"DELETE FROM {table}"  # noqa: S608
        self._schemas: list[StreamSchema] = []
        self._last_number = 0
        self._count = 0

    def __len__(self) -> int:
        """Return how many wait."""
        return self._count

    @property
    def first_since(self) -> int | None:
        """Number of the earliest row whose values wait, None if none do."""
        [(first,)] = self._run(self._first) if self._count else [(None,)]
        return first

    def find(self, identity: Hashable) -> Row | None:
        """Return the row of an identity, if it waits."""
        alike = (self._load(row) for _, row in self._run(self._of_hash, hash(identity))) if self._count else ()
        return next((row for row in alike if row.identity == identity), None)

    def put(self, row: Row) -> None:
        """Let a row wait, in place of an earlier one of its identity."""
        self.discard(row.identity)
        if not any(known is row.described for known in self._schemas):
            self._schemas.append(row.described)
        schema = next(n for n, known in enumerate(self._schemas) if known is row.described)
        self._last_number += 1
        self._count += 1
        pickled = pickle.dumps((row.encoded, row.record, row.since, schema), protocol=5)
        self._run(self._insert, self._last_number, hash(row.identity), row.since, pickled)

    def discard(self, identity: Hashable, *, does_wait: bool = False) -> None:
        """Let the row of an identity wait no more; that one does wait may be known."""
        alike = self._run(self._of_hash, hash(identity)) if self._count else []
        is_the_only_one = does_wait and len(alike) == 1
        for number, row in alike:
            if is_the_only_one or self._load(row).identity == identity:
                self._run(self._delete, number)
                self._count -= 1

    def discard_all(self, rows: Iterable[Row], *, but: Iterable[Row] = ()) -> None:
        """Let rows that wait do so no more, but for some of them."""
        kept = {row.identity for row in but}
        for row in rows:
            if row.identity not in kept:
                self.discard(row.identity, does_wait=True)

    def blocks(self, *, newest_first: bool = False) -> Iterator[list[Row]]:
        """Yield all rows that wait now, one block in memory at a time; rows of a block may be discarded meanwhile.

        Within a block, the oldest come first.
        """
        first, last = 1, self._last_number
        next_block = f"{self._between} ORDER BY number {'DESC' if newest_first else 'ASC'} LIMIT {ROWS_AT_ONCE}"
        while found := sorted(self._run(next_block, first, last)):
            yield [self._load(row) for _, row in found]
            first, last = (first, found[0][0] - 1) if newest_first else (found[-1][0] + 1, last)
            del found

    def clear(self) -> None:
        """Let none wait any more."""
        self._run(self._delete_all)
        self._count = 0

    def _load(self, pickled: bytes) -> Row:
        encoded, record, since, schema = pickle.loads(pickled)  # noqa: S301 (a file of ours without a name)
        return Row(encoded, record, since, self._schemas[schema])
