"""Ninox in verbs: one method per question, typed in and out."""

from __future__ import annotations

import decimal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import msgspec

from ninox_api.body import MAX_PAGE_BYTES, repair_text
from ninox_api.changes import DatabaseFeedReader, FeedAnswer, FeedChanges, FeedReader, TableFeedReader
from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxError, NinoxNotFoundError, NinoxProtocolError, NinoxScriptError
from ninox_api.files import Download, NinoxFile, Upload, parse_files
from ninox_api.limits import Purpose
from ninox_api.retry import TRIES_OF_A_FAILED_READ
from ninox_api.schema import (
    DatabaseName,
    DatabaseSchema,
    Team,
    parse_schema,
    parse_tables,
)
from ninox_api.transport import Decoder, Delivery, Request, Transport

FIRST_PAGE_SIZE = 1000
"""Largest `perPage` seen to be honoured (observed)."""

BEYOND_ANY_SEQUENCE = 2**31 - 1
"""A `sinceSq` that asks for no change, only for the feed's `seq`; fits any integer type (assumed to be accepted)."""


# gc=False: records refer to no record, and the garbage collector would look through a million of them again and again.
class NinoxRecord(msgspec.Struct, gc=False, rename="camel"):
    """A record as Ninox answers it.

    Attributes:
        fields: Field id → value; empty fields are absent. Decimals keep all digits.
        sequence: The database's sequence when the record last changed; absent on some records (observed).
        created_at: UTC, without a zone marker.
    """

    id: int
    sequence: int | None = None
    created_at: str | None = None
    created_by: str | None = None
    modified_at: str | None = None
    modified_by: str | None = None
    fields: dict[str, Any] = {}


class BodyTooLargeError(NinoxError):
    """A request was not sent, as its body is larger than whoever asked for it wants.

    Attributes:
        size: Of the body, in bytes.
    """

    def __init__(self, size: int) -> None:
        super().__init__(f"The request was not sent: its body of {size:,} bytes is larger than `max_bytes` permits.")
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


class _AnyAnswer:
    """Takes any answer: that of a deletion is not documented, that of an upload was seen as text and as JSON.

    Any but an HTML page: something in between has answered (a login, a proxy) and perhaps passed nothing on.
    """

    @staticmethod
    def decode(answer: bytes | bytearray, /) -> None:
        if answer.lstrip()[:1] == b"<":
            raise msgspec.DecodeError


class _UploadAnswer(_AnyAnswer):
    """Takes any answer that does not say that the file was not stored."""

    @staticmethod
    def decode(answer: bytes | bytearray, /) -> None:
        _AnyAnswer.decode(answer)
        if b'"_err"' in answer:
            problem = "it says that nothing was stored"
            raise msgspec.ValidationError(problem)


class _NamedObject(msgspec.Struct):
    id: str
    name: str = ""


_NAMED = msgspec.json.Decoder(list[_NamedObject])
_ONE_NAMED = msgspec.json.Decoder(_NamedObject)
_OBJECT = msgspec.json.Decoder(dict[str, Any])
_OBJECTS = msgspec.json.Decoder(list[dict[str, Any]])
_ANYTHING = msgspec.json.Decoder(float_hook=decimal.Decimal)
_SAVED = msgspec.json.Decoder(list[SavedRecord])
_FEED = msgspec.json.Decoder(FeedAnswer)
# Decimal: as binary fractions, 0.1 and 19.99 would come out with other digits than went in.
_RECORD = msgspec.json.Decoder(NinoxRecord, float_hook=decimal.Decimal)
RECORDS: Decoder[list[NinoxRecord]] = msgspec.json.Decoder(list[NinoxRecord], float_hook=decimal.Decimal)
"""Decodes a page of records with all their fields."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_IDS: Mapping[str, str] = {"ids": "true", "choiceStyle": "ids"}


class NinoxClient:
    """One Ninox: its teams and databases.

    Every method may raise the errors of `ninox_api.errors`.
    """

    def __init__(
        self, config: ConnectionConfig, *, writing: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        """Prepare the client; nothing is sent yet.

        Args:
            config: How Ninox is reached.
            writing: Entered while a request is under way that changes records; not in the pauses between its tries.
        """
        self._transport = Transport(config, writing=writing)
        self.passwords: Mapping[str, str] = dict(config.database_passwords)
        self.api_url = config.api_url

    @property
    def calls_used(self) -> int:
        """API calls sent so far, repeated ones included."""
        return self._transport.budget.used

    @property
    def calls_by_purpose(self) -> Counter[Purpose]:
        """The same by what they were for."""
        return self._transport.budget.by_purpose.copy()

    @property
    def now_ms(self) -> int:
        """Time in milliseconds since 1970: the server's, where its answers say it and this machine is not later."""
        return self._transport.clock.now_ms()

    def close(self) -> None:
        """Close the connections that are kept open for further requests."""
        self._transport.close()

    def list_teams(self) -> list[Team]:
        """Return the teams that the key can see. Not served by some private clouds (observed)."""
        return [
            Team(id=team.id, name=repair_text(team.name))
            for team in self._transport.send(Request(segments=("teams",)), _NAMED)
        ]

    def get_team(self, team_id: str) -> Team:
        """Return one team."""
        team = self._transport.send(Request(segments=("teams", team_id)), _ONE_NAMED)
        return Team(id=team.id, name=repair_text(team.name))

    def list_databases(self, team_id: str) -> list[DatabaseName]:
        """Return the databases of a team."""
        answer = self._transport.send(Request(segments=("teams", team_id, "databases")), _NAMED)
        return [DatabaseName(id=database.id, name=repair_text(database.name)) for database in answer]

    def database(self, team_id: str, database: DatabaseName) -> DatabaseClient:
        """Return the client of one database."""
        password = self.passwords.get(database.id, self.passwords.get(database.name))
        return DatabaseClient(self._transport, team_id=team_id, database=database, password=password)


class DatabaseClient:
    """One database: what is in it, what changed, and what is to change.

    Every method may raise the errors of `ninox_api.errors`. Saving is never repeated here, except after a 429, which
    says that nothing was done: after a lost answer nobody knows from outside whether records were created, so
    whoever asked must look first (Ninox has no idempotency keys).
    """

    def __init__(
        self, transport: Transport, *, team_id: str, database: DatabaseName, password: str | None,
        decoder: Decoder[list[NinoxRecord]] = RECORDS,
    ) -> None:  # fmt: skip
        """Remember where the database is, the password that unlocks it, and how pages of records are decoded."""
        self.team_id = team_id
        self.database = database
        self._transport = transport
        self._segments = ("teams", team_id, "databases", database.id)
        self._password = password
        self._decoder = decoder

    def decoding(self, decoder: Decoder[list[NinoxRecord]]) -> DatabaseClient:
        """Return a client of the same database that decodes pages of records in its own way, or only some fields."""
        return DatabaseClient(
            self._transport, team_id=self.team_id, database=self.database, password=self._password, decoder=decoder
        )

    def get_schema(self) -> DatabaseSchema:
        """Return all tables with all fields, formulas included. One call, about 1.5 MB for 97 tables (observed)."""
        return parse_schema(self._transport.send(self._request("GET"), _OBJECT))

    def list_tables(self) -> DatabaseSchema:
        """Return all tables with their stored fields; formulas, kinds and hidden flags are not said."""
        return parse_tables(self._transport.send(self._request("GET", "tables"), _OBJECTS))

    def get_changes(self, since_sequence: int, *, table_ids: Iterable[str]) -> FeedChanges:
        """Return what changed in the database since a sequence; the bound may be inclusive (unknown).

        It cannot be asked for in pages (none are documented): a server that runs out of time is not asked for long.
        """
        return self._read_feed(DatabaseFeedReader(table_ids), "changes", since_sequence=since_sequence)

    def get_table_changes(self, table_id: str, since_sequence: int) -> FeedChanges:
        """Return what changed in one table since a sequence, likewise."""
        reader = TableFeedReader(table_id)
        return self._read_feed(reader, "tables", table_id, "changes", since_sequence=since_sequence)

    def _read_feed(self, reader: FeedReader, *segments: str, since_sequence: int) -> FeedChanges:
        query = {"sinceSq": since_sequence}
        request = replace(self._request("GET", *segments), query=query, divisible=True, take=reader.begin)
        return reader.finish(self._transport.send(request, _FEED))

    def get_records(  # noqa: PLR0913 (as many as the endpoint has, and two about the answer)
        self, table_id: str, *, since_id: int | None = None, since_sequence: int | None = None, page: int = 0,
        per_page: int = FIRST_PAGE_SIZE, filters: Mapping[str, Any] | None = None, newest: bool = False,
        divisible: bool = False, max_bytes: int = MAX_PAGE_BYTES, measure: Callable[[Delivery], None] | None = None,
    ) -> list[NinoxRecord]:  # fmt: skip
        """Return one page of records, keyed by field ids, choices as ids.

        Args:
            table_id: Handle of the table.
            since_id: Only greater ids (documented; how it orders is not).
            since_sequence: Only records changed after it; one server was seen to ignore it (observed).
            page: Counts from 0.
            per_page: The server may cap it without a word.
            filters: Field id → value that it must be equal to; no other comparison is known.
            newest: Highest ids first (documented; never verified).
            divisible: The caller asks for a smaller page if the server runs out of time, or the page is large.
            max_bytes: Of a page that is divisible: a larger one is cut off.
            measure: Receives what each answer took.
        """
        query = {"sinceId": since_id, "sinceSq": since_sequence, "page": page, "perPage": per_page, **_IDS}
        query |= {"filters": _ENCODER.encode(filters).decode() if filters else None, "new": "true" if newest else None}
        request = replace(
            self._request("GET", "tables", table_id, "records"),
            query={name: value for name, value in query.items() if value is not None},
            divisible=divisible,
            max_bytes=max_bytes if divisible else None,
            measure=measure,
        )
        return self._transport.send(request, self._decoder)

    def find_last_changed(self, table_id: str) -> NinoxRecord | None:
        """Return the record that changed last, or None for an empty table."""
        request = replace(
            self._request("GET", "tables", table_id, "records"),
            query={"updated": "true", "perPage": 1, "page": 0, **_IDS},
        )
        return next(iter(self._transport.send(request, RECORDS)), None)

    def find_newest_id(self, table_id: str) -> int | None:
        """Return the id of the newest record, None for an empty table; a server that ignores `new` returns another."""
        request = replace(
            self._request("GET", "tables", table_id, "records"), query={"new": "true", "perPage": 1, "page": 0, **_IDS}
        )
        return next((record.id for record in self._transport.send(request, RECORDS)), None)

    def find_record(self, table_id: str, record_id: int, *, by_caption: bool = False) -> NinoxRecord | None:
        """Return one record, or None if it does not exist; its choices as ids, or by their captions."""
        query = {"style": "ids", **_IDS} | ({"choiceStyle": "names"} if by_caption else {})
        request = replace(self._request("GET", "tables", table_id, "records", str(record_id)), query=query)
        try:
            record = self._transport.send(request, _RECORD)
        except NinoxNotFoundError:
            return None
        if record.id != record_id:
            message = f"GET {request.label} was answered with record {record.id}."
            raise NinoxProtocolError(message)
        return record

    def iter_records(self, table_id: str, record_ids: Iterable[int]) -> Iterator[tuple[int, NinoxRecord | None]]:
        """Yield records one call each, with None for those that do not exist."""
        for record_id in record_ids:
            yield record_id, self.find_record(table_id, record_id)

    def list_files(self, table_id: str, record_id: int) -> list[NinoxFile] | None:
        """Return the files of a record, None if it does not exist. One call per record: no other way is known."""
        try:
            request = self._request("GET", "tables", table_id, "records", str(record_id), "files")
            answer = self._transport.send(request, _ANYTHING)
        except NinoxNotFoundError:
            return None
        return parse_files(answer)

    def download_file(self, table_id: str, record_id: int, name: str, download: Download) -> bool:
        """Receive a file; return False if it does not exist (any more)."""
        segments = ("tables", table_id, "records", str(record_id), "files", name)
        last = len(self._segments) + len(segments) - 1
        request = replace(self._request("GET", *segments), private_segment=last, download=download)
        try:
            self._transport.send(request, _AnyAnswer)
        except NinoxNotFoundError:
            return False
        return True

    def query(
        self, script: str, *, tries_of_500: int = TRIES_OF_A_FAILED_READ, divisible: bool = False,
        max_bytes: int | None = None, measure: Callable[[Delivery], None] | None = None,
    ) -> Any:  # fmt: skip
        """Return the value of a script that only reads, as bare JSON; numbers keep all digits.

        The form varies (observed): a scalar, a list, an object, records as `["A4"]` or `[["A4"]]`, and for nothing
        `null`, `""`, `[]` or `{}`.

        Args:
            script: In Ninox's language.
            tries_of_500: How often to try if the answer is 500, which often means that the script is wrong.
            divisible: The caller asks for less if the server runs out of time.
            max_bytes: A larger answer is cut off.
            measure: Receives what the answer took.

        Raises:
            NinoxScriptError: Ninox could not run it and answered `{"_err": …}`.
        """
        request = replace(
            self._request("POST", "query"),
            body=_ENCODER.encode({"query": script}),
            tries_of_500=tries_of_500,
            divisible=divisible,
            max_bytes=max_bytes,
            measure=measure,
        )
        return self._run(request)

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
        body = _ENCODER.encode([write.to_json() for write in writes])
        if max_bytes is not None and len(body) > max_bytes:
            raise BodyTooLargeError(len(body))
        request = replace(
            self._request("POST", "tables", table_id, "records"),
            body=body,
            repeatable=False,
            writes=True,
            measure=measure,
        )
        return self._transport.send(request, _SAVED)

    def delete_records(self, table_id: str, record_ids: Sequence[int]) -> None:
        """Delete records in one call (documented; missing on old servers). How unknown ids are met is not known."""
        body = _ENCODER.encode(list(record_ids))
        request = replace(self._request("DELETE", "tables", table_id, "records"), body=body, writes=True)
        self._transport.send(request, _AnyAnswer)

    def delete_record(self, table_id: str, record_id: int) -> bool:
        """Delete one record; return whether it was there."""
        request = replace(self._request("DELETE", "tables", table_id, "records", str(record_id)), writes=True)
        try:
            self._transport.send(request, _AnyAnswer)
        except NinoxNotFoundError:
            return False
        return True

    def upload_file(self, table_id: str, record_id: int, upload: Upload) -> None:
        """Put a file on a record. It is sent once: what a second upload of a name does is only assumed.

        Raises:
            NinoxTransportError: Whether the file is there is unknown; the list of files says.
            NinoxProtocolError: The answer says `_err`.
        """
        content_type, form = upload.form()
        request = replace(
            self._request("POST", "tables", table_id, "records", str(record_id), "files"),
            body=form,
            content_type=content_type,
            repeatable=False,
            writes=True,
        )
        self._transport.send(request, _UploadAnswer)

    def execute(self, script: str) -> Any:
        """Run a script that may write; return its last value. It is sent once.

        Raises:
            NinoxScriptError: Ninox could not run it and answered `{"_err": …}`.
        """
        body = _ENCODER.encode({"query": script})
        return self._run(replace(self._request("POST", "exec"), body=body, repeatable=False, writes=True))

    def _run(self, request: Request) -> Any:
        """Return the value of a script; where Ninox cannot run it, the status is 200 all the same (observed)."""
        answer = self._transport.send(request, _ANYTHING)
        if isinstance(answer, dict) and answer.keys() == {"_err"}:
            raise NinoxScriptError(method=request.method, path=request.label)
        return answer

    def _request(self, method: str, *segments: str) -> Request:
        """Return a request to this database, with neither query nor body yet."""
        return Request(method=method, segments=(*self._segments, *segments), password=self._password)
