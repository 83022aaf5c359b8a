"""Deletions in the tables' own streams: under which schema, and what stream maps and flattening make of them."""

from __future__ import annotations

import pytest
from singer_sdk.mapper import SameRecordTransform

from tap_ninox.sync.tombstones import Deletions, Tombstones
from tests.helpers.run import run_tap, scripts
from tests.helpers.seeds import shop

STREAM = "shop__customers"
DELETED_AT = "_sdc_deleted_at"


@pytest.fixture
def after_deletions(simulate):
    """Return a function that loads, has rows 2 and 4 deleted and row 1 changed, and runs again with some settings."""

    def run(**settings):
        simulator = simulate(shop(5))
        first = run_tap(simulator, **settings)
        assert first.error is None
        simulator.edit.update("A", 1, {"A": "x"})
        simulator.edit.delete("A", 2)
        simulator.edit.delete("A", 4)
        return first, run_tap(simulator, state=first.state, **settings)

    return run


def shape(run, stream):
    return [message["type"] for message in run.messages if message.get("stream") == stream]


def last_schema(run, stream):
    return run.of_type("SCHEMA", stream)[-1]


def test_a_narrow_schema_holds_what_a_tombstone_holds(after_deletions):
    first, later = after_deletions()
    assert shape(later, STREAM) == ["SCHEMA", "RECORD", "SCHEMA", "RECORD", "RECORD", "SCHEMA"]
    rows, tombstones, again = later.of_type("SCHEMA", STREAM)
    assert rows == again == first.of_type("SCHEMA", STREAM)[0]
    assert set(tombstones["schema"]["properties"]) == {"_id", "_sequence", DELETED_AT}
    assert all(set(row) == {"_id", "_sequence", DELETED_AT} for row in later.tombstones(STREAM))
    messages = later.of_type("RECORD", STREAM)
    assert {message["version"] for message in messages} == {first.bookmark(STREAM)["table_version"]}
    assert all(message["time_extracted"] for message in messages)


def test_a_full_schema_is_the_only_one_and_every_row_says_whether_it_is_deleted(after_deletions):
    first, later = after_deletions(deletes="full")
    assert shape(later, STREAM) == ["SCHEMA", "RECORD", "RECORD", "RECORD"]
    properties = set(last_schema(later, STREAM)["schema"]["properties"])
    assert {"name", "_id", DELETED_AT} < properties
    rows = [message["record"] for run in (first, later) for message in run.of_type("RECORD", STREAM)]
    assert all(set(row) == properties for row in rows)
    assert [(row["_id"], row["name"]) for row in rows if row[DELETED_AT]] == [(2, None), (4, None)]


@pytest.mark.parametrize("deletes", ["tombstone", "full"])
def test_every_row_says_that_it_is_not_deleted_whether_pages_are_written_whole_or_not(after_deletions, deletes):
    for more in ({}, {"stream_maps": {STREAM: {"name": "name"}}}):
        first, _ = after_deletions(deletes=deletes, **more)
        assert len(first.rows(STREAM)) == 5
        assert {message["record"].get(DELETED_AT, "absent") for message in first.of_type("RECORD", STREAM)} == {None}


@pytest.mark.parametrize("deletes", ["stream", "ignore"])
def test_where_no_tombstones_are_wanted_rows_say_nothing_of_deletions(after_deletions, deletes):
    first, later = after_deletions(deletes=deletes)
    assert DELETED_AT not in last_schema(later, STREAM)["schema"]["properties"]
    assert not [message for message in first.of_type("RECORD", STREAM) if DELETED_AT in message["record"]]


def test_no_message_has_a_version_that_is_never_activated(after_deletions):
    script = {"name": "names", "database": "Shop", "query": "(select Customers).Name"}
    for run in after_deletions(emit_activate_version_messages=False, files={"*": "metadata"}, queries=scripts(script)):
        assert run.of_type("ACTIVATE_VERSION") == []
        assert [message for message in run.of_type("RECORD") if "version" in message] == []


MAPS = {
    "a mapped property": ({STREAM: {"name": "name.upper()"}}, STREAM, ["_id"], [2, 4]),
    "an alias": ({STREAM: {"__alias__": "people"}}, "people", ["_id"], [2, 4]),
    "a pattern": ({"shop__*": {"amount": None}}, STREAM, ["_id"], [2, 4]),
    "a copy": ({"copy": {"__source__": STREAM}}, "copy", ["_id"], [2, 4]),
    "a filter": ({STREAM: {"__filter__": "name == 'name 2'"}}, STREAM, ["_id"], [2, 4]),
    "nothing else": ({STREAM: {"_id": "_id", "name": "name", "__else__": None}}, STREAM, ["_id"], [2, 4]),
    "a changed key": ({STREAM: {"_id": "str(_id)"}}, STREAM, ["_id"], ["2", "4"]),
    "another key": (
        {STREAM: {"__key_properties__": ["customer"], "customer": "'c' + str(_id)"}},
        STREAM,
        ["customer"],
        ["c2", "c4"],
    ),
}


@pytest.mark.parametrize("deletes", ["tombstone", "full"])
@pytest.mark.parametrize("case", MAPS)
def test_deletions_go_through_stream_maps(after_deletions, case, deletes):
    maps, stream, keys, values = MAPS[case]
    _, later = after_deletions(stream_maps=maps, deletes=deletes)
    assert later.error is None
    gone = [message["record"] for message in later.of_type("RECORD", stream) if message["record"].get(DELETED_AT)]
    assert [row[keys[0]] for row in gone] == values
    schema = last_schema(later, stream)
    assert schema["key_properties"] == keys
    assert all(set(row) <= set(schema["schema"]["properties"]) for row in gone)
    if deletes == "tombstone":
        assert all(set(row) <= {*keys, "_id", "_sequence", DELETED_AT} for row in gone)


def test_both_a_stream_and_its_copy_get_the_deletions(after_deletions):
    _, later = after_deletions(stream_maps={"copy": {"__source__": STREAM}})
    assert len(later.tombstones(STREAM)) == len(later.tombstones("copy")) == 2


@pytest.mark.parametrize(
    "rules",
    [
        {"__key_properties__": ["name"]},
        {"__key_properties__": ["mail"], "mail": "name.lower()"},
        {"__key_properties__": None},
    ],
    ids=["a value", "made of a value", "none"],
)
def test_a_key_that_deletions_do_not_have_is_one_warning(after_deletions, caplog, rules):
    _, later = after_deletions(stream_maps={STREAM: rules})
    assert later.error is None
    assert later.tombstones(STREAM) == []
    assert caplog.text.count("deletions are not sent to stream shop__customers") == 1
    assert later.bookmark(STREAM)["replication_key_value"] == 8


def test_a_removed_stream_gets_nothing(after_deletions, caplog):
    _, later = after_deletions(stream_maps={STREAM: None})
    assert later.of_type("RECORD", STREAM) == later.of_type("SCHEMA", STREAM) == []
    assert "deletions are not sent" not in caplog.text


def test_flattening_leaves_deletions_as_they_are(after_deletions):
    _, later = after_deletions(flattening_enabled=True, flattening_max_depth=1)
    assert [row["_id"] for row in later.tombstones(STREAM)] == [2, 4]


def test_aliases_carry_versions_too(after_deletions):
    first, later = after_deletions(stream_maps={STREAM: {"__alias__": "people"}})
    (activation,) = first.of_type("ACTIVATE_VERSION", "people")
    assert {message["version"] for message in later.of_type("RECORD", "people")} == {activation["version"]}
    assert first.of_type("ACTIVATE_VERSION", STREAM) == []


def test_a_map_that_fails_is_one_error_of_its_stream_and_gives_no_value_away(simulate):
    simulator = simulate(shop(5))
    run = run_tap(simulator, page_size=2, stream_maps={STREAM: {"number": "10 / (_id - 4)"}})
    error = run.stream_error(STREAM)
    assert "stream map of shop__customers failed for a record (ZeroDivisionError)" in error
    assert run.ids(STREAM) == [1, 2, 3]
    assert run.bookmark(STREAM)["snapshot"][0]["last_id"] == 2
    assert len(run_tap(simulator, state=run.state).ids(STREAM)) == 3


def test_tombstones_are_made_one_by_one_however_many_there_are():
    made = []

    def ids():
        for number in range(1, 1001):
            made.append(number)
            yield number

    properties = {"_id": {"type": "integer"}, "_sequence": {"type": ["integer", "null"]}}
    schema = {"type": "object", "properties": properties}
    same = SameRecordTransform(STREAM, raw_schema=schema, key_properties=["_id"], flattening_options=None)
    messages = Tombstones(STREAM, [same], {}, narrow=True).messages(
        Deletions(record_ids=ids(), sequence=7, table_version=1)
    )
    assert [next(messages).to_dict()["type"] for _ in range(3)] == ["SCHEMA", "RECORD", "RECORD"]
    assert len(made) == 2
    assert len(list(messages)) == 998
