"""Every unknown of the API, at every value: the same records are stored, once, or the run says why they cannot be."""

from __future__ import annotations

import pytest

from tests.helpers.each_switch import EACH
from tests.helpers.run import records, run_target, schema, state, stored, writes
from tests.helpers.seeds import customers, database, field, table, team

REFUSED = {
    ("schema_access", "forbidden"): "without it no row can be mapped",
    ("teams_endpoint", "missing"): "set team to the workspace's id",
}
REFUSED_DELETIONS = {("schema_access", "tables_only"): "whether Ninox would delete them as well is not known"}
REFUSED_WHEN_THERE_ARE_RECORDS = {("ids_parameter", "ignored"): "ids=true"}
STATES = {"1": {"caption": "Open"}, "2": {"caption": "Done"}}

CUSTOMERS = schema(
    "customers", key=["Name"], Name="string", Amount="number", State="string", Tags="array", Notes="string",
    Since="string", Place="string", Met="string", Active="boolean", Kind="integer",
)  # fmt: skip
ORDERS = schema("orders", key=["No"], No="string", Customer="string")
STREAMS = {"customers": {"references": {"Kind": "_id"}}, "orders": {"references": {"Customer": "Name"}}}


def empty_shop():
    tables = {
        "A": customers(
            C=field("choice", "State", values=STATES),
            D=field("multi", "Tags", values=STATES),
            E=field("html", "Notes"),
            F=field("date", "Since"),
            G=field("location", "Place"),
            H=field("rev", "Orders", refTypeId="B", refFieldId="B"),
            I=field("timestamp", "Met"),
            J=field("boolean", "Active"),
            K=field("dchoice", "Kind"),
        ),
        "B": table("Orders", A=field("string", "No"), B=field("ref", "Customer", refTypeId="A", refFieldId="H")),
    }
    return team(database(tables, {"A": [], "B": []}))


def customer(number, **more):
    return {
        "Name": f"n{number}", "Amount": number, "State": "open", "Tags": ["Open", "Done"], "Notes": "<p>x</p>",
        "Since": "2024-02-29", "Place": "Here", "Met": "2024-02-29T12:30:00", "Active": True,
        "Kind": 3 if number % 2 else None, **more,
    }  # fmt: skip


def first_day():
    orders = [{"No": f"o{number}", "Customer": f"n{number % 3 + 1}"} for number in range(1, 6)]
    people = [customer(number) for number in range(1, 8)]
    return [CUSTOMERS, *records("customers", people), ORDERS, *records("orders", orders)]


def second_day():
    changed = [customer(2, Amount=20, State="2"), customer(3, Notes=None), customer(8)]
    gone = [{"Name": "n7", "_sdc_deleted_at": "2026-01-01T00:00:00Z"}]
    return [
        CUSTOMERS,
        *records("customers", [*changed, *gone]),
        ORDERS,
        *records("orders", [{"No": "o1", "Customer": "n8"}]),
    ]


def in_ninox(simulator):
    """Customers, and orders by the names of their customers, as Ninox holds them."""
    people, orders = stored(simulator, "A"), stored(simulator, "B").values()
    return comparable(people.values()), sorted((order["A"], people[order["B"]]["A"]) for order in orders)


def comparable(rows):
    return sorted(sorted((key, str(value)) for key, value in fields.items() if value) for fields in rows)


def as_stored(*people):
    return comparable(
        {
            "A": person["Name"], "B": person["Amount"], "C": "2" if person["State"] == "2" else "1", "D": ["1", "2"],
            "E": person["Notes"], "F": "2024-02-29", "G": "Here", "I": "2024-02-29T12:30:00", "J": True,
            "K": person["Kind"],
        }
        for person in people
    )  # fmt: skip


@pytest.mark.parametrize(("switch", "value"), EACH, ids=str)
def test_the_same_records_are_stored_whatever_nobody_knows(simulate, switch, value):
    simulator = simulate(empty_shop(), **{switch: value})
    run = run_target(simulator, first_day(), streams=STREAMS, hard_delete=True)
    if (switch, value) in REFUSED:
        assert REFUSED[switch, value] in str(run.error)
        assert writes(simulator) == []
        return
    assert run.error is None
    people, orders = in_ninox(simulator)
    assert people == as_stored(*[customer(number) for number in range(1, 8)])
    assert orders == [(f"o{number}", f"n{number % 3 + 1}") for number in range(1, 6)]

    simulator.log.clear()
    again = run_target(simulator, first_day(), streams=STREAMS, hard_delete=True)
    assert writes(simulator) == []
    if (switch, value) in REFUSED_WHEN_THERE_ARE_RECORDS:
        assert REFUSED_WHEN_THERE_ARE_RECORDS[switch, value] in str(again.error)
        return
    assert again.error is None

    later = run_target(
        simulator, [*second_day(), state({"currently_syncing": None})], streams=STREAMS, hard_delete=True
    )
    if (switch, value) in REFUSED_DELETIONS:
        assert REFUSED_DELETIONS[switch, value] in str(later.error)
        assert not [call for call in writes(simulator) if call.method == "DELETE"]
        return
    assert later.error is None
    people, orders = in_ninox(simulator)
    left = [customer(number) for number in (1, 4, 5, 6, 8)]
    assert people == as_stored(*left, customer(2, Amount=20, State="2"), customer(3, Notes=None))
    assert orders == [("o1", "n8"), ("o2", "n3"), ("o3", "n1"), ("o4", "n2"), ("o5", "n3")]
