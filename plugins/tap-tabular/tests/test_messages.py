"""What goes out: rows with their sources, and the end of a stream only when all of its files came."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openpyxl
import pytest

from tap_tabular.tap import TapTabular


def kinds(run):
    return [message["type"] for message in run.messages]


def test_the_end_is_said_behind_the_last_row_of_the_last_file(read, text):
    for month in ("02", "01"):
        text(f"No;Month\n{month}-1;{month}\n{month}-2;{month}\n", name=f"2026-{month}.csv")
    run = read("2026-*.csv", key_properties=["No"])
    assert kinds(run) == ["SCHEMA", *["RECORD"] * 4, "ACTIVATE_VERSION", "STATE"]
    assert [row["No"] for row in run.rows] == ["01-1", "01-2", "02-1", "02-2"]
    versions = {message["version"] for message in run.messages if "version" in message}
    assert len(versions) == 1
    assert run.of_type("STATE")[0]["value"] == {"bookmarks": {"list": {}}}
    assert "bookmark_properties" not in run.of_type("SCHEMA")[0]


def test_every_row_says_where_it_is_from(read, text, workbook):
    text("a\n1\n", name="a.csv")
    workbook([["a"], [], [2]], name="b.xlsx")
    run = read({"path": "a.csv"}, {"path": "b.xlsx"})
    sources = [{k: v for k, v in m["record"].items() if k.startswith("_sdc_")} for m in run.of_type("RECORD")]
    assert sources == [
        {"_sdc_source_file": "a.csv", "_sdc_source_sheet": None, "_sdc_source_lineno": 2},
        {"_sdc_source_file": "b.xlsx", "_sdc_source_sheet": "Sheet1", "_sdc_source_lineno": 3},
    ]


def test_a_column_that_one_file_does_not_have_is_absent_not_null(read, text):
    text("No;a\n1;x\n", name="1.csv")
    text("No;b\n2;y\n", name="2.csv")
    run = read("*.csv")
    assert run.rows == [{"No": "1", "a": "x"}, {"No": "2", "b": "y"}]
    assert list(run.of_type("SCHEMA")[0]["schema"]["properties"])[:3] == ["No", "a", "b"]


def test_nothing_is_sent_as_long_as_one_file_cannot_be_read_and_all_are_named(read, text):
    text("No\n1\n", name="1.csv")
    text("No;No\n2;2\n", name="2.csv")
    run = read({"path": "1.csv"}, {"path": "2.csv"}, {"path": "3.csv", "stream": "other"})
    assert not run.messages
    assert [line.split(":")[0] for line in run.error.splitlines()] == ["2.csv", "3.csv"]


def test_rows_without_a_key_are_sent(read, text):
    assert read(text("No;a\n;x\n1;y\n"), key_properties=["No"]).rows == [{"No": None, "a": "x"}, {"No": "1", "a": "y"}]


def test_a_file_or_sheet_without_rows_is_named(read, text, workbook, caplog):
    text("No;a\n1;x\n", name="1.csv")
    text("No;a\n", name="2.csv")
    assert len(read("*.csv", key_properties=["No"]).rows) == 1
    assert "2.csv: no rows, only headings." in caplog.text
    assert "1.csv: no rows" not in caplog.text
    read(workbook([["No"]], sheet="May", also={"June": [["No"], [1]]}), sheet="*")
    assert "list.xlsx, sheet 'May': no rows, only headings." in caplog.text


def test_sheets_that_look_like_those_that_are_read_are_named(read, workbook, caplog):
    rows = [["No"], [1]]
    path = workbook(rows, sheet="2026-01", also={"2026-02": rows, "Feb 2026": rows, "Notes": [["x"]]})
    assert len(read(path, key_properties=["No"], sheet="2026-*").rows) == 2
    assert "list.xlsx: not read, though they have the headings of key_properties: sheets 'Feb 2026'." in caplog.text
    caplog.clear()
    assert len(read(path, key_properties=["No"], sheet="2026-01").rows) == 1
    assert "not read" not in caplog.text


def test_hidden_sheets_that_look_like_the_one_that_is_read_are_named(read, tmp_path, caplog):
    book = openpyxl.Workbook()
    for name in ("Now", "Hidden"):
        for cells in (["No"], [1]):
            (book[name] if name in book.sheetnames else book.create_sheet(name)).append(cells)
    del book["Sheet"]
    book["Hidden"].sheet_state = "hidden"
    book.save(tmp_path / "list.xlsx")
    assert len(read("list.xlsx", key_properties=["No"]).rows) == 1
    assert "key_properties: sheets 'Hidden'." in caplog.text


def test_files_that_mark_others_as_open_are_none(read, text):
    text("No\n1\n", name="a.csv")
    text("\x15owner", name="~$a.csv")
    assert len(read("*a.csv").rows) == 1


def test_a_glob_that_fits_nothing(read):
    assert read("nothing*.xlsx").error.startswith("nothing*.xlsx: there is no such file, seen from ")


def test_a_folder_in_place_of_its_files(read, tmp_path):
    (tmp_path / "lists").mkdir()
    assert read({"path": "lists/"}).error == "lists/: it is a folder. Say which files of it: lists/*.xlsx."


@pytest.mark.parametrize("path", ["C:\\Users\\Anna\\list.xlsx", "~nobody-here/list.csv", "x" * 5000])
def test_paths_that_cannot_be(read, path):
    error = read({"path": path}).error
    assert error.startswith(f"{path}: there is no such file, seen from ")
    assert error.endswith(" Here folders are written with /.") == ("\\" in path)


@pytest.mark.parametrize("path", ["*.csv", "2.csv"])
def test_a_link_to_a_file_that_is_not_there(read, text, tmp_path, path):
    """Left out, its rows would be missing without a word, and a mirror would delete their records."""
    text("No\n1\n", name="1.csv")
    (tmp_path / "2.csv").symlink_to("gone.csv")
    assert read({"path": path}).error == "2.csv: it is a link to a file that is not there."


def test_a_folder_that_links_to_the_one_above_it(read, text, tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("1.csv", "a/2.csv"):
        text(f"No\n{name}\n", name=name)
    (tmp_path / "a" / "up").symlink_to("..")
    assert [row["No"] for row in read({"path": "**/*.csv"}).rows] == ["1.csv", "a/2.csv"]


def test_entries_of_one_stream_have_the_same_keys(read, text):
    text("No;a\n1;2\n")
    run = read({"path": "list.csv", "key_properties": ["No"]}, {"path": "list.csv", "key_properties": ["a"]})
    assert run.error == "list: entries of `files` for one stream have the same key_properties."


def test_a_catalog_of_yesterday_hides_no_column_of_today(read, text):
    text("No;a\n1;x\n")
    known = {"No": {"type": ["string", "null"]}}
    entry = {
        "tap_stream_id": "list",
        "stream": "list",
        "key_properties": ["No"],
        "schema": {"type": "object", "properties": known},
        "metadata": [{"breadcrumb": [], "metadata": {"selected": True, "inclusion": "available"}}],
    }
    run = read("list.csv", key_properties=["No"], catalog={"streams": [entry]})
    assert run.rows == [{"No": "1", "a": "x"}]
    assert "a" in run.of_type("SCHEMA")[0]["schema"]["properties"]


def test_the_file_is_known_by_its_content(read, workbook):
    path = workbook([["No"], [1]])
    assert read(path.rename(path.with_suffix(".csv"))).rows == [{"No": 1}]


def test_all_messages_are_json_lines(read, workbook):
    run = read(workbook([["No", "a"], [1, "\u2028 \U0001f341"]]))
    assert json.loads(json.dumps(run.rows)) == [{"No": 1, "a": "\u2028 \U0001f341"}]


def test_the_readme_has_every_setting():
    entry = TapTabular.config_jsonschema["properties"]["files"]["items"]["properties"]
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert set(entry) == set(re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE))
