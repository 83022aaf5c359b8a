"""A5: "The laptop slept." A first load that is killed at 40 % goes on where it was."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.server import Simulator
from tests.helpers.run import parse, run_tap
from tests.helpers.wire import record_pages

pytestmark = pytest.mark.e2e

TAP = Path(sys.executable).with_name("tap-ninox")
PAGE = 100


@pytest.mark.parametrize(
    ("bound", "parallel"),
    [
        ("inclusive", 1),
        ("exclusive", 4),
        pytest.param("exclusive", 1, marks=pytest.mark.prove),
        pytest.param("inclusive", 4, marks=pytest.mark.prove),
    ],
)
def test_a_load_killed_at_forty_percent_continues(tmp_path, bound, parallel):
    with Simulator(switches={"since_id_bound": bound, "per_page_cap": str(PAGE)}) as simulator:
        simulator.store.database(TEAM_ID, BUERO_ID).unreadable_tables.clear()
        settings = {"databases": ["Büro*"], "max_parallel_requests": parallel}
        whole = run_tap(simulator, **settings)
        needed = len(record_pages(simulator))
        simulator.log.clear()
        simulator.faults.configure({"latency_s": 0.01})
        lines = killed_after(simulator, int(needed * 0.4), settings, tmp_path)
        simulator.faults.clear()
        last_state = max(index for index, message in enumerate(lines) if message["type"] == "STATE")
        simulator.log.clear()
        rest = run_tap(simulator, state=lines[last_state]["value"], **settings)
        again = len(record_pages(simulator))
    assert rest.error is None
    emitted = {(m["stream"], m["record"]["_id"]) for m in lines if m["type"] == "RECORD" and "_id" in m["record"]}
    both = emitted | {(m["stream"], m["record"]["_id"]) for m in rest.of_type("RECORD") if "_id" in m["record"]}
    assert both == {(m["stream"], m["record"]["_id"]) for m in whole.of_type("RECORD") if "_id" in m["record"]}
    tables = [name for name in whole.state["bookmarks"] if name.startswith("buero_")]
    assert again < needed
    assert again <= needed - len(emitted) // PAGE + 2 * len(tables) * parallel


def killed_after(simulator, pages, settings, tmp_path):
    """Run the tap and kill it once it has asked for so many pages and written a state; return its whole lines."""
    config = {"api_url": simulator.url, "auth_token": simulator.token, **settings}
    (tmp_path / "config.json").write_text(json.dumps(config))
    output = tmp_path / "output"
    with output.open("wb") as file:
        command = [TAP, "--config", str(tmp_path / "config.json")]
        with subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL) as tap:
            while len(record_pages(simulator)) < pages or b'"STATE"' not in output.read_bytes():
                assert tap.poll() is None, "the tap ended before it could be killed"
                time.sleep(0.002)
            tap.kill()
    return parse(output.read_bytes().decode(errors="replace").rpartition("\n")[0])
