"""A sample of the fault matrix, drawn by a fixed seed; `make reliability` runs all of it."""

from __future__ import annotations

import os

import pytest

from tests.reliability.cells import KINDS, expectations
from tests.reliability.matrix import OPERATIONS, SIDES, drawn, judged
from tests.reliability.troubles import TROUBLES

CELLS = int(os.environ.get("NINOX_MATRIX_CELLS", "90"))
SEED = int(os.environ.get("NINOX_MATRIX_SEED", "1"))


@pytest.mark.parametrize("side", SIDES)
def test_runs_end_as_it_is_written_down_whatever_goes_wrong(side):
    verdicts = [judged(side, cell) for cell in drawn(side, CELLS, SEED)]
    assert [str(verdict) for verdict in verdicts if verdict.wrong] == []


@pytest.mark.parametrize("side", SIDES)
def test_every_trouble_and_every_operation_is_written_down(side):
    written = expectations(side)
    assert {operation for operation, _, _ in written} == set(OPERATIONS[side].OPERATIONS)
    assert {kind for kinds in written.values() for kind in kinds} <= set(KINDS)
    assert {trouble for _, _, trouble in written} <= set(TROUBLES)


def test_every_trouble_is_tried_on_one_side_at_least():
    assert {trouble for side in SIDES for _, _, trouble in expectations(side)} == set(TROUBLES)
