"""What a question is, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
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


_A_NUMBER = "a number"
"""Stands among the answers where a number of the server's may be the answer, if it is round."""

ROUND = 50
"""Only multiples of this may be told: any other number could be how many records a table has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something about Ninox that nobody outside knows.

    Attributes:
        id: Stable; stands in the report and in the documents.
        group: The file that asks it.
        text: The question in words.
        code: What in the code relies on it, as `module:name`.
        answers: Each possible answer → what it changes for the user. A report can hold no other words.
    """

    id: str
    group: str
    text: str
    code: str
    answers: Mapping[str, str]

    def effect(self, answer: str) -> str:
        """Return what an answer changes."""
        return self.answers[_A_NUMBER if answer not in self.answers and answer.isdecimal() else answer]

    def permits(self, answer: str) -> bool:
        """Return whether a report may contain this answer."""
        return answer in self.answers or (_A_NUMBER in self.answers and answer.isdecimal() and int(answer) % ROUND == 0)


def read_questions(text: str) -> Iterator[Question]:
    """Yield the questions of `questions.md`."""
    group = ""
    for part in re.split(r"^#(?=## |# )", text, flags=re.MULTILINE)[1:]:
        heading, *lines = part.strip().splitlines()
        level, _, title = heading.partition(" ")
        if level == "#":
            group = title.partition(":")[0]
            continue
        asked, _, code = lines[0].removesuffix("`").rpartition(" `")
        answers: dict[str, str] = {}
        for line in lines[1:]:
            words, _, effect = line.removeprefix("- ").partition(": ")
            told = Against(effect.removeprefix(_AGAINST)) if effect.startswith(_AGAINST) else effect
            answers.update(dict.fromkeys(words.split(", "), told))
        yield Question(id=title, group=group, text=asked, code=code, answers=answers)


_AGAINST = "**!** "

QUESTIONS: Mapping[str, Question] = {
    question.id: question
    for question in read_questions(files(__package__).joinpath("questions.md").read_text(encoding="utf-8"))
}
"""All questions, in the order of the report."""


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
