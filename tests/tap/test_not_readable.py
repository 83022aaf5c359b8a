"""What cannot be read this time is not gone: its rows stay, it stands in the report, and the others are read."""

from __future__ import annotations

import json

import pytest

from ninox_api.errors import NinoxConfigError
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, field, shop, table, team

STREAM, NOTES, STOCK = "shop__customers", "shop__notes", "depot__stock"
DEPOT = "db0000000002"
LISTS = ["ninox_databases", "ninox_tables", "ninox_fields", "ninox_choices"]


def two_databases():
    gross = field("fn", "Gross", fn="Amount * 2")
    here = {"A": customers(C=gross), "B": table("Notes", A=field("string", "Text"))}
    there = {"A": table("Stock", A=field("string", "Name"), C=field("choice", "State", values={"1": {"caption": "x"}}))}
    return team(
        database(here, {"A": customer_records(3), "B": customer_records(2)}),
        database(there, {"A": customer_records(2)}, id=DEPOT, name="Depot"),
    )


@pytest.fixture
def loaded(simulate):
    simulator = simulate(two_databases())
    first = run_tap(simulator)
    assert first.error is None
    simulator.edit.update("A", 1, {"A": "x"})
    return simulator, first


def refuse(simulator, path, status=403):
    simulator.faults.add("status", status=status, path=path, times=None)


def vanish(simulator):
    del simulator.store.teams[TEAM_ID].databases[DEPOT]


WAYS = {
    "403": lambda simulator: refuse(simulator, f"databases/{DEPOT}"),
    "404": lambda simulator: refuse(simulator, f"databases/{DEPOT}", 404),
    "no longer listed": vanish,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_database_that_cannot_be_read_is_a_failed_stream_and_the_others_are_read(loaded, way):
    simulator, first = loaded
    WAYS[way](simulator)
    run = run_tap(simulator, state=first.state)
    assert run.ids(STREAM) == [1]
    assert run.stream_error(STREAM) is None
    assert f'databases: ["!{DEPOT}"]' in run.stream_error(STOCK)
    assert run.report["streams"][STOCK]["outcome"] == "failed"
    assert STOCK in str(run.error)
    assert run.bookmark(STOCK) == first.bookmark(STOCK)


@pytest.mark.parametrize("way", WAYS)
def test_no_list_without_it_is_activated(loaded, way):
    simulator, first = loaded
    simulator.edit.add_field("B", "Z", field("string", "New"))  # something to list
    WAYS[way](simulator)
    run = run_tap(simulator, state=first.state)
    assert [message for name in LISTS for message in run.of_type("ACTIVATE_VERSION", name)] == []
    assert any(row["field_id"] == "Z" for row in run.rows("ninox_fields"))
    versions = {message["version"] for message in run.of_type("RECORD", "ninox_fields")}
    assert versions == {first.bookmark("ninox_fields")["table_version"]}
    simulator.faults.clear()
    if way != "no longer listed":
        healed = run_tap(simulator, state=run.state)
        assert healed.error is None
        assert {row["database_id"] for row in healed.rows("ninox_databases")} == {DATABASE_ID, DEPOT}
        assert healed.of_type("ACTIVATE_VERSION", "ninox_databases")


@pytest.mark.parametrize("way", WAYS)
def test_left_out_by_the_line_that_the_message_prints_it_fails_no_longer(loaded, way):
    simulator, first = loaded
    WAYS[way](simulator)
    message = run_tap(simulator, state=first.state).stream_error(STOCK)
    line = json.loads(message[message.index("databases: ") + len("databases: ") :])
    run = run_tap(simulator, state=first.state, databases=line)
    assert (run.error, run.ids(STREAM)) == (None, [1])
    assert {row["database_id"] for row in run.rows("ninox_databases")} == {DATABASE_ID}
    assert run.of_type("ACTIVATE_VERSION", "ninox_databases")


def test_a_database_that_the_settings_do_not_name_is_not_missed(loaded):
    simulator, first = loaded
    vanish(simulator)
    assert run_tap(simulator, state=first.state, databases=["Shop"]).error is None


def test_a_schema_that_lost_its_formulas_activates_no_list_of_fields(loaded):
    simulator, first = loaded
    simulator.switches.update({"schema_access": "tables_only"})
    run = run_tap(simulator, state=first.state)
    assert run.error is None
    assert run.of_type("ACTIVATE_VERSION", "ninox_fields") == run.of_type("ACTIVATE_VERSION", "ninox_tables") == []


def test_a_list_that_was_never_read_in_full_is_activated(simulate):
    simulator = simulate(two_databases(), schema_access="tables_only")
    run = run_tap(simulator)
    assert run.of_type("ACTIVATE_VERSION", "ninox_fields")


@pytest.mark.parametrize("status", [403, 404])
def test_a_table_that_was_read_before_and_cannot_be_fails_until_it_is_left_out(loaded, status):
    simulator, first = loaded
    simulator.edit.update("B", 2, {"A": "x"})
    refuse(simulator, f"{DATABASE_ID}/tables/B/", status)
    run = run_tap(simulator, state=first.state)
    assert run.ids(STREAM) == [1]
    assert f'tables: ["!{DATABASE_ID}.B"]' in run.stream_error(NOTES)
    assert f"meltano select tap-ninox --exclude {NOTES} '*'" in run.stream_error(NOTES)
    assert run.of_type("ACTIVATE_VERSION", NOTES) == run.tombstones(NOTES) == []
    left_out = run_tap(simulator, state=first.state, tables=[f"!{DATABASE_ID}.B"])
    assert (left_out.error, left_out.ids(STREAM), NOTES in left_out.report["streams"]) == (None, [1], False)
    assert STOCK in left_out.report["streams"]


@pytest.mark.parametrize("pattern", ["!B", "!Notes", "!No*"])
def test_a_table_is_left_out_by_id_name_or_glob(loaded, pattern):
    simulator, first = loaded
    run = run_tap(simulator, state=first.state, tables=[pattern])
    assert (run.error, NOTES in run.report["streams"], STREAM in run.report["streams"]) == (None, False, True)


@pytest.mark.parametrize("status", [403, 404])
def test_a_table_that_was_never_read_and_is_forbidden_is_a_warning_with_the_command(simulate, caplog, status):
    simulator = simulate(two_databases())
    refuse(simulator, f"{DATABASE_ID}/tables/B/", status)
    run = run_tap(simulator)
    assert (run.error, run.report["succeeded"], run.ids(STREAM)) == (None, True, [1, 2, 3])
    assert (run.report["streams"][NOTES]["outcome"], run.stream_error(NOTES)) == ("not_permitted", None)
    assert f"meltano select tap-ninox --exclude {NOTES} '*'" in caplog.text
    assert f'tables: ["!{DATABASE_ID}.B"]' in caplog.text
    again = run_tap(simulator, state=run.state)
    assert again.error is None


def test_a_key_that_may_read_no_table_at_all_fails(simulate):
    simulator = simulate(shop(3))
    catalog = discover(simulator)
    catalog["streams"] = [entry for entry in catalog["streams"] if entry["tap_stream_id"] == STREAM]
    refuse(simulator, "tables/A/")
    assert "None of the selected streams may be read" in str(run_tap(simulator, catalog=catalog).error)


def test_a_table_that_a_readable_schema_no_longer_lists_was_removed(loaded, caplog):
    simulator, first = loaded
    del simulator.edit.schema["types"]["B"]
    caplog.clear()
    run = run_tap(simulator, state=first.state)
    assert (run.error, run.ids(STREAM)) == (None, [1])
    assert len([r for r in caplog.records if "table 'Notes' is gone" in r.getMessage()]) == 1
    caplog.clear()
    assert run_tap(simulator, state=run.state).error is None
    assert "table 'Notes' is gone" not in caplog.text


def test_a_table_of_a_saved_catalog_that_was_removed_stands_in_the_report_as_that(loaded):
    simulator, first = loaded
    catalog = discover(simulator)
    del simulator.edit.schema["types"]["B"]
    run = run_tap(simulator, state=first.state, catalog=catalog)
    assert (run.error, run.report["streams"][NOTES]["outcome"], run.ids(STREAM)) == (None, "removed", [1])


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"databases": ["Shop", "Gone"]}, "databases: nothing is called 'Gone'"),
        ({"tables": ["Customers", "Gone"]}, "tables: nothing is called 'Gone'"),
        ({"database_passwords": {"Gone": "pw"}}, "database_passwords: nothing is called 'Gone'"),
    ],
    ids=str,
)
def test_a_name_that_is_no_longer_there_does_not_stop_the_others(loaded, settings, named):
    simulator, first = loaded
    run = run_tap(simulator, state=first.state, **settings)
    assert run.ids(STREAM) == [1]
    assert "Settings name what is not there" in str(run.error)
    assert (run.report["succeeded"], named in run.report["problems"][0]) == (False, True)


def test_a_database_named_in_the_settings_that_vanished_is_a_failed_stream(loaded):
    simulator, first = loaded
    vanish(simulator)
    run = run_tap(simulator, state=first.state, databases=["Shop", "Depot"])
    assert run.ids(STREAM) == [1]
    assert f'databases: ["Shop", "Depot", "!{DEPOT}"]' in run.stream_error(STOCK)


def test_names_that_all_name_nothing_are_refused(simulate):
    with pytest.raises(NinoxConfigError, match="databases: nothing is called 'Shpo'"):
        discover(simulate(shop(1)), databases=["Shpo"])


def test_when_the_calls_are_used_up_every_selected_stream_stands_in_the_report(simulate):
    tables = {key: {**customers(), "caption": f"T{key}"} for key in "ABCD"}
    simulator = simulate(team(database(tables, {key: customer_records(3) for key in "ABCD"})))
    run = run_tap(simulator, max_api_calls=5)
    outcomes = {name: stream["outcome"] for name, stream in run.report["streams"].items() if name.startswith("shop")}
    assert outcomes == {
        "shop__ta": "complete", "shop__tb": "failed", "shop__tc": "not_begun", "shop__td": "not_begun"
    }  # fmt: skip
    assert "2 streams not begun: shop__tc, shop__td" in str(run.error)
