"""A request as the handlers see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec
from starlette.datastructures import UploadFile

from ninox_simulator.replies import ApiError


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Method, path, query, headers and body.

    Attributes:
        segments: Path below `/v1`, unescaped one by one, so that names may hold slashes.
        query: The last value of each parameter.
        form: Parts of a multipart body, files as `UploadFile`.
    """

    method: str
    path: str
    segments: tuple[str, ...]
    query: Mapping[str, str]
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

    @property
    def is_form(self) -> bool:
        """Whether the body has several parts."""
        return self.headers.get("content-type", "").startswith("multipart/form-data")

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
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise ApiError(400, "The body is not JSON") from None
