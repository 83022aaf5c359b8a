"""Many record ids at once, and the sequences at which records changed, in a few bytes each.

As Python's own sets and dictionaries, 300,000 changes and as many deletions take 60 MB, and every copy as much again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, MutableSet, Sequence

LARGEST = 2**62
"""No id and no sequence is as large: Ninox counts, and computes in doubles."""

_BITS = 1024
_UNKNOWN = -1


class IdSet(MutableSet[int]):
    """A set of ids, ascending when iterated: a bit for each, in blocks, since ids are counted from 1."""

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._blocks: dict[int, int] = {}
        self.update(ids)

    def copy(self) -> IdSet:
        """Return a set of its own with the same ids."""
        twin = IdSet()
        twin._blocks = self._blocks.copy()
        return twin

    def add(self, value: int) -> None:
        """Add an id."""
        block, bit = divmod(value, _BITS)
        self._blocks[block] = self._blocks.get(block, 0) | 1 << bit

    def discard(self, value: int) -> None:
        """Take an id out, if it is there."""
        block, bit = divmod(value, _BITS)
        if left := self._blocks.get(block, 0) & ~(1 << bit):
            self._blocks[block] = left
        else:
            self._blocks.pop(block, None)

    def update(self, ids: Iterable[int]) -> None:
        """Add some ids."""
        for record_id in ids:
            self.add(record_id)

    def add_ascending(self, ids: Sequence[int]) -> None:
        """Add some ids in ascending order: neighbours at once, as the ids of a page mostly are."""
        if not ids or ids[-1] - ids[0] + 1 != len(ids):
            self.update(ids)
            return
        for block in range(ids[0] // _BITS, ids[-1] // _BITS + 1):
            first, last = max(ids[0] - block * _BITS, 0), min(ids[-1] - block * _BITS, _BITS - 1)
            self._blocks[block] = self._blocks.get(block, 0) | ((1 << (last - first + 1)) - 1) << first

    def difference_update(self, ids: Iterable[int]) -> None:
        """Take some ids out."""
        for record_id in ids:
            self.discard(record_id)

    def __contains__(self, value: object) -> bool:
        """Return whether an id is there."""
        return isinstance(value, int) and bool(self._blocks.get(value // _BITS, 0) >> value % _BITS & 1)

    def __iter__(self) -> Iterator[int]:
        """Yield the ids, ascending."""
        for block in sorted(self._blocks):
            bits = self._blocks[block]
            first = block * _BITS
            for offset, digit in enumerate(reversed(f"{bits:b}")):
                if digit == "1":
                    yield first + offset

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._blocks)

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(map(int.bit_count, self._blocks.values()))

    def __repr__(self) -> str:
        """Show the ids."""
        return f"IdSet({list(self)})"


class SequenceById(Mapping[int, "int | None"]):
    """Record id → sequence of its last change, None where that is not known; ascending when iterated."""

    def __init__(self) -> None:
        self._ids = array("q")
        self._sequences = array("q")
        self._is_sorted = True

    def note(self, record_id: int, sequence: int | None) -> None:
        """Note a change; of several of one record, the last one counts."""
        if self._ids and record_id <= self._ids[-1]:
            self._is_sorted = False
        self._ids.append(record_id)
        self._sequences.append(_UNKNOWN if sequence is None else sequence)

    def after(self, position: int, *, also: Container[int]) -> SequenceById:
        """Return the changes that may be after a position, and those of some records; itself, if that is all."""
        self.sort()
        if all(sequence > position or sequence == _UNKNOWN for sequence in self._sequences):
            return self
        left = SequenceById()
        for record_id, sequence in zip(self._ids, self._sequences, strict=True):
            if sequence > position or sequence == _UNKNOWN or record_id in also:
                left.note(record_id, None if sequence == _UNKNOWN else sequence)
        return left

    def sort(self) -> None:
        """Put the changes in order; done by whoever made it, before threads share it."""
        if self._is_sorted:
            return
        ids, sequences = array("q"), array("q")
        for place in sorted(range(len(self._ids)), key=self._ids.__getitem__):  # stable, so the last one comes last
            if ids and ids[-1] == self._ids[place]:
                sequences[-1] = self._sequences[place]
            else:
                ids.append(self._ids[place])
                sequences.append(self._sequences[place])
        self._ids, self._sequences, self._is_sorted = ids, sequences, True

    def __getitem__(self, record_id: int) -> int | None:
        """Return the sequence of a record's last change."""
        place = self._find(record_id)
        if place is None:
            raise KeyError(record_id)
        sequence = self._sequences[place]
        return None if sequence == _UNKNOWN else sequence

    def __contains__(self, record_id: object) -> bool:
        """Return whether a record changed."""
        return self._find(record_id) is not None

    def __iter__(self) -> Iterator[int]:
        """Yield the ids, ascending."""
        self.sort()
        return iter(self._ids)

    def __len__(self) -> int:
        """Return how many records changed."""
        self.sort()
        return len(self._ids)

    def __repr__(self) -> str:
        """Show the changes."""
        return f"SequenceById({dict(self)})"

    def _find(self, record_id: object) -> int | None:
        self.sort()
        if not isinstance(record_id, int):
            return None
        place = bisect_left(self._ids, record_id)
        return place if place < len(self._ids) and self._ids[place] == record_id else None
