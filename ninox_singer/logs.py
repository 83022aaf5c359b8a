"""What is logged: safe to show, and at INFO only what is an event.

Captions, names, options, Content-Types and messages of servers are written by anybody who may edit a database. In a
log, a line break in them forges a line; on a terminal, an escape sequence moves the cursor, and a bidirectional mark
turns the rest of the line around. All log records pass through here (`escape_logs`); what is printed calls `escape`.

What only says that a stream was looked at is there at DEBUG. The SDK logs three lines for each stream of every run,
also where nothing happened: with 5,000 tables, megabytes that hide the one line that matters.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from typing_extensions import override

from ninox_singer.wording import list_names

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # control characters: line breaks, tabs, the beginning of every escape sequence
    "\u2028\u2029"  # line breaks, for some who read logs
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks
    "\ufeff\ufff9-\ufffb"  # invisible where they stand
    "\ud800-\udfff"  # halves of characters, which no output takes
    "]"
)


def escape(text: str) -> str:
    r"""Return a text in which nothing steers a terminal or begins a line; `\x1b` stands for what did.

    A text that was escaped stays as it is.
    """
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class _EscapedRecord(logging.LogRecord):
    @override
    def getMessage(self) -> str:
        return escape(super().getMessage())


def escape_logs() -> None:
    """Escape the message of every log record of this process, whoever logs it; for the commands."""
    logging.setLogRecordFactory(_EscapedRecord)


_ROUTINE = (
    "Skipping deselected stream",
    "Initializing '%s' target sink",
    "Schema has changed for stream",
    "Schema or key properties for '%s' stream have changed",
    "Key properties have changed for stream",
    "Set null transform as default for",
)
"""How lines of the SDK begin that it logs for each stream (0.54)."""

_SAID_BETTER = "Error initializing target sink"
"""It names the target; the error that follows names the stream, and what to do."""


class EventLogger(logging.LoggerAdapter[logging.Logger]):
    """Logs at DEBUG what belongs to a stream in which nothing happened."""

    def __init__(self, logger: logging.Logger, *, is_event: Callable[[], bool]) -> None:
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
        logger.info(text, list_names(names))
