"""Files that a run writes at a place which the user names: private, whole, and nothing replaced but plain files.

Whoever may write into the folder can lay a link or a pipe there beforehand; nothing is written through one.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def output_problems(setting: str, given: str) -> Iterator[str]:
    """Yield why a file cannot be written, which else would show at the end of a long run."""
    if not given.isprintable():
        yield f"{setting}: it holds a character that no path should have."
        return
    path = Path(given).expanduser().absolute()
    if given in {"", "."} or not _may_be_replaced(path):
        yield f"{setting}: {given!r} is a folder, a link or a device; give a file."
    elif not path.parent.is_dir():
        yield f"{setting}: there is no folder {path.parent}."
    elif not os.access(path.parent, os.W_OK | os.X_OK):
        yield f"{setting}: nothing may be written into the folder {path.parent}."


def write_private(path: Path, content: bytes) -> None:
    """Put a file in place at once, readable by its owner: whoever looks sees the old one or the new, never half of it.

    Raises:
        OSError: It cannot be written; the error names the file.
    """
    with naming(path):
        # A name that nobody can know beforehand, made by this process or not at all: no link is followed.
        handle, unfinished = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            if not _may_be_replaced(path):
                raise FileExistsError(errno.EEXIST, "it is no plain file")
            Path(unfinished).replace(path)
        finally:
            with suppress(OSError):
                Path(unfinished).unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Say in an error which file it was: of a full disk, systems give no name.

    Raises:
        OSError: The file cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _may_be_replaced(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True
