"""Reading while what was read before is still being written."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from typing_extensions import Self

Item = TypeVar("Item")

MOST_KEPT_BYTES = 2 * 1024 * 1024
"""Of answers that wait to be written, of all tables; in memory, records take five to ten times as much."""


@dataclass(slots=True)
class KeptBytes:
    """How many bytes of answers wait to be written, over all tables of a run.

    Attributes:
        changed: Notified whenever an answer comes or goes; guards the number.
        number: Of bytes.
    """

    changed: threading.Condition = field(default_factory=threading.Condition)
    number: int = 0


class Prefetchable(Protocol):
    """A stream whose reading can begin before it is its turn to be written."""

    def prefetch(self) -> bool:
        """Begin to read in a thread that gives its permit back at its end; return whether it did."""


class Schedule:
    """How many threads read at once, over all tables of a run, and which tables they begin with next.

    With one thread there is no head start: requests then come in the order in which streams are written.

    Attributes:
        limit: So many threads at most.
        order: The streams in the order in which they are written.
        kept: What threads have read ahead.
    """

    def __init__(self, limit: int) -> None:
        """Start with no streams: their order is known when the run begins."""
        self.limit = limit
        self.order: Sequence[Prefetchable] = ()
        self.kept = KeptBytes()
        self._free = limit
        self._lock = threading.Lock()

    def take(self, wanted: int = 1) -> int:
        """Take permits for as many threads as are free, at most those wanted; return their number."""
        with self._lock:
            taken = max(0, min(wanted, self._free))
            self._free -= taken
            return taken

    def give_back(self, permits: int = 1) -> None:
        """Let others have some permits."""
        with self._lock:
            self._free += permits

    def prefetch_behind(self, stream: Prefetchable) -> None:
        """Begin to read the streams behind one, at most as many as there are threads."""
        if self.limit == 1 or stream not in self.order:
            return
        place = self.order.index(stream) + 1
        for follower in self.order[place : place + self.limit]:
            if not self.take():
                return
            if not follower.prefetch():
                self.give_back()


class ReadAhead(Generic[Item]):
    """Runs iterators in threads of their own, a few items ahead of whoever consumes them.

    Items of one iterator keep their order; those of several are mixed as they come. When an iterator fails, the others
    end after the item in hand, everything at hand is still given out (it was paid for), and then the error is raised.
    The threads are daemons: a process that is told to stop does not wait for an answer of the server.
    """

    def __init__(
        self, sources: Iterable[Iterator[Item]], *, threads: int = 1, room: int = 1,
        weigh: Callable[[Item], int] = lambda _: 0, kept: KeptBytes | None = None,
        at_end: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """Remember what to read; `start` does.

        Args:
            sources: Each is run by one thread; those beyond the number of threads wait for a free one.
            threads: How many run at once.
            room: Items kept for the consumer, beside the one in the hand of each thread.
            weigh: Returns the bytes of an item.
            kept: What all that read ahead keep; while it is more than a bound, none reads on but for a consumer that
                has nothing to take.
            at_end: Called by each thread when it ends.
        """
        self._sources = deque(sources)
        self._items: deque[Item] = deque()
        self._room = room
        self._weigh = weigh
        self._at_end = at_end
        self._kept = kept or KeptBytes()
        self._changed = self._kept.changed
        self._error: Exception | None = None
        self._is_awaited = False
        self._is_stopping = False
        self._is_closed = False
        self._running = min(threads, len(self._sources))

    def start(self) -> Self:
        """Start the threads; return itself."""
        for _ in range(self._running):
            threading.Thread(target=self._work, name="ninox-reader", daemon=True).start()
        return self

    def __iter__(self) -> Iterator[Item]:
        """Yield the items.

        Raises:
            Exception: What an iterator raised, after all items that were read.
        """
        try:
            while True:
                with self._changed:
                    self._is_awaited = True
                    self._changed.wait_for(lambda: self._items or not self._running)
                    self._is_awaited = False
                    if not self._items:
                        break
                    item = self._items.popleft()
                    self._kept.number -= self._weigh(item)
                    self._changed.notify_all()
                yield item
                del item  # a large one, perhaps, and the next one is waited for here
        finally:
            self.close()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Let the threads end; nobody wants their items any more."""
        with self._changed:
            self._is_stopping = self._is_closed = True
            self._kept.number -= sum(map(self._weigh, self._items))
            self._items.clear()
            self._changed.notify_all()

    def _work(self) -> None:
        try:
            while True:
                with self._changed:
                    if self._is_stopping or not self._sources:
                        return
                    source = self._sources.popleft()
                for item in source:
                    if not self._hand_over(item):
                        return
                    del item
        except Exception as error:  # noqa: BLE001 (a thread's edge: the consumer raises it)
            with self._changed:
                self._error = self._error or error
                self._is_stopping = True
        finally:
            self._at_end()
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _hand_over(self, item: Item) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or len(self._items) < self._room)
            if not self._is_closed:
                self._items.append(item)
                self._kept.number += self._weigh(item)
            self._changed.notify_all()
            # A consumer that waits has as good as taken the item: its thread may need ten milliseconds to wake up.
            self._changed.wait_for(
                lambda: (
                    self._is_closed
                    or len(self._items) <= (1 if self._is_awaited else 0)
                    or self._kept.number <= MOST_KEPT_BYTES
                )
            )
            return not self._is_stopping
