"""Names of files in Ninox → names in a store: pure functions.

People call files what they like; a name in a store must not lead out of its folder, must exist on every file system,
and must be another one for another file.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

MAX_BYTES = 150
"""In UTF-8; file systems allow 255 bytes, some tools that encrypt names about 140 characters."""

_MAX_EXTENSION = 16
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
_HASH_DIGITS = 8
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def stored_names(names: Iterable[str]) -> dict[str, str]:
    """Return name → name in the store, for the files of one record.

    A harmless name stays as it is. One that had to be altered, or that some file systems would take for another one of
    the same record (case, composed or decomposed accents), gets some digits of its hash.
    """
    names = list(names)
    alike = Counter(_as_a_file_system_sees(name) for name in names)
    return {
        name: _stored_name(name, is_ambiguous=alike[_as_a_file_system_sees(name)] > 1) for name in dict.fromkeys(names)
    }


def safe_segment(name: str) -> str:
    """Return a name that is one segment of a path and nothing else."""
    return _stored_name(name, is_ambiguous=False)


def _stored_name(name: str, *, is_ambiguous: bool) -> str:
    safe = _harmless(name)
    if safe == name and not is_ambiguous and len(safe.encode()) <= MAX_BYTES:
        return name
    digits = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]
    stem, dot, extension = safe.rpartition(".")
    if not dot or not stem or len(extension.encode()) > _MAX_EXTENSION:
        stem, dot, extension = safe, "", ""
    tail = f"~{digits}{dot}{extension}"
    return _cut(stem, MAX_BYTES - len(tail.encode())) + tail


def _harmless(name: str) -> str:
    composed = unicodedata.normalize("NFC", name)
    printable = "".join("_" if unicodedata.category(letter) in _UNPRINTABLE else letter for letter in composed)
    spaced = re.sub(r"[^\S ]", " ", printable)
    safe = re.sub(r'[<>:"/\\|?*~]', "_", spaced).strip().rstrip(". ")
    if safe.startswith("."):
        safe = "_" + safe[1:]
    if _DEVICES.fullmatch(safe.partition(".")[0].rstrip()):
        safe = f"_{safe}"
    return safe or "_"


def _as_a_file_system_sees(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")
