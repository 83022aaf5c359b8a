"""What changed in Ninox since the catalog was saved is said in a line each, and breaks nothing."""

from __future__ import annotations

import pytest

from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import field, shop

STREAM = "shop__customers"


@pytest.fixture
def drifted(simulate):
    """Return a function that changes the database behind a saved catalog and runs the tap with it."""

    def run(change):
        simulator = simulate(shop(2))
        catalog = discover(simulator)
        change(simulator.edit)
        return run_tap(simulator, catalog=catalog)

    return run


CHANGES = {
    "nothing": (lambda _: None, None),
    "table renamed": (
        lambda edit: edit.rename_table("A", "Clients"),
        "shop__customers: table 'Customers' is now called 'Clients'; the stream keeps its name.",
    ),
    "field renamed": (
        lambda edit: edit.rename_field("A", "B", "Price"),
        "shop__customers: field 'Amount' is now called 'Price'; the property stays amount.",
    ),
    "field added": (
        lambda edit: edit.add_field("A", "C", field("string", "Colour")),
        "shop__customers: field 'Colour' is new: discover again to read it,",
    ),
    "field removed": (
        lambda edit: edit.remove_field("A", "B"),
        "shop__customers: field 'Amount' is gone; amount stays empty.",
    ),
    "field retyped": (
        lambda edit: edit.retype_field("A", "B", "string"),
        "shop__customers: field 'Amount' changed from number to string;",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_difference_is_one_line_and_every_row_still_arrives(drifted, caplog, change):
    apply, line = CHANGES[change]
    run = drifted(apply)
    assert run.error is None
    assert run.ids(STREAM) == [1, 2]
    told = [
        record.message
        for record in caplog.records
        if record.message.startswith((f"{STREAM}: table", f"{STREAM}: field"))
    ]
    assert len(told) == (line is not None)
    assert line is None or told[0].startswith(line)


def test_a_retyped_field_gets_a_property_of_its_new_type_though_the_catalog_is_old(drifted):
    def to_text(edit):
        edit.retype_field("A", "B", "string")
        edit.update("A", 1, {"B": "much"})

    run = drifted(to_text)
    assert run.rows(STREAM)[0]["amount_string"] == "much"
    assert "amount" not in run.rows(STREAM)[0]


def test_a_table_made_later_is_named_and_not_read(simulate, caplog):
    simulator = simulate(shop(1))
    catalog = discover(simulator)
    simulator.edit.schema["types"]["B"] = {"caption": "Orders", "fields": {}}
    run = run_tap(simulator, catalog=catalog)
    assert "Table 'Orders' of 'Shop' is new: discover again to read it." in caplog.text
    assert not any("orders" in message.get("stream", "") for message in run.messages)
