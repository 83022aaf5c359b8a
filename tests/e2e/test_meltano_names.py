"""People rename and retype tables and fields, and select rules name what there was: `meltano run` into PostgreSQL."""

from __future__ import annotations

import json
from decimal import Decimal

import psycopg
import pytest

from devtools.meltano import MeltanoProject, plugin_settings
from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.samples.blattwerk.week import play
from ninox_simulator.server import Simulator
from tests.helpers.loaders import DuckdbLoader, PostgresLoader
from tests.helpers.run import run_tap
from tests.helpers.seeds import DATABASE_ID, customer_records, customers, database, field, shop, team
from tests.helpers.warehouse import fresh_database

pytestmark = pytest.mark.e2e

CUSTOMERS, PROJECTS, ATTENDANCES = (f"buero_baustelle__{name}" for name in ("kunden", "projekte", "termin_teilnehmer"))
RUN = ("run", "tap-ninox", "target-postgres")


@pytest.mark.prove  # half a minute: tests/tap/test_names_belong_to_ids.py has it in this process
def test_the_sample_company_on_its_third_day(postgres, tmp_path):
    """A table and fields are renamed, one is added, and a multiple choice becomes a text: nothing stops, or moves."""
    warehouse = fresh_database(postgres)
    with Simulator(profile="s") as simulator, psycopg.connect(warehouse.dsn, autocommit=True) as connection:
        database = simulator.store.database(TEAM_ID, BUERO_ID)
        settings = {
            "TAP_NINOX_DATABASES": json.dumps([BUERO_ID]),
            "TAP_NINOX_TABLES": json.dumps(["A", "D", "O"]),
            "TAP_NINOX__SELECT": json.dumps([f"{name}.*" for name in (CUSTOMERS, PROJECTS, ATTENDANCES)]),
        }
        project = MeltanoProject.create(tmp_path, {**plugin_settings(simulator, warehouse), **settings})
        project.run(*RUN)
        connection.execute("SET search_path TO tap_ninox")
        before = dict(connection.execute(f"SELECT _id, to_jsonb(tags) FROM {PROJECTS}"))  # noqa: S608
        tables = {
            name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'tap_ninox'")
        }

        play(simulator.store, 3)
        database.update("O", next(iter(database.tables["O"].ids())), {})
        project.run(*RUN)
        project.environment["TAP_NINOX_REFRESH"] = json.dumps([PROJECTS])
        project.run(*RUN)

        rows = connection.execute(f"SELECT _id, to_jsonb(tags), tags_string FROM {PROJECTS}")  # noqa: S608
        after = {number: (old, new) for number, old, new in rows}
        assert {number: old for number, (old, _) in after.items()} == before, "the old column keeps its values"
        fields = {raw["caption"]: key for key, raw in database.tables["D"].fields.items()}
        for record in database.records("D"):
            assert (after[record.id][1] is None) == (fields["Tags"] not in record.fields), record.id
        names = {
            name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'tap_ninox'")
        }
        assert names == tables, "a renamed table goes on under its name"
    log = project.log.read_text(encoding="utf-8")
    told = [line for line in log.splitlines() if "'Teilnahmen'; the stream keeps its name" in line]
    assert len(told) == 1, "in one run of three"
    assert f"{BUERO_ID}.O" in told[0], "the alias"


@pytest.mark.parametrize("loader", [PostgresLoader, DuckdbLoader])
def test_a_retyped_field_is_whole_after_its_refresh(loader, postgres, tmp_path, simulate):
    if loader is DuckdbLoader and not DuckdbLoader.is_installed():
        pytest.skip("target-duckdb 0.8.0 needs duckdb below 1.3")
    simulator = simulate(shop(5))
    warehouse = loader(tmp_path) if loader is DuckdbLoader else loader(postgres, tmp_path)
    first = run_tap(simulator)
    warehouse.load(first.text)
    simulator.edit.retype_field("A", "B", "string")
    simulator.edit.update("A", 2, {"B": "two"})
    second = run_tap(simulator, state=first.state)
    warehouse.load(second.text)
    third = run_tap(simulator, state=second.state, refresh=["shop__customers"])
    warehouse.load(third.text)
    rows = warehouse.rows("shop__customers")
    assert {number: int(row["amount"]) for number, row in rows.items()} == {n: n * 10 for n in range(1, 6)}
    assert {number: row["amount_string"] for number, row in rows.items()} == {
        n: "two" if n == 2 else str(n * 10) for n in range(1, 6)
    }


@pytest.mark.parametrize("loader", [PostgresLoader, DuckdbLoader])
def test_a_formula_read_as_other_types_is_whole_after_each_refresh(loader, postgres, tmp_path, simulate):
    if loader is DuckdbLoader and not DuckdbLoader.is_installed():
        pytest.skip("target-duckdb 0.8.0 needs duckdb below 1.3")
    tables = {"A": customers(D=field("fn", "Total", fn="B * 2"))}
    simulator = simulate(team(database(tables, {"A": customer_records(5)})))
    warehouse = (
        DuckdbLoader(tmp_path, add_metadata_columns=True) if loader is DuckdbLoader else loader(postgres, tmp_path)
    )
    state, expected = None, {}
    for kind, name, value, runs in (
        ("number", "total", lambda n: n * 20, [load_changes]),
        ("string", "total_string", lambda n: str(n * 20), [load_changes, load_formulas]),
        ("timeinterval", "total", lambda n: n * 20 / 1000, [load_in_full]),
    ):
        simulator.edit.update("A", 2, {"A": f"name 2 {kind}"})
        if kind == "string":
            simulator.edit.delete("A", 5)
        for load in runs:
            run = load(simulator, state, formulas={"*.total": kind})
            assert run.error is None
            warehouse.load(run.text)
            state = run.state
        expected[name] = value
        rows = warehouse.rows("shop__customers")
        for column, value_of in expected.items():
            wanted = {n: value_of(n) for n in range(1, 5)}
            assert {n: as_sent(rows[n][column]) for n in wanted} == wanted, (kind, column)
        third = "changed" if load is load_in_full else "name 3"
        names = {1: "name 1", 2: f"name 2 {kind}", 3: third, 4: "name 4", 5: "name 5"}
        assert {n: (row["name"], int(row["amount"])) for n, row in rows.items()} == {
            n: (names[n], n * 10) for n in names
        }
        assert [n for n, row in rows.items() if row["_sdc_deleted_at"]] == ([] if kind == "number" else [5])


def load_changes(simulator, state, **settings):
    return run_tap(simulator, state=state, full_refresh_interval_hours=1000, **settings)


def load_in_full(simulator, state, **settings):
    return run_tap(simulator, state=state, refresh=["shop__customers"], **settings)


def load_formulas(simulator, state, **settings):
    """Let the formulas be a day old, so that they come alone, and a row change before they are asked for."""
    simulator.between(lambda edit, _, path: path.endswith("/query") and edit.update("A", 3, {"A": "changed"}), times=9)
    state["bookmarks"]["shop__customers"]["full_refresh_at"] = "2020-01-01T00:00:00Z"
    run = run_tap(simulator, state=state, **settings)
    assert [m["record"].keys() for m in run.of_type("RECORD", "shop__customers")] == [{"_id", "total_string"}] * 4
    return run


def as_sent(value):
    return float(value) if isinstance(value, Decimal) else value


def test_a_field_retyped_behind_a_first_load_that_was_killed_stops_loudly_and_an_alias_helps(
    postgres, tmp_path, simulate
):
    """The loader has seen the first SCHEMA and no state went out: nobody else knows that there is a column."""
    simulator = simulate(shop(3))
    warehouse = PostgresLoader(postgres, tmp_path)
    lines = run_tap(simulator).text.splitlines(keepends=True)
    warehouse.load("".join(line for line in lines if '"SCHEMA"' in line and "shop__customers" in line))
    simulator.edit.retype_field("A", "B", "string")
    simulator.edit.update("A", 1, {"B": "one"})
    with pytest.raises(AssertionError, match=r"Could not convert column 'tap_ninox.shop__customers.amount'"):
        warehouse.load(run_tap(simulator).text)
    run = run_tap(simulator, aliases={f"{DATABASE_ID}.A.B": "amount_string"})
    warehouse.load(run.text)
    rows = warehouse.rows("shop__customers")
    assert {n: row["amount_string"] for n, row in rows.items()} == {1: "one", 2: "20", 3: "30"}
