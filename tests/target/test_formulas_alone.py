"""Formulas that tap-ninox reads again come without the rest of their rows: they make no record, and end no load."""

from __future__ import annotations

import copy

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import run_tap, run_target, stored, writes
from tests.helpers.seeds import customers, database, field, team
from tests.helpers.wire import calls

STREAM = "shop__customers"
GROSS = {"formulas": {"*.gross": "number"}}


def shop(ids, name="Shop", **more):
    fields = {"D": field("fn", "Gross", fn="Amount * 2"), "E": field("number", "Kept")}
    records = [RecordDocument(id=n, fields={"A": f"name {n}", "B": n}, sequence=n) for n in ids]
    return team(database({"A": customers(**fields)}, {"A": records}, name=name, **more))


@pytest.fixture
def formulas(simulate):
    """The messages of a run that reads the formulas of five records again, and nothing else."""
    source = simulate(shop(range(1, 6)))
    state = copy.deepcopy(run_tap(source, **GROSS).state)
    bookmark = state["bookmarks"][STREAM]
    bookmark["full_refresh_at"] = "2020-01-01T00:00:00Z"
    for refreshed in bookmark["formula_refresh"] or ():
        refreshed["at"] = "2020-01-02T00:00:00Z"
    run = run_tap(source, **GROSS, state=state)
    assert [sorted(row.keys() - {"_sdc_extracted_at"}) for row in run.rows(STREAM)] == [["_id", "gross"]] * 5
    return [message for message in run.messages if message.get("stream", STREAM) == STREAM]


def load(simulator, messages, **settings):
    return run_target(simulator, messages, streams={STREAM: {"table": "Customers", **settings}})


@pytest.mark.parametrize(
    "settings",
    [
        {"match_on": ["name"]},
        {"match_on": ["name"], "fields": {"amount": None}, "mode": "update"},
        {"match_on": ["_id"]},
        {"mode": "insert"},
    ],
    ids=str,
)
def test_they_write_nothing_where_no_field_takes_them(simulate, formulas, settings):
    copied = simulate(shop([1, 2, 3]))
    before = stored(copied)
    run = load(copied, formulas, **settings)
    assert run.error is None
    assert run.counts(STREAM) == {"read": 5, "skipped": 5}
    assert (stored(copied), writes(copied)) == (before, [])
    assert not [call for call in calls(copied) if "/records" in call.path]
    assert run.states


def test_a_field_takes_them_in_records_that_are_there(simulate, formulas):
    copied = simulate(shop([1, 2, 3]))
    run = load(copied, formulas, match_on=["_id"], fields={"gross": "Kept", "kept": None})
    assert run.error is None
    assert run.counts(STREAM) == {"read": 5, "updated": 3, "skipped": 2}
    assert {n: row["E"] for n, row in stored(copied).items()} == {1: 2, 2: 4, 3: 6}


def test_a_field_that_takes_them_needs_the_key_in_the_rows(simulate, formulas, caplog):
    copied = simulate(shop([1, 2, 3]))
    run = load(copied, formulas, match_on=["name"], fields={"gross": "Kept", "kept": None})
    assert (run.error, writes(copied)) == (None, [])
    assert "formulas that come alone lack what a record is found by (name), and are not loaded" in caplog.text


def test_whole_rows_behind_them_are_loaded_as_ever(simulate, formulas):
    copied = simulate(shop([1, 2, 3]))
    row = {"type": "RECORD", "stream": STREAM, "record": {"_id": 7, "name": "new", "amount": 1}}
    whole = [message for message in formulas if message["type"] == "SCHEMA"][-1]
    assert "name" in whole["schema"]["properties"]
    run = load(copied, [*formulas, whole, row], match_on=["name"])
    assert run.counts(STREAM) == {"read": 6, "created": 1, "skipped": 5}
