"""The one way to the network: every request of the tap and the target passes through `Transport.send`.

The street, one concern per step: `send` (retries) → `_attempt` (budget, rate, requests in flight) → `_exchange` (the
only network call) → `read_body` (bounds) → `_raise_for_status` → `_decode`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain, repeat
from typing import NamedTuple, TypeVar

import msgspec
import requests
from urllib3.exceptions import HTTPError

from ninox_api import retry
from ninox_api.body import AnswerTooLargeError, form_of, pieces, read_body, weight_of
from ninox_api.clock import ServerClock
from ninox_api.config import ConnectionConfig, certificate_authorities
from ninox_api.damaged_text import with_whole_characters
from ninox_api.download import Download, RangeRefusedError
from ninox_api.errors import (
    NinoxDamagedError,
    NinoxError,
    NinoxProtocolError,
    NinoxRateLimitError,
    NinoxTransportError,
    error_for_status,
)
from ninox_api.failures import failure_of
from ninox_api.limits import CallBudget, InFlight
from ninox_api.monsters import without_monsters
from ninox_api.request import Answer, Decoder, Delivery, Purpose, Request
from ninox_api.session import BoundedSession

logging.getLogger("urllib3").setLevel(logging.INFO)  # at DEBUG it logs URLs with the values of records in `filters`

Result = TypeVar("Result")

_SUCCESS = range(200, 300)
_RANGE_NOT_SATISFIABLE = 416


class _Received(NamedTuple):
    """An answer as it arrived."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    seconds: float


Take = Callable[[requests.Response], bytes]
"""What receives the body of an answer."""


_OWN_ERRORS = (AnswerTooLargeError, RangeRefusedError)


class _BearerAuth(requests.auth.AuthBase):
    """Sets the key itself, so that no `.netrc` entry can take its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Transport:
    """Sends requests within the configured bounds and decodes the answers.

    Attributes:
        budget: Counts every request sent, repeated ones included.
        clock: Tells the time, also by what the answers say.
    """

    def __init__(self, config: ConnectionConfig) -> None:
        """Prepare a connection pool; nothing is sent yet."""
        self._config = config
        self.budget = CallBudget(config.max_api_calls)
        self.clock = ServerClock()
        self._in_flight = InFlight(config.max_parallel_requests)
        self._session = _session(config)

    def close(self) -> None:
        """Close the connections that are kept open for further requests."""
        self._session.close()

    def send(self, request: Request, decoder: Decoder[Answer]) -> Answer:
        """Return the decoded answer to a request, repeating it where that is safe and may help.

        Raises:
            NinoxError: The failure of the last try.
        """
        return self._repeated(request, lambda purpose: _decode(self._attempt(request, purpose), request, decoder))

    def download(self, request: Request, download: Download) -> None:
        """Receive a file, piece by piece; an interrupted one is continued where the server can, else begun again.

        Raises:
            NinoxError: The failure of the last try.
        """

        def take(response: requests.Response) -> bytes:
            if response.status_code == _RANGE_NOT_SATISFIABLE:
                download.restart()
                raise RangeRefusedError
            if response.status_code not in _SUCCESS:
                return read_body(response.raw)
            download.begin(response.status_code, response.headers)
            for piece in pieces(response.raw):
                download.write(piece)
            return b""

        self._repeated(request, lambda purpose: self._attempt(request, purpose, headers=download.headers, take=take))

    def _repeated(self, request: Request, send: Callable[[Purpose], Result]) -> Result:
        """Return what sending brings, repeating it where that is safe and may help."""

        def allowed(error: NinoxError) -> int:
            return retry.tries_allowed(
                error,
                repeatable=request.repeatable,
                writes=request.writes,
                max_tries=self._config.max_retries + 1,
                tries_of_500=request.tries_of_500,
                divisible=request.divisible,
            )

        purposes = chain([request.purpose], repeat(Purpose.RETRIES))
        return retry.repeat(lambda: send(next(purposes)), allowed=allowed)

    def _attempt(
        self,
        request: Request,
        purpose: Purpose,
        *,
        headers: Callable[[], Mapping[str, str]] = dict,
        take: Take | None = None,
    ) -> _Received:
        with self._in_flight.slot():
            self.budget.spend(purpose)
            received = self._exchange(request, headers(), take or partial(_take, max_bytes=request.max_bytes))
        try:
            _raise_for_status(received, request)
        except NinoxRateLimitError:
            self._in_flight.fall_back_to_one()
            raise
        if request.measure is not None:
            request.measure(Delivery(weight_of(received.content), received.seconds, len(request.body or b"")))
        return received

    def _exchange(self, request: Request, more_headers: Mapping[str, str], take: Take) -> _Received:
        headers = dict(more_headers) if request.password is None else {**more_headers, "nx-password": request.password}
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
                stream=True,
            ) as response:
                self.clock.note(response.headers.get("Date"))
                content = take(response)
                return _Received(response.status_code, response.headers, content, time.monotonic() - began)
        except (requests.RequestException, HTTPError, *_OWN_ERRORS, OSError) as error:
            raise failure_of(error, method=request.method, path=request.label, api_url=self._config.api_url) from None


def _take(response: requests.Response, *, max_bytes: int | None) -> bytes:
    return read_body(response.raw, max_bytes=max_bytes)


def _session(config: ConnectionConfig) -> BoundedSession:
    session = BoundedSession(connections=config.max_parallel_requests)
    session.auth = _BearerAuth(config.auth_token)
    session.headers["Accept"] = "application/json"
    # Proxies and authorities of the environment are looked up once: requests would do so for each request, which is a
    # third of what a request costs here.
    verify = certificate_authorities() or True
    found = session.merge_environment_settings(config.api_url, {}, stream=True, verify=verify, cert=None)
    session.proxies, session.verify, session.trust_env = found["proxies"], found["verify"], False
    return session


def _raise_for_status(received: _Received, request: Request) -> None:
    if received.status in _SUCCESS:
        return
    wait = retry.retry_after_s(received.headers.get("Retry-After"))
    raise error_for_status(
        received.status,
        method=request.method,
        path=request.label,
        retry_after_s=wait,
        form=form_of(received.content),
    )


def _decode(received: _Received, request: Request, decoder: Decoder[Answer]) -> Answer:
    try:
        try:
            return decoder.decode(received.content)
        except (msgspec.ValidationError, RecursionError, ArithmeticError):  # of Decimal, for exponents of 20 digits
            readable = without_monsters(received.content)
            if readable == received.content:
                raise
            return decoder.decode(readable)
        except (msgspec.DecodeError, UnicodeDecodeError):
            whole = with_whole_characters(received.content)
            if whole == received.content:
                raise
            return decoder.decode(without_monsters(whole))
    except msgspec.ValidationError as error:
        if not _is_json(received.content):  # types are checked while reading, so damage further on may not be seen yet
            raise _not_json(received, request) from None
        # The text names a JSON path and two types, no value.
        message = f"{request.method} {request.label} was answered in an unknown form: {error}."
        raise NinoxProtocolError(message) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
        raise _not_json(received, request) from None


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _not_json(received: _Received, request: Request) -> NinoxTransportError:
    kind = received.headers.get("Content-Type", "no content type").split(";")[0]
    problem = f"HTTP {received.status} with {len(received.content)} bytes of {kind} that are not whole JSON"
    if kind == "text/html":
        problem += "; an HTML page: check that api_url is the API's address, which usually ends with /v1"
    return NinoxDamagedError(method=request.method, path=request.label, problem=problem)
