"""Keys, passwords and values: searched for in whatever the tap shows or leaves behind, and in what a crash tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ninox_simulator.server import Simulator
from tests.helpers.commands import COMMAND
from tests.helpers.limits import CRASHING_TAP, CRASHING_TARGET
from tests.helpers.run import scripts
from tests.reliability import canaries, tap_operations, target_shop
from tests.reliability.test_secrets import EVERYTHING, ROWS, SCHEMA

pytestmark = pytest.mark.e2e

BATCHES = {"encoding": {"format": "jsonl", "compression": "none"}, "batch_size": 3}


def shop():
    """Whose database has a password, and one value that is not what its field says."""
    [team] = tap_operations.shop()
    [database] = team.databases
    database.password = canaries.PASSWORD
    database.records["A"][0].fields["B"] = f"{canaries.VALUE} is no number"
    return [team]


def told_by(command, tmp_path, **options):
    """Return everything that a command told or left behind, rows and its own settings aside."""
    (tmp_path / "logging.json").write_text(json.dumps(EVERYTHING), encoding="utf-8")
    levels = {"TAP_NINOX_LOGLEVEL": "DEBUG", "TARGET_NINOX_LOGLEVEL": "DEBUG"}
    environment = {**os.environ, **levels, "SINGER_SDK_LOG_CONFIG": str(tmp_path / "logging.json")}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=environment, **options
    )  # fmt: skip
    names = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")]
    report = tmp_path / "report.json"
    lines = [line for line in done.stdout.splitlines() if not line.startswith('{"type":"RECORD"')]
    return done, "\n".join([*lines, done.stderr, *names, report.read_text(encoding="utf-8") if report.exists() else ""])


def config(simulator, tmp_path, **settings):
    given = {
        "api_url": simulator.url, "auth_token": canaries.KEY, "max_retries": 0,
        "database_passwords": {"Shop": canaries.PASSWORD}, "report_path": str(tmp_path / "report.json"), **settings,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    (tmp_path / "config.json").write_text(json.dumps(given), encoding="utf-8")
    return ["--config", str(tmp_path / "config.json")]


def assert_nothing_told(told):
    assert [canary for canary in canaries.told_in(told) if canary != "Bearer "] == []


SYNCS = {
    "report": {},
    "batches": {"batch_config": BATCHES},
    "formulas": {"formulas": {f"*.{tap_operations.FORMULA}": "number"}},
    "queries": {"queries": scripts(tap_operations.QUERY)},
    "deletions": {"deletes": "both"},
}


@pytest.mark.parametrize("case", SYNCS)
def test_reports_states_metrics_and_names_of_files_hold_nothing(case, tmp_path):
    settings = dict(SYNCS[case])
    if case == "batches":
        (tmp_path / "batches").mkdir()
        settings["batch_config"] = {**BATCHES, "storage": {"root": f"file://{tmp_path}/batches", "prefix": "b-"}}
    with Simulator(seed=shop(), token=canaries.KEY) as simulator:
        done, told = told_by([*COMMAND, "tap-ninox", *config(simulator, tmp_path, **settings)], tmp_path)
    assert_nothing_told(told)
    assert done.returncode == 0, done.stderr
    assert '"type":"STATE"' in told
    assert "METRIC: " in told
    assert "Validating config using jsonschema" in told  # told at level DEBUG
    assert "report.json" in told
    if case == "batches":
        contents = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "batches").iterdir())
        assert contents.count(canaries.VALUE) > 10  # where it belongs


SHOWN = [
    ["--about"], ["--about", "--format=json"], ["--about", "--format=markdown"], ["--discover"], ["--test"],
    ["inspect"], ["inspect", "--as=json"], ["inspect", "--as=html"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", SHOWN, ids=" ".join)
def test_what_the_tap_shows_holds_nothing(arguments, tmp_path):
    arguments = [*arguments]
    with Simulator(seed=shop(), token=canaries.KEY) as simulator:
        tool = ["singer-ninox", arguments.pop(0)] if arguments[0] == "inspect" else ["tap-ninox"]
        done, told = told_by([*COMMAND, *tool, *config(simulator, tmp_path), *arguments], tmp_path)
    assert done.returncode == 0, done.stderr
    assert_nothing_told(told)


@pytest.mark.parametrize("arguments", SHOWN[:3], ids=" ".join)
def test_what_the_target_shows_holds_nothing(arguments, tmp_path):
    settings = {"database": "Shop", "api_url": "http://127.0.0.1:9/v1"}
    done, told = told_by([*COMMAND, "target-ninox", *config(Simulator(), tmp_path, **settings), *arguments], tmp_path)
    assert done.returncode == 0, done.stderr
    assert_nothing_told(told)


CRASHES = {"the tap's": CRASHING_TAP, "the target's": CRASHING_TARGET}


@pytest.mark.parametrize("whose", CRASHES)
def test_a_crash_is_told_with_places_but_without_its_message(whose, tmp_path):
    """Found by looking for values in whatever ends a run: Python prints the message of an error that nobody foresaw."""
    seed = shop() if whose == "the tap's" else target_shop.shop()
    settings = {} if whose == "the tap's" else {"database": "Shop"}
    lines = "".join(json.dumps(message) + "\n" for message in (SCHEMA, *ROWS))
    with Simulator(seed=seed, token=canaries.KEY) as simulator:
        command = [sys.executable, "-c", CRASHES[whose], *config(simulator, tmp_path, max_retries=None, **settings)]
        done, told = told_by(command, tmp_path, input=lines)
    assert done.returncode == 1
    assert_nothing_told(told)
    assert "This is a defect of" in told
    assert "KeyError\n" in told
    assert "in crash\n" in told
