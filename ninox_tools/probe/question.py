"""What a question is, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

SEEN: Final = "seen"
INFERRED: Final = "inferred"
NOT_SEEN: Final = "not_seen"
Certainty = Literal["seen", "inferred", "not_seen"]

Reason = Literal["no_data", "refused", "failed", "unreadable", "stopped", "needs_scratch"]
REASONS: Mapping[Reason, str] = {
    "no_data": "nothing in the tables that were read shows it",
    "refused": "the server refuses the request that would show it",
    "failed": "the request that would show it failed",
    "unreadable": "the answer that would show it has a form that nobody foresaw",
    "stopped": "the probe was stopped before",
    "needs_scratch": "only writing shows it: --scratch",
}
"""Why a question has no answer → in words."""


class Against(str):
    """What an answer changes that contradicts what tap-ninox or target-ninox relies on: it comes first."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something about Ninox that nobody outside knows.

    Attributes:
        id: Stable; stands in the report and in the documents.
        text: The question in words.
        code: What in the code relies on it, as `module:name`.
        answers: Each possible answer → what it changes for the user. A report can hold no other words.
        takes_numbers: Whether a bare number of the server's may be the answer, too.
    """

    id: str
    text: str
    code: str
    answers: Mapping[str, str]
    takes_numbers: bool = False

    def effect(self, answer: str) -> str:
        """Return what an answer changes."""
        return self.answers["a number" if self.takes_numbers and answer.isdecimal() else answer]

    def permits(self, answer: str) -> bool:
        """Return whether a report may contain this answer."""
        return answer in self.answers or (self.takes_numbers and answer.isdecimal())


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
