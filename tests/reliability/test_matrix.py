"""A sample of the fault matrix, drawn by a fixed seed; `make prove PARTS=matrix` runs all of it."""

from __future__ import annotations

import os

import pytest

from ninox_simulator.switches import SWITCHES
from tests.reliability.cells import KINDS, expectations
from tests.reliability.matrix import OPERATIONS, SIDES, drawn, judged
from tests.reliability.troubles import TROUBLES

CELLS = int(os.environ.get("NINOX_MATRIX_CELLS", "45"))
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


@pytest.mark.parametrize("side", SIDES)
def test_every_value_of_every_switch_that_matters_occurs(side):
    known = OPERATIONS[side]
    assert {name for _, names in known.OF_SOME for name in names} <= set(known.OPERATIONS)
    of_operations = (operation.switches for operation in known.OPERATIONS.values())
    sets = [*known.SWITCHES, *(switches for switches, _ in known.OF_SOME), *of_operations]
    occurring = {item for switches in sets for item in switches.items()}
    missing = {
        (name, value)
        for name, switch in SWITCHES.items()
        for value in switch.values[1:]
        if (name, value) not in occurring and name not in known.BESIDE_THE_POINT
    }
    assert missing == set()
    assert known.BESIDE_THE_POINT.keys() <= SWITCHES.keys()
    assert all((name, SWITCHES[name].values[0]) not in occurring for name in SWITCHES), "the default is no setting"


def test_every_trouble_is_tried_on_one_side_at_least():
    assert {trouble for side in SIDES for _, _, trouble in expectations(side)} == set(TROUBLES)
