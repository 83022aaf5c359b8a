"""`meltano run … target-ninox` with tap-ninox, and with taps that are not ours to change.

Plugins and their versions are those of `meltano.yml`, settings those of the pages under docs/how-to.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

import psycopg
import pytest
import yaml

from devtools.meltano import REPOSITORY, MeltanoProject
from ninox_simulator.samples.blattwerk import build
from ninox_simulator.seeds import TeamDocument
from ninox_simulator.server import Simulator
from tests.docs.blocks import blocks
from tests.helpers.foreign_taps import install
from tests.helpers.run import stored, writes
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, database, field, table, team
from tests.helpers.warehouse import fresh_database

PAGE = REPOSITORY / "docs" / "how-to" / "from-a-spreadsheet.md"
WRITING = REPOSITORY / "docs" / "how-to" / "write-into-ninox.md"

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
    return team(database({"A": customers, "B": orders_table()}))


def orders_table():
    return table(
        "Orders", A=field("string", "Order No"), B=field("ref", "Customer", refTypeId="A"), C=field("number", "Total")
    )


SQL = """
CREATE TABLE customers (no integer PRIMARY KEY, name text, balance numeric(20, 4), since date, active boolean,
                        seen_at timestamptz, tags jsonb, internal text);
CREATE TABLE orders (order_no text PRIMARY KEY, customer integer, total numeric(12, 2));
INSERT INTO customers
SELECT n, 'Käufer ' || n, n * 1.0625, DATE '2026-01-01' + n % 300, n % 2 = 0,
       TIMESTAMPTZ '2026-03-29 01:30:00+01' + n * INTERVAL '1 hour', '["a", "b"]', 'x' FROM generate_series(1, 500) n;
INSERT INTO orders SELECT 'O-' || n, 1 + n % 500, n / 4.0 FROM generate_series(1, 1500) n;
"""


def test_from_postgresql_by_a_third_party_tap_first_as_a_dry_run(tmp_path, postgres):
    """Under Meltano the output of a target is its state, and everything it says a log that others read."""
    warehouse = fresh_database(postgres)
    with psycopg.connect(warehouse.dsn, autocommit=True) as connection:
        connection.execute(SQL)
    with Simulator(seed=shop_tables()) as simulator:
        simulator.store.database(TEAM_ID, DATABASE_ID).create("A", {"A": 7, "B": "Vorher"})
        report = tmp_path / "report.json"
        settings = {**postgres_settings(warehouse, simulator), "TARGET_NINOX_REPORT_PATH": str(report)}
        project = MeltanoProject.create(tmp_path, {**settings, "TARGET_NINOX_DRY_RUN": "true"})
        install(project, "tap-postgres")
        project.run("run", "tap-postgres", "target-ninox")
        assert (writes(simulator), len(stored(simulator, "A"))) == ([], 1)
        log = project.log.read_text(encoding="utf-8")
        assert "Dry run: nothing was written. A run with the same input would do this:" in log
        assert re.search(r"public-customers +Customers +499 +1 +0 +0 +0 +0 +500\b", log)
        assert "so that it shows no values: report_path has them" in log
        assert "update record 1: Name, Balance" in log
        assert "Käufer" not in log
        assert "Vorher" not in log
        samples = json.loads(report.read_text(encoding="utf-8"))["streams"]["public-customers"]["samples"]
        assert "Käufer 1" in json.dumps(samples, ensure_ascii=False)

        earnest = MeltanoProject(tmp_path, settings)  # no state went out: all rows come again
        earnest.run("run", "tap-postgres", "target-ninox")
        customers, orders = stored(simulator, "A"), stored(simulator, "B")
        assert (len(customers), len(orders)) == (500, 1500)
        assert customers[1] == {
            "A": 7, "B": "Käufer 7", "C": 7.4375, "D": "2026-01-08", "E": False,
            "F": "2026-03-29T07:30:00", "G": '["a","b"]',
        }  # fmt: skip
        numbers = {record_id: row["A"] for record_id, row in customers.items()}
        assert {row["A"]: numbers[row["B"]] for row in orders.values()} == {
            f"O-{n}": 1 + n % 500 for n in range(1, 1501)
        }

        simulator.log.clear()
        earnest.run("run", "tap-postgres", "target-ninox")
        assert writes(simulator) == []


SURROGATES = """
CREATE TABLE customers (id integer GENERATED ALWAYS AS IDENTITY (START 40) PRIMARY KEY, customer_no text, name text);
CREATE TABLE orders (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_no text,
                     customer_id integer REFERENCES customers, total numeric(12, 2));
INSERT INTO customers (customer_no, name) VALUES ('K-1', 'Arend'), ('K-2', 'Berg');
INSERT INTO orders (order_no, customer_id, total) VALUES ('O-1', 41, 10), ('O-2', 40, 20), ('O-3', NULL, 30);
"""


@pytest.mark.parametrize("orders", ["public-orders", "public-ninox_orders"])
def test_foreign_keys_that_ninox_does_not_know_lead_to_the_right_records_as_the_page_says(tmp_path, postgres, orders):
    shown = blocks(WRITING)
    [view] = [block.text for block in shown if "CREATE VIEW" in block.text]
    [settings] = [block.text for block in shown if f"  {orders}:\n" in block.text and "customer_no" in block.text]
    customers = table(
        "Customers", A=field("string", "Customer No"), B=field("string", "Name"), C=field("number", "ERP id")
    )
    warehouse = fresh_database(postgres)
    with psycopg.connect(warehouse.dsn, autocommit=True) as connection:
        connection.execute(SURROGATES + view)
    with Simulator(seed=team(database({"A": customers, "B": orders_table()}))) as simulator:
        simulator.store.database(TEAM_ID, DATABASE_ID).create("A", {"A": "K-2", "B": "Vorher"})
        environment = {
            **postgres_settings(warehouse, simulator),
            "TARGET_NINOX_STREAMS": json.dumps(yaml.safe_load(settings)["streams"]),
            "TAP_POSTGRES__SELECT": json.dumps(["public-customers.*", f"{orders}.*"]),
        }
        project = MeltanoProject.create(tmp_path, environment)
        install(project, "tap-postgres")
        project.run("run", "tap-postgres", "target-ninox")
        numbers = {record_id: row["A"] for record_id, row in stored(simulator, "A").items()}
        assert sorted(numbers.values()) == ["K-1", "K-2"]
        assert {row["A"]: numbers.get(row.get("B")) for row in stored(simulator, "B").values()} == {
            "O-1": "K-2", "O-2": "K-1", "O-3": None,
        }  # fmt: skip


def postgres_settings(warehouse, simulator):
    return {
        "TAP_POSTGRES_HOST": warehouse.host,
        "TAP_POSTGRES_PORT": str(warehouse.port),
        "TAP_POSTGRES_USER": warehouse.user,
        "TAP_POSTGRES_PASSWORD": warehouse.password,
        "TAP_POSTGRES_DATABASE": warehouse.database,
        **target_settings(
            simulator,
            TARGET_NINOX_STREAMS='{"public-orders": {"references": {"customer": "No"}}}',
        ),
    }


def configure(project, settings):
    """Add a page's settings to those of the project's plugins."""
    path = project.folder / "meltano.yml"
    definitions = yaml.safe_load(path.read_text(encoding="utf-8"))
    for kind, plugins in settings["plugins"].items():
        known = {plugin["name"]: plugin for plugin in definitions["plugins"][kind]}
        for plugin in plugins:
            known[plugin["name"]].setdefault("config", {}).update(plugin["config"])
    path.write_text(yaml.safe_dump(definitions), encoding="utf-8")


SPREADSHEET = """Kundennr;Name;PLZ;Saldo;Seit
K-1;"Müller; Söhne";01067;1.234,56;31.12.2025
K-2;Grün GmbH;10115;-5,5;01.02.2026
K-3;Neu;;;
"""


def test_from_a_german_spreadsheet_as_the_page_says(tmp_path):
    kunden = table(
        "Kunden",
        A=field("string", "Kundennr"), B=field("string", "Name"), C=field("string", "PLZ"),
        D=field("number", "Saldo"), E=field("date", "Seit"),
    )  # fmt: skip
    with Simulator(seed=team(database({"A": kunden}))) as simulator:
        project = MeltanoProject.create(tmp_path, target_settings(simulator))
        configure(project, next(yaml.safe_load(block.text) for block in blocks(PAGE) if "plugins:" in block.text))
        (tmp_path / "kunden.csv").write_text(SPREADSHEET, encoding="cp1252")
        project.run("run", "tap-tabular", "target-ninox")
        assert list(stored(simulator).values()) == [
            {"A": "K-1", "B": "Müller; Söhne", "C": "01067", "D": 1234.56, "E": "2025-12-31"},
            {"A": "K-2", "B": "Grün GmbH", "C": "10115", "D": -5.5, "E": "2026-02-01"},
            {"A": "K-3", "B": "Neu"},
        ]
        simulator.log.clear()
        (tmp_path / "kunden.csv").write_text(SPREADSHEET.replace("-5,5", "7"), encoding="cp1252")
        project.run("run", "tap-tabular", "target-ninox")
        assert len(writes(simulator)) == 1
        assert {record_id: row.get("D") for record_id, row in stored(simulator).items()} == {1: 1234.56, 2: 7, 3: None}
