"""Which requests are worth repeating, how long to wait before, and the one loop that does it: `repeat`."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TypeVar

from ninox_api.errors import (
    NinoxAPIError,
    NinoxError,
    NinoxRateLimitError,
    NinoxServerError,
    NinoxSizeError,
    NinoxTlsError,
    NinoxTransportError,
    NinoxUnreachableError,
    is_busy,
    is_timeout,
)

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

FIRST_WAIT_S = 1.0
MAX_WAIT_S = 60.0
"""Longest pause of our own choosing."""
MAX_RETRY_AFTER_S = 300.0
"""Longest pause taken at the server's request; a longer one ends the request."""
TRIES_OF_A_FAILED_READ = 3
"""500 on a read may be a passing fault, but is more often the request's own (observed on writes)."""

TRIES_OF_A_FIRST_CONTACT = 3
"""Where no answer has come yet, the address is more likely wrong than the network interrupted."""

TRIES_OF_A_LARGE_READ = 2
"""A read that can be asked for in smaller pieces is not waited for again and again."""

_REQUEST_TIMEOUT = 408
"""What proxies answer on a connection that was unused for too long; the request was not looked at."""


def count_tries(
    error: NinoxError,
    *,
    repeatable: bool,
    max_tries: int,
    writes: bool = False,
    tries_of_500: int = TRIES_OF_A_FAILED_READ,
    divisible: bool = False,
    is_reached: bool = True,
) -> int:
    """Return how often a request may be sent in all, given how it just failed.

    Args:
        error: What the last try brought.
        repeatable: Whether sending it twice has the effect of sending it once.
        max_tries: The configured bound.
        writes: Whether it changes records.
        tries_of_500: How often a request that only reads may be sent if the answer is 500.
        divisible: Whether the caller can ask for less instead.
        is_reached: Whether the server has ever answered in this run.
    """
    if _asks_for_too_long(error) or isinstance(error, NinoxSizeError | NinoxTlsError):
        return 1
    if divisible and is_timeout(error):
        return min(max_tries, TRIES_OF_A_LARGE_READ)
    if not repeatable and not isinstance(error, NinoxRateLimitError):
        return 1
    if isinstance(error, NinoxTransportError | NinoxRateLimitError) or (
        isinstance(error, NinoxAPIError) and error.status == _REQUEST_TIMEOUT
    ):
        seems_wrong = isinstance(error, NinoxUnreachableError) and not is_reached
        return min(max_tries, TRIES_OF_A_FIRST_CONTACT) if seems_wrong else max_tries
    if isinstance(error, NinoxServerError):
        tries_of_a_fault = 1 if writes else tries_of_500
        return max_tries if is_busy(error) or is_timeout(error) else min(max_tries, tries_of_a_fault)
    return 1


def repeat(send: Callable[[], Result], *, allowed: Callable[[NinoxError], int], again: str = "Trying again") -> Result:
    """Return what sending brings, repeating it as often as the errors allow; the only loop and the only pause.

    Args:
        send: Sends once.
        allowed: Says how often it may be sent in all, given how it just failed.
        again: What the next try does, for the log.

    Raises:
        NinoxError: The failure of the last try.
    """
    tries = 0
    while True:
        tries += 1
        try:
            return send()
        except NinoxError as error:
            if tries >= allowed(error):
                raise
            wait_s = draw_wait(error, tries)
            logger.warning("%s in %.1f s (try %d): %s", again, wait_s, tries + 1, error)
        time.sleep(wait_s)


def _asks_for_too_long(error: NinoxError) -> bool:
    """Return whether the server asks for a pause that no run should make, whatever the status."""
    return isinstance(error, NinoxAPIError) and (error.retry_after_s or 0) > MAX_RETRY_AFTER_S


def draw_wait(error: NinoxError, tries: int) -> float:
    """Return the pause behind a try that failed.

    A pause the server asked for is taken as it is, up to `MAX_RETRY_AFTER_S`; others double from `FIRST_WAIT_S` up to
    `MAX_WAIT_S`, with the upper half drawn at random so that parallel runs do not retry in lockstep.

    Args:
        error: What it brought.
        tries: How many there were.
    """
    asked = error.retry_after_s if isinstance(error, NinoxAPIError) else None
    if asked is not None:
        return min(asked, MAX_RETRY_AFTER_S)
    longest: float = min(MAX_WAIT_S, FIRST_WAIT_S * 2 ** (tries - 1))
    return longest * (1 + random.random()) / 2  # noqa: S311 (spreads load, guards nothing)


def parse_retry_after(header: str | None, *, now: datetime | None = None) -> float | None:
    """Return the seconds a `Retry-After` header asks for, or None where it says nothing usable.

    Args:
        header: Seconds or an HTTP date (RFC 9110).
        now: The current time; a date in the past asks for no wait.
    """
    asked = (header or "").strip()
    if not asked:
        return None
    if asked.isdecimal():
        return float(asked)
    try:
        moment = parsedate_to_datetime(asked)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return max(0.0, (moment - (now or datetime.now(timezone.utc))).total_seconds())
    except (ValueError, TypeError, OverflowError):  # what the parser and dates at the ends of time raise
        return None
