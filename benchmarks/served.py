"""The simulator with a benchmark's tables, in a process of its own.

`python -m benchmarks.served TABLES ROWS FIELDS LATENCY`; rows and fields are per table, latency is in seconds.
"""

from __future__ import annotations

import gc
import sys
from contextlib import AbstractContextManager

from ninox_simulator.remote import Remote, running


def served(*, tables: int, rows: int, fields: int = 10, latency_s: float = 0.0) -> AbstractContextManager[Remote]:
    """Serve tables on a free port; `rows` and `fields` are per table, `latency_s` is added to every answer."""
    return running(*map(str, (tables, rows, fields, latency_s)), program=("-m", "benchmarks.served"))


def main(tables: str, rows: str, fields: str, latency_s: str) -> None:
    """Serve until ended."""
    from benchmarks.dataset import team  # noqa: PLC0415 (the rest is for the process that starts this one)
    from ninox_simulator.server import Simulator  # noqa: PLC0415

    simulator = Simulator(team(tables=int(tables), rows=int(rows), fields=int(fields)))
    simulator.faults.latency_s = float(latency_s)
    simulator.open()
    gc.freeze()
    print(simulator.url, flush=True)
    simulator.serve(tied=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
