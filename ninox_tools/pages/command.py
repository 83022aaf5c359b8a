"""`singer-ninox page report.json … > run.html`: the reports of a run as one page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ninox_api.errors import NinoxError
from ninox_tools.pages.page import render_page
from ninox_tools.pages.runs import rejects_of, run_of


def print_page(paths: Sequence[Path]) -> None:
    """Print the page.

    Args:
        paths: Files that `report_path` named; those in `.jsonl` that `rejects_path` named.

    Raises:
        NinoxError: A file is no report.
        OSError: A file cannot be read.
    """
    try:
        facts = _facts(paths)
    except msgspec.DecodeError:
        message = "A file is not JSON; give the files that report_path and rejects_path named."
        raise NinoxError(message) from None  # its message may quote a value
    page = render_page("runs", title="Run report · Ninox", facts=facts)
    sys.stdout.buffer.write(page.encode())  # as the page says itself, whatever the system's encoding


def _facts(paths: Sequence[Path]) -> dict[str, Any]:
    lists = [path for path in paths if path.suffix == ".jsonl"]
    lines = [line for path in lists for line in path.read_bytes().splitlines() if line.strip()]
    return {
        "runs": [run_of(path.name, msgspec.json.decode(path.read_bytes())) for path in paths if path not in lists],
        "rejects": rejects_of(msgspec.json.decode(line) for line in lines),
    }
