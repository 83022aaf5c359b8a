"""What cells become: what a person sees, in JSON's types."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
import xlwt

from tap_tabular.files import ErrorCell
from tap_tabular.formats import number_of, plain, show_by, written

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "formats.jsonl").read_text(encoding="utf-8").splitlines()
    if line
]


@pytest.mark.parametrize("case", CASES, ids=json.dumps)
def test_a_number_is_what_its_format_shows(case):
    show = show_by(case["format"], since_1904=case.get("since_1904", False))
    number = number_of(str(case["number"]))
    value = number if show is None else show(number)
    if isinstance(value, ErrorCell):
        value = {"error": value.shown}
    elif not isinstance(value, str | int | float):
        value = written(value)
    assert value == case["shown"]
    assert type(value) is type(case["shown"])


@pytest.mark.parametrize(
    ("kept", "expected"),
    [("1097", 1097), ("1097.0", 1097), ("0.30000000000000004", 0.3), ("1E+21", 10**21), ("-0", 0),
     ("4006381333931", 4006381333931), ("12345678901234567890", 12345678901234567890), ("1E-3", 0.001)],
)  # fmt: skip
def test_numbers_are_whole_if_they_are_and_have_no_more_digits_than_excel_shows(kept, expected):
    assert number_of(kept) == expected
    assert type(number_of(kept)) is type(expected)


@pytest.mark.parametrize("kept", ["NaN", "inf", "1e999", "x"])
def test_what_is_no_number_is_an_error_cell(kept):
    assert number_of(kept) == ErrorCell("no number")
    assert plain(float("nan")) == ErrorCell("no number")


def test_cells_of_all_kinds(read, workbook):
    path = workbook(
        [
            ["id", "text", "number", "yes", "empty", "formula", "error"],
            ["01097", " a ", 3.0, True, None, "<f>1+1=2", "<f>1/0=#DIV/0!"],
        ]
    )
    run = read(path, key_properties=["id"])
    assert run.rows == [
        {"id": "01097", "text": " a ", "number": 3, "yes": True, "empty": None, "formula": 2, "error": None}
    ]
    assert [run.types(name)["type"] for name in ("id", "number", "yes", "empty", "error")] == [
        ["string", "null"], ["integer", "null"], ["boolean", "null"], ["string", "null"], ["string", "null"],
    ]  # fmt: skip


def test_a_column_has_all_the_types_of_its_cells(read, workbook):
    run = read(workbook([["a", "b", "c"], [1, 1, 43831], [1.5, "x", "31.12.1899"]], formats={"C": "dd.mm.yyyy"}))
    assert run.types("a") == {"type": ["number", "null"]}
    assert run.types("b") == {"type": ["integer", "string", "null"]}
    assert run.types("c") == {"type": ["string", "null"]}
    assert [row["c"] for row in run.rows] == ["2020-01-01", "31.12.1899"]


def test_a_date_column_says_its_format(read, workbook):
    run = read(workbook([["day", "moment"], [43831, 43831.5]], formats={"A": "dd.mm.yyyy", "B": "dd.mm.yyyy hh:mm"}))
    assert run.types("day") == {"type": ["string", "null"], "format": "date"}
    assert run.types("moment") == {"type": ["string", "null"], "format": "date-time"}


def test_errors_are_named(read, workbook, caplog):
    read(workbook([["id", "sum"], *([n, "<f>NA()=#N/A"] for n in range(12))]))
    assert "list.xlsx: sheet 'Sheet1': cells that show errors are sent as null: B2 (#N/A), B3 (#N/A)" in caplog.text
    assert "B11 (#N/A) and 2 more." in caplog.text


def test_types_say_what_a_column_is_to_be(read, text):
    path = text("a;b;c;d;e\n1;2.5;true;2026-01-31;2026-01-31T12:00:00\n")
    types = {"a": "integer", "b": "number", "c": "boolean", "d": "date", "e": "date-time"}
    run = read(path, types=types)
    assert run.rows == [{"a": 1, "b": 2.5, "c": True, "d": "2026-01-31", "e": "2026-01-31T12:00:00"}]
    assert run.types("d") == {"type": ["string", "null"], "format": "date"}
    assert run.types("b") == {"type": ["number", "null"]}


def test_a_number_can_be_text(read, workbook):
    assert read(workbook([["plz"], [1097], [True], [1.5]]), types={"plz": "string"}).rows == [
        {"plz": "1097"}, {"plz": "true"}, {"plz": "1.5"},
    ]  # fmt: skip


def test_what_is_not_of_its_type_is_named_and_nothing_is_sent(read, text):
    run = read(text("id;sum\n1;1.5\n2;1,5\n"), types={"sum": "number"})
    assert "not of the type that `types` says: field 2 of line 3 (sum)." in run.error
    assert not run.messages


def test_a_number_that_json_cannot_say(read, text):
    run = read(text(f"id;sum\n1;1e999\n2;{'9' * 5000}\n"), types={"sum": "number"})
    assert "not of the type that `types` says: field 2 of line 2 (sum), field 2 of line 3 (sum)." in run.error


def test_a_line_break_of_windows_within_a_cell(read, workbook, tmp_path):
    """Excel keeps its carriage return as `_x000D_`; what was typed so is kept with an escape."""
    path = workbook([["a"], ["1\r\n2"], ["_x000D_"]])
    assert read(path).rows == [{"a": "1\r\n2"}, {"a": "_x000D_"}]


def test_numbers_that_no_date_or_length_of_time_can_be(read, workbook, caplog):
    path = workbook(
        [["day", "time"], [2_958_000, 1e15]], formats={"A": "dd.mm.yyyy", "B": "[h]:mm"}, options={"date_1904": True}
    )
    assert read(path).rows == [{"day": None, "time": None}]
    assert "A2 (no date), B2 (no length of time)" in caplog.text


TWINS = [["No", "Part", "Name"], ["K-1", "a", "x"], ["K-2", "a", "x"], ["K-1", "a", "y"], ["k-2 ", "a", "x"]]


def test_rows_of_one_key_are_sent_and_named_by_their_lines(read, workbook, caplog):
    run = read(workbook(TWINS), key_properties=["No", "Part"])
    assert len(run.rows) == 4
    (told,) = [line for line in caplog.messages if "rows of the same key" in line]
    assert told.startswith("list.xlsx: sheet 'Sheet1': rows of the same key, of which a loader keeps the last: ")
    assert "last: rows 2 and 4. If they mean two things, give key_properties one more heading" in told
    assert "K-1" not in caplog.text


def test_keys_that_differ_only_in_blanks_or_case_are_named_by_their_lines(read, text, caplog):
    read(text("\n".join(";".join(row) for row in TWINS) + "\n"), key_properties=["No"])
    (told,) = [line for line in caplog.messages if "only in blanks" in line]
    assert "of which a loader makes two records: lines 3 and 5. Write them alike if they mean the same." in told


def test_rows_without_a_whole_key_and_of_several_files_are_no_twins(read, text, caplog):
    paths = [text("No;Part\n1;\n1;\n;a\n7;b\n", name) for name in ("a.csv", "b.csv")]
    assert len(read(*paths, key_properties=["No", "Part"]).rows) == 8
    assert not [line for line in caplog.messages if "key" in line]


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_cells_that_are_merged_over_several_rows_are_named(read, tmp_path, caplog, kind):
    """Those beside each other are fine, and titles above the headings."""
    merged = {"B4:B6": "group", "A8:B8": "wide", "A1:A2": "title"}
    path, rows = tmp_path / f"list.{kind}", {2: ["No", "Group"], 3: [1, None], 4: [2, None], 5: [3, None]}
    if kind == "xls":
        book = xlwt.Workbook()
        sheet = book.add_sheet("a")
        sheet.write_merge(3, 5, 1, 1, "group")
        sheet.write_merge(7, 7, 0, 1, "wide")
        sheet.write_merge(0, 1, 0, 0, "title")
    else:
        book = openpyxl.Workbook()
        sheet = book.active
        for place, value in merged.items():
            sheet[place.partition(":")[0]] = value
            sheet.merge_cells(place)
    for line, cells in rows.items():
        for column, value in enumerate(cells):
            if value is not None:
                sheet.write(line, column, value) if kind == "xls" else sheet.cell(line + 1, column + 1, value)
    book.save(str(path))
    assert [row["Group"] for row in read(path, key_properties=["No"]).rows[:3]] == ["group", None, None]
    (told,) = [line for line in caplog.messages if "merged over several rows" in line]
    assert told.endswith("in the first of these alone: B4:B6. Unmerge them, and fill in the value.")
