"""Options that are captioned like the ids of others, on servers that answer ids and on those that answer captions."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import run_tap
from tests.helpers.seeds import customers, database, field, team
from tests.helpers.wire import calls

STREAM = "shop__customers"
OPTIONS = {"1": {"caption": "2"}, "2": {"caption": "1"}, "11": {"caption": "11"}}
STATES = {1: "1", 2: "2", 3: "11"}


def shop_of_choices():
    table = customers(C=field("choice", "State", values=OPTIONS), D=field("multi", "Tags", values=OPTIONS))
    records = [RecordDocument(n, {"A": f"n{n}", "C": key, "D": ["1", key]}, n) for n, key in STATES.items()]
    records.append(RecordDocument(9, {"A": "empty"}, 9))
    return team(database({"A": table}, {"A": records}))


def asked_by_caption(simulator):
    return [call for call in calls(simulator) if call.query.get("choiceStyle") == "names"]


@pytest.mark.parametrize(
    "switches", [{}, {"sequence_field": "absent"}, {"multi": "object"}, {"multi": "text"}], ids=str
)
@pytest.mark.parametrize("style", ["honoured", "ignored"])
def test_each_option_arrives_as_the_one_that_was_chosen(simulate, style, switches):
    simulator = simulate(shop_of_choices(), choice_style=style, **switches)
    run = run_tap(simulator)
    assert run.error is None
    rows = {row["_id"]: row for row in run.rows(STREAM)}
    empty = rows.pop(9)
    assert (empty["state"], empty["state_id"], empty["tags"], empty["tags_ids"]) == (None, None, None, None)
    assert {number: row["state_id"] for number, row in rows.items()} == STATES
    assert {number: row["state"] for number, row in rows.items()} == {1: "2", 2: "1", 3: "11"}
    tags = {number: list(dict.fromkeys(["1", key])) for number, key in STATES.items()}
    if switches.get("multi") != "object":
        tags = {number: ["1", key] for number, key in STATES.items()}
    assert {number: row["tags_ids"] for number, row in rows.items()} == tags
    assert len(asked_by_caption(simulator)) == 1


@pytest.mark.parametrize("style", ["honoured", "ignored"])
def test_an_option_that_cannot_be_mistaken_settles_it_without_a_call(simulate, style):
    options = {"1": {"caption": "Open"}, "2": {"caption": "1"}}
    table = customers(C=field("choice", "State", values=options))
    records = [RecordDocument(n, {"C": key}, n) for n, key in enumerate(("1", "2"), start=1)]
    simulator = simulate(team(database({"A": table}, {"A": records})), choice_style=style)
    assert [row["state_id"] for row in run_tap(simulator).rows(STREAM)] == ["1", "2"]
    assert asked_by_caption(simulator) == []


def test_a_record_that_changes_meanwhile_does_not_decide(simulate):
    simulator = simulate(shop_of_choices(), choice_style="honoured")

    def change(_index, _method, path):
        if path.endswith("/records/1"):
            simulator.edit.update("A", 1, {"C": "2"})  # whose caption is what came for the record before

    simulator.on_request.append(change)
    rows = {row["_id"]: row["state_id"] for row in run_tap(simulator).rows(STREAM)}
    assert rows == {**STATES, 9: None}
    assert len(asked_by_caption(simulator)) == 2


def test_where_no_caption_is_like_an_id_nothing_is_asked(simulate):
    table = customers(C=field("choice", "State", values={"1": {"caption": "Open"}, "2": {"caption": "Done"}}))
    simulator = simulate(team(database({"A": table}, {"A": [RecordDocument(1, {"C": "1"}, 1)]})))
    run_tap(simulator)
    assert asked_by_caption(simulator) == []


def test_text_that_is_no_option_any_more_is_a_value_that_does_not_fit(simulate):
    table = customers(D=field("multi", "Tags", values=OPTIONS))
    records = [RecordDocument(1, {"D": ["2"]}, 1), RecordDocument(2, {"D": ["was, once", "1"]}, 2)]
    simulator = simulate(team(database({"A": table}, {"A": records})), multi="text", choice_style="ignored")
    run = run_tap(simulator)
    assert run.error is None
    assert [row["tags_ids"] for row in run.rows(STREAM)] == [["2"], None]
