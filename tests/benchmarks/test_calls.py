"""The table of calls: tap-ninox keeps within its bound, and takes no more than a careful person's script."""

from __future__ import annotations

from benchmarks import calls


def test_a_later_run_takes_as_few_calls_as_the_table_says():
    row = next(row for row in calls.ROWS if row.changed)
    taken, by_hand = (calls._count(row, calls.RUNS[side]) for side in ("tap-ninox", "careful script"))
    assert 0 < taken <= min(row.bound, by_hand)
