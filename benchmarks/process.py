"""One run of one command, as the operating system accounts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_TIMED = Path(__file__).parent / "sides" / "timed.py"
_KILOBYTES_PER_MEGABYTE = 1024
_LOG_TAIL = 20


class SideFailedError(RuntimeError):
    """A side ended with an error or did not deliver what it should; holds the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run took, of the whole process with its start.

    Attributes:
        cpu_s: User and system time, children included.
        peak_mb: Largest resident size of one process.
        calls: API calls by method.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    calls: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the figures, rounded to what they are worth."""
        return {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(self).items()}


def run(command: Sequence[str], *, folder: Path, stdin: Path | None = None, stdout: Path | None = None) -> Cost:
    """Run a command in a folder; without `stdout` its output goes to nowhere.

    Raises:
        SideFailedError: It ended with an error.
    """
    figures, log = folder / "figures.json", folder / "stderr.log"
    with (
        (stdin or Path(os.devnull)).open("rb") as source,
        (stdout or Path(os.devnull)).open("wb") as sink,
        log.open("wb") as errors,
    ):
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(_TIMED), str(figures), *command],
            cwd=folder,
            env=_environment(),
            stdin=source,
            stdout=sink,
            stderr=errors,
            check=False,
        )
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_TAIL:])
        message = f"{' '.join(command)} ended with exit code {done.returncode}:\n{tail}"
        raise SideFailedError(message)
    usage = json.loads(figures.read_text(encoding="ascii"))
    units = _KILOBYTES_PER_MEGABYTE**2 if sys.platform == "darwin" else _KILOBYTES_PER_MEGABYTE
    return Cost(wall_s=usage["wall_s"], cpu_s=usage["cpu_s"], peak_mb=usage["peak"] / units)


def _environment() -> dict[str, str]:
    """Return an environment without settings of the user's own, with compiled modules, and without calls home."""
    foreign = ("TAP_", "TARGET_", "MELTANO_", "PYTHONDONTWRITEBYTECODE")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    return {**inherited, "RUNTIME__DLTHUB_TELEMETRY": "false", "DO_NOT_TRACK": "1"}
