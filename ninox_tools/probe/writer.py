"""All that the probe can send with `--scratch` besides: a `Writer` changes its own records of one table."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from tempfile import TemporaryFile
from typing import Any

import msgspec
from typing_extensions import override

from ninox_api.files import Download, Upload
from ninox_api.transport import Request, Transport
from ninox_tools.probe.reply import OK, Anything, Reply
from ninox_tools.probe.wire import Reader, send

Held = Callable[[], AbstractContextManager[None]]
"""Holds Ctrl-C back while something is done."""


class Writer:
    """Changes the probe's own records of one table: each path begins with that of its records.

    It repeats nothing but what was refused with 429, when Ninox has done nothing.

    Attributes:
        mark: A text that nobody else has; each record that is made holds it.
        own: Ids of records that were seen with it. No others are changed or deleted.
        has_unseen: Whether a record may have been made that was not seen yet.
    """

    def __init__(self, reader: Reader, table_id: str, held: Held) -> None:
        """Prepare the connection; nothing is sent yet.

        Args:
            reader: Whose calls are counted along.
            table_id: The scratch table.
            held: While a request is under way: what Ninox does after we left could not be removed.
        """
        self.mark = f"singer-ninox probe {secrets.token_hex(8)}"
        self.own: set[int] = set()
        self.has_unseen = False
        self._records = (*reader.path, "tables", table_id, "records")
        self._password = reader.password
        self._transport = Transport(reader.config, writing=held)
        self._transport.budget = reader.budget

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def save(self, *elements: Mapping[str, Any]) -> Reply:
        """Make or change records with one request."""
        self._check(*(one["id"] for one in elements if "id" in one))
        if not all("id" in one or self.mark in str(one) for one in elements):
            raise ValueError(self.mark)
        before, self.has_unseen = self.has_unseen, True  # an answer that is lost says nothing
        reply = self._write("POST", body=msgspec.json.encode(elements), query={"ids": "true"})
        self.has_unseen = before or reply.status == OK
        return reply

    def delete(self, record_id: int) -> Reply:
        """Delete a record."""
        self._check(record_id)
        return self._write("DELETE", str(record_id))

    def delete_many(self, record_ids: list[int]) -> Reply:
        """Delete several records with one request."""
        self._check(*record_ids)
        return self._write("DELETE", body=msgspec.json.encode(record_ids))

    def upload(self, record_id: int, file: Upload) -> Reply:
        """Put a file on a record."""
        self._check(record_id)
        content_type, body = file.form()
        return self._write("POST", str(record_id), "files", body=body, content_type=content_type)

    def download(self, record_id: int, name: str, *, first_byte: int) -> int:
        """Ask for that file from a byte on; return the status: 206 if the server can do that."""
        with TemporaryFile() as file:
            rest = _Rest(file, first_byte)
            segments = (*self._records, str(record_id), "files", name)
            self._transport.download(Request(segments=segments, password=self._password), rest)
        return rest.status

    def _check(self, *record_ids: int) -> None:
        if not self.own.issuperset(record_ids):
            raise ValueError(self.mark)

    def _write(self, method: str, *segments: str, **more: Any) -> Reply:
        path = (*self._records, *segments)
        request = Request(method=method, segments=path, password=self._password, repeatable=False, writes=True, **more)
        return send(self._transport, request, Anything)


class _Rest(Download):
    """Takes a file from some byte on."""

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
