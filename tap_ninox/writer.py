"""Singer messages to standard output, encoded by msgspec and written in large pieces."""

from __future__ import annotations

import sys
from typing import Any

from singer_sdk.contrib.msgspec import MsgSpecWriter, serialize_jsonl
from singer_sdk.singerlib import Message
from singer_sdk.singerlib.encoding.simple import RecordMessage, StateMessage

from ninox_singer.cli import Stopping
from tap_ninox.batches import Batches

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
        with self.stopping.held_back():
            piece, self._buffer = self._buffer, bytearray()
            sys.stdout.buffer.write(piece)
            sys.stdout.flush()


def _as_dict(message: Message) -> dict[str, Any]:
    """Return a message as the SDK does, but a state, which grows with the number of streams, without copying it."""
    return {"type": "STATE", "value": message.value} if isinstance(message, StateMessage) else message.to_dict()
