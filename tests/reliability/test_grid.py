"""A sample of the grid of what nobody knows of the API; `make prove PARTS=grid` plays all of it."""

from __future__ import annotations

import random

import pytest

from tests.reliability import grid

ODD = [pair for pair in grid.PAIRS if grid.odd_of(pair) == pair]


@pytest.mark.parametrize("pair", random.Random(17).sample(ODD, 24), ids=lambda pair: "-".join(sum(pair, ())))
def test_no_pair_of_values_loses_anything_without_a_word(pair):
    verdict = grid.play_small(pair)
    assert verdict.outcome != grid.SILENT, verdict.notes
    assert verdict.is_complete or verdict.outcome == grid.LOUD


def test_the_page_has_the_table_of_a_whole_run_in_which_nothing_was_silent():
    text = grid.PAGE.read_text(encoding="utf-8")
    table = text.partition(grid.BEGIN)[2].partition(grid.END)[0]
    named = [
        tuple(cell.strip(" `") for cell in line.split("|")[1:3]) for line in table.splitlines() if line[:3] == "| `"
    ]
    assert len(named) > 100
    assert [value for value in grid.VALUES if value in named] == named
    assert " 0 silent" in table
