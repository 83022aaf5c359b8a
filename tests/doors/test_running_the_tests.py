"""Running these tests: Ctrl-C stops them, at any moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TESTS = """
import os, signal
from pathlib import Path
from tests.helpers import run
from tests.helpers.seeds import shop

def test_that_is_interrupted(simulate):
    simulator = simulate(shop())
    simulator.between(lambda *_: os.kill(os.getpid(), signal.SIGINT))
    {start}

def test_that_must_not_begin():
    Path(__file__).with_name("begun").touch()
"""
STARTS = {
    "tap": "run.run_tap(simulator)",
    "target": "run.run_target(simulator, [run.schema('customers', name='string')])",
}


@pytest.mark.e2e
@pytest.mark.parametrize("program", STARTS)
def test_ctrl_c_stops_them_also_while_a_tap_or_target_runs(tmp_path, program):
    path = tmp_path / "test_interrupted.py"
    path.write_text(TESTS.format(start=STARTS[program]), encoding="utf-8")
    options = ["-q", "-p", "tests.conftest", "-p", "no:randomly", "-p", "no:xdist", f"--rootdir={ROOT}"]
    command = [sys.executable, "-m", "pytest", *options, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == pytest.ExitCode.INTERRUPTED, done.stdout[-3000:]
    assert "KeyboardInterrupt" in done.stdout
    assert not path.with_name("begun").exists()
