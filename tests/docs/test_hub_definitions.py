"""The definitions for Meltano: in the hub's form, true to the commands, and enough for Meltano without a hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from devtools.docs import ROOT, SDK_SETTINGS, definitions
from ninox_simulator.server import Simulator
from tests.docs.blocks import blocks
from tests.helpers.seeds import shop

# What a definition may hold, by the hub's own rules (github.com/meltano/hub, schemas/, read in 2026).
SETTING_KINDS = (
    *("oauth", "hidden", "password", "date_iso8601", "file", "email"),
    *("integer", "options", "object", "array", "boolean", "string", "decimal"),
)
TEXT = {"type": "string", "minLength": 1}
SETTING = {
    "type": "object",
    "required": ["name", "label", "kind", "description"],
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(("name", "label", "description", "placeholder", "documentation", "env"), TEXT),
        "kind": {"enum": list(SETTING_KINDS)},
        "value": {},
        "sensitive": {"type": "boolean"},
        "options": {
            "type": "array",
            "minItems": 2,
            "items": {"type": "object", "required": ["label", "value"], "properties": {"label": TEXT, "value": TEXT}},
        },
    },
}
COMMANDS = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["args"],
        "additionalProperties": False,
        "properties": dict.fromkeys(("args", "executable", "description"), TEXT),
    },
}
CAPABILITIES = {
    "extractors": (
        *("catalog", "discover", "state", "about", "stream-maps", "schema-flattening"),
        *("activate-version", "batch", "test", "log-based", "structured-logging"),
    ),
    "loaders": (
        *("about", "stream-maps", "activate-version", "batch", "soft-delete", "hard-delete", "datatype-failsafe"),
        *("schema-flattening", "target-schema", "validate-records", "structured-logging"),
    ),
}


FOLDER = ROOT / "docs" / "hub"


def hub_schema(kind):
    texts = ("name", "namespace", "label", "variant", "description", "definition", "pip_url", "executable", "logo_url")
    more = ("domain_url", "prereq", "settings_preamble", "usage", "next_steps")
    strings = {"type": "array", "items": TEXT}
    return {
        "type": "object",
        "required": [*texts, "quality", "settings", "capabilities", "settings_group_validation"],
        "additionalProperties": False,
        "properties": {
            **dict.fromkeys((*texts, *more), TEXT),
            "maintenance_status": {"enum": ["active", "beta", "development", "inactive", "unknown"]},
            "quality": {"enum": ["gold", "silver", "bronze", "unknown"]},
            "supported_python_versions": {"type": "array", "items": {"type": "string", "pattern": r"^3\.\d+$"}},
            "keywords": strings,
            **({"select": strings, "commands": COMMANDS} if kind == "extractors" else {}),
            "capabilities": {"type": "array", "items": {"enum": list(CAPABILITIES[kind])}},
            "settings_group_validation": {"type": "array", "items": strings},
            "settings": {"type": "array", "items": SETTING},
        },
    }


def kind_of(name):
    return "extractors" if name.startswith("tap") else "loaders"


@pytest.mark.parametrize("name", sorted(definitions()))
def test_it_is_in_the_form_of_the_hub(name):
    document = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    jsonschema.validate(document, hub_schema(kind_of(name)))
    names = [setting["name"] for setting in document["settings"]]
    assert len(names) == len(set(names))
    assert {one for group in document["settings_group_validation"] for one in group} <= set(names)
    for setting in document["settings"]:
        if "value" in setting and "options" in setting:
            assert setting["value"] in [option["value"] for option in setting["options"]]


@pytest.mark.parametrize("name", sorted(definitions()))
def test_secrets_are_marked_and_have_no_default(name):
    document = definitions()[name]
    secret = {setting["name"]: setting for setting in document["settings"] if setting.get("sensitive")}
    assert {"auth_token", "database_passwords"} <= secret.keys()
    assert [setting for setting in secret.values() if "value" in setting] == []
    assert secret["auth_token"]["kind"] == "password"


def test_the_projects_own_file_knows_the_same_settings_and_kinds():
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    plugins = {plugin["name"]: plugin for kind in project["plugins"].values() for plugin in kind}
    for name, document in definitions().items():
        own = {setting["name"]: setting for setting in plugins[name]["settings"]}
        for setting in document["settings"]:
            assert own[setting["name"]].get("kind", "string") == setting["kind"], setting["name"]
        assert own.keys() == {setting["name"] for setting in document["settings"]}
    assert set(SDK_SETTINGS) <= own.keys()


def test_the_definitions_to_paste_are_those_of_the_projects_own_file():
    """But for what only a project of one's own needs: there, a `pip_url` that is a comment is in force."""
    project = (ROOT / "meltano.yml").read_text("utf-8").replace("# In a project of your own: pip_url", "pip_url")
    project = yaml.safe_load(project.replace("<folder of this repository>", "/path/to/singer-ninox"))["plugins"]
    (pasted,) = (yaml.safe_load(one.text)["plugins"] for one in blocks(FOLDER / "README.md") if one.language == "yaml")
    for kind, plugins in pasted.items():
        assert plugins == [one for one in project[kind] if one["name"] not in definitions()]
        assert all("pip_url" in each for each in plugins)


@pytest.mark.e2e
@pytest.mark.parametrize("name", ["tap-ninox", "target-ninox"])
def test_meltano_adds_the_plugin_from_the_file_and_runs_it_without_a_hub(tmp_path, name):
    (tmp_path / "meltano.yml").write_text("project_id: hub-test\nsend_anonymous_usage_stats: false\n", "utf-8")
    kind = kind_of(name)
    meltano(
        tmp_path, "add", "--plugin-type", kind[:-1], name, "--from-ref", str(FOLDER / f"{name}.yml"), "--no-install"
    )
    project = yaml.safe_load((tmp_path / "meltano.yml").read_text(encoding="utf-8"))
    (plugin,) = project["plugins"][kind]
    assert plugin["namespace"] == name.replace("-", "_")  # a definition of its own: nobody asks a hub
    del plugin["pip_url"]  # the command of this environment, not of a released package
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    with Simulator(seed=shop(2)) as simulator:
        prefix = plugin["namespace"].upper()
        connection = {f"{prefix}_API_URL": simulator.url, f"{prefix}_AUTH_TOKEN": simulator.token}
        if kind == "extractors":
            shown = json.loads(meltano(tmp_path, "invoke", f"{name}:inspect", "--as=json", **connection))
            assert shown["databases"][0]["tables"][0]["stream"] == "shop__customers"
        else:
            shown = json.loads(meltano(tmp_path, "invoke", name, "--about", "--format=json", **connection))
            assert shown["name"] == name


def meltano(folder, *arguments, **environment):
    """Run a command of Meltano in a project; an address that is not of this machine leads nowhere."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("TAP_", "MELTANO_"))}
    done = subprocess.run(
        [sys.executable, "-m", "meltano.cli", *arguments],
        cwd=folder,
        env={
            **inherited,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "1",
            "MELTANO_HUB_URL": "http://127.0.0.1:9",
            **environment,
        },
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
