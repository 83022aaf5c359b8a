"""docs/reference/settings.md, made from the code: `python -m tests.docs.settings_page` writes it."""

from __future__ import annotations

import json
from pathlib import Path

from ninox_api.config import DEFAULT_USER_AGENT
from tests.hub.definitions import definitions

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"

_INTRODUCTION = """# Settings

Of both commands. In `meltano.yml` under `config`, in a file given with `--config`, or, with `--config=ENV`, as
environment variables: prefix and name in capitals (`TAP_NINOX_AUTH_TOKEN`), lists and objects as JSON.
"""


def page():
    return "\n".join([_INTRODUCTION, *(_section(document) for document in definitions().values())])


def _section(document):
    required = document["settings_group_validation"][0]
    lines = [f"## {document['name']}", "", "| Setting | Kind | Default | Meaning |", "|---|---|---|---|"]
    for setting in document["settings"]:
        default = "required" if setting["name"] in required else _default(setting.get("value"))
        kind = " \\| ".join(f"`{option['value']}`" for option in setting.get("options", ())) or setting["kind"]
        secret = ", secret" if setting.get("sensitive") else ""
        lines.append(f"| `{setting['name']}`{secret} | {kind} | {default} | {setting['description']} |")
    return "\n".join(lines) + "\n"


def _default(value):
    if value is None:
        return "–"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`" if value != DEFAULT_USER_AGENT else "–"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
