"""How far a long table is: a bar for a person at a terminal, a log line now and then for everybody else.

The end of a table is not counted, which would cost a call: the feed reports the next record id of each table, and ids
ascend while a table is read. Deleted records leave gaps, so the share is near the truth and never above it.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import Protocol, TextIO

from typing_extensions import Self

from ninox_singer.logs import escape
from ninox_singer.wording import cut, measure_columns

logger = logging.getLogger(__name__)

LOG_INTERVAL_S = 15.0
BAR_INTERVAL_S = 0.1
BAR_WIDTH = 20

_CLEAR_LINE = "\r\x1b[K"
_MINUTE_S = 60
_LONGEST_IN_SECONDS = 90
_LONGEST_IN_MINUTES = 90 * _MINUTE_S


class Display(Protocol):
    """Where progress is shown."""

    interval_s: float
    shows_at_once: bool

    def show(self, text: str, share: float | None) -> None:
        """Show a line, and how much is done (0 to 1, None if that is not known)."""

    def clear(self) -> None:
        """Take away what does not stay."""


class LogDisplay:
    """Lines of the log; a table that is read in no time gets none."""

    interval_s = LOG_INTERVAL_S
    shows_at_once = False

    def show(self, text: str, share: float | None) -> None:
        """Log a line."""
        logger.info("%s%s", text, "" if share is None else f" ({share:.0%})")

    def clear(self) -> None:
        """Do nothing: log lines stay."""


class BarDisplay:
    """A bar in the last line of a terminal, which makes way for log lines."""

    interval_s = BAR_INTERVAL_S
    shows_at_once = True

    def __init__(self, terminal: TextIO) -> None:
        """Take the terminal, and have every log line clear the bar first."""
        self._terminal = terminal
        self._is_shown = False
        for handler in logging.getLogger().handlers:
            handler.addFilter(self._make_way)

    def show(self, text: str, share: float | None) -> None:
        """Draw the bar over the one before."""
        done = round(BAR_WIDTH * (share or 0))
        bar = f"[{'#' * done}{'.' * (BAR_WIDTH - done)}] {share:4.0%} " if share is not None else ""
        columns = measure_columns(self._terminal) - 1  # some terminals wrap what stands in their last column
        line = cut(f"{bar}{escape(text)}", columns)
        self._write(f"{_CLEAR_LINE}{line}", is_shown=True)

    def clear(self) -> None:
        """Take the bar away."""
        if self._is_shown:
            self._write(_CLEAR_LINE, is_shown=False)

    def _make_way(self, _: logging.LogRecord) -> bool:
        self.clear()
        return True

    def _write(self, text: str, *, is_shown: bool) -> None:
        self._terminal.write(text)
        self._terminal.flush()
        self._is_shown = is_shown


def choose_display() -> Display:
    """Return a bar if a person looks at the terminal and the messages go elsewhere, log lines otherwise."""
    return BarDisplay(sys.stderr) if sys.stderr.isatty() and not sys.stdout.isatty() else LogDisplay()


class Progress:
    """The progress of one stream.

    Use it as a context manager: at the end, the bar is taken away.
    """

    def __init__(
        self, name: str, display: Display, *, start: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start the clock.

        Args:
            name: The stream.
            display: Where to show it.
            start: Share that was done in an earlier run.
            clock: Seconds.
        """
        self._name = name
        self._display = display
        self._start = start
        self._clock = clock
        self._began = clock()
        self._shown_at = float("-inf") if display.shows_at_once else self._began

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take away what does not stay."""
        self._display.clear()

    def advance(self, rows: int, share: float | None) -> None:
        """Show how far the stream is, unless that was done a moment ago.

        Args:
            rows: Emitted in this run.
            share: Of the full table, 0 to 1; None if that is not known.
        """
        now = self._clock()
        if now - self._shown_at >= self._display.interval_s:
            self._shown_at = now
            self._display.show(self._line(rows, share, seconds=now - self._began), share)

    def _line(self, rows: int, share: float | None, *, seconds: float) -> str:
        parts = [f"{rows:,} row" if rows == 1 else f"{rows:,} rows"]
        if seconds > 0:
            parts.append(f"{rows / seconds:,.0f} rows/s")
            if share is not None and share > self._start:
                parts.append(f"about {_format_duration(seconds * (1 - share) / (share - self._start))} left")
        return f"{self._name}: {', '.join(parts)}"


def _format_duration(seconds: float) -> str:
    if seconds <= _LONGEST_IN_SECONDS:
        return f"{seconds:.0f} s"
    if seconds <= _LONGEST_IN_MINUTES:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _MINUTE_S / _MINUTE_S:.1f} h"


def compute_share(done: int | None, end: int | None) -> float | None:
    """Return which part of `end` is done, at most 1; None if either is not known."""
    return min(done / end, 1.0) if done is not None and end else None
