"""The report. Only `as_json` writes it: nothing gets into it but numbers, and words of the questions and of this file.

The words of the questions stand above the functions that ask, and are complete before anything is sent. Two come from
elsewhere: `program` is the version of what is installed here, and `status` the HTTP status of an answer.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from importlib.metadata import version
from statistics import median
from typing import Any, Final, Literal, NamedTuple, get_args
from urllib.parse import urlsplit

from ninox_tools.probe.question import Question

VERSION = 1

Certainty = Literal["seen", "inferred", "not_seen"]
SEEN: Final = "seen"
INFERRED: Final = "inferred"

Reason = Literal["no_data", "refused", "failed", "unreadable", "stopped", "needs_scratch"]
Stop = Literal["interrupted", "calls_used_up", "fault"]
ServerKind = Literal["public_cloud", "private_cloud", "this_machine", "another_host"]

_WORDS = frozenset({*get_args(Certainty), *get_args(Reason), *get_args(Stop), *get_args(ServerKind)})
"""Every word that a report can hold, besides the names of questions and their answers."""

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
        questions: All that there are, by their ids, in the order of the report.
        findings: Question → what became of it.
        calls: Question → calls that were made for it, and for what was asked along.
        all_calls: Made in all.
        seconds: How long each answer took.
        stopped: Why not everything was asked; None if it was.
        wrote: Whether there was a scratch table.
    """

    def __init__(self, api_url: str, questions: Iterable[Question]) -> None:
        """Start with nothing found."""
        self.questions = {question.id: question for question in questions}
        self._words = _WORDS.union(*(question.answers for question in self.questions.values()))
        self.findings: dict[str, Finding] = {}
        self.calls: dict[str, int] = {}
        self.all_calls = 0
        self.seconds: list[float] = []
        self.stopped: Stop | None = None
        self.wrote = False
        self._kind = _kind_of(api_url)

    def say(self, question: str, answer: str, certainty: Certainty = SEEN) -> None:
        """Note the answer to a question; the first one stays, unless it was only inferred.

        Raises:
            ValueError: The question has no such answer.
        """
        if answer not in self.questions[question].answers:
            message = f"This is no answer to {question}."
            raise ValueError(message)
        before = self.findings.get(question)
        if before is None or before.answer is None or (before.certainty != SEEN and certainty == SEEN):
            self.findings[question] = Finding(answer, certainty)

    def leave(self, question: str, reason: Reason, status: int | None = None) -> None:
        """Note why a question has no answer, if it has none."""
        self.findings.setdefault(question, Finding(None, "not_seen", reason, status))

    def answer(self, question: str) -> str | None:
        """Return the answer found so far."""
        return self.findings[question].answer if question in self.findings else None

    @property
    def answered(self) -> list[str]:
        """Questions that have an answer."""
        return [question for question in self.questions if self.answer(question) is not None]

    def as_json(self) -> str:
        """Return the report for an issue."""
        times = [round(seconds * 1000) for seconds in self.seconds]
        document = {
            "version": VERSION,
            "program": version("singer-ninox"),
            "server": {
                "kind": self._word(self._kind),
                "calls": int(self.all_calls),
                "median_ms": round(median(times)) if times else None,
                "longest_ms": max(times, default=None),
            },
            "scratch": bool(self.wrote),
            "stopped": self._word(self.stopped),
            "answers": [self._describe(question) for question in self.questions],
        }
        return json.dumps(document, indent=1) + "\n"

    def _describe(self, question: str) -> dict[str, Any]:
        found = self.findings[question]
        described = {
            "id": question,
            "answer": self._word(found.answer),
            "certainty": self._word(found.certainty),
            "calls": int(self.calls.get(question, 0)),
        }
        if found.answer is None:
            described["reason"] = self._word(found.reason)
        if found.status is not None:
            described["status"] = int(found.status)
        return described

    def _word(self, word: str | None) -> str | None:
        """Return a word of the probe's own, and let no other through."""
        if word is not None and word not in self._words:
            message = "A report cannot hold this word."
            raise ValueError(message)
        return word


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
