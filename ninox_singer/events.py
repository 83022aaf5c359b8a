"""What is logged at INFO is an event; what only says that a stream was looked at is there at DEBUG.

The SDK logs three lines for each stream of every run, also where nothing happened: with 5,000 tables, megabytes that
hide the one line that matters.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from typing_extensions import override

from ninox_singer.names import listed

_ROUTINE = (
    "Skipping deselected stream",
    "Initializing '%s' target sink",
    "Schema has changed for stream",
    "Schema or key properties for '%s' stream have changed",
    "Key properties have changed for stream",
)
"""How lines of the SDK begin that it logs for each stream (0.54)."""

_SAID_BETTER = "Error initializing target sink"
"""It names the target; the error that follows names the stream, and what to do."""


class EventLogger(logging.LoggerAdapter[logging.Logger]):
    """Logs at DEBUG what belongs to a stream in which nothing happened."""

    def __init__(self, logger: logging.Logger, *, is_event: Callable[[], bool]) -> None:
        """Take a logger's place."""
        super().__init__(logger, {})
        self._is_event = is_event

    @override
    def log(self, level: int, msg: object, *args: Any, **kwargs: Any) -> None:
        super().log(level if self._is_event() else logging.DEBUG, msg, *args, **kwargs)


def quieten(logger: logging.Logger) -> None:
    """Leave the SDK's lines about each stream to the level DEBUG."""
    if _is_worth_a_line not in logger.filters:
        logger.addFilter(_is_worth_a_line)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    message = str(record.msg)
    is_routine = (record.levelno == logging.INFO and message.startswith(_ROUTINE)) or message.startswith(_SAID_BETTER)
    return not is_routine or logging.getLogger(record.name).isEnabledFor(logging.DEBUG)


def log_names(logger: logging.Logger, text: str, names: list[str]) -> None:
    """Log one line for things of one kind; nothing if there are none."""
    if names:
        logger.info(text, listed(names))
