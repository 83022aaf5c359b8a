"""The warehouse that an older version has filled: the new version loads into it, and no column is retyped."""

from __future__ import annotations

from fnmatch import fnmatchcase

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.helpers.loaders import SCHEMA, PostgresLoader
from tests.helpers.run import run_tap
from tests.helpers.warehouse import assert_equal_to_store
from tests.upgrade.make import dumped
from tests.upgrade.stage import VERSIONS, first_day, kept, ninox, second_day
from tests.upgrade.test_upgrade import advice, differences, unlisted


def restore(dsn, tables):
    """Make the tables of a dump, with their rows."""
    with psycopg.connect(dsn) as connection:
        connection.execute(f'CREATE SCHEMA "{SCHEMA}"')
        for name, table in tables.items():
            relation = f'"{SCHEMA}"."{name}"'
            columns = [f'"{column}" {kind}' for column, kind in table["columns"].items()]
            key = ", ".join(f'"{column}"' for column in table["key"])
            connection.execute(f"CREATE TABLE {relation} ({', '.join([*columns, f'PRIMARY KEY ({key})'])})")
            filled = f"INSERT INTO {relation} SELECT * FROM jsonb_populate_recordset(NULL::{relation}, %s)"  # noqa: S608
            connection.execute(filled, [Jsonb(table["rows"])])


def live(table):
    return {row["_id"]: row for row in table["rows"] if row["_sdc_deleted_at"] is None}


@pytest.mark.e2e
@pytest.mark.parametrize("version", VERSIONS)
def test_the_new_version_goes_on_in_the_warehouse_of_the_old(version, postgres, tmp_path):
    left = kept(version, "postgres.json")
    loader = PostgresLoader(postgres, tmp_path)
    restore(loader.dsn, left["tables"])
    with ninox(version, {}) as simulator:
        first_day(simulator.edit)
        second_day(simulator.edit)
        run = run_tap(simulator, state=left["state"], catalog=left["catalog"])
        assert run.error is None
        loader.load(run.text)
        unlisted_streams = {"shop__customers", "shop__orders"} - {
            stream for stream in left["tables"] if any(fnmatchcase(stream, name) for name in differences("table"))
        }
        compared = assert_equal_to_store(loader, simulator.store, left["catalog"], streams=unlisted_streams)
    with psycopg.connect(loader.dsn) as connection:
        now = dumped(connection)
    _assert_kept(version, left["tables"], now)
    assert compared or not unlisted_streams
    before, after = left["tables"]["shop__auftraege"], now["shop__auftraege"]
    assert set(live(after)) == {1, 3, 4}
    assert live(after)[1]["nr"] == "R-1 changed"
    untouched = {name: value for name, value in live(before)[3].items() if not name.startswith("_sdc_")}
    assert untouched.items() <= live(after)[3].items(), "the row that nobody changed is another one"


def _assert_kept(version, before, now):
    differ = {}
    for name, table in before.items():
        types = now.get(name, {}).get("columns", {})
        for column, kind in table["columns"].items():
            if types.get(column) != kind:
                differ[f"{name}.{column}"] = f"was {kind}, is {types.get(column, 'gone')}"
    names = unlisted("column", differ)
    told = "\n".join(f"{version}, PostgreSQL: column {name} {differ[name]}" for name in names)
    assert not names, advice("column", names, told)
