"""BATCH messages: rows in JSON Lines files, for targets that would rather load files than lines.

The SDK's own batching takes rows before stream maps, tells no table version and writes STATE while rows are still in
hand. Here the messages of a normal run are gathered instead, so everything that holds for it holds here, too.
"""

from __future__ import annotations

import copy
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from singer_sdk.contrib.msgspec import serialize_jsonl
from singer_sdk.helpers._batch import BaseBatchFileEncoding, SDKBatchMessage, StorageTarget
from singer_sdk.singerlib import Message
from singer_sdk.singerlib.encoding.simple import RecordMessage, StateMessage

from ninox_api.errors import NinoxConfigError

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
        self._storage = StorageTarget(root=storage["root"], params=storage.get("params") or {})
        try:
            self._storage.get_url(name)
        except (ValueError, ImportError):
            message = "batch_config: storage.root is of a kind that fsspec does not know, or lacks a package for."
            raise NinoxConfigError(message) from None
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
        try:
            with self._storage.open(file_name, "wb") as file:
                file.write(gzip.compress(lines, mtime=0) if self._compresses else lines)
        except OSError as error:  # of a full disk, systems give no name
            raise OSError(error.errno, error.strerror, file_name) from None
        return SDKBatchMessage(stream=stream, encoding=self._encoding, manifest=[self._storage.get_url(file_name)])


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
