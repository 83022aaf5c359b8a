"""The settings table of the README, made from the code: `python -m tests.docs.settings_table` writes it anew."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ninox_api.config import DEFAULT_USER_AGENT
from tap_ninox.settings_schema import CONNECTION_PROPERTIES, TAP_PROPERTIES

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"
_BETWEEN = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)


def table():
    lines = ["| Setting | Default | Meaning |", "|---|---|---|"]
    for item in (*CONNECTION_PROPERTIES, *TAP_PROPERTIES):
        schema = item.to_dict()[item.name]
        default = "required" if not item.optional else _default(schema)
        lines.append(f"| `{item.name}`{', secret' if item.secret else ''} | {default} | {schema['description']} |")
    return "\n".join(lines) + "\n"


def _default(schema):
    if "default" not in schema:
        return "–"
    value = schema["default"]
    if value == DEFAULT_USER_AGENT:
        return "`singer-ninox/<version>`"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def written():
    return _BETWEEN.search(README.read_text(encoding="utf-8")).group()


if __name__ == "__main__":
    README.write_text(_BETWEEN.sub(lambda _: table(), README.read_text(encoding="utf-8")), encoding="utf-8")
