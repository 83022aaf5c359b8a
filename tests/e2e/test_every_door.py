"""Each kind of setting through each door: a file, variables, `.env`; Meltano's file, variables, `.env`, `config set`.

Meltano runs once for all of them, with a program in place of the plugins that keeps what Meltano hands over. What the
plugins make of that is looked at in this process.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import simplejson
import yaml
from filelock import FileLock

from ninox_api.errors import NinoxConfigError
from tap_ninox.tap import TapNinox
from target_ninox.target import TargetNinox

pytestmark = pytest.mark.e2e

PROGRAMS = {"tap-ninox": TapNinox, "target-ninox": TargetNinox}
REPOSITORY = Path(__file__).parents[2]
URL = "https://ninox.example.org/v1"

SETTINGS = {
    "tap-ninox": {
        "auth_token": "a-key",
        "api_url": URL,
        "team": "4711",
        "database_passwords": {"Archiv 2019.1": "p.0815", "Kunden [alt]": "p"},
        "max_api_calls": 500,
        "emit_activate_version_messages": True,
        "databases": ["Büro & Lager", "Shop.de", "[alt]"],
        "aliases": {"db.A": "kunden", "ä ö": "umlaute", "db2.B.C": "feld"},
        "formulas": {"*.total": "number", "shop__x.y": "string"},
        "queries": {"q": {"database": "Shop.de", "query": "select X", "schema": {"a.b": "number"}}},
        "files": {"*": "metadata"},
        "full_refresh_interval_hours": 0.5,
    },
    "target-ninox": {
        "auth_token": "a-key",
        "api_url": URL,
        "database": "Büro & Lager",
        "dry_run": True,
        "max_deletes": 0,
        "file_sources": ["/srv/Fotos, alt", "files.example.org"],
        "streams": {
            "public.orders": {
                "table": "Aufträge v2.0",
                "match_on": ["order.no"],
                "fields": {"order.no": "Nr.", "internal.note": None},
                "references": {"customer.id": "Kunden.Nr"},
                "on_missing": "null",
                "null": "keep",
            },
            "*": {"mode": "insert"},
        },
    },
}

RECORDER = f"""#!{sys.executable}
import json, os, sys
path = sys.argv[sys.argv.index("--config") + 1]
with open(path, encoding="utf-8") as file:
    config = file.read()
with open(os.environ["RECORD_TO"], "w", encoding="utf-8") as file:
    json.dump({{"config": config, "environment": dict(os.environ)}}, file)
print('{{"streams": []}}')  # Meltano asks a tap for its catalog first
"""

MELTANO = """
import json, os, sys
from meltano.cli import cli
from meltano.core.project import Project
as_it_was = dict(os.environ)
for step in json.load(sys.stdin):
    os.environ.clear()
    os.environ.update(as_it_was | step["environment"])
    os.chdir(step["folder"])
    try:
        cli.main(args=step["arguments"], obj={"project": None}, standalone_mode=False)
    except SystemExit as ended:
        print(step["arguments"], ended.code, file=sys.stderr)
    except Exception as error:
        print(step["arguments"], type(error.__context__), file=sys.stderr)
    Project.deactivate()
"""
"""Runs commands of Meltano one after the other; to import it takes longer than each of them."""


def as_text(value):
    """Return a setting as people write it into a variable."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def variables(program):
    prefix = program.upper().replace("-", "_")
    return {f"{prefix}_{name.upper()}": as_text(value) for name, value in SETTINGS[program].items()}


def project(folder, config, *, is_strict=False):
    """Make a project of the repository's own file, with a configuration for each plugin."""
    document = yaml.safe_load((REPOSITORY / "meltano.yml").read_text(encoding="utf-8"))
    if not is_strict:  # as projects are that do not say so
        del document["ff"]
    for plugins in document["plugins"].values():
        for plugin in plugins:
            if plugin["name"] in PROGRAMS:
                plugin["executable"] = "./recorder"
                plugin["config"] = config.get(plugin["name"], {})
    folder.mkdir()
    (folder / "meltano.yml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    (folder / "recorder").write_text(RECORDER, encoding="utf-8")
    (folder / "recorder").chmod(0o755)


def env_file(folder):
    lines = [f"{name}='{value}'\n" for program in PROGRAMS for name, value in variables(program).items()]
    (folder / ".env").write_text("".join(lines), encoding="utf-8")


SET_BY_COMMAND = {
    "tap-ninox": (
        "team",
        "max_api_calls",
        "full_refresh_interval_hours",
        "emit_activate_version_messages",
        "databases",
        "aliases",
        "queries",
    ),
    "target-ninox": ("dry_run", "streams"),
}
"""One of each kind: every command takes its time."""

MELTANO_DOORS = ["its file", "its file as text", "its variables", "its .env", "config set"]
LOSING = {"undefined variables": "$NO_SUCH_VARIABLE", "null": None}
"""What stands in Meltano's file for settings that it then leaves out, or fills with the default."""

LOST = {"tap-ninox": ["api_url", "databases"], "target-ninox": ["api_url", "dry_run", "max_deletes"]}
CONFLICT = {**SETTINGS["tap-ninox"]["aliases"], "db.A.B": "a field of a table that has one, too"}
"""Meltano 4.4 cannot hold a key and a longer one that begins like it, but as JSON text it can."""


@pytest.fixture(scope="module")
def handed_over(tmp_path_factory):
    """What Meltano hands over, by door and program; one worker of pytest-xdist runs it for all."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / "doors"
    with FileLock(f"{folder}.lock"):
        if not (folder / "recorded.json").exists():
            recorded = run_meltano(folder)
            (folder / "recorded.json").write_text(json.dumps(list(recorded.items())), encoding="utf-8")
    recorded = json.loads((folder / "recorded.json").read_text(encoding="utf-8"))
    return {tuple(key) if isinstance(key, list) else key: value for key, value in recorded}


def run_meltano(root):
    """Let Meltano start each program through each door, all in one process; return what it handed over."""
    root.mkdir(exist_ok=True)
    steps = []
    as_texts = {program: {n: as_text(v) for n, v in given.items()} for program, given in SETTINGS.items()}
    as_texts["tap-ninox"]["aliases"] = json.dumps(CONFLICT, ensure_ascii=False)
    losing = {
        door: {program: {**given, **dict.fromkeys(LOST[program], value)} for program, given in SETTINGS.items()}
        for door, value in LOSING.items()
    }
    rest = {p: {n: v for n, v in given.items() if n not in SET_BY_COMMAND[p]} for p, given in SETTINGS.items()}
    configs = {
        "its file": SETTINGS, "its file as text": as_texts, "config set": rest, **losing,
    }  # fmt: skip
    for door in [*MELTANO_DOORS, *LOSING]:
        folder = root / door.replace(" ", "-")
        project(folder, configs.get(door, {}))
        if door == "its .env":
            env_file(folder)
        for program in PROGRAMS:
            environment = {
                "MELTANO_PROJECT_ROOT": str(folder), "MELTANO_CLI_DISABLE_VERSION_CHECK": "1",
                "RECORD_TO": str(folder / f"{program}.json"), **(variables(program) if door == "its variables" else {}),
            }  # fmt: skip
            sets = SET_BY_COMMAND[program] if door == "config set" else ()
            commands = [["config", "set", program, name, as_text(SETTINGS[program][name])] for name in sets]
            steps += [
                {"folder": str(folder), "environment": environment, "arguments": arguments}
                for arguments in [*commands, ["invoke", program]]
            ]
    strict = root / "strict"
    project(strict, {"tap-ninox": {**SETTINGS["tap-ninox"], "databases": "$NO_SUCH_VARIABLE"}}, is_strict=True)
    environment = {"MELTANO_PROJECT_ROOT": str(strict), "RECORD_TO": str(strict / "tap-ninox.json")}
    steps.append({"folder": str(strict), "environment": environment, "arguments": ["invoke", "tap-ninox"]})
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TAP_", "TARGET_", "MELTANO_"))}
    done = subprocess.run(
        [sys.executable, "-c", MELTANO], input=json.dumps(steps), capture_output=True, text=True, timeout=300, env=kept,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert not (strict / "tap-ninox.json").exists()
    recorded = {
        (door, program): json.loads((root / door.replace(" ", "-") / f"{program}.json").read_text(encoding="utf-8"))
        for door in [*MELTANO_DOORS, *LOSING]
        for program in PROGRAMS
    }
    return {**recorded, "a strict project": done.stderr}


def read(program, config, *, reads_environment=False):
    """Return the settings that a plugin makes of a configuration; it does not begin."""
    plugin = PROGRAMS[program].__new__(PROGRAMS[program])
    plugin._config = dict(config)
    if reads_environment:
        plugin._config.update(plugin._env_var_config)
    plugin._validate_config()
    return plugin._config


def put_into_environment(monkeypatch, environment):
    for name, value in environment.items():
        if name.startswith(
            ("TAP_NINOX", "TARGET_NINOX", "MELTANO_EXTRACTOR_NAME", "MELTANO_LOADER_NAME", "MELTANO_PROJECT_ROOT")
        ):
            monkeypatch.setenv(name, value)


@pytest.fixture
def through(handed_over, monkeypatch, tmp_path):
    """Return a function that takes all settings of a program through a door."""

    def take(door, program):
        monkeypatch.chdir(tmp_path)
        if door == "a file":
            (tmp_path / "config.json").write_text(json.dumps(SETTINGS[program]), encoding="utf-8")
            text = (tmp_path / "config.json").read_text(encoding="utf-8")
            return read(program, simplejson.loads(text, use_decimal=True))  # as the SDK does
        if door in {"variables", ".env"}:
            if door == ".env":
                env_file(tmp_path)
                monkeypatch.setattr("os.environ", {})
            else:
                put_into_environment(monkeypatch, variables(program))
            return read(program, {}, reads_environment=True)
        given = handed_over[door, program]
        put_into_environment(monkeypatch, given["environment"])
        return read(program, simplejson.loads(given["config"], use_decimal=True))

    return take


DOORS = ["a file", "variables", ".env", *MELTANO_DOORS]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_setting_arrives_as_it_was_given(through, program, door):
    wanted = SETTINGS[program]
    if (door, program) == ("its file as text", "tap-ninox"):
        wanted = {**wanted, "aliases": CONFLICT}
    settings = through(door, program)
    arrived = {name: settings[name] for name in wanted}
    assert arrived == wanted
    assert {name: type(value) for name, value in arrived.items()} == {n: type(value) for n, value in wanted.items()}


@pytest.mark.parametrize("door", LOSING)
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_meltano_lost_of_its_file_is_not_taken_for_what_nobody_gave(through, program, door):
    """The key would go to the public address, all databases would be read, or a dry run be a real one."""
    with pytest.raises(NinoxConfigError) as caught:
        through(door, program)
    told = [re.match(r"(\w+): (Meltano passes none|it stands in meltano\.yml without a value)", problem)[1]
            for problem in caught.value.errors]  # fmt: skip
    assert sorted(told) == LOST[program]


def test_where_the_project_says_so_no_variable_may_be_undefined(handed_over):
    """Else all `databases` would be read: Meltano leaves the setting out, so that the plugin cannot know."""
    (told,) = [line for line in handed_over["a strict project"].splitlines() if line.startswith("['invoke'")][-1:]
    assert told == "['invoke', 'tap-ninox'] <class 'meltano.core.utils.EnvironmentVariableNotSetError'>"


NEVER_NULL = [
    *(("tap-ninox", name) for name in ("api_url", "team", "databases", "tables")),
    *(("target-ninox", name) for name in ("api_url", "team", "database")),
    *(("target-ninox", name) for name in ("dry_run", "limit_rows", "max_updates", "max_deletes")),
]


@pytest.mark.parametrize(("program", "name"), NEVER_NULL)
def test_what_would_do_something_else_by_default_cannot_be_null(program, name):
    with pytest.raises(NinoxConfigError, match=rf"^{name}: empty \(null\)\. .*A variable that is not defined"):
        read(program, {**SETTINGS[program], name: None})


def test_an_empty_variable_is_no_address(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    put_into_environment(monkeypatch, {**variables("tap-ninox"), "TAP_NINOX_API_URL": " "})
    with pytest.raises(NinoxConfigError, match=r"^api_url: empty\."):
        read("tap-ninox", {}, reads_environment=True)


@pytest.mark.parametrize("runner", ["a person", "Meltano"])
def test_an_object_that_came_empty_is_noticed(caplog, monkeypatch, runner):
    """A person has written it so."""
    if runner == "Meltano":
        monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-ninox")
    read("tap-ninox", {**SETTINGS["tap-ninox"], "aliases": {}})
    told = "aliases is empty. If you gave one, Meltano has lost the keys that have a dot"
    assert (told in caplog.text) is (runner == "Meltano")
