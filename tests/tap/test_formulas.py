"""Formulas: read by query, joined by id, typed, never wrong, and never at the cost of a row."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import DATABASE_ID, customer_records, customers, database, field, table, team
from tests.helpers.wire import calls, record_pages

STREAM = "shop__orders"
ALL = {
    "*.label": "string",
    "*.gross": "number",
    "*.big": "boolean",
    "*.due": "date",
    "*.due_at": "timestamp",
    "*.opens": "time",
    "*.length": "timeinterval",
    "*": "string",
}


def fn(caption, script):
    return field("fn", caption, fn=script)


def orders(**formulas):
    return table(
        "Orders",
        A=field("string", "No"),
        B=field("number", "Net"),
        C=field("date", "Day"),
        D=field("time", "Time"),
        E=field("timeinterval", "Work"),
        **formulas,
    )


FORMULAS = {
    "F": fn("Label", 'No + " 🌱"'),
    "G": fn("Gross", "Net * 1.19"),
    "H": fn("big?", "Net > 20"),
    "I": fn("due", "Day + 14"),
    "J": fn("due at", "datetime(Day)"),
    "K": fn("opens", "Time"),
    "L": fn("length", "Work + Work"),
}


def shop(count=3, formulas=None, ids=None):
    ids = ids or range(1, count + 1)
    records = [
        RecordDocument(
            id=number,
            fields={"A": f"o{number}", "B": number * 10, "C": "2026-03-29", "D": "08:30:00", "E": "01:30:00"},
            sequence=sequence,
        )
        for sequence, number in enumerate(ids, start=1)
    ]
    return team(database({"A": orders(**(FORMULAS if formulas is None else formulas))}, {"A": records}))


def queries(simulator):
    return [call for call in calls(simulator) if call.path.endswith("/query")]


def is_gone(edit, number):
    return number not in {record.id for record in edit.records("A")}


def computed(run, *names):
    return [tuple(row[name] for name in names) for row in run.rows(STREAM)]


def test_formulas_are_listed_and_not_read_unless_they_are_asked_for(simulate):
    simulator = simulate(shop())
    catalog = discover(simulator)
    (entry,) = [stream for stream in catalog["streams"] if stream["tap_stream_id"] == STREAM]
    gross = next(item["metadata"] for item in entry["metadata"] if item["breadcrumb"] == ["properties", "gross"])
    assert gross["inclusion"] == "unsupported"
    assert gross["ninox"]["computed"] is True
    run = run_tap(simulator)
    assert queries(simulator) == []
    assert "gross" not in run.rows(STREAM)[0]


@pytest.mark.parametrize("dates", ["iso", "epoch"])
@pytest.mark.parametrize("nesting", ["flat", "nested"])
def test_every_type_is_read_by_one_call_per_page_whatever_the_form_of_the_answer(simulate, dates, nesting):
    simulator = simulate(shop(3), query_dates=dates, query_nesting=nesting)
    run = run_tap(simulator, formulas=ALL)
    assert run.error is None
    assert computed(run, "label", "gross", "big", "due", "due_at", "opens", "length") == [
        (f"o{n} 🌱", pytest.approx(Decimal("11.9") * n), n > 2, "2026-04-12", "2026-03-29T00:00:00", "08:30:00", 10800)
        for n in (1, 2, 3)
    ]
    assert len(queries(simulator)) == len(record_pages(simulator))
    schema = run.of_type("SCHEMA", STREAM)[0]["schema"]["properties"]
    assert (schema["gross"]["type"], schema["due"]["format"]) == (["number", "null"], "date")


@pytest.mark.parametrize("caption", ["A", "B"], ids=["of a formula", "of a field"])
def test_a_record_of_formulas_alone_is_read_where_a_caption_is_the_id_of_a_formula(simulate, caption):
    fields = {"A": fn("Sum", "1 + 1"), "B": fn("A" if caption == "A" else "Other", "2 + 2")}
    fields["C"] = field("string", "Note" if caption == "A" else "A")
    records = {"A": [RecordDocument(1, {}, sequence=1), RecordDocument(2, {"C": "x"}, sequence=2)]}
    simulator = simulate(team(database({"A": table("Orders", **fields)}, records)))
    run = run_tap(simulator, formulas={"*.sum": "number"})
    assert (run.error, computed(run, "sum")) == (None, [(2,), (2,)])


def test_the_first_record_that_has_more_than_formulas_shows_that_fields_are_keyed_by_captions(simulate):
    records = {"A": [RecordDocument(1, {}, sequence=1), RecordDocument(2, {"C": "x"}, sequence=2)]}
    fields = {"A": fn("Sum", "1 + 1"), "C": field("string", "Note")}
    simulator = simulate(team(database({"A": table("Orders", **fields)}, records)), ids_parameter="ignored")
    assert run_tap(simulator, formulas={"*.sum": "number"}).error is not None


def test_the_answer_may_come_in_any_form_and_order(simulate):
    simulator = simulate(shop(3))
    answers = iter([[[{"i": 3, "f0": 3}, {"i": "1", "f0": 1}], {"i": 99, "f0": 9}, None, 7], {"i": 2, "f0": 2}])
    with limits.answers_of_queries(lambda _: next(answers)):
        run = run_tap(simulator, formulas={"*.gross": "number"})
    assert computed(run, "_id", "gross") == [(1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize("nothing", [None, "", {}, [], [[]]])
def test_an_answer_without_values_makes_them_null_and_counts_them(simulate, caplog, nothing):
    simulator = simulate(shop(3))
    asked = []
    with limits.answers_of_queries(lambda script: asked.append(script) or copy.deepcopy(nothing)):
        run = run_tap(simulator, formulas={"*.gross": "number"})
    assert (run.error, computed(run, "gross")) == (None, [(None,)] * 3)
    assert "3 values of formula gross could not be computed" in caplog.text
    assert len(asked) <= 6


@pytest.mark.parametrize("answer", [7, "text", [1, 2, 3], {"message": "too busy"}], ids=str)
def test_an_answer_of_another_form_makes_no_value_null(simulate, answer):
    simulator = simulate(shop(3))
    with limits.answers_of_queries(lambda _: copy.deepcopy(answer)):
        run = run_tap(simulator, formulas={"*.gross": "number"})
    assert (run.rows(STREAM), "in an unknown form" in run.stream_error(STREAM)) == ([], True)
    assert computed(run_tap(simulator, formulas={"*.gross": "number"}, state=run.state), "_id") == [(1,), (2,), (3,)]


NAMES = ['Preis "netto"', "🌱 Größe (cm)", "a'b", "x\\y", "Ende; delete this", "do", "Id"]


def test_names_of_every_kind_are_only_names(simulate):
    fields = {f"F{number}": fn(name, f"Net + {number}") for number, name in enumerate(NAMES)}
    simulator = simulate(shop(3, formulas=fields))
    run = run_tap(simulator, formulas={"*": "number"})
    assert run.error is None
    formulas = {item["name"]: item["property"] for item in run.rows("ninox_fields") if item["type"] == "fn"}
    assert [run.rows(STREAM)[0][formulas[name]] for name in NAMES] == list(range(10, 17))
    assert len(list(simulator.edit.records("A"))) == 3


def test_a_formula_that_no_script_can_name_is_null_with_a_reason(simulate, caplog):
    fields = {"F": fn("a'b", "Net"), "G": fn("F", "Net")}
    run = run_tap(simulate(shop(2, formulas=fields)), formulas={"*": "number"})
    assert computed(run, "a_b", "f") == [(None, 10), (None, 20)]
    assert "a_b is null: no script can name it for certain" in caplog.text


def test_a_caption_that_is_the_id_of_another_field_brings_no_value_of_that_field(simulate):
    simulator = simulate(team(database({"A": customers(C=field("fn", "B", fn="7"))}, {"A": customer_records(1)})))
    (row,) = run_tap(simulator, formulas={"*.b": "number"}).rows("shop__customers")
    assert (row["amount"], row["b"]) == (10, 7)


@pytest.mark.parametrize("caption", ["F", "Id"])
def test_a_table_whose_only_formula_no_script_can_name_comes_without_it(simulate, caplog, caption):
    tables = {"A": table("Orders", A=field("number", caption), F=fn(caption, "A + A"), G=field("string", "F"))}
    by_id = {f"{DATABASE_ID}.A.{key}": key.lower() for key in "AFG"}
    simulator = simulate(team(database(tables, {"A": [RecordDocument(1, {"A": 2}, 1)]})))
    run = run_tap(simulator, formulas={"*.*": "number"}, aliases=by_id)
    assert run.error is None
    assert "The formula of property f is null" in caplog.text
    ((row,)) = run.rows("shop__orders")
    assert (row["a"], row["f"], row["g"]) == (2, None, None)


def test_the_caption_of_today_is_asked_for_and_the_property_of_the_catalog_kept(simulate):
    simulator = simulate(shop(2))
    catalog = discover(simulator, formulas={"*.gross": "number"})
    simulator.edit.schema["types"]["A"]["fields"]["G"]["caption"] = "Brutto"
    simulator.edit.schema["types"]["A"]["caption"] = "Aufträge"
    run = run_tap(simulator, catalog=catalog)
    assert computed(run, "gross") == [(pytest.approx(Decimal("11.9")),), (pytest.approx(Decimal("23.8")),)]


def test_far_apart_ids_are_asked_for_by_name_and_not_by_range(simulate):
    simulator = simulate(shop(ids=[1, 2, 900_000]))
    with limits.scripts_that_arrive() as scripts:
        run = run_tap(simulator, formulas={"*.gross": "number"})
    assert len(computed(run, "gross")) == 3
    assert "where" not in scripts[0]
    assert "record('Orders', 900000)" in scripts[0]


@pytest.mark.parametrize(
    ("switches", "formula_type", "counted"),
    [
        ({"query_not_a_number": "null"}, "number", 0),
        ({"query_not_a_number": "text"}, "number", 2),
        ({"query_not_a_number": "text"}, "string", 2),
        ({"query_not_a_number": "null"}, "string", 2),
    ],
)
def test_infinity_and_not_a_number_are_null(simulate, caplog, switches, formula_type, counted):
    fields = {"F": fn("ratio", "Net / (Net - 10)"), "G": fn("zero", "(Net - 10) / (Net - 10)")}
    run = run_tap(simulate(shop(2, formulas=fields), **switches), formulas={"*": formula_type})
    first, second = computed(run, "ratio", "zero")
    assert first == (None, None)
    assert [Decimal(value) for value in second] == [2, 1]
    assert sum(run.report["streams"][STREAM]["nulled"].values()) == counted


@pytest.mark.parametrize("status", ["500", "400", "200"])
def test_a_formula_that_fails_costs_its_own_values_where_it_fails_and_nothing_else(simulate, caplog, status):
    fields = {
        "F": fn("good", "Net + 1"),
        "G": fn("bad", "if Net = 70 then No * 2 else 1 end"),
        "H": fn("fine", "Net + 2"),
    }
    simulator = simulate(shop(12, formulas=fields), formula_errors="fail", script_errors=status)
    run = run_tap(simulator, formulas={"*": "number"}, page_size=12)
    assert run.error is None
    assert computed(run, "good", "bad", "fine") == [
        (n * 10 + 1, None if n == 7 else 1, n * 10 + 2) for n in range(1, 13)
    ]
    assert "formula of property bad" in caplog.text
    assert "1 value of formula bad could not be computed" in caplog.text
    assert len(queries(simulator)) <= 14


def test_a_formula_that_always_fails_is_given_up_and_does_not_spoil_the_others(simulate, caplog):
    fields = {"F": fn("good", "Net + 1"), "G": fn("bad", "nonsense(Net)")}
    simulator = simulate(shop(60, formulas=fields), formula_errors="fail")
    run = run_tap(simulator, formulas={"*": "number"}, page_size=10)
    assert computed(run, "good", "bad") == [(n * 10 + 1, None) for n in range(1, 61)]
    assert "60 values of formula bad could not be computed" in caplog.text
    assert len(queries(simulator)) < 60, "each value that fails shows whether any script runs"


def test_a_server_that_fails_whatever_it_is_asked_makes_no_value_null(simulate):
    simulator = simulate(shop(3))
    simulator.faults.add("status", status=500, path="/query$", times=None)
    run = run_tap(simulator, formulas={"*.gross": "number"})
    assert (run.rows(STREAM), len(queries(simulator))) == ([], 3)
    assert "500" in run.stream_error(STREAM)
    simulator.faults.clear()
    assert computed(run_tap(simulator, formulas={"*.gross": "number"}, state=run.state), "_id") == [(1,), (2,), (3,)]


def test_an_error_value_is_null_and_counted(simulate, caplog):
    fields = {"F": fn("bad", "nonsense(Net)")}
    run = run_tap(simulate(shop(2, formulas=fields), formula_errors="text"), formulas={"*": "string"})
    assert computed(run, "bad") == [(None,), (None,)]
    assert run.report["streams"][STREAM]["nulled"] == {"bad": 2}


def test_a_key_that_may_not_query_is_one_clear_error_of_that_stream(simulate, caplog):
    simulator = simulate(shop(3))
    simulator.faults.add("status", status=403, path="/query$", times=None)
    run = run_tap(simulator, formulas={"*.gross": "number"})
    assert run.rows(STREAM) == []
    assert len(queries(simulator)) == 1
    assert "formulas cannot be read, since this key may not run queries" in run.stream_error(STREAM)
    assert "ninox_fields" in run.report["streams"]
    simulator.faults.clear()
    assert len(run_tap(simulator, formulas={"*.gross": "number"}, state=run.state).rows(STREAM)) == 3


def test_a_server_that_is_busy_ends_the_stream_where_it_can_go_on(simulate):
    simulator = simulate(shop(10))
    simulator.faults.add("status", status=503, path="/query$", after=1, times=None)
    died = run_tap(simulator, formulas={"*.gross": "number"}, page_size=4)
    assert died.ids(STREAM) == [1, 2, 3, 4]
    simulator.faults.clear()
    rest = run_tap(simulator, formulas={"*.gross": "number"}, page_size=4, state=died.state)
    assert rest.ids(STREAM) == [5, 6, 7, 8, 9, 10]
    assert None not in [row["gross"] for row in died.rows(STREAM) + rest.rows(STREAM)]


@pytest.mark.parametrize(
    "fault",
    [{"kind": "status", "status": 413}, {"kind": "status", "status": 504}, {"kind": "slow", "seconds": 2}],
    ids=["too large", "no time", "time-out"],
)
def test_a_question_that_is_too_much_is_asked_in_parts_from_then_on(simulate, caplog, fault):
    simulator = simulate(shop(16))
    simulator.faults.add(**fault, path="/query$", times=1)
    run = run_tap(simulator, formulas={"*.gross": "number"}, page_size=8, request_timeout=1)
    assert None not in [row["gross"] for row in run.rows(STREAM)]
    assert len(queries(simulator)) == 1 + 2 + 2
    assert "from now on 4 are asked for" in caplog.text


def test_pages_that_are_read_at_once_get_their_own_values(simulate):
    simulator = simulate(shop(60))
    run = run_tap(simulator, formulas={"*.gross": "number"}, page_size=5, max_parallel_requests=4)
    assert {row["_id"]: row["gross"] for row in run.rows(STREAM)} == {
        number: pytest.approx(Decimal("11.9") * number) for number in range(1, 61)
    }


def test_a_row_that_is_deleted_between_page_and_query_comes_without_its_formula(simulate):
    simulator = simulate(shop(4))
    simulator.between(lambda edit, _, path: path.endswith("/query") and not is_gone(edit, 2) and edit.delete("A", 2))
    run = run_tap(simulator, formulas={"*.gross": "number"})
    assert [row["gross"] is None for row in run.rows(STREAM)] == [False, True, False, False]
    assert run.report["streams"][STREAM]["uncomputed"] == {"gross": 1}


def test_changed_rows_bring_their_formulas_and_all_rows_get_them_after_a_day(simulate):
    simulator = simulate(shop(5))
    first = run_tap(simulator, formulas={"*.gross": "number"})
    simulator.edit.update("A", 4, {"B": 100})
    later = run_tap(simulator, formulas={"*.gross": "number"}, state=first.state)
    assert computed(later, "_id", "gross") == [(4, 119)]
    aged = copy.deepcopy(later.state)
    aged["bookmarks"][STREAM]["full_refresh_at"] = "2020-01-01T00:00:00Z"
    whole = run_tap(simulator, formulas={"*.gross": "number"}, state=aged)
    assert whole.ids(STREAM) == [1, 2, 3, 4, 5]
    assert whole.of_type("ACTIVATE_VERSION", STREAM) == []
    assert run_tap(simulator, state=aged).ids(STREAM) == []
    never = run_tap(simulator, formulas={"*.gross": "number"}, state=aged, full_refresh_interval_hours=1_000_000)
    assert never.ids(STREAM) == []


def test_captions_instead_of_ids_are_still_noticed_when_formulas_are_joined(simulate):
    run = run_tap(simulate(shop(3), ids_parameter="ignored"), formulas={"*.gross": "number"})
    assert run.rows(STREAM) == []
    assert "ids=true" in run.stream_error(STREAM)


def test_a_pattern_that_names_nothing_is_told_with_the_nearest_name(simulate, caplog):
    run = run_tap(simulate(shop(1)), formulas={"shop__orders.gros": "number"})
    (problem,) = run.report["problems"]
    assert problem == (
        "formulas: 'shop__orders.gros' names no formula that this key can see. Did you mean 'shop__orders.gross'?"
    )
    assert len(run.rows(STREAM)) == 1
    assert str(run.error) == "Settings name what is not there (formulas): see the warnings above."


def test_a_name_counts_more_than_a_glob_and_of_globs_the_first(simulate):
    formulas = {"*.gross": "string", "*": "boolean", "SHOP__orders.gross": "number"}
    catalog = discover(simulate(shop(1)), formulas=formulas)
    properties = next(s for s in catalog["streams"] if s["tap_stream_id"] == STREAM)["schema"]["properties"]
    assert properties["gross"]["type"] == ["number", "null"]
    first = discover(simulate(shop(1)), formulas=dict(list(formulas.items())[:2]))
    properties = next(s for s in first["streams"] if s["tap_stream_id"] == STREAM)["schema"]["properties"]
    assert properties["gross"]["type"] == ["string", "null"]


def test_an_unknown_type_is_refused_before_anything_is_sent(simulate):
    simulator = simulate(shop(1))
    run = run_tap(simulator, formulas={"*": "money"})
    assert "formulas: the type 'money' of '*' is unknown; use one of string, number" in str(run.error)
    assert calls(simulator) == []
