"""A field whose type changes gets a property of its own: no loader has to alter a column, and none holds two types."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import discover, replay, run_tap
from tests.helpers.seeds import DATABASE_ID, customers, database, field, shop, table, team

STREAM = "shop__customers"
OPTIONS = {"1": {"caption": "open", "order": 0}, "2": {"caption": "paid", "order": 1}}


def one_field(base, value, **more):
    tables = {"A": table("Customers", A=field("string", "Name"), B=field(base, "Status", **more))}
    return team(database(tables, {"A": [RecordDocument(1, {"A": "a", "B": value}, 1)]}))


def properties(run):
    """Property → JSON type, of the field that is retyped."""
    schema = run.of_type("SCHEMA", STREAM)[0]["schema"]["properties"]
    return {name: kind["type"][0] for name, kind in schema.items() if name.startswith("status")}


RETYPED = {
    "number → string": (("number", 7), ("string", "x"), {"status_string": "string"}),
    "string → number": (("string", "x"), ("number", 7), {"status_number": "number"}),
    "string → email": (("string", "x"), ("email", "x@example.org"), {"status": "string"}),
    "string → date": (("string", "x"), ("date", "2026-01-31"), {"status_date": "string"}),
    "choice → string": (("choice", "1"), ("string", "x"), {"status": "string"}),
    "string → choice": (("string", "x"), ("choice", "1"), {"status": "string", "status_id": "string"}),
    "multi → string": (("multi", ["1"]), ("string", "x"), {"status_string": "string"}),
    "choice → multi": (("choice", "1"), ("multi", ["2"]), {"status_multi": "array", "status_multi_ids": "array"}),
    "timestamp → appointment": (
        ("timestamp", "2026-01-31T10:00"),
        ("appointment", "2026-01-31T10:00 - 2026-01-31T11:00"),
        {"status_start": "string", "status_end": "string"},
    ),
    "fn → number": (("fn", None), ("number", 7), {"status": "number"}),
}


@pytest.mark.parametrize("catalog", ["none", "fresh", "old"])
@pytest.mark.parametrize("case", RETYPED)
def test_no_column_changes_its_type_and_rows_come_under_the_new_property(simulate, case, catalog):
    (base, value), (new_base, new_value), expected = RETYPED[case]
    simulator = simulate(one_field(base, value, values=OPTIONS))
    old = discover(simulator)
    first = run_tap(simulator, catalog=old)
    simulator.edit.retype_field("A", "B", new_base)
    simulator.edit.schema["types"]["A"]["fields"]["B"]["values"] = OPTIONS
    simulator.edit.update("A", 1, {"B": new_value})
    given = {"none": lambda: None, "fresh": lambda: discover(simulator), "old": lambda: old}[catalog]()
    second = run_tap(simulator, catalog=given, state=first.state)
    assert second.error is None
    assert properties(second) == expected
    (row,) = second.rows(STREAM)
    assert any(row[name] is not None for name in expected)
    kept = {name: kind for name, kind in properties(first).items() if name in expected}
    assert kept == {name: expected[name] for name in kept}
    assert [drift["kind"] for drift in second.report["drift"]] == ["field_retyped"]
    third = run_tap(simulator, catalog=discover(simulator), state=second.state)
    assert properties(third) == expected
    assert third.report["drift"] == []


def test_the_old_column_keeps_its_values_and_refresh_fills_the_new_one(simulate):
    simulator = simulate(shop(3))
    first = run_tap(simulator)
    simulator.edit.retype_field("A", "B", "string")
    for number in (1, 2, 3):
        simulator.edit.tables["A"].records[number].fields["B"] = f"{number * 10} €"
    second = run_tap(simulator, state=first.state)
    (told,) = second.report["drift"]
    assert "its property is amount_string now, and amount keeps the values of before" in told["message"]
    assert f'refresh: ["{STREAM}"]' in told["message"]
    assert f'set aliases: {{"{DATABASE_ID}.A.B": "amount"}}' in told["message"]
    third = run_tap(simulator, state=second.state, refresh=[STREAM])
    rows = replay(replay({}, first, STREAM), third, STREAM)
    assert {number: (row["amount"], row["amount_string"]) for number, row in rows.items()} == {
        number: (number * 10, f"{number * 10} €") for number in (1, 2, 3)
    }


def test_a_text_that_was_a_choice_is_no_option_whatever_it_says(simulate):
    options = {"1": {"caption": "2"}, "2": {"caption": "1"}}
    simulator = simulate(one_field("choice", "1", values=options))
    state = run_tap(simulator).state
    simulator.edit.retype_field("A", "B", "string")
    assert simulator.edit.tables["A"].fields["B"]["values"] == options
    simulator.edit.update("A", 1, {"B": "2"})
    assert run_tap(simulator, state=state).rows(STREAM)[0]["status"] == "2"


def test_renamed_and_retyped_in_one_night_one_line_says_where_the_values_go(simulate):
    simulator = simulate(shop(1))
    state = run_tap(simulator).state
    simulator.edit.rename_field("A", "B", "Price")
    simulator.edit.retype_field("A", "B", "string")
    simulator.edit.update("A", 1, {"B": "x"})
    run = run_tap(simulator, state=state)
    assert run.rows(STREAM)[0]["amount_string"] == "x"
    renamed, retyped = (drift["message"] for drift in run.report["drift"])
    assert renamed == f"{STREAM}: field 'Amount' is now called 'Price'."
    assert "its property is amount_string now" in retyped


def test_an_alias_goes_on_under_the_old_name(simulate):
    simulator = simulate(shop(1))
    state = run_tap(simulator).state
    simulator.edit.retype_field("A", "B", "string")
    simulator.edit.update("A", 1, {"B": "x"})
    run = run_tap(simulator, state=state, aliases={f"{DATABASE_ID}.A.B": "amount"})
    assert run.rows(STREAM)[0]["amount"] == "x"


def test_a_field_that_gets_its_type_back_gets_its_column_back(simulate):
    simulator = simulate(shop(1))
    state = run_tap(simulator).state
    seen = []
    for base, value in (("string", "x"), ("number", 8), ("date", "2026-01-31"), ("string", "y")):
        simulator.edit.retype_field("A", "B", base)
        simulator.edit.update("A", 1, {"B": value})
        run = run_tap(simulator, state=state)
        state = run.state
        seen += [(name, row) for name, row in run.rows(STREAM)[0].items() if name.startswith("amount")]
    assert seen == [("amount_string", "x"), ("amount", 8), ("amount_date", "2026-01-31"), ("amount_string", "y")]


def formula_shop(simulate):
    tables = {"A": customers(D=field("fn", "Total", fn="B * 2"))}
    return simulate(team(database(tables, {"A": [RecordDocument(1, {"A": "a", "B": 1}, 1)]})))


def read_as(simulator, kind, *, state=None, catalog=None, **more):
    simulator.edit.update("A", 1, {"B": 2 if state is None else 3})
    settings = {"formulas": {"*.total": kind}, "full_refresh_interval_hours": 1000, **more}
    run = run_tap(simulator, state=state, catalog=catalog, **settings)
    assert run.error is None
    schema = run.of_type("SCHEMA", STREAM)[0]["schema"]["properties"]
    sent = {name: schema[name]["type"][0] for name in schema if name.startswith("total")}
    assert {name for row in run.rows(STREAM) for name in row if name.startswith("total")} <= sent.keys()
    return run, sent


@pytest.mark.parametrize("catalog", ["none", "fresh"])
def test_a_formula_read_as_another_type_gets_a_property_of_its_own(simulate, catalog):
    simulator = formula_shop(simulate)
    state, seen = None, []
    for kind in ("number", "string", "string", "timeinterval", "boolean", "string"):
        given = discover(simulator, formulas={"*.total": kind}) if catalog == "fresh" else None
        run, sent = read_as(simulator, kind, state=state, catalog=given)
        state = run.state
        told = [(drift["kind"], drift["before"], drift["after"]) for drift in run.report["drift"]]
        seen.append((kind, sent, told))
    assert seen == [
        ("number", {"total": "number"}, []),
        ("string", {"total_string": "string"}, [("field_retyped", "number", "string")]),
        ("string", {"total_string": "string"}, []),
        ("timeinterval", {"total": "number"}, [("field_retyped", "string", "timeinterval")]),
        ("boolean", {"total_boolean": "boolean"}, [("field_retyped", "timeinterval", "boolean")]),
        ("string", {"total_string": "string"}, [("field_retyped", "boolean", "string")]),
    ]


@pytest.mark.parametrize("spelling", ["total", "Total"], ids=["caption", "alias of before"])
def test_a_formula_that_was_not_read_for_a_while_has_left_a_column_of_its_type(simulate, spelling):
    simulator = formula_shop(simulate)
    aliases = {f"{DATABASE_ID}.A.D": spelling} if spelling != "total" else {}
    run, sent = read_as(simulator, "number", aliases=aliases)
    simulator.edit.update("A", 1, {"B": 3})
    without = run_tap(simulator, state=run.state, refresh=[STREAM])
    assert (sent, "total" in without.rows(STREAM)[0]) == ({spelling: "number"} if spelling == "total" else {}, False)
    again, _ = read_as(simulator, "string", state=without.state)
    schema = again.of_type("SCHEMA", STREAM)[0]["schema"]["properties"]
    assert [name for name in schema if name.startswith(spelling)] == [f"{spelling}_string"]
    simulator.edit.schema["types"]["A"]["fields"]["D"] = field("number", "Total")
    simulator.edit.update("A", 1, {"D": 3})
    assert run_tap(simulator, state=again.state).rows(STREAM)[0][spelling] == 3


def test_a_formula_that_is_stored_now_goes_on_in_no_column_of_another_type(simulate):
    simulator = formula_shop(simulate)
    run, _ = read_as(simulator, "number")
    without = run_tap(simulator, state=run.state, refresh=[STREAM])
    simulator.edit.schema["types"]["A"]["fields"]["D"] = field("string", "Total")
    simulator.edit.update("A", 1, {"D": "x"})
    (row,) = run_tap(simulator, state=without.state).rows(STREAM)
    assert {name: value for name, value in row.items() if name.startswith("total")} == {"total_string": "x"}


def test_a_formula_that_is_read_later_is_told_and_has_a_type_from_then_on(simulate):
    simulator = formula_shop(simulate)
    run, seen = run_tap(simulator), []
    for kind in ("number", "string"):
        run, sent = read_as(simulator, kind, state=run.state)
        seen.append((sent, run.drifts()))
    assert seen == [({"total": "number"}, ["property_selected"]), ({"total_string": "string"}, ["field_retyped"])]


def test_a_formula_with_an_alias_keeps_that_name_whatever_its_type(simulate):
    simulator = formula_shop(simulate)
    run, _ = read_as(simulator, "number")
    again, sent = read_as(simulator, "string", state=run.state, aliases={f"{DATABASE_ID}.A.D": "total"})
    assert sent == {"total": "string"}
    assert [drift["kind"] for drift in again.report["drift"]] == ["values_reshaped"]
