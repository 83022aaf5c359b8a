"""The tap holds one page, whatever the table's size."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ninox_simulator.server import Simulator
from tests.helpers.seeds import shop

pytestmark = pytest.mark.e2e

MAX_KILOBYTES = 150 * 1024
# A process inherits the peak of the one that starts it, so a small one stands between this one and the tap.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
sys.stderr.buffer.write(done.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def _peak_kilobytes(simulator, tmp_path, **more):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"api_url": simulator.url, "auth_token": simulator.token, **more}), encoding="utf-8")
    tap = str(Path(sys.executable).with_name("tap-ninox"))
    command = [sys.executable, "-c", MEASURE, tap, "--config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout) // (1024 if sys.platform == "darwin" else 1)


def test_peak_memory_stays_below_150_mb(tmp_path):
    with Simulator(profile="m") as simulator:
        assert _peak_kilobytes(simulator, tmp_path, tables=["Kunden", "Lagerbewegungen"]) < MAX_KILOBYTES


def test_peak_memory_does_not_grow_with_the_table(tmp_path):
    peaks = []
    for count in (40_000, 120_000):  # beyond the size to which pages grow
        with Simulator(seed=shop(count)) as simulator:
            peaks.append(_peak_kilobytes(simulator, tmp_path))
    assert peaks[1] < peaks[0] * 1.1
