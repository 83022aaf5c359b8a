"""SIGTERM and SIGINT: a non-zero exit code, whole lines, a last state that stands behind every row before it."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import pytest

from ninox_simulator.server import Simulator
from tests.helpers.commands import COMMAND
from tests.helpers.run import run_tap
from tests.helpers.seeds import shop

STREAM = "shop__customers"

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("place", ["page", "wait"])
def test_a_stopped_run_says_so_and_can_be_continued(tmp_path, number, place):
    with Simulator(seed=shop(3000)) as simulator:
        if place == "page":
            simulator.faults.configure({"latency_s": 0.05})
        else:
            simulator.faults.add("slow", seconds=60, path="/records$", after=12, times=None)
        config = {"api_url": simulator.url, "auth_token": simulator.token, "page_size": 50}
        (tmp_path / "config.json").write_text(json.dumps(config))
        command = [*COMMAND, "tap-ninox", "--config", str(tmp_path / "config.json")]
        with (
            (tmp_path / "output").open("w") as output,
            (tmp_path / "log").open("w") as log,
            subprocess.Popen(command, stdout=output, stderr=log) as tap,
        ):
            while len(simulator.log.entries) < 16 and tap.poll() is None:
                time.sleep(0.01)
            started = time.monotonic()
            tap.send_signal(number)
            tap.wait(timeout=50)
        assert time.monotonic() - started < 50  # the answer would take 60 s
        simulator.faults.clear()
        lines = [json.loads(line) for line in (tmp_path / "output").read_text().splitlines()]
        states = [line["value"] for line in lines if line["type"] == "STATE"]
        rest = run_tap(simulator, state=states[-1], page_size=50)
    assert tap.returncode == 128 + number
    told = (tmp_path / "log").read_text()
    assert f"Stopped by {number.name}" in told
    assert "Traceback" not in told
    sent = [line["record"]["_id"] for line in lines if line["type"] == "RECORD" and line["stream"] == STREAM]
    assert 0 < len(sent) < 3000
    assert sorted({*sent, *rest.ids(STREAM)}) == list(range(1, 3001))
