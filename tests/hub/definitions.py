"""Definitions of the plugins for Meltano, made of `--about`: `python -m tests.hub.definitions` writes them.

Which keys, kinds and capabilities a definition may have is the hub's: github.com/meltano/hub, `schemas/`.
"""

from __future__ import annotations

from importlib.metadata import metadata
from pathlib import Path

import yaml

from tap_ninox.command import TapCommand
from target_ninox.target import TargetNinox

FOLDER = Path(__file__).parents[2] / "docs" / "hub"
SDK_SETTINGS = ("stream_maps", "stream_map_config", "flattening_enabled", "flattening_max_depth")
"""Of the SDK's own settings those that every user of Meltano knows."""

_COMMON = {
    "variant": "singer-ninox",
    "pip_url": "singer-ninox",
    "domain_url": "https://ninox.com",
    "maintenance_status": "beta",
    "quality": "unknown",  # the hub's people rate
    "supported_python_versions": [
        classifier.rpartition(" ")[2]
        for classifier in metadata("singer-ninox").get_all("Classifier")
        if classifier.startswith("Programming Language :: Python :: 3.")
    ],
    "keywords": ["meltano_sdk", "ninox", "low-code", "database"],
}

TAP = {
    "name": "tap-ninox",
    "namespace": "tap_ninox",
    "label": "Ninox",
    "description": "Low-code database",
    "definition": "loads the databases of a Ninox workspace and follows their changes, deletions included",
    **_COMMON,
    "executable": "tap-ninox",
    "logo_url": "/assets/logos/extractors/ninox.svg",
    "select": ["*.*"],
    "settings_group_validation": [["auth_token"], ["auth_token_file"]],
    "prereq": "An API key, made in Ninox under Settings > Integrations, of a plan with API access.\n",
    "settings_preamble": "With one workspace the key is the only setting needed. "
    "`tap-ninox --config=ENV --inspect` shows what the key can see and what syncing it costs in API calls.\n",
    "usage": "People change tables and fields in Ninox all the time: set `use_cached_catalog: false`, or new ones "
    "are not noticed.\n",
}

TARGET = {
    "name": "target-ninox",
    "namespace": "target_ninox",
    "label": "Ninox",
    "description": "Low-code database",
    "definition": "writes streams into the tables of a Ninox database: matched by key, and only what differs",
    **_COMMON,
    "executable": "target-ninox",
    "logo_url": "/assets/logos/loaders/ninox.svg",
    "settings_group_validation": [["auth_token", "database"], ["auth_token_file", "database"]],
    "prereq": "An API key, made in Ninox under Settings > Integrations, of a plan with API access. Writing runs the "
    "database's own triggers; try it with `dry_run: true` first.\n",
    "settings_preamble": "A stream goes to the table of its name; `streams` says more.\n",
}


def definition(facts, about):
    """Return the definition of a plugin: what people wrote, and what its command tells of itself."""
    properties = about.settings["properties"]
    writes_batches = "batch" in {capability.value for capability in about.capabilities} and "tap" in facts["executable"]
    of_the_sdk = (*SDK_SETTINGS, *(["batch_config"] if writes_batches else []))
    own = [name for name in properties if not _is_the_sdks(name)]
    return {
        **facts,
        "capabilities": sorted({capability.value for capability in about.capabilities}),
        "settings": [
            _setting(name, properties[name]) for name in (*own, *(name for name in of_the_sdk if name in properties))
        ],
    }


def _is_the_sdks(name):
    return name in (*SDK_SETTINGS, "add_record_metadata") or name.startswith(
        ("faker_config", "flattening_", "batch_config", "stream_map")
    )


def _setting(name, schema):
    setting = {"name": name, "label": schema.get("title", name), "description": schema.get("description", "")}
    setting["kind"] = _kind(schema)
    if schema.get("secret"):
        setting["sensitive"] = True
    if schema.get("enum"):
        setting["options"] = [
            {"label": value.replace("_", " ").capitalize(), "value": value} for value in _values(schema)
        ]
    if "default" in schema:
        setting["value"] = schema["default"]
    return setting


def _values(schema):
    return [value for value in schema["enum"] if value is not None]


def _kind(schema):
    kinds = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    kind = "string" if "string" in kinds else next(iter(kinds - {"null"}))
    if kind in {"number", "array"}:
        return (
            "string"  # Meltano 4.4 ends with a traceback on a fraction or `a, b` in a variable: the plugin reads them
        )
    if schema.get("enum"):
        return "options"
    if schema.get("secret") and kind == "string":
        return "password"
    return kind


def definitions():
    """Return all definitions by file name."""
    return {
        f"{facts['name']}.yml": definition(facts, command._get_about_info())
        for facts, command in ((TAP, TapCommand), (TARGET, TargetNinox))
    }


def as_text(document):
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


if __name__ == "__main__":
    for file_name, document in definitions().items():
        (FOLDER / file_name).write_text(as_text(document), encoding="utf-8")
