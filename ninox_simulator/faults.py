"""Faults on request: which requests fail, how often, and what happens to them at which stage.

A request arrives, is handled, its answer is made, and leaves. A kind of fault is a row of `KINDS`: what it says, and a
function for each stage at which it does something else than usual. Requests that no rule matches meet none of this.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple

from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from ninox_simulator.messages import NOT_FOUND_IN_A_BATCH, ApiError, Request, RequestLog, json_reply, whole_number

_WHOLE_NUMBERS = ("after", "status", "times", "bytes")
_FORMS: Mapping[str, tuple[Any, str]] = {
    "method": (str | None, "a text"),
    "location": (str | None, "a text"),
    "retry_after": (str | int | float | None, "a number or a text"),
    "seconds": (int | float, "a number"),
}
"""Of the other conditions that a rule may have."""
_DRIP_PIECES = 20

Arriving = Callable[["Fault", Request, Scope, Receive, Send], Awaitable[bool]]
Before = Callable[["Fault", Request, RequestLog], "Request | Response"]
After = Callable[["Fault", Response], Response]
Leaving = Callable[["Fault", Response, Send], Awaitable[None]]


class Stages(NamedTuple):
    """What a kind of fault does, and when; None: what is usual.

    Attributes:
        says: What happens, for people.
        arriving: Reads the body in the usual one's place, and tells whether the connection is still there.
        before: Returns another request to handle, or the answer without handling any; may raise `ApiError`.
        after: Returns another answer than that of a request that went well; may raise `ApiError`.
        leaving: Sends an answer in the usual sender's place.
    """

    says: str
    arriving: Arriving | None = None
    before: Before | None = None
    after: After | None = None
    leaving: Leaving | None = None


@dataclass(slots=True, kw_only=True)
class Fault:
    """A rule: matching requests, after the first `after`, fail `times` times.

    Attributes:
        path: Regular expression, searched in the path.
        location: Where a redirect points to.
        retry_after: Seconds, as a number or a text, or `date:<seconds>` for an HTTP date so far ahead.
        seen: Matching requests so far.
    """

    kind: str
    method: str | None = None
    path: str = ""
    after: int = 0
    times: int | None = 1
    status: int = 503
    retry_after: str | float | None = None
    location: str | None = None
    seconds: float = 0.0
    bytes: int | None = None
    seen: int = 0

    @property
    def stages(self) -> Stages:
        """What its kind does."""
        return KINDS[self.kind]

    def __post_init__(self) -> None:
        """Refuse what does not exist."""
        if self.kind not in KINDS:
            message = f"There is no fault {self.kind!r}; there are: {', '.join(KINDS)}."
            raise ValueError(message)
        for name in _WHOLE_NUMBERS:
            if not isinstance(getattr(self, name), int | None):
                message = f"{name} is a whole number."
                raise ValueError(message)  # noqa: TRY004 (told to people who write rules)
        for name, (kinds, word) in _FORMS.items():
            if not isinstance(getattr(self, name), kinds):
                message = f"{name} is {word}."
                raise ValueError(message)  # noqa: TRY004
        try:
            re.compile(self.path)
        except re.error as error:
            message = f"path is a regular expression: {error}."
            raise ValueError(message) from None

    def matches(self, method: str, path: str) -> bool:
        """Count a request and tell whether it fails."""
        if (self.method and self.method != method) or not re.search(self.path, path):
            return False
        self.seen += 1
        number = self.seen - self.after
        return number >= 1 and (self.times is None or number <= self.times)

    def cut_at(self, length: int) -> int:
        """Return how much of a body of some length is sent."""
        return length // 2 if self.bytes is None else self.bytes

    def headers(self) -> dict[str, str]:
        """Return the headers of the error answer."""
        if self.location is not None:
            return {"Location": self.location}
        if self.retry_after is None:
            return {}
        text = str(self.retry_after)
        if text.startswith("date:"):
            moment = datetime.now(timezone.utc) + timedelta(seconds=float(text.removeprefix("date:")))
            return {"Retry-After": format_datetime(moment, usegmt=True)}
        return {"Retry-After": text}


BOUNDS = {
    "latency_s": "wait so long before every answer",
    "parallel_limit": "answer 429 to requests while so many are under way (staff statement, forum 35hr60f)",
    "quota": "answer 429 to requests beyond so many in all (consequence unknown)",
    "body_limit": "answer 413 to a request whose body has more bytes (no limit is known)",
}
"""What holds for every request, whether a rule strikes it or not: name → what happens."""


class Faults:
    """All rules, and the bounds of `BOUNDS`, which hold for every request. None: no limit."""

    latency_s: float
    parallel_limit: int | None
    quota: int | None
    body_limit: int | None

    def __init__(self) -> None:
        """Start without faults."""
        self._rules: list[Fault] = []
        self._lock = threading.Lock()
        self.clear()

    def add(self, kind: str, **conditions: Any) -> Fault:
        """Add a rule; see `Fault`.

        Raises:
            ValueError: There is no such kind.
            TypeError: There is no such condition.
        """
        rule = Fault(kind=kind, **conditions)
        with self._lock:
            self._rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove all rules and bounds."""
        with self._lock:
            self._rules.clear()
        self.latency_s, self.parallel_limit, self.quota, self.body_limit = 0.0, None, None, None

    def match(self, method: str, path: str) -> Fault | None:
        """Return the rule that a request runs into, if any; every rule counts it."""
        if not self._rules:
            return None
        with self._lock:
            matching = [rule for rule in self._rules if rule.matches(method, path)]
        return matching[0] if matching else None

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Set bounds by name, all or none.

        Raises:
            ValueError: A value is of another kind.
        """
        for name, value in settings.items():
            if not isinstance(value, int | float if name == "latency_s" else int | None):
                message = f"{name} is a {'number' if name == 'latency_s' else 'whole number'}."
                raise ValueError(message)  # noqa: TRY004 (told to people who write rules)
        for name, value in settings.items():
            setattr(self, name, value)

    def as_json(self) -> dict[str, Any]:
        """Return the rules and bounds."""
        return {
            **{name: getattr(self, name) for name in BOUNDS},
            "rules": [asdict(rule) for rule in self._rules],
            "kinds": {kind: stages.says for kind, stages in KINDS.items()},
        }


def parse(text: str) -> dict[str, Any]:
    """Read a rule such as `kind=status,status=503,times=3,path=/records$` from a command line.

    Raises:
        ValueError: It is not of that form.
    """
    rule: dict[str, Any] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals or name not in Fault.__dataclass_fields__:
            message = f"A fault is written kind=…,name=value,…; {part!r} is not part of one."
            raise ValueError(message)
        rule[name] = float(value) if name == "seconds" else int(value) if name in _WHOLE_NUMBERS else value
    if "kind" not in rule:
        message = f"A fault needs a kind: {', '.join(KINDS)}."
        raise ValueError(message)
    return rule


# ------------------------------------------------------------------------------------------------------------ arriving


async def _late(fault: Fault, request: Request, scope: Scope, receive: Receive, _: Send) -> bool:
    await request.read(scope, receive)
    await asyncio.sleep(fault.seconds)
    return True


async def _dropped(_fault: Fault, request: Request, scope: Scope, receive: Receive, send: Send) -> bool:
    await request.read(scope, receive)
    request.close_files()
    _abort(send)
    return False


async def _reset(fault: Fault, _request: Request, _scope: Scope, receive: Receive, send: Send) -> bool:
    received, more = 0, True
    while more and received < (fault.bytes or 0):
        message = await receive()
        received += len(message.get("body", b""))
        more = message.get("more_body", False)
    _abort(send)
    return False


def _abort(send: Any) -> None:
    """Close the connection at once. ASGI has no word for it, so this reaches through to uvicorn's transport."""
    send.__self__.transport.abort()


# -------------------------------------------------------------------------------------------------- before and after


def _refuse(fault: Fault, *_: object) -> Response:
    raise ApiError(fault.status, "The fault that was asked for", fault.headers())


def _login_page(*_: object) -> Response:
    """Return what something between client and server may answer in the server's place."""
    return Response(b"<html><body>Please log in</body></html>", media_type="text/html")


def _always(body: bytes) -> Callable[..., Response]:
    return lambda *_: Response(body, media_type="application/json")


def _without_middle(_fault: Fault, request: Request, _log: RequestLog) -> Request:
    """Return a save or a deletion without its middle record."""
    body = request.json()
    if not isinstance(body, list):
        return request
    del body[len(body) // 2]
    return replace(request, body=json.dumps(body).encode())


_QUESTIONS = {"sinceSq", "updated", "new", "filters"}


def _page_before(_fault: Fault, request: Request, log: RequestLog) -> Request:
    """Return the request for the page before, of those asked for of the same table since its data were loaded.

    Before it in the order of reading, not of time, and of the same question: a client that asks for several places of a
    table at once, or for its newest record, must not be answered with another place's page, nor with that record, which
    no server does and no client could notice.
    """
    if request.method != "GET" or request.segments[-1] != "records":
        return request
    asked = (
        entry.query for entry in log.entries[log.loaded_at :] if (entry.method, entry.path) == ("GET", request.path)
    )
    alike = [query for query in asked if _QUESTIONS & query.keys() == _QUESTIONS & request.query.keys()]
    earlier = [query for query in alike if _place(query) < _place(request.query)]
    return replace(request, query=max(earlier, key=_place)) if earlier else request


def _place(query: Mapping[str, str]) -> tuple[int, int]:
    after = whole_number(query.get("sinceId", "")) or whole_number(query.get("sinceSq", ""))
    return after or 0, whole_number(query.get("page", "")) or 0


def _error_in_the_middle(_: Fault, response: Response) -> Response:
    """Return the answer of a save without its middle record, with the error that Ninox puts in its place (observed)."""
    answers = json.loads(bytes(response.body))
    answers.insert((len(answers) + 1) // 2, NOT_FOUND_IN_A_BATCH)
    return json_reply(answers)


def _with_ids(ids: Callable[[list[Any]], list[Any]]) -> After:
    """Return the answer of a save that says wrong ids."""

    def renumbered(_: Fault, response: Response) -> Response:
        answers = json.loads(bytes(response.body))
        if not isinstance(answers, list):
            return response
        numbers = ids([answer.get("id") for answer in answers])
        return json_reply([{**answer, "id": number} for answer, number in zip(answers, numbers, strict=True)])

    return renumbered


def _reversed(_: Fault, response: Response) -> Response:
    answers = json.loads(bytes(response.body))
    return json_reply(answers[::-1]) if isinstance(answers, list) else response


def _truncated(fault: Fault, response: Response) -> Response:
    body = _content(response)
    return Response(body[: fault.cut_at(len(body))], media_type=response.media_type)


# ------------------------------------------------------------------------------------------------------------- leaving


async def _unsent(_fault: Fault, _response: Response, send: Send) -> None:
    _abort(send)


async def _cut(fault: Fault, response: Response, send: Send) -> None:
    body = await _announced(response, send)
    await send({"type": "http.response.body", "body": body[: fault.cut_at(len(body))], "more_body": True})
    _abort(send)


async def _drip(fault: Fault, response: Response, send: Send) -> None:
    body = await _announced(response, send)
    size = max(1, len(body) // _DRIP_PIECES)
    for offset in range(0, len(body), size):
        await send({"type": "http.response.body", "body": body[offset : offset + size], "more_body": True})
        await asyncio.sleep(fault.seconds / _DRIP_PIECES)
    await send({"type": "http.response.body", "body": b""})


async def _announced(response: Response, send: Send) -> bytes:
    """Send the head of an answer, which announces the whole body; return the body."""
    body = _content(response)
    headers = [(name, value) for name, value in response.raw_headers if name != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    return body


def _content(response: Response) -> bytes:
    return Path(response.path).read_bytes() if isinstance(response, FileResponse) else bytes(response.body)


KINDS: dict[str, Stages] = {
    "status": Stages(
        "answer `status` before anything is done, with `retry_after` as Retry-After if given", before=_refuse
    ),
    "status_after": Stages("do what was asked, then answer `status`", after=_refuse),
    "drop_before": Stages("close the connection before anything is done", arriving=_dropped),
    "drop_after": Stages("do what was asked, then close the connection without an answer", leaving=_unsent),
    "reset_upload": Stages("close the connection after `bytes` of the request's body", arriving=_reset),
    "cut": Stages("announce the whole body, send `bytes` of it (default: half), close the connection", leaving=_cut),
    "truncate": Stages("send `bytes` of the body (default: half) as if they were all", after=_truncated),
    "malformed": Stages("answer 200 with something that is not JSON", after=_always(b'[{"id": 1, "fields": {]')),
    "html": Stages("do what was asked, then answer 200 with an HTML page", after=_login_page),
    "login_page": Stages("answer 200 with an HTML page before anything is done", before=_login_page),
    "wrong_shape": Stages(
        "answer 200 with an object that is nothing of what was asked for",
        after=_always(b'{"message": "not what was asked for"}'),
    ),
    "refuse_one": Stages(
        "answer a save of several with `_err` in place of the middle record, which is not saved",
        before=_without_middle,
        after=_error_in_the_middle,
    ),
    "lose_one": Stages(
        "answer a save of several without the middle record, which is not saved", before=_without_middle
    ),
    "reverse": Stages("do what was asked, answer the list in reverse order", after=_reversed),
    "same_id": Stages(
        "do what was asked, answer every record with the id of the first",
        after=_with_ids(lambda ids: ids[:1] * len(ids)),
    ),
    "old_ids": Stages(
        "do what was asked, answer the records with the ids 1, 2, 3, …",
        after=_with_ids(lambda ids: list(range(1, len(ids) + 1))),
    ),
    "keep_one": Stages("answer a deletion of several, of which the middle record is kept", before=_without_middle),
    "keep_all": Stages(
        "answer a deletion with 200 and `_err`, and delete nothing",
        before=lambda *_: json_reply(NOT_FOUND_IN_A_BATCH),
    ),
    "slow": Stages("wait `seconds` before answering", arriving=_late),
    "drip": Stages("send the body in small pieces over `seconds`", leaving=_drip),
    "empty_page": Stages(
        "answer 200 with an empty list, as if there were nothing (more), whatever was asked for", after=_always(b"[]")
    ),
    "repeat_page": Stages(
        "answer a list request with the page that comes before it, of those asked for of the same table",
        before=_page_before,
    ),
}
