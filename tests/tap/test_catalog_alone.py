"""What tools need to know of tables and fields is in the catalog, so that they need no Ninox and no key."""

from __future__ import annotations

import pytest

from tests.helpers.run import discover, records, run_tap, run_target, schema, writes
from tests.helpers.seeds import customers, database, field, table, team

STREAM = "shop__orders"


def shop_of_links(**fields):
    links = {
        "A": field("ref", "Customer", refTypeId="A", refFieldId="Z"),
        "B": field("ref", "Stock", refTypeId="A", refFieldId="Z", dbId="x7f", dbName="Warehouse"),
        "C": field("dchoice", "Agent", dchoiceValues="select 'Customers'"),
        "D": field("dchoice", "Month", dchoiceValues="for i in range(1, 8) do i end"),
        "E": field("fn", "Total", fn="1 + 1"),
        "F": field("choice", "State", values={"1": {"caption": "open"}}),
        **fields,
    }
    return team(database({"A": customers(), "B": table("Orders", **links)}))


def told(catalog):
    (stream,) = (stream for stream in catalog["streams"] if stream["tap_stream_id"] == STREAM)
    return {item["breadcrumb"][-1]: item["metadata"].get("ninox", {}) for item in stream["metadata"][1:]}


@pytest.mark.parametrize(
    "again", [False, True], ids=["discovered", "from a catalog, without the right to read schemas"]
)
def test_choices_formulas_and_what_references_name_are_in_the_catalog(simulate, again):
    simulator = simulate(shop_of_links())
    catalog = discover(simulator)
    if again:
        simulator.switches.update({"schema_access": "forbidden"})
        catalog = run_tap(simulator, catalog=catalog).catalog
    fields = told(catalog)
    assert fields["state"]["choices"] == {"1": "open"}
    assert fields["total"]["formula"] == "1 + 1"
    assert fields["customer"]["target_table_id"] == "A"
    assert fields["agent"]["target_table_id"] == "A"
    assert "target_table_id" not in fields["month"]
    assert "target_table_id" not in fields["stock"], "table A of this database is another one"
    assert fields["stock"]["target_database"] == "Warehouse"


def test_a_reference_into_another_database_is_named_in_no_list_as_one_of_this(simulate):
    rows = {row["field_id"]: row["target_table_id"] for row in run_tap(simulate(shop_of_links())).rows("ninox_fields")}
    assert [rows[key] for key in "ABCD"] == ["A", None, "A", None]


@pytest.mark.parametrize(("name", "why"), [
    ("Stock", "'Stock' links into another database, 'Warehouse'"), ("Month", "'Month' offers what a script says")
])  # fmt: skip
def test_references_by_value_say_why_they_cannot_be_found(simulate, name, why):
    simulator = simulate(shop_of_links(G=field("string", "No")))
    messages = [
        schema("orders", key=["No"], No="string", **{name: "string"}),
        *records("orders", [{"No": "1", name: "x"}]),
    ]
    run = run_target(simulator, messages, streams={"orders": {"references": {name: "Name"}}})
    assert f"references.{name}: {why}" in str(run.error)
    assert writes(simulator) == []
