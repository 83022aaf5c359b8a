"""Rows that wait for records they link to: in a temporary file, with a few numbers in memory for each."""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Hashable, Iterable, Iterator
from tempfile import SpooledTemporaryFile

from target_ninox.rows import Row, StreamSchema

ROWS_AT_ONCE = 2000
"""So many are in memory together when they are tried again."""

MEMORY_BYTES = 1024 * 1024
"""A few rows stay in memory; beyond this they go to an unnamed file that ends with the process."""

_MOST_GAPS = 100_000
"""So many rows that wait no more may stay in the file before the others move to a new one."""

_NONE = -1


class WaitingRows:
    """The rows of one stream that wait, at most one of each identity.

    A row takes about 120 bytes of memory: its place in the file, its number, and an entry in a dictionary of hashes.
    What a hash points to is compared by its identity, as two may have the same hash.
    """

    def __init__(self) -> None:
        """Start without any."""
        self._file: SpooledTemporaryFile[bytes] | None = None
        self._count = 0
        self._first_since: int | None = None
        self._schemas: list[StreamSchema] = []
        self._offsets = array("q")
        self._sinces = array("q")
        self._next = array("q")
        self._first: dict[int, int] = {}

    def __len__(self) -> int:
        """Return how many wait."""
        return self._count

    @property
    def first_since(self) -> int | None:
        """Number of the earliest row whose values wait, None if none do."""
        if self._first_since is None and self._count:
            pairs = zip(self._sinces, self._offsets, strict=True)
            self._first_since = min(since for since, offset in pairs if offset != _NONE)
        return self._first_since

    def find(self, identity: Hashable) -> Row | None:
        """Return the row of an identity, if it waits."""
        slot = self._slot(identity)
        return None if slot == _NONE else self._read(slot)

    def put(self, row: Row) -> None:
        """Let a row wait, in place of an earlier one of its identity."""
        identity = row.identity
        self.discard(identity)
        self._next.append(self._first.get(hash(identity), _NONE))
        self._first[hash(identity)] = len(self._offsets)
        self._sinces.append(row.since)
        self._offsets.append(self._append(row))
        self._count += 1
        if self._count == 1 or (self._first_since is not None and row.since < self._first_since):
            self._first_since = row.since

    def discard(self, identity: Hashable, *, does_wait: bool = False) -> None:
        """Let the row of an identity wait no more; that one does wait may be known."""
        slot = self._slot(identity, does_wait=does_wait)
        if slot == _NONE:
            return
        at, behind = self._first[hash(identity)], self._next[slot]
        if at != slot:
            while self._next[at] != slot:
                at = self._next[at]
            self._next[at] = behind
        elif behind != _NONE:
            self._first[hash(identity)] = behind
        else:
            del self._first[hash(identity)]
        self._offsets[slot] = _NONE
        self._count -= 1
        if self._sinces[slot] == self._first_since:
            self._first_since = None

    def discard_all(self, rows: Iterable[Row], *, but: Iterable[Row] = ()) -> None:
        """Let rows that wait do so no more, but for some of them."""
        kept = {row.identity for row in but}
        for row in rows:
            if row.identity not in kept:
                self.discard(row.identity, does_wait=True)

    def blocks(self, *, newest_first: bool = False) -> Iterator[list[Row]]:
        """Yield all rows that wait now, one block in memory at a time; rows of a block may be discarded meanwhile."""
        slots = range(len(self._offsets))
        block: list[Row] = []
        for slot in reversed(slots) if newest_first else slots:
            if self._offsets[slot] != _NONE:
                block.append(self._read(slot))
            if len(block) == ROWS_AT_ONCE:
                yield block[::-1] if newest_first else block
                block = []
        if block:
            yield block[::-1] if newest_first else block

    def without_gaps(self) -> WaitingRows:
        """Return the rows in a new file, if those that wait no more are most of this one; else itself."""
        gaps = len(self._offsets) - self._count
        if gaps <= self._count + _MOST_GAPS and (self._count or not gaps):
            return self
        kept = WaitingRows()
        for block in self.blocks():
            for row in block:
                kept.put(row)
        self.close()
        return kept

    def close(self) -> None:
        """Drop the rows; none may be asked for any more."""
        self._count = 0
        if self._file is not None:
            self._file.close()

    def _slot(self, identity: Hashable, *, does_wait: bool = False) -> int:
        slot = self._first.get(hash(identity), _NONE) if self._count else _NONE
        is_the_only_one = does_wait and slot != _NONE and self._next[slot] == _NONE
        while slot != _NONE and not is_the_only_one and self._read(slot).identity != identity:
            slot = self._next[slot]
        return slot

    def _append(self, row: Row) -> int:
        schema = next((n for n, known in enumerate(self._schemas) if known is row.described), None)
        if schema is None:
            schema = len(self._schemas)
            self._schemas.append(row.described)
        if self._file is None:
            self._file = SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 (closed when no row waits any more)
        offset = self._file.seek(0, 2)
        pickle.dump((row.encoded, row.record, row.since, schema), self._file, protocol=5)
        return offset

    def _read(self, slot: int) -> Row:
        assert self._file is not None  # noqa: S101 (a slot came from `put`)
        self._file.seek(self._offsets[slot])
        encoded, record, since, schema = pickle.load(self._file)  # noqa: S301 (a file of ours without a name)
        return Row(encoded, record, since, self._schemas[schema])
