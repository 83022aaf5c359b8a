"""All that the probe can send without `--scratch`: a `Reader` asks, and has no way to change anything.

A request goes out in `Transport._exchange` of `ninox_api/transport.py`, to the address in your configuration; above it,
`_attempt` calls `Budget.spend` before each, repeated ones included. No other file of the probe reaches the network but
`writer.py`, which is for `--scratch`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from tempfile import TemporaryFile
from typing import Any, Final

import msgspec
from typing_extensions import override

from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxAPIError, NinoxAuthenticationError, NinoxProtocolError, NinoxRateLimitError
from ninox_api.files import Download
from ninox_api.limits import CallBudget, Purpose
from ninox_api.transport import Request, Transport
from ninox_tools.probe.reply import FAILURE, Anything, Json, Record, Reply, is_id

MOST_CALLS = 60

DIVISION: Final = "1 / 0"
NO_SCRIPT: Final = "this is ( no script"
RECORDS: Final = "select {}"
ONE_FIELD: Final = "record({}, {}).{}"
SCRIPTS = (DIVISION, NO_SCRIPT, RECORDS, ONE_FIELD)
"""All that is ever run."""
PUT_IN = re.compile(r"'[\w .,()&+-]+'|[0-9]+")
"""What may stand for `{}`: a table or field, in quotes that nothing in its name can end, or the id of a record."""

_TRIES = 3
_FAULTS = frozenset({502, 503, 504})


class CallsUsedUpError(Exception):
    """No further call may be made."""


class Budget(CallBudget):
    """Sixty calls, and not one more.

    Attributes:
        kept: How many of them are kept back, for deleting what is in the scratch table.
    """

    kept = 0

    @override
    def spend(self, purpose: Purpose) -> None:
        if self.used + self.kept >= MOST_CALLS:
            raise CallsUsedUpError
        super().spend(purpose)


class Reader:
    """Can GET, and run `SCRIPTS` with `query`.

    Attributes:
        path: Below which all is asked: `teams`, later a team, and then one database of it.
        password: What unlocks that database.
        seconds: How long each answer took.
    """

    def __init__(self, config: ConnectionConfig) -> None:
        """Prepare the connection; nothing is sent yet."""
        self.config = replace(config, max_retries=_TRIES - 1, max_parallel_requests=1)
        self.budget = Budget(MOST_CALLS)
        self.path: tuple[str, ...] = ("teams",)
        self.password: str | None = None
        self.seconds: list[float] = []
        self._transport = Transport(self.config)
        self._transport.budget = self.budget

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def enter(self, database_id: str, password: str | None) -> None:
        """Ask for what is below this database of the team from now on."""
        self.path = (*self.path, "databases", database_id)
        self.password = password

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
        answer = self.get("tables", table_id, "records", ids="true", **query).json
        if not isinstance(answer, list) or not all(isinstance(one, dict) and is_id(one.get("id")) for one in answer):
            message = "The answer to a list of records is no list of records."
            raise NinoxProtocolError(message)
        return answer

    def download_rest(self, *segments: str, first_byte: int) -> int:
        """Ask for a file from a byte on; return the status: 206 if the server can do that."""
        with TemporaryFile() as file:
            rest = _Rest(file, first_byte)
            request = Request(segments=(*self.path, *segments), password=self.password, download=rest)
            self._transport.send(request, Anything)
        return rest.status

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
        request = Request(
            method=method, segments=(*self.path, *segments), password=self.password, tries_of_500=1,
            measure=lambda delivery: self.seconds.append(delivery.seconds), **more,
        )  # fmt: skip
        reply = send(self._transport, request, Json)
        # From 500 on, below which an error is an answer
        return reply if reply.status < FAILURE else send(self._transport, request, Json)


def send(transport: Transport, request: Request, decoder: type[Json | Anything]) -> Reply:
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
