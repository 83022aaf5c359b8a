"""Two CSV files that somebody goes on filling in, and the tables of Ninox they are loaded into."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter

from tests.helpers.seeds import DATABASE_ID, TEAM_ID
from tests.reliability import canaries, target_cells, target_operations
from tests.reliability.kills import FIRST_REQUESTS

CUSTOMERS = 1200
ORDERS = 300
NOTE = "n" * 400
"""Makes the rows more than fits into a pipe, so that the tap is still at work while the target is."""


class CsvShop:
    """Customers and orders; each version of the files has more rows, and a seventh of the others is changed."""

    def __init__(self, directory, *, scale=1.0):
        self._directory = directory
        self._counts = {"customers": round(CUSTOMERS * scale), "orders": round(ORDERS * scale)}
        self._rows = {}

    @property
    def tap_settings(self):
        return {
            "files": [
                {"path": str(self._path(name)), "format": "csv", "delimiter": ";", "table_name": name,
                 "primary_keys": [key]}
                for name, key in (("customers", "Name"), ("orders", "No"))
            ]
        }  # fmt: skip

    target_settings = {  # noqa: RUF012 (read only)
        "team": TEAM_ID,
        "database": "Shop",
        "streams": {"orders": {"references": {"customer": "Name"}}},
    }

    batch_size_rows = 20

    def environment(self, simulator):
        """Return what Meltano needs: settings of both plugins as environment variables."""
        return {
            "TAP_SPREADSHEETS_FILES": json.dumps(self.tap_settings["files"]),
            "TARGET_NINOX_API_URL": simulator.url,
            "TARGET_NINOX_AUTH_TOKEN": simulator.token,
            "TARGET_NINOX_TEAM": self.target_settings["team"],
            "TARGET_NINOX_DATABASE": self.target_settings["database"],
            "TARGET_NINOX_STREAMS": json.dumps(self.target_settings["streams"]),
        }

    def write(self, version, of):
        """Write the files: all rows there are by version so many of so many."""
        there = {name: max(1, count * version // of) for name, count in self._counts.items()}
        self._rows = {
            "customers": [_customer(number, version) for number in range(1, there["customers"] + 1)],
            "orders": [_order(number, there["customers"], version) for number in range(1, there["orders"] + 1)],
        }
        for name, rows in self._rows.items():
            with self._path(name).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, fieldnames=rows[0], delimiter=";")
                writer.writeheader()
                writer.writerows(rows)
            os.utime(self._path(name), times=(1_800_000_000 + version,) * 2)  # by which the tap sees that it is new

    @property
    def size(self):
        """Bytes that the tap writes, about."""
        return sum(
            len(json.dumps(row)) + len(str(self._directory)) + 200 for rows in self._rows.values() for row in rows
        )

    def requests(self, simulator, batch_size_rows):
        """Return at least how many requests a whole run of the target makes now."""
        stored = {name: len(self._database(simulator).records(table)) for name, table in TABLES.items()}
        missing = sum(max(0, len(rows) - stored[name]) for name, rows in self._rows.items())
        return FIRST_REQUESTS + missing // batch_size_rows

    def differences(self, simulator):
        """Return how the tables differ from the files, every record compared, and scripts that ran twice."""
        customers = {record.id: record.fields for record in self._database(simulator).records("A")}
        orders = [record.fields for record in self._database(simulator).records("B")]
        stored = {
            "customers": [(row["A"], row["B"], row.get("G")) for row in customers.values()],
            "orders": [(row["A"], customers[row["B"]]["A"]) for row in orders],
        }
        for name, rows in self._rows.items():
            expected = [tuple(row.values()) for row in rows]
            missing, more = Counter(expected) - Counter(stored[name]), Counter(stored[name]) - Counter(expected)
            if missing or more:
                yield f"{name}: {missing.total()} rows of the file are missing, {more.total()} records are too many"
        stage = target_cells.Stage(target_operations.OPERATIONS["create"], simulator)
        yield from stage.fired_twice()

    def _path(self, name):
        return self._directory / f"{name}.csv"

    @staticmethod
    def _database(simulator):
        return simulator.store.database(TEAM_ID, DATABASE_ID)


TABLES = {"customers": "A", "orders": "B"}


def _customer(number, version):
    changed = version if number % 7 == version % 7 else 0
    return {"Name": f"{canaries.VALUE} {number}", "Amount": canaries.NUMBER + number + changed, "Notes": NOTE}


def _order(number, customers, version):
    changed = version if number % 7 == version % 7 else 0
    return {"No": f"{canaries.VALUE} o{number}", "Customer": f"{canaries.VALUE} {1 + (number + changed) % customers}"}
