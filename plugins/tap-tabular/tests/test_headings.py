"""Where the headings are, and what is wrong with them: one error that names the cells, before anything is sent."""

from __future__ import annotations

import unicodedata

import pytest


def test_the_row_that_has_the_keys_is_the_one_with_the_headings(read, workbook):
    run = read(workbook([["Customers"], [], ["made", "today"], ["No", "Name"], [1, "a"]]), key_properties=["No"])
    assert run.rows == [{"No": 1, "Name": "a"}]
    assert run.lines == [5]


def test_without_keys_it_is_the_first_that_is_not_empty(read, workbook):
    assert read(workbook([[], ["No", "Name"], [1, "a"]])).rows == [{"No": 1, "Name": "a"}]


def test_header_row_says_which_row_has_the_headings(read, workbook):
    rows = [["No", "old"], ["No", "Name"], [1, "a"]]
    assert read(workbook(rows), header_row=2, key_properties=["No"]).rows == [{"No": 1, "Name": "a"}]


def test_two_rows_that_may_be_meant(read, workbook):
    run = read(workbook([["No", "DE123"], ["No", "Name"], [1, "a"]]), key_properties=["No"])
    assert run.error == (
        "list.xlsx: sheet 'Sheet1': rows 1 and 2 both hold what key_properties name: say which are the headings, by "
        "header_row."
    )


def test_blanks_in_headings(read, workbook):
    run = read(workbook([[" Customer \n  No. ", "E-\u00a0Mail"], [1, "a"]]), key_properties=["Customer No."])
    assert run.rows == [{"Customer No.": 1, "E- Mail": "a"}]


def test_headings_that_are_numbers_and_dates(read, workbook):
    run = read(workbook([["No", 2025, 43831], [1, 5, 6]], formats={"C1": "dd.mm.yyyy"}))
    assert list(run.rows[0]) == ["No", "2025", "43831"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [["No", "Name", "Name", "Name"], [1]],
            "headings: B1 and C1 and D1 are 'Name'. Give each column a name of its own.",
        ),
        ([["No", "<f>1/0=#DIV/0!"], [1, 2]], "headings: B1 shows an error. Give each column a name of its own."),
        ([["No", "_sdc_source_file"], [1, 2]], "headings: B1 is '_sdc_source_file', a name that this tap uses itself."),
        ([["No", None, "Name"], [1, "x", "a"]], "B2 in a column without a heading."),
        ([["No", "Name"], [1, "a", None, "x"]], "D2 in a column without a heading."),
    ],
)
def test_headings_that_cannot_be_names(read, workbook, rows, expected):
    run = read(workbook(rows), key_properties=["No"])
    assert run.error.startswith("list.xlsx: sheet 'Sheet1': ")
    assert expected in run.error
    assert not run.messages


def test_empty_columns_need_no_heading(read, workbook):
    assert read(workbook([["No", None, "Name"], [1, None, "a", None, " "]])).rows == [{"No": 1, "Name": "a"}]


def test_a_key_that_is_no_heading(read, workbook):
    run = read(workbook([["Kundennr.", "Name"], [1, "a"]]), key_properties=["Kunden-Nr."])
    assert "none of its first 2 rows has a cell with 'Kunden-Nr.' (nearest: 'Kundennr.')" in run.error


def test_one_of_two_keys_that_is_no_heading(read, workbook):
    run = read(workbook([["No", "Line"], [1, 1]]), key_properties=["No", "Lines"])
    assert "row 1 has no column that is called 'Lines' (nearest: 'Line')" in run.error


def test_a_type_for_a_column_that_is_not_there(read, workbook):
    run = read(workbook([["No", "Name"], [1, 1]]), types={"Names": "string"})
    assert "row 1 has no column that is called 'Names' (nearest: 'Name')" in run.error


def test_a_list_without_headings_is_refused(read, workbook):
    assert "it is empty: there are no headings." in read(workbook([])).error


def test_headings_without_rows_are_a_whole_stream(read, workbook):
    run = read(workbook([["No", "Name"]]), key_properties=["No"])
    assert [message["type"] for message in run.messages] == ["SCHEMA", "ACTIVATE_VERSION", "STATE"]


def test_headings_that_are_repeated_on_each_page(read, workbook, caplog):
    run = read(workbook([["No", "Name"], [1, "a"], ["No", "Name"], [2, "b"]]), key_properties=["No"])
    assert run.lines == [2, 4]
    assert "left out, since they repeat the headings: row 3." in caplog.text


def test_the_sheet_that_has_the_keys(read, workbook):
    run = read(workbook([["Cover"]], also={"Data": [["No"], [1]]}), key_properties=["No"])
    assert run.rows == [{"No": 1}]
    assert run.of_type("RECORD")[0]["record"]["_sdc_source_sheet"] == "Data"


def test_several_sheets_that_may_be_meant(read, workbook):
    run = read(workbook([["No"], [1]], also={"Data": [["No"], [2]]}), key_properties=["No"])
    assert run.error == (
        "list.xlsx: several sheets have the headings of key_properties; say by `sheet` which is meant, or '*' for all: "
        "'Sheet1', 'Data'."
    )


def test_a_glob_reads_all_sheets_it_matches(read, workbook):
    run = read(workbook([["No"], [1]], also={"Data": [["No"], [2]]}), sheet="*")
    assert run.rows == [{"No": 1}, {"No": 2}]


def test_a_sheet_that_is_not_there(read, workbook):
    assert (
        "it has no sheet 'Datas', but 'Sheet1', 'Data'." in read(workbook([], also={"Data": []}), sheet="Datas").error
    )


def test_a_heading_that_a_mac_wrote(read, text, workbook):
    decomposed = unicodedata.normalize("NFD", "Schlüssel")
    for path in (text(f"{decomposed};Größe\n1,5;2\n"), workbook([[decomposed, "Größe"], ["1,5", "2"]])):
        assert read(path, key_properties=["Schlüssel"]).rows == [{"Schlüssel": "1,5", "Größe": "2"}]
        assert read(path, key_properties=[decomposed]).of_type("SCHEMA")[0]["key_properties"] == ["Schlüssel"]


def test_a_list_of_cars_is_no_zip(read, text):
    run = read(text("PKW;Kennzeichen;TÜV bis\nGolf;DD-Ü 1;2027-03\n"), key_properties=["Kennzeichen"])
    assert run.rows == [{"PKW": "Golf", "Kennzeichen": "DD-Ü 1", "TÜV bis": "2027-03"}]
