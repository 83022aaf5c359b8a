"""A15: get the photos out before we hit the quota. Visits and invoices of the sample company, with awkward names."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ninox_simulator.files import Files
from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.server import Simulator
from tests.helpers import limits
from tests.helpers.run import run_tap
from tests.helpers.wire import calls

VISITS, INVOICES = "buero_baustelle__besuche_fotodoku", "buero_baustelle__rechnungen"
STREAM = "ninox_files"


AS_USUAL = pytest.param({}, marks=pytest.mark.prove)
OTHERWISE = {"file_dates": "text", "file_ranges": "honoured", "feed_files": "strings"}


@pytest.fixture(params=[AS_USUAL, OTHERWISE], ids=str)
def simulator(request):
    with limits.no_pauses(), Simulator(switches=request.param) as running:
        yield running


def settings(store):
    return {
        "databases": ["Büro*"],
        "tables": ["Besuche*", "Rechnungen"],
        "files": {"*": str(store)},
        "max_retries": 3,
    }


def source(simulator):
    """Table and record and name → bytes, from the simulator's own store."""
    database = simulator.store.database(TEAM_ID, BUERO_ID)
    files: Files = database.files
    return {
        (table, record.id, item["name"]): files.path(files.find(table, record.id, item["name"])).read_bytes()
        for table in ("E", "P")
        for record in list(database.records(table))
        for item in files.listed(table, record.id)
    }


def test_metadata_always_downloads_that_resume_identical_bytes_and_unique_paths(simulator, tmp_path, caplog):
    wanted = source(simulator)
    names = [name for _, _, name in wanted]
    assert len(names) > len(set(names))  # equal names on different records
    assert {"25MiB.pdf", "leer.txt", "100%.pdf"} <= set(names)
    simulator.faults.add("cut", path="/files/25MiB", times=1)
    simulator.faults.add("status", status=503, path="/files/", after=40, times=8)  # and the run dies there
    died = run_tap(simulator, **settings(tmp_path))
    assert ", and one for each file" in caplog.text
    assert "503" in died.stream_error(STREAM)
    simulator.faults.clear()
    simulator.log.clear()
    rest = run_tap(simulator, state=died.state, **settings(tmp_path))
    assert rest.error is None
    rows = {(row["table_id"], row["record_id"], row["name"]): row for run in (died, rest) for row in run.rows(STREAM)}
    assert rows.keys() == wanted.keys()
    for key, row in rows.items():
        assert (Path(tmp_path) / row["stored_path"]).read_bytes() == wanted[key]
        assert row["sha256"] == hashlib.sha256(wanted[key]).hexdigest()
        assert row["size"] == len(wanted[key])
    assert len({row["stored_path"].casefold() for row in rows.values()}) == len(rows)
    fetched = [call.path for call in calls(simulator) if "/files/" in call.path]
    assert len(fetched) + len(died.rows(STREAM)) <= len(wanted) + 1
    simulator.log.clear()
    idle = run_tap(simulator, state=rest.state, **settings(tmp_path))
    assert idle.rows(STREAM) == []
    assert not [call for call in calls(simulator) if "/files" in call.path]
