"""`meltano run … target-ninox` with taps that are not ours to change: tap-ninox, and MeltanoLabs' tap-postgres."""

from __future__ import annotations

import os
import subprocess
import venv
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import yaml

from demo.meltano import REPOSITORY, MeltanoProject
from ninox_simulator.documents import TeamDocument
from ninox_simulator.samples.blattwerk import build
from ninox_simulator.server import Simulator
from tests.builders import DATABASE_ID, database, field, table, team
from tests.target_runs import stored, writes
from tests.warehouse import fresh_database

TAP_POSTGRES = "meltanolabs-tap-postgres==0.10.0"

pytestmark = pytest.mark.e2e


def target_settings(simulator, **more):
    return {
        "TARGET_NINOX_API_URL": simulator.url,
        "TARGET_NINOX_AUTH_TOKEN": simulator.token,
        "TARGET_NINOX_DATABASE": DATABASE_ID,
        **more,
    }


def test_from_ninox_into_an_empty_database_with_the_same_tables_ids_are_kept(tmp_path):
    [full], [empty] = build("s"), build("s")
    shop = replace(empty.databases[1], records={}, file_sizes={}, next_rids={}, sequence=0)
    for definition in shop.schema["types"].values():
        for script in ("afterCreate", "afterUpdate"):
            definition.pop(script, None)
            for described in definition["fields"].values():
                described.pop(script, None)
    with (
        Simulator(seed=[TeamDocument(id=full.id, name=full.name, databases=[full.databases[1]])]) as source,
        Simulator(seed=[TeamDocument(id=empty.id, name=empty.name, databases=[shop])]) as target,
    ):
        settings = {
            "TAP_NINOX_API_URL": source.url,
            "TAP_NINOX_AUTH_TOKEN": source.token,
            "TAP_NINOX__SELECT": '["*customers.*", "*country_codes.*", "!ninox_*.*"]',
            **target_settings(target, TARGET_NINOX_DATABASE=shop.id),
        }
        project = MeltanoProject.create(tmp_path, settings)
        project.run("run", "tap-ninox", "target-ninox")
        kept = compare(source, target, full.id, shop.id)
        target.log.clear()
        project.run("run", "--full-refresh", "tap-ninox", "target-ninox")
        assert writes(target) == []
    assert kept > 50


def compare(source, target, team_id, database_id):
    """Compare all records that arrived with their originals; return their number."""
    count = 0
    arrived, there = (side.store.database(team_id, database_id) for side in (target, source))
    for table_id in arrived.tables:
        hidden = there.unreadable_fields.get(table_id, ())
        originals = {record.id: record.fields for record in there.records(table_id)}
        rows = {record.id: record.fields for record in arrived.records(table_id)}
        assert not rows or rows.keys() == originals.keys()
        for record_id, fields in rows.items():
            original = originals[record_id].items()
            assert fields == {key: value for key, value in original if value != "" and key not in hidden}
            count += 1
    return count


@pytest.fixture(scope="session")
def tap_postgres():
    """The tap in an environment of its own, as Meltano would make one: its dependencies do not fit beside ours."""
    folder = REPOSITORY / ".meltano" / "test-taps" / TAP_POSTGRES
    executable = folder / "bin" / "tap-postgres"
    if not executable.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", TAP_POSTGRES], check=True, env=_for_pip())
    return executable


def _for_pip():
    return {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def shop_tables():
    customers = table(
        "Customers",
        A=field("number", "No"),
        B=field("string", "Name"),
        C=field("number", "Balance"),
        D=field("date", "Since"),
        E=field("boolean", "Active"),
        F=field("timestamp", "Seen At"),
        G=field("string", "Tags"),
    )
    orders = table(
        "Orders", A=field("string", "Order No"), B=field("ref", "Customer", refTypeId="A"), C=field("number", "Total")
    )
    return team(database({"A": customers, "B": orders}))


SQL = """
CREATE TABLE customers (no integer PRIMARY KEY, name text, balance numeric(20, 4), since date, active boolean,
                        seen_at timestamptz, tags jsonb, internal text);
CREATE TABLE orders (order_no text PRIMARY KEY, customer integer, total numeric(12, 2));
INSERT INTO customers
SELECT n, 'Käufer ' || n, n * 1.0625, DATE '2026-01-01' + n % 300, n % 2 = 0,
       TIMESTAMPTZ '2026-03-29 01:30:00+01' + n * INTERVAL '1 hour', '["a", "b"]', 'x' FROM generate_series(1, 500) n;
INSERT INTO orders SELECT 'O-' || n, 1 + n % 500, n / 4.0 FROM generate_series(1, 1500) n;
"""


def test_from_postgresql_by_a_third_party_tap(tmp_path, postgres, tap_postgres):
    warehouse = fresh_database(postgres)
    with psycopg.connect(warehouse.dsn, autocommit=True) as connection:
        connection.execute(SQL)
    with Simulator(seed=shop_tables()) as simulator:
        project = MeltanoProject.create(tmp_path, postgres_settings(warehouse, simulator))
        add_plugin(tmp_path / "meltano.yml", tap_postgres)

        project.run("run", "tap-postgres", "target-ninox")
        customers, orders = stored(simulator, "A"), stored(simulator, "B")
        assert (len(customers), len(orders)) == (500, 1500)
        assert customers[7] == {
            "A": 7, "B": "Käufer 7", "C": 7.4375, "D": "2026-01-08", "E": False,
            "F": "2026-03-29T07:30:00", "G": '["a","b"]',
        }  # fmt: skip
        numbers = {record_id: row["A"] for record_id, row in customers.items()}
        assert {row["A"]: numbers[row["B"]] for row in orders.values()} == {
            f"O-{n}": 1 + n % 500 for n in range(1, 1501)
        }

        simulator.log.clear()
        project.run("run", "tap-postgres", "target-ninox")
        assert writes(simulator) == []


def postgres_settings(warehouse, simulator):
    return {
        "TAP_POSTGRES_HOST": warehouse.host,
        "TAP_POSTGRES_PORT": str(warehouse.port),
        "TAP_POSTGRES_USER": warehouse.user,
        "TAP_POSTGRES_PASSWORD": warehouse.password,
        "TAP_POSTGRES_DATABASE": warehouse.database,
        **target_settings(
            simulator,
            TARGET_NINOX_STREAMS='{"public-orders": {"references": {"customer": {"match_on": "No"}}}}',
        ),
    }


def add_plugin(path: Path, executable):
    project = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings = [{"name": name} for name in ("host", "user", "database")]
    settings += [{"name": "port", "kind": "integer"}, {"name": "password", "sensitive": True}]
    settings += [{"name": "filter_schemas", "kind": "array", "value": ["public"]}]
    project["plugins"]["extractors"].append(
        {
            "name": "tap-postgres",
            "namespace": "tap_postgres",
            "executable": str(executable),
            "capabilities": ["catalog", "discover", "state"],
            "settings": settings,
        }
    )
    path.write_text(yaml.safe_dump(project), encoding="utf-8")
