"""Ctrl-C, and a terminal that is closed: each stops the probe at once, or behind what must not be cut short."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_HANGUP = getattr(signal, "SIGHUP", None)
"""A closed terminal; Windows has none."""


class Interrupts:
    """Turns SIGINT, SIGTERM and SIGHUP into `KeyboardInterrupt`."""

    def __init__(self) -> None:
        """Hold nothing back yet."""
        self._holds = self._is_waiting = False

    def take(self, signum: int, _frame: FrameType | None) -> None:
        """Take a signal; a second one is not held back.

        Raises:
            KeyboardInterrupt: It is not held back.
        """
        if signum == _HANGUP:  # the shell and the system send it several times, and nobody means another by a second
            signal.signal(signum, signal.SIG_IGN)
        if not self._holds or self._is_waiting:
            raise KeyboardInterrupt
        self._is_waiting = True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let what is inside come to its end.

        Raises:
            KeyboardInterrupt: A signal came meanwhile.
        """
        if self._holds:  # what is around it comes to its end
            yield
            return
        self._holds, self._is_waiting = True, False
        try:
            yield
        finally:
            self._holds = False
        if self._is_waiting:
            raise KeyboardInterrupt


@contextmanager
def taken() -> Iterator[Interrupts]:
    """Take the signals while something is done, and give them back behind it."""
    interrupts = Interrupts()
    before: dict[signal.Signals, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM, *([_HANGUP] if _HANGUP else ())):
        if number != _HANGUP or signal.getsignal(number) != signal.SIG_IGN:  # below nohup it is to go on
            before[number] = signal.signal(number, interrupts.take)
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) != signal.SIG_IGN:  # the report is still to be written behind a closed terminal
                signal.signal(number, handler)
