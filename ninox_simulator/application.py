"""The ASGI application: log, key, faults, then the routes.

```text
bytes → server → Application (hooks, log, bounds, key, faults) → Routes → store → JSON bytes
```
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import replace

from starlette.formparsers import MultiPartException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ninox_simulator.damage import (
    abort,
    damaged,
    login_page,
    reset_upload,
    send_damaged,
    without_middle,
    without_range,
)
from ninox_simulator.faults import Fault, Faults
from ninox_simulator.log import LogEntry, RequestLog
from ninox_simulator.pages_before import PagesBefore
from ninox_simulator.replies import ApiError, error_reply, json_reply
from ninox_simulator.request import Request
from ninox_simulator.routes import Routes
from ninox_simulator.writing import NOT_FOUND_IN_A_BATCH

CONTROL_PREFIX = "_simulator"
MAX_BODY_BYTES = 64 * 1024 * 1024

Hook = Callable[[int, str, str], object]
Control = Callable[[Request], Response]


class Application:
    """Serves the API and, under `/_simulator/`, the control of the simulator.

    Attributes:
        on_request: Called with index, method and path before an API request is handled, in the server's thread.
    """

    def __init__(self, routes: Routes, *, token: str, faults: Faults, log: RequestLog, control: Control) -> None:
        """Put the parts together."""
        self._routes = routes
        self._token = token
        self._faults = faults
        self._log = log
        self._control = control
        self._in_flight = 0
        self._pages = PagesBefore()
        self.on_request: list[Hook] = []

    def forget_pages(self) -> None:
        """Forget what the fault `repeat_page` would repeat: the data are others now."""
        self._pages.forget()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request.from_scope(scope)
        if request.segments[0] == CONTROL_PREFIX:
            await self._control(await _with_body(request, scope, receive))(scope, receive, send)
            return
        entry = LogEntry(request.method, request.path, dict(request.query))
        self._log.entries.append(entry)
        self._in_flight += 1
        self._log.most_in_flight = max(self._log.most_in_flight, self._in_flight)
        try:
            await self._serve(request, entry, scope, receive, send)
        finally:
            self._in_flight -= 1

    async def _serve(self, request: Request, entry: LogEntry, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._faults.strike(request.method, request.path)
        if fault and fault.kind == "reset_upload":
            await reset_upload(fault, receive, send)
            return
        try:
            request = await _with_body(request, scope, receive)
        except MultiPartException:
            await error_reply(ApiError(400, "The form cannot be read"), "json")(scope, receive, send)
            return
        entry.body_size = int(request.headers.get("content-length", len(request.body)))
        delay = self._faults.latency_s + (fault.seconds if fault and fault.kind == "slow" else 0)
        if delay:
            await asyncio.sleep(delay)
        if fault and fault.kind == "drop_before":
            request.close_files()
            abort(send)
            return
        try:
            response = self._response(request, fault)
        finally:
            request.close_files()
        entry.status = response.status_code
        await self._deliver(response, fault, scope, receive, send)

    async def _deliver(
        self, response: Response, fault: Fault | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if fault and fault.kind == "drop_after":
            abort(send)
        elif fault and fault.kind in {"cut", "drip"}:
            await send_damaged(response, fault, send)
        elif self._routes.switches["file_ranges"] == "ignored":
            await response(without_range(scope), receive, send)
        else:
            await response(scope, receive, send)

    def _response(self, request: Request, fault: Fault | None) -> Response:
        form = self._routes.switches["error_bodies"]
        try:
            self._check_bounds(request)
            for hook in self.on_request:
                hook(len(self._log.entries) - 1, request.method, request.path)
            self._check_key(request)
            _raise_if(fault, "status")
            if fault and fault.kind == "login_page":
                return login_page()
            if fault and fault.kind == "keep_all":
                return json_reply(NOT_FOUND_IN_A_BATCH)
            response = self._routes.answer(without_middle(self._or_before(request, fault), fault))
            _raise_if(fault, "status_after")
        except ApiError as error:
            return error_reply(error, form)
        return damaged(response, fault)

    def _or_before(self, request: Request, fault: Fault | None) -> Request:
        """Return the request for the page before, for the fault that repeats it; remember this one otherwise."""
        if fault and fault.kind == "repeat_page":
            return self._pages.before(request)
        self._pages.remember(request)
        return request

    def _check_bounds(self, request: Request) -> None:
        if self._faults.body_limit is not None and len(request.body) > self._faults.body_limit:
            raise ApiError(413, "Payload too large")
        if self._faults.parallel_limit is not None and self._in_flight > self._faults.parallel_limit:
            raise ApiError(429, "Too many requests")
        if self._faults.quota is not None and len(self._log.entries) > self._faults.quota:
            raise ApiError(429, "API call limit exceeded")

    def _check_key(self, request: Request) -> None:
        sent = request.headers.get("authorization", "")
        if not hmac.compare_digest(sent.encode(), f"Bearer {self._token}".encode()):
            raise ApiError(401, "Unauthorized")


def _raise_if(fault: Fault | None, kind: str) -> None:
    if fault and fault.kind == kind:
        raise ApiError(fault.status, "The fault that was asked for", fault.headers())


async def _with_body(request: Request, scope: Scope, receive: Receive) -> Request:
    """Read the body; the files of a form go to disk while they arrive."""
    if request.is_form:
        form = await HttpRequest(scope, receive).form()
        return replace(request, form=dict(form.items()))
    return replace(request, body=await _body(receive))


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body") or len(body) > MAX_BODY_BYTES:
            return bytes(body)
