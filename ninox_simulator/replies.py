"""Errors and answers in the form Ninox sends them."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

_ENCODER = msgspec.json.Encoder()


class ApiError(Exception):
    """An answer with an error status; raised anywhere, serialised once."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        """Say status and message."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


def json_reply(value: Any, status: int = 200) -> Response:
    """Return bare JSON, as all answers of Ninox are (observed): no envelope, 200 also for creates."""
    return raw_json_reply(_ENCODER.encode(value), status)


def raw_json_reply(body: bytes, status: int = 200) -> Response:
    """Return JSON that is encoded already."""
    return Response(body, status_code=status, media_type="application/json")


def error_reply(error: ApiError, form: str) -> Response:
    """Return an error in one of the forms its body may have (unknown)."""
    if form == "text":
        return Response(error.message, status_code=error.status, media_type="text/plain", headers=error.headers)
    if form == "html":
        page = f"<html><body><h1>{error.status}</h1>{error.message}</body></html>"
        return Response(page, status_code=error.status, media_type="text/html", headers=error.headers)
    reply = json_reply({"message": error.message}, error.status)
    reply.headers.update(error.headers)
    return reply
