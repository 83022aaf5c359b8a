"""The `singer-ninox` command, with a tool behind each of its words."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ninox_singer.cli import run_command


def main() -> None:
    """Run a tool."""
    parser = argparse.ArgumentParser(prog="singer-ninox", description="Tools for tap-ninox and target-ninox.")
    tools = parser.add_subparsers(dest="tool", required=True, metavar="TOOL")
    suggest = tools.add_parser(
        "suggest",
        help="how a stream meets the fields of a Ninox table, and the configuration of target-ninox for it",
        description="Reads Singer messages from the standard input and the schema of the database that target-ninox is "
        "set to, and prints how properties meet fields and what to configure. It writes nothing to Ninox.",
    )
    suggest.add_argument(
        "--config", help="file with the settings of target-ninox; default: ENV, the variables and .env"
    )
    arguments = parser.parse_args()
    run_command("singer-ninox", lambda: _load(arguments.config), files="--config")


def _load(config: str | None) -> Callable[[], object]:
    from ninox_tools.suggest import suggest  # noqa: PLC0415 (slow to import)

    path = None if config in {None, "ENV"} else Path(str(config))
    return lambda: suggest(sys.stdin.buffer, sys.stdout, config=path)


if __name__ == "__main__":
    main()
