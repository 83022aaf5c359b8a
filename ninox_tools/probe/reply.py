"""Answers as they arrive. Sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from ninox_api.body import detect_form

Record = Mapping[str, Any]

OK, FORBIDDEN, NOT_FOUND, GONE, FAILURE = 200, 403, 404, 410, 500
EMPTY: tuple[Any, ...] = (None, "", [], {})


class NotAnsweredError(Exception):
    """The server answered with an error where a value was asked for.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, status: int) -> None:
        """Keep the status; what else the answer says may quote the data."""
        super().__init__(status)
        self.status = status


class Reply(NamedTuple):
    """An answer.

    Attributes:
        value: Its JSON; None for an error, and for what is no JSON.
        form: What the body looks like: `json`, `text`, `html` or `nothing`.
    """

    status: int
    value: Any
    form: str

    @property
    def json(self) -> Any:
        """Its JSON.

        Raises:
            NotAnsweredError: It is an error; of status 200, if a script was answered by `_err`.
        """
        if self.status != OK or (isinstance(self.value, dict) and "_err" in self.value):
            raise NotAnsweredError(self.status)
        return self.value


def status_of(send: Callable[[], Reply]) -> int:
    """Send what comes to the same when it is sent twice; a failure of the server may have been a hiccup."""
    status = send().status
    return status if status < FAILURE else send().status


class Json:
    """Decodes JSON; anything else is a fault (a login page, an answer cut off), and asked for once more."""

    @staticmethod
    def decode(buf: bytes | bytearray, /) -> Reply:
        """Return the decoded answer."""
        return Reply(OK, msgspec.json.decode(buf), "json")


class Anything:
    """Decodes an answer whose form is not known, but for an HTML page."""

    @staticmethod
    def decode(buf: bytes | bytearray, /) -> Reply:
        """Return the decoded answer."""
        form = detect_form(buf)
        if form == "html":
            raise msgspec.DecodeError
        return Reply(OK, msgspec.json.decode(buf) if form == "json" else None, form)


def is_id(value: Any) -> bool:
    """Return whether something is the id of a record."""
    return type(value) is int and value > 0


def ids_of(page: Iterable[Record]) -> list[int]:
    """Return the ids of records."""
    return [record["id"] for record in page]


def sequence_of(record: Record) -> int | None:
    """Return a record's sequence, if the server says it."""
    sequence = record.get("sequence")
    return sequence if type(sequence) is int else None
