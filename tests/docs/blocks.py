"""The fenced blocks of a page of documentation, and running those that say so.

The comment before a block says what a test does with it:

- `<!-- run -->` a shell command: run with all others of its page, in one shell in a folder of its own;
- `<!-- shows -->` what the command before it prints; `…` stands for lines left out;
- `<!-- sql -->` a query: run on a PostgreSQL that holds the sample company;
- `<!-- settings: tap-ninox -->` settings of a command (or `target-ninox`), in YAML: checked against its schema;
- `<!-- not run: reason -->` none of these.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PORT = "8900"
"""The port in the documents; tests take a free one instead."""

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
_UNSTEADY = re.compile(r"\b\d+\.\d+ s\b|\b\d{4}-\d\d-\d\d[T ][\d:.]+Z?")
"""Durations and moments; all other numbers must be those that are printed."""
_NEXT = "---next-block---"
_FILES = ("meltano.yml", "sample_config.json", "docs/hub/tap-ninox.yml", "docs/hub/target-ninox.yml")


class Block(NamedTuple):
    mark: str
    language: str
    text: str


def pages():
    """Return all pages whose blocks are marked."""
    folders = (ROOT / "docs" / name for name in ("how-to", "reference", "explanation", "hub"))
    found = [path for folder in folders for path in folder.glob("*.md")]
    return sorted([*found, *(ROOT / "docs").glob("t*.md"), ROOT / "README.md", ROOT / "README.de.md"])


def blocks(page):
    return [Block(*(found[name] or "" for name in Block._fields)) for found in _BLOCK.finditer(page.read_text("utf-8"))]


def run_page(page, folder, *, port, environment):
    """Run a page's commands in one shell; return what each block printed.

    Args:
        page: The page.
        folder: Where to run; gets the repository's files that commands mention.
        port: What stands for the simulator's port.
        environment: Settings of the commands.
    """
    for name in _FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    config = folder / "sample_config.json"
    config.write_text(config.read_text("utf-8").replace(PORT, port), "utf-8")
    scripts = [block.text.replace(PORT, port) for block in blocks(page) if block.mark == "run"]
    script = "set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
    script += "".join(f"{text}\necho {_NEXT}\n" for text in scripts)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("TAP_", "TARGET_", "MELTANO_"))}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={
            **inherited,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "1",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "NO_COLOR": "1",
            **environment,
        },
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{page.name}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout.split(f"{_NEXT}\n")


def shape(text):
    """Return the lines of what was printed, with all durations, moments, blanks and rules alike."""
    lines = (" ".join(_UNSTEADY.sub("#", line).split()) for line in text.splitlines())
    return [re.sub("-{3,}", "---", line) for line in lines if line]


def missing(shown, printed):
    """Return the lines of a shown text that were not printed, in this order."""
    rest = iter(shape(printed))
    return [line for line in shape(shown) if line != "…" and line not in rest]  # goes on behind the line it found
