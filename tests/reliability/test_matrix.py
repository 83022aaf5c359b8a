"""A sample of the fault matrix, drawn by a fixed seed; `make prove PARTS=matrix` runs all of it."""

from __future__ import annotations

import os

import pytest

from ninox_simulator.switches import SWITCHES, Switch
from tests.reliability.cells import KINDS, expectations
from tests.reliability.matrix import OPERATIONS, SIDES, drawn, judged, switch_sets
from tests.reliability.troubles import TROUBLES

CELLS = int(os.environ.get("NINOX_MATRIX_CELLS", "30"))
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
def test_a_switch_that_nobody_mentions_is_drawn_at_each_of_its_values(side, monkeypatch):
    monkeypatch.setitem(SWITCHES, "new", Switch(("usual", "other", "third"), "what is new", "unknown", {}))
    assert switch_sets(side, "first load")[-2:] == [{"new": "other"}, {"new": "third"}]


@pytest.mark.parametrize("side", SIDES)
def test_what_is_said_of_switches_is_of_those_that_there_are(side):
    known = OPERATIONS[side]
    assert {name for _, names in known.OF_SOME for name in names} <= set(known.OPERATIONS)
    of_operations = (operation.switches for operation in known.OPERATIONS.values())
    sets = [*known.SWITCHES, *(switches for switches, _ in known.OF_SOME), *of_operations]
    assert all(value in SWITCHES[name].values[1:] for switches in sets for name, value in switches.items())
    assert known.BESIDE_THE_POINT.keys() <= SWITCHES.keys()


def test_every_trouble_is_tried_on_one_side_at_least():
    assert {trouble for side in SIDES for _, _, trouble in expectations(side)} == set(TROUBLES)
