"""Files that a run writes at a place which the user names: private, complete, and nothing replaced but plain files.

Whoever may write into the folder can lay a link or a pipe there beforehand; nothing is written through one. An object
store that fsspec leads to knows neither links nor owners: there a file has the rights that the store gives it.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

_PIECE_BYTES = 1024 * 1024
_OWNERS_FOLDER = 0o700


def check_output(setting: str, given: str) -> Iterator[str]:
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


def write_private(path: Path, content: bytes | BinaryIO) -> None:
    """Put a file in place at once, readable by its owner: whoever looks sees the old one or the new, never half of it.

    Raises:
        OSError: It cannot be written; the error names the file.
    """
    with naming(path):
        # A name that nobody can know beforehand, made by this process or not at all: no link is followed.
        handle, unfinished = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                if isinstance(content, bytes):
                    file.write(content)
                else:
                    shutil.copyfileobj(content, file, _PIECE_BYTES)
            if not _may_be_replaced(path):
                raise FileExistsError(errno.EEXIST, "it is no plain file")
            Path(unfinished).replace(path)
        finally:
            with suppress(OSError):
                Path(unfinished).unlink(missing_ok=True)


def write_below(root: Path, name: str, content: bytes | BinaryIO) -> None:
    """Put a file in place below a folder as `write_private` does; make the folders that are missing.

    The user may have named a folder that is reached by a link. Those below it are the run's own, and none is a link.

    Raises:
        OSError: It cannot be written.
    """
    root.mkdir(mode=_OWNERS_FOLDER, parents=True, exist_ok=True)
    folder = root
    for part in Path(name).parent.parts:
        folder /= part
        folder.mkdir(mode=_OWNERS_FOLDER, exist_ok=True)
        if folder.is_symlink():
            raise FileExistsError(errno.EEXIST, "it is a link", str(folder))
    write_private(folder / Path(name).name, content)


def is_local(files: Any) -> bool:
    """Return whether files that fsspec writes are in a folder of this machine, where links and owners are known."""
    from fsspec.implementations.local import LocalFileSystem  # noqa: PLC0415 (an extra, and slow to load)

    return isinstance(files, LocalFileSystem)


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
