"""A saved catalog: selection of streams and fields, and replication methods switched by metadata."""

from __future__ import annotations

import copy

import pytest

from tests.helpers.run import discover, replay, run_tap
from tests.helpers.seeds import customer_records, customers, database, shop, table, team
from tests.helpers.wire import changes_calls, record_pages

STREAM = "shop__customers"


def changed(catalog, stream, breadcrumb=(), **metadata):
    """Return a catalog with some metadata set, as `meltano select` and `meltano config … metadata` do."""
    changed_catalog = copy.deepcopy(catalog)
    (entry,) = [entry for entry in changed_catalog["streams"] if entry["tap_stream_id"] == stream]
    item = next(item for item in entry["metadata"] if item["breadcrumb"] == list(breadcrumb))
    item["metadata"].update({name.replace("_", "-"): value for name, value in metadata.items()})
    if not breadcrumb:
        entry.update(metadata)  # Meltano writes what it sets for a stream here, too
    return changed_catalog


@pytest.mark.parametrize("access", ["allowed", "tables_only", "forbidden"])
def test_a_deselected_stream_costs_no_call_and_a_deselected_field_is_not_sent(simulate, access):
    tables = {"A": customers(), "B": table("Orders", A={"base": "string", "caption": "No"})}
    simulator = simulate(team(database(tables, {"A": customer_records(3), "B": customer_records(3)})))
    catalog = changed(discover(simulator), "shop__orders", selected=False)
    catalog = changed(catalog, STREAM, ("properties", "amount"), selected=False)
    simulator.switches.update({"schema_access": access})
    simulator.log.clear()
    run = run_tap(simulator, catalog=catalog)
    assert run.error is None
    assert {"_id", "_sequence", "name"} < set(run.rows(STREAM)[0])
    assert "amount" not in run.rows(STREAM)[0].keys() | run.of_type("SCHEMA", STREAM)[0]["schema"]["properties"].keys()
    assert run.of_type("SCHEMA", "shop__orders") == []
    assert not any("/tables/B/" in call.path for call in simulator.log.entries)


def test_with_nothing_but_the_automatic_fields_selected_keys_and_sequence_come(simulate):
    simulator = simulate(shop(3))
    catalog = discover(simulator)
    (entry,) = [entry for entry in catalog["streams"] if entry["tap_stream_id"] == STREAM]
    for item in entry["metadata"]:
        if item["breadcrumb"]:
            item["metadata"]["selected"] = False
    run = run_tap(simulator, catalog=catalog)
    assert [set(row) for row in run.rows(STREAM)] == [{"_id", "_sequence"}] * 3


@pytest.mark.parametrize("parallel", [1, 3])
def test_full_table_reads_everything_every_time_under_a_new_version(simulate, parallel):
    simulator = simulate(shop(25))
    catalog = changed(discover(simulator), STREAM, replication_method="FULL_TABLE")
    settings = {"catalog": catalog, "page_size": 10, "max_parallel_requests": parallel}
    first = run_tap(simulator, **settings)
    simulator.edit.delete("A", 3)
    second = run_tap(simulator, state=first.state, **settings)
    assert sorted(second.ids(STREAM)) == [1, 2, *range(4, 26)]
    versions = [run.of_type("ACTIVATE_VERSION", STREAM)[0]["version"] for run in (first, second)]
    assert versions[0] < versions[1]
    kinds = [message["type"] for message in second.messages if message.get("stream") == STREAM]
    assert kinds == ["SCHEMA", *["RECORD"] * 24, "ACTIVATE_VERSION", "SCHEMA", "RECORD", "SCHEMA"]
    assert [row["_id"] for row in second.tombstones(STREAM)] == [3], "for loaders that ignore ACTIVATE_VERSION"


def test_after_full_table_changes_are_followed_from_the_last_reading_and_nothing_is_lost(simulate):
    simulator = simulate(shop(25))
    plain = discover(simulator)
    full = changed(plain, STREAM, replication_method="FULL_TABLE")
    first = run_tap(simulator)
    simulator.edit.update("A", 5, {"A": "before the full reading"})
    second = run_tap(simulator, catalog=full, state=first.state)
    simulator.edit.update("A", 7, {"A": "after it"})
    simulator.edit.delete("A", 9)
    simulator.log.clear()
    third = run_tap(simulator, catalog=plain, state=second.state)
    assert third.ids(STREAM) == [7]
    assert [row["_id"] for row in third.tombstones(STREAM)] == [9]
    assert len(changes_calls(simulator)) == 1
    assert record_pages(simulator) == []
    rows = replay(replay(replay({}, first, STREAM), second, STREAM), third, STREAM)
    live = {number: row["name"] for number, row in rows.items() if not row.get("_sdc_deleted_at")}
    assert live == {record.id: record.fields["A"] for record in simulator.edit.records("A")}
    versions = {message["version"] for message in third.of_type("RECORD", STREAM)}
    assert versions == {second.of_type("ACTIVATE_VERSION", STREAM)[0]["version"]}


def test_a_full_table_reading_that_died_goes_on_whatever_the_method_is_then(simulate):
    simulator = simulate(shop(25))
    plain = discover(simulator)
    full = changed(plain, STREAM, replication_method="FULL_TABLE")
    simulator.faults.add("status", status=500, path="/records$", after=1, times=1)
    died = run_tap(simulator, catalog=full, page_size=10)
    simulator.edit.update("A", 2, {"A": "meanwhile"})
    rest = run_tap(simulator, catalog=plain, state=died.state, page_size=10)
    assert died.ids(STREAM) + rest.ids(STREAM) == [*range(1, 26), 2]
    assert rest.rows(STREAM)[-1]["name"] == "meanwhile"
    assert run_tap(simulator, catalog=plain, state=rest.state, page_size=10).ids(STREAM) == []
