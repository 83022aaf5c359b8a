"""Ids as runs of neighbours: a set like any other, in a few bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from target_ninox.account import IdRuns


@given(st.lists(st.integers(1, 40)))
def test_it_is_a_set_whatever_is_added_in_which_order(ids):
    runs = IdRuns()
    for number in ids:
        runs.add(number)
    assert list(runs) == sorted(set(ids))
    assert len(list(runs)) == len(set(ids))
    assert [number in runs for number in range(45)] == [number in ids for number in range(45)]
