"""The settings tables of the README, made from the code: `python -m tests.docs.settings_table` writes them anew."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tap_ninox.settings_schema import CONNECTION_PROPERTIES, TAP_PROPERTIES
from target_ninox.settings_schema import STREAM_PROPERTIES, TARGET_PROPERTIES

README = Path(__file__).parents[2] / "README.md"
TABLES = {
    "settings": (*CONNECTION_PROPERTIES, *TAP_PROPERTIES),
    "target-settings": TARGET_PROPERTIES,
    "stream-settings": STREAM_PROPERTIES,
}
"""Name of the place in the README → what is told there."""


def table(name):
    lines = ["| Setting | Default | Meaning |", "|---|---|---|"]
    for item in TABLES[name]:
        schema = item.to_dict()[item.name]
        default = "required" if not item.optional else _default(schema)
        lines.append(f"| `{item.name}`{', secret' if item.secret else ''} | {default} | {schema['description']} |")
    return "\n".join(lines) + "\n"


def _default(schema):
    if "default" not in schema:
        return "–"
    value = schema["default"]
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def written(name):
    return _place(name).search(README.read_text(encoding="utf-8")).group()


def _place(name):
    return re.compile(f"(?<=<!-- {name}: begin -->\n).*?(?=<!-- {name}: end -->)", re.DOTALL)


def _rewritten(text):
    for name in TABLES:
        text = _place(name).sub(lambda _, name=name: table(name), text)
    return text


if __name__ == "__main__":
    README.write_text(_rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
