"""The tap holds one page, whatever the table's size."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ninox_simulator.server import Simulator

pytestmark = pytest.mark.e2e

MAX_KILOBYTES = 150 * 1024


def _peak_kilobytes(simulator, tmp_path, tables):
    config = {"api_url": simulator.url, "auth_token": simulator.token, "tables": tables}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    tap = str(Path(sys.executable).with_name("tap-ninox"))
    out, err = os.open(os.devnull, os.O_WRONLY), os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    actions = [(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, err, 2)]
    pid = os.posix_spawn(tap, [tap, "--config", str(path)], os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    os.close(out)
    os.close(err)
    assert status == 0, (tmp_path / "log").read_text()
    return usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)


def test_peak_memory_stays_below_150_mb_and_does_not_grow_with_the_table(tmp_path):
    with Simulator(profile="m") as simulator:
        small = _peak_kilobytes(simulator, tmp_path, ["Kunden"])
        large = _peak_kilobytes(simulator, tmp_path, ["Kunden", "Lagerbewegungen"])
    assert large < MAX_KILOBYTES
    assert large < small * 1.1
