"""The files of BATCH messages: rows as JSON Lines, one at a time, whatever their number.

The SDK reads a file in one piece, leaves stream maps out, and tells of a damaged file by a traceback.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from singer_sdk.helpers._batch import StorageTarget

from ninox_api.errors import NinoxError
from target_ninox.lines import NotJsonError, decode

_FORMAT = "jsonl"
_COMPRESSIONS = {None: False, "none": False, "gzip": True}


class BatchFileError(NinoxError):
    """A file of a BATCH message that cannot be read."""


def read_rows(
    message: Mapping[str, Any], *, storage: StorageTarget | None = None
) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the rows of a BATCH message, each with its bytes.

    Args:
        message: The message.
        storage: Where its files are, if the settings say so (`batch_config`).

    Raises:
        BatchFileError: A file is not there, damaged, or of another format; the rows before were yielded.
    """
    stream, encoding = message["stream"], message["encoding"]
    if encoding.get("format") != _FORMAT or encoding.get("compression") not in _COMPRESSIONS:
        problem = (
            f"{stream}: files of a BATCH message must be {_FORMAT}, plain or with gzip; set the tap's batch_config."
        )
        raise BatchFileError(problem)
    is_packed = _COMPRESSIONS[encoding.get("compression")]
    for path in map(str, message["manifest"]):
        name = path.rpartition("/")[2]
        with _told(stream, name), _opened(path, storage) as file, _unpacked(file, is_packed=is_packed) as lines:
            yield from _rows(lines, stream, name)


@contextmanager
def _opened(path: str, storage: StorageTarget | None) -> Iterator[IO[bytes]]:
    folder, name = StorageTarget.split_url(path)
    with (storage or StorageTarget.from_url(folder)).open(name, mode="rb") as file:
        yield file


def _rows(lines: IO[bytes], stream: str, name: str) -> Iterator[tuple[dict[str, Any], int]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = decode(line)
        except NotJsonError:
            row = None
        if not isinstance(row, dict):
            message = f"{stream}: line {number} of the file {name!r} of a BATCH message is no JSON object in UTF-8."
            raise BatchFileError(message)
        yield row, len(line)


@contextmanager
def _unpacked(file: IO[bytes], *, is_packed: bool) -> Iterator[IO[bytes]]:
    if not is_packed:
        yield file
        return
    with gzip.open(file) as unpacked:
        yield unpacked  # type: ignore[misc]  # it reads lines of bytes


@contextmanager
def _told(stream: str, name: str) -> Iterator[None]:
    """Say what is wrong with a file without its bytes."""
    try:
        yield
    except (OSError, EOFError, zlib.error, ImportError, ValueError) as error:
        reason = (
            error.strerror if isinstance(error, OSError) else str(error) if isinstance(error, ImportError) else None
        )
        reason = reason or "there is no such place, or the file is damaged"
        message = f"{stream}: the file {name!r} of a BATCH message cannot be read: {reason}."
        raise BatchFileError(message) from None
