"""The `ninox-simulator` command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ninox_simulator.seeds import PROFILES, SAMPLE
from ninox_simulator.switches import parse

DEFAULT_PORT = 8900


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; the first line printed is the API's address.

    Returns:
        Exit code: 2 for a mistake in the arguments or a port that is taken.
    """
    options = _parser().parse_args(arguments)
    try:
        from ninox_simulator.server import Simulator  # noqa: PLC0415 (needs the extra `simulator`)

        simulator = Simulator(
            options.seed, options.profile, switches=parse(options.switch), token=options.token, port=options.port
        )
        simulator.open()
    except (ValueError, OSError, ImportError) as error:
        sys.stderr.write(f"ninox-simulator: {_reason(error)}\n")
        return 2
    print(simulator.url, flush=True)
    print(f"API key: {simulator.token}. Control: /_simulator/ beside /v1. Stop with Ctrl-C.", flush=True)
    simulator.serve()
    return 0


def _reason(error: Exception) -> str:
    if isinstance(error, ImportError):
        return "the server library is missing; install it with: pip install 'singer-ninox[simulator]'"
    return str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ninox-simulator", description="A stand-in for the Ninox API, on loopback.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 picks a free one (default: %(default)s)")
    parser.add_argument("--seed", default=SAMPLE, help="blattwerk, empty, or a JSON file (default: %(default)s)")
    parser.add_argument("--profile", choices=PROFILES, default="s", help="size of blattwerk (default: %(default)s)")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE", help="set an unknown")
    parser.add_argument("--token", default="simulator-key", help="the key to accept (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
