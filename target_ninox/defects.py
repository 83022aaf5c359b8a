"""What failed as nobody foresaw, and concerns no row."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ninox_api.errors import NinoxError
from ninox_singer.cli import log_defect

_NO_DELETION = "so that nobody knows what may be deleted, and nothing was at the end. All rows were loaded"


class DefectError(NinoxError):
    """Something that concerns no row failed as nobody foresaw."""

    def __init__(self, error: Exception, follows: str) -> None:
        """Say what follows from it; not the error's own text, which may quote a value."""
        super().__init__(f"target-ninox has a defect ({type(error).__name__}), {follows}.")


class Defects:
    """What failed as nobody foresaw and concerns no row. It ends nothing: only what follows from it is not done.

    Attributes:
        first: The first of them, with which the run ends; None for none.
    """

    def __init__(self) -> None:
        self.first: DefectError | None = None

    @contextmanager
    def outlived(self, *, follows: str = _NO_DELETION) -> Iterator[None]:
        """Let the run outlive an error inside that nobody foresaw.

        Args:
            follows: What is not done because of it, as a part of a sentence.
        """
        try:
            yield
        except (NinoxError, OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 (no row has a part in it)
            self.note(error, follows=follows)

    def note(self, error: Exception, *, follows: str = _NO_DELETION) -> None:
        """Log where an error came from, if it is the first: it may come again with each message."""
        if self.first is None:
            log_defect(error, logging.getLogger("target-ninox"))
            self.first = DefectError(error, follows)

    @property
    def doubt(self) -> str | None:
        """Why nothing may be deleted, as a part of a sentence; None if nothing failed."""
        return None if self.first is None else str(self.first).rstrip(".")
