"""A saved catalog pins names; `follow_names` takes those of now, and keeps what people selected."""

from __future__ import annotations

import pytest

from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import customer_records, customers, database, field, table, team

CHANGES = ("table", "field", "choice")


@pytest.fixture
def renamed(simulate):
    """A database whose table, field and choice got other names after the catalog was saved and edited by a person."""
    choice = field("choice", "State", values={"1": {"caption": "open"}})
    tables = {"A": customers(C=choice, D=field("string", "Secret")), "B": table("Orders")}
    simulator = simulate(team(database(tables, {"A": customer_records(2)})))
    catalog = discover(simulator)
    for stream in catalog["streams"]:
        for item in stream["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = stream["tap_stream_id"] == "shop__customers"
            elif item["breadcrumb"][-1] in {"secret", "state_id", "_created_by"}:
                item["metadata"]["selected"] = False
    simulator.edit.rename_table("A", "Clients")
    simulator.edit.rename_field("A", "B", "Price")
    simulator.edit.rename_field("A", "C", "Stage")
    simulator.edit.rename_field("A", "D", "Hush")
    return simulator, catalog


def properties(run, stream):
    return {name for name in run.rows(stream)[0] if not name.startswith("_")}


def test_names_are_those_of_the_saved_catalog(renamed):
    simulator, catalog = renamed
    run = run_tap(simulator, catalog=catalog)
    assert {message["stream"] for message in run.of_type("RECORD")} == {"shop__customers"}
    assert properties(run, "shop__customers") == {"name", "amount", "state"}
    told = {drift["kind"]: drift["message"] for drift in run.report["drift"]}
    assert "the stream keeps its name" in told["table_renamed"]
    assert "the property stays" in told["field_renamed"]


def test_names_follow_and_the_selection_stays(renamed):
    simulator, catalog = renamed
    run = run_tap(simulator, catalog=catalog, follow_names=True)
    assert {message["stream"] for message in run.of_type("RECORD")} == {"shop__clients"}
    assert properties(run, "shop__clients") == {"name", "price", "stage"}
    assert "_created_by" not in run.rows("shop__clients")[0]
    assert "_modified_by" in run.rows("shop__clients")[0]
    told = {drift["before"]: drift["message"] for drift in run.report["drift"] if drift["kind"].endswith("renamed")}
    assert "the stream was shop__customers, which gets no more rows" in told["Customers"]
    assert "the property was amount and is price" in told["Amount"]


def test_a_stream_under_a_new_name_is_read_whole_even_with_a_state(renamed):
    simulator, catalog = renamed
    state = run_tap(simulator, catalog=catalog).state
    followed = run_tap(simulator, catalog=catalog, state=state, follow_names=True)
    assert followed.ids("shop__clients") == [1, 2]
    again = run_tap(simulator, catalog=catalog, state=followed.state, follow_names=True)
    assert again.error is None
    assert again.ids("shop__clients") == []
    assert again.report["drift"] == []


def test_a_new_field_is_read_where_names_are_followed(renamed):
    simulator, catalog = renamed
    simulator.edit.add_field("A", "E", field("string", "Colour"))
    assert "colour" in properties(run_tap(simulator, catalog=catalog, follow_names=True), "shop__clients")
    assert "colour" not in properties(run_tap(simulator, catalog=catalog), "shop__customers")


def test_replication_method_is_kept(renamed):
    simulator, catalog = renamed
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE" if stream["tap_stream_id"] == "shop__customers" else None
    run = run_tap(simulator, catalog=catalog, follow_names=True)
    again = run_tap(simulator, catalog=catalog, state=run.state, follow_names=True)
    assert again.ids("shop__clients") == [1, 2]


def test_a_catalog_pins_where_schemas_are_forbidden_whatever_is_asked(renamed):
    simulator, catalog = renamed
    simulator.switches.update({"schema_access": "forbidden"})
    run = run_tap(simulator, catalog=catalog, follow_names=True)
    assert run.ids("shop__customers") == [1, 2]


def test_without_a_catalog_names_are_those_of_now(renamed):
    simulator, _ = renamed
    assert run_tap(simulator).ids("shop__clients") == [1, 2]
