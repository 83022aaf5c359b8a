"""A tap into a target, as two real processes."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from typing import NamedTuple

from tests.helpers.commands import WAIT_S, context
from tests.reliability.harms import become_limited

SIDES = ("tap", "target")


class Ending(NamedTuple):
    """How a run ended.

    Attributes:
        tap: Its exit code; negative: the signal.
        target: Likewise.
        state: The last one that the target confirmed, or that before the run.
        is_cut: Whether what the target wrote ends in the middle of a line.
    """

    tap: int
    target: int
    state: dict | None
    is_cut: bool

    @property
    def was_harmed(self):
        return bool(self.tap or self.target or self.is_cut)


class Pipeline:
    """One run of a tap into a target.

    Attributes:
        was_struck: Whether the harm of `strike_after` came; taps of others may end with 0 then, as if all were there.
    """

    def __init__(
        self, directory, tap_config, target_config, *, state, programs=("tap-ninox", "target-postgres"),
        limits=(None, None), cut_after=None, strike_after=None, is_unread=False,
    ):  # fmt: skip
        """Start it.

        Args:
            directory: For configurations, logs and states.
            tap_config: Settings of the tap.
            target_config: Settings of the target.
            state: From which the tap goes on; None for the first run.
            programs: Tap and target: names of console scripts, or paths.
            limits: Bytes after which every file that the tap, or the target, writes is full.
            cut_after: Bytes after which the pipe between the two is closed at both ends.
            strike_after: Bytes that pass between the two before the harm, and that harm, called with this pipeline.
            is_unread: Whether nobody reads the states that the target writes.
        """
        self._directory, self._state = directory, state
        self._output, self.was_struck = directory / "states", False
        for name in ("states", *(f"{side}.log" for side in SIDES)):
            (directory / name).unlink(missing_ok=True)
        tap_arguments = ["--config", self._write("tap.json", tap_config)]
        if state is not None:
            tap_arguments += ["--state", self._write("state.json", state)]
        target_arguments = ["--config", self._write("target.json", target_config), "--input", "/dev/stdin"]
        inlet, outlet, states = *self._pipe(cut_after, strike_after), str(self._output)
        if is_unread:
            nobody, states = context.Pipe(duplex=False)
            nobody.close()
        self.target = self._start("target", programs[1], target_arguments, outlet, states, limits[1])
        self.tap = self._start("tap", programs[0], tap_arguments, None, inlet, limits[0])
        for end in (inlet, outlet, states):
            if not isinstance(end, str):
                end.close()

    def pids(self, sides=SIDES):
        return [getattr(self, side).pid for side in sides]

    def is_running(self):
        return self.tap.is_alive() or self.target.is_alive()

    def kill(self, victims):
        for victim in victims:
            getattr(self, victim).kill()

    def told(self, *sides):
        """Return what the sides wrote to their standard error, by default both."""
        logs = [self._directory / f"{side}.log" for side in sides or SIDES]
        return "".join(log.read_text(encoding="utf-8", errors="replace") for log in logs if log.exists())

    def end(self):
        """Wait for both."""
        for process in (self.tap, self.target):
            process.join(WAIT_S)
            is_hanging = process.exitcode is None
            if is_hanging:
                self.kill(SIDES)
            assert not is_hanging, f"{process.name} hangs: {self.told()[-4000:]}"
        *lines, rest = self._output.read_text(encoding="utf-8").split("\n") if self._output.exists() else [""]
        return Ending(self.tap.exitcode, self.target.exitcode, self._last_state(lines), bool(rest))

    def _start(self, side, program, arguments, stdin, stdout, limit):
        log = str(self._directory / f"{side}.log")
        arguments = (program, arguments, stdin, stdout, log, limit)
        process = context.Process(target=become_limited, args=arguments, name=side)
        process.start()
        return process

    def _pipe(self, cut_after, strike_after):
        """Return the end that the tap writes to and the one that the target reads from."""
        outlet, inlet = context.Pipe(duplex=False)
        if cut_after is None and strike_after is None:
            return inlet, outlet
        late_outlet, late_inlet = context.Pipe(duplex=False)
        ends = outlet, late_inlet
        job = (_cut, *ends, cut_after) if strike_after is None else (self._struck, *ends, *strike_after)
        threading.Thread(target=job[0], args=job[1:], daemon=True).start()
        return inlet, late_outlet

    def _struck(self, source, destination, count, strike):
        """Pass so many bytes on, strike, and pass on what else comes."""
        if _pass_on(source, destination, count) <= 0:
            strike(self)
            self.was_struck = True
        _cut(source, destination, float("inf"))

    def _last_state(self, lines):
        for line in reversed(lines):
            with suppress(ValueError):
                return json.loads(line)
        return self._state

    def _write(self, name, content):
        path = self._directory / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)


def _cut(source, destination, count):
    """Pass so many bytes on, then go away."""
    _pass_on(source, destination, count)
    source.close()
    destination.close()


def _pass_on(source, destination, count):
    """Pass so many bytes on; return how many of them did not come."""
    while count > 0 and (piece := os.read(source.fileno(), min(count, 65536))):
        with suppress(BrokenPipeError):
            os.write(destination.fileno(), piece)
        count -= len(piece)
    return count
