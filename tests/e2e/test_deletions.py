"""Deletions in real warehouses: a deleted row keeps its values, and no other row is touched."""

from __future__ import annotations

import pytest

from tests.helpers.loaders import DuckdbLoader, PostgresLoader
from tests.helpers.run import run_tap
from tests.helpers.seeds import customer_records, customers, database, field, table, team

pytestmark = pytest.mark.e2e

CUSTOMERS, ORDERS = "shop__customers", "shop__orders"
DELETED_AT = "_sdc_deleted_at"
WITHOUT_METADATA = {"add_record_metadata": False, "activate_version": False}

needs_duckdb = pytest.mark.skipif(
    not DuckdbLoader.is_installed(), reason="target-duckdb 0.8.0 needs duckdb 1.2, which this Python cannot install"
)


def shop_with_orders():
    tables = {
        "A": customers(),
        "B": table("Orders", A=field("string", "No"), B=field("ref", "Customer", refTypeId="A", cascade=True)),
    }
    orders = [
        customer_records(1)[0]._replace(id=n, fields={"A": f"order {n}", "B": 6 + n % 2}, sequence=20 + n)
        for n in (1, 2, 3)
    ]
    return team(database(tables, {"A": customer_records(12), "B": orders}))


def a_day(edit):
    edit.update("A", 1, {"A": "changed"})
    edit.delete("A", 3)
    edit.update("A", 4, {"A": "changed before it went"})
    edit.delete("A", 4)
    edit.delete("A", 5)
    edit.create("A", {"A": "back at once"}, id=5)
    edit.delete("A", 6)  # its order 2 goes, too
    edit.create("A", {"A": "came and went"}, id=13)
    edit.delete("A", 13)


def the_next_day(edit):
    edit.create("A", {"A": "back"}, id=3)


LOADERS = {
    "postgres": (PostgresLoader, {}),
    "postgres, hard_delete": (PostgresLoader, {"hard_delete": True}),
    "postgres, no metadata": (PostgresLoader, WITHOUT_METADATA),
    "duckdb": (DuckdbLoader, {"add_metadata_columns": True}),
    "duckdb, hard_delete": (DuckdbLoader, {"hard_delete": True}),
    "duckdb, no metadata": (DuckdbLoader, {}),
}
DELETES_FOR_GOOD = {"duckdb, hard_delete"}
HIDES_DELETIONS = {"postgres, no metadata"}


@pytest.fixture(params=[pytest.param(name, marks=needs_duckdb if "duckdb" in name else ()) for name in LOADERS])
def loader(request, tmp_path):
    kind, settings = LOADERS[request.param]
    arguments = [request.getfixturevalue("postgres")] if kind is PostgresLoader else []
    made = kind(*arguments, tmp_path, **settings)
    made.name = request.param
    return made


def test_a_deleted_row_keeps_its_values_and_no_other_is_touched(simulate, loader):
    simulator = simulate(shop_with_orders())
    first = run_tap(simulator)
    loader.load(first.text)
    before = loader.rows(CUSTOMERS)
    a_day(simulator.edit)
    second = run_tap(simulator, state=first.state)
    loader.load(second.text)
    rows = loader.rows(CUSTOMERS)
    assert (rows[1]["name"], rows[5]["name"]) == ("changed", "back at once")
    for untouched in (2, *range(7, 13)):
        assert rows[untouched] == {**before[untouched], **{name: None for name in rows[2] if name not in before[2]}}
    _check_deleted(loader.name, rows, before, {3, 4, 6, 13})
    assert _marked(loader.name, loader.rows(ORDERS)) == (set() if loader.name in HIDES_DELETIONS else {2})
    the_next_day(simulator.edit)
    loader.load(run_tap(simulator, state=second.state).text)
    again = loader.rows(CUSTOMERS)[3]
    assert again["name"] == "back"
    assert again.get(DELETED_AT) is None


def _check_deleted(name, rows, before, deleted):
    if name in DELETES_FOR_GOOD:
        assert deleted.isdisjoint(rows)
        return
    for number in deleted & before.keys():
        for column in ("name", "amount", "_created_at", "_modified_at"):
            assert rows[number][column] == before[number][column], (number, column)
    if name not in HIDES_DELETIONS:
        assert _marked(name, rows) == deleted


def _marked(name, rows):
    if name in DELETES_FOR_GOOD:
        return {1, 2, 3} - rows.keys()
    return {number for number, row in rows.items() if row.get(DELETED_AT)}


@needs_duckdb
def test_a_full_schema_empties_the_deleted_row_as_it_says(simulate, tmp_path):
    simulator = simulate(shop_with_orders())
    loader = DuckdbLoader(tmp_path)
    first = run_tap(simulator, deletes="full")
    loader.load(first.text)
    simulator.edit.delete("A", 3)
    second = run_tap(simulator, state=first.state, deletes="full")
    loader.load(second.text)
    row = loader.rows(CUSTOMERS)[3]
    assert row["name"] is None
    assert row[DELETED_AT]
    simulator.edit.create("A", {"A": "back"}, id=3)
    loader.load(run_tap(simulator, state=second.state, deletes="full").text)
    assert (loader.rows(CUSTOMERS)[3]["name"], loader.rows(CUSTOMERS)[3][DELETED_AT]) == ("back", None)


def test_deletions_reach_an_aliased_stream_and_its_values_stay(simulate, postgres, tmp_path):
    simulator = simulate(shop_with_orders())
    loader = PostgresLoader(postgres, tmp_path)
    maps = {CUSTOMERS: {"__alias__": "people", "name": "name.upper()", "__filter__": "_id < 5"}}
    first = run_tap(simulator, stream_maps=maps)
    loader.load(first.text)
    simulator.edit.delete("A", 3)
    loader.load(run_tap(simulator, state=first.state, stream_maps=maps).text)
    rows = loader.rows("people")
    assert {number: (row["name"], bool(row[DELETED_AT])) for number, row in rows.items()} == {
        1: ("NAME 1", False), 2: ("NAME 2", False), 3: ("NAME 3", True), 4: ("NAME 4", False)
    }  # fmt: skip
