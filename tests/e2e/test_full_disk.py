"""A disk that becomes full in the middle of a line, also where Python does not buffer its output, or in a file."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from ninox_simulator.server import Simulator
from tests.helpers.run import records, schema, state
from tests.helpers.seeds import shop
from tests.reliability.harms import NO_COMPILED

pytestmark = pytest.mark.e2e

STATE = {"a": "x" * 500}
LINES = [schema("customers", key=["Name"], Name="string"), *records("customers", [{"Name": "new"}]), state(STATE)]


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a program into a file that takes so many bytes."""
    with Simulator(seed=shop(30)) as simulator:

        def start(program, limit=None, lines=LINES, *, is_file=True, **settings):
            config = {"api_url": simulator.url, "auth_token": simulator.token, **settings}
            config |= {"database": "Shop"} if program == "target-ninox" else {}
            (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
            size = resource.RLIM_INFINITY if limit is None else limit
            with (tmp_path / "output").open("wb") as output:
                done = subprocess.run(
                    [Path(sys.executable).with_name(program), "--config", tmp_path / "config.json"],
                    input="".join(json.dumps(line) + "\n" for line in lines), stderr=subprocess.PIPE,
                    stdout=output if is_file else subprocess.PIPE,
                    text=True, timeout=60, check=False, env={**os.environ, "PYTHONUNBUFFERED": "1", **NO_COMPILED},
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
                )  # fmt: skip
            return done, (tmp_path / "output").read_bytes()

        yield start


@pytest.mark.parametrize("program", ["tap-ninox", "target-ninox"])
def test_a_last_line_that_is_cut_off_by_a_full_disk_is_an_error_even_without_a_buffer(run, program):
    """Found by the kill tests: PYTHONUNBUFFERED is set in many containers, and Python then forgets what is left."""
    whole, output = run(program)
    assert whole.returncode == 0, whole.stderr
    done, cut = run(program, limit=len(output) - 3)
    assert len(cut) == len(output) - 3
    assert done.returncode == 1
    assert "The output or a file cannot be used: [Errno 27] File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


FILES = {
    "report of the tap": ("tap-ninox", "report_path", "{folder}/report.json", 1000),
    "batches of the tap": ("tap-ninox", "batch_config", {"storage": {"root": "file://{folder}"}}, 50),
    "report of the target": ("target-ninox", "report_path", "{folder}/report.json", 50),
    "rejects of the target": ("target-ninox", "rejects_path", "{folder}/rejects.jsonl", 50),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_for_which_there_is_no_room_is_named(run, tmp_path, what):
    program, setting, value, limit = FILES[what]
    value = json.loads(json.dumps(value).replace("{folder}", str(tmp_path)))
    bad = [LINES[0], *records("customers", [{"Name": "new", "Amount": "none"}])]
    bad[0]["schema"]["properties"]["Amount"] = {"type": ["string", "null"]}
    done, _ = run(program, limit, bad, is_file=False, **{setting: value})
    assert done.returncode == 1
    [error] = [line for line in done.stderr.splitlines() if "File too large" in line and "UserWarning" not in line]
    assert "report.json" in error or "rejects.jsonl" in error or "tap-ninox--ninox_databases" in error
    assert "Traceback" not in done.stderr
