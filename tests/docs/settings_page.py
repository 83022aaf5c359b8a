"""docs/reference/settings.md, made from the code: `python -m tests.docs.settings_page` writes it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.docs.settings_table import table
from tests.hub.definitions import definitions

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"

_INTRODUCTION = """# Settings

Of both commands. In `meltano.yml` under `config`, in a file given with `--config`, or, with `--config=ENV`, as
environment variables: prefix and name in capitals (`TAP_NINOX_AUTH_TOKEN`), lists and objects as JSON, booleans as
`true` or `false`. Variables may stand in a file `.env` in the folder of the command or above it; those of the shell
count more.

What is written is what arrives, through Meltano, too:
keys with dots are put together again where Meltano takes them apart.

An address that is lost because its variable is not defined is an error: no key goes to a public default in its place.

A variable that looks like a setting and is none is named in a warning, with the nearest setting.

Where Meltano ends in `'str' object does not support item assignment`, one key begins like another (`db.A` and
`db.A.B`): give the whole object as JSON text between single quotes.
"""
_OF_STREAMS = "## Of each stream, under `streams.<stream>` of target-ninox\n\n"


def page():
    sections = [_section(document) for document in definitions().values()]
    return "\n".join([_INTRODUCTION, *sections, _OF_STREAMS + table("stream-settings")])


def _section(document):
    required = document["settings_group_validation"][0]
    lines = [f"## {document['name']}", "", "| Setting | Kind | Default | Meaning |", "|---|---|---|---|"]
    for setting in document["settings"]:
        default = "required" if setting["name"] in required else _default(setting)
        kind = " \\| ".join(f"`{option['value']}`" for option in setting.get("options", ())) or setting["kind"]
        secret = ", secret" if setting.get("sensitive") else ""
        lines.append(f"| `{setting['name']}`{secret} | {kind} | {default} | {setting['description']} |")
    return "\n".join(lines) + "\n"


def _default(setting):
    value = setting.get("value")
    return "–" if value is None else f"`{value if isinstance(value, str) else json.dumps(value)}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
