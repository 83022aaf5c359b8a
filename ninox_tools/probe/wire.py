"""All that the probe sends: `Reader` can only read; a `Writer`, for one table, is made with `--scratch` alone.

`Budget.spend` runs before each request, and before each repetition of one (`Transport._attempt` in
`ninox_api/transport.py`). No other file of the probe reaches the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from tempfile import TemporaryFile
from typing import Any, Final

import msgspec
from typing_extensions import override

from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxAPIError, NinoxAuthenticationError, NinoxProtocolError, NinoxRateLimitError
from ninox_api.files import Upload
from ninox_api.limits import CallBudget, Purpose
from ninox_api.schema import DatabaseName
from ninox_api.transport import Request, Transport
from ninox_tools.probe.reply import Anything, Json, Record, Reply, Rest, is_id

MOST_CALLS = 60

DIVISION: Final = "1 / 0"
NO_SCRIPT: Final = "this is ( no script"
RECORDS: Final = "select {}"
ONE_FIELD: Final = "record({}, {}).{}"
SCRIPTS = (DIVISION, NO_SCRIPT, RECORDS, ONE_FIELD)
"""All that is ever run."""
PUT_IN = re.compile(r"'[\w .,()&+-]+'|[0-9]+")
"""What may stand for `{}`: a table or field, in quotes that nothing in its name can end, or the id of a record."""

_SERVER_ERRORS, _FAULTS = 500, frozenset({502, 503, 504})
_TRIES = 3


class CallsUsedUpError(Exception):
    """No further call may be made."""


class Budget(CallBudget):
    """Sixty calls, and not one more.

    Attributes:
        kept: How many of them are kept back, for deleting what is in the scratch table.
    """

    def __init__(self) -> None:
        """Start at zero calls."""
        super().__init__(MOST_CALLS)
        self.kept = 0

    @override
    def spend(self, purpose: Purpose) -> None:
        if self.used >= MOST_CALLS - self.kept:
            raise CallsUsedUpError
        super().spend(purpose)


class Reader:
    """Can GET, and run `SCRIPTS` with `query`. It has no way to change anything.

    Attributes:
        path: Below which all is asked: `teams`, later a team, and then one database of it.
        password: What unlocks that database.
        seconds: How long each answer took.
    """

    def __init__(self, config: ConnectionConfig) -> None:
        """Prepare the connection; nothing is sent yet."""
        self.config = replace(config, max_retries=_TRIES - 1, max_parallel_requests=1)
        self.budget = Budget()
        self.path: tuple[str, ...] = ("teams",)
        self.password: str | None = None
        self.seconds: list[float] = []
        self._transport = Transport(self.config)
        self._transport.budget = self.budget

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def enter(self, database: DatabaseName) -> None:
        """Ask for what is below this database of the team from now on."""
        passwords = self.config.database_passwords
        self.path = (*self.path, "databases", database.id)
        self.password = passwords.get(database.id, passwords.get(database.name))

    def get(self, *segments: str, **query: str | int) -> Reply:
        """Ask for something."""
        return self._read("GET", segments, query=query)

    def query(self, script: str, *names: str) -> Reply:
        """Run one of `SCRIPTS`, with names put in."""
        if script not in SCRIPTS or not all(map(PUT_IN.fullmatch, names)):
            raise ValueError(script)
        return self._read("POST", ("query",), body=msgspec.json.encode({"query": script.format(*names)}))

    def page(self, table_id: str, **query: str | int) -> list[Record]:
        """Ask for a page of records.

        Raises:
            NotAnsweredError: The server refuses it.
            NinoxProtocolError: The answer is no list of records.
        """
        answer = self.get("tables", table_id, "records", **query).json
        if not isinstance(answer, list) or not all(isinstance(one, dict) and is_id(one.get("id")) for one in answer):
            message = "The answer to a list of records is no list of records."
            raise NinoxProtocolError(message)
        return answer

    def are_two_served(self) -> bool:
        """Ask for the databases twice at once; return whether both were answered, rather than refused by 429."""
        transport = Transport(replace(self.config, max_retries=0, max_parallel_requests=2))
        transport.budget = self.budget
        try:
            with ThreadPoolExecutor(2) as threads:
                asked = [threads.submit(transport.send, Request(segments=self.path[:-1]), Json) for _ in range(2)]
                errors = [future.exception() for future in asked]
        finally:
            transport.close()
        for error in errors:
            if error and not isinstance(error, NinoxRateLimitError):
                raise error
        return not any(errors)

    def _read(self, method: str, segments: tuple[str, ...], **more: Any) -> Reply:
        """Send a request that only reads; a failure of the server is an answer only if it comes twice."""
        path = (*self.path, *segments)
        request = Request(
            method=method, segments=path, password=self.password, tries_of_500=1,
            measure=lambda delivery: self.seconds.append(delivery.seconds), **more,
        )  # fmt: skip
        reply = _send(self._transport, request, Json)
        return reply if reply.status < _SERVER_ERRORS else _send(self._transport, request, Json)


class Writer:
    """Changes records of one table: each path begins with that of its records.

    It repeats nothing but what was refused with 429, when Ninox has done nothing.
    """

    def __init__(self, reader: Reader, table_id: str, *, held: Callable[[], AbstractContextManager[None]]) -> None:
        """Prepare the connection; nothing is sent yet.

        Args:
            reader: Whose calls are counted along.
            table_id: The scratch table.
            held: Holds Ctrl-C back while a request is under way: what Ninox does after we left could not be removed.
        """
        self._records = (*reader.path, "tables", table_id, "records")
        self._password = reader.password
        self._transport = Transport(reader.config, writing=held)
        self._transport.budget = reader.budget

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def save(self, elements: list[Mapping[str, object]]) -> Reply:
        """Make or change records."""
        return self._write("POST", body=msgspec.json.encode(elements), query={"ids": "true"})

    def delete(self, record_id: int) -> Reply:
        """Delete a record."""
        return self._write("DELETE", str(record_id))

    def delete_many(self, record_ids: list[int]) -> Reply:
        """Delete several records with one request."""
        return self._write("DELETE", body=msgspec.json.encode(record_ids))

    def upload(self, record_id: int, file: Upload) -> Reply:
        """Put a file on a record."""
        content_type, body = file.form()
        return self._write("POST", str(record_id), "files", body=body, content_type=content_type)

    def download(self, record_id: int, name: str, *, first_byte: int) -> int:
        """Ask for that file from a byte on; return the status: 206 if the server can do that."""
        with TemporaryFile() as file:
            rest = Rest(file, first_byte)
            segments = (*self._records, str(record_id), "files", name)
            self._transport.download(Request(segments=segments, password=self._password), rest)
        return rest.status

    def _write(self, method: str, *segments: str, **more: Any) -> Reply:
        path = (*self._records, *segments)
        request = Request(method=method, segments=path, password=self._password, repeatable=False, writes=True, **more)
        return _send(self._transport, request, Anything)


def _send(transport: Transport, request: Request, decoder: type[Json | Anything]) -> Reply:
    """Send a request; an error that is an answer is returned, a fault is raised.

    Raises:
        CallsUsedUpError: It may not be sent.
        NinoxError: A fault, after all tries: no connection, 401, 429, 502 to 504, no JSON.
    """
    try:
        return transport.send(request, decoder)
    except (NinoxAuthenticationError, NinoxRateLimitError):
        raise
    except NinoxAPIError as error:
        if error.status in _FAULTS:
            raise
        return Reply(error.status, None, error.form)
