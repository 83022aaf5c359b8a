"""One API call as it is asked for, before anything is sent: where to, with what, and whether it may be repeated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol, TypeVar
from urllib.parse import quote

from ninox_api import retry
from ninox_api.errors import NinoxConfigError

_DATABASE_SEGMENTS = 4
"""`teams`, a team, `databases`, a database."""
_RECORD_SEGMENTS = 4
"""Behind those: `tables`, a table, `records`, a record."""

Answer = TypeVar("Answer", covariant=True)  # noqa: PLC0105 (reads better than Answer_co)


class Decoder(Protocol[Answer]):
    """What turns an answer's bytes into values, for instance a `msgspec.json.Decoder`."""

    def decode(self, buf: bytes, /) -> Answer:
        """Return the decoded answer."""


class Purpose(str, Enum):
    """What a call is for, as reports count it."""

    DISCOVERY = "discovery"
    FEED = "feed"
    PAGES = "pages"
    CONFIRMATION = "confirmation"
    """The newest or last changed record: whether anything was missed."""
    LOOK_UPS = "look_ups"
    QUERIES = "queries"
    WRITES = "writes"
    FILES = "files"
    RETRIES = "retries"
    """Whatever it was for the first time."""


class Delivery(NamedTuple):
    """What an answer took.

    Attributes:
        weight: Of its body, unpacked, in bytes (`ninox_api.body.weight_of`).
        seconds: From the last byte of the request to the last of the answer, without pauses and other tries.
        sent: Bytes of the request's body.
    """

    weight: int
    seconds: float
    sent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One API call.

    Attributes:
        segments: Path below `/v1`, unescaped, one element per segment.
        body: What is sent; None for nothing.
        content_type: Of the body.
        password: Sent as `nx-password` for a locked database.
        repeatable: Whether sending it twice has the effect of sending it once.
        writes: Whether it changes records; a 500 then means a bad field (observed), which no repetition mends.
        tries_of_500: How often a request that only reads may be sent if the answer is 500.
        divisible: Whether the caller can ask for less if the server runs out of time.
        max_bytes: Largest answer that is taken; None for the bound of all answers.
        measure: Receives what each answer took that arrived whole.
        private_segment: Index of a segment that is a customer's own word (a file's name), which no message may contain.
    """

    method: str = "GET"
    segments: tuple[str, ...]
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    password: str | None = field(default=None, repr=False)
    repeatable: bool = True
    writes: bool = False
    tries_of_500: int = retry.TRIES_OF_A_FAILED_READ
    divisible: bool = False
    max_bytes: int | None = None
    measure: Callable[[Delivery], None] | None = None
    private_segment: int | None = None

    @property
    def purpose(self) -> Purpose:
        """What it is for, by what it asks."""
        inside = self.segments[_DATABASE_SEGMENTS:]  # of a database
        if "files" in inside[_RECORD_SEGMENTS : _RECORD_SEGMENTS + 1]:
            return Purpose.FILES
        if self.method != "GET":
            return Purpose.QUERIES if inside[:1] == ("query",) else Purpose.WRITES
        if inside[-1:] == ("changes",):
            return Purpose.FEED
        if "records" not in inside:
            return Purpose.DISCOVERY
        if inside[-1] != "records" or "filters" in self.query:
            return Purpose.LOOK_UPS
        return Purpose.CONFIRMATION if {"new", "updated"} & self.query.keys() else Purpose.PAGES

    @property
    def label(self) -> str:
        """The path as it may be told in logs and messages: without the query, and without private words."""
        shown = [
            "*" if position == self.private_segment else quote(segment, safe="")
            for position, segment in enumerate(self.segments)
        ]
        return "/" + "/".join(shown)

    @property
    def path(self) -> str:
        """Escaped path, without the query."""
        if any(segment in {"", ".", ".."} for segment in self.segments):
            message = "An id or name in a request path is empty or made of dots; that cannot be a Ninox object."
            raise NinoxConfigError(message)
        return "/" + "/".join(quote(segment, safe="") for segment in self.segments)
