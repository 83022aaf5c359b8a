"""What cells become: what a person sees, in JSON's types."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
