"""Singer messages to standard output, encoded by msgspec and written in large pieces; and BATCH files of rows."""

from __future__ import annotations

import copy
import gzip
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from singer_sdk.contrib.msgspec import MsgSpecWriter, serialize_jsonl
from singer_sdk.singerlib import Message
from singer_sdk.singerlib.encoding.simple import RecordMessage, StateMessage

from ninox_api.errors import NinoxConfigError
from ninox_singer.cli import Stopping
from ninox_singer.output_files import is_local, write_below
from tap_ninox.sdk_overrides import BaseBatchFileEncoding, SDKBatchMessage, StorageTarget

FLUSH_BYTES = 128 * 1024


class BufferedMessageWriter(MsgSpecWriter):
    """Gathers RECORD messages; every other message is passed on at once, with all that came before it.

    Attributes:
        batches: Puts rows into files instead, if wanted.
        stopping: Ends the process on a signal, behind a whole line. No further state is written then: the last one on
            the pipe stands behind every record it speaks of; one written there could overtake records still in hand.
    """

    def __init__(self) -> None:
        """Start with an empty buffer."""
        super().__init__()
        self.batches: Batches | None = None
        self._buffer = bytearray()
        self.stopping = Stopping()

    def write_message(self, message: Message) -> None:
        """Write a message, or keep a record until there is enough to write."""
        for ready in (message,) if self.batches is None else self.batches.absorb(message):
            self._put(ready)

    def finish(self) -> None:
        """Write what is still in hand: nothing comes after it."""
        for ready in self.batches.flush() if self.batches else ():
            self._put(ready)
        self.flush()

    def _put(self, message: Message) -> None:
        # A state, which grows with the number of streams, is not copied, as the SDK's `to_dict` does.
        content = {"type": "STATE", "value": message.value} if isinstance(message, StateMessage) else message.to_dict()
        self.write_lines(serialize_jsonl(content))
        if not isinstance(message, RecordMessage):
            self.flush()

    def write_lines(self, lines: bytes | bytearray) -> None:
        """Write RECORD messages that are encoded already."""
        self._buffer += lines
        if len(self._buffer) >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Pass on what was gathered."""
        with self.stopping.held_back():
            piece, self._buffer = self._buffer, bytearray()
            sys.stdout.buffer.write(piece)
            sys.stdout.flush()


DEFAULT_BATCH_SIZE = 10_000

VERSION = "_sdc_table_version"
EXTRACTED_AT = "_sdc_extracted_at"
"""What a RECORD message says beside its record travels in the row: a BATCH message has no place for it."""


@dataclass(slots=True)
class _Rows:
    """Rows of one stream that are not in a file yet, as JSON Lines."""

    lines: bytearray = field(default_factory=bytearray)
    count: int = 0


class Batches:
    """Turns RECORD messages into files and BATCH messages; STATE waits until everything before it is in a file."""

    def __init__(self, settings: Mapping[str, Any], *, name: str) -> None:
        """Take the `batch_config` setting; nothing is written yet.

        Args:
            settings: The setting.
            name: What the files' names begin with, after the configured prefix.

        Raises:
            NinoxConfigError: It cannot work.
        """
        encoding = {"format": "jsonl", "compression": "gzip", **(settings.get("encoding") or {})}
        storage = settings.get("storage") or {}
        _check(encoding, storage)
        self._compresses = encoding["compression"] == "gzip"
        self._encoding = BaseBatchFileEncoding(format="jsonl", compression=encoding["compression"])
        root, params = _as_url(storage["root"]), storage.get("params") or {}
        self._storage = StorageTarget(root=root, params=params)
        try:
            from fsspec.core import url_to_fs  # noqa: PLC0415 (slow to load)

            files, folder = url_to_fs(root, **params)
        except (ValueError, ImportError):
            message = "batch_config: storage.root is of a kind that fsspec does not know, or lacks a package for."
            raise NinoxConfigError(message) from None
        self._folder = Path(folder) if is_local(files) else None
        self._prefix = f"{storage.get('prefix') or ''}{name}"
        self._size = settings.get("batch_size") or DEFAULT_BATCH_SIZE
        self._run_id = uuid4()
        self._number = 0
        self._in_hand: dict[str, _Rows] = {}
        self._state: StateMessage | None = None

    def absorb(self, message: Message) -> Iterator[Message]:
        """Take a message; yield what is to be written now."""
        if isinstance(message, RecordMessage):
            rows = self._in_hand.setdefault(message.stream, _Rows())
            rows.lines += serialize_jsonl(_row(message))
            rows.count += 1
            if rows.count >= self._size:
                yield self._batch(message.stream)
                yield from self._state_if_due()
        elif isinstance(message, StateMessage):
            self._state = StateMessage(value=copy.deepcopy(message.value))  # the tap goes on writing into its own
            yield from self._state_if_due()
        else:
            yield from self.flush()
            yield message

    def flush(self) -> Iterator[Message]:
        """Yield the batches of all rows in hand, then the state that they had to come before."""
        for stream in list(self._in_hand):
            yield self._batch(stream)
        yield from self._state_if_due()

    def _state_if_due(self) -> Iterator[Message]:
        if self._state is not None and not self._in_hand:
            yield self._state
            self._state = None

    def _batch(self, stream: str) -> Message:
        lines = self._in_hand.pop(stream).lines
        self._number += 1
        suffix = ".gz" if self._compresses else ""
        file_name = f"{self._prefix}--{stream}-{self._run_id}-{self._number}.json{suffix}"
        content = gzip.compress(lines, mtime=0) if self._compresses else bytes(lines)
        try:
            if self._folder is not None:  # fsspec writes for everyone to read
                write_below(self._folder, file_name, content)
            else:
                with self._storage.open(file_name, "wb") as file:
                    file.write(content)
        except OSError as error:  # of a full disk, systems give no name
            raise OSError(error.errno, error.strerror, file_name) from None
        return SDKBatchMessage(stream=stream, encoding=self._encoding, manifest=[self._storage.get_url(file_name)])


def _as_url(root: str) -> str:
    """Return a folder as an address: the SDK quotes a path in its addresses (%20), and does not find it by them."""
    return root if "://" in root else f"file://{Path(root).resolve().as_posix()}"


def _row(message: RecordMessage) -> dict[str, Any]:
    row = dict(message.record)
    if message.version is not None:
        row[VERSION] = message.version
    if message.time_extracted is not None:
        row[EXTRACTED_AT] = message.time_extracted
    return row


def _check(encoding: Mapping[str, Any], storage: Mapping[str, Any]) -> None:
    problems = []
    if encoding["format"] != "jsonl":
        problems.append(f"batch_config: format {encoding['format']} is not offered; use jsonl.")
    if encoding["compression"] not in {"gzip", "none", None}:
        problems.append(f"batch_config: compression {encoding['compression']} is not offered; use gzip or none.")
    if not storage.get("root"):
        problems.append("batch_config: storage.root is missing: where the files go, such as file:///srv/batches.")
    if problems:
        raise NinoxConfigError(problems)
