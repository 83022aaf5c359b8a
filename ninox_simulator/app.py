"""The ASGI application: log, key, bounds, faults, then the routes.

```text
bytes → server → Application (log, hooks, bounds, key, faults) → routes → *_api → store → JSON bytes
```
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable

from starlette.formparsers import MultiPartException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ninox_simulator.faults import Fault
from ninox_simulator.messages import ApiError, LogEntry, Request, error_reply
from ninox_simulator.routes import answer
from ninox_simulator.simulation import CONTROL_PREFIX, Simulation, control

Hook = Callable[[int, str, str], object]


class Application:
    """Serves the API and, under `/_simulator/`, the control of the simulator.

    Attributes:
        on_request: Called with index, method and path before an API request is handled, in the server's thread.
    """

    def __init__(self, ninox: Simulation) -> None:
        """Remember what is served."""
        self._ninox = ninox
        self._in_flight = 0
        self.on_request: list[Hook] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request.from_scope(scope)
        if request.segments[0] == CONTROL_PREFIX:
            await request.read(scope, receive)
            await control(self._ninox, request)(scope, receive, send)
            return
        log = self._ninox.log
        entry = LogEntry(request.method, request.path, dict(request.query))
        log.entries.append(entry)
        self._in_flight += 1
        log.most_in_flight = max(log.most_in_flight, self._in_flight)
        try:
            await self._serve(request, entry, scope, receive, send)
        finally:
            self._in_flight -= 1

    async def _serve(self, request: Request, entry: LogEntry, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._ninox.faults.match(request.method, request.path)
        try:
            if fault is None or fault.stages.arriving is None:
                await request.read(scope, receive)
            elif not await fault.stages.arriving(fault, request, scope, receive, send):
                return
        except MultiPartException:
            await error_reply(ApiError(400, "The form cannot be read"), "json")(scope, receive, send)
            return
        entry.body_size = int(request.headers.get("content-length", len(request.body)))
        if self._ninox.faults.latency_s:
            await asyncio.sleep(self._ninox.faults.latency_s)
        try:
            response = self._response(request, fault)
        except ApiError as error:
            response = error_reply(error, self._ninox.switches["error_bodies"])
        finally:
            if request.form:
                request.close_files()
        entry.status = response.status_code
        if fault is None or fault.stages.leaving is None:
            await response(scope, receive, send)
        else:
            await fault.stages.leaving(fault, response, send)

    def _response(self, request: Request, fault: Fault | None) -> Response:
        self._admit(request)
        if fault is None:
            return answer(self._ninox, request)
        handled = fault.stages.before(fault, request, self._ninox.log) if fault.stages.before else request
        response = handled if isinstance(handled, Response) else answer(self._ninox, handled)
        return fault.stages.after(fault, response) if fault.stages.after else response

    def _admit(self, request: Request) -> None:
        faults, requests = self._ninox.faults, len(self._ninox.log.entries)
        if faults.body_limit is not None and len(request.body) > faults.body_limit:
            raise ApiError(413, "Payload too large")
        if faults.parallel_limit is not None and self._in_flight > faults.parallel_limit:
            raise ApiError(429, "Too many requests")
        if faults.quota is not None and requests > faults.quota:
            raise ApiError(429, "API call limit exceeded")
        for hook in self.on_request:
            hook(requests - 1, request.method, request.path)
        sent = request.headers.get("authorization", "")
        if not hmac.compare_digest(sent.encode(), f"Bearer {self._ninox.token}".encode()):
            raise ApiError(401, "Unauthorized")
