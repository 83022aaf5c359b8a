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
    "cut": "announce the whole body, send half of it, close the connection",
    "truncate": "send half of the body as if it were whole",
    "malformed": "answer 200 with something that is not JSON",
    "html": "answer 200 with an HTML page",
    "slow": "wait `seconds` before answering",
    "drip": "send the body in small pieces over `seconds`",
    "repeat_page": "answer a list request with the page of the list request before",
}


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
    seen: int = 0

    def __post_init__(self) -> None:
        """Refuse what does not exist."""
        if self.kind not in KINDS:
            message = f"There is no fault {self.kind!r}; there are: {', '.join(KINDS)}."
            raise ValueError(message)
        re.compile(self.path)

    def strikes(self, method: str, path: str) -> bool:
        """Count a request and tell whether it fails."""
        if (self.method and self.method != method) or not re.search(self.path, path):
            return False
        self.seen += 1
        number = self.seen - self.after
        return number >= 1 and (self.times is None or number <= self.times)

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
    """

    def __init__(self) -> None:
        """Start without faults."""
        self._rules: list[Fault] = []
        self._lock = threading.Lock()
        self.latency_s = 0.0
        self.parallel_limit: int | None = None
        self.quota: int | None = None

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
        self.latency_s, self.parallel_limit, self.quota = 0.0, None, None

    def strike(self, method: str, path: str) -> Fault | None:
        """Return the rule that a request runs into, if any; every rule counts it."""
        with self._lock:
            struck = [rule for rule in self._rules if rule.strikes(method, path)]
        return struck[0] if struck else None

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Set latency and bounds by name."""
        for name in ("latency_s", "parallel_limit", "quota"):
            if name in settings:
                setattr(self, name, settings[name])

    def as_json(self) -> dict[str, Any]:
        """Return the rules and bounds."""
        return {
            "latency_s": self.latency_s,
            "parallel_limit": self.parallel_limit,
            "quota": self.quota,
            "rules": [asdict(rule) for rule in self._rules],
            "kinds": KINDS,
        }
