"""A4: "Someone edits while it runs." 50 stock movements updated, 20 added, 10 deleted between two pages."""

from __future__ import annotations

import pytest

from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.server import Simulator
from tests.helpers.run import run_tap

STREAM = "buero_baustelle__lagerbewegungen"
TABLE = "Lagerbewegungen"
PAGE = 100


def table_id_of(database):
    return next(key for key, table in database.tables.items() if table.caption == TABLE)


def edit(database, table_id, field_id):
    ids = sorted(database.tables[table_id].records)
    for record_id in ids[5:500:10][:50]:
        database.update(table_id, record_id, {field_id: "edited meanwhile"})
    for record_id in ids[7:400:40][:10]:
        database.delete(table_id, record_id)
    for _ in range(20):
        database.create(table_id, {field_id: "added meanwhile"})


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"since_sq_bound": "inclusive", "since_id_bound": "inclusive"},
        {"records_since_sq": "ignored"},
        {"feed_record_sq": "absent", "removes": "objects"},
        {"records_since_id": "ignored"},
    ],
    ids=lambda switches: ",".join(f"{name}={value}" for name, value in switches.items()) or "as documented",
)
@pytest.mark.parametrize("parallel", [1, 4])
def test_no_row_is_lost_or_stuck_and_the_bookmark_passes_none(switches, parallel):
    with Simulator(switches=switches) as simulator:
        database = simulator.store.database(TEAM_ID, BUERO_ID)
        table_id = table_id_of(database)
        field_id = next(key for key, field in database.tables[table_id].fields.items() if field["base"] == "string")
        head, pages = database.sequence, []

        def hook(_index, _method, path):
            if path.endswith(f"/{table_id}/records"):
                pages.append(path)
                if len(pages) == 5:
                    edit(database, table_id, field_id)

        simulator.on_request.append(hook)
        settings = {"tables": [TABLE], "page_size": PAGE, "max_parallel_requests": parallel}
        first = run_tap(simulator, **settings)
        assert first.error is None
        assert first.bookmark(STREAM)["replication_key_value"] == head
        second = run_tap(simulator, state=first.state, **settings)
        rows = {}
        for run in (first, second):
            for message in run.of_type("RECORD", STREAM):
                row = rows.setdefault(message["record"]["_id"], {})
                row.update({"_sdc_deleted_at": None, **message["record"]})
        live = {number: row["_sequence"] for number, row in rows.items() if not row["_sdc_deleted_at"]}
        assert live == {record.id: record.sequence for record in database.records(table_id)}
        assert second.bookmark(STREAM)["replication_key_value"] == database.sequence == head + 80
        assert run_tap(simulator, state=second.state, **settings).of_type("RECORD", STREAM) == []
