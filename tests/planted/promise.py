"""A promise: a sentence that users read, the test that holds it, and defects that this test must catch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.planted.plant import Defect

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Promise:
    """See above.

    Attributes:
        page: File below the repository, in which the sentence stands.
        sentence: Its words as they stand there, white space apart.
        test: Id of the test below `tests/`.
        defects: Each breaks the promise by one small piece.
    """

    page: str
    sentence: str
    test: str
    defects: tuple[Defect, ...]

    def paragraphs(self):
        """Return the paragraphs of the page that hold the sentence; a row of a table is one."""
        text = (REPOSITORY / self.page).read_text(encoding="utf-8")
        text = text.partition("<!-- planted: begin -->")[0]  # `make docs` lists all sentences there
        parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n|\n(?=\|)|\n(?=\* )", text)]
        return [part for part in parts if " ".join(self.sentence.split()) in part]
