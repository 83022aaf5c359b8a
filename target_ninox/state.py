"""Which state may go out: the last one behind which nothing is missing in Ninox."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import simplejson

State = Mapping[str, Any]

MOST_WAITING = 1000
"""More states than this are thinned out: each is a place to go on from, and many close together are no better."""


class _Waiting(NamedTuple):
    state: State
    rows_before: Mapping[str, int]


class DurableStates:
    """States wait here until every row that came before them is settled.

    The SDK writes the newest state after emptying all sinks, and none if one of them fails; here the newest state that
    holds goes out after each piece of work.
    """

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()

    def add(self, state: State, rows_before: Mapping[str, int]) -> None:
        """Keep a state until it may go out.

        Args:
            state: As the tap sent it.
            rows_before: Stream → rows that came before it.
        """
        if self._waiting and self._waiting[-1].rows_before == rows_before:
            self._waiting.pop()
        elif len(self._waiting) >= MOST_WAITING:
            self._waiting = deque(list(self._waiting)[1::2])
        self._waiting.append(_Waiting(state, dict(rows_before)))

    def take_durable(self, first_unsettled: Mapping[str, int]) -> State | None:
        """Return the newest state that holds, None if there is none that was not returned before.

        Args:
            first_unsettled: Stream → number of its first row that is not settled; streams without one are absent.
        """
        durable: State | None = None
        while self._waiting:
            rows_before = self._waiting[0].rows_before
            if any(first_unsettled.get(name, rows + 1) <= rows for name, rows in rows_before.items()):
                break  # then no newer state holds either
            durable = self._waiting.popleft().state
        return durable


def write_state(state: State) -> None:
    """Write a state to the standard output, at once.

    Raises:
        OSError: Nobody reads it.
    """
    try:
        sys.stdout.write(simplejson.dumps(state, use_decimal=True) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        message = "whoever reads the states has ended; what was loaded is loaded, and the next run finds it there"
        raise OSError(message) from None  # of the first kind click would end the process without a word
