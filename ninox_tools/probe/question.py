"""The questions, as `questions.md` has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files


class Against(str):
    """What an answer changes that contradicts what tap-ninox or target-ninox relies on: it comes first."""

    __slots__ = ()


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
