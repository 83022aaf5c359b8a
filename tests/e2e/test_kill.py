"""`kill -9` at any moment of a first load: the next run continues, and the warehouse equals the source."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ninox_simulator.server import Simulator
from tests.helpers.commands import COMMAND
from tests.helpers.run import discover
from tests.helpers.warehouse import assert_equal_to_store, fresh_database
from tests.helpers.wire import record_pages

pytestmark = pytest.mark.e2e

BIN = Path(sys.executable).parent
TABLES = ["Kunden", "Rechnungen", "Rechnungspositionen", "Lagerbewegungen", "Zeiterfassung"]
PAGE = 100
ROW = '{"type":"RECORD","stream":"buero'


@pytest.fixture(scope="module")
def simulator():
    with Simulator(profile="s") as running:
        running.faults.latency_s = 0.01
        yield running


def _write(path, content):
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def _tap_config(simulator, tmp_path):
    config = {"api_url": simulator.url, "auth_token": simulator.token, "tables": TABLES, "page_size": PAGE}
    return _write(tmp_path / "tap.json", config)


def _target_config(warehouse, tmp_path):
    settings = {
        "host": warehouse.host, "port": warehouse.port, "user": warehouse.user, "password": warehouse.password,
        "database": warehouse.database, "default_target_schema": "tap_ninox", "load_method": "upsert",
        "validate_records": False, "add_record_metadata": True, "activate_version": True,
    }  # fmt: skip
    return _write(tmp_path / "target.json", settings)


def _pipe(simulator, warehouse, tmp_path, *, state, kill_after_s=None):
    """Run tap | target, kill the tap after a while if asked to; return the last state the target confirmed."""
    arguments = [*COMMAND, "tap-ninox", "--config", _tap_config(simulator, tmp_path)]
    if state is not None:
        arguments += ["--state", _write(tmp_path / "state.json", state)]
    with (tmp_path / "log").open("ab") as log:
        tap = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log)
        target = subprocess.Popen(
            [BIN / "target-postgres", "--config", _target_config(warehouse, tmp_path)],
            stdin=tap.stdout, stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ,
        )  # fmt: skip
        tap.stdout.close()
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            tap.kill()
        output, _ = target.communicate(timeout=120)
        tap.wait(timeout=10)
    states = [line for line in output.splitlines() if line.strip()]
    return tap.returncode, json.loads(states[-1]) if states else state


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.prove) for seed in range(1, 12))])
def test_a_killed_first_load_continues_and_ends_equal(seed, simulator, postgres, tmp_path):
    warehouse = fresh_database(postgres)
    chance = random.Random(seed)
    catalog = discover(simulator, tables=TABLES)
    state = None
    for _ in range(3):
        _, state = _pipe(simulator, warehouse, tmp_path, state=state, kill_after_s=chance.uniform(0.6, 1.6))
    code, state = _pipe(simulator, warehouse, tmp_path, state=state)
    assert code == 0, (tmp_path / "log").read_text()
    assert_equal_to_store(warehouse, simulator.store, catalog)


@pytest.mark.parametrize("states", [1, 5])
def test_a_killed_tap_reads_at_most_one_page_per_table_again(states, simulator, tmp_path):
    config = _tap_config(simulator, tmp_path)
    needed = len(_pages_of(simulator, config, state=None))
    output = _killed_after(config, states, tmp_path / "output")
    rows = [line for line in output.splitlines() if line.startswith(ROW)]
    state = _write(tmp_path / "state.json", _whole_states(output)[-1])
    rest = _pages_of(simulator, config, state=state)
    assert rows
    assert len(rest) <= needed - len(rows) // PAGE + 2 * len(TABLES)
    assert len(rest) <= needed


def _killed_after(config, states, output):
    """Run the tap, kill it once it has written so many states of tables; return what it wrote."""
    with output.open("wb") as file:
        tap = subprocess.Popen([*COMMAND, "tap-ninox", "--config", config], stdout=file, stderr=subprocess.DEVNULL)
        while len(_whole_states(_text(output))) < states:
            assert tap.poll() is None, "the tap ended before it could be killed"
            time.sleep(0.005)
        tap.kill()
        tap.wait(timeout=10)
    return _text(output)


def _text(file):
    return file.read_bytes().decode(errors="replace")  # the end may be cut inside a character


def _whole_states(output):
    """Return the states behind the first row of a table."""
    lines = output.split("\n")[:-1]  # what follows the last line end was cut off
    first = next((number for number, line in enumerate(lines) if line.startswith(ROW)), len(lines))
    return [json.loads(line)["value"] for line in lines[first:] if line.startswith('{"type":"STATE"')]


def _pages_of(simulator, config, *, state):
    simulator.log.clear()
    arguments = [*COMMAND, "tap-ninox", "--config", config, *(["--state", state] if state else [])]
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return record_pages(simulator)
