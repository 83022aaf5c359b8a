"""Large things: a text of 10 MB, a table of 2,000 fields, a database of 500 tables."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import run_tap
from tests.helpers.seeds import customer_records, customers, database, field, table, team
from tests.helpers.wire import changes_calls

pytestmark = pytest.mark.e2e


def field_id(number):
    return chr(ord("A") + number // 676) + chr(ord("A") + number // 26 % 26) + chr(ord("A") + number % 26)


def test_a_text_of_ten_megabytes_arrives_whole(simulate):
    text = "Grüße 🌱 " * (10 * 1024 * 1024 // 14)
    records = [RecordDocument(1, {"A": text, "B": 1}, 1), *customer_records(3, first=2)]
    run = run_tap(simulate(team(database({"A": customers()}, {"A": records}))))
    assert run.error is None
    assert [row["name"] for row in run.rows("shop__customers")] == [text, "name 2", "name 3", "name 4"]


def test_two_thousand_fields_arrive_each_under_its_own_name(simulate):
    fields = {field_id(number): field("string", f"Field {number}") for number in range(2000)}
    records = [RecordDocument(n, {key: f"{key}{n}" for key in fields}, n) for n in range(1, 21)]
    run = run_tap(simulate(team(database({"A": table("Wide", **fields)}, {"A": records}))), page_size=7)
    assert run.error is None
    rows = run.rows("shop__wide")
    assert len(rows) == 20
    assert all(row[f"field_{n}"] == f"{field_id(n)}{row['_id']}" for row in rows for n in range(2000))


@pytest.mark.parametrize("parallel", [8, pytest.param(1, marks=pytest.mark.prove)])
def test_five_hundred_tables_cost_a_call_each_at_first_and_none_later(simulate, parallel):
    names = [field_id(number) for number in range(500)]
    tables = {name: table(f"Table {name}", A=field("string", "Name")) for name in names}
    simulator = simulate(team(database(tables, {name: customer_records(2) for name in names})))
    first = run_tap(simulator, max_parallel_requests=parallel)
    assert first.error is None
    assert all(first.ids(f"shop__table_{name.lower()}") == [1, 2] for name in names)
    assert len(simulator.log.entries) == 500 + 4
    assert len(first.states) < 250  # the last ones hold five hundred bookmarks
    assert len(first.state["bookmarks"]) > 500
    simulator.log.clear()
    simulator.edit.update(names[77], 2, {"A": "x"})
    later = run_tap(simulator, state=first.state, max_parallel_requests=parallel)
    assert len(later.states) < 5
    assert {mark["replication_key_value"] for mark in later.state["bookmarks"].values() if "table_id" in mark} == {3}
    assert later.ids(f"shop__table_{names[77].lower()}") == [2]
    assert len(changes_calls(simulator)) == 1
    assert len(simulator.log.entries) == 5
