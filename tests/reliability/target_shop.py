"""The shop that the target loads into when something goes wrong: its tables, what is in them, and rows to come."""

from __future__ import annotations

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import of_tap, schema
from tests.helpers.seeds import database, table, team
from tests.helpers.seeds import field as ninox_field
from tests.reliability import canaries

LAST_BEFORE = 12
"""Id of the last customer that is there before anything is loaded."""

TABLES = {
    "A": {
        **table(
            "Customers",
            A=ninox_field("string", "Name"),
            B=ninox_field("number", "Amount"),
            C=ninox_field("rev", "Orders", refTypeId="B", refFieldId="B"),
            D=ninox_field("ref", "Parent", refTypeId="A", refFieldId="E"),
            E=ninox_field("rev", "Children", refTypeId="A", refFieldId="D"),
            F=ninox_field("file", "Photo"),
            G=ninox_field("string", "Notes"),
            H=ninox_field("string", "State"),
            I=ninox_field("file", "Scan"),
        ),
        "afterCreate": "let x := 1",
    },
    "B": {
        **table(
            "Orders",
            A=ninox_field("string", "No"),
            B=ninox_field("ref", "Customer", refTypeId="A", refFieldId="C"),
        ),
        "afterCreate": "let x := 1",
    },
}

CUSTOMERS = schema("customers", ["Name"], Name="string", Amount="number")
BY_ID = of_tap(schema("customers", ["_id"], _id="integer", Name="string", _sdc_deleted_at="string"))
ORDERS = schema("orders", ["No"], No="string", Customer="string")
KEYLESS = schema("customers", [], Name="string", Amount="number")
IN_CIRCLES = schema("customers", ["Name"], Name="string", Parent="string")
WITH_FILES = schema("customers", ["Name"], Name="string", Amount="number", Photo="string", Scan="string")


def shop(*, sparse=False):
    """Twelve customers; a last one far away where looking keys up is to be cheaper than reading the table."""
    existing = [RecordDocument(number, stored(number), number) for number in range(1, LAST_BEFORE + 1)]
    if sparse:
        existing.append(RecordDocument(900_000, stored(900_000), 13))
    return team(database(TABLES, {"A": existing}))


def name_of(number):
    return f"{canaries.VALUE} {number}"


def stored(number, plus=0):
    return {"A": name_of(number), "B": canaries.NUMBER + number + plus}


def row(number, plus=0):
    return {"Name": name_of(number), "Amount": canaries.NUMBER + number + plus}
