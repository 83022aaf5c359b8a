"""Captions → identifiers, collisions settled: pure functions.

An identifier is lower-case ASCII `[a-z0-9_]`, at most `MAX_LENGTH` characters, never empty, and starts with a letter:
system properties start with an underscore, so no caption can collide with them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain, count

MAX_LENGTH = 63
"""PostgreSQL cuts identifiers after 63 bytes; other warehouses allow more."""

_LETTERS = str.maketrans({
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "œ": "oe", "ð": "d", "þ": "th",
    "ł": "l", "đ": "d", "\u0131": "i",
})  # fmt: skip
_NOT_ALLOWED = re.compile(r"[^a-z0-9]+")
_ID_PARTS = re.compile(r"(\D*)(\d*)(.*)", re.DOTALL)


def identifier(caption: str, *, fallback: str) -> str:
    """Return the identifier for a caption.

    Args:
        caption: What people see, in any script.
        fallback: Used where nothing of the caption can be kept (emoji, other scripts); an id.

    >>> identifier("Straße (Büro)", fallback="B")
    'strasse_buero'
    """
    lower = unicodedata.normalize("NFC", caption).lower().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", lower).encode("ascii", "ignore").decode("ascii").lower()
    words = _NOT_ALLOWED.sub("_", plain).strip("_")
    words = words or _NOT_ALLOWED.sub("_", fallback.lower()).strip("_") or "x"
    return cut(words if words[0].isalpha() else f"n{words}", MAX_LENGTH)


def cut(name: str, length: int) -> str:
    """Return at most `length` characters of a name, without an underscore at the cut."""
    return name[:length].rstrip("_") if len(name) > length else name


def age_key(object_id: str) -> tuple[int, int, str]:
    """Return a sort key that puts older table and field ids first.

    Ninox counts `A`…`Z`, then goes on with two characters (`AA`, or `A1`…`Z1`, `A2`…: observed).
    """
    letters, digits, rest = _ID_PARTS.fullmatch(object_id).groups()  # type: ignore[union-attr]  # matches any text
    return (len(object_id), int(digits or 0), letters + rest)


class NameSpace:
    """Hands out unique names; who comes first keeps the plain one."""

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        """Start with names that are already taken."""
        self._taken = set(reserved)

    def claim(self, wanted: str, *, suffixes: Iterable[str]) -> str:
        """Return `wanted`, or `wanted` with the first suffix (then the first number) that makes it unique."""
        name = next(name for name in _candidates(wanted, suffixes) if name not in self._taken)
        self._taken.add(name)
        return name


def _candidates(wanted: str, suffixes: Iterable[str]) -> Iterator[str]:
    yield wanted
    for suffix in chain(suffixes, map(str, count(2))):
        tail = "_" + (_NOT_ALLOWED.sub("_", suffix.lower()).strip("_") or "x")
        yield cut(wanted, MAX_LENGTH - len(tail)) + tail
