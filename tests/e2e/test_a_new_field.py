"""A9: a field `Garantie bis` was added. It appears, and its old rows are filled without reading another table."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from demo.report import SCHEMA
from devtools.meltano import MeltanoProject, plugin_settings
from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.server import Simulator
from tests.helpers.run import discover
from tests.helpers.warehouse import assert_equal_to_store, fresh_database
from tests.helpers.wire import tables_read

pytestmark = [pytest.mark.e2e, pytest.mark.prove]

VEHICLES, SUPPLIERS = "buero_baustelle__fahrzeuge_maschinen", "buero_baustelle__lieferanten"
SETTINGS = {"TAP_NINOX_DATABASES": '["Büro*"]', "TAP_NINOX_TABLES": '["Q", "J"]'}
RUN = ("run", "tap-ninox", "target-postgres")


def column(warehouse, table, name):
    with psycopg.connect(warehouse.dsn) as connection:
        return dict(connection.execute(f"SELECT _id, {name} FROM {SCHEMA}.{table}").fetchall())  # noqa: S608


def test_the_command_of_the_report_fills_the_new_column_and_reads_nothing_else(postgres, tmp_path):
    warehouse = fresh_database(postgres)
    with Simulator() as simulator:
        project = MeltanoProject.create(tmp_path, {**plugin_settings(simulator, warehouse), **SETTINGS})
        project.run(*RUN)

        database = simulator.store.database(TEAM_ID, BUERO_ID)
        database.add_field("Q", "Y9", {"base": "date", "caption": "Garantie bis"})
        ids = [record.id for record in database.records("Q")]
        for record in database.records("Q"):  # a formula or an import fills it without moving the sequence
            record.fields["Y9"] = "2027-01-31"
        database.update("Q", ids[0], {"Y9": "2028-02-29"})
        project.run(*RUN)
        filled = column(warehouse, VEHICLES, "garantie_bis")
        assert [key for key, value in filled.items() if value is not None] == [ids[0]]
        command = f"(TAP_NINOX_REFRESH='[\"{VEHICLES}\"]')"
        log = project.log.read_text(encoding="utf-8")
        assert "field 'Garantie bis' is new: its property is garantie_bis" in log
        assert command in log

        simulator.log.clear()
        refresh = {"TAP_NINOX_REFRESH": command.partition("'")[2].rstrip("')")}
        replace(project, environment={**project.environment, **refresh}).run(*RUN)
        assert tables_read(simulator) == {"Q"}
        assert set(map(str, column(warehouse, VEHICLES, "garantie_bis").values())) == {"2027-01-31", "2028-02-29"}
        catalog = discover(simulator, databases=["Büro*"], tables=["Q", "J"])
        assert_equal_to_store(warehouse, simulator.store, catalog, streams={VEHICLES, SUPPLIERS})
