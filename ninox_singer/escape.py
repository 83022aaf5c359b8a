"""The one place where text from a server or a file is made safe to show.

Captions, names, options, Content-Types and messages of servers are written by anybody who may edit a database. In a
log, a line break in them forges a line; on a terminal, an escape sequence moves the cursor, and a bidirectional mark
turns the rest of the line around. All log records pass through here (`escape_logs`); what is printed calls `escape`.
"""

from __future__ import annotations

import logging
import re

from typing_extensions import override

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
