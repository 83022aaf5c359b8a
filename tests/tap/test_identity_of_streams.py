"""Which table and fields are meant travels with the stream: in each SCHEMA of a run, and in the catalog."""

from __future__ import annotations

import copy

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import discover, metadata, run_tap
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customers, database, field, table, team

STREAM = "shop__customers"
FIELDS = {
    "name": ("A", "Name"),
    "amount": ("B", "Amount"),
    "gross": ("D", "Gross"),
    "state": ("E", "State"),
    "state_id": ("E", "State"),
    "order": ("F", "Order"),
    "visit_start": ("G", "Visit"),
    "visit_end": ("G", "Visit"),
}
"""Property → id and caption of its field."""

OF_TAP = {"_id", "_sequence", "_created_at", "_created_by", "_modified_at", "_modified_by", "_sdc_deleted_at"}


def shop():
    fields = {
        "D": field("fn", "Gross", fn="Amount * 2"),
        "E": field("choice", "State", values={"1": {"caption": "open"}}),
        "F": field("ref", "Order", refTypeId="B"),
        "G": field("appointment", "Visit"),
    }
    records = [RecordDocument(n, {"A": f"n{n}", "B": n, "E": "1"}, n) for n in range(1, 21)]
    tables = {"A": customers(**fields), "B": table("Orders", A=field("string", "No"))}
    return team(database(tables, {"A": records}))


def change(edit):
    """Rename the table and a field, retype another one, and delete a record."""
    edit.rename_table("A", "Clients")
    edit.rename_field("A", "A", "Full name")
    edit.retype_field("A", "B", "string")
    edit.delete("A", 3)


class Night:
    """A pipeline that reads formulas, whose last full refresh is a day old each time."""

    def __init__(self, simulator):
        self._simulator, self._state = simulator, None

    def run(self, **settings):
        run = run_tap(self._simulator, state=self._state, formulas={"*.gross": "number"}, page_size=10, **settings)
        assert run.error is None, run.error
        self._state = copy.deepcopy(run.state)
        self._state["bookmarks"][STREAM]["full_refresh_at"] = "2020-01-01T00:00:00Z"
        return run


@pytest.fixture
def schemas(simulate):
    """Those of the table: of its first load, and of a run behind many changes; rows, tombstones, formulas alone."""
    simulator = simulate(shop())
    night = Night(simulator)
    first = night.run().of_type("SCHEMA", STREAM)
    change(simulator.edit)
    later = night.run().of_type("SCHEMA", STREAM)
    kinds = {frozenset(message["schema"]["properties"]) for message in later}
    assert {frozenset({"_id", "gross"}), frozenset({"_id", "_sequence", "_sdc_deleted_at"})} < kinds, kinds
    return first, later


def test_each_schema_says_which_table_it_is_of(schemas):
    for caption, messages in zip(("Customers", "Clients"), schemas, strict=True):
        for message in messages:
            own = dict(message["schema"]["x-ninox"])
            of_formulas_alone = message["schema"]["properties"].keys() == {"_id", "gross"}
            assert own.pop("rows", None) == ("formulas" if of_formulas_alone else None)
            assert own == {"team": TEAM_ID, "database": DATABASE_ID, "table": "A", "stream": STREAM}
            assert message["schema"]["title"] == caption


def test_each_property_of_each_schema_says_which_field_it_is(schemas):
    now = {**FIELDS, "name": ("A", "Full name"), "amount_string": ("B", "Amount")}
    for known, messages in zip((FIELDS, now), schemas, strict=True):
        for message in messages:
            properties = message["schema"]["properties"]
            told = {
                name: (item.get("x-ninox", {}).get("field"), item.get("title")) for name, item in properties.items()
            }
            assert told == {name: known.get(name, (None, None)) for name in properties}
            assert properties.keys() - OF_TAP <= known.keys()


def test_the_catalog_says_the_same_and_what_tools_need_beside_it(simulate):
    (stream,) = (s for s in discover(simulate(shop()))["streams"] if s["tap_stream_id"] == STREAM)
    assert stream["schema"]["title"] == "Customers"
    assert stream["schema"]["x-ninox"]["table"] == metadata(stream)["ninox"]["table_id"] == "A"
    for name, (key, caption) in FIELDS.items():
        item, own = stream["schema"]["properties"][name], metadata(stream, "properties", name)["ninox"]
        assert (item["x-ninox"]["field"], item["title"]) == (own["field_id"], own["field"]) == (key, caption)
    more = {name: metadata(stream, "properties", name)["ninox"] for name in FIELDS}
    assert more["state"]["choices"] == {"1": "open"}
    assert (more["gross"]["formula"], more["order"]["target_table_id"]) == ("Amount * 2", "B")
