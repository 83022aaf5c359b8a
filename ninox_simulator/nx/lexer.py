"""Script text → tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ninox_simulator.nx.errors import NxError

KEYWORDS = frozenset({
    "and", "create", "delete", "do", "else", "end", "false", "for", "if", "in", "let", "not", "null", "or", "select",
    "then", "this", "true", "where",
})  # fmt: skip

REFUSED = frozenset({
    "as", "case", "default", "from", "function", "order", "server", "step", "switch", "to", "transaction", "var",
    "void", "while",
})  # fmt: skip
"""Words of the language that the simulator does not know; used as names they would be misread."""

_TOKEN = re.compile(
    r"""
    (?P<space>   \s+ | //[^\n]* | /\*.*?\*/ )
  | (?P<number>  \d+(?:\.\d+)?(?:[eE][+-]?\d+)? )
  | (?P<text>    "(?:[^"\\]|\\.)*" )
  | (?P<quoted>  '[^']*' )
  | (?P<name>    [^\W\d]\w* )
  | (?P<sign>    := | != | <= | >= | [-+*/%=<>()\[\]{},;:.] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Token(NamedTuple):
    """A piece of a script.

    Attributes:
        kind: `number`, `text`, `name`, `keyword`, `sign` or `end`.
        value: Without quotes.
        line: Counts from 1.
    """

    kind: str
    value: str
    line: int


def tokens(script: str) -> Iterator[Token]:
    """Yield the tokens of a script, and one of kind `end`.

    Raises:
        NxError: There is a character that begins nothing, or a word that the simulator does not know.
    """
    position = 0
    while position < len(script):
        line = script.count("\n", 0, position) + 1
        match = _TOKEN.match(script, position)
        if match is None:
            message = f"line {line}: unexpected {script[position]!r}"
            raise NxError(message)
        token = _token(str(match.lastgroup), match.group(), line)
        if token is not None:
            yield token
        position = match.end()
    yield Token("end", "the end of the script", script.count("\n") + 1)


def _token(kind: str, text: str, line: int) -> Token | None:
    if kind == "space":
        return None
    if kind == "quoted":
        return Token("name", text[1:-1], line)
    if kind == "text":
        return Token("text", _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text[1:-1]), line)
    if kind == "name" and text in REFUSED:
        message = f"line {line}: {text!r} is not known to the simulator"
        raise NxError(message)
    return Token("keyword" if kind == "name" and text in KEYWORDS else kind, text, line)
