"""The main job on real input: Ninox to PostgreSQL by Meltano, first whole, then by changes."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from demo.report import database_clock
from devtools.meltano import MeltanoProject, plugin_settings
from ninox_simulator.samples.blattwerk.week import play
from ninox_simulator.server import Simulator
from tests.helpers.run import discover
from tests.helpers.warehouse import assert_equal_to_store, fresh_database, ids_of
from tests.helpers.wire import calls

pytestmark = pytest.mark.e2e

RUN = ("run", "tap-ninox", "target-postgres")


def table_calls(simulator):
    """Count the list requests per table."""
    return Counter(
        call.path.split("/tables/")[1].split("/")[0] + call.path.split("/")[5]
        for call in calls(simulator)
        if call.path.endswith("/records")
    )


@pytest.mark.parametrize("profile", ["s", pytest.param("m", marks=pytest.mark.prove)])
def test_first_load_next_day_and_idle_run_equal_the_source(profile, postgres, tmp_path):
    """The day is left to the small company: comparing 448,408 rows once more takes minutes and shows nothing else."""
    warehouse = fresh_database(postgres)
    with Simulator(profile=profile) as simulator:
        catalog = discover(simulator)
        project = MeltanoProject.create(tmp_path, plugin_settings(simulator, warehouse))
        simulator.log.clear()

        project.run(*RUN)
        rows = assert_equal_to_store(warehouse, simulator.store, catalog)
        assert rows == (448_408 if profile == "m" else rows)
        assert rows > 4_000
        _check_calls_of_first_load(simulator)

        if profile == "s":
            since = database_clock(warehouse.dsn)
            book = play(simulator.store, 2)
            project.run(*RUN)
            assert_equal_to_store(warehouse, simulator.store, catalog)
            _check_changes(warehouse, book, catalog, since)

        since = database_clock(warehouse.dsn)
        simulator.log.clear()
        project.run(*RUN)
        assert Counter(call.path.split("/")[-1] for call in calls(simulator))["changes"] == 2
        assert table_calls(simulator).keys() <= {"YBbueroq7k2m4x"}, "the salaries, which the key may not read"
        for name in _stream_names(catalog).values():
            assert ids_of(warehouse, name, where=f"_sdc_batched_at >= '{since}'") == set()


def _stream_names(catalog):
    names = {}
    for stream in catalog["streams"]:
        ninox = next(item["metadata"].get("ninox") for item in stream["metadata"] if not item["breadcrumb"])
        if ninox and ninox["table_id"] != "YB":
            names[ninox["database_id"], ninox["table_id"]] = stream["tap_stream_id"]
    return names


def _check_calls_of_first_load(simulator):
    for database in simulator.store.teams["bW7gTq2GmbHx9LrK4"].databases.values():
        for table in database.tables.values():
            assert table_calls(simulator)[table.id + database.id] <= math.ceil(len(table.records) / 1000) + 3


def _check_changes(warehouse, book, catalog, since):
    for key, name in _stream_names(catalog).items():
        arrived = ids_of(warehouse, name, where=f"_sdc_batched_at >= '{since}' AND _sdc_deleted_at IS NULL")
        assert arrived == book.edited.get(key, set()) | book.added.get(key, set()), name
        deleted = ids_of(warehouse, name, where="_sdc_deleted_at IS NOT NULL")
        assert deleted == book.deleted.get(key, set()) | book.passing.get(key, set()), name
