"""OpenDocument sheets: texts whole, errors named, numbers as their styles show them."""

from __future__ import annotations

import zipfile

import pytest


def opendocument(folder, rows, *, styles="", manifest="", before="", name="a"):
    path = folder / "list.ods"
    content = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
        'xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" '
        'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>"
        f'{before}<table:table table:name="{name}">{rows}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{manifest}'
            "</manifest:manifest>",
        )
    return path


def cells(text, *, columns=1, rows=1):
    return (
        f'<table:table-row table:number-rows-repeated="{rows}"><table:table-cell '
        f'table:number-columns-repeated="{columns}" office:value-type="string"><text:p>{text}</text:p>'
        "</table:table-cell></table:table-row>"
    )


def of_value(kind, value, style=""):
    attribute = {"date": "date-value", "time": "time-value", "boolean": "boolean-value"}.get(kind, "value")
    return (
        f'<table:table-row><table:table-cell table:style-name="{style}" office:value-type="{kind}" '
        f'office:{attribute}="{value}"><text:p>x</text:p></table:table-cell></table:table-row>'
    )


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ("<text:p>a<text:tab/>b</text:p>", "a\tb"),
        ("<text:p>a<text:line-break/>b</text:p><text:p>c</text:p>", "a\nb\nc"),
        ('<text:p><text:s/>a<text:s text:c="2"/> b </text:p>', " a   b "),
        ("<text:p>\n  a\n  b</text:p>", "a b"),
        ("<text:p>a<text:span>b</text:span><text:a>c</text:a></text:p>", "abc"),
        ("<text:p><![CDATA[a & b]]></text:p>", "a & b"),
        ("<office:annotation><text:p>note</text:p></office:annotation><text:p>a</text:p>", "a"),
        ("<text:p>a</text:p><draw:frame><draw:text-box><text:p>b</text:p></draw:text-box></draw:frame>", "a"),
        ("<text:p>PT12H30M00S</text:p>", "PT12H30M00S"),
    ],
)
def test_texts_are_whole(read, tmp_path, kept, expected):
    row = f'<table:table-row><table:table-cell office:value-type="string">{kept}</table:table-cell></table:table-row>'
    assert read(opendocument(tmp_path, cells("No") + row)).rows == [{"No": expected}]


NUMBER = '<number:number-style style:name="N1">{}</number:number-style>'
ZEROS = '<number:number number:decimal-places="0" number:min-integer-digits="{}"{}>{}</number:number>'
EMBEDDED = '<number:embedded-text number:position="4">-</number:embedded-text>'
DAY = "<number:day/><number:text>.</number:text><number:month/>"
CLOCK = "<number:hours/><number:text>:</number:text><number:minutes/>"


@pytest.mark.parametrize(
    ("style", "kind", "kept", "expected"),
    [
        (NUMBER.format(ZEROS.format(5, "", "")), "float", "1097", "01097"),
        (NUMBER.format("<number:text>K-</number:text>" + ZEROS.format(5, "", "")), "float", "17", "K-00017"),
        (NUMBER.format(ZEROS.format(9, "", EMBEDDED)), "float", "21341234", "02134-1234"),
        (NUMBER.format(ZEROS.format(1, "", "")), "float", "7", 7),
        (NUMBER.format(ZEROS.format(4, ' number:grouping="true"', "")), "float", "7", 7),
        (NUMBER.format(ZEROS.format(5, "", "")), "float", "10.5", 10.5),
        (NUMBER.format(ZEROS.format(2, "", "").replace('places="0"', 'places="2"')), "float", "7", 7),
        ("", "percentage", "0.125", 0.125),
        ("", "currency", "1234.5", 1234.5),
        ("", "boolean", "true", True),
        (f'<number:date-style style:name="N1">{DAY}</number:date-style>', "date", "2026-01-31T12:30:00", "2026-01-31"),
        (f'<number:date-style style:name="N1">{DAY}{CLOCK}</number:date-style>', "date", "2026-01-31",
         "2026-01-31T00:00:00"),
        (f'<number:time-style style:name="N1">{CLOCK}</number:time-style>', "date", "2026-01-31T12:30:00", "12:30:00"),
        (f'<number:time-style style:name="N1">{CLOCK}</number:time-style>', "time", "PT32H30M00S", "08:30:00"),
        (f'<number:time-style style:name="N1" number:truncate-on-overflow="false">{CLOCK}</number:time-style>', "time",
         "PT07H30M00S", "7:30:00"),
        ("", "date", "1850-03-01", "1850-03-01"),
        ("", "date", "2026-01-31T12:30:00.499999999", "2026-01-31T12:30:00"),
        ("", "time", "PT07H30M00S", "07:30:00"),
        ("", "time", "PT32H30M00S", "32:30:00"),
        ("", "time", "-PT2H", "-2:00:00"),
    ],
)  # fmt: skip
def test_a_value_is_what_its_style_shows(read, tmp_path, style, kind, kept, expected):
    """The cell's style is of a style that has the format."""
    styles = (
        f'{style}<style:style style:name="p" style:family="table-cell" style:data-style-name="N1"/>'
        '<style:style style:name="c" style:family="table-cell" style:parent-style-name="p"/>'
    )
    rows = read(opendocument(tmp_path, cells("No") + of_value(kind, kept, "c"), styles=styles)).rows
    assert rows == [{"No": expected}]
    assert type(rows[0]["No"]) is type(expected)


def test_styles_of_columns_rows_and_positive_numbers(read, tmp_path):
    zeros = ZEROS.format(5, "", "")
    styles = (
        f'<number:number-style style:name="P">{zeros}</number:number-style>'
        f'<number:number-style style:name="N"><number:text>-</number:text>{zeros}'
        '<style:map style:condition="value()&gt;=0" style:apply-style-name="P"/></number:number-style>'
        f'<number:number-style style:name="S">{zeros}<style:map style:condition="value()&lt;9" '
        'style:apply-style-name="P"/></number:number-style>'
        '<style:style style:name="n" style:family="table-cell" style:data-style-name="N"/>'
        '<style:style style:name="s" style:family="table-cell" style:data-style-name="S"/>'
    )
    columns = (
        '<table:table-column table:number-columns-repeated="2"/><table:table-column table:default-cell-style-name="n"/>'
    )
    value = '<table:table-cell office:value-type="float" office:value="7"/>'
    rows = (
        "<table:table-row>" + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>' for name in "abc"
        ) + "</table:table-row>"
        f"<table:table-row>{value * 3}</table:table-row>"
        f'<table:table-row table:default-cell-style-name="s">{value * 3}</table:table-row>'
    )  # fmt: skip
    assert read(opendocument(tmp_path, columns + rows, styles=styles)).rows == [
        {"a": 7, "b": 7, "c": "00007"}, {"a": 7, "b": 7, "c": 7},
    ]  # fmt: skip


def test_errors_and_cells_merged_over_rows_are_named(read, tmp_path, caplog):
    rows = (
        '<table:table-row><table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" '
        'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell></table:table-row>'
        '<table:table-row><table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0">'
        "<text:p>Err:502</text:p></table:table-cell></table:table-row>"
        f"{of_value('date', '12026-01-01')}"
        '<table:table-row><table:table-cell table:formula="of:=&quot;&quot;"/></table:table-row>'
        '<table:table-row><table:table-cell table:number-rows-spanned="2" table:number-columns-spanned="1" '
        'office:value-type="float" office:value="7"/></table:table-row>'
        "<table:table-row><table:covered-table-cell/></table:table-row>"
    )
    assert [row["No"] for row in read(opendocument(tmp_path, cells("No") + rows)).rows] == [None, None, None, 7]
    assert "cells that show errors are sent as null: A2 (#DIV/0!), A3 (Err:502), A4 (no date)." in caplog.text
    assert "in the first of these alone: A6:A7." in caplog.text


def test_a_formula_without_a_result(read, tmp_path):
    row = '<table:table-row><table:table-cell table:formula="of:=1+1" office:value-type="float"/></table:table-row>'
    assert "formulas without a result: A2." in read(opendocument(tmp_path, cells("No") + row)).error


def test_rows_and_cells_that_are_alike_stand_there_once(read, tmp_path):
    empty = '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
    run = read(opendocument(tmp_path, cells("No") + empty + cells("x", rows=2)))
    assert (run.rows, run.lines) == ([{"No": "x"}] * 2, [5, 6])


def test_the_visible_sheet_is_read_and_tables_of_other_kinds_are_none(read, tmp_path):
    before = (
        f"<table:dde-links><table:table>{cells('No')}</table:table></table:dde-links>"
        f'<table:table table:name="h" table:style-name="ta">{cells("No")}{cells("8")}</table:table>'
    )
    hidden = '<style:style style:name="ta"><style:table-properties table:display="false"/></style:style>'
    path = opendocument(tmp_path, cells("No") + cells("7"), before=before, styles=hidden)
    assert read(path).rows == [{"No": "7"}]
    assert read(path, sheet="h").rows == [{"No": "8"}]


def test_a_cell_without_end(read, tmp_path):
    assert "a cell of row 2 has more than 1,048,576 characters" in refused(
        read(opendocument(tmp_path, cells("No") + cells("x" * 2**21)))
    )


def test_styles_without_end(read, tmp_path, monkeypatch):
    monkeypatch.setattr("tap_tabular.ods.MOST_ELEMENTS", 100)
    path = opendocument(tmp_path, cells("No"), styles='<style:style style:name="a"/>' * 101)
    assert "it is damaged: it has over a million styles and sheets." in refused(read(path))


def test_an_opendocument_file_that_unpacks_to_too_much_is_refused(read, tmp_path):
    """64 MiB of nothing, in 64 KiB."""
    assert "content.xml in it would unpack to 64 MiB" in refused(
        read(opendocument(tmp_path, cells("No") + " " * 2**26))
    )


def refused(run):
    assert not run.messages
    return run.error


def test_a_password_of_libreoffice(read, tmp_path):
    path = opendocument(tmp_path, cells("No"), manifest="<manifest:encryption-data/>")
    assert refused(read(path)) == "list.ods: it is protected by a password. Save it without one."


def test_an_ods_that_would_take_all_memory(read, tmp_path):
    """A cell that is repeated over the whole sheet, and over more than one."""
    path = opendocument(tmp_path, cells("No") + cells("x", columns=16_384, rows=1_048_575))
    assert "list.ods: it is damaged: row 2 is repeated 1,048,575 times." in refused(read(path))
    path = opendocument(tmp_path, cells("No") + cells("x", rows=1_048_576))
    assert "list.ods: it is damaged: row 2 is repeated 1,048,576 times." in refused(read(path))
    path = opendocument(tmp_path, cells("No") + cells("x", columns=16_385))
    assert "list.ods: it is damaged: row 2 has a cell outside of any sheet." in refused(read(path))


def test_an_ods_whose_rest_is_empty(read, tmp_path):
    """LibreOffice writes what is formatted and empty as rows and cells that are repeated a million times."""
    rest = (
        '<table:table-row table:number-rows-repeated="1048574"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>'
    )
    assert read(opendocument(tmp_path, cells("No") + cells("7") + rest)).rows == [{"No": "7"}]
