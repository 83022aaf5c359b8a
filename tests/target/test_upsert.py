"""Rows into records: created, changed, left alone; the same input twice writes nothing."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import of_tap, records, run_target, schema, state, stored, writes
from tests.helpers.seeds import customers, database, field, shop, table, team

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")


def rows(count, *, amount=1):
    return records(
        "customers", [{"Name": f"name {number}", "Amount": number * amount} for number in range(1, count + 1)]
    )


def test_rows_are_created_changed_and_left_alone(simulate):
    simulator = simulate(shop(3))
    run = run_target(
        simulator, [CUSTOMERS, *rows(5, amount=10), *records("customers", [{"Name": "name 1", "Amount": 7}])]
    )
    assert run.error is None
    assert run.counts("customers") == {"read": 6, "created": 2, "updated": 1, "unchanged": 2, "skipped": 1}
    assert stored(simulator) == {
        1: {"A": "name 1", "B": 7},
        2: {"A": "name 2", "B": 20},
        3: {"A": "name 3", "B": 30},
        4: {"A": "name 4", "B": 40},
        5: {"A": "name 5", "B": 50},
    }


def test_properties_go_to_the_fields_that_the_settings_name(simulate, caplog):
    simulator = simulate(shop(1))
    described = schema("customers", key=["title"], title="string", amount="number", junk="string")
    rows = records("customers", [{"title": f"name {number}", "amount": 7, "junk": "x"} for number in (1, 2)])
    run = run_target(simulator, [described, *rows], streams={"customers": {"fields": {"title": "Name", "junk": None}}})
    assert run.error is None
    assert stored(simulator) == {1: {"A": "name 1", "B": 7}, 2: {"A": "name 2", "B": 7}}
    assert "junk" not in caplog.text


def test_records_are_found_by_what_the_settings_name_instead_of_the_key(simulate):
    simulator = simulate(shop(1))
    described = schema("customers", key=["id"], id="integer", Name="string", Amount="number")
    given = [{"id": number, "Name": f"name {number}", "Amount": 7} for number in (1, 2)]
    settings = {"match_on": ["Name"], "fields": {"id": None}}
    run = run_target(simulator, [described, *records("customers", given)], streams={"customers": settings})
    assert run.counts("customers") == {"read": 2, "created": 1, "updated": 1}
    assert stored(simulator) == {1: {"A": "name 1", "B": 7}, 2: {"A": "name 2", "B": 7}}


def test_a_glob_is_for_all_streams_and_a_name_counts_more(simulate):
    simulator = simulate(shop(0))
    streams = {"custom*": {"mode": "insert"}, "*": {"mode": "update", "null": "keep"}, "customers": {"null": "clear"}}
    for _ in range(2):
        run = run_target(simulator, [CUSTOMERS, *rows(2)], streams=streams)
        assert run.counts("customers") == {"read": 2, "created": 2}
    by_key = run_target(simulator, [CUSTOMERS, *rows(2)], streams={"order*": {"mode": "insert"}})
    assert by_key.counts("customers") == {"read": 2, "rejected": 2}  # several records have their key now


def test_settings_of_a_stream_that_does_not_come_are_told(simulate, caplog):
    streams = {"orders_of_another_tap": {"mode": "insert"}, "Customers": {}, "x*": {}}
    run = run_target(simulate(shop(1)), [CUSTOMERS, *rows(1)], streams=streams)
    assert run.error is None
    assert "streams.orders_of_another_tap: no stream of that name came, so the setting had no effect." in caplog.text
    assert "streams.Customers:" not in caplog.text


def test_settings_of_a_stream_that_is_mistyped_end_the_run(simulate):
    """Settings may be for several taps, so only what looks like a slip, and hits a stream without its own, is one."""
    simulator, messages = simulate(shop(1)), [CUSTOMERS, *rows(1)]
    run = run_target(simulator, messages, streams={"custmers": {"mode": "mirror"}})
    assert str(run.error).startswith(
        "streams.custmers: no stream of that name came, so the setting had no effect. Did you mean 'customers', which"
    )
    assert len(stored(simulator)) == 1  # none was deleted
    for slip in ("customerlist", "CUSTOM"):
        run = run_target(simulator, messages, streams={slip: {"mode": "mirror"}})
        assert "Did you mean 'customers', which was loaded without it?" in str(run.error)
    settled = {"custmers": {"mode": "mirror"}, "customers": {}}
    assert run_target(simulator, messages, streams=settled).error is None


def test_settings_that_miss_the_database_in_a_stream_s_name_end_the_run(simulate):
    described = schema("shop__customers", key=["Name"], Name="string", Amount="number")
    row = records("shop__customers", [{"Name": "name 9"}])
    run = run_target(simulate(shop(1)), [described, *row], streams={"customers": {"mode": "update"}})
    assert "Did you mean 'shop__customers', which was loaded without it?" in str(run.error)


def test_a_map_whose_stream_is_mistyped_ends_the_run(simulate, caplog):
    """What it should have hidden was loaded; a map for a stream of another tap is a warning."""
    maps = {"custmers": {"Amount": "1"}}
    error = run_target(simulate(shop(1)), [CUSTOMERS, *rows(1)], stream_maps=maps).error
    assert str(error).startswith("stream_maps.custmers: no stream 'custmers' came, so the map had no effect. Did you")
    for settled in (
        {**maps, "customers": {}},
        {"invoices": {"a": "1"}},
        {"x*": {"a": "1"}},
        {"customers": {"__source__": "customers"}, "__else__": None},
    ):
        assert run_target(simulate(shop(1)), [CUSTOMERS, *rows(1)], stream_maps=settled).error is None
    assert "stream_maps.invoices: no stream 'invoices' came, so the map had no effect." in caplog.text


def test_the_same_input_twice_writes_nothing(simulate):
    simulator = simulate(shop(0))
    messages = [CUSTOMERS, *rows(250), state({"position": 1})]
    first = run_target(simulator, messages)
    assert first.counts("customers") == {"read": 250, "created": 250}
    assert len(writes(simulator)) == 2
    simulator.log.clear()
    second = run_target(simulator, messages)
    assert second.error is None
    assert second.counts("customers") == {"read": 250, "unchanged": 250}
    assert writes(simulator) == []
    assert second.states == [{"position": 1}]


@pytest.mark.parametrize("null_write", ["clears", "ignored"])
def test_an_absent_property_changes_nothing_and_null_clears(simulate, null_write):
    simulator = simulate(shop(2), null_write=null_write)
    run_target(simulator, [CUSTOMERS, *records("customers", [{"Name": "name 1"}, {"Name": "name 2", "Amount": None}])])
    assert stored(simulator) == {1: {"A": "name 1", "B": 10}, 2: {"A": "name 2"}}


def test_record_ids_are_kept_by_upsert(simulate):
    simulator = simulate(shop(2))
    described = of_tap(schema("customers", key=["_id"], _id="integer", Name="string"))
    run = run_target(
        simulator, [described, *records("customers", [{"_id": 2, "Name": "two"}, {"_id": 70, "Name": "new"}])]
    )
    assert run.error is None
    assert stored(simulator) == {1: {"A": "name 1", "B": 10}, 2: {"A": "two", "B": 20}, 70: {"A": "new"}}
    simulator.log.clear()
    run_target(simulator, [described, *records("customers", [{"_id": 2, "Name": "two"}, {"_id": 70, "Name": "new"}])])
    assert writes(simulator) == []


@pytest.mark.parametrize("mode", ["insert", "update"])
def test_modes_that_only_add_or_only_change(simulate, mode):
    simulator = simulate(shop(1))
    run = run_target(simulator, [CUSTOMERS, *rows(2)], streams={"customers": {"mode": mode}})
    assert run.error is None
    if mode == "insert":
        assert [row["A"] for row in stored(simulator).values()] == ["name 1", "name 1", "name 2"]
    else:
        assert stored(simulator) == {1: {"A": "name 1", "B": 1}}
        assert run.counts("customers") == {"read": 2, "updated": 1, "skipped": 1}


def test_rows_about_one_record_are_taken_together_and_the_last_wins(simulate):
    simulator = simulate(shop(0))
    given = [{"Name": "x", "Amount": 1}, {"Name": "x"}, {"Name": "x", "Amount": 3}, {"Name": "y", "Amount": 4}]
    run = run_target(simulator, [CUSTOMERS, *records("customers", given)])
    assert stored(simulator) == {1: {"A": "x", "B": 3}, 2: {"A": "y", "B": 4}}
    assert run.counts("customers") == {"read": 4, "created": 2, "skipped": 2}


def test_an_absent_property_of_the_last_row_keeps_what_an_earlier_one_said(simulate):
    simulator = simulate(shop(0))
    run_target(simulator, [CUSTOMERS, *records("customers", [{"Name": "x", "Amount": 1}, {"Name": "x"}])])
    assert stored(simulator) == {1: {"A": "x", "B": 1}}


def duplicates():
    same = [RecordDocument(id=number, fields={"A": "K-00017", "B": 1}, sequence=number) for number in (3, 5, 9)]
    return team(
        database({"A": table("Customers", A=field("string", "Name"), B=field("number", "Amount"))}, {"A": same})
    )


def test_a_key_that_several_records_have_is_rejected_with_their_ids(simulate, caplog):
    simulator = simulate(duplicates())
    run = run_target(simulator, [CUSTOMERS, *records("customers", [{"Name": "K-00017", "Amount": 2}]), state({"a": 1})])
    assert "could not be written" in str(run.error)
    assert "ids 3, 5, 9" in caplog.text
    assert "K-00017" not in caplog.text
    assert writes(simulator) == []
    assert run.states == []


def test_a_key_that_very_many_records_have_names_ten_of_them_and_the_number(simulate, caplog):
    same = [RecordDocument(id=number, fields={"A": "K-00017"}, sequence=number) for number in range(1, 3001)]
    simulator = simulate(team(database({"A": table("Customers", A=field("string", "Name"))}, {"A": same})))
    run_target(simulator, [CUSTOMERS, *records("customers", [{"Name": "K-00017"}])])
    assert "3,000 records have this key: ids 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2,990 more." in caplog.text


@pytest.mark.parametrize("is_linked", [False, True])
def test_the_report_names_the_first_rows_whose_place_a_later_one_took_and_no_value(simulate, caplog, is_linked):
    described = schema("customers", key=["Name"], Name="string", Amount="number", Boss="string")
    given = [{"Name": f"n{number % 20}", "Amount": number, "Boss": None} for number in range(1, 33)]
    settings = {"references": {"Boss": "Name"}} if is_linked else {"fields": {"Boss": None}}
    fields = {"C": {"base": "ref", "caption": "Boss", "refTypeId": "A"}} if is_linked else {}
    simulator = simulate(team(database({"A": customers(**fields)}, {"A": []})))
    run = run_target(simulator, [described, *records("customers", given)], streams={"customers": settings})
    assert run.counts("customers") == {"read": 32, "created": 20, "skipped": 12}
    assert run.report["streams"]["customers"]["superseded_rows"] == list(range(1, 11))
    assert run.report["total"]["superseded_rows"] == []


def test_rows_are_skipped_for_reasons_that_the_report_tells(simulate):
    simulator = simulate(shop(3))
    described = schema("customers", key=["Name"], Name="string", Amount="number", _sdc_deleted_at="string")
    given = [
        {"Name": "name 1", "Amount": 5},
        {"Name": "name 1", "Amount": 6},
        {"Name": "nobody", "Amount": 1},
        {"Name": "name 2", "_sdc_deleted_at": "2026-01-01T00:00:00Z"},
    ]
    run = run_target(simulator, [described, *records("customers", given)], streams={"customers": {"mode": "update"}})
    assert run.counts("customers") == {"read": 4, "updated": 1, "skipped": 3}
    reasons = run.report["streams"]["customers"]["skipped_because"]
    assert reasons == {"superseded": 1, "no_record": 1, "marked_deleted": 1}
    assert run.report["streams"]["customers"]["superseded_rows"] == [1]
    run = run_target(
        simulator,
        [described, *records("customers", given)],
        streams={"customers": {"mode": "insert"}},
        hard_delete=True,
    )
    assert run.report["streams"]["customers"]["skipped_because"] == {"no_key": 1}
