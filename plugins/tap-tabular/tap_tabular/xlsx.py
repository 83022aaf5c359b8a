"""Workbooks of Excel since 2007 (xlsx, xlsm): a zip of XML files, read row by row by Python's own parsers.

Beside values it has to know formats (which numbers are dates or codes), cells that show errors, and formulas without a
result; python-calamine shows none of them. openpyxl does, for more time and memory: it keeps an element per row, and
shortens a sheet to what its `dimension` says, which some programs write wrongly.
"""

from __future__ import annotations

import posixpath
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import IO, NoReturn
from xml.etree import ElementTree as ET
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from tap_tabular.files import (
    MOST_IN_MEMORY,
    MOST_REMARKS,
    TALL,
    UNCALCULATED,
    ErrorCell,
    Remarks,
    Row,
    TabularError,
    Uncalculated,
    Value,
    letters,
    plain_name,
)
from tap_tabular.formats import BUILT_IN, Moment, Show, number_of, show_by

_CHUNK = 2**16
_LONGEST = 2**24
LONGEST_TEXT = 2**20
"""Bytes in which an element has to end, and characters of a cell. Excel keeps 32,767 in one."""

MOST_ELEMENTS = 2**20
"""Of a part that is held as a tree, such as the styles: Excel knows 65,490 formats of cells."""

_LARGE, _MOST_PACKED, _MOST_PACKED_ROWS = 2**26, 100, 300
"""From so many bytes on, what packs to a hundredth is no list: texts pack to a tenth, a zip bomb to a thousandth.

Empty rows, with nothing but a format, pack better than texts.
"""

MOST_ROWS, MOST_COLUMNS = 2**20, 2**14
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ$"
"""Of a sheet of Excel's."""

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How XML keeps what it cannot hold: a carriage return is `_x000D_`."""

_DAMAGED = "it is damaged: {}. Open it in Excel or LibreOffice, save it anew, or fetch it anew."


@dataclass(slots=True)
class XlsxSheet:
    """A sheet; its rows are read while they are asked for."""

    workbook: Xlsx
    name: str
    is_visible: bool
    part: str
    remarks: Remarks = field(default_factory=lambda: defaultdict(list))

    def rows(self) -> Iterator[Row]:
        """Yield the rows that have a cell with something in it."""
        return self.workbook.rows(self.part, self.remarks)


class Xlsx:
    """A workbook that is open."""

    def __init__(self, path: Path) -> None:
        """Read what its sheets are, its formats and its texts."""
        with naming_damage():
            self._archive = ZipFile(path)
            self._parts = {plain_name(name): name for name in self._archive.namelist()}
            root = posixpath.dirname(part := _workbook_part(self._parts))
            workbook = self._xml(part)
            related = self._related(part)
            properties = workbook.find("{*}workbookPr")
            since_1904 = properties is not None and properties.get("date1904", "0") in {"1", "true"}
            calculating = workbook.find("{*}calcPr")
            self._leaves_calculating = calculating is not None and calculating.get("fullCalcOnLoad") in {"1", "true"}
            self.sheets = [
                XlsxSheet(self, str(sheet.get("name")), sheet.get("state", "visible") == "visible", target)
                for sheet in workbook.iterfind("{*}sheets/{*}sheet")
                if (target := _sheet_part(sheet, related, root)) is not None
            ]
            self._shows = self._formats(_part_of(related, "styles", root), since_1904=since_1904)
            self._texts = self._shared_texts(_part_of(related, "sharedStrings", root))

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def rows(self, part: str, remarks: Remarks) -> Iterator[Row]:
        """Yield the rows of a sheet; behind the last, there are the remarks."""
        remarks.clear()
        with naming_damage(), self._open(part) as file:
            reader = _RowReader(self._texts, self._shows, remarks)
            for _ in parsed(file, reader.start, reader.end, reader.text):
                yield from reader.finished
                reader.finished.clear()
            if self._leaves_calculating and not reader.has_results:
                remarks[UNCALCULATED] = reader.zeros

    def _open(self, part: str) -> IO[bytes]:
        return open_bounded(self._archive, self._parts[plain_name(part)])

    def _open_for_memory(self, part: str) -> IO[bytes]:
        name = self._parts[plain_name(part)]
        size = self._archive.getinfo(name).file_size
        if size > MOST_IN_MEMORY:
            refuse(f"{part} in it would unpack to {size // 1024**2} MiB")
        return open_bounded(self._archive, name, most_packed=_MOST_PACKED)

    def _xml(self, part: str) -> ET.Element:
        with self._open_for_memory(part) as file:
            content = file.read()
        if b"<!DOCTYPE" in content[:_CHUNK]:
            refuse("it defines XML entities, which no workbook does")
        if content.count(b"<") > MOST_ELEMENTS:
            refuse(f"{part} in it has over a million elements")
        return ET.fromstring(content)  # noqa: S314 (bounded, and without entities)

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        folder, name = posixpath.split(part)
        relations = self._xml(f"{folder}/_rels/{name}.rels".lstrip("/"))
        return {str(item.get("Id")): (str(item.get("Type")), str(item.get("Target"))) for item in relations}

    def _formats(self, part: str | None, *, since_1904: bool) -> list[Show | None]:
        """Return, for each style that a cell may name, what its numbers are shown as."""
        if part is None:
            return []
        styles = self._xml(part)
        own = {
            int(item.get("numFmtId", "0")): str(item.get("formatCode"))
            for item in styles.iterfind("{*}numFmts/{*}numFmt")
        }
        known: dict[int, Show | None] = {}
        shows: list[Show | None] = []
        for style in styles.iterfind("{*}cellXfs/{*}xf"):
            number = int(style.get("numFmtId", "0"))
            if number not in known:
                known[number] = show_by(own.get(number) or BUILT_IN.get(number, "General"), since_1904=since_1904)
            shows.append(known[number])
        return shows

    def _shared_texts(self, part: str | None) -> list[str]:
        if part is None or plain_name(part) not in self._parts:
            return []
        reader = _TextReader()
        with self._open_for_memory(part) as file:
            for _ in parsed(file, reader.start, reader.end, reader.text):
                pass
        return reader.texts


class _DamagedError(Exception):
    """Something is not as it has to be in a workbook."""


def refuse(reason: str) -> NoReturn:
    """Say that a workbook is damaged."""
    raise _DamagedError(reason)


class naming_damage:  # noqa: N801 (used as a function)
    """Say of whatever a broken file makes parsers raise that it is broken."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: object, error: BaseException | None, _traceback: object) -> None:
        """Put it in words."""
        if isinstance(error, _DamagedError):
            raise TabularError(_DAMAGED.format(error)) from None
        if isinstance(error, BadZipFile | zlib.error | EOFError | NotImplementedError | RuntimeError):
            raise TabularError(_DAMAGED.format("a part of it is cut off or does not unpack")) from None
        if isinstance(error, expat.ExpatError | ET.ParseError):
            raise TabularError(_DAMAGED.format("its XML is broken")) from None
        if isinstance(error, LookupError | ValueError):  # also of an encoding that XML names and nobody knows
            raise TabularError(_DAMAGED.format("it refers to what is not in it")) from None


def open_bounded(archive: ZipFile, part: str, *, most_packed: int = _MOST_PACKED_ROWS) -> IO[bytes]:
    """Open a part that is read piece by piece, unless it is a zip bomb."""
    known = archive.getinfo(part)
    if known.file_size > _LARGE and known.file_size > most_packed * known.compress_size:
        refuse(f"{part} in it would unpack to {known.file_size // 1024**2} MiB")
    return archive.open(known)


def parsed(
    file: IO[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> Iterator[None]:
    """Parse XML piece by piece: between pieces, whoever asks takes what was found. No tree is built."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse_entities(*_: object) -> None:
        refuse("it defines XML entities, which no workbook does")

    def begin(name: str, _attributes: dict[str, str]) -> None:
        prefix = name.rpartition(":")[0]
        if prefix:  # as some reporting servers write
            cut = f"{prefix}:"
            parser.StartElementHandler = lambda name, attributes: start(name.removeprefix(cut), attributes)
            parser.EndElementHandler = lambda name: end(name.removeprefix(cut))
        else:
            parser.StartElementHandler, parser.EndElementHandler = start, end

    parser.StartDoctypeDeclHandler = refuse_entities
    parser.StartElementHandler = begin
    parser.CharacterDataHandler = text
    fed = 0
    while chunk := file.read(_CHUNK):
        parser.Parse(chunk, False)  # noqa: FBT003 (it takes no names)
        fed += len(chunk)
        if fed - parser.CurrentByteIndex > _LONGEST:
            refuse("one element of it has no end")
        yield
    parser.Parse(b"", True)  # noqa: FBT003
    yield


@dataclass(slots=True)
class _TextReader:
    """Takes the texts that cells share; parts of one text may have fonts of their own, or say how it is pronounced."""

    texts: list[str] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _length: int = 0
    _is_text: bool = False
    _is_phonetic: bool = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == "t":
            self._is_text = not self._is_phonetic
        elif name == "rPh":
            self._is_phonetic = True

    def end(self, name: str) -> None:
        if name == "t":
            self._is_text = False
        elif name == "rPh":
            self._is_phonetic = False
        elif name == "si":
            self.texts.append(_unescaped("".join(self._pieces)))
            self._pieces.clear()
            self._length = 0

    def text(self, piece: str) -> None:
        if self._is_text:
            self._pieces.append(piece)
            self._length += len(piece)
            if self._length > LONGEST_TEXT:
                refuse(f"a text of it has more than {LONGEST_TEXT:,} characters")


class _RowReader:
    """Takes the elements of a sheet, and keeps the rows that are finished."""

    def __init__(self, texts: list[str], shows: list[Show | None], remarks: Remarks) -> None:
        self.finished: list[Row] = []
        self.zeros: list[str] = []
        self.has_results = False
        """Cells whose formulas have the result 0, as some programs write who leave the calculating to Excel."""

        self._remarks = remarks
        self._texts = texts
        self._shows = shows
        self._columns: dict[str, int] = {}
        self._row = 0
        self._cells: list[Value] = []
        self._has_value = False
        self._column = -1
        self._kind: str | None = None
        self._style: str | None = None
        self._pieces: list[str] = []
        self._length = 0
        self._is_text = self._is_phonetic = self._is_formula = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            reference = attributes.get("r")
            self._column = self._column + 1 if reference is None else self._column_of(reference)
            self._kind, self._style = attributes.get("t"), attributes.get("s")
            self._is_formula = False
            self._pieces.clear()
            self._length = 0
        elif name in {"v", "t"}:
            self._is_text = not self._is_phonetic
        elif name == "f":
            self._is_formula = True
        elif name == "row":
            row = int(attributes.get("r") or self._row + 1)
            if not self._row < row <= MOST_ROWS:
                refuse(f"row {row} is outside of any sheet, or not in order")
            self._row = row
            self._cells, self._has_value, self._column = [], False, -1
        elif name == "rPh":
            self._is_phonetic = True
        elif name == "mergeCell":  # behind all rows
            first, _, last = attributes["ref"].partition(":")
            if first.lstrip(_LETTERS) != last.lstrip(_LETTERS) and len(self._remarks[TALL]) < MOST_REMARKS:
                self._remarks[TALL].append(f"{first}:{last}")

    def end(self, name: str) -> None:
        if name == "c":
            if self._pieces or self._is_formula:
                value = self._value("".join(self._pieces))
                self._take(value)
                if self._is_formula:
                    self._take_result(value)
        elif name in {"v", "t"}:
            self._is_text = False
        elif name == "row":
            if self._has_value:
                self.finished.append((self._row, self._cells))
        elif name == "rPh":
            self._is_phonetic = False

    def text(self, piece: str) -> None:
        if self._is_text:
            self._pieces.append(piece)
            self._length += len(piece)
            if self._length > LONGEST_TEXT:
                refuse(f"a cell of row {self._row} has more than {LONGEST_TEXT:,} characters")

    def _take_result(self, value: Value) -> None:
        if value != 0 or isinstance(value, bool):
            self.has_results = self.has_results or not isinstance(value, Uncalculated)
        elif len(self.zeros) < MOST_REMARKS:
            self.zeros.append(f"{letters(self._column)}{self._row}")

    def _take(self, value: Value) -> None:
        if value is not None:
            self._cells += [None] * (self._column - len(self._cells))
            self._cells.append(value)
            self._has_value = True

    def _value(self, text: str) -> Value:  # noqa: PLR0911 (a kind of cell each)
        kind = self._kind
        if kind == "s":
            place = int(text)
            if place < 0:
                refuse("it refers to what is not in it")
            return self._texts[place] or None
        if not text:
            return Uncalculated() if self._is_formula and kind != "str" else None
        if kind is None or kind == "n":
            number = number_of(text)
            show = self._show()
            return number if show is None or isinstance(number, ErrorCell) else show(number)
        if kind == "b":
            return text in {"1", "true"}
        if kind == "e":
            return ErrorCell(text)
        if kind == "d":  # ISO text, as few programs write it
            return _moment(text.removesuffix("Z"), self._show())
        return _unescaped(text)

    def _show(self) -> Show | None:
        style = int(self._style or 0)
        return self._shows[style] if style < len(self._shows) else None

    def _column_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - ord("A") + 1
            column -= 1
            if not 0 <= column < MOST_COLUMNS:
                refuse(f"row {self._row} has a cell outside of any sheet")
            self._columns[letters] = column
        if column < len(self._cells):
            refuse(f"cells of row {self._row} are in disorder")
        return column


def _moment(text: str, show: Show | None) -> Value:
    """Return what a format shows of a moment that is kept as text: all of it if the format is not of a moment."""
    if text.startswith("T"):
        return time.fromisoformat(text[1:])
    moment = datetime.fromisoformat(text)
    if not isinstance(show, Moment):
        return moment
    return moment if show.has_day and show.has_clock else moment.date() if show.has_day else moment.time()


def _unescaped(text: str) -> str:
    """Put back what XML cannot hold, but for NUL, which few can."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if int(found[1], 16) else found[0], text)


def _workbook_part(names: Iterable[str]) -> str:
    return min((name for name in names if name.endswith("workbook.xml")), key=len)


def _sheet_part(sheet: ET.Element, related: dict[str, tuple[str, str]], root: str) -> str | None:
    """Return where a sheet is; None for a chart or a macro, which have no cells."""
    identity = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
    kind, target = related.get(identity, ("", ""))
    return _resolved(target, root) if kind.endswith("/worksheet") else None


def _part_of(related: dict[str, tuple[str, str]], kind: str, root: str) -> str | None:
    return next((_resolved(target, root) for name, target in related.values() if name.endswith(f"/{kind}")), None)


def _resolved(target: str, root: str) -> str:
    return posixpath.normpath(posixpath.join("/", root, target)).lstrip("/")
