"""JSON whose single values no decoder takes: nested thousands deep, or numbers beyond all bounds.

One such value would cost the whole answer, and with it every row of the page. It is exchanged for a mark, which fits no
field, so that the answer can be read and the value be counted as a bad one. Only answers that failed come here.
"""

from __future__ import annotations

import re

MARK = b'{"\\u0000":null}'
"""Stands for what cannot be read."""

DEEPEST = 100
"""msgspec gives up at about a thousand; no value of Ninox is nested more than a few times (documented)."""

LONGEST_NUMBER = 1000

_MOST_EXPONENT_DIGITS = 4
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(_STRING + rb"|[\[{\]}]|-?[0-9][0-9.eE+-]*", re.DOTALL)
_EXPONENT = re.compile(rb"[eE][+-]?0*([0-9]+)$")


def without_monsters(content: bytes) -> bytes:
    """Return JSON in which `MARK` stands for what is nested too deep and for numbers that are too long; linear time."""
    parts: list[bytes] = []
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
