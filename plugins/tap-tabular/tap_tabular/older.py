"""Workbooks of other kinds (xls, xlsb), by python-calamine.

It shows neither formats nor errors: a number under a format of zeros comes as the number, an error cell as an empty
one.

A sheet is held in memory as a whole, from its first cell to its last, whatever is between them: so a few bytes can ask
for more memory than there is, and python-calamine then ends the process, which therefore is one of its own: `apart.py`.
`_check_area` looks before, to say more.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, cast

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from tap_tabular.files import LOCKED, ErrorCell, Row, TabularError, Value
from tap_tabular.formats import plain
from tap_tabular.xlsx import naming_damage

_BINARY_SHEET = re.compile(r"xl/worksheets/[^/]+\.bin")
_ROW, _CELLS = 0, frozenset(range(1, 12))
"""Records of an .xlsb that are a row, and that are a cell; both begin with a place of four bytes."""

_INTEGER = 4
_ANY_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """A sheet of a workbook."""

    workbook: CalamineWorkbook
    name: str
    is_visible: bool

    def merged(self) -> list[tuple[int, int, int, int]]:
        """Return first row and column, last row and column of merged cells, from 0 on; none if that is not known."""
        ranges = self.workbook.get_sheet_by_name(self.name).merged_cell_ranges or ()
        return [(*first, *last) for first, last in ranges]

    def rows(self) -> Iterator[Row]:
        """Yield rows that are not empty."""
        with _naming_damage():
            sheet = self.workbook.get_sheet_by_name(self.name)
            before = [None] * (sheet.start[1] if sheet.start else 0)  # which the reader leaves out
            number = 0
            try:
                for number, cells in enumerate(sheet.iter_rows(), start=1):
                    if any(cell != "" for cell in cells):
                        yield number, [*before, *map(_value, cells)]
            except OverflowError:
                message = f"sheet {self.name!r}: row {number + 1} has a length of time that is too long. Correct it."
                raise TabularError(message) from None


class _naming_damage:  # noqa: N801 (used as a function)
    """Say of whatever python-calamine raises that the file is broken."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _traceback: object) -> None:
        """Put it in words. A panic of Rust's is no Exception, and its class has no address."""
        if isinstance(error, PasswordError):
            raise TabularError(LOCKED) from None
        if isinstance(error, CalamineError) or (kind is not None and kind.__name__ == "PanicException"):
            raise _damaged(error) from None


MOST_CELLS = 25_000_000
"""Of the area of a sheet; a full sheet of an .xls has 17 million."""


def open_older(path: Path) -> list[ReadSheet]:
    """Open a workbook; return its sheets."""
    if zipfile.is_zipfile(path):
        with naming_damage():
            _check_area(path)
    with _naming_damage():
        workbook = CalamineWorkbook.from_path(str(path))
    return [
        ReadSheet(workbook, sheet.name, sheet.visible == SheetVisibleEnum.Visible)
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet
    ]


def _value(cell: object) -> Value:
    try:
        return _known_value(cell)
    except OverflowError:  # rounded up behind the last day of 9999, or longer than Python counts
        return ErrorCell("no date")


def _known_value(cell: object) -> Value:  # noqa: PLR0911 (a kind of cell each)
    match cell:
        case "":
            return None
        case float():
            return plain(cell)
        case datetime() if (rounded := _rounded(cell)).time() == time():
            return rounded.date()
        case datetime():
            return _rounded(cell)
        case time():
            return _rounded(datetime.combine(_ANY_DAY, cell)).time()
        case timedelta():
            return timedelta(seconds=round(cell.total_seconds()))
        case _:
            return cell  # type: ignore[return-value]  # as python-calamine declares


def _rounded(moment: datetime) -> datetime:
    """Return a moment to the second: sheets keep it as a fraction of days, which rarely is one exactly."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def _damaged(error: BaseException | None) -> TabularError:
    if "password" in str(error).lower():
        return TabularError(LOCKED)
    return TabularError(f"it is damaged, or no workbook ({type(error).__name__}). Save it anew as .xlsx.")


def _check_area(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in filter(_BINARY_SHEET.fullmatch, archive.namelist()):
            with archive.open(name) as file:
                _check_binary_area(BufferedReader(cast("RawIOBase", file), 2**20))


def _check_binary_area(file: IO[bytes]) -> None:
    """Look where the cells of an .xlsb are: records of a number, a length and that many bytes."""
    rows = width = 0
    while (kind := _read_number(file, most=2)) is not None:
        content = file.read(_read_number(file, most=4) or 0)
        if kind == _ROW and len(content) >= _INTEGER:
            rows = int.from_bytes(content[:_INTEGER], "little") + 1
        elif kind in _CELLS and len(content) >= _INTEGER:
            width = max(width, int.from_bytes(content[:_INTEGER], "little") + 1)
            _refuse_area(rows, width)


def _read_number(file: IO[bytes], *, most: int) -> int | None:
    """Read a number of at most so many bytes: seven bits each, and one that says that more follow."""
    number = 0
    for place in range(most):
        byte = file.read(1)
        if not byte:
            return None
        number |= (byte[0] & 0x7F) << (7 * place)
        if not byte[0] & 0x80:
            break
    return number


def _refuse_area(rows: int, width: int) -> None:
    if rows * width > MOST_CELLS:
        message = (
            f"a sheet of it reaches over {rows:,} rows and {width:,} columns, too far for its kind. Save it as .xlsx."
        )
        raise TabularError(message)
