"""A file on its way from Ninox: what has arrived, its hash, and how to go on after an interruption."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import BinaryIO

from ninox_api.body import MAX_TIMEOUTS_PER_ANSWER

SLOWEST_BYTES_PER_SECOND = 16 * 1024
"""A download may take as long as its size at this pace, about a two-hundredth of what was observed."""

_PARTIAL_CONTENT = 206


class Download:
    """Writes a file while it arrives.

    Attributes:
        size: Bytes that have arrived.
    """

    def __init__(self, target: BinaryIO) -> None:
        """Start with nothing.

        Args:
            target: Open for writing, and can be cut short.
        """
        self._target = target
        self._validator: str | None = None
        self._expected = 0
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
        """Note how an answer begins: whether it is the rest or the whole, and how long it should be."""
        continues = headers.get("Content-Range", "").startswith(f"bytes {self.size}-")
        if status != _PARTIAL_CONTENT or not continues:
            self.restart()
        is_plain = headers.get("Content-Encoding", "identity") == "identity"
        etag = headers.get("ETag", "")
        self._validator = etag if is_plain and etag and not etag.startswith("W/") else None
        length = headers.get("Content-Length", "")
        self._expected = int(length) if length.isdecimal() else 0

    def write(self, piece: bytes) -> None:
        """Take the next piece."""
        self._target.write(piece)
        self._digest.update(piece)
        self.size += len(piece)

    def deadline_s(self, request_timeout_s: float) -> float:
        """Return how long the rest may take."""
        return MAX_TIMEOUTS_PER_ANSWER * request_timeout_s + self._expected / SLOWEST_BYTES_PER_SECOND
