"""What may be told of an error that nobody foresaw."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

MOST_PLACES = 12
"""So many of the last calls are told of each error."""


def told_of_defect(error: BaseException, program: str) -> str:
    """Return types and places of an error and its causes, on a line each, to be reported.

    Messages are left out: of an error that nobody foresaw, they may quote a value of the user's.
    """
    heading = (
        f"This is a defect of {program}; please report it. Traceback, without messages, which may quote your data:"
    )
    return "\n".join([heading, *_lines(error)])


def _lines(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield type(error).__name__
        for place in traceback.extract_tb(error.__traceback__, limit=-MOST_PLACES):
            yield f"  {place.filename}:{place.lineno} in {place.name}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
