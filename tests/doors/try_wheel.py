"""The commands of an installed wheel, tried as a user would: `python tests/doors/try_wheel.py <folder of commands>`.

Needs nothing of this repository, so that it says something about the wheel alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

COMMANDS = ("tap-ninox", "target-ninox", "ninox-simulator")
SECONDS = 120


def try_commands(commands):
    """Start the simulator, look at it, and read it, all with what is installed; return what was tried."""
    versions = [_run(commands / name, "--version").split()[1].strip(",") for name in COMMANDS]
    simulator = [commands / "ninox-simulator", "--port", "0"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(simulator, stdout=subprocess.PIPE, text=True) as server,
    ):
        try:
            config = Path(folder) / "config.json"
            url = server.stdout.readline().strip()
            config.write_text(json.dumps({"api_url": url, "auth_token": "simulator-key"}), encoding="utf-8")
            catalog = json.loads(_run(commands / "tap-ninox", "--config", config, "--discover"))
            page = _run(commands / "singer-ninox", "inspect", "--config", config, "--as=html")
        finally:
            server.terminate()
    assert "<title>Blattwerk GmbH" in page
    return {"versions": versions, "streams": len(catalog["streams"])}


def _run(*command):
    folder = tempfile.gettempdir()  # not the checkout: its packages would be found first
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=folder)
    assert done.returncode == 0, f"{command[0]} {command[1:]}: {done.stderr[-2000:]}"
    return done.stdout


if __name__ == "__main__":
    sys.stdout.write(f"{try_commands(Path(sys.argv[1]).absolute())}\n")
