"""Where rows go: what settings name is one thing or an error, what nobody named is met by identity, then by name."""

from __future__ import annotations

import logging

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import of_tap, records, run_tap, run_target, schema, stored, writes
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, database, field, table, team

OTHER = "db0000000002"


def text_table(caption, *fields):
    ids = "ABCDEFG"
    return table(caption, **{ids[number]: field("string", name) for number, name in enumerate(fields or ("Name",))})


def base(*captions, kept=(), **more):
    """One database with a table of each caption, ids A, B, …; with a record in each of `kept`."""
    tables = {"ABCDEFG"[number]: text_table(caption) for number, caption in enumerate(captions)}
    rows = {table_id: [RecordDocument(id=1, fields={"A": "old"}, sequence=1)] for table_id in kept}
    return team(database(tables, rows, **more))


def load(simulator, stream, *, names=("new",), described=None, **settings):
    described = described or schema(stream, key=["Name"], Name="string")
    return run_target(simulator, [described, *records(stream, [{"Name": name} for name in names])], **settings)


def names_in(simulator, table_id):
    return [fields.get("A") for fields in stored(simulator, table_id).values()]


# ------------------------------------------------------------------------------------------- what settings name


@pytest.mark.parametrize("wanted", ["Test-Customers", "shop__Customers", "Cust", "Customers-2", "anything-A", "a"])
def test_a_table_that_a_setting_names_exists_or_nothing_is_done(simulate, wanted):
    simulator = simulate(base("Customers", kept="A"))
    run = load(simulator, "x", streams={"x": {"table": wanted, "mode": "mirror"}})
    assert "streams.x.table: no table is called" in str(run.error)
    assert "'Customers' (A)" in str(run.error)
    assert writes(simulator) == []
    assert run.states == []


@pytest.mark.parametrize("wanted", ["B", "Größen & Co", "groessen_co", "GRÖSSEN CO"])
def test_a_setting_names_a_table_by_id_caption_or_identifier(simulate, wanted):
    simulator = simulate(base("Customers", "Größen & Co"))
    assert load(simulator, "x", streams={"x": {"table": wanted}}).error is None
    assert names_in(simulator, "B") == ["new"]


@pytest.mark.parametrize(
    ("captions", "wanted", "told"),
    [
        (["Größen", "Groessen"], "groessen", "'Größen' (A), 'Groessen' (B); give the id"),
        (["Kunden", "Kunden"], "Kunden", "'Kunden' (A), 'Kunden' (B); give the id"),
        (["Kunden", "Projekte", "B"], "B", "give 'Projekte' for the one, C for the other"),
    ],
)
def test_two_tables_under_one_name_are_an_error_that_says_what_to_give(simulate, captions, wanted, told):
    simulator = simulate(base(*captions))
    run = load(simulator, "x", streams={"x": {"table": wanted}})
    assert told in str(run.error)
    assert writes(simulator) == []


@pytest.mark.parametrize("wanted", ["public_customers", "Public.Customers", "public customers"])
def test_settings_for_a_stream_that_is_spelled_otherwise_end_the_run_before_a_row_is_written(simulate, wanted):
    """They say where the rows are to go: without them, these would go to the table of that name."""
    simulator = simulate(base("Public Customers", "Test"))
    run = load(simulator, "public-customers", streams={wanted: {"table": "Test"}})
    assert f"streams.{wanted}: a stream named 'public-customers' came, which has no settings" in str(run.error)
    assert writes(simulator) == []
    load(simulator, "public-customers", streams={wanted: {"table": "Test"}, "public-customers": {}})
    assert (names_in(simulator, "A"), names_in(simulator, "B")) == (["new"], [])


# ----------------------------------------------------------------------------------------- what nobody has named


@pytest.mark.parametrize(
    "stream", ["Customers", "customers", "CUSTOMERS", "shop__customers", "SHOP__Customers", "public-customers",
               "public-shop__customers", "tap_ninox-shop__customers"],
)  # fmt: skip
def test_a_stream_finds_its_table_by_name_behind_the_prefixes_that_are_known(simulate, stream):
    simulator = simulate(base("Orders", "Customers"))
    assert load(simulator, stream).error is None
    assert names_in(simulator, "B") == ["new"]


@pytest.mark.parametrize("stream", ["crm-customers", "CRM-Customers", "erp_2$-customers", "public-customers"])
def test_a_stream_finds_its_table_behind_any_schema_of_postgresql(simulate, caplog, stream):
    simulator = simulate(base("Orders", "Customers"))
    caplog.set_level(logging.INFO)
    assert load(simulator, stream).error is None
    assert names_in(simulator, "B") == ["new"]
    assert f"{stream}: goes to table 'Customers' (B), since " in caplog.text


def test_a_table_that_has_the_whole_name_goes_before_one_that_has_the_part_behind_the_schema(simulate):
    for whole in ("crm-customers", "CRM Customers"):
        simulator = simulate(base("Customers", whole))
        assert load(simulator, "crm-customers").error is None
        assert (names_in(simulator, "A"), names_in(simulator, "B")) == ([], ["new"])


@pytest.mark.parametrize(
    ("captions", "stream", "told"),
    [
        (["Customers", "customers"], "crm-CUSTOMERS", "several tables may be meant: 'Customers' (A), 'customers' (B)"),
        (["Orders", "Items"], "order-items", "no table is called 'order-items'"),
        (["Items"], "crm-order-items", "no table is called 'crm-order-items'"),
        (["Customers"], "crm-A", "no table is called 'crm-A'"),
        (["Customers"], "my crm-customers", "no table is called 'my crm-customers'"),
    ],
)
def test_what_is_before_a_hyphen_is_no_schema_where_that_would_be_a_guess(simulate, captions, stream, told):
    simulator = simulate(base(*captions))
    run = load(simulator, stream)
    assert told in str(run.error)
    assert writes(simulator) == []


def test_a_mirror_asks_for_the_table_where_only_a_part_of_the_name_tells_it(simulate):
    simulator = simulate(base("Customers", kept="A"))
    run = load(simulator, "crm-customers", streams={"*": {"mode": "mirror"}})
    assert "'crm-' is taken for a schema of PostgreSQL before 'customers'" in str(run.error)
    assert "streams.crm-customers.table" in str(run.error)
    assert writes(simulator) == []
    settings = {"*": {"mode": "mirror"}, "crm-customers": {"table": "Customers"}}
    assert load(simulator, "crm-customers", streams=settings, max_deletes=1).error is None
    assert names_in(simulator, "A") == ["old", "new"], "an input that does not end with a STATE deletes nothing"


@pytest.mark.parametrize("comes_later", [False, True], ids=["at once", "with a later schema"])
def test_hard_delete_asks_for_the_table_where_only_a_part_of_the_name_tells_it(simulate, comes_later):
    """Of `archive-customers` nobody knows that its deletions are those of the table Customers."""
    simulator = simulate(base("Customers", kept="A"))
    plain = [schema("crm-customers", key=["Name"], Name="string"), *records("crm-customers", [{"Name": "new"}])]
    gone = {"Name": "old", "_sdc_deleted_at": "2026-01-01T00:00:00Z"}
    marked = [schema("crm-customers", key=["Name"], Name="string", _sdc_deleted_at="string"),
              *records("crm-customers", [gone])]  # fmt: skip
    messages = [*plain, *marked] if comes_later else marked
    run = run_target(simulator, messages, hard_delete=True)
    assert "hard_delete deletes records. Say under streams.crm-customers.table" in str(run.error)
    assert "old" in names_in(simulator, "A")
    settings = {"crm-customers": {"table": "Customers"}}
    assert run_target(simulator, messages, hard_delete=True, streams=settings).error is None
    assert "old" not in names_in(simulator, "A")


def test_two_schemas_with_a_table_of_one_name_do_not_share_one_by_guess(simulate):
    simulator = simulate(base("Customers"))
    messages = [
        schema("crm-customers", key=["Name"], Name="string"), *records("crm-customers", [{"Name": "one"}]),
        schema("erp-customers", key=["Name"], Name="string"), *records("erp-customers", [{"Name": "two"}]),
    ]  # fmt: skip
    run = run_target(simulator, messages)
    assert "'Customers' (A), and so does 'crm-customers'" in str(run.error)
    assert "two" not in names_in(simulator, "A")


@pytest.mark.parametrize(
    "stream",
    ["order-items", "crm__items", "shop__crm__items", "a__b__items", "B", "shop__b", "public-B", "item", "items_2"],
)
def test_a_part_of_a_name_or_an_id_is_no_name(simulate, stream):
    simulator = simulate(base("Orders", "Items", kept="B"))
    run = load(simulator, stream, streams={stream: {"mode": "mirror"}})
    assert f"no table is called {stream!r}" in str(run.error)
    assert f"streams.{stream}.table" in str(run.error)
    assert writes(simulator) == []


def test_a_stream_named_like_an_id_goes_to_the_table_of_that_name(simulate):
    simulator = simulate(base("Orders", "Items", "B"))
    assert load(simulator, "B").error is None
    assert (names_in(simulator, "B"), names_in(simulator, "C")) == ([], ["new"])


def test_tables_that_cannot_be_told_apart_by_name_are_an_error(simulate):
    simulator = simulate(base("Größen", "Groessen"))
    run = load(simulator, "shop__groessen")
    assert "several tables may be meant: 'Größen' (A), 'Groessen' (B)" in str(run.error)
    assert writes(simulator) == []


def test_tables_without_a_letter_are_not_each_other(simulate):
    simulator = simulate(base("🌱", "表"))
    assert "no table is called 'x'" in str(load(simulator, "x").error)
    assert load(simulator, "表").error is None
    assert names_in(simulator, "B") == ["new"]


# -------------------------------------------------------------------------------------------- what the tap says


def two_sizes(count=0, **more):
    fields = ("Größe", "Groesse")
    tables = {"A": text_table("Größen", *fields), "B": text_table("Groessen", *fields)}
    rows = {
        table_id: [
            RecordDocument(id=number, fields={"A": f"{table_id}{number}", "B": "x"}, sequence=number)
            for number in range(1, count + 1)
        ]
        for table_id in tables
    }
    return team(database(tables, rows, **more))


def test_what_the_tap_read_goes_where_it_came_from_though_names_are_alike(simulate):
    source, target = simulate(two_sizes(3)), simulate(two_sizes())
    read = run_tap(source)
    assert run_target(target, read.messages).error is None
    assert {table_id: stored(target, table_id) for table_id in "AB"} == {t: stored(source, t) for t in "AB"}


def test_tables_and_fields_of_one_name_are_told_apart_by_their_ids(simulate):
    tables = {table_id: text_table("Kunden", "Name", "Name") for table_id in "AB"}
    rows = {key: [RecordDocument(id=1, fields={"A": f"{key}1", "B": f"{key}2"}, sequence=1)] for key in tables}
    source, target = simulate(team(database(tables, rows))), simulate(team(database(tables)))
    assert run_target(target, run_tap(source).messages).error is None
    assert stored(target, "A") == {1: {"A": "A1", "B": "A2"}}
    assert stored(target, "B") == {1: {"A": "B1", "B": "B2"}}


def test_aliases_of_the_tap_do_not_matter(simulate):
    source, target = simulate(two_sizes(3)), simulate(two_sizes())
    aliases = {f"{DATABASE_ID}.B": "sizes", f"{DATABASE_ID}.B.A": "groesse_b", f"{DATABASE_ID}.B.B": "groesse"}
    read = run_tap(source, aliases=aliases)
    assert run_target(target, read.messages).error is None
    assert stored(target, "B") == stored(source, "B")


def test_another_database_with_the_same_captions_under_other_ids_is_met_by_captions(simulate):
    source = simulate(two_sizes(3))
    tables = {"C": text_table("Groessen", "Groesse", "Größe"), "D": text_table("Größen", "Groesse", "Größe")}
    target = simulate(team(database(tables, id=OTHER, name="Archive")))
    settings = {stream: {"match_on": ["_id"]} for stream in ("shop__groessen", "shop__groessen_b")}
    run = run_target(target, run_tap(source).messages, database="Archive", streams=settings)
    assert run.error is None
    rows = target.store.database(TEAM_ID, OTHER).records
    assert [record.fields for record in rows("D")] == [{"B": f"A{number}", "A": "x"} for number in (1, 2, 3)]
    assert [record.fields for record in rows("C")] == [{"B": f"B{number}", "A": "x"} for number in (1, 2, 3)]


def test_a_table_renamed_since_the_catalog_is_told_and_not_guessed(simulate):
    simulator = simulate(base("Kunden (alt)", "Firmen"))
    described = of_tap(schema("shop__kunden", key=["_id"], _id="integer", Name="string"), caption="Kunden")
    run = load(simulator, "shop__kunden", described=described)
    assert "It was read from table A when that was named 'Kunden'." in str(run.error)


# ------------------------------------------------------------------------------------------------ several streams


def test_two_streams_share_a_table_only_where_a_setting_says_so(simulate):
    simulator = simulate(base("Customers"))
    messages = [
        schema("customers", key=["Name"], Name="string"), *records("customers", [{"Name": "one"}]),
        schema("shop__customers", key=["Name"], Name="string"), *records("shop__customers", [{"Name": "two"}]),
    ]  # fmt: skip
    run = run_target(simulator, messages)
    assert "'Customers' (A), and so does 'customers'" in str(run.error)
    assert "two" not in names_in(simulator, "A")
    run = run_target(simulator, messages, streams={"shop__customers": {"table": "Customers"}})
    assert run.error is None
    assert names_in(simulator, "A") == ["one", "two"]


def test_a_glob_names_a_table_for_one_stream(simulate):
    """What nobody thought of would be written over the customers, whose keys it has by chance."""
    tables = {"A": table("Customers", A=field("string", "No"), B=field("string", "Name"))}
    simulator = simulate(team(database(tables, {"A": [RecordDocument(1, {"A": "1", "B": "Anna"}, 1)]})))
    of_customers = [schema("crm-list", key=["No"], No="string"), *records("crm-list", [{"No": "1"}])]
    of_others = [schema("crm-items", key=["No"], No="string", Name="string"),
                 *records("crm-items", [{"No": "1", "Name": "Chair"}])]  # fmt: skip
    glob = {"crm-*": {"table": "Customers"}}
    assert run_target(simulator, of_customers, streams=glob).error is None
    for more in ({}, {"crm-list": {"table": "Customers"}}, {"crm-items": {"table": "Customers"}}):
        for messages in (of_customers + of_others, of_others + of_customers):
            run = run_target(simulator, messages, streams={**glob, **more})
            assert "'Customers' (A), and so does 'crm-" in str(run.error)
            assert "A glob says it of one stream only." in str(run.error)
    assert writes(simulator) == []
    both = {name: {"table": "Customers"} for name in ("crm-list", "crm-items")}
    assert run_target(simulator, of_customers + of_others, streams={**glob, **both}).error is None


def test_two_streams_into_one_table_load_though_the_second_has_more_fields(simulate):
    tables = {"A": text_table("Customers", "Name", "City")}
    simulator = simulate(team(database(tables, {"A": [RecordDocument(id=1, fields={"A": "one"}, sequence=1)]})))
    rows = [{"Name": "one", "City": "Ulm"}, {"Name": "two", "City": "Bonn"}]
    messages = [
        schema("crm", key=["Name"], Name="string"), *records("crm", [{"Name": "one"}, {"Name": "two"}]),
        schema("erp", key=["Name"], Name="string", City="string"), *records("erp", rows),
        *records("crm", [{"Name": "three"}]),
    ]  # fmt: skip
    run = run_target(simulator, messages, streams={name: {"table": "Customers"} for name in ("crm", "erp")})
    assert run.error is None
    assert sorted(fields["A"] for fields in stored(simulator).values()) == ["one", "three", "two"]
    assert {fields["A"]: fields.get("B") for fields in stored(simulator).values()} == {
        "one": "Ulm", "two": "Bonn", "three": None,
    }  # fmt: skip


def test_a_stream_that_a_map_makes_of_another_loads_and_the_other_needs_no_table(simulate):
    simulator = simulate(base("Kunden"))
    maps = {"raw": None, "kunden": {"__source__": "raw"}}
    run = load(simulator, "raw", stream_maps=maps)
    assert run.error is None
    assert names_in(simulator, "A") == ["new"]


def test_a_name_that_a_map_gives_goes_before_where_the_rows_come_from(simulate):
    simulator = simulate(base("Kunden", "Archiv"))
    described = of_tap(schema("shop__kunden", key=["Name"], Name="string"), caption="Kunden")
    maps = {"shop__kunden": None, "archiv": {"__source__": "shop__kunden"}}
    assert load(simulator, "shop__kunden", described=described, stream_maps=maps).error is None
    assert (names_in(simulator, "A"), names_in(simulator, "B")) == ([], ["new"])


def test_a_map_of_the_tap_that_renames_a_stream_is_followed_too(simulate):
    source, target = simulate(base("Kunden", kept="A")), simulate(base("Kunden", "Archiv"))
    read = run_tap(source, stream_maps={"shop__kunden": {"__alias__": "archiv"}})
    run = run_target(target, read.messages, streams={"archiv": {"match_on": ["_id"]}})
    assert run.error is None
    assert (names_in(target, "A"), names_in(target, "B")) == ([], ["old"])


def test_one_line_per_stream_says_where_it_goes_and_why_before_anything_is_written(simulate, caplog):
    simulator = simulate(base("Customers", "Orders"))
    caplog.set_level(logging.INFO)
    messages = [
        *(schema("customers", key=["Name"], Name="string"), *records("customers", [{"Name": "one"}])),
        schema("customers", key=["Name"], Name="string", _sdc_x="string"),
        *(schema("x", key=["Name"], Name="string"), *records("x", [{"Name": "two"}])),
    ]
    assert run_target(simulator, messages, streams={"x": {"table": "B"}}).error is None
    lines = [line for line in caplog.messages if ": goes to table" in line]
    assert lines == [
        "customers: goes to table 'Customers' (A), since the stream is named 'customers'.",
        "x: goes to table 'Orders' (B), since streams.x.table says so.",
    ]


# -------------------------------------------------------------------------------------------------------- `_id`


def foreign(**more):
    """Rows of a product that numbers them in `_id`, as MongoDB and CKAN do."""
    return [schema("customers", key=["_id"], _id="integer", Name="string"),
            *records("customers", [{"_id": 1, "Name": "foreign"}])]  # fmt: skip


def test_an_id_of_another_product_is_not_taken_for_the_record_id(simulate):
    simulator = simulate(base("Customers", kept="A"))
    run = run_target(simulator, foreign())
    assert "the stream's key is _id, and nothing says that it is the id of a record" in str(run.error)
    assert names_in(simulator, "A") == ["old"]


def test_fields_decides_what_an_id_is(simulate):
    simulator = simulate(team(database({"A": text_table("Customers", "Name", "Nummer")},
                                       {"A": [RecordDocument(id=1, fields={"A": "old"}, sequence=1)]})))  # fmt: skip
    settings = {"customers": {"fields": {"_id": "Nummer"}}}
    assert run_target(simulator, foreign(), streams=settings).error is None
    assert stored(simulator) == {1: {"A": "old"}, 2: {"A": "foreign", "B": "1"}}
    simulator.log.clear()
    settings["customers"]["match_on"] = ["_id"]
    assert run_target(simulator, foreign(), streams=settings).error is None
    assert writes(simulator) == []


def test_a_setting_can_say_that_an_id_is_the_record_id(simulate):
    simulator = simulate(base("Customers", kept="A"))
    assert run_target(simulator, foreign(), streams={"customers": {"match_on": ["_id"]}}).error is None
    assert names_in(simulator, "A") == ["foreign"]


@pytest.mark.parametrize(
    ("said", "is_own"),
    [({}, True), ({"table": "B"}, False), ({"database": OTHER}, False), ({"team": "tEamOfOthers"}, False)],
    ids=["own", "table", "database", "team"],
)
def test_an_id_is_the_record_id_where_the_tap_read_this_very_table(simulate, said, is_own):
    simulator = simulate(base("Customers", kept="A"))
    described, *rows = foreign()
    run = run_target(simulator, [of_tap(described, **said), *rows])
    assert (run.error is None) is is_own
    assert names_in(simulator, "A") == ["foreign" if is_own else "old"]


def test_an_id_of_this_table_is_none_in_the_table_that_a_setting_names(simulate):
    simulator = simulate(base("Customers", "Archive", kept="AB"))
    described, *rows = foreign()
    run = run_target(simulator, [of_tap(described), *rows], streams={"customers": {"table": "Archive"}})
    assert "set match_on: [_id]" in str(run.error)
    assert (names_in(simulator, "A"), names_in(simulator, "B")) == (["old"], ["old"])


@pytest.mark.parametrize("rule", ["int(record['Name'])", "record['Name']", "_id + 1"])
@pytest.mark.parametrize("side", ["tap", "target"])
def test_an_id_that_a_stream_map_makes_is_no_record_id(simulate, side, rule):
    """The rest of the schema still says that it is of this very table."""
    simulator = simulate(team(database({"A": text_table("Kunden")}, {
        "A": [RecordDocument(id=number, fields={"A": str(3 - number)}, sequence=number) for number in (1, 2)],
    })))  # fmt: skip
    before, maps = stored(simulator), {"stream_maps": {"shop__kunden": {"_id": rule}}}
    read = run_tap(simulator, **(maps if side == "tap" else {}))
    run = run_target(simulator, read.messages, **(maps if side == "target" else {}))
    assert "nothing says that it is the id of a record of this very table" in str(run.error)
    assert stored(simulator) == before


@pytest.mark.parametrize("record_id", [1.7e12, 2**53 - 1])
def test_an_id_that_no_table_has_makes_no_record(simulate, record_id):
    """Ids only grow: those of everybody would begin behind it, and lose digits in the end."""
    simulator = simulate(base("Customers"))
    messages = [schema("customers", key=["_id"], _id="number", Name="string"),
                *records("customers", [{"_id": record_id, "Name": "far"}, {"_id": 2**40, "Name": "near"}])]  # fmt: skip
    run = run_target(simulator, messages, streams={"customers": {"match_on": ["_id"]}})
    assert run.counts("customers") == {"read": 2, "created": 1, "rejected": 1}
    assert stored(simulator) == {2**40: {"A": "near"}}


@pytest.mark.parametrize("name", ["archiv", "Archiv"])
def test_a_stream_that_a_mapper_between_has_renamed_goes_where_its_new_name_says(simulate, name):
    """Mappers keep what they do not know: without its old name, the rows would go back to where they were read."""
    simulator = simulate(base("Kunden", "Archiv", kept="A"))
    messages = [
        {
            **message,
            "stream": name,
            **({"record": {**message["record"], "name": "masked"}} if "record" in message else {}),
        }
        for message in run_tap(simulator).messages
        if message.get("stream") == "shop__kunden"
    ]
    run = run_target(simulator, messages, streams={name: {"match_on": ["_id"]}})
    assert run.error is None
    assert (names_in(simulator, "A"), names_in(simulator, "B")) == (["old"], ["masked"])


def test_rows_of_two_tables_under_one_stream_are_an_error(simulate):
    """Two inputs one after the other: `_id` of the second would land on records of the first."""
    simulator = simulate(base("Customers", "Archive", kept="A"))
    described, *rows = foreign()
    other = of_tap(described, table="B", caption="Archive")
    run = run_target(simulator, [of_tap(described), other, *rows])
    assert "its rows were read from two tables, 'Customers' and 'Archive'" in str(run.error)
    assert names_in(simulator, "A") == ["old"]


def test_an_id_of_which_a_later_schema_says_nothing_is_no_record_id(simulate):
    simulator = simulate(base("Customers", kept="A"))
    described, *rows = foreign()
    run = run_target(simulator, [of_tap(described), described, *rows])
    assert "nothing says that it is the id" in str(run.error)
    assert names_in(simulator, "A") == ["old"]


TOMBSTONE = schema("customers", key=["_id"], _id="integer", _sequence="integer", _sdc_deleted_at="string")
DELETION = records("customers", [{"_id": 1, "_sequence": 9, "_sdc_deleted_at": "2026-11-01T00:00:00Z"}])


@pytest.mark.parametrize(
    ("described", "is_own"),
    [(of_tap(TOMBSTONE), True), (of_tap(TOMBSTONE, database=OTHER), False), (TOMBSTONE, False)],
    ids=["own", "of another database", "of another product"],
)
@pytest.mark.parametrize("has_rows", [False, True])
def test_a_deletion_under_a_narrow_schema_is_by_the_record_id_only_of_this_very_table(
    simulate, described, is_own, has_rows
):
    simulator = simulate(base("Customers", kept="A"))
    rows = [schema("customers", key=["Name"], Name="string"), *records("customers", [{"Name": "old"}])]
    run = run_target(simulator, [*(rows if has_rows else ()), described, *DELETION], hard_delete=True)
    assert names_in(simulator, "A") == ([] if is_own and not has_rows else ["old"])
    if not is_own:
        assert run.report["total"]["skipped_because"] == {"no_key": 1}


def test_deletions_of_another_database_behind_rows_of_this_one_are_an_error(simulate):
    simulator = simulate(base("Customers", kept="A"))
    described, _ = foreign()
    for narrow in (of_tap(TOMBSTONE, database=OTHER, caption="Kunden"), TOMBSTONE):
        run_target(simulator, [of_tap(described), narrow, *DELETION], hard_delete=True)
        assert names_in(simulator, "A") == ["old"]


LINKED = {
    "A": text_table("Customers", "Name"),
    "B": table("Orders", A=field("string", "No"), B=field("ref", "Customer", refTypeId="A")),
}


@pytest.mark.parametrize(
    ("database_id", "settings", "link"),
    [
        (DATABASE_ID, {}, 2),
        (OTHER, {}, 1),
        (OTHER, {"match_on": ["_id"]}, 2),
        (OTHER, {"fields": {"customer": None}}, 1),
        (OTHER, {"references": {"customer": "Name"}}, 1),
    ],
    ids=str,
)
def test_ids_of_another_database_are_no_links_of_this_one(simulate, database_id, settings, link):
    kept = {
        "A": [RecordDocument(n, {"A": f"c{n}"}, n) for n in (1, 2)],
        "B": [RecordDocument(1, {"A": "o1", "B": 1}, 1)],
    }
    simulator = simulate(team(database(LINKED, kept)))
    described = schema("orders", key=["No"], _id="integer", No="string", customer={"title": "Customer", "x-ninox": {}})
    messages = [of_tap(described, database=database_id, table="B", caption="Orders"),
                *records("orders", [{"_id": 1, "No": "o1", "customer": 2}])]  # fmt: skip
    run = run_target(simulator, messages, streams={"orders": settings})
    assert stored(simulator, "B")[1]["B"] == link
    if not settings and link == 1:
        assert "'customer' holds ids of records of the database that it was read from" in str(run.error)
