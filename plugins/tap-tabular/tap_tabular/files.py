"""Files: which ones are meant, of what kind they are by their content, and what their readers give."""

from __future__ import annotations

import glob
import mmap
import os
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Protocol, TypeAlias
from unicodedata import normalize

_HEAD = 4096
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # a list may begin with the heading PKW
LOCKED = "it is protected by a password. Save it without one."
_PASSWORD = "EncryptedPackage".encode("utf-16-le")
"""In the directory of an Office file with a password, which is an OLE container as old .xls files are."""

_LOCKS = ("~$", ".~lock.")
"""What Excel and LibreOffice put beside a file that is open."""

MOST_UNPACKED = 8 * 1024**3
MOST_IN_MEMORY = 256 * 1024**2
"""Of what a zip unpacks to: all of it, and parts that are held in memory. No real list comes near."""


class TabularError(Exception):
    """What a user can put right: a sentence for each problem."""

    def __init__(self, *problems: str) -> None:
        """Take them."""
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell that shows an error instead of a value, such as #N/A."""

    shown: str


@dataclass(frozen=True, slots=True)
class Uncalculated:
    """A formula whose result the file does not hold: whoever wrote it did not calculate."""


Value: TypeAlias = "str | int | float | bool | date | time | timedelta | ErrorCell | Uncalculated | None"
Row: TypeAlias = "tuple[int, Sequence[Value]]"
"""Its number as the program shows it, and its cells from column A on."""


TALL, SWALLOWED, UNCALCULATED = "tall", "swallowed", "uncalculated"
"""Cells that are merged over several rows; lines that are one row by their quotation marks; cells without a result."""

MOST_REMARKS = 1000
Remarks: TypeAlias = "defaultdict[str, list[str]]"
"""Of each of these kinds, the places: `B5:B9`, `3 to 7`, `C2`."""


class Sheet(Protocol):
    """A sheet of a workbook, or a text file as the only one of its kind."""

    @property
    def name(self) -> str:
        """As its tab shows it; empty for text."""

    @property
    def is_visible(self) -> bool:
        """Whether its tab is shown."""

    @property
    def remarks(self) -> Remarks:
        """What its rows do not say, known when all of them were read."""

    def rows(self) -> Iterator[Row]:
        """Yield rows from the first on; those without any cell may be left out."""


def caption(text: str) -> str:
    """Return a heading as it is named: blanks at its ends and doubled ones, line breaks among them, go.

    `ü` is one character, also where a Mac wrote it as `u` and two dots.
    """
    return " ".join(normalize("NFC", text).split())


def plain_name(part: str) -> str:
    """Return a part of a zip as it is looked for: some programs write capitals or backslashes, and Excel takes them."""
    return part.replace("\\", "/").lower()


def letters(index: int) -> str:
    """Return what a column is called: 0 is A."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def matching(path: str) -> list[Path]:
    """Return the files that a path or glob means, in the order of their names, each once.

    Raises:
        TabularError: There is none, or a link that leads nowhere.
    """
    given = Path(os.path.expanduser(path))  # noqa: PTH111 (Path's own raises where there is no such user)
    names = [str(given)] if _is_file(given) else sorted(glob.glob(str(given), recursive=True))  # noqa: PTH207 (Path.glob takes no absolute ones)
    found = [file for file in map(Path, names) if not file.name.startswith(_LOCKS)]
    if nowhere := [file for file in found if file.is_symlink() and not file.exists()]:
        message = (
            f"{nowhere[0].as_posix()}: it is a link to a file that is not there."  # left out, a mirror would delete
        )
        raise TabularError(message)
    if found == [given] and given.is_dir():
        message = f"{path}: it is a folder. Say which files of it: {(given / '*.xlsx').as_posix()}."
        raise TabularError(message)
    files: dict[Path, Path] = {}
    for file in filter(_is_file, found):
        files.setdefault(file.resolve(), file)  # a folder that links to one above it has its files again and again
    if not files:
        backslash = " Here folders are written with /." if "\\" in path and os.sep == "/" else ""
        message = f"{path}: there is no such file, seen from {Path.cwd()}.{backslash}"
        raise TabularError(message)
    return list(files.values())


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 (Path's own raises where a name is too long)


def kind_of(path: Path) -> str:
    """Return `xlsx`, `xls`, `xlsb`, `ods` or `text`, by what is in a file: names often say something else.

    Raises:
        TabularError: It is none of them, or has a password.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_ZIP):
        return _kind_of_zip(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if content.find(_PASSWORD) >= 0:
                raise TabularError(LOCKED)
        return "xls"
    if not head:
        message = "it is empty (0 bytes)."
        raise TabularError(message)
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if begin.startswith((b"<!doctype", b"<html", b"<table", b"<meta")):
        message = "it is a web page (HTML), whatever its name says. Open it and save it as .xlsx."
        raise TabularError(message)
    if begin.startswith(b"<?xml"):
        message = "it is XML, whatever its name says. Open it and save it as .xlsx."
        raise TabularError(message)
    if begin.startswith(b"%pdf"):
        message = "it is a PDF."
        raise TabularError(message)
    return "text"


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {plain_name(member.filename): member.file_size for member in archive.infolist()}
            packed_by = {member.compress_type for member in archive.infolist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        message = "it is damaged or cut off: it begins like a workbook and has no end. Fetch it anew."
        raise TabularError(message) from None
    if sum(sizes.values()) > MOST_UNPACKED:
        message = f"it would unpack to {sum(sizes.values()) // 1024**3} GiB, which no list does. It is not read."
        raise TabularError(message)
    if packed_by - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:  # readers of the others raise errors of their own
        message = "it is packed in a way that no workbook is. Open it in Excel or LibreOffice, and save it anew."
        raise TabularError(message)
    if "xl/workbook.bin" in sizes:
        kind = "xlsb"
    elif "content.xml" in sizes:
        return "ods"
    elif any(name.endswith("workbook.xml") for name in sizes):
        return "xlsx"
    else:
        message = "it is a zip file and no workbook. Unpack it."
        raise TabularError(message)
    if sum(sizes.values()) > MOST_IN_MEMORY:  # this reader holds a sheet as a whole
        message = f"it unpacks to {sum(sizes.values()) // 1024**2} MiB, too much for .{kind}. Save it as .xlsx."
        raise TabularError(message)
    return kind
