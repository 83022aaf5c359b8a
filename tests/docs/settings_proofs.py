"""Which test fails without which setting: `python -m tests.docs.settings_proofs` takes each away and runs its test.

`python -m tests.docs.settings_proofs tap:page_size target:streams` tries some.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tap_ninox.tap import TapNinox
from target_ninox.target import TargetNinox

REPOSITORY = Path(__file__).parents[2]
TAKEN_AWAY = "NINOX_SETTING_TAKEN_AWAY"


def proofs():
    """Return program (`stream` for what the target knows of a stream) and setting → test, below `tests/`."""
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        return {(row["program"], row["setting"]): row["test"] for row in csv.DictReader(file)}


def pytest_configure():
    """Let the programs not see the setting that the environment names: this module is loaded as a plugin for that."""
    side, _, name = os.environ[TAKEN_AWAY].partition(":")
    program = TapNinox if side == "tap" else TargetNinox
    as_it_was = program.__init__

    def without(self, *args, config=None, **more):
        as_it_was(self, *args, config=_less(config, side, name), **more)

    program.__init__ = without


def _less(config, side, name):
    if side != "stream":
        return {key: value for key, value in (config or {}).items() if key != name}
    streams = (config or {}).get("streams") or {}
    return {**(config or {}), "streams": {stream: _less(settings, "", name) for stream, settings in streams.items()}}


def _fails_without(side, name, test):
    command = [sys.executable, "-m", "pytest", "-qx", "-p", "tests.docs.settings_proofs", f"tests/{test}"]
    environment = {**os.environ, TAKEN_AWAY: f"{side}:{name}"}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, check=False)
    return done.returncode == pytest.ExitCode.TESTS_FAILED


def main(asked):
    """Try the settings asked for, or all; return how many could be taken away unnoticed."""
    unnoticed = 0
    for (side, name), test in proofs().items():
        if asked and f"{side}:{name}" not in asked:
            continue
        noticed = _fails_without(side, name, test)
        unnoticed += not noticed
        sys.stdout.write(f"{side}:{name} {'ok' if noticed else 'UNNOTICED'} {test}\n")
        sys.stdout.flush()
    return unnoticed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
