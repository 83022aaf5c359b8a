"""A person at a terminal sees a bar; a pipe never does."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import threading

import pytest

from ninox_simulator.server import Simulator
from tests.helpers.commands import COMMAND
from tests.helpers.run import records, schema
from tests.helpers.seeds import shop

pytestmark = pytest.mark.e2e


@pytest.fixture
def config(tmp_path):
    with Simulator(seed=shop(40)) as simulator:
        path = tmp_path / "config.json"
        settings = {"api_url": simulator.url, "auth_token": simulator.token, "page_size": 10}
        path.write_text(json.dumps(settings), encoding="utf-8")
        yield str(path)


def run_at_terminal(config, program="tap-ninox", **more):
    ours, theirs = pty.openpty()
    told = bytearray()

    def listen():
        try:
            while piece := os.read(ours, 4096):
                told.extend(piece)
        except OSError:  # Linux: the other side is closed
            return

    listener = threading.Thread(target=listen)
    listener.start()
    result = subprocess.run(
        [*COMMAND, program, "--config", config], stdout=subprocess.PIPE, stderr=theirs, timeout=60, check=False, **more
    )
    os.close(theirs)
    listener.join(timeout=30)
    os.close(ours)
    return result, told.decode()


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end(config):
    result, told = run_at_terminal(config)
    assert result.returncode == 0
    assert "[#####...............]  25% shop__customers: 10 rows" in told
    assert "\r\x1b[K" in told.rpartition("shop__customers: ")[0]
    assert "Run: 5 streams, " in told.splitlines()[-1]
    assert b"\x1b" not in result.stdout


@pytest.mark.parametrize("is_file", [True, False], ids=["of a file", "behind a tap"])
def test_the_target_shows_which_part_of_a_file_is_loaded(tmp_path, is_file):
    """Behind a tap there is no such part, and the terminal's last line may be the tap's."""
    rows = records("customers", [{"Name": f"name {n}"} for n in range(12_000)])
    text = "".join(json.dumps(message) + "\n" for message in [schema("customers", key=["Name"], Name="string"), *rows])
    (tmp_path / "input").write_text(text, encoding="utf-8")
    with Simulator(seed=shop(0)) as simulator, (tmp_path / "input").open("rb") as file:
        settings = {"api_url": simulator.url, "auth_token": simulator.token, "database": "Shop"}
        (tmp_path / "config.json").write_text(json.dumps(settings), encoding="utf-8")
        given = {"stdin": file} if is_file else {"input": text.encode()}
        result, told = run_at_terminal(str(tmp_path / "config.json"), "target-ninox", **given)
    assert result.returncode == 0
    assert ("[########............]  4" in told) is is_file
    assert "12000 created" in told


def test_a_pipe_gets_none(config):
    command = [*COMMAND, "tap-ninox", "--config", config]
    result = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert result.returncode == 0
    assert b"\x1b" not in result.stderr + result.stdout
    assert b"\r" not in result.stderr
