"""One value that no program can hold costs itself: it becomes null and is counted, and every row comes."""

from __future__ import annotations

import json
import random
import time
from decimal import Decimal

import msgspec
import pytest
from starlette.responses import Response

from ninox_api.body import DEEPEST, MARK, mark_monsters
from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import run_tap
from tests.helpers.seeds import customers, database, field, team

STREAM = "shop__customers"
MONSTERS = {
    "an exponent of nine digits": b"1e999999999",
    "a small one": b"-1E-999999999",
    "an exponent of thirty digits": b"1e" + b"9" * 30,
    "5,000 digits": b"9" * 5000,
    "10,000 levels": b"[" * 10_000 + b"]" * 10_000,
    "10,000 levels of objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
}


@pytest.mark.parametrize("monster", MONSTERS)
@pytest.mark.parametrize(("column", "name"), [("B", "amount"), ("F", "tags"), ("G", "note")])
def test_a_value_that_nothing_can_hold_is_a_bad_value(simulate, monster, column, name):
    fields = {"F": field("multi", "Tags", values={"1": {"caption": "x"}}), "G": field("hologram", "Note")}
    rows = [RecordDocument(id=number, fields={"A": "x", "B": 10}, sequence=number) for number in (1, 2, 3)]
    rows[1].fields[column] = "a monster"
    simulator = simulate(team(database({"A": customers(**fields)}, {"A": rows})))

    def monstrous(answer):
        body = answer.body.replace(b'"a monster"', MONSTERS[monster])
        return Response(body, media_type="application/json") if body != answer.body else answer

    with limits.damaged_answers(monstrous):
        run = run_tap(simulator)
    assert run.error is None
    assert run.ids(STREAM) == [1, 2, 3]
    value, nulled = run.rows(STREAM)[1][name], run.report["streams"][STREAM]["nulled"]
    if value is None:
        assert nulled[name] == 1
    else:  # a text takes every number that can be written
        assert (name, value.lower()) == ("note", MONSTERS[monster].decode().lower().replace("1e9", "1e+9"))
    assert [row["amount"] for row in run.rows(STREAM)][::2] == [10, 10]


def test_what_is_next_to_a_monster_stays_as_it_was():
    around = {"text": 'a "quoted" [bracket] 1e99999999999 \\ {', "list": [[1.50, -2e5], {}], "deep": 0}
    sent = json.dumps(around).encode().replace(b'"deep": 0', b'"deep": ' + b"[" * 3000 + b"1" + b"]" * 3000)
    read = msgspec.json.decode(mark_monsters(sent))
    assert {**read, "deep": 0} == around
    (value,) = [read["deep"]]
    for _ in range(DEEPEST - 1):
        (value,) = value
    assert msgspec.json.encode(value) == MARK


def test_answers_without_monsters_are_left_alone():
    rng = random.Random(1)
    for _ in range(200):
        value = [rng.choice([1, 2.5, "x\\", '"', "[{", None, {"a": [rng.random()]}]) for _ in range(20)]
        sent = json.dumps(value).encode()
        assert mark_monsters(sent) == sent


@pytest.mark.parametrize("piece", [b'"' + b"\\" * 50, b"[", b"1", b"]", b'"a', b"1e", b"{}"], ids=repr)
def test_the_time_grows_with_the_answer_and_no_faster(piece):
    def needed(times):
        content, started = piece * times, time.process_time()
        mark_monsters(content)
        return time.process_time() - started

    needed(1000)
    small, large = min(needed(20_000) for _ in range(3)), min(needed(80_000) for _ in range(3))
    assert large < 12 * small + 0.05


def test_numbers_of_doubles_are_numbers():
    sent = b'{"a":1e308,"b":1E-308,"c":' + b"9" * 999 + b',"d":0.' + b"3" * 900 + b"}"
    assert mark_monsters(sent) == sent
    assert msgspec.json.decode(sent, type=dict[str, Decimal])["a"] == Decimal("1e308")
