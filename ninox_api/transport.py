"""The one way to the network: every request of the tap and the target passes through `Transport.send`.

The street, one concern per step: `send` → `retry.repeat` (again, where that is harmless) → `_attempt` (budget, requests
in flight, errors; in it `_exchange`, the only network call) and then `_decode`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import NamedTuple, Protocol, TypeVar
from urllib.parse import quote

import msgspec
import requests
from requests.utils import select_proxy
from urllib3.exceptions import HTTPError

from ninox_api import retry
from ninox_api.body import detect_form, iter_pieces, mark_monsters, read_body, replace_broken_characters, weigh
from ninox_api.clock import ServerClock
from ninox_api.config import ConnectionConfig, find_authorities
from ninox_api.errors import (
    AnswerTooLargeError,
    NinoxConfigError,
    NinoxDamagedError,
    NinoxProtocolError,
    NinoxTransportError,
    make_status_error,
    make_transport_error,
)
from ninox_api.files import Download, RangeRefusedError
from ninox_api.limits import CallBudget, InFlight, Purpose
from ninox_api.members import Members
from ninox_api.session import BoundedSession

logging.getLogger("urllib3").setLevel(logging.INFO)  # at DEBUG it logs URLs with the values of records in `filters`

_DATABASE_SEGMENTS = 4
"""`teams`, a team, `databases`, a database."""
_RECORD_SEGMENTS = 4
"""Behind those: `tables`, a table, `records`, a record."""

_SUCCESS = range(200, 300)
_RANGE_NOT_SATISFIABLE = 416
_TOO_MANY_REQUESTS = 429

Answer = TypeVar("Answer", covariant=True)  # noqa: PLC0105 (reads better than Answer_co)


class Decoder(Protocol[Answer]):
    """What turns an answer's bytes into values, for instance a `msgspec.json.Decoder`."""

    def decode(self, buf: bytes | bytearray, /) -> Answer:
        """Return the decoded answer."""


class Delivery(NamedTuple):
    """What an answer took.

    Attributes:
        weight: Of its body, unpacked, in bytes (`ninox_api.body.weigh`).
        seconds: From the last byte of the request to the last of the answer, without pauses and other tries.
        sent: Bytes of the request's body.
    """

    weight: int
    seconds: float
    sent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One API call.

    Attributes:
        segments: Path below `/v1`, unescaped, one element per segment.
        body: What is sent; None for nothing.
        content_type: Of the body.
        password: Sent as `nx-password` for a locked database.
        repeatable: Whether sending it twice has the effect of sending it once.
        writes: Whether it changes records; a 500 then means a bad field (observed), which no repetition fixes.
        tries_of_500: How often a request that only reads may be sent if the answer is 500.
        divisible: Whether the caller can ask for less if the server runs out of time.
        max_bytes: Largest answer that is taken; None for the bound of all answers.
        take: Called before each try; what it returns takes members out of the answer while that arrives.
        download: Takes the answer piece by piece, so that nothing of it is left to decode; if it is interrupted, it is
            continued where the server can, else begun again.
        measure: Receives what each answer took that arrived in full.
        private_segment: Index of a segment that is a customer's own word (a file's name), which no message may contain.
    """

    method: str = "GET"
    segments: tuple[str, ...]
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    password: str | None = field(default=None, repr=False)
    repeatable: bool = True
    writes: bool = False
    tries_of_500: int = retry.TRIES_OF_A_FAILED_READ
    divisible: bool = False
    max_bytes: int | None = None
    take: Callable[[], Members] | None = field(default=None, repr=False)
    download: Download | None = None
    measure: Callable[[Delivery], None] | None = None
    private_segment: int | None = None

    @property
    def purpose(self) -> Purpose:
        """What it is for, by what it asks."""
        inside = self.segments[_DATABASE_SEGMENTS:]  # of a database
        if "files" in inside[_RECORD_SEGMENTS : _RECORD_SEGMENTS + 1]:
            return Purpose.FILES
        if self.method != "GET":
            return Purpose.QUERIES if inside[:1] == ("query",) else Purpose.WRITES
        if inside[-1:] == ("changes",):
            return Purpose.FEED
        if "records" not in inside:
            return Purpose.DISCOVERY
        if inside[-1] != "records" or "filters" in self.query:
            return Purpose.LOOK_UPS
        return Purpose.CONFIRMATION if {"new", "updated"} & self.query.keys() else Purpose.PAGES

    @property
    def label(self) -> str:
        """The path as it may stand in logs and messages: without the query, and without private words."""
        shown = [
            "*" if position == self.private_segment else quote(segment, safe="")
            for position, segment in enumerate(self.segments)
        ]
        return "/" + "/".join(shown)

    @property
    def path(self) -> str:
        """Escaped path, without the query."""
        if any(segment in {"", ".", ".."} for segment in self.segments):
            message = "An id or name in a request path is empty or made of dots; that cannot be a Ninox object."
            raise NinoxConfigError(message)
        return "/" + "/".join(quote(segment, safe="") for segment in self.segments)


class _Received(NamedTuple):
    """An answer as it arrived."""

    status: int
    headers: Mapping[str, str]
    content: bytearray
    seconds: float


_OWN_ERRORS = (AnswerTooLargeError, RangeRefusedError)


class Transport:
    """Sends requests within the configured bounds and decodes the answers.

    Attributes:
        budget: Counts every request sent, repeated ones included.
        clock: Knows the time, also by what the answers say.
    """

    def __init__(
        self, config: ConnectionConfig, *, writing: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        """Prepare a connection pool; nothing is sent yet.

        Args:
            config: How Ninox is reached.
            writing: Entered while a request is under way that changes records; not in the pauses between its tries.
        """
        self._config = config
        self._writing = writing
        self.budget = CallBudget(config.max_api_calls)
        self.clock = ServerClock()
        self._is_reached = False
        self._in_flight = InFlight(config.max_parallel_requests)
        self._session = session = BoundedSession(connections=config.max_parallel_requests)
        session.headers.update({"Accept": "application/json", "Authorization": f"Bearer {config.auth_token}"})
        # Proxies and authorities of the environment are looked up once: requests would do so for each request, which is
        # a third of what a request costs here. Behind `trust_env`, no entry of .netrc can take the key's place either.
        verify = find_authorities() or True
        found = session.merge_environment_settings(config.api_url, {}, stream=True, verify=verify, cert=None)
        session.proxies, session.verify, session.trust_env = found["proxies"], found["verify"], False
        self._proxy = _name_proxy(select_proxy(config.api_url, session.proxies))

    def close(self) -> None:
        """Close the connections that are kept open for further requests."""
        self._session.close()

    def send(self, request: Request, decoder: Decoder[Answer]) -> Answer:
        """Return the decoded answer to a request, repeating it where that is safe and may help.

        Raises:
            NinoxError: The failure of the last try.
        """
        purposes = chain([request.purpose], repeat(Purpose.RETRIES))
        try:
            return retry.repeat(
                # Decoded within the repetition: an answer that arrived damaged is asked for again.
                lambda: _decode(self._attempt(request, next(purposes)), request, decoder),
                allowed=lambda error: retry.count_tries(
                    error,
                    repeatable=request.repeatable,
                    writes=request.writes,
                    max_tries=self._config.max_retries + 1,
                    tries_of_500=request.tries_of_500,
                    divisible=request.divisible,
                    is_reached=self._is_reached,  # as it is now: another request may have been answered meanwhile
                ),
            )
        finally:
            self._in_flight.decline()

    def _attempt(self, request: Request, purpose: Purpose) -> _Received:
        """Send a request once.

        Raises:
            NinoxError: It was not sent, brought no answer, or one with an error status.
        """
        with self._in_flight.slot():
            self.budget.spend(purpose)  # in the slot: whoever waits for it may find the budget used up
            with self._writing() if request.writes else nullcontext():
                received = self._exchange(request)
        if received.status not in _SUCCESS:
            if received.status == _TOO_MANY_REQUESTS:
                self._in_flight.fall_back_to_one()
                self._in_flight.hold_others()
            raise make_status_error(
                received.status,
                method=request.method,
                path=request.label,
                retry_after_s=retry.parse_retry_after(received.headers.get("Retry-After")),
                form=detect_form(received.content),
            )
        if request.measure is not None:
            request.measure(Delivery(weigh(received.content), received.seconds, len(request.body or b"")))
        return received

    def _exchange(self, request: Request) -> _Received:
        download = request.download
        headers = {} if download is None else download.headers()
        if request.password is not None:
            headers["nx-password"] = request.password
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        began = time.monotonic()
        try:
            with self._session.request(
                request.method,
                self._config.api_url + request.path,
                params=request.query,
                data=request.body,
                headers=headers,
                timeout=self._config.request_timeout_s,
                stream=True,  # the body is read here, within its bounds
            ) as response:
                self._is_reached = True
                self.clock.note(response.headers.get("Date"))
                status, content = response.status_code, bytearray()
                if download is not None and status == _RANGE_NOT_SATISFIABLE:
                    download.restart()
                    raise RangeRefusedError
                if download is not None and status in _SUCCESS:
                    download.begin(status, response.headers)
                    for piece in iter_pieces(response.raw):
                        download.write(piece)
                else:
                    members = request.take() if request.take is not None and status in _SUCCESS else None
                    content = read_body(response.raw, max_bytes=request.max_bytes, members=members)
                return _Received(status, response.headers, content, time.monotonic() - began)
        except (requests.RequestException, HTTPError, *_OWN_ERRORS, OSError) as error:  # OSError: of the bare socket
            # `from None`: the library's own error holds the URL with its query, and so would a traceback.
            raise make_transport_error(
                error,
                method=request.method,
                path=request.label,
                api_url=self._config.api_url,
                proxy=self._proxy,
                is_reached=self._is_reached,
            ) from None


def _name_proxy(url: str | None) -> str | None:
    """Return a proxy's host and port: its URL may begin with a password."""
    return url and url.rpartition("@")[2].rpartition("://")[2].partition("/")[0]


def _decode(received: _Received, request: Request, decoder: Decoder[Answer]) -> Answer:
    try:
        try:
            return decoder.decode(received.content)
        except (msgspec.ValidationError, RecursionError, ArithmeticError):  # of Decimal, for exponents of 20 digits
            readable = mark_monsters(received.content)
            if readable == received.content:
                raise
            return decoder.decode(readable)
        except (msgspec.DecodeError, UnicodeDecodeError):
            repaired = replace_broken_characters(received.content)
            if repaired == received.content:
                raise
            return decoder.decode(mark_monsters(repaired))
    except msgspec.ValidationError as error:
        # Types are checked while reading, so damage further on may not be seen yet.
        if detect_form(received.content) != "json":
            raise _make_not_json_error(received, request) from None
        # The text names a JSON path and two types, no value.
        message = f"{request.method} {request.label} was answered in an unknown form: {error}."
        raise NinoxProtocolError(message) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
        raise _make_not_json_error(received, request) from None


_TOLD_KINDS = frozenset(
    {"no content type", "application/json", "application/octet-stream", "text/html", "text/plain", "text/xml"}
)


def _make_not_json_error(received: _Received, request: Request) -> NinoxTransportError:
    kind = received.headers.get("Content-Type", "no content type").split(";")[0].strip().lower()
    kind = kind if kind in _TOLD_KINDS else "another content type"  # no word of an answer goes into a message
    problem = f"HTTP {received.status} with {len(received.content)} bytes of {kind} that are not whole JSON"
    if kind == "text/html":
        problem += "; an HTML page: check that api_url is the API's address, which usually ends with /v1"
    return NinoxDamagedError(method=request.method, path=request.label, problem=problem)
