"""Scripts of the user's own as streams: every form of answer, typed, checked, and errors that tell no secrets."""

from __future__ import annotations

import pytest

from tests.helpers import limits
from tests.helpers.run import discover, run_tap, scripts
from tests.helpers.seeds import DATABASE_ID, shop
from tests.helpers.wire import calls

TOTALS = {
    "name": "totals",
    "database": "Shop",
    "query": "for c in select Customers do {id: number(c), name: c.Name, amount: c.Amount, big: c.Amount > 20} end",
    "key_properties": ["id"],
    "schema": {"id": "integer", "name": "string", "amount": "number", "big": "boolean"},
}


def query(text, **more):
    return {"name": "q", "database": DATABASE_ID, "query": text, **more}


def scripts_run(simulator):
    return [call for call in calls(simulator) if call.method == "POST"]


@pytest.mark.parametrize("nesting", ["flat", "nested"])
def test_objects_become_rows_typed_by_the_given_schema_for_one_call(simulate, nesting, caplog):
    simulator = simulate(shop(3), query_nesting=nesting)
    run = run_tap(simulator, queries=scripts(TOTALS))
    assert run.rows("totals") == [{"id": n, "name": f"name {n}", "amount": n * 10, "big": n > 2} for n in (1, 2, 3)]
    (schema,) = run.of_type("SCHEMA", "totals")
    assert schema["key_properties"] == ["id"]
    assert {name: item["type"][0] for name, item in schema["schema"]["properties"].items()} == {
        "id": "integer",
        "name": "string",
        "amount": "number",
        "big": "boolean",
    }
    assert schema["schema"]["properties"]["id"]["type"] == ["integer"]
    assert [call.path.rpartition("/")[2] for call in scripts_run(simulator)] == ["query"]
    assert "that no database stores" not in caplog.text


def test_discovery_asks_nothing_where_the_schema_is_given(simulate):
    simulator = simulate(shop(3))
    catalog = discover(simulator, queries=scripts(TOTALS))
    assert "totals" in {stream["tap_stream_id"] for stream in catalog["streams"]}
    assert scripts_run(simulator) == []


def test_without_a_schema_discovery_asks_once_and_a_sync_with_its_catalog_once_more(simulate, caplog):
    simulator = simulate(shop(3))
    queries = scripts({name: value for name, value in TOTALS.items() if name != "schema"})
    catalog = discover(simulator, queries=queries)
    assert len(scripts_run(simulator)) == 1
    simulator.log.clear()
    run = run_tap(simulator, catalog=catalog, queries=queries)
    assert len(scripts_run(simulator)) == 1
    assert [row["amount"] for row in run.rows("totals")] == [10, 20, 30]
    simulator.log.clear()
    again = run_tap(simulator, queries=queries)
    assert again.rows("totals") == run.rows("totals")
    assert len(scripts_run(simulator)) == 1
    assert again.report["streams"]["totals"]["api_calls"] == 1
    assert run.of_type("SCHEMA", "totals")[0]["schema"]["properties"]["big"]["type"] == ["boolean", "null"]


def kinds(run):
    (schema,) = run.of_type("SCHEMA", "q")
    return {name: item["type"][0] for name, item in schema["schema"]["properties"].items()}


@pytest.mark.parametrize("has_catalog", [False, True], ids=["no catalog", "meltano"])
@pytest.mark.parametrize(
    ("later", "rows"),
    [
        ("[]", []),
        ("[{a: null, b: null}]", [{"a": None, "b": None}]),
        ("[{a: 2, b: 3}]", [{"a": 2, "b": "3"}]),
        ('[{a: 2, b: "y", c: true}]', [{"a": 2, "b": "y", "c": True}]),
    ],
)
def test_without_a_schema_properties_keep_the_types_that_they_had(simulate, later, rows, has_catalog):
    """A column cannot change its type, and an answer without values shows none."""
    simulator = simulate(shop(1))
    first = run_tap(simulator, queries=scripts(query('[{a: 1, b: "x"}]')))
    queries = scripts(query(later))
    catalog = discover(simulator, queries=queries) if has_catalog and rows else None
    run = run_tap(simulator, queries=queries, state=first.state, catalog=catalog)
    assert run.error is None
    assert [{key: row[key] for key in row if key != "_position"} for row in run.rows("q")] == rows
    assert kinds(run).items() >= kinds(first).items()
    assert kinds(run_tap(simulator, queries=scripts(query("[]")), state=run.state)) == kinds(run)


@pytest.mark.parametrize("has_catalog", [False, True], ids=["no catalog", "meltano"])
@pytest.mark.parametrize("later", ['"n/a"', "true"])
def test_what_does_not_fit_the_type_that_a_property_had_is_an_error_that_names_the_setting(
    simulate, later, has_catalog, caplog
):
    simulator = simulate(shop(1))
    state = run_tap(simulator, queries=scripts(query("[{a: 1}]"))).state
    queries = scripts(query(f"[{{a: {later}}}]"))
    catalog = discover(simulator, queries=queries) if has_catalog else None
    run = run_tap(simulator, queries=queries, state=state, catalog=catalog)
    assert (run.rows("q"), run.of_type("ACTIVATE_VERSION", "q")) == ([], [])
    assert "queries.q.schema" in run.stream_error("q")
    assert "n/a" not in run.stream_error("q")
    assert run.ids("shop__customers") == []
    caplog.clear()
    said = run_tap(simulator, queries=scripts({**query(f"[{{a: {later}}}]"), "schema": {"a": "number"}}), state=state)
    assert (said.error, [row["a"] for row in said.rows("q")]) == (None, [None])
    assert "was sent as" not in caplog.text
    run_tap(simulator, queries=scripts({**query("[{a: 1}]"), "schema": {"a": "string"}}), state=state)
    assert "a was sent as number and is sent as string now, by queries.q.schema" in caplog.text


@pytest.mark.parametrize(
    ("text", "nesting", "rows"),
    [
        ("cnt(select Customers)", "flat", [{"value": 3}]),
        ("select Customers", "flat", [{"value": "A1"}, {"value": "A2"}, {"value": "A3"}]),
        ("select Customers", "nested", [{"value": "A1"}, {"value": "A2"}, {"value": "A3"}]),
        ("(select Customers).Name", "flat", [{"value": "name 1"}, {"value": "name 2"}, {"value": "name 3"}]),
        ("{a: 1, b: {c: [1, 2]}}", "flat", [{"a": 1, "b": '{"c":[1,2]}'}]),
        ("null", "flat", []),
        ('""', "flat", []),
        ("[]", "flat", []),
        ("{}", "flat", []),
        ("[[1, true], [2, false]]", "flat", [{"value_1": 1, "value_2": True}, {"value_1": 2, "value_2": False}]),
    ],
)
def test_every_form_of_answer_becomes_rows_that_are_known_by_position(simulate, text, nesting, rows):
    run = run_tap(simulate(shop(3), query_nesting=nesting), queries=scripts(query(text)))
    assert run.error is None
    assert run.rows("q") == [{**row, "_position": number} for number, row in enumerate(rows, start=1)]


def test_values_that_do_not_fit_are_null_and_counted_and_unknown_members_named(simulate, caplog):
    text = '[{a: 1, b: "x"}, {a: "y", b: "z", c: "secret"}, {a: 10000000000000000000}]'
    run = run_tap(simulate(shop(1)), queries=scripts(query(text, schema={"a": "integer", "b": "string"})))
    assert [(row["a"], row["b"]) for row in run.rows("q")] == [(1, "x"), (None, "z"), (None, None)]
    assert run.report["streams"]["q"]["nulled"] == {"a": 2}
    assert "Query 'q' answers members that its schema lacks: c." in caplog.text
    assert "secret" not in caplog.text


def test_rows_that_are_gone_are_told_by_a_version_activated_after_the_last_row(simulate):
    simulator = simulate(shop(3))
    first = run_tap(simulator, queries=scripts(TOTALS))
    simulator.edit.delete("A", 2)
    later = run_tap(simulator, state=first.state, queries=scripts(TOTALS))
    (activation,) = later.of_type("ACTIVATE_VERSION", "totals")
    rows = later.of_type("RECORD", "totals")
    assert [row["record"]["id"] for row in rows] == [1, 3]
    assert {row["version"] for row in rows} == {activation["version"]}
    assert activation["version"] > first.of_type("ACTIVATE_VERSION", "totals")[0]["version"]
    assert later.messages.index(activation) > later.messages.index(rows[-1])


@pytest.mark.parametrize("status", ["500", "400", "200"])
@pytest.mark.parametrize("schema", [{}, {"value": "string"}], ids=["no schema", "schema"])
@limits.no_pauses()
def test_a_script_that_fails_is_named_and_neither_it_nor_values_are_told(simulate, caplog, status, schema):
    simulator = simulate(shop(2), script_errors=status)
    run = run_tap(simulator, queries=scripts(query('secret_function("canary")', schema=schema)))
    assert "Query 'q': POST" in caplog.text
    assert "own console" in caplog.text
    assert "streams could not be read to their end: q." in str(run.error)
    assert "secret_function" not in caplog.text + str(run.error)
    assert "canary" not in caplog.text + str(run.error)
    assert run.ids("shop__customers") == [1, 2]


@limits.no_pauses()
def test_a_script_that_writes_is_refused_by_the_endpoint_it_goes_to(simulate):
    simulator = simulate(shop(2))
    run = run_tap(simulator, queries=scripts(query("delete (select Customers)", schema={"value": "string"})))
    assert "q" in str(run.error)
    assert {call.path.rpartition("/")[2] for call in scripts_run(simulator)} == {"query"}
    assert [record.id for record in simulator.edit.records("A")] == [1, 2]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("[{id: 1}, {id: null}]", "row 2 has no value of key property 'id'"),
        ("[{id: 1}, {id: 2}, {id: 1}]", "rows 1 and 3 have the same key"),
        ("[{a: 1}]", "no row has the key property 'id'; there is a."),
    ],
)
def test_a_key_that_does_not_identify_is_an_error_of_that_query(simulate, rows, problem):
    run = run_tap(simulate(shop(1)), queries=scripts(query(rows, key_properties=["id"])))
    assert problem in run.stream_error("q")
    assert run.of_type("ACTIVATE_VERSION", "q") == []


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (query("1") | {"name": "a-b"}, "queries: 'a-b' cannot be a stream's name"),
        (query(" "), "the query of 'q' is empty"),
        (query("1", schema={"a": "money"}), "the type 'money' of q.a is unknown"),
        (
            query("1", schema={"a": "string"}, key_properties=["b"]),
            "the key property 'b' of 'q' is not in its schema",
        ),
        (query("1") | {"name": "ninox_fields"}, "queries: 'ninox_fields' is the name of another stream already"),
        (
            query("1") | {"name": "Shop__Customers"},
            "queries: 'Shop__Customers' is the name of another stream already",
        ),
        (query("1") | {"name": "ninox_deleted_records"}, "is the name of another stream already"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_a_script_is_sent(simulate, script, problem):
    simulator = simulate(shop(1))
    run = run_tap(simulator, queries=scripts(script))
    assert problem in str(run.error)
    assert scripts_run(simulator) == []


def test_a_query_of_a_database_that_is_not_there_is_a_failed_stream_and_the_others_are_read(simulate):
    run = run_tap(simulate(shop(1)), queries=scripts(query("1") | {"database": "Shopp"}))
    assert run.stream_error("q").startswith("queries.q.database: nothing is called 'Shopp'. Did you mean 'Shop'?")
    assert (len(run.rows("shop__customers")), run.report["succeeded"]) == (1, False)


def test_a_query_needs_no_right_to_read_schemas(simulate):
    simulator = simulate(shop(3), schema_access="forbidden")
    catalog = discover(simulate(shop(3)), queries=scripts(TOTALS))
    run = run_tap(simulator, catalog=catalog, queries=scripts(TOTALS))
    assert len(run.rows("totals")) == 3


def test_the_budget_stops_queries_like_all_else(simulate):
    simulator = simulate(shop(3))
    run = run_tap(simulator, queries=scripts(TOTALS), max_api_calls=3)
    assert run.rows("totals") == []
    assert "max_api_calls" in str([report["error"] for report in run.report["streams"].values()])
    assert len(calls(simulator)) == 3
