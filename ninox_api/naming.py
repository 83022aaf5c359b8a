"""Captions → identifiers, collisions settled: pure functions.

An identifier is lower-case ASCII `[a-z0-9_]`, at most `MAX_LENGTH` bytes, never empty, and starts with a letter:
system properties start with an underscore, so no caption can collide with them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from itertools import chain, count

MAX_LENGTH = 62
"""In bytes. PostgreSQL cuts identifiers after 63, and two loaders for it rename what has 63 (observed)."""

MAX_LENGTH_BEFORE = 63
"""What release 0.1 allowed: a name that a state knows stays as long as it is."""

_LETTERS = str.maketrans({
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "œ": "oe", "ð": "d", "þ": "th",
    "ł": "l", "đ": "d", "\u0131": "i",
})  # fmt: skip
_NOT_ALLOWED = re.compile(r"[^a-z0-9]+")
_ID_PARTS = re.compile(r"(\D*)(\d*)(.*)", re.DOTALL)


def identifier(caption: str, *, fallback: str, length: int = MAX_LENGTH) -> str:
    """Return the identifier for a caption.

    Args:
        caption: What people see, in any script.
        fallback: Used where nothing of the caption can be kept (emoji, other scripts); an id.
        length: Most bytes of it.

    >>> identifier("Straße (Büro)", fallback="B")
    'strasse_buero'
    """
    lower = unicodedata.normalize("NFC", caption).lower().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", lower).encode("ascii", "ignore").decode("ascii").lower()
    words = _NOT_ALLOWED.sub("_", plain).strip("_")
    words = words or _NOT_ALLOWED.sub("_", fallback.lower()).strip("_") or "x"
    return cut(words if words[0].isalpha() else f"n{words}", length)


def cut(name: str, length: int) -> str:
    """Return at most `length` bytes of a name, without half a character or an underscore at the cut."""
    encoded = name.encode()
    return encoded[:length].decode(errors="ignore").rstrip("_") if len(encoded) > length else name


def age_key(object_id: str) -> tuple[int, int, str]:
    """Return a sort key that puts older table and field ids first.

    Ninox counts `A`…`Z`, then goes on with two characters (`AA`, or `A1`…`Z1`, `A2`…: observed).
    """
    letters, digits, rest = _ID_PARTS.fullmatch(object_id).groups()  # type: ignore[union-attr]  # matches any text
    return (len(object_id), int(digits or 0), letters + rest)


class NameSpace:
    """Hands out names that are unique without regard to case; who comes first keeps the plain one."""

    def __init__(self, reserved: Iterable[str] = (), *, length: int = MAX_LENGTH) -> None:
        """Start with names that are already taken.

        Args:
            reserved: Those.
            length: Most bytes of a name that is handed out.
        """
        self._taken = {name.casefold() for name in reserved}
        self._length = length

    def __contains__(self, name: str) -> bool:
        """Return whether somebody has a name."""
        return name.casefold() in self._taken

    def take(self, name: str) -> None:
        """Note that somebody has a name already, however long it is."""
        self._taken.add(name.casefold())

    def claim(self, wanted: str, *, suffixes: Iterable[str], but_not: Collection[str] = ()) -> str:
        """Return `wanted`, or `wanted` with the first suffix (then the first number) that makes it unique.

        Args:
            wanted: The plain name.
            suffixes: What may be appended, in order.
            but_not: Further names that it must not be, in lower case.
        """
        candidates = self._candidates(wanted, suffixes)
        name = next(name for name in candidates if name not in self and name.casefold() not in but_not)
        self.take(name)
        return name

    def _candidates(self, wanted: str, suffixes: Iterable[str]) -> Iterator[str]:
        yield cut(wanted, self._length)
        for suffix in chain(suffixes, map(str, count(2))):
            tail = "_" + (_NOT_ALLOWED.sub("_", suffix.lower()).strip("_") or "x")
            yield cut(wanted, self._length - len(tail)) + tail
