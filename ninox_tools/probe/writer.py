"""All that the probe can send with `--scratch` besides: a `Writer` changes its own records of one table."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import msgspec

from ninox_api.files import Upload
from ninox_api.transport import Request, Transport
from ninox_tools.probe.reply import OK, Anything, Reply
from ninox_tools.probe.wire import Reader, send

MARK = "singer-ninox probe"

Held = Callable[[], AbstractContextManager[None]]
"""Holds Ctrl-C back while something is done."""


class Writer:
    """Changes the probe's own records of one table: each path begins with that of its records.

    It repeats nothing but what was refused with 429, when Ninox has done nothing.

    Attributes:
        mark: A text that nobody else has; each record that is made holds it.
        own: Ids of records that were seen with it. No others are changed or deleted.
        free: An id that no record had when the table was read.
        has_unseen: Whether a record may have been made that was not seen yet.
    """

    def __init__(self, reader: Reader, table_id: str, held: Held) -> None:
        """Prepare the connection; nothing is sent yet.

        Args:
            reader: Whose calls are counted along.
            table_id: The scratch table.
            held: While a request is under way: what Ninox does after we left could not be removed.
        """
        self.mark = f"{MARK} {secrets.token_hex(8)}"
        self.own: set[int] = set()
        self.free: int | None = None
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
        self._check(*(one["_id"] for one in elements if one.get("_id", self.free) != self.free))
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

    def _check(self, *record_ids: int) -> None:
        if not self.own.issuperset(record_ids):
            raise ValueError(self.mark)

    def _write(self, method: str, *segments: str, **more: Any) -> Reply:
        path = (*self._records, *segments)
        request = Request(method=method, segments=path, password=self._password, repeatable=False, writes=True, **more)
        return send(self._transport, request, Anything)
