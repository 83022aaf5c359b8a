"""The simulator with a benchmark's tables, in a process of its own.

`python -m benchmarks.served TABLES ROWS FIELDS LATENCY`; rows and fields are per table, latency is in seconds.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from benchmarks.dataset import DATABASE_ID, TEAM_ID

CONTROL_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Served:
    """A running simulator.

    Attributes:
        url: Address of the API, up to and including `/v1`.
    """

    url: str
    token: str = "simulator-key"  # noqa: S105 (the simulator's own)

    @property
    def database_path(self) -> str:
        """Path of the database, below `url`."""
        return f"teams/{TEAM_ID}/databases/{DATABASE_ID}"

    def calls(self) -> dict[str, int]:
        """Return the API calls since the last question: method → number."""
        entries = self._control("GET", "log")["entries"]
        self._control("DELETE", "log")
        methods = [entry["method"] for entry in entries]
        return {method: methods.count(method) for method in sorted(set(methods))}

    def records(self, table_id: str) -> list[dict[str, Any]]:
        """Return the records of a table as they are stored."""
        return list(self._control("GET", f"records?database={DATABASE_ID}&table={table_id}"))

    def keep(self) -> None:
        """Remember the tables as they are now."""
        self._control("POST", "backup")

    def restore(self) -> None:
        """Go back to the tables that were kept."""
        self._control("POST", "restore")

    def _control(self, method: str, name: str) -> Any:
        address = f"{self.url.removesuffix('/v1')}/_simulator/{name}"
        response = requests.request(method, address, timeout=CONTROL_TIMEOUT_S)
        response.raise_for_status()
        return response.json()


@contextmanager
def served(*, tables: int, rows: int, fields: int = 10, latency_s: float = 0.0) -> Iterator[Served]:
    """Serve tables on a free port; `rows` and `fields` are per table, `latency_s` is added to every answer."""
    command = [sys.executable, "-m", "benchmarks.served", *map(str, (tables, rows, fields, latency_s))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or not (url := process.stdout.readline().strip()):
                message = "The simulator did not start; see the lines above."
                raise RuntimeError(message)
            yield Served(url)
        finally:
            process.terminate()


def main(tables: str, rows: str, fields: str, latency_s: str) -> None:
    """Serve until ended."""
    from benchmarks.dataset import team  # noqa: PLC0415 (the rest serves the process that starts this one)
    from ninox_simulator.server import Simulator  # noqa: PLC0415

    simulator = Simulator(team(tables=int(tables), rows=int(rows), fields=int(fields)))
    simulator.faults.latency_s = float(latency_s)
    simulator.open()
    gc.freeze()
    print(simulator.url, flush=True)
    simulator.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
