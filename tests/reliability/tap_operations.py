"""What the tap does in its half of the fault matrix: a shop, a day of work in it, and ways to read it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ninox_simulator.documents import RecordDocument
from tests.builders import customers, database, table, team
from tests.builders import field as ninox_field
from tests.reliability import canaries

CUSTOMERS, ORDERS = "shop__customers", "shop__orders"
TABLES = {CUSTOMERS: "A", ORDERS: "B"}
FORMULA = "double"

QUERY = {"name": "names", "database": "Shop", "query": "(select Customers).Name"}
FILE_STORE = "memory://reliability"
FILES = {2, 5}
"""Orders with a receipt."""

PLACES = {
    "teams": r"GET .*/teams$",
    "databases": r"GET .*/databases$",
    "schema": r"GET .*/databases/[^/]+$",
    "tables": r"GET .*/tables$",
    "changes": r"GET .*/changes$",
    "records": r"GET .*/records$",
    "record": r"GET .*/records/\d+$",
    "query": r"POST .*/query$",
    "files": r"GET .*/records/\d+/files$",
    "file": r"GET .*/records/\d+/files/.+$",
}


def shop():
    """Two tables whose values are canaries; three pages of one, two of the other."""
    choices = {"1": {"caption": "Open"}, "2": {"caption": "Done"}}
    tables = {
        "A": customers(
            C=ninox_field("choice", "State", values=choices),
            E=ninox_field("rev", "Orders", refTypeId="B", refFieldId="B"),
            F=ninox_field("fn", "Double", fn="Amount + Amount"),
            G=ninox_field("string", "Notes"),
        ),
        "B": table(
            "Orders",
            A=ninox_field("string", "No"),
            B=ninox_field("ref", "Customer", refTypeId="A", refFieldId="E"),
            C=ninox_field("file", "Receipt"),
        ),
    }
    records = {
        "A": [RecordDocument(number, _customer(number), number) for number in range(1, 13)],
        "B": [RecordDocument(number, _order(number), 20 + number) for number in range(1, 8)],
    }
    return team(database(tables, records))


def _customer(number):
    name = f"{canaries.VALUE} {number}"
    return {"A": name, "B": canaries.NUMBER + number, "C": "1", "G": f"{name}'s notes"}


def _order(number):
    receipt = {"C": f"receipt {number}.txt"} if number in FILES else {}
    return {"A": f"{canaries.VALUE} o{number}", "B": number, **receipt}


def a_day_of_work(edit):
    for number in (3, 9, 10):
        edit.update("A", number, {"A": f"{canaries.VALUE} changed", "B": canaries.NUMBER - number})
    edit.create("A", {"A": f"{canaries.VALUE} new"})
    edit.delete("A", 5)
    edit.delete("B", 1)
    edit.create("B", {"A": f"{canaries.VALUE} again"}, id=1)


@dataclass(frozen=True)
class Operation:
    """A way to run the tap.

    Attributes:
        follows: Whether a first load and a day of work go before.
        resumes: Whether it continues from the first state of an earlier run instead of its last.
        mode: `sync`, `discover` or `test`.
    """

    follows: bool = True
    resumes: bool = False
    mode: str = "sync"
    settings: dict = field(default_factory=dict)


OPERATIONS = {
    "discover": Operation(follows=False, mode="discover"),
    "--test": Operation(follows=False, mode="test"),
    "first load": Operation(follows=False),
    "changes": Operation(),
    "full refresh": Operation(settings={"refresh": ["*"]}),
    "resumed load": Operation(resumes=True),
    "formulas": Operation(follows=False, settings={"formulas": {f"*.{FORMULA}": "number"}}),
    "queries": Operation(follows=False, settings={"queries": [QUERY]}),
    "files": Operation(follows=False, settings={"files": "download", "file_store": FILE_STORE}),
    "four requests at once": Operation(follows=False, settings={"max_parallel_requests": 4}),
}

SWITCHES = (
    {},
    {"since_sq_bound": "inclusive", "feed_record_sq": "absent"},
    {"removes": "objects", "feed_keys": "nid"},
    {"records_since_id": "ignored", "default_order": "shuffled"},
    {"records_since_sq": "ignored"},
    {"repeat_last_page": "yes", "per_page_cap": "100"},
    {"feed": "too_old"},
    {"sequence_field": "absent"},
    {"error_bodies": "html"},
    {"error_bodies": "text", "huge_since_sq": "error"},
)
