"""The questions, as `questions.md` has them."""

from __future__ import annotations

from collections.abc import Mapping
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


_AGAINST = "**!** "


def read_questions(text: str) -> dict[str, Question]:
    """Return the questions of `questions.md` by their ids."""
    questions: dict[str, Question] = {}
    group, answers = "", dict[str, str]()
    for line in text.splitlines():
        mark, _, rest = line.partition(" ")
        name, _, more = rest.partition(": ")
        if mark == "##":
            group = name
        elif mark == "###":
            asked, _, code = more.removesuffix("`").rpartition(" `")
            answers = {}
            questions[name] = Question(id=name, group=group, text=asked, code=code, answers=answers)
        elif mark == "-":
            effect = Against(more.removeprefix(_AGAINST)) if more.startswith(_AGAINST) else more
            answers.update(dict.fromkeys(name.split(", "), effect))
    return questions


QUESTIONS = read_questions(files(__package__).joinpath("questions.md").read_text(encoding="utf-8"))
"""All questions, in the order of the report."""
