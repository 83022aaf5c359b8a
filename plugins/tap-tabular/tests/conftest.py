"""Runs of the tap in this process, and files to read."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import xlsxwriter

from tap_tabular.files import TabularError
from tap_tabular.tap import TapTabular


@dataclass
class Run:
    """What a run wrote, or the error that ended it."""

    messages: list[dict] = field(default_factory=list)
    error: str = ""

    def of_type(self, kind):
        return [message for message in self.messages if message["type"] == kind]

    @property
    def rows(self):
        """Records without their sources."""
        records = (message["record"] for message in self.of_type("RECORD"))
        return [{name: value for name, value in record.items() if not name.startswith("_sdc_")} for record in records]

    @property
    def lines(self):
        return [message["record"]["_sdc_source_lineno"] for message in self.of_type("RECORD")]

    def types(self, name):
        """What the SCHEMA says of a property."""
        return self.of_type("SCHEMA")[0]["schema"]["properties"][name]


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def read():
    """Return a function that reads a file, or several entries of `files`, to the end."""

    def run(*entries, catalog=None, **settings):
        given = [
            {"stream": "list", **settings, **(e if isinstance(e, dict) else {"path": Path(e).name})} for e in entries
        ]
        result = Run()
        output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(output):
            try:
                TapTabular(config={"files": given}, catalog=catalog).sync_all()
            except TabularError as error:
                result.error = str(error)
        output.seek(0)
        result.messages = [json.loads(line) for line in output.read().splitlines()]
        return result

    return run


@pytest.fixture
def workbook(tmp_path):
    """Return a function that writes rows, from A1 on, and returns the file; formats are given by cell."""

    def write(rows, name="list.xlsx", *, formats=None, sheet="Sheet1", options=None, also=None):
        path = tmp_path / name
        with xlsxwriter.Workbook(str(path), options or {}) as book:
            for title, content in {sheet: rows, **(also or {})}.items():
                page = book.add_worksheet(title)
                for line, cells in enumerate(content):
                    for column, value in enumerate(cells):
                        place = xlsxwriter.utility.xl_rowcol_to_cell(line, column)
                        named = (formats or {}).get(place) or (formats or {}).get(re.sub(r"\d", "", place))
                        shown = book.add_format({"num_format": named}) if named and line else None
                        if isinstance(value, str) and value.startswith("<f>"):
                            formula, _, result = value[3:].partition("=")
                            page.write_formula(
                                line, column, f"={formula}", shown, int(result) if result.isdigit() else result
                            )
                        elif isinstance(value, str):
                            page.write_string(line, column, value, shown)
                        else:
                            page.write(line, column, value, shown)
        return path

    return write


@pytest.fixture
def text(tmp_path):
    """Return a function that writes a text file."""

    def write(content, name="list.csv", *, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write
