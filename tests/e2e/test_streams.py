"""Closed streams, and outputs that are not UTF-8: a sentence or a good end, never a traceback."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ninox_simulator.server import Simulator
from tests.helpers.run import records, schema, stored, target_settings
from tests.helpers.seeds import database, shop, table, team

BIN = Path(sys.executable).parent
CUSTOMER = [schema("customers", ["Name"], Name="string"), *records("customers", [{"Name": "new"}])]

pytestmark = pytest.mark.e2e


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a command as a shell does, with streams redirected."""

    def run(simulator, command, redirected="", *, messages=(), **environment):
        config = tmp_path / "config.json"
        settings = target_settings(simulator)
        if not command.startswith("target"):
            del settings["database"]
        config.write_text(json.dumps(settings), encoding="utf-8")
        name, *arguments = command.split()
        words = [str(BIN / name), *arguments, "--config", str(config)]
        return subprocess.run(
            ["sh", "-c", f"exec {shlex.join(words)} {redirected}"],
            input="".join(json.dumps(message) + "\n" for message in messages).encode(),
            capture_output=True, timeout=60, check=False, env={**os.environ, **environment},
        )  # fmt: skip

    return run


@pytest.mark.parametrize("command", ["tap-ninox", "target-ninox", "tap-ninox --discover"])
def test_without_an_output_nothing_begins(run, command):
    with Simulator(seed=shop(2)) as simulator:
        done = run(simulator, command, ">&-", messages=CUSTOMER)
        assert done.returncode == 1
        assert b"Standard output is closed, where the messages go." in done.stderr
        assert b"Traceback" not in done.stderr
        assert simulator.log.entries == []


def test_without_a_log_the_tap_sends_all_the_same(run):
    with Simulator(seed=shop(2)) as simulator:
        done = run(simulator, "tap-ninox", "2>&-")
    assert done.returncode == 0
    assert b'"name":"name 2"' in done.stdout


@pytest.mark.parametrize(("redirected", "rows"), [("2>&-", 3), ("<&-", 2)])
def test_the_target_takes_its_input_from_nowhere_else(run, redirected, rows):
    with Simulator(seed=shop(2)) as simulator:
        done = run(simulator, "target-ninox", redirected, messages=CUSTOMER)
        assert done.returncode == 0
        assert len(stored(simulator)) == rows
        assert (b"Standard input is closed" in done.stderr) == (redirected == "<&-")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("command", ["tap-ninox --discover", "singer-ninox inspect", "tap-ninox"])
def test_a_pipe_gets_utf_8_whatever_the_system_prefers(run, command, encoding):
    with Simulator(seed=team(database({"A": table("Größen 価格", A={"base": "string", "caption": "€"})}))) as simulator:
        done = run(simulator, command, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert {"価格", r"\u4fa1\u683c"} & set(re.findall(r"価格|\\u4fa1\\u683c", done.stdout.decode("utf-8")))
