"""The table of calls: tap-ninox keeps within its bound, and takes no more than a careful person's script."""

from __future__ import annotations

from dataclasses import replace

from benchmarks import calls


def test_a_later_run_takes_as_few_calls_as_the_table_says():
    row = next(row for row in calls.ROWS if row.changed)
    taken, by_hand = (calls.count(row, side) for side in ("tap-ninox", "careful script"))
    assert 0 < taken <= min(row.bound, by_hand)


def test_a_load_of_changed_rows_takes_fewer_calls_than_by_hand():
    row = replace(next(row for row in calls.ROWS if row.sent), rows=5000, sent=500)
    taken, by_hand = (calls.count(row, side) for side in ("tap-ninox", "careful script"))
    assert (taken, by_hand) == (1 + 3 + 1 + 3, 6 + 5)
