"""Ending on a signal: at once, but not between a write and its answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ninox_api.leaving import leave

SIGNAL_EXIT_CODE = 128
"""POSIX shells report a process that a signal ended by this and the signal's number."""


class Stopping:
    """Holds a signal back while a write is under way; a second signal is not held back."""

    def __init__(self) -> None:
        """Start without a signal."""
        self._exit_code: int | None = None
        self._is_busy = False

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Let what is inside come to its end."""
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False
        if self._exit_code is not None:
            leave(self._exit_code)

    def stop(self, signum: int) -> None:
        """End the process with the exit code of shells, now or as soon as the write is answered."""
        was_told_before = self._exit_code is not None
        self._exit_code = SIGNAL_EXIT_CODE + signum
        if was_told_before or not self._is_busy:
            leave(self._exit_code)
