"""The `ninox-simulator` command."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ninox_simulator.remote import Remote
from ninox_simulator.seeds import PROFILES, SAMPLE
from ninox_simulator.switches import NOTHING_SAID, Likeness, parse, read_report

DEFAULT_PORT = 8900


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted, or change a simulator that is running.

    The first line printed is the API's address.

    Returns:
        Exit code: 2 for a mistake in the arguments or a port that is taken.
    """
    try:
        from ninox_simulator.faults import parse as parse_fault  # noqa: PLC0415 (needs the extra `simulator`)

        options = _parser().parse_args(arguments)
        switches, faults = parse(options.switch), [parse_fault(text) for text in options.fault]
        likeness = read_report(options.like) if options.like else NOTHING_SAID
        if options.running:
            remote = Remote(f"http://127.0.0.1:{options.port}/v1")
            remote.switch(**{**likeness.switches, **switches})
            for fault in faults:
                remote.fault(**fault)
            return 0
        return _serve(options, likeness, switches, faults)
    except (ValueError, OSError, ImportError) as error:
        sys.stderr.write(f"ninox-simulator: {_reason(error)}\n")
        return 2


def _serve(
    options: argparse.Namespace, likeness: Likeness, switches: dict[str, str], faults: list[dict[str, Any]]
) -> int:
    from ninox_simulator.server import Simulator  # noqa: PLC0415 (likewise)

    simulator = Simulator(
        options.seed,
        options.profile,
        switches={**likeness.switches, **switches},
        token=options.token,
        port=options.port,
    )
    for fault in faults:
        simulator.faults.add(**fault)
    simulator.faults.latency_s = options.latency
    simulator.faults.parallel_limit = likeness.parallel_limit
    simulator.open()
    print(simulator.url, flush=True)
    if not options.tied:  # a program reads the first line, and may be gone before the second
        print(f"API key: {simulator.token}. Control: /_simulator/ beside /v1. Stop with Ctrl-C.", flush=True)
    sys.stderr.writelines(f"Unlike the report: {sentence}\n" for sentence in likeness.unlike)
    gc.freeze()  # a million records are looked through once, not at every collection
    simulator.serve(tied=options.tied)
    return 0


def _reason(error: Exception) -> str:
    if isinstance(error, ImportError):
        return "the server library is missing; run pip install '.[simulator]' in a clone of singer-ninox"
    return str(error)


def _parser() -> argparse.ArgumentParser:
    from ninox_simulator.faults import KINDS  # noqa: PLC0415 (likewise)

    parser = argparse.ArgumentParser(prog="ninox-simulator", description="A stand-in for the Ninox API, on loopback.")
    parser.add_argument("--version", action="version", version=f"%(prog)s v{version('singer-ninox')}")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 picks a free one (default: %(default)s)")
    parser.add_argument(
        "--seed",
        default=SAMPLE,
        help="blattwerk, empty, bulk:TABLESxROWSxFIELDS, or a JSON file (default: %(default)s)",
    )
    parser.add_argument("--profile", choices=PROFILES, default="s", help="size of blattwerk (default: %(default)s)")
    parser.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one of docs/simulator.md",
    )
    parser.add_argument(
        "--like", type=Path, metavar="REPORT", help="behave as the server did that `singer-ninox probe --json` asked"
    )
    parser.add_argument(
        "--fault", action="append", default=[], metavar="kind=…,…", help="add a fault: " + ", ".join(KINDS)
    )
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="added to every answer")
    parser.add_argument(
        "--running", action="store_true", help="give switches and faults to the simulator that listens on --port"
    )
    parser.add_argument("--tied", action="store_true", help="end when standard input ends, for programs that start it")
    parser.add_argument("--token", default="simulator-key", help="the key to accept (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
