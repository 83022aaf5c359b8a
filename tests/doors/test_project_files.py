"""The files that promise something: they must agree with the code."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import yaml

from ninox_api.config import ConnectionConfig
from ninox_simulator.__main__ import DEFAULT_PORT
from ninox_simulator.server import DEFAULT_TOKEN
from tap_ninox.settings import CONNECTION_PROPERTIES, TAP_PROPERTIES
from tap_ninox.tap import TapNinox

ROOT = Path(__file__).parents[2]
OWN = {item.name: item for item in (*CONNECTION_PROPERTIES, *TAP_PROPERTIES)}


def plugins():
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    return {plugin["name"]: plugin for kind in project["plugins"].values() for plugin in kind}


def test_meltano_needs_no_hub():
    assert {name for name, plugin in plugins().items() if "namespace" not in plugin} == set()


def test_no_tap_goes_on_with_the_tables_and_columns_of_its_first_run():
    """Meltano keeps a catalog otherwise: what is new in the source would be left out without a word."""
    with_catalog = {name: plugin for name, plugin in plugins().items() if "catalog" in plugin.get("capabilities", ())}
    assert {"tap-ninox", "tap-postgres", "tap-spreadsheets"} <= with_catalog.keys()
    assert [name for name, plugin in with_catalog.items() if plugin.get("use_cached_catalog") is not False] == []


def test_meltano_knows_every_setting_of_the_tap_and_which_are_secret():
    settings = {setting["name"]: setting for setting in plugins()["tap-ninox"]["settings"]}
    assert OWN.keys() <= settings.keys()
    about = TapNinox._get_about_info().settings["properties"]
    assert {name.partition(".")[0] for name in settings} <= about.keys()
    secret = {name for name, item in OWN.items() if item.secret}
    assert {name for name, setting in settings.items() if setting.get("sensitive")} == secret


def test_meltano_offers_the_values_that_the_tap_allows():
    for setting in plugins()["tap-ninox"]["settings"]:
        if "options" in setting:
            allowed = OWN[setting["name"]].to_dict()[setting["name"]]["enum"]
            assert [option["value"] for option in setting["options"]] == allowed


def test_meltano_and_the_tap_name_the_same_capabilities():
    assert set(plugins()["tap-ninox"]["capabilities"]) == {capability.value for capability in TapNinox.capabilities}


def test_the_sample_config_is_valid_and_fits_the_simulator():
    settings = json.loads((ROOT / "sample_config.json").read_text(encoding="utf-8"))
    assert settings.keys() <= OWN.keys()
    config = ConnectionConfig.from_settings(settings)
    assert config.api_url == f"http://127.0.0.1:{DEFAULT_PORT}/v1"
    assert config.auth_token == DEFAULT_TOKEN


def test_the_environment_example_names_settings_that_exist_and_holds_no_value():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = dict(line.lstrip("# ").split("=") for line in lines if re.match(r"#? ?[A-Z_]+=", line))
    assert {value for name, value in pairs.items() if name != "TARGET_POSTGRES_PORT"} == {""}
    loader = {
        f"{plugin['namespace']}_{setting['name']}".upper()
        for plugin in (plugins()["target-postgres"], plugins()["target-ninox"], plugins()["tap-postgres"])
        for setting in plugin["settings"]
    }
    assert pairs.keys() <= loader | {f"TAP_NINOX_{name.upper()}" for name in OWN}


def test_files_that_the_documents_have_people_write_are_never_committed():
    """Rejected rows and reports hold values of theirs."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = re.findall(
        r"(?:rejects|report)_path: (\w+\.jsonl?)|> (run\.html)", "".join(page.read_text("utf-8") for page in pages)
    )
    names = {name for pair in named for name in pair if name}
    assert names >= {"rejects.jsonl", "report.json", "run.html"}
    names.add("rejects.20261201T010000Z.jsonl")  # what one that is there already is renamed to
    ask = subprocess.run(["git", "check-ignore", *names], cwd=ROOT, capture_output=True, text=True, check=False)
    assert set(ask.stdout.split()) == names


def test_ci_uses_the_same_door_as_everybody():
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_no_tracked_file_names_a_package_registry():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = [
        name
        for name in listed.splitlines()
        if re.search(
            r"https?://[^\s]*(/simple|pypi|npmjs)", (ROOT / name).read_text(encoding="utf-8", errors="replace")
        )
    ]
    assert set(found) <= {"tests/doors/test_project_files.py"}


def test_the_demo_runs_the_plugins_as_meltano_yml_defines_them():
    """In a file of its own, since users select and set things in the other one."""
    demo = yaml.safe_load((ROOT / "demo" / "meltano.yml").read_text(encoding="utf-8"))
    shown = [plugin for kind in demo["plugins"].values() for plugin in kind]
    assert [plugin["name"] for plugin in shown] == ["tap-ninox", "target-postgres"]
    for plugin in shown:
        defined = plugins()[plugin["name"]]
        assert [one for one in plugin.pop("settings") if one not in defined["settings"]] == []
        assert plugin == {key: defined[key] for key in plugin}
        assert plugin.get("config") == defined.get("config")
