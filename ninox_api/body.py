"""The body of an answer: how large it may get, and how it is repaired where no decoder takes it.

A server, or something that answers in its place, may pack a gigabyte of zeros into a megabyte; so it is taken piece by
piece, and bounded here. How long it may take is bounded in `session`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, Protocol

import msgspec

from ninox_api.errors import AnswerTooLargeError

MAX_ANSWER_BYTES = 256 * 1024 * 1024
"""Unpacked. The largest answer on record, a schema of 97 tables, has 1.5 MB (observed)."""

MAX_PAGE_BYTES = 16 * 1024 * 1024
"""Of a page of records that may be asked for in smaller ones: decoded, it takes five times as much."""

BYTES_PER_VALUE = 24
"""An answer whose values are shorter takes more memory than its bytes say: each becomes an object."""

_BEHIND_EACH_NAME = b'":'
_IN_EACH_RECORD = b'"fields"'
_PIECE_BYTES = 256 * 1024
_COUNTED_WHOLE_BYTES = 64 * 1024
_COUNTED_BYTES = 4 * 1024


class Body(Protocol):
    """What can be read piece by piece, such as a response of urllib3."""

    def read1(self, amount: int, /, decode_content: bool) -> bytes:  # noqa: FBT001 (as urllib3 has it)
        """Return the next piece, at most so many bytes; nothing at the end."""


class Taker(Protocol):
    """What takes parts out of a body while it arrives."""

    def take_from(self, body: bytearray, /) -> None:
        """Take parts out of what has come so far."""


def read_body(response: Body, *, max_bytes: int | None = None, members: Taker | None = None) -> bytearray:
    """Return the unpacked body of an answer, as it was gathered: a copy of a large page costs as much as its decoding.

    Args:
        response: What brings it.
        max_bytes: Bound; None for that of all answers.
        members: Takes parts out of it.

    Raises:
        AnswerTooLargeError: Nothing beyond the bound (by default `MAX_ANSWER_BYTES`) was kept.
        urllib3.exceptions.HTTPError: It was cut off, damaged, or did not end in time.
    """
    bound = MAX_ANSWER_BYTES if max_bytes is None else max_bytes
    body, came = bytearray(), 0
    while piece := response.read1(_PIECE_BYTES, decode_content=True):
        body += piece
        came += len(piece)
        if members is not None:
            members.take_from(body)
        if came > bound:
            records, weight = body.count(_IN_EACH_RECORD), weigh(body)
            body.clear()  # the error refers to this place, and lives until Python looks for what refers to itself
            raise AnswerTooLargeError(max_bytes=bound, record_bytes=weight // records if records else None)
    return body


def weigh(content: bytes | bytearray) -> int:
    """Return the bytes of an answer that takes as much memory, once decoded; short values make it their number."""
    if len(content) <= _COUNTED_WHOLE_BYTES:
        values = content.count(_BEHIND_EACH_NAME)
    else:  # a piece in eight is looked at: about as many
        starts = range(0, len(content), 8 * _COUNTED_BYTES)
        values = 8 * sum(content.count(_BEHIND_EACH_NAME, start, start + _COUNTED_BYTES) for start in starts)
    return max(len(content), values * BYTES_PER_VALUE)


def iter_pieces(response: Body) -> Iterator[bytes]:
    """Yield the unpacked body of an answer piece by piece.

    Raises:
        urllib3.exceptions.HTTPError: It was cut off, damaged, or did not end in time.
    """
    while piece := response.read1(_PIECE_BYTES, decode_content=True):
        yield piece


def detect_form(body: bytes | bytearray) -> Literal["json", "html", "text", "nothing"]:
    """Return what a body looks like, whatever its content type says."""
    if not body.strip():
        return "nothing"
    if body.lstrip()[:1] == b"<":
        return "html"
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "text"
    return "json"


# Halves of characters: half an emoji, cut off by a program that counts in 16 bits, or bytes beside UTF-8. No decoder
# takes them, so one would cost the page. A NUL stands for each afterwards: nothing else in a text that people wrote can
# be one, and no database stores it, so whoever passes texts on looks for it and says what was repaired.

DAMAGE = "\0"
"""What stands in a text for a character that cannot be known; also a NUL that was sent as one."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_HIGH, _LOW = rb"u[dD][89abAB][0-9a-fA-F]{2}", rb"u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\(?:" + _HIGH + rb"\\" + _LOW + rb"|(" + _HIGH + rb"|" + _LOW + rb")|.)", re.DOTALL)


def replace_broken_characters(content: bytes | bytearray) -> bytes:
    """Return JSON in which a NUL stands for each half of a character; linear time."""
    try:
        content.decode()
    except UnicodeDecodeError:
        content = content.decode(errors="replace").replace(REPLACEMENT, "\\u0000").encode()
    return _ESCAPE.sub(lambda escape: rb"\u0000" if escape[1] else escape[0], content)


def repair_text(text: str) -> str:
    """Return a text that every database stores."""
    return text.replace(DAMAGE, REPLACEMENT) if DAMAGE in text else text


# Monsters: values nested thousands deep, or numbers beyond all bounds, which no decoder takes either. Each is exchanged
# for a mark that fits no field, so that the page can be read and the value be counted as a bad one. Only answers that
# failed come here.

MARK = b'{"\\u0000":null}'
"""Stands for what cannot be read."""

DEEPEST = 100
"""msgspec gives up at about a thousand; no value of Ninox is nested more than a few times (documented)."""

LONGEST_NUMBER = 1000
"""In digits; a double has at most 309 before its point."""

_MOST_EXPONENT_DIGITS = 4
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(_STRING + rb"|[\[{\]}]|-?[0-9][0-9.eE+-]*", re.DOTALL)
_EXPONENT = re.compile(rb"[eE][+-]?0*([0-9]+)$")


def mark_monsters(content: bytes | bytearray) -> bytes:
    """Return JSON in which `MARK` stands for what is nested too deep and for numbers that are too long; linear time."""
    parts: list[bytes | bytearray] = []
    depth, done, begins = 0, 0, 0
    for token in _TOKEN.finditer(content):
        first = token[0][:1]
        if first in b"[{":
            depth += 1
            if depth == DEEPEST + 1:
                begins = token.start()
        elif first in b"]}":
            depth -= 1
            if depth == DEEPEST:
                parts += content[done:begins], MARK
                done = token.end()
        elif first != b'"' and depth <= DEEPEST and _is_monstrous(token[0]):
            parts += content[done : token.start()], MARK
            done = token.end()
    return b"".join([*parts, content[done:]])


def _is_monstrous(number: bytes) -> bool:
    exponent = _EXPONENT.search(number[-LONGEST_NUMBER:])
    is_beyond = exponent is not None and len(exponent[1]) > _MOST_EXPONENT_DIGITS
    return len(number) > LONGEST_NUMBER or is_beyond
