"""Writes the lists of `lists/*.json` into files, as a person's program would: values, formats, titles, other sheets.

A cell is what JSON says: text, number, boolean or nothing. In a column of `dates`, an ISO date, date-time, time or
length of time is the number that spreadsheets keep for it, under the format that is given. A formula is given with its
result: `{"formula": …, "value": …}`.
"""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path

import openpyxl
import xlsxwriter
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

FILES = Path(__file__).parent / "files"
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?")


def write(file, folder):
    """Write a list into a folder; return where it is."""
    path = folder / file["name"]
    _WRITERS[file["by"]](file, path)
    return path


def _rows(file):
    return [*file.get("above", []), file["headings"], *file["rows"]]


def _cells(file):
    """Yield row, column, value and format (None for none) of each cell that is not empty."""
    above = len(file.get("above", []))
    formats = {**file.get("formats", {}), **file.get("dates", {})}
    for row, cells in enumerate(_rows(file)):
        for column, given in enumerate(cells):
            heading = file["headings"][column] if column < len(file["headings"]) else ""
            in_list = row > above
            is_moment = in_list and heading in file.get("dates", {})
            value = serial(given, since_1904=file.get("since_1904", False)) if is_moment else given
            if value is not None:
                yield row, column, value, formats.get(heading) if in_list else None


def serial(value, *, since_1904=False):
    """Return the number that spreadsheets keep for a moment or a length of time; other text as it is."""
    if isinstance(value, str) and (clock := _CLOCK.fullmatch(value)):
        hours, minutes, seconds = map(int, clock.groups())
        return (hours * 3600 + minutes * 60 + seconds) / 86400
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return value
    moment = datetime.fromisoformat(value)
    days = (moment - (datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30))).total_seconds() / 86400  # noqa: DTZ001
    assert since_1904 or days > 60, "before March 1900, Excel counts a day that never was"
    return int(days) if days == int(days) else days


def _by_xlsxwriter(file, path):
    with xlsxwriter.Workbook(str(path), {"date_1904": file.get("since_1904", False)}) as book:
        sheet = book.add_worksheet(file["sheet"])
        known = {name: book.add_format({"num_format": name}) for _, _, _, name in _cells(file) if name}
        for row, column, value, name in _cells(file):
            if isinstance(value, dict):
                sheet.write_formula(row, column, value["formula"], known.get(name), value["value"])
            elif isinstance(value, str):
                sheet.write_string(row, column, value, known.get(name))
            else:
                sheet.write(row, column, value, known.get(name))
        for kind in ("other_sheets", "hidden_sheets"):
            for title, rows in file.get(kind, {}).items():
                other = book.add_worksheet(title)
                if kind == "hidden_sheets":
                    other.hide()
                for row, cells in enumerate(rows):
                    other.write_row(row, 0, cells)


def _by_openpyxl(file, path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = file["sheet"]
    for row, column, value, name in _cells(file):
        cell = sheet.cell(row + 1, column + 1)
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"  # else =1+1 is a formula
        if name:
            cell.number_format = name
    book.save(path)


def _by_xlwt(file, path):
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(file["sheet"])
    for row, column, value, name in _cells(file):
        sheet.write(row, column, value, xlwt.easyxf(num_format_str=name) if name else xlwt.Style.default_style)
    book.save(str(path))


def _by_odf(file, path):
    book = OpenDocumentSpreadsheet()
    table = Table(name=file["sheet"])
    for cells in _rows(file):
        row = TableRow()
        for value in cells:
            row.addElement(_odf_cell(value))
        table.addElement(row)
    book.spreadsheet.addElement(table)
    book.save(str(path))


def _odf_cell(value):
    if value is None:
        return TableCell()
    if isinstance(value, bool):
        cell = TableCell(valuetype="boolean", booleanvalue=str(value).lower())
    elif isinstance(value, str) and _MOMENT.fullmatch(value):
        cell = TableCell(valuetype="date", datevalue=value)
    elif isinstance(value, str):
        cell = TableCell(valuetype="string")
    else:
        cell = TableCell(valuetype="float", value=str(value))
    cell.addElement(P(text=str(value)))
    return cell


def _as_text(file, path):
    path.write_bytes(file["text"].encode(file["encoding"]))


def _from_files(file, path):
    shutil.copy(FILES / file.get("from", file["name"]), path)


_WRITERS = {
    "xlsxwriter": _by_xlsxwriter,
    "openpyxl": _by_openpyxl,
    "xlwt": _by_xlwt,
    "odf": _by_odf,
    "text": _as_text,
    "file": _from_files,
}
