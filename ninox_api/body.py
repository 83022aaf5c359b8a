"""The body of an answer, taken piece by piece: how large it may get and how long it may take are bounded.

A server, or something that answers in its place, may pack a gigabyte of zeros into a megabyte, or send one byte a
minute and so never exceed the time between two.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Protocol

MAX_ANSWER_BYTES = 256 * 1024 * 1024
"""Unpacked. The largest answer on record, a schema of 97 tables, has 1.5 MB (observed)."""

MAX_TIMEOUTS_PER_ANSWER = 10
"""An answer may take so many times `request_timeout`, which by itself bounds only the time between two pieces."""

_PIECE_BYTES = 256 * 1024


class Body(Protocol):
    """What can be read piece by piece, such as a response of urllib3."""

    def read1(self, amount: int, /, decode_content: bool) -> bytes:  # noqa: FBT001 (as urllib3 has it)
        """Return the next piece, at most so many bytes; nothing at the end."""


class AnswerTooLargeError(Exception):
    """The answer does not end within the bytes it may have."""


class AnswerTooSlowError(Exception):
    """The answer does not end in time."""


def read_body(response: Body, *, request_timeout_s: float, max_bytes: int = MAX_ANSWER_BYTES) -> bytes:
    """Return the unpacked body of an answer.

    Raises:
        AnswerTooLargeError: Nothing beyond the bound was kept.
        AnswerTooSlowError: It took longer than `MAX_TIMEOUTS_PER_ANSWER` times the timeout.
        urllib3.exceptions.HTTPError: It was cut off, damaged, or came to a standstill.
    """
    body = bytearray()
    for piece in pieces(response, deadline_s=MAX_TIMEOUTS_PER_ANSWER * request_timeout_s):
        body += piece
        if len(body) > max_bytes:
            raise AnswerTooLargeError
    return bytes(body)


def pieces(response: Body, *, deadline_s: float) -> Iterator[bytes]:
    """Yield the unpacked body of an answer piece by piece.

    Raises:
        AnswerTooSlowError: It took longer than the deadline.
        urllib3.exceptions.HTTPError: It was cut off, damaged, or came to a standstill.
    """
    deadline = time.monotonic() + deadline_s
    while piece := response.read1(_PIECE_BYTES, decode_content=True):
        yield piece
        if time.monotonic() > deadline:
            raise AnswerTooSlowError
