"""What faults leave of an answer, and of a connection."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from ninox_simulator.faults import Fault
from ninox_simulator.replies import json_reply
from ninox_simulator.request import Request

_DRIP_PIECES = 20
_BODIES = {
    "malformed": b'[{"id": 1, "fields": {]',
    "empty_page": b"[]",
    "wrong_shape": b'{"message": "not what was asked for"}',
}
_WITHOUT_MIDDLE = frozenset({"refuse_one", "lose_one", "keep_one"})


def damaged(response: Response, fault: Fault | None) -> Response:
    """Return what a fault makes of an answer before it is sent."""
    match fault.kind if fault else None:
        case "truncate":
            assert fault is not None  # noqa: S101 (told by its kind)
            return Response(_content(response)[: fault.cut_at(len(_content(response)))], media_type=response.media_type)
        case "html":
            return login_page()
        case "refuse_one":
            return with_error_in_the_middle(response)
        case "malformed" | "empty_page" | "wrong_shape" as kind:
            return Response(_BODIES[kind], media_type="application/json")
        case "reverse" | "same_id" | "old_ids":
            assert fault is not None  # noqa: S101 (told by its kind)
            return with_other_ids(response, fault.kind)
        case _:
            return response


def login_page() -> Response:
    """Return what something between client and server may answer in the server's place."""
    return Response(b"<html><body>Please log in</body></html>", media_type="text/html")


def without_middle(request: Request, fault: Fault | None) -> Request:
    """Return a save or a deletion without its middle record, for the faults that leave it out."""
    if fault is None or fault.kind not in _WITHOUT_MIDDLE or not isinstance(body := request.json(), list):
        return request
    del body[len(body) // 2]
    return replace(request, body=json.dumps(body).encode())


def with_error_in_the_middle(response: Response) -> Response:
    """Return the answer of such a save with the error that Ninox puts in a record's place (observed)."""
    answers = json.loads(bytes(response.body))
    answers.insert((len(answers) + 1) // 2, {"_err": "Record not found"})
    return json_reply(answers)


def with_other_ids(response: Response, kind: str) -> Response:
    """Return the answer of a save that does not say which record is whose."""
    answers = json.loads(bytes(response.body))
    if not isinstance(answers, list):
        return response
    if kind == "reverse":
        return json_reply(answers[::-1])
    ids = [answers[0].get("id")] * len(answers) if kind == "same_id" else list(range(1, len(answers) + 1))
    return json_reply([{**answer, "id": number} for answer, number in zip(answers, ids, strict=True)])


async def send_damaged(response: Response, fault: Fault, send: Send) -> None:
    """Announce the whole body, then send it in an uneven way or not to its end."""
    body = _content(response)
    headers = [(name, value) for name, value in response.raw_headers if name != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    start: Message = {"type": "http.response.start", "status": response.status_code, "headers": headers}
    await send(start)
    if fault.kind == "cut":
        await send({"type": "http.response.body", "body": body[: fault.cut_at(len(body))], "more_body": True})
        abort(send)
        return
    size = max(1, len(body) // _DRIP_PIECES)
    for offset in range(0, len(body), size):
        await send({"type": "http.response.body", "body": body[offset : offset + size], "more_body": True})
        await asyncio.sleep(fault.seconds / _DRIP_PIECES)
    await send({"type": "http.response.body", "body": b""})


async def reset_upload(fault: Fault, receive: Receive, send: Send) -> None:
    """Close the connection in the middle of a request's body."""
    received, more = 0, True
    while more and received < (fault.bytes or 0):
        message = await receive()
        received += len(message.get("body", b""))
        more = message.get("more_body", False)
    abort(send)


def abort(send: Any) -> None:
    """Close the connection at once. ASGI has no word for it, so this reaches through to uvicorn's transport."""
    send.__self__.transport.abort()


def without_range(scope: Scope) -> Scope:
    """Return a scope that asks for a whole file."""
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"range"]}


def _content(response: Response) -> bytes:
    if isinstance(response, FileResponse):
        return Path(response.path).read_bytes()
    return bytes(response.body)
