"""The one place of the probe that sends a request."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from statistics import median
from tempfile import TemporaryFile
from typing import Any, NamedTuple

import msgspec
from typing_extensions import override

from ninox_api.body import detect_form
from ninox_api.config import ConnectionConfig
from ninox_api.errors import (
    NinoxAPIError,
    NinoxAuthenticationError,
    NinoxBudgetError,
    NinoxRateLimitError,
)
from ninox_api.files import Download
from ninox_api.transport import Request, Transport

MOST_CALLS = 60
KEPT_FOR_CLEANING = 8
"""Calls of these that are kept back while a scratch table is not empty again."""

_TRIES = 3
_FAULTS = frozenset({502, 503, 504})


class NotAnsweredError(Exception):
    """The server answered with an error where a value was asked for.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, status: int) -> None:
        """Keep the status; what else the answer says may quote the data."""
        super().__init__(status)
        self.status = status


class CallsUsedUpError(Exception):
    """No further call may be made."""


class Reply(NamedTuple):
    """An answer.

    Attributes:
        value: Its JSON; None for an error, and for what is no JSON.
        form: What the body looks like: `json`, `text`, `html` or `nothing`.
    """

    status: int
    value: Any
    form: str

    @property
    def json(self) -> Any:
        """Its JSON.

        Raises:
            NotAnsweredError: It is an error.
        """
        if self.status != _OK:
            raise NotAnsweredError(self.status)
        return self.value


_OK = 200


class _Json:
    """Decodes JSON; anything else is a fault (a login page, an answer cut off), and asked for once more."""

    @staticmethod
    def decode(buf: bytes | bytearray, /) -> Reply:
        return Reply(_OK, msgspec.json.decode(buf), "json")


class _Anything:
    """Decodes an answer whose form is not known, but for an HTML page."""

    @staticmethod
    def decode(buf: bytes | bytearray, /) -> Reply:
        form = detect_form(buf)
        if form == "html":
            raise msgspec.DecodeError
        return Reply(_OK, msgspec.json.decode(buf) if form == "json" else None, form)


class Wire:
    """Sends requests to one Ninox, and counts them.

    Attributes:
        kept: Calls that may not be made for questions.
        held: Holds Ctrl-C back while something is written: what Ninox does after we have left could not be removed.
    """

    def __init__(self, config: ConnectionConfig, *, kept: int = 0) -> None:
        """Prepare the connection; nothing is sent yet."""
        self._config = replace(config, max_retries=_TRIES - 1, max_api_calls=MOST_CALLS, max_parallel_requests=1)
        self._transport = Transport(self._config)
        self.kept = kept
        self.held: Callable[[], AbstractContextManager[None]] = nullcontext
        self.passwords: Mapping[str, str] = config.database_passwords
        self._seconds: list[float] = []

    @property
    def calls(self) -> int:
        """Calls so far, repeated ones included."""
        return self._transport.budget.used

    @property
    def latencies_ms(self) -> tuple[int, int] | None:
        """Median and longest time of an answer, in milliseconds."""
        times = [round(seconds * 1000) for seconds in self._seconds]
        return (round(median(times)), max(times)) if times else None

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def get(self, *segments: str, password: str | None = None, **query: str | int) -> Reply:
        """Ask for something."""
        return self._send(Request(segments=segments, query=query, password=password, tries_of_500=1), _Json)

    def query(self, *segments: str, password: str | None, script: str) -> Reply:
        """Run a script that only reads."""
        body = msgspec.json.encode({"query": script})
        return self._send(
            Request(method="POST", segments=segments, body=body, password=password, tries_of_500=1), _Json
        )

    def write(self, method: str, *segments: str, password: str | None, body: Any = None) -> Reply:
        """Change something, in the scratch table; it is sent again only after 429, with which Ninox refuses to act."""
        encoded = None if body is None else msgspec.json.encode(body)
        request = Request(
            method=method, segments=segments, query={"ids": "true"}, body=encoded, password=password, repeatable=False,
            writes=True,
        )  # fmt: skip
        with self.held():
            return self._send(request, _Anything)

    def upload(self, *segments: str, password: str | None, form: tuple[str, bytes]) -> Reply:
        """Put a file on a record of the scratch table."""
        content_type, body = form
        request = Request(
            method="POST", segments=segments, body=body, content_type=content_type, password=password,
            repeatable=False, writes=True,
        )  # fmt: skip
        with self.held():
            return self._send(request, _Anything)

    def download_from(self, first_byte: int, *segments: str, password: str | None) -> int:
        """Ask for a file from a byte on; return the status: 206 if the server can do that."""
        self._check()
        with TemporaryFile() as file:
            middle = _Middle(file, first_byte)
            self._transport.download(Request(segments=segments, password=password), middle)
        return middle.status

    def both_served(self, *segments: str) -> bool:
        """Ask for the same thing twice at once; return whether both were answered, rather than refused by 429."""
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (for this one question)

        self._check(calls=2)
        transport = Transport(replace(self._config, max_retries=0, max_parallel_requests=2))
        transport.budget = self._transport.budget
        try:
            with ThreadPoolExecutor(2) as threads:
                asked = [threads.submit(transport.send, Request(segments=segments), _Json) for _ in range(2)]
                errors = [future.exception() for future in asked]
        finally:
            transport.close()
        others = [error for error in errors if error and not isinstance(error, NinoxRateLimitError)]
        if others:
            raise others[0]
        return not any(errors)

    def _check(self, calls: int = 1) -> None:
        if self.calls + calls > MOST_CALLS - self.kept:
            raise CallsUsedUpError

    def _send(self, request: Request, decoder: type[_Json | _Anything]) -> Reply:
        """Send a request; an error that is an answer is returned, a fault is raised.

        Raises:
            CallsUsedUpError: It may not be sent.
            NinoxError: A fault, after all tries: no connection, 401, 429, 502 to 504, no JSON.
        """
        self._check()
        before, start = self.calls, time.monotonic()
        try:
            reply = self._transport.send(request, decoder)
        except NinoxBudgetError:  # while it was repeated
            raise CallsUsedUpError from None
        except (NinoxAuthenticationError, NinoxRateLimitError):
            raise
        except NinoxAPIError as error:
            if error.status in _FAULTS:
                raise
            reply = Reply(error.status, None, error.form)
        if self.calls == before + 1:  # without the pauses between tries
            self._seconds.append(time.monotonic() - start)
        return reply


class _Middle(Download):
    """Takes a file from some byte on.

    Attributes:
        status: HTTP status of the answer.
    """

    def __init__(self, target: Any, first_byte: int) -> None:
        super().__init__(target)
        self._first_byte = first_byte
        self.status = 0

    @override
    def headers(self) -> dict[str, str]:
        return {"Accept": "*/*", "Accept-Encoding": "identity", "Range": f"bytes={self._first_byte}-"}

    @override
    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
