"""The tables of docs/simulator.md, made from the code: `python -m tests.docs.simulator_page` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

from ninox_simulator.faults import KINDS
from ninox_simulator.switches import SWITCHES

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"


def switches_table():
    lines = ["| Switch | Values (first: default) | What it decides | What is known |", "|---|---|---|---|"]
    for name, switch in SWITCHES.items():
        values = ", ".join(f"`{value}`" for value in switch.values)
        lines.append(f"| `{name}` | {values} | {switch.meaning} | {switch.fact} |")
    return "\n".join(lines) + "\n"


def faults_table():
    lines = ["| Kind | What happens |", "|---|---|"]
    lines += [f"| `{kind}` | {meaning} |" for kind, meaning in KINDS.items()]
    return "\n".join(lines) + "\n"


TABLES = {"switches": switches_table, "faults": faults_table}


def _between(name):
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    return re.compile(f"(?<={re.escape(begin)}).*?(?={re.escape(end)})", re.DOTALL)


def written(name):
    return _between(name).search(PAGE.read_text(encoding="utf-8")).group()


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        text = _between(name).sub(lambda _, table=table: table(), text)
    PAGE.write_text(text, encoding="utf-8")
