"""`tap-ninox | target-postgres` as two real processes."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import NamedTuple

from tests.programs import WAIT_S, become, context


class Ending(NamedTuple):
    """How a run ended: exit codes (negative: the signal), and the last state that the target confirmed."""

    tap: int
    target: int
    state: dict | None


class Pipeline:
    """One run of the tap into the target."""

    def __init__(self, directory, tap_config, target_config, *, state):
        self._directory = directory
        self._state = state
        self._output = directory / "states"
        self._output.unlink(missing_ok=True)
        arguments = ["--config", self._write("tap.json", tap_config)]
        if state is not None:
            arguments += ["--state", self._write("state.json", state)]
        log = str(directory / "log")
        reading = ["--config", self._write("target.json", target_config), "--input", "/dev/stdin"]
        outlet, inlet = context.Pipe(duplex=False)
        self.tap = context.Process(target=become, args=("tap-ninox", arguments, None, inlet, log))
        self.target = context.Process(target=become, args=("target-postgres", reading, outlet, str(self._output), log))
        self.target.start()
        self.tap.start()
        inlet.close()
        outlet.close()

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
