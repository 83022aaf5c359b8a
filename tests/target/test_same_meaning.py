"""The same meaning is the same record, in small tables, which are read, and in large ones, where keys are looked up."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.cases import doubles, each, field_of
from tests.helpers.functions import meaning
from tests.helpers.run import records, run_target, schema, stored
from tests.helpers.seeds import database, field, table, team
from tests.world.strategies import VALUES

SMALL, LARGE = 3, 3100
"""Beyond three pages, one key is looked up."""


def is_key(case):
    return meaning(case, case["stored"]) is not None and case["equal"] and "only" not in case and case["type"] in VALUES


CASES = [param for param in each("comparing") if is_key(param.values[0])]


def load(simulate, case, size, **switches):
    """Load one row, whose record is the last of a table; the first one has another key, by which look-ups are tried."""
    other = next(value for value in VALUES[case["type"]] if meaning(case, value) != meaning(case, case["stored"]))
    held = [RecordDocument(n, {"B": str(n)}, n) for n in range(1, size + 1)]
    held[0].fields["A"], held[-1].fields["A"] = other, doubles(case["stored"])
    tables = {"A": table("Rows", A=field_of(case, "Key"), B=field("string", "Other"))}
    simulator = simulate(team(database(tables, {"A": held})), **switches)
    row = {"Key": case["sent"], "Other": "new"}
    messages = [schema("rows", key=["Key"], Key={}, Other={}), *records("rows", [row])]
    run = run_target(simulator, messages, streams={"rows": case.get("settings", {})})
    return simulator, run


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_key_in_another_spelling_finds_its_record(simulate, case, size):
    simulator, run = load(simulate, case, size)
    assert run.error is None
    assert run.counts("rows") == {"read": 1, "updated": 1}
    assert stored(simulator)[size]["B"] == "new"


@pytest.mark.parametrize("sent", ["M\u00fcller", "Mu\u0308ller"])
@pytest.mark.parametrize("held", ["M\u00fcller", "Mu\u0308ller"])
def test_texts_are_looked_up_in_both_forms_of_unicode(simulate, sent, held):
    simulator, run = load(simulate, {"type": "string", "stored": held, "sent": sent}, LARGE)
    assert run.counts("rows") == {"read": 1, "updated": 1}
    assert any("filters" in call.query for call in simulator.log.entries)


@pytest.mark.parametrize("type_", ["date", "timestamp", "time", "color", "html", "timeinterval"])
def test_what_has_several_spellings_is_not_looked_up(simulate, type_):
    case = next(param.values[0] for param in CASES if param.values[0]["type"] == type_)
    simulator, _ = load(simulate, case, LARGE)
    assert not any("filters" in call.query for call in simulator.log.entries)
