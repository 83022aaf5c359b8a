"""Which way keys are found, counted in calls."""

from __future__ import annotations

import pytest

from tests.helpers import limits
from tests.helpers.run import customer_rows as rows
from tests.helpers.run import of_tap, records, run_target, schema, stored
from tests.helpers.seeds import database, field, shop, table, team

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")


def reads(simulator):
    return [call.query for call in simulator.log.entries if call.method == "GET" and "/tables/" in call.path]


def test_a_few_keys_of_a_large_table_are_looked_up(simulate):
    simulator = simulate(shop(9000))
    run = run_target(simulator, [CUSTOMERS, *rows(5, 7000, 10_000)], page_size_of_target=1000)
    assert run.counts("customers") == {"read": 3, "created": 1, "unchanged": 2}
    asked = reads(simulator)
    assert [query.get("filters") for query in asked] == [
        None, None, '{"A":"name 1"}', '{"A":"name 5"}', '{"A":"name 7000"}', *['{"A":"name 10000"}'] * 2,
    ]  # fmt: skip
    assert asked[1]["new"] == "true"


@pytest.mark.parametrize("at", range(6))
def test_an_empty_answer_to_a_look_up_by_mistake_makes_no_record_twice(simulate, at):
    simulator = simulate(shop(3000))
    simulator.faults.add("empty_page", path="/records$", after=at)
    run = run_target(simulator, [CUSTOMERS, *rows(2500)], page_size_of_target=500)
    assert run.counts("customers") == {"read": 1, "unchanged": 1}
    assert len(stored(simulator)) == 3000


def test_many_keys_are_found_by_reading_the_table_once(simulate):
    simulator = simulate(shop(9000))
    run = run_target(simulator, [CUSTOMERS, *rows(*range(1, 9001))])
    assert run.counts("customers") == {"read": 9000, "unchanged": 9000}
    asked = reads(simulator)
    assert not any("filters" in query for query in asked)
    assert [query["perPage"] for query in asked if "new" not in query] == ["1000", "2000", "4000", "8000"]
    assert len(asked) == 4 + 1, "pages that grow, the highest id"


@limits.small_batches(2)
def test_look_ups_are_given_up_before_they_cost_more_than_reading(simulate):
    simulator = simulate(shop(9000))
    run_target(simulator, [CUSTOMERS, *rows(*range(1, 41))], page_size_of_target=1000)
    looked_up = sum("filters" in query for query in reads(simulator))
    assert 2 <= looked_up <= 9
    assert len(reads(simulator)) <= 2 * 9 + 3


@pytest.mark.parametrize("switch", [{"filters": "ignored"}, {"filters": "names"}, {"updated_order": "ignored"}])
def test_a_server_whose_filters_or_order_cannot_be_relied_on_is_read_whole(simulate, switch):
    simulator = simulate(shop(4000), **switch)
    run = run_target(simulator, [CUSTOMERS, *rows(5, 3999, 5000)])
    assert run.counts("customers") == {"read": 3, "created": 1, "unchanged": 2}
    assert len(stored(simulator)) == 4001


def test_keys_of_records_that_are_looked_up_by_id(simulate):
    simulator = simulate(shop(5000))
    described = of_tap(schema("customers", key=["_id"], _id="integer", Amount="number"))
    run = run_target(simulator, [described, *records("customers", [{"_id": 4999, "Amount": 1}, {"_id": 6000}])])
    assert run.counts("customers") == {"read": 2, "created": 1, "updated": 1}
    assert len(reads(simulator)) == 2


def test_customers_imported_weekly(simulate):
    tables = {
        "A": table("Shop Customers", A=field("string", "Shop-ID"), B=field("string", "Name"), C=field("date", "Since"))
    }
    simulator = simulate(team(database(tables)))
    described = schema("shop_customers", key=["Shop-ID"], **{"Shop-ID": "string", "Name": "string", "Since": "string"})
    given = [{"Shop-ID": f"K-{n:05}", "Name": f"name {n}", "Since": "2026-02-01"} for n in range(6800)]
    first = run_target(simulator, [described, *records("shop_customers", given)])
    assert first.counts("shop_customers") == {"read": 6800, "created": 6800}
    simulator.log.clear()
    second = run_target(simulator, [described, *records("shop_customers", given)])
    assert second.counts("shop_customers") == {"read": 6800, "unchanged": 6800}
    assert all(call.method == "GET" for call in simulator.log.entries)
    assert len(simulator.log.entries) == 3 + 3 + 1
    for row in given[100:130]:
        row["Name"] += " edited"
    third = run_target(simulator, [described, *records("shop_customers", given)])
    assert third.counts("shop_customers") == {"read": 6800, "updated": 30, "unchanged": 6770}
