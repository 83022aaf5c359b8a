"""The settings table of the README, made from the code: `python -m tests.docs.settings_table` writes it anew."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tap_ninox.settings import CONFIG_JSONSCHEMA

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"
_BETWEEN = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)


def table():
    required = CONFIG_JSONSCHEMA.get("required", [])
    lines = ["| Setting | Default | Meaning |", "|---|---|---|"]
    for name, schema in CONFIG_JSONSCHEMA["properties"].items():
        default = "required" if name in required else _default(schema)
        lines.append(f"| `{name}`{', secret' if schema.get('secret') else ''} | {default} | {schema['description']} |")
    return "\n".join(lines) + "\n"


def _default(schema):
    if "default" not in schema:
        return "–"
    value = schema["default"]
    return f"`{value if isinstance(value, str) else json.dumps(value)}`".replace("singer-ninox/0.1.0", "singer-ninox/<version>")


def written():
    return _BETWEEN.search(README.read_text(encoding="utf-8")).group()


if __name__ == "__main__":
    README.write_text(_BETWEEN.sub(lambda _: table(), README.read_text(encoding="utf-8")), encoding="utf-8")
