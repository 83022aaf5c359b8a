"""OpenDocument sheets (ods): a zip of XML, read row by row, as xlsx is.

python-calamine leaves tabs and line breaks out of texts, and shows neither errors nor what a format shows: `01097`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import IO
from zipfile import ZipFile

from tap_tabular.files import (
    LOCKED,
    MOST_REMARKS,
    TALL,
    ErrorCell,
    Remarks,
    Row,
    TabularError,
    Uncalculated,
    Value,
    letters,
)
from tap_tabular.formats import ANY_MIDNIGHT, FEWEST_ZEROS, Code, number_of
from tap_tabular.xlsx import (
    LONGEST_TEXT,
    MOST_COLUMNS,
    MOST_ELEMENTS,
    MOST_ROWS,
    naming_damage,
    open_bounded,
    parsed,
    refuse,
)

_CONTENT, _STYLES, _MANIFEST = "content.xml", "styles.xml", "META-INF/manifest.xml"
MOST_REPEATED = 25_000_000
"""Cells that rows which are alike have, and which stand in the file once."""

_LENGTH = re.compile(r"(-)?P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_FRACTION = re.compile(r"\.(\d{1,6})\d*", re.ASCII)
_SHOWN_ERROR = re.compile(r"#[\w/]+[!?]?|Err:\d+")
_BLANKS = re.compile("[ \t\r\n]+")
_KEPT = {"text:s": "\x00", "text:tab": "\x01", "text:line-break": "\x02"}
_KEPT_AS = str.maketrans("\x00\x01\x02", " \t\n")
"""Blanks of XML are laid out; those of a text are elements. XML cannot hold what stands for them until it is whole."""

_CLOCK = {"number:hours", "number:minutes", "number:seconds", "number:am-pm"}
_DAY = {"number:year", "number:month", "number:day", "number:day-of-week", "number:era", "number:quarter"}
_DATA_STYLES = {"number:number-style", "number:date-style", "number:time-style"}
_MOST_PARENTS = 20
_NOT_OF_THE_CELL = {"annotation", "text:ruby-text"}


@dataclass(slots=True)
class _DataStyle:
    """How a number is shown, as far as it says what the number is."""

    is_moment: bool
    is_length: bool = False
    has_day: bool = False
    has_clock: bool = False
    has_fraction: bool = False
    code: list[str | int] = field(default_factory=list)
    zeros: int = 0
    positive: str = ""
    """Name of the style that numbers which are not negative have."""

    is_conditional: bool = False


class _Styles:
    """Takes the styles of a file, and the names of its sheets."""

    def __init__(self) -> None:
        self.hidden: set[str] = set()
        self.tables: list[tuple[str, str]] = []
        self._of_cells: dict[str, tuple[str, str]] = {}
        self._data: dict[str, _DataStyle] = {}
        self._shown: dict[str, _DataStyle | Code | None] = {}
        self._current: _DataStyle | None = None
        self._style = ""
        self._literal: list[str] | None = None
        self._embedded: list[tuple[int, list[str]]] = []
        self._in_sheets = False
        self._count = self._length = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._in_sheets and name != "table:table":
            return
        self._count += 1
        if self._count > MOST_ELEMENTS:
            refuse("it has over a million styles and sheets")
        if self._in_sheets:
            if "table:name" in attributes:  # else it is a table of another kind, which no sheet shows
                self.tables.append((attributes["table:name"], attributes.get("table:style-name", "")))
        elif self._current is not None:
            self._start_of_data(self._current, name, attributes)
        else:
            self._start_of_style(name, attributes)

    def _start_of_style(self, name: str, attributes: dict[str, str]) -> None:
        if name == "spreadsheet":
            self._in_sheets = True
        elif name == "style:style":
            self._style = attributes.get("style:name", "")
            if attributes.get("style:family") == "table-cell":
                parent = attributes.get("style:parent-style-name", "")
                self._of_cells[self._style] = attributes.get("style:data-style-name", ""), parent
        elif name == "style:table-properties":
            if attributes.get("table:display") == "false":
                self.hidden.add(self._style)
        elif name in _DATA_STYLES:
            self._current = _DataStyle(is_moment=name != "number:number-style")
            self._current.is_length = attributes.get("number:truncate-on-overflow") == "false"
            self._data[attributes.get("style:name", "")] = self._current

    def _start_of_data(self, style: _DataStyle, name: str, attributes: dict[str, str]) -> None:
        style.has_day = style.has_day or name in _DAY
        style.has_clock = style.has_clock or name in _CLOCK
        if name == "number:seconds":
            style.has_fraction = int(attributes.get("number:decimal-places") or 0) > 0
        elif name == "number:number":
            is_whole = int(attributes.get("number:decimal-places") or 0) == 0
            is_plain = is_whole and not {"number:grouping", "number:display-factor"} & set(attributes)
            style.zeros = int(attributes.get("number:min-integer-digits") or 0) if is_plain else 0
            self._embedded = []
        elif name == "number:embedded-text":
            self._literal = []
            self._embedded.append((int(attributes.get("number:position") or 0), self._literal))
        elif name == "number:text":
            self._literal = []
        elif name == "style:map":
            if attributes.get("style:condition") == "value()>=0":
                style.positive = attributes.get("style:apply-style-name", "")
            else:
                style.is_conditional = True

    def end(self, name: str) -> None:
        if name in _DATA_STYLES:
            self._current = None
        elif self._current is not None and self._literal is not None:
            if name == "number:text":
                self._current.code.append("".join(self._literal))
            self._literal = None
        elif self._current is not None and name == "number:number" and self._current.zeros:
            left = self._current.zeros
            for position, literal in sorted(self._embedded, reverse=True):
                if 0 < position < left:
                    self._current.code += [left - position, "".join(literal)]
                    left = position
            self._current.code.append(left)

    def text(self, piece: str) -> None:
        if self._literal is not None:
            self._literal.append(piece)
            self._length += len(piece)
            if self._length > LONGEST_TEXT:
                refuse(f"a format of it has more than {LONGEST_TEXT:,} characters")

    def shown_by(self, name: str) -> _DataStyle | Code | None:
        """Return what a style of cells shows of a number: a code, a moment, or the number itself."""
        if name not in self._shown:
            data, style = "", name
            for _ in range(_MOST_PARENTS):
                data, style = self._of_cells.get(style, ("", ""))
                if data or not style:
                    break
            found = self._data.get(data)
            if found is not None and found.positive in self._data:
                found = self._data[found.positive]
            if found is not None and not found.is_moment:
                is_code = found.zeros >= FEWEST_ZEROS and not found.is_conditional
                self._shown[name] = Code(tuple(found.code), found.zeros) if is_code else None
            else:
                self._shown[name] = found
        return self._shown[name]


@dataclass(slots=True)
class OdsSheet:
    """A sheet; its rows are read while they are asked for."""

    workbook: Ods
    name: str
    is_visible: bool
    number: int
    remarks: Remarks = field(default_factory=lambda: defaultdict(list))

    def rows(self) -> Iterator[Row]:
        """Yield the rows that have a cell with something in it."""
        return self.workbook.rows(self)


class Ods:
    """A workbook that is open."""

    def __init__(self, path: Path) -> None:
        """Read what its sheets are, and its formats.

        Raises:
            TabularError: It cannot be read.
        """
        self._styles = _Styles()
        with naming_damage():
            self._archive = ZipFile(path)
            names = self._archive.namelist()
            if _MANIFEST in names:
                with self._open(_MANIFEST) as file:
                    if b"encryption-data" in file.read(2**24):
                        raise TabularError(LOCKED)
            for part in (_STYLES, _CONTENT):
                if part in names:
                    with self._open(part) as file:
                        for _ in parsed(file, self._styles.start, self._styles.end, self._styles.text):
                            pass
        self.sheets = [
            OdsSheet(self, name, style not in self._styles.hidden, number)
            for number, (name, style) in enumerate(self._styles.tables)
        ]

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    def rows(self, sheet: OdsSheet) -> Iterator[Row]:
        """Yield the rows of a sheet; behind the last, there are the remarks."""
        sheet.remarks.clear()
        with naming_damage(), self._open(_CONTENT) as file:
            reader = _CellReader(sheet, self._styles)
            for _ in parsed(file, reader.start, reader.end, reader.text):
                for first, repeated, cells in reader.finished:
                    for number in range(first, first + repeated):
                        yield number, cells
                reader.finished.clear()
                if reader.is_behind:
                    return

    def _open(self, part: str) -> IO[bytes]:
        return open_bounded(self._archive, part)


class _CellReader:
    """Takes the elements of a sheet, and keeps the rows that are finished."""

    def __init__(self, sheet: OdsSheet, styles: _Styles) -> None:
        self.finished: list[tuple[int, int, list[Value]]] = []
        self.is_behind = False
        self._sheet = sheet
        self._styles = styles
        self._number = -1
        self._in_sheets = self._is_wanted = False
        self._column_styles: list[tuple[int, str]] = []
        self._row = 0
        self._repeated = 1
        self._row_style = ""
        self._cells: list[Value] = []
        self._column = 0
        self._cell: dict[str, str] | None = None
        self._depth_of_others = 0
        self._paragraphs: list[str] = []
        self._pieces: list[str] | None = None
        self._length = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._is_wanted:
            if name == "table:table" and self._in_sheets and "table:name" in attributes:
                self._number += 1
                self._is_wanted = self._number == self._sheet.number
            elif name == "spreadsheet":
                self._in_sheets = True
        elif self._depth_of_others or name in _NOT_OF_THE_CELL or name.startswith("draw:"):
            self._depth_of_others += 1  # a comment, or a drawing with texts of its own
        elif self._cell is not None:
            self._start_in_cell(name, attributes)
        elif name in {"table:table-cell", "table:covered-table-cell"}:
            self._cell = attributes
            self._paragraphs.clear()
            self._length = 0
        elif name == "table:table-row":
            self._row += 1
            self._repeated = int(attributes.get("table:number-rows-repeated", 1))
            self._row_style = attributes.get("table:default-cell-style-name", "")
            self._cells, self._column = [], 0
        elif name == "table:table-column":
            before = self._column_styles[-1][0] if self._column_styles else 0
            until = before + int(attributes.get("table:number-columns-repeated", 1))
            self._column_styles.append((until, attributes.get("table:default-cell-style-name", "")))
            if len(self._column_styles) > MOST_COLUMNS:
                refuse("it has more columns than any sheet")

    def _start_in_cell(self, name: str, attributes: dict[str, str]) -> None:
        if name in {"text:p", "text:h"}:
            self._pieces = []
            self._length += 1
        elif self._pieces is not None and name in _KEPT:
            count = min(int(attributes.get("text:c", 1)), 2**15) if name == "text:s" else 1
            self._add(_KEPT[name] * count)

    def end(self, name: str) -> None:
        if not self._is_wanted:
            return
        if self._depth_of_others:
            self._depth_of_others -= 1
        elif self._pieces is not None and name in {"text:p", "text:h"}:
            shown = _BLANKS.sub(" ", "".join(self._pieces)).removeprefix(" ")
            self._paragraphs.append(shown.translate(_KEPT_AS))
            self._pieces = None
        elif self._cell is not None and name in {"table:table-cell", "table:covered-table-cell"}:
            self._take(self._cell)
            self._cell = None
        elif name == "table:table-row":
            self._finish_row()
        elif name == "table:table":
            self._is_wanted, self.is_behind = False, True

    def text(self, piece: str) -> None:
        if not self._depth_of_others:
            self._add(piece)

    def _add(self, piece: str) -> None:
        if self._pieces is not None:
            self._pieces.append(piece)
            self._length += len(piece)
            if self._length > LONGEST_TEXT:
                refuse(f"a cell of row {self._row} has more than {LONGEST_TEXT:,} characters")

    def _finish_row(self) -> None:
        if self._cells:
            if self._row + self._repeated - 1 > MOST_ROWS or self._repeated * len(self._cells) > MOST_REPEATED:
                refuse(f"row {self._row} is repeated {self._repeated:,} times")
            self.finished.append((self._row, self._repeated, self._cells))
        self._row += self._repeated - 1

    def _take(self, cell: dict[str, str]) -> None:
        repeated = int(cell.get("table:number-columns-repeated", 1))
        value = self._value(cell)
        if value is not None:
            if self._column + repeated > MOST_COLUMNS:
                refuse(f"row {self._row} has a cell outside of any sheet")
            self._cells += [None] * (self._column - len(self._cells))
            self._cells += [value] * repeated
        rows = int(cell.get("table:number-rows-spanned", 1))
        if rows > 1 and len(self._sheet.remarks[TALL]) < MOST_REMARKS:
            last = self._column + int(cell.get("table:number-columns-spanned", 1)) - 1
            self._sheet.remarks[TALL].append(
                f"{letters(self._column)}{self._row}:{letters(last)}{self._row + rows - 1}"
            )
        self._column += repeated

    def _value(self, cell: dict[str, str]) -> Value:  # noqa: PLR0911 (a kind of cell each)
        kind = cell.get("office:value-type")
        shown = "\n".join(self._paragraphs)
        if cell.get("calcext:value-type") == "error":
            return ErrorCell(shown or "an error")
        if kind is None:  # also of a formula with an empty text
            return shown or None
        if kind == "string":
            return cell.get("office:string-value", shown) or None
        if kind == "boolean":
            return cell.get("office:boolean-value") == "true"
        if kind == "date":
            return _moment(cell.get("office:date-value", ""), self._style(cell))
        if kind == "time":
            return _clock(cell.get("office:time-value", ""), self._style(cell))
        if "table:formula" in cell and _SHOWN_ERROR.fullmatch(shown):
            return ErrorCell(shown)  # as older programs write
        if "office:value" not in cell:
            return Uncalculated() if "table:formula" in cell else None
        number, style = number_of(cell["office:value"]), self._style(cell)
        return style(number) if isinstance(style, Code) and not isinstance(number, ErrorCell) else number

    def _style(self, cell: dict[str, str]) -> _DataStyle | Code | None:
        name = cell.get("table:style-name") or self._row_style
        if not name:
            name = next((style for until, style in self._column_styles if self._column < until), "")
        return self._styles.shown_by(name)


def _moment(text: str, style: _DataStyle | Code | None) -> Value:
    """Return as much of a moment as its style shows; where none says it, a time of day but for midnight."""
    if not _DATE.match(text):
        return ErrorCell("no date")
    fraction = _FRACTION.search(text)
    try:
        moment = datetime.fromisoformat(_FRACTION.sub("", text.removesuffix("Z")))
        moment += timedelta(microseconds=int(fraction[1].ljust(6, "0")) if fraction else 0)
        rounded = (moment + timedelta(microseconds=500_000)).replace(microsecond=0)
    except (ValueError, OverflowError):
        return ErrorCell("no date")
    if not isinstance(style, _DataStyle) or not (style.has_day or style.has_clock):
        return rounded if rounded.time() != time() else rounded.date()
    if not style.has_clock:
        return moment.date()
    shown = moment if style.has_fraction else rounded
    return shown if style.has_day else shown.time()


def _clock(text: str, style: _DataStyle | Code | None) -> Value:
    """Return a time of day, or a length of time: its style says which; where none does, its length does."""
    found = _LENGTH.fullmatch(text)
    if found is None or not any(found.groups()):
        return ErrorCell("no time")
    sign, days, hours, minutes, seconds = found.groups()
    try:
        kept = timedelta(
            days=int(days or 0), hours=int(hours or 0), minutes=int(minutes or 0), seconds=float(seconds or 0)
        )
        digits = 3 if isinstance(style, _DataStyle) and style.has_fraction else 0
        length = timedelta(seconds=round(kept.total_seconds(), digits)) * (-1 if sign else 1)
        if style.is_length if isinstance(style, _DataStyle) else not timedelta() <= length < timedelta(days=1):
            return length
        return (ANY_MIDNIGHT + length).time()
    except (OverflowError, ValueError):
        return ErrorCell("no length of time")
