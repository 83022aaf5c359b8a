"""Which tables are read while another one is being written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tap_ninox.tables.read_ahead import Readers


class Startable(Protocol):
    """A stream whose reading can begin before it is its turn to be written."""

    def start(self) -> bool:
        """Begin to read in a thread that gives its permit back at its end; return whether it did."""


class Schedule:
    """Starts reading the streams that are next, as long as threads are free.

    With one thread there is no head start: requests then come in the order in which streams are written.
    """

    def __init__(self, readers: Readers) -> None:
        """Start with no streams: their order is known when the run begins."""
        self.readers = readers
        self.order: Sequence[Startable] = ()

    def start_followers_of(self, stream: Startable) -> None:
        """Begin to read the streams behind one, at most as many as there are threads."""
        limit = self.readers.limit
        if limit == 1 or stream not in self.order:
            return
        place = self.order.index(stream) + 1
        for follower in self.order[place : place + limit]:
            if not self.readers.take():
                return
            if not follower.start():
                self.readers.give_back()
