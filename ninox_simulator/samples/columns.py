"""Columns of values: cheap, endless and deterministic; a table's rows are its columns zipped.

A column yields one value per row, None for an empty field. Pools are drawn once from a generator seeded
with the table's name and then repeated, so that a million rows cost no million random numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, cycle
from random import Random
from typing import Any

Column = Iterator[Any]
Columns = dict[str, Column]
RecordIds = Mapping[str, Sequence[int]]

POOL_SIZES = (307, 331, 353, 379, 401, 431)  # primes: columns of one table drift apart
REFERENCE_POOL_SIZE = 2_003

# Rows start at id 1; every tenth record has been deleted since, so references to id 10 dangle.
DELETED_ID = 10
LONG_GAP = 12_345


def record_ids(number: int, *, jump: bool = False) -> list[int]:
    """Ascending ids with gaps, on request with one gap of more than 10,000."""
    ids = [row + row // DELETED_ID for row in range(1, number + 1)]
    last_before = number * 3 // 5
    return ids[:last_before] + [rid + LONG_GAP for rid in ids[last_before:]] if jump else ids


class Draw:
    """Draws the columns of one table; the same calls in the same order give the same columns."""

    def __init__(self, table: str) -> None:
        """Seed with the table's name."""
        self._rng = Random(f"blattwerk/{table}")
        self._sizes = cycle(POOL_SIZES)

    def pick(self, options: Sequence[Any], *, empty: float = 0.0) -> Column:
        """Any of the options; `empty` is the share of rows without a value."""
        return self._repeat(self._rng.choices(options, k=next(self._sizes)), empty)

    def flag(self, *, empty: float = 0.1) -> Column:
        """True, false, or never set."""
        return self.pick([True, False], empty=empty)

    def amount(self, low: float, high: float, *, digits: int = 2, empty: float = 0.0) -> Column:
        """Rounded numbers between low and high."""
        pool = [round(self._rng.uniform(low, high), digits) for _ in range(next(self._sizes))]
        return self._repeat(pool, empty)

    def some_of(self, options: Sequence[Any], *, most: int = 3, empty: float = 0.2) -> Column:
        """Lists of one to `most` different options."""
        sizes = self._rng.choices(range(1, most + 1), k=next(self._sizes))
        return self._repeat([self._rng.sample(options, size) for size in sizes], empty)

    def refs(self, ids: Sequence[int], *, empty: float = 0.0) -> Column:
        """References to records of another table."""
        return self._repeat(self._rng.choices(ids, k=REFERENCE_POOL_SIZE), empty)

    def together(self, rows: Sequence[tuple[Any, ...]]) -> list[Column]:
        """Columns whose values belong together, such as a beginning and its end."""
        drawn = self._rng.choices(rows, k=REFERENCE_POOL_SIZE)
        return [cycle(column) for column in zip(*drawn, strict=True)]

    def _repeat(self, pool: list[Any], empty: float) -> Column:
        if empty:
            pool = [None if self._rng.random() < empty else value for value in pool]
        return cycle(pool)


def numbered(pattern: str, start: int = 1) -> Column:
    """`K-00001`, `K-00002` …."""
    return map(pattern.format, count(start))


def stretched(pool: Sequence[Any], number: int) -> Column:
    """The pool in its own order, stretched over `number` rows: ascending days, children of their parents."""
    length = len(pool)
    return (pool[row * length // number] for row in range(number))


def position_in_parent(parents: int, number: int) -> Column:
    """1, 2, 3 … within each parent, for children laid out by `stretched`."""
    position, previous = 0, -1
    for row in range(number):
        parent = row * parents // number
        position = position + 1 if parent == previous else 1
        previous = parent
        yield position


def pairs(left: Sequence[int], right: Sequence[int], number: int) -> list[Column]:
    """The two columns of a join table: each left record in turn, with changing right ones."""
    return [stretched(left, number), (right[row * 7 % len(right)] for row in range(number))]
