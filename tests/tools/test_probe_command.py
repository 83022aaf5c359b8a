"""`singer-ninox probe` as a command: its settings, mistakes in them, and what it prints."""

from __future__ import annotations

import json

import pytest

from ninox_simulator.switches import read_report
from ninox_tools.probe.command import read_configuration
from tests.helpers.commands import run
from tests.helpers.probing import SCRATCH_NAME, company
from tests.helpers.seeds import TEAM_ID


def command(stage, tmp_path, *options, env=None, **settings):
    path = tmp_path / "probe.json"
    path.write_text(json.dumps({"auth_token": stage.token, "api_url": stage.url, **settings}), encoding="utf-8")
    config = ["--config", path] if env is None else []
    return run(["singer-ninox", "probe", *config, *options], env=env)


def test_the_command_prints_a_table_and_says_first_how_many_calls_it_makes(simulate, tmp_path):
    stage = simulate(company())
    done = command(stage, tmp_path)
    assert done.stderr.splitlines()[0] == f"At most 60 calls to {stage.url}; only reads. Ctrl-C stops it."
    assert done.stdout.startswith("Nothing contradicts what tap-ninox and target-ninox rely on:\n\nQuestion")
    assert done.returncode == 0


def test_a_locked_database_is_asked_with_its_password_and_without_it_the_table_names_that(simulate, tmp_path):
    stage = simulate(company(password="canary-word"))
    assert "put it into `database_passwords`" in " ".join(command(stage, tmp_path).stdout.split())
    done = command(stage, tmp_path, database_passwords={"canary firma": "canary-word"})
    assert done.stdout.startswith("Nothing contradicts")


def test_json_goes_to_the_output_and_the_table_to_the_screen(simulate, tmp_path):
    done = command(simulate(company()), tmp_path, "--json", "--scratch", SCRATCH_NAME)
    assert f"if '{SCRATCH_NAME}' is empty, writes into it and removes what it wrote" in done.stderr.splitlines()[0]
    assert json.loads(done.stdout)["scratch"] is True
    assert "What it changes for you" in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("tool", ["probe", "inspect", "suggest"])
def test_each_tool_reads_a_file_in_utf_16_and_names_one_that_is_not_there(simulate, tmp_path, tool):
    stage = simulate(company())
    path = tmp_path / "config.json"
    shape = {"type": "object", "properties": {"a": {"type": "string"}}}
    stream = json.dumps({"type": "SCHEMA", "stream": "x", "schema": shape, "key_properties": []}) + "\n"
    done = run(["singer-ninox", tool, "--config", path], input=stream)
    assert f"--config: {path} cannot be read: No such file or directory." in done.stderr
    settings = {"auth_token": stage.token, "api_url": stage.url, "team": TEAM_ID}
    settings |= {"database": "Canary Firma"} if tool == "suggest" else {}
    path.write_text(json.dumps(settings), encoding="utf-16")
    done = run(["singer-ninox", tool, "--config", path], input=stream)
    assert (done.returncode, stage.log.entries != []) == (0, True), done.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_files_are_read_as_windows_writes_them(tmp_path, encoding):
    """As PowerShell's `>` does, or an editor with a byte order mark."""
    path = tmp_path / "file.json"
    path.write_text('{"auth_token": "schlüssel", "api_url": "https://ninox.example.org/v1"}', encoding=encoding)
    assert read_configuration(path)["auth_token"] == "schlüssel"
    path.write_text('{"version": 1, "answers": [{"id": "records.multi", "answer": "object"}]}', encoding=encoding)
    assert read_report(path).switches == {"multi": "object"}


def test_settings_are_those_of_the_tap_and_may_stand_in_variables(simulate, tmp_path):
    stage = simulate(company())
    done = command(
        stage,
        tmp_path,
        page_size=100,
        deletes="both",
        flattening_enabled=True,
        databases=["Canary*"],
        full_refresh_interval_hours=24,
    )
    assert done.returncode == 0, done.stderr
    variables = {"TAP_NINOX_AUTH_TOKEN": stage.token, "TAP_NINOX_API_URL": stage.url}
    assert command(stage, tmp_path, env=variables).returncode == 0


@pytest.mark.parametrize(
    ("settings", "variables", "message"),
    [
        ({"api_ulr": "https://ninox.example.org/v1"}, None, "api_ulr: there is no such setting. Did you mean api_url?"),
        (
            {},
            {"TAP_NINOX_API_ULR": "x"},
            "TAP_NINOX_API_ULR: there is no such setting. Did you mean TAP_NINOX_API_URL?",
        ),
        ({"url": "https://ninox.example.org/v1"}, None, "url: there is no such setting."),
        ({}, {"TAP_NINOX_URL": "x"}, "TAP_NINOX_URL: there is no such setting. Did you mean TAP_NINOX_API_URL?"),
        ({}, {"TAP_NINOX_TEAM": "x"}, "--config: name the file with your key."),
        ({"auth_token": ""}, None, "auth_token: missing. Make an API key in Ninox under Settings > Integrations."),
        ({"auth_token": "wrong-canary-key"}, None, "HTTP 401. Check auth_token"),
    ],
)
def test_a_mistake_in_the_settings_is_one_line(simulate, tmp_path, settings, variables, message):
    done = command(simulate(company()), tmp_path, env=variables, **settings)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "canary-key" not in done.stderr + done.stdout


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_nobody_at_the_address(simulate, tmp_path, options):
    done = command(simulate(company()), tmp_path, *options, api_url="http://127.0.0.1:1/v1", max_retries=0)
    assert done.stdout == ""  # no report of nothing, that somebody may send
    assert "no connection to http://127.0.0.1:1/v1" in done.stderr
    assert done.returncode == 1


def test_what_is_left_in_the_scratch_table_is_said_and_ends_with_1(simulate, tmp_path):
    stage = simulate(company())
    stage.faults.add("status", status=403, method="DELETE", times=None)
    done = command(stage, tmp_path, "--scratch", SCRATCH_NAME)
    assert "Could not be removed from the scratch table: records 1, 2, 3" in done.stderr
    assert "Delete them: each held a text that begins with 'singer-ninox probe'." in done.stderr
    assert done.returncode == 1
