"""Singer messages to standard output, encoded by msgspec and written in large pieces."""

from __future__ import annotations

import sys
from typing import Any

from singer_sdk.contrib.msgspec import MsgSpecWriter, serialize_jsonl
from singer_sdk.singerlib import Message
from singer_sdk.singerlib.encoding.simple import RecordMessage, StateMessage

from ninox_api.leaving import leave
from tap_ninox.batches import Batches

FLUSH_BYTES = 128 * 1024


class BufferedMessageWriter(MsgSpecWriter):
    """Gathers RECORD messages; every other message is passed on at once, with all that came before it.

    Attributes:
        batches: Puts rows into files instead, if wanted.
    """

    def __init__(self) -> None:
        """Start with an empty buffer."""
        super().__init__()
        self.batches: Batches | None = None
        self._buffer = bytearray()
        self._is_writing = False
        self._exit_code: int | None = None

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
        self._buffer += serialize_jsonl(_as_dict(message))
        if len(self._buffer) >= FLUSH_BYTES or not isinstance(message, RecordMessage):
            self.flush()

    def write_lines(self, lines: bytes) -> None:
        """Write RECORD messages that are encoded already."""
        self._buffer += lines
        if len(self._buffer) >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Pass on what was gathered."""
        self._is_writing = True
        piece, self._buffer = self._buffer, bytearray()
        sys.stdout.buffer.write(piece)
        sys.stdout.flush()
        self._is_writing = False
        if self._exit_code is not None:
            leave(self._exit_code)

    def stop(self, exit_code: int) -> None:
        """End the process, from a signal handler: at once, or when the piece being written is out whole.

        No further state is written. The last one on the pipe stands behind every record it speaks of; one written
        here could overtake records that are still in hand. A second signal does not wait for a reader that is stuck.
        """
        was_told_before = self._exit_code is not None
        self._exit_code = exit_code
        if was_told_before or not self._is_writing:
            leave(exit_code)


def _as_dict(message: Message) -> dict[str, Any]:
    """Return a message as the SDK does, but a state, which grows with the number of streams, without copying it."""
    return {"type": "STATE", "value": message.value} if isinstance(message, StateMessage) else message.to_dict()
