"""Many ids in little memory: as runs of neighbours, since Ninox hands ids out one by one."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator


class IdRuns:
    """A set of ids that are mostly added in ascending order: a million that follow each other take a few bytes."""

    def __init__(self) -> None:
        """Start without any."""
        self._firsts = array("q")
        self._lasts = array("q")

    def add(self, record_id: int) -> None:
        """Add an id."""
        at = bisect_right(self._firsts, record_id)  # of the first run that begins behind it
        if at and record_id <= self._lasts[at - 1]:
            return
        follows = at > 0 and self._lasts[at - 1] == record_id - 1
        precedes = at < len(self._firsts) and self._firsts[at] == record_id + 1
        if follows and precedes:
            self._lasts[at - 1] = self._lasts.pop(at)
            del self._firsts[at]
        elif follows:
            self._lasts[at - 1] = record_id
        elif precedes:
            self._firsts[at] = record_id
        else:
            self._firsts.insert(at, record_id)
            self._lasts.insert(at, record_id)

    def __contains__(self, record_id: int) -> bool:
        """Return whether an id was added."""
        at = bisect_right(self._firsts, record_id)
        return at > 0 and record_id <= self._lasts[at - 1]

    def __iter__(self) -> Iterator[int]:
        """Yield the ids, ascending."""
        for first, last in zip(self._firsts, self._lasts, strict=True):
            yield from range(first, last + 1)

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(self._lasts) - sum(self._firsts) + len(self._firsts)
