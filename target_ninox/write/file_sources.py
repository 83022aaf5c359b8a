"""Where the file is that a row speaks of: in a permitted folder, on another host, or in the row itself."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from ninox_api.errors import NinoxFetchError
from ninox_api.fetching import FileFetcher
from ninox_singer.types.base import ValueRejectedError

_DATA = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?P<parameters>(?:;[^;,]*)*);base64,", re.ASCII | re.IGNORECASE)
_NAME = re.compile(r";(?:file)?name=([^;]+)", re.IGNORECASE)
_LEAST_BASE64 = 64
"""Shorter text is taken for a path: a mistyped one could be base64 by chance."""
_MOST_NAME_BYTES = 200
_ENDING_BY_START = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"%PDF": ".pdf",
    b"GIF8": ".gif",
    b"PK\x03\x04": ".zip",
}


MAX_FILE_BYTES = 100 * 2**20
"""Larger files are refused: one is held in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file that could be uploaded.

    Attributes:
        name: Safe: no folder, no control character.
        size: Bytes, if known without reading.
        media_type: For the upload.
        read: Returns the content, at most as large as allowed.
    """

    name: str
    size: int | None
    media_type: str
    read: Callable[[], bytes]


class FileSources:
    """Opens what rows say about files."""

    def __init__(self, fetcher: FileFetcher, *, folders: Sequence[Path], max_bytes: int = MAX_FILE_BYTES) -> None:
        """Remember what is permitted.

        Args:
            fetcher: Fetches from other hosts.
            folders: The only ones whose files may be read, in the order in which a path is looked for; without links.
            max_bytes: Larger files are refused: one is held in memory.
        """
        self._fetcher = fetcher
        self._folders = tuple(folders)
        self._max_bytes = max_bytes

    @contextmanager
    def open(self, value: str, *, fallback: str) -> Iterator[SourceFile]:
        """Yield the file that a value names.

        Args:
            value: A path, an address, a `data:` address, or base64.
            fallback: What a file is called that has no name of its own; its ending is guessed.

        Raises:
            ValueRejectedError: There is no such file, or it may not be read. The value is not told.
        """
        value = value.strip()
        if value.lower().startswith(("https:", "http:")):
            with self._fetched(value, fallback) as fetched:
                yield fetched
        elif value[:5].lower() == "data:":
            yield self._inline(value, fallback)
        elif (path := self._path(value)) is not None:
            yield self._from_folder(path)
        elif len(value) >= _LEAST_BASE64 and (content := _decoded(value)) is not None:
            yield self._from_bytes(fallback + _ending(content), content, None)
        else:
            raise self._nowhere()

    @contextmanager
    def _fetched(self, url: str, fallback: str) -> Iterator[SourceFile]:
        try:
            with self._fetcher.open(url) as file:
                name = file.name or fallback + (mimetypes.guess_extension(file.media_type) or "")
                self._check_size(file.size or 0)
                yield SourceFile(
                    name=safe_name(name),
                    size=file.size,
                    media_type=file.media_type or _media_type(name),
                    read=lambda: file.read(max_bytes=self._max_bytes),
                )
        except NinoxFetchError as error:
            raise ValueRejectedError(code="not_fetched", reason=str(error)) from None

    def _inline(self, value: str, fallback: str) -> SourceFile:
        match = _DATA.match(value)
        content = _decoded(value[match.end() :]) if match is not None else None
        if match is None or content is None:
            raise ValueRejectedError(code="not_base64", reason="It is not a whole data: address with base64.")
        named = _NAME.search(match["parameters"])
        ending = mimetypes.guess_extension(match["type"] or "") or _ending(content)
        return self._from_bytes(unquote(named[1]) if named else fallback + ending, content, match["type"])

    def _from_bytes(self, name: str, content: bytes, media_type: str | None) -> SourceFile:
        self._check_size(len(content))
        safe = safe_name(name)
        return SourceFile(
            name=safe, size=len(content), media_type=media_type or _media_type(safe), read=lambda: content
        )

    def _from_folder(self, path: Path) -> SourceFile:
        size = path.stat().st_size
        self._check_size(size)
        return SourceFile(name=safe_name(path.name), size=size, media_type=_media_type(path.name), read=path.read_bytes)

    def _path(self, value: str) -> Path | None:
        """Return the file in the first permitted folder that has it, links followed; None if none has."""
        if "\0" in value:
            return None
        for folder in self._folders:
            try:
                path = (folder / value).resolve()
                if path.is_relative_to(folder) and path.is_file():
                    return path
            except (OSError, RuntimeError):  # too long a name, a loop of links
                continue
        return None

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise ValueRejectedError(
                code="file_too_large", reason=f"The file is larger than {self._max_bytes // 2**20} MiB."
            )

    def _nowhere(self) -> ValueRejectedError:
        where = "in a folder of file_sources" if self._folders else "(file_sources names no folder, such as ./photos)"
        reason = f"There is no such file {where}, and it is neither an address such as https://… nor base64."
        return ValueRejectedError(code="no_such_file", reason=reason)


def safe_name(name: str) -> str:
    """Return a file name without folders, control characters and quotes, short enough for any file system."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    plain = "".join(character for character in last if character.isprintable()).replace('"', "'").strip(" .")
    stem, dot, ending = plain.rpartition(".")
    while len(plain.encode()) > _MOST_NAME_BYTES:
        stem, ending = (stem[:-1], ending) if stem else (stem, ending[:-1])
        plain = f"{stem}{dot}{ending}"
    return plain or "file"


def _decoded(value: str) -> bytes | None:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _ending(content: bytes) -> str:
    return next((ending for start, ending in _ENDING_BY_START.items() if content.startswith(start)), "")


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
