"""The Ninox that an older version has read, the days after, and what older versions left behind."""

from __future__ import annotations

import io
import json
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from ninox_simulator.server import Simulator
from tests.helpers.seeds import DATABASE_ID, TEAM_ID

FOLDER = Path(__file__).parent
VERSIONS = sorted(path.name for path in FOLDER.iterdir() if (path / "ninox.json").is_file())
NOW = "2026-02-03T04:05:06"
UPLOADED_MS = 1_770_000_000_000


def path_of(version, situation):
    return FOLDER / version / "situations" / f"{situation.replace(' ', '_')}.json"


def kept(version, name):
    """Return what is in a JSON file of a version."""
    return json.loads((FOLDER / version / name).read_text(encoding="utf-8"))


def situations(version):
    """Return the names of the situations in which a version was stopped and another one goes on."""
    return sorted(path.stem.replace("_", " ") for path in (FOLDER / version / "situations").glob("*.json"))


@contextmanager
def ninox(version, switches):
    """Serve the database that a version has read, as it was then; clocks stand still."""
    with Simulator(seed=str(FOLDER / version / "ninox.json"), switches=switches) as simulator:
        simulator.edit = simulator.store.database(TEAM_ID, DATABASE_ID)
        simulator.edit._clock = lambda: NOW
        yield simulator


def first_day(edit):
    """Change, delete, make and make again, and upload a file, before the upgrade."""
    edit.update("A", 3, {"A": "R-3", "D": 3.25})
    edit.update("B", 2, {"A": "second"})
    edit.delete("B", 4)  # and its order
    edit.create("B", {"A": "name 13", "B": 1.5})
    upload(edit, "A", 3, "added.txt", b"added")


def second_day(edit):
    """The same to other records, after the upgrade."""
    edit.update("A", 1, {"A": "R-1 changed", "D": -0.01, "B": "1"})
    edit.create("A", {"A": "R-4", "C": ["2"], "E": "2026-12-31"})
    edit.delete("A", 2)
    edit.update("B", 3, {"A": "third", "B": None})
    edit.delete("B", 5)
    edit.delete("B", 7)
    edit.create("B", {"A": "made again"}, id=7)
    edit.create("B", {"A": "name 14"})
    edit.update("C", 2, {"B": 1})
    edit.delete("C", 6)
    upload(edit, "A", 3, "more.txt", b"more")
    upload(edit, "A", 3, "added.txt", b"added and changed")


def upload(edit, table_id, record_id, name, content):
    edit.put_file(table_id, record_id, name, io.BytesIO(content), moves_record=False).modified_ms = UPLOADED_MS


def whole_readings(simulator):
    """Return table id → how often a reading of all its records was begun, of the requests so far."""
    lists = (call for call in simulator.log.entries if call.path.endswith("/records") and call.method == "GET")
    begun = (call for call in lists if call.query.get("sinceId") == "0" and "sinceSq" not in call.query)
    return Counter(call.path.split("/")[-2] for call in begun)
