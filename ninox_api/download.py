"""A file on its way from Ninox: what has arrived, its hash, and how to go on after an interruption."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import BinaryIO

from ninox_api.body import AnswerTooLargeError

_PARTIAL_CONTENT = 206
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")


class RangeRefusedError(Exception):
    """The server has nothing, or something else, where an interrupted download should go on."""


class Download:
    """Writes a file while it arrives.

    Attributes:
        size: Bytes that have arrived.
    """

    def __init__(self, target: BinaryIO, *, max_bytes: int | None = None) -> None:
        """Start with nothing.

        Args:
            target: Open for writing, and can be cut short.
            max_bytes: A file that goes on beyond them is not taken.
        """
        self._target = target
        self._max_bytes = max_bytes
        self._validator: str | None = None
        self.restart()

    @property
    def sha256(self) -> str:
        """Hash of what has arrived, in hexadecimal digits."""
        return self._digest.hexdigest()

    def restart(self) -> None:
        """Forget what has arrived."""
        self._target.seek(0)
        self._target.truncate()
        self._digest = hashlib.sha256()
        self.size = 0

    def headers(self) -> dict[str, str]:
        """Return the headers of the next try: for the rest, if the server says which version it has begun."""
        headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        if self.size and self._validator:
            headers |= {"Range": f"bytes={self.size}-", "If-Range": self._validator}
        return headers

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Note how an answer begins: whether it is the rest or the whole.

        Raises:
            RangeRefusedError: It is another part of the file than the rest; what has arrived is forgotten.
        """
        first = _first_byte(headers.get("Content-Range", "")) if status == _PARTIAL_CONTENT else 0
        if first is None or first not in {0, self.size}:
            self.restart()
            raise RangeRefusedError
        if first == 0:
            self.restart()
        is_plain = headers.get("Content-Encoding", "identity") == "identity"
        etag = headers.get("ETag", "")
        self._validator = etag if is_plain and etag and not etag.startswith("W/") else None

    def write(self, piece: bytes) -> None:
        """Take the next piece.

        Raises:
            AnswerTooLargeError: The file is larger than it may be.
        """
        self.size += len(piece)
        if self._max_bytes is not None and self.size > self._max_bytes:
            raise AnswerTooLargeError
        self._target.write(piece)
        self._digest.update(piece)


def _first_byte(content_range: str) -> int | None:
    """Return where a part begins that goes to the end of its file; None for any other."""
    found = _RANGE.fullmatch(content_range)
    if found is None:
        return None
    first, last, size = found.groups()
    return int(first) if size in {"*", str(int(last) + 1)} else None
