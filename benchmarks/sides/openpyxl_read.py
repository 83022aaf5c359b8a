"""The least that openpyxl takes: rows of values, a line of JSON per row. `openpyxl_read.py FILE`."""

from __future__ import annotations

import json
import sys

import openpyxl


def main(path: str) -> None:
    """Write the rows below the headings to standard output."""
    sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
    rows = sheet.iter_rows(min_row=2, values_only=True)
    sys.stdout.writelines(json.dumps(row, default=str) + "\n" for row in rows)


if __name__ == "__main__":
    main(sys.argv[1])
