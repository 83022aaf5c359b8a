"""Singer messages to standard output, encoded by msgspec and written in large pieces."""

from __future__ import annotations

import sys

from singer_sdk.contrib.msgspec import MsgSpecWriter, serialize_jsonl
from singer_sdk.singerlib import Message
from singer_sdk.singerlib.encoding.simple import RecordMessage

FLUSH_BYTES = 128 * 1024


class BufferedMessageWriter(MsgSpecWriter):
    """Gathers RECORD messages; every other message is passed on at once, with all that came before it."""

    def __init__(self) -> None:
        """Start with an empty buffer."""
        super().__init__()
        self._buffer = bytearray()

    def write_message(self, message: Message) -> None:
        """Write a message, or keep a record until there is enough to write."""
        self._buffer += serialize_jsonl(message.to_dict())
        if len(self._buffer) >= FLUSH_BYTES or not isinstance(message, RecordMessage):
            self.flush()

    def flush(self) -> None:
        """Pass on what was gathered."""
        piece, self._buffer = self._buffer, bytearray()
        sys.stdout.buffer.write(piece)
        sys.stdout.flush()
