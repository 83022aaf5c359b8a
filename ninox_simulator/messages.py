"""Requests as handlers see them, answers in the form that Ninox gives them, and the log of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope

MAX_BODY_BYTES = 64 * 1024 * 1024

NOT_FOUND_IN_A_BATCH = {"_err": "Record not found"}
"""Behind HTTP 200, in place of a record (read in a public client's code)."""

_ENCODER = msgspec.json.Encoder()


class ApiError(Exception):
    """An answer with an error status; raised anywhere, serialised once."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        """Say status and message."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


@dataclass(slots=True, kw_only=True)
class Request:
    """Method, path, query, headers and body.

    Attributes:
        segments: Path, unescaped part by part, so that names may hold slashes.
        query: The last value of each parameter.
        form: Parts of a multipart body, files as `UploadFile`.
    """

    method: str
    path: str
    segments: tuple[str, ...]
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    form: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_scope(cls, scope: Mapping[str, Any]) -> Request:
        """Read a request's head from an ASGI scope."""
        raw_path = scope.get("raw_path") or scope["path"].encode()
        path = raw_path.split(b"?")[0].decode("latin-1")
        return cls(
            method=scope["method"],
            path=unquote(path),
            segments=tuple(unquote(segment) for segment in path.strip("/").split("/")),
            query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        )

    async def read(self, scope: Scope, receive: Receive) -> None:
        """Take in the body; the files of a form go to disk while they arrive.

        Raises:
            MultiPartException: It says that it is a form, and is none.
        """
        if self.headers.get("content-type", "").startswith("multipart/form-data"):
            self.form = dict((await HttpRequest(scope, receive).form()).items())
            return
        message = await receive()
        body = message.get("body", b"")
        if message.get("more_body"):
            body = bytearray(body)
            while message.get("more_body") and len(body) <= MAX_BODY_BYTES:
                message = await receive()
                body += message.get("body", b"")
        self.body = bytes(body)

    def close_files(self) -> None:
        """Let go of the files of a form."""
        for part in self.form.values():
            if isinstance(part, UploadFile):
                part.file.close()

    def json(self) -> Any:
        """Return the body.

        Raises:
            ApiError: 400, the body is not JSON (status and text unknown).
        """
        return decoded(self.body, "The body")


def whole_number(text: str) -> int | None:
    """Return a number of a path or query; what is none counts as absent (assumed)."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None  # noqa: PLR2004


def is_set(query: Mapping[str, str], name: str) -> bool:
    """Tell whether a parameter says yes."""
    return query.get(name, "").lower() in {"true", "t", "1"}


def decoded(text: bytes | str, what: str) -> Any:
    """Return what JSON says.

    Raises:
        ApiError: 400, it is none.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ApiError(400, f"{what} is not JSON") from None


def json_reply(value: Any, status: int = 200) -> Response:
    """Return bare JSON, as all answers of Ninox are (observed): no envelope, 200 also for creates.

    Args:
        value: What to answer; bytes are JSON already.
        status: HTTP status.
    """
    body = value if isinstance(value, bytes) else _ENCODER.encode(value)
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


@dataclass(slots=True)
class LogEntry:
    """One request and how it was answered; the key is never kept."""

    method: str
    path: str
    query: dict[str, str]
    body_size: int = 0
    status: int = 0


@dataclass(slots=True)
class TriggerEntry:
    """A trigger that ran.

    Attributes:
        event: `afterCreate`, `afterUpdate`, or `afterUpdate of <field>`.
        error: Why its script failed, if it did.
    """

    database_id: str
    table_id: str
    record_id: int
    event: str
    error: str | None = None


@dataclass(slots=True)
class RequestLog:
    """All requests since the start or the last clearing.

    Attributes:
        triggers: What ran on its own, in order.
        most_in_flight: Highest number of requests under way at once.
        loaded_at: Number of requests that were about other data, which `reset` has replaced.
    """

    entries: list[LogEntry] = field(default_factory=list)
    triggers: list[TriggerEntry] = field(default_factory=list)
    most_in_flight: int = 0
    loaded_at: int = 0

    def clear(self) -> None:
        """Forget all requests."""
        self.entries.clear()
        self.triggers.clear()
        self.most_in_flight = 0
        self.loaded_at = 0

    def as_json(self) -> dict[str, Any]:
        """Return the log with its count."""
        return {
            "count": len(self.entries),
            "most_in_flight": self.most_in_flight,
            "entries": [asdict(entry) for entry in self.entries],
            "triggers": [asdict(entry) for entry in self.triggers],
        }
