"""`tap-ninox | target-postgres` as two real processes, started in a moment: forked from one that has imported both."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from contextlib import suppress
from importlib import import_module
from typing import NamedTuple

PROGRAMS = {"tap-ninox": ("tap_ninox.tap", "TapNinox"), "target-postgres": ("target_postgres.target", "TargetPostgres")}
WAIT_S = 120

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload([module for module, _ in PROGRAMS.values()])


class Ending(NamedTuple):
    """How a run ended: exit codes (negative: the signal), and the last state that the target confirmed."""

    tap: int
    target: int
    state: dict | None


def become(program, arguments, stdout, stderr):
    """Run a program in this process, its outputs connected to files."""
    os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT, 0o600), 1)
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    sys.argv = [program, *arguments]
    module, name = PROGRAMS[program]
    getattr(import_module(module), name).cli()


class Pipeline:
    """One run of the tap into the target."""

    def __init__(self, directory, tap_config, target_config, *, state):
        self._directory = directory
        self._state = state
        pipe, self._output = directory / "pipe", directory / "states"
        self._output.unlink(missing_ok=True)
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        arguments = ["--config", self._write("tap.json", tap_config)]
        if state is not None:
            arguments += ["--state", self._write("state.json", state)]
        log = str(directory / "log")
        reading = ["--config", self._write("target.json", target_config), "--input", str(pipe)]
        self.tap = context.Process(target=become, args=("tap-ninox", arguments, str(pipe), log))
        self.target = context.Process(target=become, args=("target-postgres", reading, str(self._output), log))
        self.target.start()
        self.tap.start()

    def is_running(self):
        return self.tap.is_alive() or self.target.is_alive()

    def kill(self, victims):
        for victim in victims:
            getattr(self, victim).kill()

    def end(self):
        """Wait for both."""
        for process in (self.tap, self.target):
            process.join(WAIT_S)
            assert process.exitcode is not None, f"{process.name} hangs; see {self._directory / 'log'}"
        return Ending(self.tap.exitcode, self.target.exitcode, self._last_state())

    def _last_state(self):
        lines = self._output.read_text(encoding="utf-8").split("\n") if self._output.exists() else []
        for line in reversed(lines[:-1]):  # what follows the last line end was cut off
            with suppress(ValueError):
                return json.loads(line)
        return self._state

    def _write(self, name, content):
        path = self._directory / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)
