"""One short seed of `make prove PARTS=soak`."""

from __future__ import annotations

import os

import pytest

from tests.reliability.soak import soak

pytestmark = pytest.mark.e2e

SEED = int(os.environ.get("SOAK_SEED", "30"))


def test_whatever_people_do_and_however_runs_end_the_warehouse_equals_the_source(tmp_path, postgres):
    told = soak(SEED, postgres, tmp_path, runs=4)
    assert told["rows"] > 100
    assert told["killed"] >= 1
