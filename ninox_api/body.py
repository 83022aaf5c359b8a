"""The body of an answer, taken piece by piece: how large it may get is bounded here, how long it may take in `session`.

A server, or something that answers in its place, may pack a gigabyte of zeros into a megabyte.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

MAX_ANSWER_BYTES = 256 * 1024 * 1024
"""Unpacked. The largest answer on record, a schema of 97 tables, has 1.5 MB (observed)."""

MAX_PAGE_BYTES = 16 * 1024 * 1024
"""Of a page of records that may be asked for in smaller ones: decoded, it takes five times as much."""

BYTES_PER_VALUE = 24
"""An answer whose values are shorter takes more memory than its bytes say: each becomes an object."""

_BEHIND_EACH_NAME = b'":'
_IN_EACH_RECORD = b'"fields"'
_PIECE_BYTES = 256 * 1024


class Body(Protocol):
    """What can be read piece by piece, such as a response of urllib3."""

    def read1(self, amount: int, /, decode_content: bool) -> bytes:  # noqa: FBT001 (as urllib3 has it)
        """Return the next piece, at most so many bytes; nothing at the end."""


class AnswerTooLargeError(Exception):
    """The answer does not end within the bytes it may have.

    Attributes:
        max_bytes: So many.
        record_bytes: What a record weighs, if it is a page of them; as far as it arrived.
    """

    def __init__(self, *, max_bytes: int = MAX_ANSWER_BYTES, record_bytes: int | None = None) -> None:
        """Keep what helps to ask for less."""
        super().__init__()
        self.max_bytes, self.record_bytes = max_bytes, record_bytes


def read_body(response: Body, *, max_bytes: int | None = None) -> bytes:
    """Return the unpacked body of an answer.

    Raises:
        AnswerTooLargeError: Nothing beyond the bound (by default `MAX_ANSWER_BYTES`) was kept.
        urllib3.exceptions.HTTPError: It was cut off, damaged, or did not end in time.
    """
    bound = MAX_ANSWER_BYTES if max_bytes is None else max_bytes
    body = bytearray()
    for piece in pieces(response):
        body += piece
        if len(body) > bound:
            records = body.count(_IN_EACH_RECORD)
            raise AnswerTooLargeError(max_bytes=bound, record_bytes=weight_of(body) // records if records else None)
    return bytes(body)


def weight_of(content: bytes | bytearray) -> int:
    """Return the bytes of an answer that takes as much memory, once decoded; short values make it their number."""
    return max(len(content), content.count(_BEHIND_EACH_NAME) * BYTES_PER_VALUE)


def pieces(response: Body) -> Iterator[bytes]:
    """Yield the unpacked body of an answer piece by piece.

    Raises:
        urllib3.exceptions.HTTPError: It was cut off, damaged, or did not end in time.
    """
    while piece := response.read1(_PIECE_BYTES, decode_content=True):
        yield piece


def form_of(body: bytes) -> str:
    """Return what a body looks like, whatever its content type says: `json`, `html`, `text` or `nothing`."""
    if not body.strip():
        return "nothing"
    if body.lstrip()[:1] == b"<":
        return "html"
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "text"
    return "json"
