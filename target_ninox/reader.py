"""Singer messages from the standard input, without a word of them in logs or errors."""

from __future__ import annotations

import os
import stat
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, NoReturn, cast

from singer_sdk.singerlib.encoding.base import GenericSingerReader
from singer_sdk.singerlib.exceptions import InvalidInputLine
from typing_extensions import override

from ninox_singer.progress import share_of
from target_ninox.lines import NotJsonError, decode

_PARTS: dict[str, dict[str, type]] = {
    "SCHEMA": {"stream": str, "schema": dict},
    "RECORD": {"stream": str, "record": dict},
    "STATE": {"value": object},  # whatever the tap keeps there
    "ACTIVATE_VERSION": {"stream": str, "version": int},
    "BATCH": {"stream": str, "encoding": dict, "manifest": list},
}
_VERSION = (int, type(None))
_KINDS = {str: "a text", dict: "an object", int: "a whole number", list: "a list"}


class QuietReader(GenericSingerReader[bytes]):
    """Reads messages as bytes, so that text in a wrong encoding is an error of its line.

    The SDK's readers log lines they cannot read, and quote messages that lack a part: both hold customers' values.

    Attributes:
        line_bytes: Length of the last line.
    """

    def __init__(self, *, on_bad_line: Callable[[], None]) -> None:
        """Start before the first line.

        Args:
            on_bad_line: Called before a line that is no Singer message ends the run.
        """
        super().__init__()
        self._on_bad_line = on_bad_line
        self._lines = 0
        self._bytes = 0
        self._size: int | None = None
        self.line_bytes = 0

    @property
    def share(self) -> float | None:
        """Which part of the input was read, 0 to 1; None if it is no file, whose size is known."""
        return share_of(self._bytes, self._size)

    @property
    @override
    def default_input(self) -> IO[bytes]:
        return sys.stdin.buffer

    @override
    def process_lines(
        self, file_input: IO[bytes] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Any:
        source = getattr(file_input, "buffer", file_input) or self.default_input  # --input is opened as text
        self._size = _size_of(source)
        return super().process_lines(cast("IO[bytes]", self._counted(source)), callbacks)

    def _counted(self, source: Iterable[bytes | str]) -> Iterator[bytes]:
        """Count the lines; leave out empty ones, and the mark that editors on Windows put before the first.

        Text comes from whoever runs the target in a process of their own, as the SDK's test runner does.
        """
        for number, given in enumerate(source, 1):
            line = given.encode() if isinstance(given, str) else given
            self._lines = number
            self.line_bytes = len(line)
            self._bytes += len(line)
            message = line.removeprefix(BOM_UTF8) if number == 1 else line
            if message.strip():
                yield message

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
        parts = _PARTS.get(str(message["type"]), {})
        for name, kind in parts.items():
            if name not in message:
                self._refuse(f"no `{name}`")
            if not isinstance(message[name], kind):
                self._refuse(f"a `{name}` that is not {_KINDS[kind]}")
        if "version" in message and not isinstance(message["version"], _VERSION):
            self._refuse("a `version` that is not a whole number")
        if message["type"] == "SCHEMA" and "properties" not in message["schema"]:
            self._refuse("a schema without `properties`")
        if message["type"] == "SCHEMA" and not _is_schema(message):
            self._refuse("a schema whose `properties` are not objects, or keys that are not texts")
        return message

    @override
    def _process_unknown_message(self, message_dict: dict[str, Any]) -> None:
        self._refuse("a type of message that Singer does not know")

    def _refuse(self, what: str) -> NoReturn:
        self._on_bad_line()
        message = f"Line {self._lines} of the input is no Singer message: it has {what}."
        raise InvalidInputLine(message) from None


def _size_of(source: IO[bytes]) -> int | None:
    try:
        status = os.fstat(source.fileno())
    except (AttributeError, OSError):  # it is no file of the system's
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _is_schema(message: dict[str, Any]) -> bool:
    properties, keys = message["schema"].get("properties", {}), message.get("key_properties") or []
    return (
        isinstance(properties, dict)
        and all(isinstance(schema, dict) for schema in properties.values())
        and isinstance(keys, list)
        and all(isinstance(key, str) for key in keys)
    )
