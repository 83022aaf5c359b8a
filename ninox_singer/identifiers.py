"""What streams, tables and properties are called on the way: identifiers for captions, each given once.

An identifier is lower-case ASCII `[a-z0-9_]`, at most `MAX_LENGTH` bytes, never empty, and starts with a letter: system
properties start with an underscore, so no caption can collide with them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
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


def make_identifier(caption: str, *, fallback: str, length: int = MAX_LENGTH) -> str:
    """Return the identifier for a caption.

    Args:
        caption: What people see, in any script.
        fallback: Used where nothing of the caption can be kept (emoji, other scripts); an id.
        length: Most bytes of it.

    >>> make_identifier("Straße (Büro)", fallback="B")
    'strasse_buero'
    """
    lower = unicodedata.normalize("NFC", caption).lower().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", lower).encode("ascii", "ignore").decode("ascii").lower()
    words = _NOT_ALLOWED.sub("_", plain).strip("_")
    words = words or _NOT_ALLOWED.sub("_", fallback.lower()).strip("_") or "x"
    return cut_name(words if words[0].isalpha() else f"n{words}", length)


def cut_name(name: str, length: int) -> str:
    """Return at most `length` bytes of a name, without half a character or an underscore at the cut."""
    encoded = name.encode()
    return encoded[:length].decode(errors="ignore").rstrip("_") if len(encoded) > length else name


def with_part(name: str, part: str, *, length: int = MAX_LENGTH) -> str:
    """Return the name of one of a field's properties, of at most `length` bytes."""
    return f"{cut_name(name, length - len(part) - 1)}_{part}" if part else name


class NameSpace:
    """Hands out names that are unique without regard to case; who comes first keeps the plain one."""

    def __init__(self, reserved: Iterable[str] = (), *, length: int = MAX_LENGTH) -> None:
        """Begin to hand out names.

        Args:
            reserved: Names that are taken already.
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
        for suffix in chain([None], suffixes, map(str, count(2))):
            tail = "" if suffix is None else "_" + (_NOT_ALLOWED.sub("_", suffix.lower()).strip("_") or "x")
            name = cut_name(wanted, self._length - len(tail)) + tail
            if name not in self and name.casefold() not in but_not:
                break
        self.take(name)
        return name
