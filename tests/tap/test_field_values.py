"""What becomes of a field, by the settings that say so."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import run_tap
from tests.helpers.seeds import customers, database, field, team

STREAM = "shop__customers"

OPTIONS = {"1": {"caption": "open"}, "2": {"caption": "paid"}}
COMPOSITES = {
    "C": field("choice", "State", values=OPTIONS),
    "D": field("multi", "Tags", values=OPTIONS),
    "E": field("appointment", "Visit"),
    "F": field("location", "Place"),
    "G": field("timeinterval", "Length"),
}
VALUES = {
    "C": "2",
    "D": ["1", "2"],
    "E": "2026-03-28T23:00:00 - 2026-03-29T04:00:00",
    "F": "Hauptstr. 1\n<52.5,13.4>",
    "G": "-25:30:00",
}


def seed(**values):
    return team(database({"A": customers(**COMPOSITES)}, {"A": [RecordDocument(1, {**VALUES, **values}, 1)]}))


def row(simulator, **settings):
    run = run_tap(simulator, **settings)
    assert run.error is None
    (only,) = run.rows(STREAM)
    return {name: value for name, value in only.items() if not name.startswith("_") and value is not None}


def test_moments_are_of_the_zone_that_the_settings_name(simulate):
    read = row(simulate(seed()), timezone="Europe/Berlin")
    assert (read["visit_start"], read["visit_end"]) == ("2026-03-28T22:00:00Z", "2026-03-29T02:00:00Z")


def test_composites_are_taken_apart(simulate):
    assert row(simulate(seed())) == {
        "state": "paid",
        "state_id": "2",
        "tags": ["open", "paid"],
        "tags_ids": ["1", "2"],
        "visit_start": "2026-03-28T23:00:00",
        "visit_end": "2026-03-29T04:00:00",
        "place": "Hauptstr. 1",
        "place_latitude": Decimal("52.5"),
        "place_longitude": Decimal("13.4"),
        "length": -91800,
        "length_text": "-25:30:00",
    }


def test_a_deleted_option_keeps_its_id(simulate):
    sent = row(simulate(seed(C="3", D=["1", "3"])))
    assert (sent.get("state"), sent["state_id"]) == (None, "3")
    assert (sent["tags"], sent["tags_ids"]) == (["open"], ["1", "3"])


def bad():
    records = [RecordDocument(number, {"A": "x", "B": number}, number) for number in (1, 2, 3)]
    records[1].fields["B"] = "canary-value"
    return team(database({"A": customers(), "B": customers()}, {"A": records}))


def test_a_value_that_does_not_fit_becomes_null_and_is_counted(simulate, caplog):
    run = run_tap(simulate(bad()))
    assert run.error is None
    assert [line["amount"] for line in run.rows(STREAM)] == [1, None, 3]
    assert f"{STREAM}: 1 value of amount did not fit its type and became null: in record 2." in caplog.messages


@pytest.mark.parametrize("query_not_a_number", ["null", "text"])
def test_a_formula_that_cannot_be_computed_ends_nothing(simulate, query_not_a_number):
    formula = field("fn", "Share", fn="Amount / 0")
    seed = team(database({"A": customers(C=formula)}, {"A": [RecordDocument(1, {"B": 1}, 1)]}))
    simulator = simulate(seed, query_not_a_number=query_not_a_number)
    run = run_tap(simulator, formulas={"*.share": "number"})
    assert run.error is None
    assert [line["share"] for line in run.rows(STREAM)] == [None]
