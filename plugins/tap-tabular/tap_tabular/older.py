"""Workbooks of other kinds (xls, xlsb, ods), by python-calamine.

It shows neither formats nor errors: a number under a format of zeros comes as the number, an error cell as an empty
one. A sheet is held in memory as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from tap_tabular.files import LOCKED, Row, TabularError, Value
from tap_tabular.formats import plain

_ANY_DAY = date(2000, 1, 1)
_LENGTH = re.compile(r"PT(\d+)H(\d+)M([\d.]+)S", re.ASCII)
"""How .ods keeps a length of time."""


@dataclass(frozen=True, slots=True)
class OlderSheet:
    """A sheet of a workbook."""

    workbook: CalamineWorkbook
    name: str
    is_visible: bool

    def rows(self) -> Iterator[Row]:
        """Yield rows that are not empty."""
        try:
            sheet = self.workbook.get_sheet_by_name(self.name)
            for number, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1):
                if any(cell != "" for cell in cells):
                    yield number, [_value(cell) for cell in cells]
        except CalamineError as error:
            raise _damaged(error) from None


def open_older(path: Path) -> tuple[CalamineWorkbook, list[OlderSheet]]:
    """Open a workbook; return it, to be closed, and its sheets."""
    try:
        workbook = CalamineWorkbook.from_path(str(path))
    except PasswordError:
        raise TabularError(LOCKED) from None
    except CalamineError as error:
        raise _damaged(error) from None
    return workbook, [
        OlderSheet(workbook, sheet.name, sheet.visible == SheetVisibleEnum.Visible)
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet
    ]


def _value(cell: object) -> Value:  # noqa: PLR0911 (a kind of cell each)
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
        case str() if length := _LENGTH.fullmatch(cell):
            return timedelta(seconds=round(int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3])))
        case _:
            return cell  # type: ignore[return-value]  # as python-calamine declares


def _rounded(moment: datetime) -> datetime:
    """Return a moment to the second: sheets keep it as a fraction of days, which rarely is one exactly."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def _damaged(error: CalamineError) -> TabularError:
    if "password" in str(error).lower():
        return TabularError(LOCKED)
    return TabularError(f"it is damaged, or no workbook ({type(error).__name__}). Save it anew as .xlsx.")
