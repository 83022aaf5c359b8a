"""Files that an error speaks of by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Say in an error which file it was: of a full disk, systems tell no name.

    Raises:
        OSError: The file cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
