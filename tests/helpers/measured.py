"""A command in a process of its own, and what it took: seconds, processor time, peak memory; and what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import NamedTuple

TIMEOUT_S = 1800
# A process inherits the peak of the one that starts it, so a small one stands between this one and the command.
_BETWEEN = """
import resource, subprocess, sys, time
started = time.monotonic()
done = subprocess.run(sys.argv[2:], stdout=open(sys.argv[1], "wb"), stderr=subprocess.PIPE)
seconds = time.monotonic() - started
sys.stderr.buffer.write(done.stderr)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(seconds, used.ru_utime, used.ru_maxrss)
sys.exit(done.returncode)
"""


class Took(NamedTuple):
    """What a process took."""

    seconds: float
    user_s: float
    mb: int
    """Its peak memory."""


def run_measured(*command, output=os.devnull):
    """Run a command to its end, which is a good one, with its output in a file; return what it took."""
    between = [sys.executable, "-c", _BETWEEN, output, *command]
    done = subprocess.run(between, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    seconds, user_s, peak = done.stdout.split()
    return Took(float(seconds), float(user_s), int(peak) // (1024**2 if sys.platform == "darwin" else 1024))


def write_config(directory, simulator, **settings):
    """Write settings for a simulator into a directory; return the file."""
    path = directory / "config.json"
    path.write_text(json.dumps({"api_url": simulator.url, "auth_token": simulator.token, **settings}), "utf-8")
    return path


def rows_and_state(output):
    """Return how many rows of tables a tap wrote into a file, and its last state."""
    rows, state = 0, None
    with output.open("rb") as lines:
        for line in lines:
            rows += line.startswith(b'{"type":"RECORD"') and not line.startswith(b'{"type":"RECORD","stream":"ninox_')
            if line.startswith(b'{"type":"STATE"'):
                state = line
    return rows, json.loads(state)["value"] if state else None
