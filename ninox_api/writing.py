"""What changes a database: saving and deleting records, executing scripts.

Saving is never repeated here, except after a 429, which says that nothing was done: after a lost answer nobody can tell
from outside whether records were created, so whoever asked must look first (Ninox has no idempotency keys).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ninox_api.errors import NinoxNotFoundError, NinoxScriptError
from ninox_api.files import Upload
from ninox_api.request import Delivery, Request
from ninox_api.transport import Transport

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class BodyTooLargeError(Exception):
    """A request was not sent, as its body is larger than whoever asked for it wants.

    Attributes:
        size: Of the body, in bytes.
    """

    def __init__(self, size: int) -> None:
        """Keep what helps to send less."""
        super().__init__()
        self.size = size


class RecordWrite(msgspec.Struct, frozen=True, kw_only=True):
    """One record to save.

    Attributes:
        fields: Field id → JSON value; `""` clears a field (observed), an absent one stays as it is.
        id: Of the record to update; None creates one, and Ninox numbers it.
        upsert: Create the record under `id` if there is none (documented).
    """

    fields: Mapping[str, Any]
    id: int | None = None
    upsert: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the element of a request; upserts are flat (documented), everything else is nested."""
        if self.upsert:
            return {"_upsert": True, "_id": self.id, **self.fields}
        return {"fields": self.fields} if self.id is None else {"id": self.id, "fields": self.fields}


NO_FIELDS = msgspec.Raw(b"{}")


class SavedRecord(msgspec.Struct, rename={"plain_id": "id", "flat_id": "_id", "error": "_err"}):
    """How Ninox answers one saved record.

    Attributes:
        fields: What the record holds, by caption (observed) or not at all, as it was sent: most of it interests nobody.
            Triggers may change it behind (observed).
        error: Ninox's reason for not saving it, behind HTTP 200 (observed); None if it was saved.
    """

    plain_id: int | None = None
    flat_id: int | None = None
    error: Any = None
    fields: msgspec.Raw = NO_FIELDS

    @property
    def id(self) -> int | None:
        """The record's id, if it was saved."""
        return self.plain_id if self.flat_id is None else self.flat_id


class _Taken:
    """Takes any answer: that of a deletion is not documented, that of an upload was seen as text and as JSON.

    Any but an HTML page: something in between has answered (a login, a proxy) and perhaps passed nothing on.
    """

    @staticmethod
    def decode(answer: bytes, /) -> None:
        if answer.lstrip()[:1] == b"<":
            raise msgspec.DecodeError


class _Uploaded(_Taken):
    """Takes any answer that does not say that the file was not stored."""

    @staticmethod
    def decode(answer: bytes, /) -> None:
        _Taken.decode(answer)
        if b'"_err"' in answer:
            problem = "it says that nothing was stored"
            raise msgspec.ValidationError(problem)


_SAVED = msgspec.json.Decoder(list[SavedRecord])
_ANY = msgspec.json.Decoder()


class DatabaseWriter:
    """Writes to one database. Every method may raise the errors of `ninox_api.errors`."""

    def __init__(self, transport: Transport, *, segments: tuple[str, ...], password: str | None) -> None:
        """Remember where the database is."""
        self._transport = transport
        self._segments = segments
        self._password = password

    def save_records(
        self,
        table_id: str,
        writes: Sequence[RecordWrite],
        *,
        max_bytes: int | None = None,
        measure: Callable[[Delivery], None] | None = None,
    ) -> list[SavedRecord]:
        """Save records in one call; return the answers in the order sent.

        There may be fewer answers than records: the caller counts. The request is sent once.

        Args:
            table_id: Where to.
            writes: The records.
            max_bytes: No larger body is sent.
            measure: Receives what the answer took.

        Raises:
            BodyTooLargeError: The body would be larger; nothing was sent.
            NinoxServerError: 500 for a field that is unknown or cannot be written (observed); whether the records
                before it are saved is unknown.
            NinoxTransportError: Whether the records are saved is unknown.
        """
        elements = [write.to_json() for write in writes]
        request = self._request("POST", "tables", table_id, "records", body=elements, repeatable=False)
        if max_bytes is not None and len(request.body or b"") > max_bytes:
            raise BodyTooLargeError(len(request.body or b""))
        return self._transport.send(replace(request, measure=measure), _SAVED)

    def delete_records(self, table_id: str, record_ids: Sequence[int]) -> None:
        """Delete records in one call (documented; missing on old servers). How unknown ids are met is not known."""
        self._transport.send(self._request("DELETE", "tables", table_id, "records", body=list(record_ids)), _Taken)

    def delete_record(self, table_id: str, record_id: int) -> bool:
        """Delete one record; return whether it was there."""
        request = self._request("DELETE", "tables", table_id, "records", str(record_id))
        try:
            self._transport.send(request, _Taken)
        except NinoxNotFoundError:
            return False
        return True

    def upload_file(self, table_id: str, record_id: int, upload: Upload) -> None:
        """Put a file on a record. It is sent once: what a second upload of a name does is only assumed.

        Raises:
            NinoxTransportError: Whether the file is there is unknown; the list of files tells.
            NinoxProtocolError: The answer says `_err`.
        """
        content_type, form = upload.form()
        request = Request(
            method="POST",
            segments=(*self._segments, "tables", table_id, "records", str(record_id), "files"),
            body=form,
            content_type=content_type,
            password=self._password,
            repeatable=False,
            writes=True,
        )
        self._transport.send(request, _Uploaded)

    def execute(self, script: str) -> Any:
        """Run a script that may write; return its last value. It is sent once.

        Raises:
            NinoxScriptError: Ninox could not run it and answered `{"_err": …}`.
        """
        request = self._request("POST", "exec", body={"query": script}, repeatable=False)
        answer = self._transport.send(request, _ANY)
        if isinstance(answer, dict) and answer.keys() == {"_err"}:
            raise NinoxScriptError(method=request.method, path=request.label)
        return answer

    def _request(self, method: str, *segments: str, body: Any = None, repeatable: bool = True) -> Request:
        return Request(
            method=method,
            segments=(*self._segments, *segments),
            body=None if body is None else _ENCODER.encode(body),
            password=self._password,
            repeatable=repeatable,
            writes=True,
        )
