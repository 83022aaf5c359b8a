"""`query` and `exec` (Ninox docs: Public Cloud APIs; shapes of answers as public clients report them)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninox_simulator.nx import NxError
from ninox_simulator.nx.evaluator import Evaluator
from ninox_simulator.nx.values import JsonForm, as_json
from ninox_simulator.scripts_api import Data
from ninox_simulator.seeds import RecordDocument
from ninox_simulator.server import Simulator
from ninox_simulator.store import Store
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, database, field, table, team
from tests.simulator.conftest import Caller


def firm():
    """Customers and their invoices, with every kind of value that scripts treat in a way of its own."""
    tables = {
        "A": table(
            "Customer",
            A=field("string", "Name"),
            B=field("choice", "State", values={"1": {"caption": "Open"}, "2": {"caption": "Done"}}),
            C=field("rev", "Invoices", refTypeId="B", refFieldId="B"),
            D=field("fn", "Turnover", fn="sum(Invoices.Amount)"),
            E=field("date", "Since"),
            F=field("fn", "Broken", fn="Missing + 1"),
            G=field("fn", "Ratio", fn="Turnover / 0"),
            H=field("fn", "Circle", fn="Circle"),
            I=field("multi", "Tags", values={"1": {"caption": "Red"}, "2": {"caption": "Blue"}}),
        ),
        "B": table(
            "Invoice & more",
            A=field("number", "Amount"),
            B=field("ref", "Customer", refTypeId="A", refFieldId="C"),
            C=field("boolean", "paid?"),
            D=field("timestamp", "sent"),
            E=field("timeinterval", "Time spent"),
            F=field("fn", "Due", fn="date(sent) + 14"),
        ),
    }
    records = {
        "A": [
            RecordDocument(4, {"A": "Ann", "B": "1", "E": "2024-02-29", "I": ["2", "1"]}, 1),
            RecordDocument(9, {"A": "Bob", "B": "2"}, 2),
            RecordDocument(11, {"A": 'O\'Hara "Bo"'}, 3),
        ],
        "B": [
            RecordDocument(1, {"A": 10, "B": 4, "C": True, "D": "2024-01-31T23:30:00", "E": "25:00:00.500"}, 4),
            RecordDocument(2, {"A": 2.5, "B": 4}, 5),
            RecordDocument(3, {"A": 7, "B": 9, "C": False}, 6),
            RecordDocument(4, {"B": 99}, 7),
        ],
    }
    return team(database(tables, records))


@pytest.fixture(scope="module")
def data():
    return Data(Store(firm()).database(TEAM_ID, DATABASE_ID))


def value(data, script):
    return as_json(Evaluator(data).run(script), JsonForm())


SCRIPTS = {
    "1+6": 7,
    "1 + 2 * 3 - 4 / 8": 6.5,
    "-(2 + 3) * 2": -10,
    "7 % 4": 3,
    "0.1 + 0.2": 0.30000000000000004,
    '"a" + 1 + true': "a1true",
    "not true or 1 = 1 and 2 != 3": True,
    "1 < 2 and 2 <= 2 and 3 > 2 and not (3 >= 4)": True,
    'null = ""': True,
    "null < 1": False,
    "null + 5": 5,
    "null * 5": None,
    "let x := 3; let y := x * 2; x + y": 9,
    "let x := 1; x := x + 1; x": 2,
    "if 1 > 2 then 3 else 4 end": 4,
    "if null then 3 end": None,
    "for x in [1, 2, 3] do x * x end": [1, 4, 9],
    "for x in [1, 2] do let y := x; y + 1 end": [2, 3],
    '{a: 1, "b c": [1, {d: null}]}': {"a": 1, "b c": [1, {"d": None}]},
    "{a: {b: 5}}.a": {"b": 5},
    "// a note\n1 /* and more */ + 1": 2,
    "": None,
    "1;": 1,
    '"say \\"hi\\"\\n"': 'say "hi"\n',
    "cnt(select Customer)": 3,
    "(select Customer).Name": ["Ann", "Bob", 'O\'Hara "Bo"'],
    "select Customer where State = 1": ["A4"],
    'select Customer where State = "Done"': ["A9"],
    "select Customer where State = null": ["A11"],
    "first(select Customer).Id": "A4",
    "(select Customer).number(Id)": [4, 9, 11],
    "(select Customer).text(State)": ["Open", "Done", ""],
    "(select Customer).number(State)": [1, 2],
    "(select Customer where Name = \"O'Hara \\\"Bo\\\"\").number(Id)": [11],
    "cnt(select 'Invoice & more' where not 'paid?')": 3,
    "sum((select 'Invoice & more').Amount)": 19.5,
    "max((select 'Invoice & more').Amount)": 10,
    "(select 'Invoice & more').Customer.Name": ["Ann", "Ann", "Bob"],
    "record(Customer, 4).Turnover": 12.5,
    "record(Customer, 5)": None,
    "record(Customer, 4).Invoices": ["B1", "B2"],
    "record(Customer, 4).Invoices['paid?'].Amount": [10],
    "record(Customer, 4).Since": "2024-02-29",
    "record(Customer, 4).Since + 1": "2024-03-01",
    'format(record(Customer, 4).Since, "DD.MM.YYYY")': "29.02.2024",
    "days(date(2024, 1, 1), record(Customer, 4).Since)": 59,
    "year(record(Customer, 4).Since)": 2024,
    "record(Customer, 4).Tags": ["Blue", "Red"],
    "record('Invoice & more', 1).'Time spent'": "25:00:00.500",
    "number(record('Invoice & more', 1).'Time spent')": 90000500,
    "record('Invoice & more', 1).Due": "2024-02-14",
    "record('Invoice & more', 4).Customer.Name": None,
    "for c in select Customer do {id: number(c.Id), total: c.Turnover} end": [
        {"id": 4, "total": 12.5},
        {"id": 9, "total": 7},
        {"id": 11, "total": 0},
    ],
    "(select Customer where number(Id) > 4 and number(Id) <= 11).number(Id)": [9, 11],
    "(select Customer where 9 >= number(Id)).number(Id)": [4, 9],
    '(select Customer where number(Id) = 9 or Name = "Ann").number(Id)': [4, 9],
    'concat((select Customer).Name, "/")': 'Ann/Bob/O\'Hara "Bo"',
    "first([])": None,
    'upper("straße") + trim(" x ")': "STRASSEx",
    'number("12.50")': 12.5,
    'number("twelve")': None,
    "round(2.5) + round(-0.005, 2)": 2.99,
    'formatJSON({a: "ä"})': '{"a":"ä"}',
    "tableId(Customer)": "A",
    "raw(record(Customer, 9)).A": "Bob",
    "record(Customer, 9).createdAt": "2024-01-01T08:00:00",
    'styled(1, "red")': 1,
}  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_has_a_value(data, script):
    assert value(data, script) == SCRIPTS[script]


ERRORS = {
    "1 +": "line 1: unexpected 'the end of the script'",
    "1\n 2": "line 2: unexpected '2', expected ;",
    "select": "expected a name",
    "if 1 then 2": "expected end",
    "§": "line 1: unexpected '§'",
    "while true do 1 end": "line 1: 'while' is not known to the simulator",
    "switch 1 case 1: 2 end": "'switch' is not known",
    "function f() do 1 end": "'function' is not known",
    "for i from 1 to 3 do i end": "'from' is not known",
    "(select Customer) order by Name": "'order' is not known",
    "frobnicate(1)": "the function frobnicate() is not known to the simulator",
    "year(1, 2)": "year() does not take 2 arguments",
    "year(5)": "year() of number",
    "Unknown": "the name 'Unknown' is not known here",
    "x := 1": "the name 'x' is not known here",
    "select Nothing": "there is no table 'Nothing'",
    "(select Customer).Nothing": "table 'Customer' has no field 'Nothing'",
    "first(select Customer).Broken": "table 'Customer' has no field 'Missing'",
    "first(select Customer).Circle": "formulas refer to each other in a circle",
    '"a" * 2': "text * number",
    "[1] - 1": "list - number",
    "(5).Name": "number has no 'Name'",
    "create Customer": "a query may not write; use exec",
    "delete select Customer": "a query may not write; use exec",
    'first(select Customer).Name := "x"': "a query may not write; use exec",
    "(" * 150 + "1" + ")" * 150: "nested too deeply",
}


@pytest.mark.parametrize("script", ERRORS, ids=lambda script: script[:30])
def test_what_is_not_known_is_refused_by_name(data, script):
    with pytest.raises(NxError) as caught:
        value(data, script)
    assert ERRORS[script] in str(caught.value)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("aAI1 .;:=(){}[]'\"+-*/<>\n,selctwhrifndo\\é"), max_size=60))
def test_any_text_is_a_value_or_an_error_and_nothing_else(text):
    with suppress(NxError):
        Evaluator(Data(Store(firm()).database(TEAM_ID, DATABASE_ID))).run(text)


@pytest.fixture
def firm_api():
    with Simulator(seed=firm()) as simulator:
        yield Caller(simulator)


def ask(api, script, path="/query"):
    return api.call("POST", path, json={"query": script})


def test_query_by_get_and_by_post(firm_api):
    assert firm_api.json("/query", query="1+6") == 7
    assert ask(firm_api, "1+6").json() == 7


@pytest.mark.parametrize(("setting", "answer"), [("flat", ["A4", "A9"]), ("nested", [["A4", "A9"]])])
def test_records_come_as_ids_and_may_be_nested(firm_api, setting, answer):
    firm_api.simulator.switches.update({"query_nesting": setting})
    assert ask(firm_api, "select Customer where State != null").json() == answer
    assert ask(firm_api, "(select Customer).number(Id)").json() == [4, 9, 11]


@pytest.mark.parametrize(
    ("switch", "value", "script", "answer"),
    [
        ("query_choices", "captions", "(select Customer).State", ["Open", "Done"]),
        ("query_choices", "ids", "(select Customer).State", [1, 2]),
        ("query_dates", "iso", "first(select Customer).Since", "2024-02-29"),
        ("query_dates", "epoch", "first(select Customer).Since", 1709164800000),
        ("query_dates", "epoch", "first(select 'Invoice & more').'Time spent'", 90000500),
        ("query_not_a_number", "null", "first(select Customer).Ratio", None),
        ("query_not_a_number", "text", "first(select Customer).Ratio", "Infinity"),
        ("query_not_a_number", "text", "0/0", "NaN"),
        ("formula_errors", "null", "first(select Customer).Broken", None),
        ("formula_errors", "text", "first(select Customer).Broken", "#Error"),
    ],
)
def test_values_that_json_does_not_have(firm_api, switch, value, script, answer):
    firm_api.simulator.switches.update({switch: value})
    assert ask(firm_api, script).json() == answer


@pytest.mark.parametrize(("setting", "status"), [("500", 500), ("400", 400), ("200", 200)])
def test_a_wrong_script_names_what_is_wrong(firm_api, setting, status):
    firm_api.simulator.switches.update({"script_errors": setting, "formula_errors": "fail"})
    for script, message in (("frobnicate()", "frobnicate"), ("first(select Customer).Broken", "Missing")):
        answer = ask(firm_api, script)
        assert answer.status_code == status
        assert message in answer.json()["_err" if setting == "200" else "message"]


def test_a_query_does_not_write_and_exec_does(firm_api):
    script = 'let c := create Customer; c.Name := "Cy"; c.State := 2; number(c)'
    assert ask(firm_api, script).status_code == 500
    assert ask(firm_api, script, "/exec").json() == 12
    assert firm_api.json("/tables/A/records/12", ids="true", choiceStyle="ids")["fields"] == {"A": "Cy", "B": "2"}


def test_exec_updates_many_and_deletes(firm_api):
    before = firm_api.store.sequence
    ask(firm_api, "(select 'Invoice & more' where Amount > 5).('paid?')", "/exec")
    ask(firm_api, "for i in select 'Invoice & more' where Amount > 5 do i.'paid?' := true end", "/exec")
    assert firm_api.store.sequence == before + 2
    assert firm_api.json("/tables/B/records/3", ids="true")["fields"]["C"] is True
    ask(firm_api, "delete select 'Invoice & more' where Amount = null", "/exec")
    assert firm_api.ids("/tables/B/records") == [1, 2, 3]


def test_exec_refuses_to_write_a_formula_and_a_value_that_does_not_fit(firm_api):
    for script in ("first(select Customer).Turnover := 1", 'first(select Customer).State := "Nope"'):
        assert ask(firm_api, script, "/exec").status_code == 500


def test_ids_of_the_place(firm_api):
    assert ask(firm_api, "[teamId(), databaseId()]").json() == [TEAM_ID, DATABASE_ID]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"query": 5}', b"nonsense"])
def test_a_body_without_a_script_is_an_error(firm_api, body):
    assert firm_api.call("POST", "/query", data=body).status_code == 400


def test_every_formula_of_the_sample_has_a_value_for_every_record():
    with Simulator() as simulator:
        for place in simulator.store.databases():
            for kept in place.tables.values():
                for field_id, definition in kept.fields.items():
                    if definition.get("base") == "fn":
                        found = Evaluator(Data(place)).run(f"for r in select {kept.id} do r.{field_id} end")
                        assert len(found) == len(kept.records), definition["fn"]
