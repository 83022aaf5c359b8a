"""Catalogs and states as people and tools leave them: understood where that is safe, else refused with what to do."""

from __future__ import annotations

import copy
import io
import json

import pytest

from ninox_api.errors import NinoxConfigError
from tap_ninox.discovery.saved_catalog import SavedCatalog
from tests.helpers.run import discover, metadata, run_tap, scripts
from tests.helpers.seeds import DATABASE_ID, customer_records, customers, database, field, table, team
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


METHODS = "INCREMENTAL (what changed since the last run) and FULL_TABLE (all rows in each run)"


@pytest.mark.parametrize("method", ["LOG_BASED", "incremental", "FULL", 5, ""])
@pytest.mark.parametrize("place", ["the stream", "its metadata", "the older name in its metadata"])
def test_another_replication_method_is_refused(simulator, catalog, method, place):
    """It was taken for INCREMENTAL, without a word."""
    stream = stream_of(catalog)
    if place == "the stream":
        stream["replication_method"] = method
    else:
        metadata(stream)["replication-method" if place == "its metadata" else "forced-replication-method"] = method
    run = run_tap(simulator, catalog=catalog)
    assert f"catalog: the replication-method of {STREAM} is {method!r}; allowed are {METHODS}" in str(run.error)
    assert run.messages == []


@pytest.mark.parametrize("name", ["replication-method", "forced-replication-method"])
def test_a_replication_method_in_the_metadata_alone_holds(simulator, catalog, name):
    """As Singer has it; the SDK looks beside it, where discovery has written INCREMENTAL."""
    state = run_tap(simulator, catalog=catalog).state
    metadata(stream_of(catalog))[name] = "FULL_TABLE"
    assert run_tap(simulator, catalog=catalog, state=state).ids(STREAM) == [1, 2, 3]


@pytest.mark.parametrize("name", ["table-key-properties", "view-key-properties", "key-properties"])
def test_a_key_in_the_metadata_alone_holds_in_each_schema(simulator, catalog, name):
    metadata(stream_of(catalog))[name] = ["name"]
    state = run_tap(simulator, catalog=catalog, deletes="stream").state
    simulator.edit.update("A", 1, {"A": "changed"})
    run = run_tap(simulator, catalog=catalog, state=state, deletes="stream")
    assert {tuple(message["key_properties"]) for message in run.of_type("SCHEMA", STREAM)} == {("name",)}
    assert "catalog: the key of" in str(run_tap(simulator, catalog=catalog).error)


@pytest.mark.parametrize("key", ["name", 3, [3], {"name": 1}])
def test_a_key_that_is_no_list_of_names_is_refused(simulator, catalog, key):
    stream_of(catalog)["key_properties"] = key
    run = run_tap(simulator, catalog=catalog)
    assert f"catalog: the key of {STREAM} is {key!r}, and should be a list of properties, such as" in str(run.error)


def test_a_replication_key_in_the_metadata_alone_is_refused(simulator, catalog):
    metadata(stream_of(catalog))["replication-key"] = "_modified_at"
    assert f"catalog: the replication-key of {STREAM} is '_modified_at'" in str(
        run_tap(simulator, catalog=catalog).error
    )


LISTS = {
    "ninox_tables": [
        ({"key_properties": ["name"]}, "the key of ninox_tables is name; it is always database_id, table_id"),
        ({"replication_key": "name"}, "the replication-key of ninox_tables is 'name', but it is read without one"),
        ({"replication_method": "LOG_BASED"}, "the replication-method of ninox_tables is 'LOG_BASED'; allowed are"),
    ],
    "ninox_deleted_records": [
        ({"replication_method": "FULL"}, "ninox_deleted_records is 'FULL'; allowed is INCREMENTAL"),
    ],
    "ninox_files": [({"replication_method": "LOG_BASED"}, "ninox_files is 'LOG_BASED'; allowed is INCREMENTAL")],
}
SCHEMAS = {
    "ninox_tables": ({"hidden": {"type": "string"}}, "makes string of 'hidden', whose values are boolean. Leave"),
    "ninox_deleted_records": ({"total": {"type": "string"}}, "ninox_deleted_records has no property 'total'"),
    "ninox_files": ({"size": {"type": "array"}}, "makes array of 'size', whose values are integer. Leave that out"),
}
WITH_LISTS = {
    "files": {"*": "metadata"},
    "deletes": "both",
    "queries": scripts({"name": "q", "database": "Shop", "query": "1 + 1", "schema": {"v": "integer"}}),
}


@pytest.mark.parametrize("name", LISTS)
def test_what_no_list_can_do_is_refused_before_any_row(simulator, name):
    """Its SCHEMA followed, and its rows did not."""
    settings = WITH_LISTS
    catalog = discover(simulator, **settings)
    for edit, problem in LISTS[name]:
        changed = copy.deepcopy(catalog)
        stream = next(stream for stream in changed["streams"] if stream["tap_stream_id"] == name)
        for key, value in edit.items():  # as Meltano's `metadata` does it
            stream[key] = metadata(stream)[key.replace("_", "-")] = value
        run = run_tap(simulator, catalog=changed, **settings)
        assert problem in str(run.error), edit
        assert run.messages == []
    properties, problem = SCHEMAS[name]
    stream = next(stream for stream in catalog["streams"] if stream["tap_stream_id"] == name)
    stream["schema"]["properties"].update(properties)
    assert problem in str(run_tap(simulator, catalog=catalog, **settings).error)


@pytest.mark.parametrize("method", ["FULL_TABLE", "INCREMENTAL"])
def test_a_replication_method_for_all_streams_stops_none_that_has_but_one(simulator, method, caplog):
    """As a rule for `*` in Meltano's `metadata` has it; one line says which streams go their own way."""
    caplog.set_level("INFO")
    catalog = discover(simulator, **WITH_LISTS)
    for stream in catalog["streams"]:
        stream["replication_method"] = metadata(stream)["replication-method"] = method
    state = run_tap(simulator, catalog=catalog, **WITH_LISTS).state
    caplog.clear()
    run = run_tap(simulator, catalog=catalog, state=state, **WITH_LISTS)
    assert (run.error, len(run.rows("q"))) == (None, 1)
    assert run.ids(STREAM) == ([1, 2, 3] if method == "FULL_TABLE" else [])
    others = {"FULL_TABLE": ["ninox_deleted_records", "ninox_files"], "INCREMENTAL": ["q"]}[method]
    said = [line for line in caplog.messages if "its only way" in line]
    assert sorted(line.partition(" ")[0] for line in said) == others


STALE = {
    "a property that is gone": ({"w": {"type": "integer"}}, {}, "q has no property 'w'; it has v, _position. Leave"),
    "another type": ({"v": {"type": "string"}}, {}, "makes string of 'v', whose values are integer. Leave that out"),
    "another key": ({}, {"key_properties": ["v"]}, "it is always _position. It is set by key_properties in queries.q"),
    "no word": ({}, {"replication_method": "LOG_BASED"}, "q is 'LOG_BASED'; allowed is FULL_TABLE"),
    "another type, deselected": ({"v": {"type": "string"}}, {}, None),
    "a property that is gone, deselected": ({"w": {"type": "integer"}}, {}, None),
}


@pytest.mark.parametrize(("properties", "edit", "problem"), STALE.values(), ids=STALE)
def test_a_catalog_that_a_query_does_not_fit_any_more_is_an_error_of_that_query(simulator, properties, edit, problem):
    """It ended the run of all streams, though a property was not selected."""
    catalog = discover(simulator, **WITH_LISTS)
    stream = next(stream for stream in catalog["streams"] if stream["tap_stream_id"] == "q")
    stream["schema"]["properties"] |= properties
    stream.update(edit)
    if problem is None:
        stream["metadata"] = [item for item in stream["metadata"] if item["breadcrumb"][1:] != [*properties]]
        off = {"selected": False}
        stream["metadata"] += [{"breadcrumb": ["properties", name], "metadata": off} for name in properties]
    run = run_tap(simulator, catalog=catalog, **WITH_LISTS)
    assert run.ids(STREAM) == [1, 2, 3]
    if problem is None:
        assert (run.error, len(run.rows("q"))) == (None, 1)
    else:
        assert problem in run.stream_error("q")
        assert "replication_method" in edit or "make the catalog again with --discover" in run.stream_error("q")
        assert run.of_type("SCHEMA", "q") == []


OVERRIDES = {
    "a string of a number": ("amount", {"type": ["string", "null"]}, "10"),
    "a wider type": ("amount", {"type": ["number", "string", "null"]}, 10),
    "a bound": ("name", {"type": ["string", "null"], "maxLength": 10}, "name 1"),
    "nothing": ("amount", {}, 10),
    "anything": ("amount", True, 10),
    "one of several": ("amount", {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}, "10"),
    "a string of a moment": ("_created_at", {"type": ["string", "null"]}, "2024-01-01T08:00:00Z"),
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


def test_every_property_but_the_key_may_be_empty_whatever_the_schema_says(simulator, catalog):
    """Ninox has no field that must be filled, and a loader stops at a null that its schema does not allow."""
    stream_of(catalog)["schema"]["properties"].update({"amount": {"type": "string"}, "name": {"type": ["string"]}})
    stream_of(catalog)["schema"]["required"] = ["amount"]
    simulator.edit.update("A", 1, {"B": None})
    run = run_tap(simulator, catalog=catalog)
    (schema,) = run.of_type("SCHEMA", STREAM)
    kinds = {name: item["type"] for name, item in schema["schema"]["properties"].items()}
    assert (kinds["_id"], kinds["amount"], kinds["name"]) == (["integer"], ["string", "null"], ["string", "null"])
    assert "required" not in schema["schema"]
    assert [row["amount"] for row in run.rows(STREAM)] == [None, "20", "30"]


REFUSED = [
    *({"type": "integer"}, {"type": ["string", "null"], "format": "date"}, {"type": "array"}, {"type": "text"}),
    *({"type": 3}, {"type": "null"}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}, {"type": [{}]}),
]


@pytest.mark.parametrize("schema", REFUSED, ids=str)
def test_what_values_are_not_is_refused_before_any_row(simulator, catalog, schema):
    stream_of(catalog)["schema"]["properties"]["amount"] = schema
    run = run_tap(simulator, catalog=catalog)
    assert f"catalog: the schema of {STREAM} makes" in str(run.error)
    assert "of 'amount', whose values are number" in str(run.error)
    assert run.messages == []


@pytest.mark.parametrize("name", ["_id", "_sequence"])
@pytest.mark.parametrize("kind", ["string", "number"])
def test_the_key_and_the_sequence_are_whole_numbers_in_each_schema(simulator, catalog, name, kind):
    """They are integers in tombstones, too, and a column has one type."""
    stream_of(catalog)["schema"]["properties"][name] = {"type": kind}
    run = run_tap(simulator, catalog=catalog)
    assert f"catalog: the schema of {STREAM} makes {kind} of '{name}', whose values are integer" in str(run.error)


def test_items_of_lists_are_looked_at_too(simulate):
    options = {"1": {"caption": "x"}}
    simulator = simulate(team(database({"A": customers(C=field("multi", "Tags", values=options))})))
    catalog = discover(simulator)
    stream_of(catalog)["schema"]["properties"]["tags"] = {"type": ["array", "null"], "items": {"type": "integer"}}
    run = run_tap(simulator, catalog=catalog)
    assert "makes array of integer of 'tags', whose values are array of string" in str(run.error)


def test_a_property_of_which_nothing_says_which_field_it_is_is_refused(simulator, catalog):
    """Its SCHEMA came, and no value ever did."""
    stream_of(catalog)["schema"]["properties"] |= {"amuont": {"type": ["number", "null"]}, "_sdc_x": {}}
    run = run_tap(simulator, catalog=catalog)
    assert f"catalog: nothing says which field of {STREAM} 'amuont' is: it would stay empty." in str(run.error)
    assert "Did you mean 'amount'?" in str(run.error)
    assert f"catalog: nothing says which field of {STREAM} '_sdc_x' is" in str(run.error)
    assert run.messages == []


SINGER = {
    "tap_stream_id": STREAM,
    "schema": {"properties": {"name": {"type": "string"}, "amount": {"type": ["null", "number"]}}},
}
"""What anybody can write: names and types."""


def bare(catalog):
    """Return a catalog of which a tool has kept what Singer knows: keywords and metadata of its own are gone."""
    catalog = copy.deepcopy(catalog)
    for stream in catalog["streams"]:
        for item in (stream["schema"], *stream["schema"]["properties"].values()):
            item.pop("x-ninox", None)
        for item in stream["metadata"]:
            item["metadata"].pop("ninox", None)
    return {"streams": catalog["streams"]}


def without_metadata(catalog):
    """Return a catalog whose keywords have survived, and whose metadata is that of whoever selects."""
    catalog = copy.deepcopy(catalog)
    for stream in catalog["streams"]:
        stream["metadata"] = [{"breadcrumb": [], "metadata": {"selected": stream["tap_stream_id"] == STREAM}}]
    return {"streams": catalog["streams"]}


BY_HAND = {
    "names and types": lambda _: {"streams": [SINGER]},
    "selected": lambda _: {"streams": [{**SINGER, "metadata": [{"breadcrumb": [], "metadata": {"selected": True}}]}]},
    "without what is no standard": bare,
    "without metadata": without_metadata,
}


@pytest.mark.parametrize("make", BY_HAND.values(), ids=BY_HAND)
def test_a_catalog_without_ids_is_read_by_names(simulator, catalog, make):
    """Every legal catalog works, whoever made it; and so do the runs behind it, and the ids are on the wire."""
    made = make(catalog)
    run = run_tap(simulator, catalog=made)
    assert run.error is None
    whole = [{**stream, "replication_method": "FULL_TABLE"} for stream in made["streams"]]
    assert run_tap(simulator, catalog={"streams": whole}, state=run.state).ids(STREAM) == [1, 2, 3]
    assert [(row["_id"], row["name"], row["amount"]) for row in run.rows(STREAM)] == [
        (n, f"name {n}", n * 10) for n in (1, 2, 3)
    ]
    (schema,) = run.of_type("SCHEMA", STREAM)
    assert (schema["key_properties"], schema["schema"]["x-ninox"]["table"]) == (["_id"], "A")
    assert schema["schema"]["properties"]["amount"]["x-ninox"] == {"field": "B"}
    simulator.edit.rename_table("A", "Clients")
    simulator.edit.rename_field("A", "A", "Full name")
    simulator.edit.update("A", 2, {"A": "changed"})
    simulator.edit.delete("A", 3)
    later = run_tap(simulator, catalog=made, state=run.state)
    assert later.error is None
    assert [(row["_id"], row["name"]) for row in later.rows(STREAM)] == [(2, "changed")]
    assert [row["_id"] for row in later.tombstones(STREAM)] == [3]


def test_a_catalog_without_ids_may_show_the_names_of_now(simulator, catalog):
    """As Meltano's has them, which is made without the state."""
    state = run_tap(simulator, catalog=catalog).state
    simulator.edit.rename_table("A", "Clients")
    simulator.edit.rename_field("A", "A", "Full name")
    simulator.edit.update("A", 2, {"A": "changed"})
    run = run_tap(simulator, catalog=bare(discover(simulator)), state=state)
    assert (run.error, [(row["_id"], row["name"]) for row in run.rows(STREAM)]) == (None, [(2, "changed")])


@pytest.mark.parametrize("deletes", ["full", "ignore"])
def test_what_the_tap_has_sent_is_a_catalog(simulator, catalog, deletes):
    """Each SCHEMA names what the tap itself fills, and no field of Ninox: when a record was deleted."""
    sent = run_tap(simulator).of_type("SCHEMA", STREAM)[0]["schema"]
    made = {"streams": [{"tap_stream_id": STREAM, "schema": sent}]}
    stream_of(catalog)["schema"]["properties"] = sent["properties"]
    for given in (made, catalog):
        run = run_tap(simulator, catalog=given, deletes=deletes)
        assert (run.error, run.ids(STREAM)) == (None, [1, 2, 3])


def test_a_table_that_is_hidden_in_ninox_is_not_read_because_nothing_is_said_of_it(simulate):
    tables = {"A": customers(), "B": {**table("Salaries", A=field("string", "Name")), "hidden": True}}
    simulator = simulate(team(database(tables)))
    hidden = {"tap_stream_id": "shop__salaries", "schema": {"properties": {"name": {"type": "string"}}}}
    run = run_tap(simulator, catalog={"streams": [SINGER, hidden]})
    assert (run.error, [message["stream"] for message in run.of_type("SCHEMA")]) == (None, [STREAM])
    chosen = {**hidden, "metadata": [{"breadcrumb": [], "metadata": {"selected": True}}]}
    assert run_tap(simulator, catalog={"streams": [chosen]}).of_type("SCHEMA", "shop__salaries")


def test_a_name_that_means_two_things_is_refused(simulate):
    """By the state it is that of one field, or table, and by its caption that of another."""
    simulator = simulate(team(database({"A": customers(), "B": table("Orders", A=field("string", "No"))})))
    state = run_tap(simulator).state
    simulator.edit.rename_field("A", "A", "Old name")
    simulator.edit.add_field("A", "C", field("string", "Name"))
    run = run_tap(simulator, catalog={"streams": [SINGER]}, state=state)
    assert f"catalog: 'name' of {STREAM} may be field A ('Old name') or C ('Name')." in str(run.error)
    assert "Say which in the metadata" in str(run.error)
    for breadcrumb in ([], ["properties", "name"]):  # of what is not read, nobody has to say what it is
        off = {**SINGER, "metadata": [{"breadcrumb": breadcrumb, "metadata": {"selected": False}}]}
        orders = {"tap_stream_id": "shop__orders", "schema": {"properties": {"no": {"type": "string"}}}}
        assert run_tap(simulator, catalog={"streams": [off, orders]}, state=state).error is None
    simulator.edit.rename_table("A", "Clients")
    simulator.edit.rename_table("B", "Customers")
    run = run_tap(simulator, catalog={"streams": [SINGER]}, state=state)
    table_a, table_b = (f"{DATABASE_ID}.{key}" for key in "AB")
    assert f"catalog: {STREAM!r} may be table {table_a} ('Clients') or {table_b} ('Customers')." in str(run.error)
    assert run.messages == []


def test_a_schema_that_is_given_under_the_name_of_the_state_holds_for_the_property_that_was_renamed(simulator, catalog):
    """As Meltano's `schema` does it, whose catalog has the name of now: it adds the other one."""
    stream_of(catalog)["schema"]["properties"]["amount"] = override = {"type": ["string", "null"]}
    state = run_tap(simulator, catalog=catalog).state
    simulator.edit.rename_field("A", "B", "Total")
    simulator.edit.update("A", 2, {"B": 7})
    made = discover(simulator)
    stream_of(made)["schema"]["properties"]["amount"] = override
    stream_of(made)["metadata"].append({"breadcrumb": ["properties", "amount"], "metadata": {"inclusion": "automatic"}})
    run = run_tap(simulator, catalog=made, state=state)
    assert (run.error, [(row["_id"], row["amount"]) for row in run.rows(STREAM)]) == (None, [(2, "7")])
    (schema,) = run.of_type("SCHEMA", STREAM)
    assert schema["schema"]["properties"]["amount"]["type"] == ["string", "null"]
    assert "total" not in schema["schema"]["properties"]
    made["streams"] = [stream_of(made)]
    made["streams"][0]["metadata"][-1]["metadata"] = {
        "selected": False
    }  # under one of two names: the field may be secret
    simulator.edit.update("A", 2, {"B": 8})
    (row,) = run_tap(simulator, catalog=made, state=run.state).rows(STREAM)
    assert "amount" not in row


def test_a_rule_that_hits_another_table_since_one_was_renamed_is_told_with_the_alias(simulate):
    """Meltano's go by the names that a discovery shows: that of the table that was renamed is free then."""
    simulator = simulate(team(database({"A": customers(), "B": table("customers", A=field("string", "No"))})))
    state = run_tap(simulator).state
    simulator.edit.rename_table("A", "Clients")
    catalog = discover(simulator)
    stream_of(catalog)["schema"]["properties"]["amount"] = {"type": "string"}
    run = run_tap(simulator, catalog=catalog, state=state)
    alias = {f"{DATABASE_ID}.A": STREAM, f"{DATABASE_ID}.B": f"{STREAM}_b"}
    assert f"catalog: nothing says which field of {STREAM}_b 'amount' is" in str(run.error)
    assert f"The catalog calls it {STREAM!r}, as table {DATABASE_ID}.A was called. If that one is meant," in str(
        run.error
    )
    assert f"set aliases: {json.dumps(alias)}" in str(run.error)
    catalog = discover(simulator, aliases=alias)
    stream_of(catalog)["schema"]["properties"]["amount"] = {"type": "string"}
    run = run_tap(simulator, catalog=catalog, state=state, aliases=alias)
    assert run.error is None
    assert run.of_type("SCHEMA", STREAM)[0]["schema"]["properties"]["amount"]["type"] == ["string", "null"]


def test_a_catalog_without_ids_needs_the_right_to_read_schemas(simulator):
    simulator.switches.update({"schema_access": "forbidden"})
    run = run_tap(simulator, catalog={"streams": [SINGER]}, databases=[DATABASE_ID])
    assert f"The catalog selects {STREAM!r}, but nothing says which table that is" in str(run.error)


def test_a_formula_of_a_catalog_without_ids_is_read_as_the_settings_say(simulate):
    fields = {"D": field("fn", "Gross", fn="Amount * 2")}
    simulator = simulate(team(database({"A": customers(**fields)}, {"A": customer_records(2)})))
    properties = {**SINGER["schema"]["properties"], "gross": {"type": ["number", "null"]}}
    catalog = {"streams": [{**SINGER, "schema": {"properties": properties}}]}
    run = run_tap(simulator, catalog=catalog, formulas={"*.gross": "number"})
    assert (run.error, [row["gross"] for row in run.rows(STREAM)]) == (None, [20, 40])


def test_a_property_that_was_taken_out_of_the_schema_is_not_sent(simulator, catalog):
    del stream_of(catalog)["schema"]["properties"]["name"]
    run = run_tap(simulator, catalog=catalog)
    assert "name" not in run.rows(STREAM)[0]
    assert "amount" in run.rows(STREAM)[0]


@pytest.mark.parametrize("metadata", [[], [{"breadcrumb": [], "metadata": {"selected": True}}]])
def test_a_selected_stream_that_no_table_is_known_for_fails(simulator, catalog, metadata):
    """It brought no rows and no error."""
    catalog["streams"].append({**SINGER, "tap_stream_id": "shop__custmoers", "metadata": metadata})
    run = run_tap(simulator, catalog=catalog)
    assert "streams could not be read to their end: shop__custmoers." in str(run.error)
    assert f"Did you mean '{STREAM}'? Make the catalog again with --discover" in run.stream_error("shop__custmoers")
    assert len(run.rows(STREAM)) == 3


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
    *(None, "x", [], {"table_version": "1"}, {"fields": [1]}, {"names": [3]}, {"former": "x"}),
    *({"tables": 1}, {"tables": ["A"]}, {"tables": {"A": 1}}, {"sequences": [4711]}),
    {"table": 7},
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
