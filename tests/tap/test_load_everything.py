"""A2: "Load everything." The large sample company: every row, few calls, little memory, a sequence per table.

That the same rows arrive in PostgreSQL value by value: `tests/e2e/test_meltano_postgres.py`.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections import defaultdict

import pytest

from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.server import Simulator
from tests.helpers.measured import run_measured

pytestmark = pytest.mark.e2e

DISCOVERY_CALLS = 10
MAX_MB = 300
RECORD = re.compile(rb'^\{"type":"RECORD","stream":"([^"]+)","record":\{"_id":(\d+),')


@pytest.mark.prove  # samples: tests/e2e/test_meltano_postgres.py (rows), test_memory.py, tests/benchmarks/test_calls.py
@pytest.mark.parametrize("parallel", [4, 1])
def test_every_row_of_every_table_within_the_bounds(tmp_path, parallel):
    with Simulator(profile="m") as simulator:
        simulator.store.database(TEAM_ID, BUERO_ID).unreadable_tables.clear()
        settings = {"api_url": simulator.url, "auth_token": simulator.token, "max_parallel_requests": parallel}
        (tmp_path / "config.json").write_text(json.dumps(settings))
        tap = f"{sys.executable[: -len('python')]}tap-ninox"
        command = f"exec {tap} --config {tmp_path}/config.json"
        took = run_measured("sh", "-c", command, output=tmp_path / "output")
        assert len(simulator.log.entries) <= DISCOVERY_CALLS + calls_at_the_floor(simulator, ranges=parallel)
        assert simulator.log.most_in_flight <= parallel
        ids, bookmarks = read_output(tmp_path / "output")
        check_ids(simulator, ids, bookmarks)
    assert took.mb < MAX_MB


def calls_at_the_floor(simulator, *, ranges):
    """One call a page, at least one, one at the end of the table, and one for each further range: ids have gaps."""
    tables = [table for database in simulator.store.databases() for table in database.tables.values()]
    return sum(
        max(1, math.ceil(len(table.records) / 1000)) + max(1, min(ranges, math.ceil(len(table.records) / 1000)))
        for table in tables
    )


def read_output(path):
    ids, state = defaultdict(list), b""
    with path.open("rb") as lines:
        for line in lines:
            if found := RECORD.match(line):
                ids[found[1].decode()].append(int(found[2]))
            elif line.startswith(b'{"type":"STATE"'):
                state = line
    return ids, json.loads(state)["value"]["bookmarks"]


def check_ids(simulator, ids, bookmarks):
    tables = {
        (bookmark["database_id"], bookmark["table_id"]): (stream, bookmark)
        for stream, bookmark in bookmarks.items()
        if "table_id" in bookmark
    }
    count = 0
    for database in simulator.store.databases():
        for (database_id, table_id), (stream, bookmark) in tables.items():
            if database_id == database.id:
                assert sorted(ids[stream]) == sorted(database.tables[table_id].records), stream
                assert bookmark["replication_key_value"] == database.sequence
                count += len(ids[stream])
    assert count > 445_000
