"""Faults on request: which requests fail, how often, and how it looks on the wire."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

KINDS = {
    "status": "answer `status` before anything is done, with `retry_after` as Retry-After if given",
    "status_after": "do what was asked, then answer `status`",
    "drop_before": "close the connection before anything is done",
    "drop_after": "do what was asked, then close the connection without an answer",
    "reset_upload": "close the connection after `bytes` of the request's body",
    "cut": "announce the whole body, send `bytes` of it (default: half), close the connection",
    "truncate": "send `bytes` of the body (default: half) as if they were all",
    "malformed": "answer 200 with something that is not JSON",
    "html": "do what was asked, then answer 200 with an HTML page",
    "login_page": "answer 200 with an HTML page before anything is done",
    "wrong_shape": "answer 200 with an object that is nothing of what was asked for",
    "refuse_one": "answer a save of several with `_err` in place of the middle record, which is not saved",
    "lose_one": "answer a save of several without the middle record, which is not saved",
    "reverse": "do what was asked, answer the list in reverse order",
    "same_id": "do what was asked, answer every record with the id of the first",
    "old_ids": "do what was asked, answer the records with the ids 1, 2, 3, …",
    "keep_one": "answer a deletion of several, of which the middle record is kept",
    "keep_all": "answer a deletion with 200 and `_err`, and delete nothing",
    "slow": "wait `seconds` before answering",
    "drip": "send the body in small pieces over `seconds`",
    "empty_page": "answer 200 with an empty list, as if there were nothing (more), whatever was asked for",
    "repeat_page": "answer a list request with the page that comes before it, of those asked for of the same table",
}


_WHOLE_NUMBERS = ("after", "status", "times", "bytes")


@dataclass(slots=True, kw_only=True)
class Fault:
    """A rule: matching requests, after the first `after`, fail `times` times.

    Attributes:
        path: Regular expression, searched in the path.
        location: Where a redirect points to.
        retry_after: Seconds, or `date:<seconds>` for an HTTP date so far ahead.
        seen: Matching requests so far.
    """

    kind: str
    method: str | None = None
    path: str = ""
    after: int = 0
    times: int | None = 1
    status: int = 503
    retry_after: str | None = None
    location: str | None = None
    seconds: float = 0.0
    bytes: int | None = None
    seen: int = 0

    def __post_init__(self) -> None:
        """Refuse what does not exist."""
        if self.kind not in KINDS:
            message = f"There is no fault {self.kind!r}; there are: {', '.join(KINDS)}."
            raise ValueError(message)
        for name in _WHOLE_NUMBERS:
            if not isinstance(getattr(self, name), int | None):
                message = f"{name} is a whole number."
                raise ValueError(message)  # noqa: TRY004 (told to people who write rules)
        try:
            re.compile(self.path)
        except re.error as error:
            message = f"path is a regular expression: {error}."
            raise ValueError(message) from None

    def strikes(self, method: str, path: str) -> bool:
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
        if self.retry_after.startswith("date:"):
            moment = datetime.now(timezone.utc) + timedelta(seconds=float(self.retry_after.removeprefix("date:")))
            return {"Retry-After": format_datetime(moment, usegmt=True)}
        return {"Retry-After": self.retry_after}


class Faults:
    """All rules, the latency of every answer, and the bounds on parallel and total calls.

    Attributes:
        latency_s: Added to every answer.
        parallel_limit: Requests at once; one more is answered 429 (staff statement, forum 35hr60f). None: no limit.
        quota: Requests in all; one more is answered 429 (consequence unknown). None: no limit.
        body_limit: Bytes of a request's body; a larger one is answered 413 (no limit is known). None: no limit.
    """

    def __init__(self) -> None:
        """Start without faults."""
        self._rules: list[Fault] = []
        self._lock = threading.Lock()
        self.latency_s = 0.0
        self.parallel_limit: int | None = None
        self.quota: int | None = None
        self.body_limit: int | None = None

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

    def strike(self, method: str, path: str) -> Fault | None:
        """Return the rule that a request runs into, if any; every rule counts it."""
        with self._lock:
            struck = [rule for rule in self._rules if rule.strikes(method, path)]
        return struck[0] if struck else None

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Set latency and bounds by name."""
        for name in ("latency_s", "parallel_limit", "quota", "body_limit"):
            if name in settings:
                setattr(self, name, settings[name])

    def as_json(self) -> dict[str, Any]:
        """Return the rules and bounds."""
        return {
            "latency_s": self.latency_s,
            "parallel_limit": self.parallel_limit,
            "quota": self.quota,
            "body_limit": self.body_limit,
            "rules": [asdict(rule) for rule in self._rules],
            "kinds": KINDS,
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
