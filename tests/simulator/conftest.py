from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

from ninox_simulator.seeds import RecordDocument
from ninox_simulator.server import Simulator
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customers, database, field, table, team


def office():
    """Two tables with every kind of key and value that answers differ in."""
    tables = {
        "A": customers(
            C=field("choice", "State", values={"1": {"caption": "Open"}, "2": {"caption": "Done"}}),
            D=field("multi", "Tags", values={"1": {"caption": "Red"}, "2": {"caption": "Blue"}}),
            E=field("rev", "Orders", refTypeId="B", refFieldId="B"),
            F=field("fn", "Total", fn="B * 2"),
            G=field("html", "Notes"),
        ),
        "B": table(
            "Orders & more",
            A=field("string", "No"),
            B=field("ref", "Customer", refTypeId="A", refFieldId="E", cascade=True),
        ),
        "P": table("Home", kind="page"),
    }
    records = {
        "A": [
            RecordDocument(id=1, fields={"A": "Ann", "B": 13.42, "C": "1", "D": ["2"]}, sequence=5),
            RecordDocument(id=2, fields={"A": "Bob", "B": 7, "C": "2"}, sequence=3),
            RecordDocument(id=4, fields={"A": "Cy"}, sequence=None),
        ],
        "B": [RecordDocument(id=1, fields={"A": "o1", "B": 1}, sequence=4)],
    }
    return team(database(tables, records))


class Caller:
    """A plain HTTP client: paths relative to the one database."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.base = f"{simulator.url}/teams/{TEAM_ID}/databases/{DATABASE_ID}"

    @property
    def store(self):
        return self.simulator.store.database(TEAM_ID, DATABASE_ID)

    def call(self, method, path, **options):
        headers = {"Authorization": f"Bearer {self.simulator.token}", **options.pop("headers", {})}
        address = path if path.startswith("http") else self.base + path
        return requests.request(method, address, headers=headers, timeout=60, **options)

    def get(self, path, **query):
        return self.call("GET", path, params=query)

    def json(self, path, **query):
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ids(self, path="/tables/A/records", **query):
        return [record["id"] for record in self.json(path, **query)]

    def control(self, method, name, **options):
        return requests.request(
            method, f"{self.simulator.url.removesuffix('/v1')}/_simulator/{name}", timeout=10, **options
        )


@pytest.fixture
def api():
    with Simulator(seed=office()) as simulator:
        yield Caller(simulator)


def peak_kb(pid):
    """Return the most memory that a process has used, in KiB."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("needs /proc to read a process's memory")
    return int(re.search(r"VmHWM:\s+(\d+)", status.read_text()).group(1))
