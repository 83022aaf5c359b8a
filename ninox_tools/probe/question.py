"""A question: one entry, above the function that answers it, has all that there is to say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar


class Against(str):
    """What an answer changes that contradicts what tap-ninox or target-ninox relies on: it comes first."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Question:
    """Something about Ninox that nobody outside knows.

    Attributes:
        id: Stable; stands in the report and in the documents.
        text: The question in words.
        answers: Each possible answer → what it changes for the user. A report can hold no other words.
        code: What in the code relies on it, as `module:name`.
    """

    id: str
    text: str
    answers: Mapping[str, str]
    code: str


Step = Callable[..., None]
"""Sends a few requests and says what it saw. What it leaves unsaid counts as not seen."""

Asking = TypeVar("Asking", bound=Callable[..., Any])
"""A step, or what looks for several of them at what they saw."""


def question(name: str, text: str, answers: Mapping[str, str], *, code: str) -> Callable[[Asking], Asking]:
    """Put a question above the function that answers it; `answers` has those that change the same in one line."""
    each = {answer: effect for some, effect in answers.items() for answer in some.split(", ")}
    asked = Question(name, text, each, code)

    def put(function: Asking) -> Asking:
        vars(function)["questions"] = [asked, *questions_of(function)]  # the lowest one is put first
        return function

    return put


def questions_of(function: Callable[..., Any]) -> list[Question]:
    """Return the questions above a function."""
    return getattr(function, "questions", [])


def questions_in(*files: ModuleType) -> list[Question]:
    """Return the questions of some files, in the order in which they stand there."""
    return [
        asked
        for file in files
        for each in vars(file).values() if getattr(each, "__module__", None) == file.__name__  # none that is imported
        for asked in questions_of(each)
    ]  # fmt: skip
