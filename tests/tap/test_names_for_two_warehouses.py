"""A11: BigQuery and PostgreSQL both take the names; they are unique, and an existing one is never given to another."""

from __future__ import annotations

import random
import re

import pytest

from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import database, field, table, team

CAPTIONS = {
    "A": "Straße",
    "B": "Strasse",
    "C": "Id",
    "D": "ID",
    "E": "Betrag €",
    "F": "Betrag $",
    "G": "line price (inc VAT, after discount, rounded to 2 decimals, as shown on the customer's invoice)",
    "H": "order",
    "I": "Telefon ☎️",
    "J": "🌱",
    "K": "_id",
    "L": "2. Zeile",
    "M": "line price (inc VAT, after discount, rounded to 2 decimals, as shown on the customer's receipt)",
    "N": "_sdc_deleted_at",
    "O": "_PARTITIONTIME",
}
EXPECTED = {
    "A": "strasse",
    "B": "strasse_b",
    "C": "id",
    "D": "id_d",
    "E": "betrag",
    "F": "betrag_f",
    "G": "line_price_inc_vat_after_discount_rounded_to_2_decimals_as_sho",
    "H": "order",
    "I": "telefon",
    "J": "j",
    "K": "id_k",
    "L": "n2_zeile",
    "M": "line_price_inc_vat_after_discount_rounded_to_2_decimals_as_s_m",
    "N": "sdc_deleted_at",
    "O": "partitiontime",
}
POSTGRESQL = re.compile(r"[a-z_][a-z0-9_]{0,61}")
"""Unquoted, and shorter than what PostgreSQL cuts off and loaders rename."""
BIGQUERY = re.compile(
    r"(?!_TABLE_|_FILE_|_PARTITION|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER)[A-Za-z_]\w{0,299}", re.ASCII
)
NEW_IDS = {"B1": "Strasse!", "C1": "order", "D1": "Status id", "E1": "Amount (start)"}
"""Ids that Ninox gives after Z, and captions that collide with what exists."""


def seed(captions, *, shuffled=False):
    fields = [(key, field("string", caption)) for key, caption in captions.items()]
    fields.append(("P", field("choice", "Status", values={"1": {"caption": "open"}})))
    fields.append(("Q", field("appointment", "Amount")))
    if shuffled:
        random.Random(4711).shuffle(fields)
    return team(database({"A": table("Customers", **dict(fields))}))


def names(catalog):
    """Return each field's properties by field id."""
    (stream,) = [stream for stream in catalog["streams"] if stream["tap_stream_id"] == "shop__customers"]
    found = {}
    for item in stream["metadata"]:
        ninox = item["metadata"].get("ninox", {})
        if item["breadcrumb"] and ninox:
            found.setdefault(ninox["field_id"], []).append(item["breadcrumb"][-1])
    return found


def test_names_are_these(simulate):
    found = names(discover(simulate(seed(CAPTIONS))))
    assert {key: name for key, (name, *_) in found.items() if key in EXPECTED} == EXPECTED


def test_both_warehouses_take_them_and_no_two_are_one(simulate):
    catalog = discover(simulate(seed({**CAPTIONS, **NEW_IDS})))
    for stream in catalog["streams"]:
        properties = list(stream["schema"]["properties"])
        for name in [stream["tap_stream_id"], *properties]:
            assert POSTGRESQL.fullmatch(name)
            assert BIGQUERY.fullmatch(name)
        assert len({name.casefold() for name in properties}) == len(properties)


def test_the_catalog_keeps_the_captions(simulate):
    catalog = discover(simulate(seed(CAPTIONS)))
    (stream,) = [stream for stream in catalog["streams"] if stream["tap_stream_id"] == "shop__customers"]
    titles = {stream["schema"]["properties"][name]["title"] for name in EXPECTED.values()}
    assert titles == set(CAPTIONS.values())


def test_the_order_of_fields_says_nothing(simulate):
    assert names(discover(simulate(seed(CAPTIONS, shuffled=True)))) == names(discover(simulate(seed(CAPTIONS))))


@pytest.mark.parametrize("new_id", NEW_IDS)
def test_a_new_field_never_takes_an_existing_name(simulate, new_id):
    simulator = simulate(seed(CAPTIONS))
    before = names(discover(simulator))
    simulator.edit.add_field("A", new_id, field("string", NEW_IDS[new_id]))
    after = names(discover(simulator))
    assert after.pop(new_id) not in before.values()
    assert after == before


def test_a_removed_field_gives_its_name_to_nobody_who_has_one(simulate):
    """The younger twin does not move up: neither with a saved catalog nor with a state."""
    simulator = simulate(seed(CAPTIONS))
    catalog = discover(simulator)
    state = run_tap(simulator).state
    simulator.edit.remove_field("A", "A")
    pinned = run_tap(simulator, catalog=catalog).of_type("SCHEMA", "shop__customers")[0]["schema"]["properties"]
    assert {"strasse", "strasse_b"} <= set(pinned)
    simulator.edit.create("A", {"B": "new"})
    run = run_tap(simulator, state=state)
    assert [drift["kind"] for drift in run.report["drift"]] == ["field_removed"]
    (row,) = run.rows("shop__customers")
    assert row["strasse_b"] == "new"
    assert "strasse" not in row


@pytest.mark.parametrize("wanted", [["A"], ["B"], ["A", "B"]], ids=["the older", "the younger", "both"])
def test_which_tables_are_wanted_says_nothing_about_names(simulate, wanted):
    tables = {"A": table("Straße"), "B": table("Strasse")}
    catalog = discover(simulate(team(database(tables))), tables=wanted)
    streams = {stream["tap_stream_id"] for stream in catalog["streams"] if stream["tap_stream_id"].startswith("shop")}
    assert streams <= {"shop__strasse", "shop__strasse_b"}
    assert ("shop__strasse_b" in streams) is (wanted != ["A"])
