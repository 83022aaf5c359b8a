"""CSV and its kin: which encoding, which delimiter, and rows by the line at which they begin.

Detectors of character sets guess: charset-normalizer takes `Köln` in Windows-1252 for Chinese. What is neither UTF-8
nor UTF-16, and does not look right in Windows-1252, is an error that asks for `encoding`.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from os import SEEK_END
from pathlib import Path
from typing import IO

from tap_tabular.files import MOST_REMARKS, SWALLOWED, Remarks, Row, TabularError, caption

DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
_NO_DELIMITERS = '"\r\n\0'

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark is its beginning
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CHUNK = 2**20
_FEW_LINES = 200
_TAIL = 4
LONGEST_LINE = 2**24
MOST_FIELDS = 2**14
"""Characters and fields in a line; a sheet of Excel's has as many columns."""
_SEPARATOR_LINE = re.compile(r'"?sep=([^"\r\n\0])"?[\r\n]*', re.IGNORECASE)
_ODD_IN_WINDOWS_1252 = re.compile(
    r"[ŠšŽžŸƒˆ˜]|(?<=[^\W\d_])[^\w\s\x00-\x7f’‘´`·\xad\xa0](?=[^\W\d_])"  # noqa: RUF001
    r"|™(?=[^\W\d_])|(?<=[^\W\d_])[‚„]"  # noqa: RUF001
    r"|aá(?=[^\W\d_])|[eiou]áe|eiá|[Gg]roá"
)
"""Letters and signs within words that other old encodings leave there: `K”ln` is CP850, `Kšln` is of a Macintosh.

`™sterreich` and `Straáe` are CP850 as well; no word of a Western language has an á in these places but German ones.
"""

_UTF_8 = re.compile(rb"[\xc2-\xc5\xce-\xd4][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
"""A letter or sign in UTF-8. Left out are pairs that are two signs of Windows-1252: `Spaß“`, `«CAFÉ»`."""


@dataclass(frozen=True, slots=True)
class TextSheet:
    """A text file, whose only sheet it is."""

    path: Path
    encoding: str
    delimiter: str
    name: str = ""
    is_visible: bool = True
    remarks: Remarks = field(default_factory=lambda: defaultdict(list))

    def rows(self) -> Iterator[Row]:
        """Yield rows; an empty field is None, since nobody can tell it from an empty text."""
        self.remarks.clear()
        with self.path.open(encoding=self.encoding, newline="") as file:
            lines = _Lines(file, self.delimiter)
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            before = cuts = 0
            try:
                for fields in reader:
                    if len(lines.cuts) == 1:
                        cuts = lines.cuts[0]
                    elif cuts and min(lines.cuts) >= cuts and len(self.remarks[SWALLOWED]) < MOST_REMARKS:
                        self.remarks[SWALLOWED].append(f"{before + 1} to {reader.line_num}")
                    lines.cuts.clear()
                    if before or not _SEPARATOR_LINE.fullmatch(lines.first):
                        yield before + 1, [field or None for field in fields]
                    before = reader.line_num
            except csv.Error as error:
                message = (
                    f"the row from line {before + 1} on cannot be read: {error}. Is a quotation mark missing or odd?"
                )
                raise TabularError(message) from None
            except UnicodeError as error:
                message = (
                    f"behind line {reader.line_num} is what is not {self.encoding}: {_reason(error)}. Set `encoding`."
                )
                raise TabularError(message) from None

    def ends_within_a_line(self) -> bool:
        """Return whether nothing ends the last line: many editors write so, and so does a copy that was cut off."""
        with self.path.open("rb") as file:
            file.seek(-min(_TAIL, file.seek(0, SEEK_END)), SEEK_END)
            return not file.read().rstrip(b"\0").endswith((b"\n", b"\r"))  # behind zeros: UTF-16 and UTF-32


class _Lines:
    """Lines of a file; one with the character NUL is an error, since older Pythons end there, and newer do not."""

    def __init__(self, file: IO[str], delimiter: str) -> None:
        self._file = file
        self._delimiter = delimiter
        self.first = ""
        self.cuts: list[int] = []
        """How many delimiters each line has, of those that make up a row."""

    def __iter__(self) -> Iterator[str]:
        for number, line in enumerate(_bounded(self._file), start=1):
            if number == 1:
                self.first = line
            self.cuts.append(cuts := line.count(self._delimiter))
            if cuts >= MOST_FIELDS:
                message = f"line {number} has more than {MOST_FIELDS:,} fields, which no list has. Is it one?"
                raise TabularError(message)
            if "\0" in line:
                message = f"line {number} holds the character NUL: this is no text, or a damaged one."
                raise TabularError(message)
            yield line


def _bounded(file: IO[str]) -> Iterator[str]:
    """Yield lines; one that fills the memory is an error before it does."""
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), ""), start=1):
        if len(line) > LONGEST_LINE:
            message = f"line {number} has more than {LONGEST_LINE:,} characters, which no list has. Is it one?"
            raise TabularError(message)
        yield line


def open_text(path: Path, encoding: str | None, delimiter: str | None, keys: Collection[str]) -> TextSheet:
    """Find out how a text file is written, where it is not said.

    Args:
        path: The file.
        encoding: As the settings say.
        delimiter: As the settings say.
        keys: Captions that the heading holds: with the right delimiter they are among its cells.
    """
    if encoding is not None:
        try:
            "".encode(encoding)  # codecs.lookup also knows base64 and its kin, which are no encodings of text
        except (LookupError, ValueError):
            message = f"encoding: Python knows none that is called {encoding!r}; usual are utf-8, cp1252, utf-16."
            raise TabularError(message) from None
    if delimiter is not None and delimiter in _NO_DELIMITERS:
        message = f"delimiter: {delimiter!r} cannot be one; usual are ';', ',', '\\t' and '|'."
        raise TabularError(message)
    encoding = encoding or _encoding_of(path)
    if codecs.lookup(encoding).name == "utf-8":
        encoding = "utf-8-sig"  # takes away a mark, if there is one; else the first heading would begin with it
    return TextSheet(path, encoding, delimiter or _delimiter_of(path, encoding, keys))


def _encoding_of(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(_CHUNK)
        for mark, encoding in _BOMS.items():
            if head.startswith(mark):
                return encoding
        if head.count(0) > len(head) // 4:  # Latin letters in UTF-16: every other byte is zero
            return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            pass
        else:
            return "utf-8"
        file.seek(0)
        if mixed := _mixed(file):
            raise TabularError(mixed)
        file.seek(0)
        for number, line in _pieces(file):
            if _is_odd(line):
                message = (
                    f"its encoding is uncertain: it is not UTF-8, and line {number} looks wrong in Windows-1252. "
                    "Set `encoding`: cp850 (DOS), mac_roman, cp1250 (Eastern Europe), or cp1252 if it is right."
                )
                raise TabularError(message)
    return "cp1252"


def _pieces(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield lines with their numbers; one that is very long, in pieces."""
    number = 1
    while line := file.readline(_CHUNK):
        yield number, line
        number += line.endswith(b"\n")


def _mixed(file: IO[bytes]) -> str | None:
    """Return what is wrong with a file that is UTF-8 in one line and not in another, or was cut within a letter."""
    is_utf_8 = is_not = 0
    for number, line in _pieces(file):
        if line.isascii():
            continue
        is_utf_8 = is_utf_8 or (number if _UTF_8.search(line) else 0)
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            is_not = is_not or number
        if is_utf_8 and is_not:
            return (
                f"its encoding is uncertain: line {is_utf_8} looks like UTF-8, line {is_not} is not. It is cut off, "
                "damaged, or put together of several files: export it anew as UTF-8, or set `encoding` (cp1252 if "
                "that is right)."
            )
    return None


def _is_odd(line: bytes) -> bool:
    try:
        return not line.isascii() and bool(_ODD_IN_WINDOWS_1252.search(line.decode("cp1252")))
    except UnicodeDecodeError:
        return True


def _delimiter_of(path: Path, encoding: str, keys: Collection[str]) -> str:
    with path.open(encoding=encoding, newline="") as file:
        try:
            lines = [line.replace("\0", "") for _, line in zip(range(_FEW_LINES), _bounded(file), strict=False)]
        except UnicodeError as error:
            message = f"it is not {encoding}: {_reason(error)}. Set `encoding`."
            raise TabularError(message) from None
    if lines and (said := _SEPARATOR_LINE.fullmatch(lines[0])):
        return said[1]
    fields = {delimiter: list(_fields(lines, delimiter)) for delimiter in DELIMITERS}
    if keys:
        with_keys = {
            delimiter: max((len(row) for row in rows if set(keys) <= set(map(caption, row))), default=0)
            for delimiter, rows in fields.items()
        }
        best = max(with_keys, key=lambda delimiter: with_keys[delimiter])
        if with_keys[best]:
            return best
    # The one that cuts most rows into as many fields, more than one; a comma where nothing is cut.
    alike = {delimiter: _most_alike(rows) for delimiter, rows in fields.items()}
    best = max(alike, key=lambda delimiter: alike[delimiter])
    return best if alike[best] else ","


def _reason(error: UnicodeError) -> str:
    """Return what is wrong, without what the file holds; some say it otherwise, such as UTF-16 without a mark."""
    return error.reason if isinstance(error, UnicodeDecodeError) else str(error)


def _most_alike(rows: Iterable[list[str]]) -> int:
    """Return how many rows have as many fields, more than one."""
    return max(Counter(len(row) for row in rows if len(row) > 1).values(), default=0)


def _fields(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    try:
        yield from (row for row in csv.reader(lines, delimiter=delimiter) if row)
    except csv.Error:
        return
