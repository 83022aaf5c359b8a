"""The `singer-ninox` command, with a tool behind each of its words."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from ninox_singer.cli import run_command

_CONFIG = "file with the settings of {}; default: ENV, the variables and .env"
RUNS_PER_DAY = 24.0


def main() -> None:
    """Run a tool."""
    arguments = _parser().parse_args()
    logging.basicConfig(format="%(message)s", level=logging.WARNING, force=True)
    run_command("singer-ninox", lambda: arguments.load(arguments), files=arguments.files)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="singer-ninox", description="Tools for tap-ninox and target-ninox.")
    tools = parser.add_subparsers(required=True, metavar="TOOL")
    inspect = tools.add_parser(
        "inspect",
        help="what a key can see, and what syncing it would cost in API calls",
        description="Shows databases, tables and fields that the key of tap-ninox can see, what becomes of them, and "
        "what syncing them costs in API calls. No record is read.",
    )
    inspect.add_argument("--config", default="ENV", help=_CONFIG.format("tap-ninox"))
    inspect.add_argument("--catalog", type=Path, help="file with a catalog; default: what --discover would select")
    inspect.add_argument("--as", dest="form", choices=["text", "json", "html"], default="text", help="default: text")
    inspect.add_argument("--runs-per-day", type=_positive, default=RUNS_PER_DAY, help="the schedule; default: 24")
    inspect.set_defaults(load=_load_inspect, files="--config or --catalog")

    page = tools.add_parser(
        "page",
        help="what runs did, as an HTML page",
        description="Makes one HTML page of the reports of runs, and prints it.",
    )
    page.add_argument("reports", nargs="+", type=Path, help="files that report_path named; .jsonl: rejects_path")
    page.set_defaults(load=_load_page, files="the word page")

    suggest = tools.add_parser(
        "suggest",
        help="how a stream meets the fields of a Ninox table, and the configuration of target-ninox for it",
        description="Reads Singer messages from the standard input and the schema of the database that target-ninox is "
        "set to, and prints how properties meet fields and what to configure. It writes nothing to Ninox.",
    )
    suggest.add_argument("--config", default="ENV", help=_CONFIG.format("target-ninox"))
    suggest.set_defaults(load=_load_suggest, files="--config")

    probe = tools.add_parser(
        "probe",
        help="what your Ninox answers that nobody outside knows",
        description="Asks a live Ninox what nobody outside knows, with at most 60 calls, and prints what that changes "
        "for you. It only reads, unless --scratch names a table. The report holds no name, value, id or address.",
    )
    probe.add_argument("--config", default="ENV", help=_CONFIG.format("tap-ninox"))
    probe.add_argument(
        "--json", action="store_true", help="print the report for an issue; the table goes to the screen"
    )
    probe.add_argument("--database", help="database to ask, by id or name; default: the first one")
    probe.add_argument("--table", help="table to read, by id or name; default: up to four that show most")
    probe.add_argument("--scratch", metavar="TABLE", help="an empty table that you made for this, to write into")
    probe.set_defaults(load=_load_probe, files="--config")
    return parser


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above zero")  # noqa: EM102, TRY003 (argparse shows it)
    return number


def _file(config: str) -> Path | None:
    return None if config == "ENV" else Path(config)


def _load_inspect(arguments: argparse.Namespace) -> Callable[[], object]:
    from ninox_tools.inspection.forms import print_inspection  # noqa: PLC0415 (slow to import)

    config, catalog, runs = _file(arguments.config), arguments.catalog, arguments.runs_per_day
    return lambda: print_inspection(arguments.form, config=config, catalog=catalog, runs_per_day=runs)


def _load_page(arguments: argparse.Namespace) -> Callable[[], object]:
    from ninox_tools.pages.runs import print_page  # noqa: PLC0415 (the others need none)

    return lambda: print_page(arguments.reports)


def _load_suggest(arguments: argparse.Namespace) -> Callable[[], object]:
    from ninox_tools.suggest import suggest  # noqa: PLC0415 (slow to import)

    return lambda: suggest(sys.stdin.buffer, sys.stdout, config=_file(arguments.config))


def _load_probe(arguments: argparse.Namespace) -> Callable[[], object]:
    from ninox_tools.probe.command import print_probe  # noqa: PLC0415 (slow to import)

    return lambda: print_probe(
        config=_file(arguments.config), database=arguments.database, table=arguments.table, scratch=arguments.scratch,
        as_json=arguments.json,
    )  # fmt: skip


if __name__ == "__main__":
    main()
