"""Files of records: as the API lists them, on their way there, and on their way from there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, BinaryIO

from urllib3.filepost import encode_multipart_formdata

from ninox_api.errors import AnswerTooLargeError, NinoxProtocolError

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class NinoxFile:
    """A file of a record.

    Attributes:
        size: Bytes.
        modified_at: UTC, as ISO text with `Z`; None where Ninox does not say it in a known form.
        sequence: The database's sequence when it was stored.
    """

    name: str
    content_type: str | None = None
    size: int | None = None
    modified_at: str | None = None
    modified_by: str | None = None
    sequence: int | None = None


def parse_files(document: Any) -> list[NinoxFile]:
    """Read the answer of `GET …/files`, each name once.

    Raises:
        NinoxProtocolError: It is no list, or holds something without a name.
    """
    if not isinstance(document, list):
        message = f"The files of a record should be a list, not {type(document).__name__}."
        raise NinoxProtocolError(message)
    files = [_parse_file(item) for item in document]
    return list({file.name: file for file in files}.values())


def _parse_file(item: Any) -> NinoxFile:
    raw = item if isinstance(item, Mapping) else {"name": item}
    name = raw.get("name")
    if not isinstance(name, str):
        message = "A file of a record has no name in the list of its files."
        raise NinoxProtocolError(message)
    return NinoxFile(
        name=name,
        content_type=_read_text(raw.get("contentType")),
        size=_read_count(raw.get("size")),
        modified_at=_read_moment(raw.get("modifiedDate")),
        modified_by=_read_text(raw.get("modifiedUser")),
        sequence=_read_count(raw.get("seq")),
    )


_MOST_DIGITS = 18
"""Of sizes and times; Python refuses thousands."""


def _read_text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _read_count(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) <= _MOST_DIGITS:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _read_moment(value: Any) -> str | None:
    """Return a date of last change, sent in milliseconds or as text (two models disagree); without a zone it is UTC."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= _MOST_DIGITS:
        value = int(value)
    try:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            moment = _EPOCH + timedelta(milliseconds=float(value))
        else:
            moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
            moment = moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
    return moment.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to put on a record; one of the same name is replaced (assumed).

    Attributes:
        name: Without a folder.
        field_id: The file or image field that should show it; None leaves it among the record's files only.
    """

    name: str
    content: bytes = field(repr=False)
    media_type: str = "application/octet-stream"
    field_id: str | None = None

    def form(self) -> tuple[str, bytes]:
        """Return the content type and the body of a request."""
        parts: dict[str, str | tuple[str, bytes, str]] = {"file": (self.name, self.content, self.media_type)}
        if self.field_id is not None:
            parts = {"fieldName": self.field_id, **parts}
        body, content_type = encode_multipart_formdata(parts)
        return content_type, body


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
        """Note how an answer begins: whether it is the rest of the file or all of it.

        Raises:
            RangeRefusedError: It is another part of the file than the rest; what has arrived is forgotten.
        """
        first = _read_first_byte(headers.get("Content-Range", "")) if status == _PARTIAL_CONTENT else 0
        if first is None or first not in {0, self.size}:
            self.restart()
            raise RangeRefusedError
        if first == 0:
            self.restart()
        # A weak ETag (`W/`) promises the same meaning, not the same bytes, and encoded bytes are not those of the file.
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
            raise AnswerTooLargeError(max_bytes=self._max_bytes)
        self._target.write(piece)
        self._digest.update(piece)


def _read_first_byte(content_range: str) -> int | None:
    """Return where a part begins that goes to the end of its file; None for any other."""
    found = _RANGE.fullmatch(content_range)
    if found is None:
        return None
    first, last, size = found.groups()
    return int(first) if size in {"*", str(int(last) + 1)} else None
