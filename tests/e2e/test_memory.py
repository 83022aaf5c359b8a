"""The tap holds one page, whatever the table's size."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ninox_simulator.server import Simulator
from tests.helpers.measured import run_measured, write_config
from tests.helpers.seeds import shop

pytestmark = pytest.mark.e2e

TAP = Path(sys.executable).with_name("tap-ninox")
MOST_MB = 150


def peak_mb(simulator, tmp_path, **settings):
    return run_measured(TAP, "--config", write_config(tmp_path, simulator, **settings)).mb


def test_peak_memory_stays_below_150_mb(tmp_path):
    with Simulator(profile="m") as simulator:
        assert peak_mb(simulator, tmp_path, tables=["Kunden", "Lagerbewegungen"]) < MOST_MB


def test_peak_memory_does_not_grow_with_the_table(tmp_path):
    peaks = []
    for count in (40_000, 120_000):  # beyond the size to which pages grow
        with Simulator(seed=shop(count)) as simulator:
            peaks.append(peak_mb(simulator, tmp_path))
    assert peaks[1] < peaks[0] * 1.1
