"""Catalogs and states as people and tools leave them: understood where that is safe, else refused with what to do."""

from __future__ import annotations

import copy
import io
import json

import pytest

from ninox_api.errors import NinoxConfigError
from tap_ninox.discovery.saved_catalog import SavedCatalog
from tests.helpers.run import discover, metadata, run_tap, scripts
from tests.helpers.wire import calls

STREAM = "shop__customers"
KEY, SEQUENCE = ("properties", "_id"), ("properties", "_sequence")


@pytest.fixture
def catalog(simulator):
    return discover(simulator)


def stream_of(catalog):
    return next(stream for stream in catalog["streams"] if stream["tap_stream_id"] == STREAM)


def without_keys(stream):
    del stream["key_properties"], stream["replication_key"]
    del metadata(stream)["table-key-properties"], metadata(stream)["replication-key"]


EDITS = {
    "as the older form of catalogs has it": lambda stream: stream.pop("key_properties"),
    "no key anywhere": without_keys,
    "an empty key": lambda stream: stream.update(key_properties=[]),
    "a key that is not selected": lambda stream: metadata(stream, *KEY).update(selected=False, inclusion="available"),
    "an unsupported key": lambda stream: metadata(stream, *KEY).update(inclusion="unsupported"),
    "no sequence": lambda stream: metadata(stream, *SEQUENCE).update(selected=False, inclusion="available"),
    "no inclusions": lambda stream: [item["metadata"].pop("inclusion", None) for item in stream["metadata"]],
    "null for selected": lambda stream: metadata(stream).update(selected=None),
    "null for metadata": lambda stream: stream["metadata"].append(
        {"breadcrumb": ["properties", "z"], "metadata": None}
    ),
    "metadata about nothing": lambda stream: stream["metadata"].append({"metadata": {}}),
    "no stream name": lambda stream: stream.pop("stream"),
    "keys missing in the schema": lambda stream: [
        stream["schema"]["properties"].pop(key[1]) for key in (KEY, SEQUENCE)
    ],
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_the_key_is_always_sent_and_always_called_the_key(simulator, catalog, edit):
    """A SCHEMA without a key makes loaders append each change as a row of its own."""
    edit(stream_of(catalog))
    run = run_tap(simulator, catalog=catalog)
    assert run.error is None
    (schema,) = run.of_type("SCHEMA", STREAM)
    assert (schema["key_properties"], schema["bookmark_properties"]) == (["_id"], ["_sequence"])
    assert schema["schema"]["properties"]["_id"]["type"] == ["integer"]
    assert [(row["_id"], row["_sequence"], row["name"]) for row in run.rows(STREAM)] == [
        (number, number, f"name {number}") for number in (1, 2, 3)
    ]
    assert all(row.keys() <= schema["schema"]["properties"].keys() for row in run.rows(STREAM))


def test_another_key_that_someone_chose_stays_where_no_deletion_needs_the_id(simulator, catalog):
    stream_of(catalog)["key_properties"] = ["name"]
    run = run_tap(simulator, catalog=catalog, deletes="stream")
    assert {tuple(message["key_properties"]) for message in run.of_type("SCHEMA", STREAM)} == {("name",)}
    refused = run_tap(simulator, catalog=catalog)
    assert f"catalog: the key of {STREAM} is 'name', but of a deleted record only '_id' is known" in str(refused.error)
    assert refused.messages == []


def test_a_key_that_rows_do_not_have_is_refused(simulator, catalog):
    stream_of(catalog)["key_properties"] = ["name"]
    metadata(stream_of(catalog), "properties", "name")["selected"] = False
    run = run_tap(simulator, catalog=catalog, deletes="ignore")
    assert f"catalog: the key of {STREAM} has 'name', which its rows do not have." in str(run.error)


def test_another_replication_key_is_refused(simulator, catalog):
    stream_of(catalog)["replication_key"] = "_modified_at"
    run = run_tap(simulator, catalog=catalog)
    assert f"catalog: the replication-key of {STREAM} is '_modified_at', but Ninox reports changes by" in str(run.error)


OVERRIDES = {
    "a string of a number": ("amount", {"type": ["string", "null"]}, "10"),
    "a wider type": ("amount", {"type": ["number", "string", "null"]}, 10),
    "a bound": ("name", {"type": ["string", "null"], "maxLength": 10}, "name 1"),
    "nothing": ("amount", {}, 10),
    "anything": ("amount", True, 10),
}


@pytest.mark.parametrize("override", OVERRIDES)
def test_what_a_schema_in_the_catalog_makes_of_a_property_holds_for_its_values(simulator, catalog, override):
    name, schema, value = OVERRIDES[override]
    stream_of(catalog)["schema"]["properties"][name] = schema
    run = run_tap(simulator, catalog=catalog)
    assert run.error is None
    assert run.rows(STREAM)[0][name] == value
    sent = run.of_type("SCHEMA", STREAM)[0]["schema"]["properties"][name]
    assert sent.keys() >= (schema.keys() if schema is not True else set())
    assert sent.get("type") == (None if schema is True else schema.get("type"))


@pytest.mark.parametrize(
    "schema", [{"type": "integer"}, {"type": ["string", "null"], "format": "date"}, {"type": "array"}]
)
def test_what_values_are_not_is_refused_before_any_row(simulator, catalog, schema):
    stream_of(catalog)["schema"]["properties"]["amount"] = schema
    run = run_tap(simulator, catalog=catalog)
    assert f"catalog: the schema of {STREAM} makes" in str(run.error)
    assert "of 'amount', whose values are number" in str(run.error)
    assert run.messages == []


@pytest.mark.parametrize("has_none", [True, False], ids=["of no field", "added by hand"])
def test_a_property_of_which_nothing_says_which_field_it_is_is_refused(simulator, catalog, has_none):
    """Its SCHEMA came, and no value ever did."""
    stream = stream_of(catalog)
    if has_none:
        stream["metadata"] = [item for item in stream["metadata"] if item["breadcrumb"] != ["properties", "amount"]]
    else:
        stream["schema"]["properties"]["total"] = {"type": ["number", "null"]}
    run = run_tap(simulator, catalog=catalog)
    name = "amount" if has_none else "total"
    assert f"catalog: nothing says which field of {STREAM} '{name}' is" in str(run.error)
    assert run.messages == []


def test_a_property_that_was_taken_out_of_the_schema_is_not_sent(simulator, catalog):
    del stream_of(catalog)["schema"]["properties"]["name"]
    run = run_tap(simulator, catalog=catalog)
    assert "name" not in run.rows(STREAM)[0]
    assert "amount" in run.rows(STREAM)[0]


@pytest.mark.parametrize("metadata", [[], [{"breadcrumb": [], "metadata": {"selected": True}}]])
def test_a_selected_stream_that_no_table_is_known_for_fails(simulator, catalog, metadata):
    """It brought no rows and no error."""
    stream_of(catalog)["metadata"] = metadata
    run = run_tap(simulator, catalog=catalog)
    assert f"streams could not be read to their end: {STREAM}." in str(run.error)
    assert "Make the catalog again with --discover" in run.stream_error(STREAM)
    assert run.rows("ninox_tables") or run.of_type("RECORD", "ninox_tables")


def test_streams_of_settings_that_are_off_now_are_no_error(simulator):
    query = {"name": "q", "database": "Shop", "query": "1 + 1", "schema": {"value": "integer"}}
    catalog = discover(simulator, files={"*": "metadata"}, deletes="both", queries=scripts(query))
    assert {"q", "ninox_files", "ninox_deleted_records"} <= {stream["tap_stream_id"] for stream in catalog["streams"]}
    assert run_tap(simulator, catalog=catalog).error is None


def test_a_stream_without_properties_stops_no_other(simulator, catalog):
    next(stream for stream in catalog["streams"] if stream["tap_stream_id"] == "ninox_fields")["schema"] = {}
    run = run_tap(simulator, catalog=catalog)
    assert run.error is None
    assert len(run.rows(STREAM)) == len(simulator.edit.records("A"))


def test_half_a_character_in_the_file_of_a_catalog_is_no_defect(simulator, catalog):
    metadata(stream_of(catalog))["note"] = "\ud83d"
    file = io.TextIOWrapper(io.BytesIO(json.dumps(catalog).encode()))
    run = run_tap(simulator, catalog={"streams": list(SavedCatalog.read(file))})
    assert (run.error, len(run.rows(STREAM))) == (None, len(simulator.edit.records("A")))


@pytest.mark.parametrize("breadcrumb", [(), ("properties", "name")])
def test_damaged_metadata_is_told_with_the_stream(simulator, catalog, breadcrumb):
    ninox = metadata(stream_of(catalog), *breadcrumb)["ninox"]
    del ninox["type" if breadcrumb else "table_id"]
    run = run_tap(simulator, catalog=catalog)
    assert isinstance(run.error, NinoxConfigError)
    assert f"catalog: the metadata of '{STREAM}' is damaged" in str(run.error)


@pytest.mark.parametrize("catalog", [[], {}, {"streams": None}, {"streams": [3]}, {"streams": [{"schema": {}}]}])
def test_what_is_no_catalog_is_refused_before_any_call(simulator, catalog):
    run = run_tap(simulator, catalog=catalog)
    assert isinstance(run.error, NinoxConfigError)
    assert str(run.error).startswith("catalog: ")
    assert calls(simulator) == []


@pytest.mark.parametrize(
    ("wrap", "hint"),
    [
        (lambda state: {"type": "STATE", "value": state}, "give what is in its 'value'"),
        (lambda state: {"singer_state": state}, "give what is in its 'singer_state'"),
        (lambda _: {"bookmarks": None}, "give the value of the tap's last STATE message"),
        (lambda _: {"currently_syncing": STREAM}, "give the value of the tap's last STATE message"),
    ],
    ids=["a STATE message", "Meltano's", "null", "of another tap"],
)
def test_a_state_without_bookmarks_is_refused_rather_than_everything_read_again(simulator, wrap, hint):
    state = run_tap(simulator).state
    run = run_tap(simulator, state=wrap(state))
    assert isinstance(run.error, NinoxConfigError)
    assert f"state: it has no bookmarks; {hint}" in str(run.error)
    assert run.messages == []


DAMAGED = [
    *(None, "x", [], {"table_version": "1"}, {"fields": [1]}, {"names": [3]}),
    *({"tables": 1}, {"tables": ["A"]}, {"tables": {"A": 1}}, {"sequences": [4711]}),
]


@pytest.mark.parametrize("bookmark", DAMAGED, ids=str)
@pytest.mark.parametrize("stream", [STREAM, "ninox_tables", "ninox_files", "of_another_tap"])
def test_a_damaged_bookmark_is_read_from_the_start_and_the_others_are_not(simulator, stream, bookmark, caplog):
    settings = {"files": {"*": "metadata"}}
    state = copy.deepcopy(run_tap(simulator, **settings).state)
    state["bookmarks"][stream] = bookmark
    run = run_tap(simulator, state=state, **settings)
    assert run.error is None
    assert f"The bookmark of {stream} cannot be used: it is read from the start" in caplog.text
    assert len(run.rows(STREAM)) == (3 if stream == STREAM else 0)


@pytest.mark.parametrize(
    ("stream", "bookmark"),
    [
        ("ninox_files", {"tables": [1]}),
        ("ninox_files", {"tables": {"db.A": 3}}),
        ("ninox_deleted_records", {"sequences": 1}),
    ],
)
def test_damage_further_in_is_found_too(simulator, stream, bookmark):
    settings = {"files": {"*": "metadata"}, "deletes": "both"}
    state = copy.deepcopy(run_tap(simulator, **settings).state)
    state["bookmarks"][stream] = bookmark
    assert run_tap(simulator, state=state, **settings).error is None
