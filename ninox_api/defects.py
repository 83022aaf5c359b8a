"""What may be told of an error that nobody foresaw."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator

MOST_PLACES = 12
"""So many of the last calls are told of each error."""


def log_defect(error: BaseException, logger: logging.Logger) -> None:
    """Log types and places of an error and its causes, on a line each, to be reported.

    Messages are left out: of an error that nobody foresaw, they may quote a value of the user's.
    """
    logger.error(
        "This is a defect of %s; please report it. Traceback, without messages, which may quote your data:", logger.name
    )
    for line in _lines(error):
        logger.error(line)


def _lines(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield type(error).__name__
        for place in traceback.extract_tb(error.__traceback__, limit=-MOST_PLACES):
            yield f"  {place.filename}:{place.lineno} in {place.name}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
