"""The simulated Ninox as a process of its own, and its controls."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from devtools.lifetime import tied_program

CONTROL_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class SimulatedNinox:
    """A running simulator."""

    url: str
    token: str

    def next_day(self) -> str:
        """Let people work for a day; return what they did."""
        return str(self._control("POST", "next-day")["done"])

    def reset(self) -> None:
        """Forget what was done in Ninox."""
        self._control("POST", "reset")

    def calls(self) -> int:
        """Return the API calls since the last question."""
        count = int(self._control("GET", "log")["count"])
        self._control("DELETE", "log")
        return count

    def _control(self, method: str, name: str) -> Any:
        address = f"{self.url.removesuffix('/v1')}/_simulator/{name}"
        response = requests.request(method, address, timeout=CONTROL_TIMEOUT_S)
        response.raise_for_status()
        return response.json()


@contextmanager
def running_simulator(profile: str = "s") -> Iterator[SimulatedNinox]:
    """Start a simulator with the sample company on a free port; it ends with this process, too."""
    command = [sys.executable, "-m", "ninox_simulator", "--port", "0", "--profile", profile]
    with tied_program(command, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None or not (url := process.stdout.readline().strip()):
            message = "The simulator did not start; see the lines above."
            raise RuntimeError(message)
        yield SimulatedNinox(url=url, token="simulator-key")  # noqa: S106 (the simulator's own)
