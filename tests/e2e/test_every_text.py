"""Texts and integers as people and programs leave them: PostgreSQL takes every row."""

from __future__ import annotations

import pytest
from starlette.responses import Response

from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.loaders import PostgresLoader
from tests.helpers.run import run_tap, scripts
from tests.helpers.seeds import customers, database, field, team

pytestmark = pytest.mark.e2e

STREAM = "shop__customers"
BIG = {
    "name": "big", "database": "Shop", "query": "[{_id: 1, n: 10000000000000000000}]", "key_properties": ["_id"],
    "schema": {"_id": "integer", "n": "integer"},
}  # fmt: skip


def test_postgresql_takes_control_characters_halves_of_emojis_nul_and_integers_of_any_length(
    postgres, tmp_path, simulate
):
    controls = "".join(map(chr, [*range(1, 32), 127, 0x85, 0x2028, 0xFEFF, 0xFFFE, 0xFFFF, 0x10FFFF]))
    tags = {"1": {"caption": f"x{controls}"}, "2": {"caption": "damaged"}}
    rows = [
        RecordDocument(
            number, {"A": text, "B": 10 ** (number * 18), "C": ["1", "2"], "D": "2", "E": {"a": text}}, number
        )
        for number, text in enumerate(("plain", controls, "damaged", "nul"), start=1)
    ]
    fields = {
        "C": field("multi", "Tags", values=tags),
        "D": field("choice", "State", values=tags),
        "E": field("odd", "Odd"),
    }
    simulator = simulate(team(database({"A": customers(**fields)}, {"A": rows})))

    def damaged(answer):
        body = answer.body.replace(b"damaged", rb"a\ud83d").replace(b'"nul"', rb'"a\u0000b"')
        return Response(body, media_type="application/json") if body != answer.body else answer

    with limits.damaged_answers(damaged):
        run = run_tap(simulator, queries=scripts(BIG))
    assert run.error is None
    warehouse = PostgresLoader(postgres, tmp_path)
    warehouse.load(run.text)
    loaded = warehouse.rows(STREAM)
    assert {number: row["name"] for number, row in loaded.items()} == {
        1: "plain", 2: controls, 3: "a\ufffd", 4: "a\ufffdb"
    }  # fmt: skip
    assert {number: row["amount"] for number, row in loaded.items()} == {n: 10 ** (n * 18) for n in loaded}
    assert [row["n"] for row in warehouse.rows("big").values()] == [None], "no database takes it, and it is counted"
    assert run.report["streams"]["big"]["nulled"] == {"n": 1}
    assert {row["state"] for row in loaded.values()} == {"a\ufffd"}
    assert {len(row["tags"]) for row in loaded.values()} == {2}
