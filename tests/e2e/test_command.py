"""The `tap-ninox` command as a new user meets it: what stderr says, and the exit code.

Processes are forked from one that has imported the command; where its own start or end matters, it is a new one.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from ninox_simulator.server import Simulator
from tests.helpers.commands import COMMAND, run
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customers, database, field, shop, table, team

CANARY = "canary-7f3a-token"

pytestmark = [pytest.mark.e2e, pytest.mark.ninox(token=CANARY)]


def tap(*arguments, config=None, tmp_path=None, env=None):
    command = ["tap-ninox", *arguments]
    if config is not None:
        path = tmp_path / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        command += ["--config", str(path)]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TAP_NINOX_")}
    return run(command, env=clean | (env or {}))


@pytest.fixture
def config(simulator):
    return {"api_url": simulator.url, "auth_token": CANARY, "max_retries": 0}


def error_lines(result):
    return [line for line in result.stderr.splitlines() if "ERROR" in line]


def test_about_lists_every_setting_and_hides_none():
    done = subprocess.run(
        [*COMMAND, "tap-ninox", "--about", "--format=json"], capture_output=True, text=True, timeout=60, check=True
    )
    about = json.loads(done.stdout)
    assert about["name"] == "tap-ninox"
    assert {"auth_token", "api_url", "team", "tables", "deletes"} <= set(about["settings"]["properties"])


def test_discover_prints_a_catalog_that_sync_accepts(config, tmp_path):
    result = tap("--discover", config=config, tmp_path=tmp_path)
    assert result.returncode == 0, result.stderr
    (tmp_path / "catalog.json").write_text(result.stdout, encoding="utf-8")
    synced = tap("--catalog", str(tmp_path / "catalog.json"), config=config, tmp_path=tmp_path)
    assert synced.returncode == 0, synced.stderr
    rows = [json.loads(line) for line in synced.stdout.splitlines()]
    assert [m["record"]["_id"] for m in rows if m["type"] == "RECORD" and m["stream"] == "shop__customers"] == [1, 2, 3]


def test_state_is_taken_from_a_file(config, tmp_path):
    first = tap(config=config, tmp_path=tmp_path)
    states = [json.loads(line)["value"] for line in first.stdout.splitlines() if '"STATE"' in line]
    (tmp_path / "state.json").write_text(json.dumps(states[-1]), encoding="utf-8")
    second = tap("--state", str(tmp_path / "state.json"), config=config, tmp_path=tmp_path)
    assert second.returncode == 0
    assert '"RECORD"' not in second.stdout


def test_test_mode_reads_a_record_of_each_stream_and_calls_nothing_an_error(simulator, config, tmp_path):
    result = tap("--test", config=config, tmp_path=tmp_path)
    assert result.returncode == 0, result.stderr
    assert error_lines(result) == []
    assert result.stdout.count('"RECORD","stream":"shop__customers"') == 1
    assert "ACTIVATE_VERSION" not in result.stdout


def test_settings_come_from_the_environment(simulator):
    result = tap("--config=ENV", "--discover", env={"TAP_NINOX_API_URL": simulator.url, "TAP_NINOX_AUTH_TOKEN": CANARY})
    assert result.returncode == 0, result.stderr
    assert "shop__customers" in result.stdout


@pytest.mark.parametrize("mode", [(), ("--discover",)], ids=["sync", "discover"])
@pytest.mark.parametrize("runner", ["meltano", "a person"])
def test_a_name_of_nothing_among_others_is_told_once_and_what_is_there_comes(config, tmp_path, mode, runner):
    """Meltano would not begin to load what is there; the sync that follows ends with exit code 1."""
    config = {**config, "databases": ["Shop", "Shpo"]}
    result = tap(
        *mode,
        config=config,
        tmp_path=tmp_path,
        env={"MELTANO_EXTRACTOR_NAME": "tap-ninox"} if runner == "meltano" else {},
    )
    assert result.returncode == (0 if (mode, runner) == (("--discover",), "meltano") else 1)
    assert "shop__customers" in result.stdout
    assert result.stderr.count("databases: nothing is called 'Shpo'. Did you mean 'Shop'?") == 1
    told = "Settings name what is not there (databases): see the warnings above."
    assert [told in line for line in error_lines(result)] == [True] * result.returncode


MISTAKES = {
    "no key": ({"auth_token": None}, "auth_token: missing. Make an API key in Ninox"),
    "empty key": ({"auth_token": ""}, "auth_token: missing. Make an API key"),
    "wrong key": ({"auth_token": "nope"}, "HTTP 401. Check auth_token or auth_token_file"),
    "unknown team": ({"team": "Taem"}, "team: nothing is called 'Taem'. Did you mean 'Team'?"),
    "unknown database": ({"databases": ["Shpo"]}, "databases: nothing is called 'Shpo'. Did you mean 'Shop'?"),
    "unknown table": ({"tables": ["Customer"]}, "tables: nothing is called 'Customer'. Did you mean 'Customers'?"),
    "nobody listens": ({"api_url": "http://127.0.0.1:9/v1"}, "no connection to http://127.0.0.1:9/v1"),
    "plain http": ({"api_url": "http://ninox.example.com/v1"}, "plain http would send the key unprotected"),
    "Ninox 4": ({"api_url": "https://go.ninox.com/api/v1"}, "go.ninox.com is Ninox 4"),
    "typo in a setting": ({"tabels": ["A"]}, "tabels: there is no such setting. Did you mean 'tables'?"),
    "a password that cannot be sent": ({"database_passwords": {"Shop": "71104711€"}}, "the password of 'Shop' holds a"),
    "wrong type": ({"max_api_calls": "many"}, "max_api_calls: give a whole number"),
    "key of a wrong type": ({"auth_token": 71104711}, "auth_token: give a text"),
}


@pytest.mark.parametrize("mode", [(), ("--discover",)], ids=["sync", "discover"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_clear_error_without_a_traceback(config, tmp_path, mistake, mode):
    change, message = MISTAKES[mistake]
    changed = {key: value for key, value in {**config, **change}.items() if value is not None}
    result = tap(*mode, config=changed, tmp_path=tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    told = [line for line in error_lines(result) if "Config validation failed" not in line]
    assert len(told) == 1, result.stderr
    assert message in told[0]
    assert "71104711" not in result.stderr


def test_a_config_file_that_is_not_json_is_one_error(tmp_path):
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    result = tap("--config", str(tmp_path / "bad.json"))
    assert result.returncode == 1
    assert f"The file of --config ('{tmp_path}/bad.json') is not JSON" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("given", [["--state", "{path}"], ["--catalog={path}"]], ids=str)
@pytest.mark.parametrize("content", ['{\r\n "a": tru\r\n}', ""])
def test_which_of_the_files_is_not_json_is_told(config, tmp_path, given, content):
    path = tmp_path / "bad.json"
    path.write_bytes(content.encode())
    result = tap(*(part.format(path=path) for part in given), config=config, tmp_path=tmp_path)
    (told,) = error_lines(result)
    option = given[0].partition("=")[0]
    assert f"The file of {option} ('{path}') is {'not JSON: Expecting value: line 2' if content else 'empty'}" in told


def test_a_config_file_that_is_not_there_is_one_error(tmp_path):
    result = tap("--config", "nowhere.json")
    (told,) = error_lines(result)
    assert f"--config: there is no file 'nowhere.json', seen from {Path.cwd()}." in told


@pytest.mark.parametrize("option", ["--config", "--catalog", "--state"])
def test_a_file_that_a_shell_wrote_as_utf_16_is_one_error(config, tmp_path, option):
    (tmp_path / "bad.json").write_text("{}", encoding="utf-16")
    result = tap(option, str(tmp_path / "bad.json"), config=config, tmp_path=tmp_path)
    assert result.returncode == 1
    (told,) = error_lines(result)
    assert f"The file of {option} ('{tmp_path}/bad.json') is not text in UTF-8" in told
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("fault", ["html", "malformed", "truncate"])
def test_an_answer_that_is_not_json_is_one_error_that_says_so(simulator, config, tmp_path, fault):
    simulator.faults.add(fault)
    result = tap(config=config, tmp_path=tmp_path)
    assert result.returncode == 1
    (told,) = error_lines(result)
    assert "brought no usable answer" in told
    assert "Traceback" not in result.stderr


def test_a_locked_database_is_one_warning_and_the_others_are_read(tmp_path):
    archive = database({"A": customers()}, {}, id="db0000000002", name="Archiv", password="canary-password")
    with Simulator(seed=team(shop(3)[0].databases[0], archive)) as simulator:
        base = {"api_url": simulator.url, "auth_token": simulator.token, "max_retries": 0}
        without = tap(config=base, tmp_path=tmp_path)
        wrong = tap(config={**base, "database_passwords": {"Archiv": "canary-wrong"}}, tmp_path=tmp_path)
        right = tap(config={**base, "database_passwords": {"Archiv": "canary-password"}}, tmp_path=tmp_path)
    for result in (without, wrong):
        assert result.returncode == 0
        assert result.stderr.count("Database 'Archiv' is skipped") == 1
        assert result.stdout.count('"RECORD","stream":"shop__customers"') == 3
    assert "Archiv" not in right.stderr
    assert not any("canary" in result.stderr + result.stdout for result in (without, wrong, right))


def test_an_unknown_field_type_is_one_warning_and_its_values_arrive_as_text(tmp_path):
    seed = team(database({"A": customers(C=field("hologram", "Look"), D=field("hologram", "Feel"))}, {}))
    with Simulator(seed=seed) as simulator:
        simulator.store.database(TEAM_ID, DATABASE_ID).create("A", {"C": {"depth": 3}})
        result = tap(config={"api_url": simulator.url, "auth_token": simulator.token}, tmp_path=tmp_path)
    assert result.returncode == 0
    assert result.stderr.count("hologram") == 1
    (record,) = [json.loads(line)["record"] for line in result.stdout.splitlines() if '"RECORD","stream":"shop' in line]
    assert (record["look"], record["feel"]) == ('{"depth":3}', None)


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_neither_key_nor_values_are_in_the_log(config, tmp_path, level):
    result = tap(config=config, tmp_path=tmp_path, env={"TAP_NINOX_LOGLEVEL": level})
    assert result.returncode == 0
    assert CANARY not in result.stderr + result.stdout
    assert "name 2" in result.stdout
    assert "name 2" not in result.stderr


def test_one_table_that_was_never_readable_is_a_warning_and_all_other_rows_come(tmp_path):
    tables = {"A": table("Salaries", A=field("string", "X")), "B": customers()}
    seed = team(database(tables, {"B": list(shop(3)[0].databases[0].records["A"])}, unreadable_tables=["A"]))
    with Simulator(seed=seed) as simulator:
        config = {"api_url": simulator.url, "auth_token": simulator.token, "max_retries": 0}
        result = tap(config=config, tmp_path=tmp_path)
        tested = tap("--test", config=config, tmp_path=tmp_path)
    for ended in (result, tested):
        assert (ended.returncode, error_lines(ended)) == (0, [])
        assert "meltano select tap-ninox --exclude shop__salaries '*'" in ended.stderr
    assert result.stdout.count('"RECORD","stream":"shop__customers"') == 3
    assert "Traceback" not in result.stderr


def test_the_summary_says_what_was_done(config, tmp_path):
    result = tap(config=config, tmp_path=tmp_path)
    assert "shop__customers: 3 rows, 0 deleted, " in result.stderr
    assert "Run: 5 streams, " in result.stderr


def test_an_error_of_discovery_with_a_state_is_the_last_line_where_warnings_are_shown(config, tmp_path):
    """As under Meltano, which has them shown."""
    (tmp_path / "state.json").write_text("{}", encoding="utf-8")
    (tmp_path / "config.json").write_text(json.dumps({**config, "databases": ["Shpo"]}), encoding="utf-8")
    command = [
        *COMMAND,
        "tap-ninox",
        "--config",
        tmp_path / "config.json",
        "--state",
        tmp_path / "state.json",
        "--discover",
    ]
    shown = os.environ | {"PYTHONWARNINGS": "once"}
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=shown)
    assert result.returncode == 1
    assert "databases: nothing is called 'Shpo'" in result.stderr.splitlines()[-1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("program", ["tap-ninox", "target-ninox"])
def test_a_full_disk_is_one_error_without_a_traceback(config, tmp_path, program):
    """Found by the kill tests."""
    target = {**config, "database": "Shop"}
    (tmp_path / "config.json").write_text(json.dumps(config if program == "tap-ninox" else target), encoding="utf-8")
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [*COMMAND, program, "--config", tmp_path / "config.json"],
            input='{"type": "STATE", "value": {"a": 1}}\n', stdout=full, stderr=subprocess.PIPE,
            text=True, timeout=60, check=False,
        )  # fmt: skip
    assert result.returncode == 1
    assert "The output or a file cannot be used: [Errno 28] No space left on device" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr


def test_a_loader_that_ends_first_is_one_line_without_a_traceback(config, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    loader, output = os.pipe()
    os.close(loader)
    with os.fdopen(output, "wb") as pipe:
        result = subprocess.run(
            [*COMMAND, "tap-ninox", "--config", tmp_path / "config.json"],
            stdout=pipe, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert result.returncode == 1
    assert [line.rpartition("| ")[2] for line in error_lines(result)] == [
        "The loader has ended before the tap: its own message says why. The next run goes on."
    ]
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr
