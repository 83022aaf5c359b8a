"""Singer messages from the standard input and files of BATCH messages, without a word of them in logs or errors."""

from __future__ import annotations

import gzip
import json
import logging
import os
import stat
import sys
import zlib
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import IO, Any, NoReturn

import msgspec
from singer_sdk.contrib.msgspec import decoder
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from singer_sdk.singerlib.exceptions import InvalidInputLine
from typing_extensions import override

from ninox_api.errors import NinoxError
from ninox_singer.progress import compute_share
from target_ninox.sdk_overrides import StorageTarget

logger = logging.getLogger(__name__)


class NotJsonError(ValueError):
    """A line that is not JSON. It does not quote the line."""


def decode(line: bytes) -> Any:
    """Return what a line says; numbers keep all digits.

    Python's own `json` writes NaN, Infinity and halves of surrogate pairs, which JSON does not know. They are
    understood, so that the row in which they stand can be rejected with its column, instead of the run.

    Raises:
        NotJsonError: It is not JSON in UTF-8.
    """
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
        return _decode_leniently(line)


def _decode_leniently(line: bytes) -> Any:
    try:
        return json.loads(line.decode(), parse_float=Decimal, parse_constant=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        raise NotJsonError from None


_PARTS: dict[str, dict[str, type]] = {
    "SCHEMA": {"stream": str, "schema": dict},
    "RECORD": {"stream": str, "record": dict},
    "STATE": {"value": object},  # whatever the tap keeps there
    "ACTIVATE_VERSION": {"stream": str, "version": int},
    "BATCH": {"stream": str, "encoding": dict, "manifest": list},
}
_VERSION = (int, type(None))
_KINDS = {str: "a text", dict: "an object", int: "a whole number", list: "a list"}


class MessageReader(GenericSingerReader[bytes]):
    """Reads messages as bytes, so that text in a wrong encoding is an error of its line.

    The SDK's own log lines they cannot read (0.54), and quote messages that lack a part: both hold customers' values.

    Attributes:
        line_bytes: Length of the line in hand.
    """

    def __init__(self, receive: Callable[[dict[str, Any]], None], *, on_failure: Callable[[], None]) -> None:
        """Start before the first line.

        Args:
            receive: Called with each message.
            on_failure: Called before an error ends the run.
        """
        super().__init__()
        self.line_bytes = 0
        self._receive = receive
        self._on_failure = on_failure
        self._lines = 0
        self._bytes = 0
        self._size: int | None = None

    @property
    def share(self) -> float | None:
        """Which part of the input was read, 0 to 1; None if it is no file, whose size is known."""
        return compute_share(self._bytes, self._size)

    @property
    @override
    def default_input(self) -> IO[bytes]:
        return sys.stdin.buffer

    @override
    def process_lines(
        self, file_input: IO[bytes] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        """Pass each message on, to one function: the SDK's callbacks, one per type, work with sinks (0.54).

        Empty lines are left out, and the mark that editors on Windows put before the first.
        """
        source = getattr(file_input, "buffer", file_input) or self.default_input  # --input is opened as text
        self._size = _size_of(source)
        counts = Counter[str]()
        try:
            for number, given in enumerate(source, 1):
                # Whoever runs the target in a process of their own may pass text, as the SDK's test runner does.
                line = given.encode() if isinstance(given, str) else given
                self._lines = number
                self.line_bytes = len(line)
                self._bytes += len(line)
                line = line.removeprefix(BOM_UTF8) if number == 1 else line
                if line.strip():
                    message = self.deserialize_json(line)
                    self._receive(message)
                    counts[message["type"]] += 1
        except (Exception, SystemExit):
            self._on_failure()
            raise
        if not counts:
            logger.warning("No message came. If the tap failed, its error stands above. Nothing was written.")
        return counts

    @override
    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        try:
            message = decode(line)
        except NotJsonError:
            self._refuse(f"{len(line)} bytes that are not whole JSON in UTF-8")
        if not isinstance(message, dict):
            self._refuse("no JSON object")
        if "type" not in message:
            self._refuse("no `type`")
        parts = _PARTS.get(message["type"]) if isinstance(message["type"], str) else None
        if parts is None:
            self._refuse("a type of message that Singer does not know")
        for name, kind in parts.items():
            if name not in message:
                self._refuse(f"no `{name}`")
            if not isinstance(message[name], kind):
                self._refuse(f"a `{name}` that is not {_KINDS[kind]}")
        if "version" in message and not isinstance(message["version"], _VERSION):
            self._refuse("a `version` that is not a whole number")
        if message["type"] == "SCHEMA":
            self._check_schema(message)
        return message

    def _check_schema(self, message: Mapping[str, Any]) -> None:
        if "properties" not in message["schema"]:
            self._refuse("a schema without `properties`")
        properties, keys = message["schema"]["properties"], message.get("key_properties") or []
        if not (
            isinstance(properties, dict)
            and all(isinstance(schema, dict) for schema in properties.values())
            and isinstance(keys, list)
            and all(isinstance(key, str) for key in keys)
        ):
            self._refuse("a schema whose `properties` are not objects, or keys that are not texts")

    def _refuse(self, what: str) -> NoReturn:
        message = f"Line {self._lines} of the input is no Singer message: it has {what}."
        raise InvalidInputLine(message) from None


def _size_of(source: IO[bytes]) -> int | None:
    try:
        status = os.fstat(source.fileno())
    except (AttributeError, OSError):  # it is no file of the system's
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


_FORMAT = "jsonl"
_COMPRESSIONS = {None: False, "none": False, "gzip": True}


class BatchFileError(NinoxError):
    """A file of a BATCH message that cannot be read."""


def read_rows(
    message: Mapping[str, Any], *, storage: StorageTarget | None = None
) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the rows of a BATCH message, each with its bytes: one at a time, whatever their number.

    The SDK reads a file in one piece, leaves stream maps out, and shows a traceback for a damaged file.

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
        try:
            folder, file_name = StorageTarget.split_url(path)
            with (storage or StorageTarget.from_url(folder)).open(file_name, mode="rb") as file:
                lines = gzip.GzipFile(fileobj=file) if is_packed else file
                yield from _rows(lines, stream, name)
        except (OSError, EOFError, zlib.error, ImportError, ValueError) as error:
            is_missing = isinstance(error, ImportError)  # of a library for that kind of storage
            reason = str(error) if is_missing else error.strerror if isinstance(error, OSError) else None
            reason = reason or "there is no such place, or the file is damaged"
            problem = f"{stream}: the file {name!r} of a BATCH message cannot be read: {reason}."
            raise BatchFileError(problem) from None


def _rows(lines: Iterable[bytes], stream: str, name: str) -> Iterator[tuple[dict[str, Any], int]]:
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
