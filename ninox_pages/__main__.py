"""`python -m ninox_pages report.json … > run.html`: the reports of a run as one page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ninox_pages.page import render_page
from ninox_pages.runs import UnknownReportError, rejects_of, run_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the page.

    Returns:
        Exit code: 2 if a file cannot be read or is no report.
    """
    parser = argparse.ArgumentParser(
        prog="python -m ninox_pages",
        description="Show what runs of tap-ninox and target-ninox did, as one page of HTML.",
    )
    parser.add_argument("reports", nargs="+", type=Path, help="files that report_path named; .jsonl: rejects_path")
    paths = parser.parse_args(arguments).reports
    try:
        facts = _facts(paths)
    except (OSError, msgspec.DecodeError, UnknownReportError) as error:
        return _fail(f"{parser.prog}: {_reason(error)}")
    if sys.stdout is None:
        return _fail(f"{parser.prog}: standard output is closed, where the page goes.")
    page = render_page("runs", title="Run report · Ninox", facts=facts)
    sys.stdout.buffer.write(page.encode())  # as the page says itself, whatever the system's encoding
    return 0


def _facts(paths: Sequence[Path]) -> dict[str, Any]:
    lists = [path for path in paths if path.suffix == ".jsonl"]
    lines = [line for path in lists for line in path.read_bytes().splitlines() if line.strip()]
    return {
        "runs": [run_of(path.name, msgspec.json.decode(path.read_bytes())) for path in paths if path not in lists],
        "rejects": rejects_of(msgspec.json.decode(line) for line in lines),
    }


def _fail(problem: str) -> int:
    """Say what is wrong, also where a file's name would steer the terminal."""
    if sys.stderr is not None:
        shown = (part if part.isprintable() else part.encode("unicode_escape").decode() for part in problem)
        sys.stderr.write("".join(shown) + "\n")
    return 2


def _reason(error: Exception) -> str:
    if isinstance(error, msgspec.DecodeError):
        return "a file is not JSON; give the files that report_path and rejects_path named."
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
