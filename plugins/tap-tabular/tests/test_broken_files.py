"""Files that are broken, or not what their names say: one clear error, nothing sent, memory bounded."""

from __future__ import annotations

import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwt

from tap_tabular.files import kind_of

ROWS = [["No", "Name"], *([number, f"name {number}"] for number in range(200))]
_SHEET = "xl/worksheets/sheet1.xml"


def with_part(path, part, content, *, compress=zipfile.ZIP_DEFLATED):
    """Replace a part of a workbook: by bytes, or by pieces that are made while they are written."""
    other = path.with_name("broken.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w", compress) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        with new.open(part, "w", force_zip64=True) as file:
            for piece in [content] if isinstance(content, bytes) else content:
                file.write(piece)
    return other


def refused(run):
    assert not run.messages
    return run.error


def test_a_zip_that_is_cut_off(read, workbook):
    path = workbook(ROWS)
    path.write_bytes(path.read_bytes()[:-100])
    assert refused(read(path)).startswith(
        "list.xlsx: it is damaged or cut off: it begins like a workbook and has no end."
    )


def test_a_zip_with_a_hole(read, workbook):
    path = workbook(ROWS)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo(_SHEET).header_offset + 100
    content[start : start + 200] = bytes(200)
    path.write_bytes(content)
    assert "list.xlsx: it is damaged: a part of it is cut off or does not unpack." in refused(read(path))


def test_xml_that_ends_too_early(read, workbook):
    path = workbook(ROWS)
    with zipfile.ZipFile(path) as archive:
        content = archive.read(_SHEET)
    assert "it is damaged: its XML is broken." in refused(read(with_part(path, _SHEET, content[: len(content) // 2])))


def test_a_reference_to_a_text_that_is_not_there(read, workbook):
    path = workbook(ROWS)
    with zipfile.ZipFile(path) as archive:
        content = archive.read(_SHEET).replace(b"<v>1</v>", b"<v>100000</v>", 1)
    assert "it is damaged: it refers to what is not in it." in refused(read(with_part(path, _SHEET, content)))


def test_a_reference_before_the_first_text(read, workbook):
    path = workbook(ROWS)
    with zipfile.ZipFile(path) as archive:
        content = archive.read(_SHEET).replace(b"<v>1</v>", b"<v>-1</v>", 1)
    assert "it is damaged: it refers to what is not in it." in refused(read(with_part(path, _SHEET, content)))


@pytest.mark.parametrize("packed", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_is_packed_as_no_workbook_is(read, workbook, packed):
    path = with_part(workbook(ROWS), _SHEET, b"<worksheet/>", compress=packed)
    assert "it is packed in a way that no workbook is." in refused(read(path))


@pytest.mark.parametrize("change", [str.upper, lambda name: name.replace("/", "\\")])
def test_parts_in_capitals_or_with_backslashes(read, workbook, change):
    """Excel takes what some programs write so."""
    path = workbook(ROWS)
    other = path.with_name("other.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(change(name), old.read(name))
    assert len(read(other).rows) == 200


def test_a_workbook_with_a_password_is_refused(read):
    """What Excel saves with one is an OLE container with the workbook encrypted in it."""
    path = Path(__file__).parent / "files" / "protected.xlsx"
    error = refused(read({"path": str(path)}))
    assert error.endswith("protected.xlsx: it is protected by a password. Save it without one.")


def test_an_old_workbook_that_is_cut_off(read, tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("a")
    for line, cells in enumerate(ROWS):
        for column, value in enumerate(cells):
            sheet.write(line, column, value)
    path = tmp_path / "list.xls"
    book.save(str(path))
    path.write_bytes(path.read_bytes()[:3000])
    assert "list.xls: it is damaged, or no workbook (" in refused(read(path))


def test_an_old_workbook_with_a_length_of_time_that_is_too_long(read, tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("a")
    for line, value in enumerate(["length", 1.5, 1e10]):
        sheet.write(line, 0, value, xlwt.easyxf(num_format_str="[h]:mm"))
    book.save(str(tmp_path / "list.xls"))
    error = refused(read(tmp_path / "list.xls"))
    assert error == "list.xls: sheet 'a': row 3 has a length of time that is too long. Correct it."


def test_an_old_workbook_that_makes_its_reader_panic(read, tmp_path):
    """A panic of Rust's, which python-calamine raises as no Exception: a stream that begins behind the file's end."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("a")
    for line in range(3):
        for column in range(3):
            sheet.write(line, column, f"t{line}{column}" if column else line)
    path = tmp_path / "list.xls"
    book.save(str(path))
    content = bytearray(path.read_bytes())
    content[1426] = 255
    path.write_bytes(content)
    assert refused(read(path)).startswith("list.xls: it is damaged, or no workbook (PanicException).")


@pytest.mark.parametrize("part", ["xl/styles.xml", "xl/sharedStrings.xml", _SHEET])
def test_xml_in_an_encoding_that_nobody_knows(read, workbook, part):
    path = workbook(ROWS)
    with zipfile.ZipFile(path) as archive:
        content = archive.read(part).replace(b'encoding="UTF-8"', b'encoding="UT3-8"', 1)
    assert "it is damaged: it refers to what is not in it." in refused(read(with_part(path, part, content)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<html><body><table><tr><td>No</td></tr></table>", "it is a web page (HTML), whatever its name says."),
        (b"\xef\xbb\xbf\r\n<!DOCTYPE html><table>", "it is a web page (HTML), whatever its name says."),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas">', "it is XML, whatever its name says."),
        (b"%PDF-1.7", "it is a PDF."),
        (b"", "it is empty (0 bytes)."),
    ],
)
def test_what_is_called_xls_and_is_none(read, tmp_path, content, expected):
    path = tmp_path / "list.xls"
    path.write_bytes(content)
    assert refused(read(path)).startswith(f"list.xls: {expected}")


def test_a_zip_of_something_else(read, tmp_path):
    with zipfile.ZipFile(tmp_path / "list.xlsx", "w") as archive:
        archive.writestr("list.csv", "No\n1\n")
    assert refused(read("list.xlsx")) == "list.xlsx: it is a zip file and no workbook. Unpack it."


def test_formulas_that_nobody_calculated(read, tmp_path):
    book = openpyxl.Workbook()
    for cells in (["No", "sum"], [1, "=A2+1"], [2, "=A3+1"]):
        book.active.append(cells)
    book.save(tmp_path / "list.xlsx")
    assert refused(read("list.xlsx")) == (
        "list.xlsx: sheet 'Sheet': formulas without a result: B2, B3. Open the file in Excel or LibreOffice, save it, "
        "and they have one."
    )


def test_formulas_whose_results_are_all_0_where_excel_is_left_to_calculate(read, workbook):
    """XlsxWriter writes a 0 for each result that nobody gave it."""
    path = workbook([["No", "sum"], [1, "<f>A2+1=0"], [2, "<f>A3+1=0"]])
    assert "sheet 'Sheet1': formulas without a result: B2, B3. Open the file" in refused(read(path))
    path = workbook([["No", "sum"], [1, "<f>A2-1=0"], [2, "<f>A3-1=1"]])
    assert read(path).rows == [{"No": 1, "sum": 0}, {"No": 2, "sum": 1}]
    with zipfile.ZipFile(workbook([["No", "sum"], [1, "<f>A2-1=0"]])) as archive:
        content = archive.read("xl/workbook.xml").replace(b' fullCalcOnLoad="1"', b"")
    assert read(with_part(path.with_name("list.xlsx"), "xl/workbook.xml", content)).rows == [{"No": 1, "sum": 0}]


def test_a_sheet_that_understates_its_size(read, workbook):
    """Some programs write a `dimension` of A1; readers that believe it lose the rest."""
    path = workbook([["No", "Name"], [1, "a"]])
    with zipfile.ZipFile(path) as archive:
        content = archive.read(_SHEET).replace(b'<dimension ref="A1:B2"/>', b'<dimension ref="A1"/>')
    assert b'<dimension ref="A1"/>' in content
    assert read(with_part(path, _SHEET, content)).rows == [{"No": 1, "Name": "a"}]


def test_xml_with_entities(read, workbook):
    content = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData/></worksheet>'
    expected = "it is damaged: it defines XML entities, which no workbook does."
    assert expected in refused(read(with_part(workbook(ROWS), _SHEET, content)))
    assert expected in refused(read(with_part(workbook(ROWS), "xl/sharedStrings.xml", content)))
    assert expected in refused(read(with_part(workbook(ROWS), "xl/styles.xml", content)))


def test_a_zip_that_says_it_unpacks_to_more_than_any_list(read, workbook, monkeypatch):
    path = workbook(ROWS)
    monkeypatch.setattr("tap_tabular.files.MOST_UNPACKED", 1000)
    assert "which no list does. It is not read." in refused(read(path))


def test_texts_that_unpack_to_more_than_memory_should_hold(read, workbook, monkeypatch):
    path = workbook(ROWS)
    monkeypatch.setattr("tap_tabular.xlsx.MOST_IN_MEMORY", 2000)
    assert "would unpack to" in refused(read(path))


def test_texts_that_are_a_bomb(read, workbook):
    path = with_part(
        workbook(ROWS), "xl/sharedStrings.xml", [b"<sst>", *[b"<si><t>x</t></si>" * 65536] * 64, b"</sst>"]
    )
    assert "it is damaged: xl/sharedStrings.xml in it would unpack to 68 MiB." in refused(read(path))


def test_a_cell_without_end(read, workbook, monkeypatch):
    monkeypatch.setattr("tap_tabular.xlsx._LONGEST", 2**18)
    monkeypatch.setattr("tap_tabular.xlsx.LONGEST_TEXT", 2**17)
    begin = b'<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>'
    path = with_part(workbook(ROWS), _SHEET, [begin, *[b"x" * 2**16] * 100])
    assert "a cell of row 1 has more than 131,072 characters" in refused(read(path))
    path = with_part(workbook(ROWS), _SHEET, [b'<worksheet><sheetData><row r="', *[b"1" * 2**16] * 100])
    assert "one element of it has no end" in refused(read(path))


def test_a_text_without_end(read, workbook):
    content = [b"<sst><si><t>", *[b"x" * 2**16] * 17, b"</t></si></sst>"]
    expected = "list.xlsx: it is damaged: a text of it has more than 1,048,576 characters."
    assert refused(read(with_part(workbook(ROWS), "xl/sharedStrings.xml", content))).startswith(
        expected.replace("list", "broken")
    )


def test_styles_that_fill_the_memory(read, workbook):
    content = [b"<styleSheet><cellXfs>", *[b"<xf/>" * 2**16] * 17, b"</cellXfs></styleSheet>"]
    error = refused(read(with_part(workbook(ROWS), "xl/styles.xml", content)))
    assert "it is damaged: xl/styles.xml in it has over a million elements." in error


def test_values_beyond_the_headings_end_the_reading(read, text):
    """The row behind them is not read: its error is not the one that comes."""
    error = refused(read(text("a;b\n" + "1;2;3\n" * 1000 + '1;2;"')))
    assert "field 3 of line 11 and 990 more in a column without a heading" in error


def test_lines_that_fill_the_memory(read, text, monkeypatch):
    assert "line 2 has more than 16,384 fields, which no list has." in refused(read(text("a;b\n" + ";" * 16_385)))
    monkeypatch.setattr("tap_tabular.text.LONGEST_LINE", 2**16)
    for encoding in ("utf-8", "cp1252"):
        error = refused(read(text("a;b\n1;ü" + "x" * 2**17, encoding=encoding)))
        assert "line 2 has more than 65,536 characters, which no list has." in error


@pytest.mark.parametrize("rows", [b'<row r="1048577"/>', b'<row r="2"/><row r="1"/>', b"<row/>" * 1_048_577])
def test_rows_outside_of_any_sheet(read, workbook, rows):
    content = b"<worksheet><sheetData>" + rows + b"</sheetData></worksheet>"
    assert "is outside of any sheet, or not in order" in refused(read(with_part(workbook(ROWS), _SHEET, content)))


def test_elements_with_a_prefix_and_dates_as_text(read, workbook):
    """As reporting servers and strict writers of the format write."""
    content = (
        b'<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
        b'<x:row><x:c t="inlineStr"><x:is><x:t>No</x:t></x:is></x:c><x:c t="str"><x:v>Day</x:v></x:c></x:row>'
        b'<x:row><x:c><x:v>7</x:v></x:c><x:c t="d"><x:v>2026-01-31T12:30:00</x:v></x:c></x:row>'
        b"</x:sheetData></x:worksheet>"
    )
    assert read(with_part(workbook(ROWS), _SHEET, content)).rows == [{"No": 7, "Day": "2026-01-31T12:30:00"}]


@pytest.mark.parametrize(
    ("form", "kept", "shown"),
    [
        ("hh:mm", "1899-12-30T12:30:00.000", "12:30:00"),
        ("hh:mm", "T12:30:00", "12:30:00"),
        ("dd.mm.yyyy", "2026-01-31T00:00:00Z", "2026-01-31"),
        ("dd.mm.yyyy hh:mm", "2026-01-31T12:30:00", "2026-01-31T12:30:00"),
    ],
)
def test_moments_that_are_kept_as_text(read, workbook, form, kept, shown):
    """As Excel saves "Strict Open XML"."""
    path = workbook([["No", "when"], [1, 0.5]], formats={"B2": form})
    with zipfile.ZipFile(path) as archive:
        content = archive.read(_SHEET).replace(
            b'<c r="B2" s="1"><v>0.5</v>', f'<c r="B2" s="1" t="d"><v>{kept}</v>'.encode()
        )
    assert read(with_part(path, _SHEET, content)).rows == [{"No": 1, "when": shown}]


def test_cells_outside_of_any_sheet(read, workbook):
    content = b'<worksheet><sheetData><row r="1"><c r="XFE1"><v>1</v></c></row></sheetData></worksheet>'
    assert "row 1 has a cell outside of any sheet" in refused(read(with_part(workbook(ROWS), _SHEET, content)))


def test_a_file_that_may_not_be_read(read, workbook, monkeypatch):
    path = workbook(ROWS)

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tap_tabular.table.kind_of", refuse)
    assert refused(read(path)) == "list.xlsx: Permission denied. Is it open in another program?"


def test_a_file_that_another_program_is_writing(read, text, monkeypatch):
    path = text("No;a\n1;x\n2;y\n")

    def kind_and_more(given):
        with path.open("a") as file:
            file.write("3;z\n")
        return kind_of(given)

    monkeypatch.setattr("tap_tabular.table.kind_of", kind_and_more)
    assert refused(read(path)).startswith("list.csv: it changed while it was read. Run again when")


def test_an_old_workbook_that_ends_its_reader(read, tmp_path):
    """A cell that says it is the last that can be, of 4 milliards: the reader asks for 137 GB, and aborts."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("a")
    sheet.write(0, 0, "No")
    sheet.write(2, 0, 1234.5678)
    path = tmp_path / "list.xls"
    book.save(str(path))
    content = bytearray(path.read_bytes())
    place = content.index(struct.pack("<4H", 0x0203, 14, 2, 0)) + 4  # a record NUMBER, its length, row and column
    content[place : place + 4] = b"\xff" * 4
    path.write_bytes(content)
    assert refused(read(path)).startswith("list.xls: its reader ended: it is damaged, or takes more than 1024 MiB of")


@pytest.mark.skipif(not Path("/proc").exists(), reason="only Linux bounds the memory of a process")
def test_a_workbook_takes_no_more_memory_than_it_may(read, tmp_path, monkeypatch):
    monkeypatch.setattr("tap_tabular.apart.MOST_MEMORY_MIB", 100)
    book = xlwt.Workbook()
    sheet = book.add_sheet("a")
    for line, column in ((0, 0), (65_535, 127)):  # it holds all cells between them
        sheet.write(line, column, "x")
    book.save(str(path := tmp_path / "list.xls"))
    assert "its reader ended: it is damaged, or takes more than 100 MiB of memory. Save" in refused(read(path))


def test_a_sheet_that_begins_far_from_the_first_cell_and_others_that_are_looked_into(read, tmp_path):
    book = xlwt.Workbook()
    for name in ("a", "b"):
        sheet = book.add_sheet(name)
        for line, value in enumerate(["Other", *range(60)] if name == "a" else ["No", 7, 8]):
            sheet.write(line + 4, 3, value)
    book.save(str(tmp_path / "list.xls"))
    run = read(tmp_path / "list.xls", key_properties=["No"])
    assert (run.rows, run.lines) == ([{"No": 7}, {"No": 8}], [6, 7])


def test_an_xlsb_that_would_take_all_memory(read, tmp_path):
    """Its first cell and the last that can be."""
    row, cell = (
        lambda number: b"\x00\x04" + number.to_bytes(4, "little"),
        lambda column: b"\x05\x10" + column.to_bytes(4, "little") + bytes(12),
    )
    with zipfile.ZipFile(tmp_path / "list.xlsb", "w") as archive:
        archive.writestr("xl/workbook.bin", b"")
        archive.writestr("xl/worksheets/sheet1.bin", row(0) + cell(0) + row(1_048_575) + cell(16_383))
    assert "reaches over 1,048,576 rows and 16,384 columns" in refused(read(tmp_path / "list.xlsb"))


def memory_of(path):
    """Run the tap as a process of its own; return its output and the most memory that it took, in MiB.

    Where there is no /proc, what its objects took: `ru_maxrss` would also count what pytest has when it forks.
    """
    program = (
        "import pathlib, re, sys, tracemalloc\nfrom tap_tabular.files import TabularError\n"
        "from tap_tabular.tap import TapTabular\nstatus = pathlib.Path('/proc/self/status')\n"
        "status.exists() or tracemalloc.start()\n"
        "try: TapTabular(config={'files': [{'path': sys.argv[1], 'stream': 'list'}]}).sync_all()\n"
        "except TabularError as error: print(error)\n"
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', status.read_text())[1]) / 1024 if status.exists() else "
        "tracemalloc.get_traced_memory()[1] / 2**20)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    *lines, peak = done.stdout.splitlines()
    return lines, float(peak)


@pytest.mark.prove
def test_all_rows_of_a_sheet_formatted_and_empty(workbook):
    """1,048,576 rows: what "format as" on whole columns leaves behind."""
    empty = (
        b'<row r="%d" s="1" customFormat="1"><c r="A%d" s="1"/><c r="B%d" s="1"/></row>' % (n, n, n)
        for n in range(3, 2**20 + 1)
    )
    begin = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>No</t></is></c></row><row r="2"><c r="A2"><v>7</v></c></row>'
    )
    path = with_part(workbook(ROWS), _SHEET, [begin, *empty, b"</sheetData></worksheet>"])
    lines, memory = memory_of(path)
    assert sum('"RECORD"' in line for line in lines) == 1
    assert memory < 150


@pytest.mark.prove
def test_a_zip_bomb(workbook):
    """A gibibyte of one cell in a mebibyte of file; texts and styles are refused by their size."""
    begin = b'<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>'
    path = with_part(workbook(ROWS), _SHEET, [begin, *[b"x" * 2**20] * 1024])
    assert path.stat().st_size < 2 * 2**20
    lines, memory = memory_of(path)
    assert "xl/worksheets/sheet1.xml in it would unpack to 1024 MiB" in lines[-1]
    assert memory < 200


@pytest.mark.prove
def test_a_text_file_of_any_length_takes_the_same_memory(tmp_path):
    peaks = []
    for count in (1_000, 200_000):
        path = tmp_path / f"{count}.csv"
        path.write_text(
            "No;Name;Straße\n" + "".join(f"{n};name {n};Gößweg {n}\n" for n in range(count)), encoding="cp1252"
        )
        peaks.append(memory_of(path)[1])
    assert peaks[1] < peaks[0] + 10


@pytest.mark.prove
def test_an_opendocument_sheet_of_any_length_takes_the_same_memory(tmp_path):
    begin = (
        b'<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet>'
    )
    row = (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>{0}</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="{0}7"/></table:table-row>'
    )
    peaks = []
    for count in (1_000, 200_000):
        path = tmp_path / f"{count}.ods"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("content.xml", "w") as file:
            file.write(begin + b'<table:table table:name="a">')
            for number in range(-1, count):
                file.write(row.format(number).encode())
            file.write(b"</table:table></office:spreadsheet></office:body></office:document-content>")
        lines, peak = memory_of(path)
        assert sum('"RECORD"' in line for line in lines) == count
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 10
