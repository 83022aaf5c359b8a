"""The report. It can hold words of `questions.md` and of this file, HTTP statuses, numbers of calls, and times.

The questions put their answers in through `say`, `leave` and `count` alone; `as_json` writes these down.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from statistics import median
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from ninox_tools.probe.question import QUESTIONS

VERSION = 1

Certainty = Literal["seen", "inferred", "not_seen"]
SEEN: Final = "seen"
INFERRED: Final = "inferred"

Reason = Literal["no_data", "refused", "failed", "unreadable", "stopped", "needs_scratch"]
Stop = Literal["interrupted", "calls_used_up", "fault"]
ServerKind = Literal["public_cloud", "private_cloud", "this_machine", "another_host"]

_PUBLIC, _PRIVATE = "api.ninox.com", (".ninox.com", ".ninoxdb.de", ".ninoxdb.com")


class Finding(NamedTuple):
    """What became of a question.

    Attributes:
        answer: One of the question's; None if there is none.
        reason: Why there is none.
        status: HTTP status of what was refused.
    """

    answer: str | None
    certainty: Certainty
    reason: Reason | None = None
    status: int | None = None


class Report:
    """What a probe found out.

    Attributes:
        findings: Question → what became of it.
        calls: Question → calls that were made for it, and for what was asked along.
        all_calls: Made in all.
        stopped: Why not everything was asked; None if it was.
        wrote: Whether there was a scratch table.
    """

    def __init__(self, api_url: str) -> None:
        """Start with nothing found."""
        self.findings: dict[str, Finding] = {}
        self.calls: dict[str, int] = {}
        self.all_calls = 0
        self.stopped: Stop | None = None
        self.wrote = False
        self._kind = _kind_of(api_url)
        self._milliseconds: list[int] = []

    def say(self, question: str, answer: str, certainty: Certainty = SEEN) -> None:
        """Note the answer to a question; the first one stays, unless it was only inferred.

        Raises:
            ValueError: `questions.md` has no such answer to it.
        """
        if answer not in QUESTIONS[question].answers:
            message = f"This is no answer to {question}."
            raise ValueError(message)
        before = self.findings.get(question)
        if before is None or before.answer is None or (before.certainty != SEEN and certainty == SEEN):
            self.findings[question] = Finding(answer, certainty)

    def leave(self, question: str, reason: Reason, status: int | None = None) -> None:
        """Note why a question has no answer, if it has none."""
        if question not in self.findings:
            self.findings[question] = Finding(None, "not_seen", reason, status)

    def count(self, calls: int, seconds: Sequence[float]) -> None:
        """Note how many calls were made in all, and how long each answer took."""
        self.all_calls, self._milliseconds = calls, [round(each * 1000) for each in seconds]

    def answer(self, question: str) -> str | None:
        """Return the answer found so far."""
        found = self.findings.get(question)
        return found.answer if found else None

    @property
    def answered(self) -> list[str]:
        """Questions that have an answer."""
        return [question for question in QUESTIONS if self.answer(question) is not None]

    def as_json(self) -> str:
        """Return the report for an issue."""
        times = self._milliseconds
        document: Mapping[str, Any] = {
            "version": VERSION,
            "program": version("singer-ninox"),
            "server": {
                "kind": self._kind,
                "calls": self.all_calls,
                "median_ms": round(median(times)) if times else None,
                "longest_ms": max(times, default=None),
            },
            "scratch": self.wrote,
            "stopped": self.stopped,
            "answers": [_describe(key, self.findings[key], self.calls.get(key, 0)) for key in QUESTIONS],
        }
        return json.dumps(document, indent=1) + "\n"


def _describe(question: str, finding: Finding, calls: int) -> dict[str, Any]:
    words: dict[str, Any] = {"id": question, "answer": finding.answer, "certainty": finding.certainty, "calls": calls}
    if finding.answer is None:
        words["reason"] = finding.reason
    if finding.status is not None:
        words["status"] = finding.status
    return words


def _kind_of(api_url: str) -> ServerKind:
    """Return what kind of server it is; its address is not told."""
    host = urlsplit(api_url).hostname or ""
    if host == _PUBLIC:
        return "public_cloud"
    if host.endswith(_PRIVATE):
        return "private_cloud"
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    return "this_machine" if is_here else "another_host"
