"""Bounds on how much Ninox is asked: the budget of calls, the requests in flight."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from ninox_api.errors import NinoxBudgetError


class Purpose(str, Enum):
    """What a call is for, as reports count it."""

    DISCOVERY = "discovery"
    FEED = "feed"
    PAGES = "pages"
    CONFIRMATION = "confirmation"
    """The newest or last changed record: whether anything was missed."""
    LOOK_UPS = "look_ups"
    QUERIES = "queries"
    WRITES = "writes"
    FILES = "files"
    RETRIES = "retries"
    """Whatever it was for the first time."""


class CallBudget:
    """Counts API calls and refuses the one beyond the budget."""

    def __init__(self, max_api_calls: int | None = None) -> None:
        """Start at zero calls; None permits any number."""
        self._max = max_api_calls
        self._lock = threading.Lock()
        self.by_purpose: Counter[Purpose] = Counter()

    @property
    def used(self) -> int:
        """Calls so far."""
        return self.by_purpose.total()

    def spend(self, purpose: Purpose) -> None:
        """Count one call for what it is for.

        Raises:
            NinoxBudgetError: The budget is used up; nothing was sent.
        """
        with self._lock:
            if self._max is not None and self.by_purpose.total() >= self._max:
                raise NinoxBudgetError(self._max)
            self.by_purpose[purpose] += 1


class InFlight:
    """Bounds the requests under way at once; Ninox answers 429 to parallel calls (forum 35hr60f)."""

    def __init__(self, limit: int = 1) -> None:
        """Permit `limit` requests at once, until `fall_back_to_one`."""
        self.limit = limit
        self._running = 0
        self._refused: set[int] = set()  # threads whose requests pause
        self._changed = threading.Condition()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the permitted places for the length of a request."""
        own = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: self._running < self.limit and (not self._refused or own in self._refused))
            self._running += 1
            self._refused.discard(own)
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def fall_back_to_one(self) -> None:
        """Permit one request at a time for the rest of the run."""
        with self._changed:
            self.limit = 1

    def hold_others(self) -> None:
        """Let no other thread have a place until this one, whose request was refused, has taken or declined one."""
        with self._changed:
            self._refused.add(threading.get_ident())

    def decline(self) -> None:
        """Take no further place for a request that was refused."""
        with self._changed:
            self._refused.discard(threading.get_ident())
            self._changed.notify_all()
