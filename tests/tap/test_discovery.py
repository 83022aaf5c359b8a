"""Discovery: names, types, selection, and one clear sentence for everything that cannot be."""

from __future__ import annotations

import pytest

from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_simulator.seeds import RecordDocument, TeamDocument
from ninox_singer.protocol import STREAMS_OF_NO_TABLE
from tests.helpers.run import discover, metadata, run_tap
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customers, database, field, shop, table, team
from tests.helpers.wire import calls


def streams(catalog):
    return {stream["tap_stream_id"]: stream for stream in catalog["streams"]}


def test_discovery_reads_no_record(simulate):
    simulator = simulate(shop(5))
    discover(simulator)
    assert [call.path.removeprefix("/v1") for call in calls(simulator)] == [
        "/teams",
        f"/teams/{TEAM_ID}/databases",
        f"/teams/{TEAM_ID}/databases/{DATABASE_ID}",
    ]


def test_the_catalog_says_which_field_a_property_is_and_of_which_type(simulate):
    stream = streams(discover(simulate(shop(1))))["shop__customers"]
    assert metadata(stream)["ninox"] == {
        "team_id": TEAM_ID,
        "database_id": DATABASE_ID,
        "database": "Shop",
        "table_id": "A",
        "table": "Customers",
    }
    assert metadata(stream, "properties", "amount")["ninox"] == {"field_id": "B", "field": "Amount", "type": "number"}
    assert stream["schema"]["properties"]["amount"] == {
        "type": ["number", "null"],
        "title": "Amount",
        "x-ninox": {"field": "B"},
    }
    assert stream["key_properties"] == ["_id"]
    assert stream["replication_key"] == "_sequence"


def test_of_streams_that_are_no_table_the_target_knows_each(simulate):
    found = streams(discover(simulate(shop(1)), files={"*": "metadata"}, deletes="both"))
    assert {name for name, stream in found.items() if "x-ninox" not in stream["schema"]} == STREAMS_OF_NO_TABLE


def test_pages_are_left_out_and_hidden_tables_are_not_selected(simulate):
    tables = {
        "A": customers(),
        "B": table("Dashboard", kind="page"),
        "C": {**table("Import", A=field("string", "X")), "hidden": True},
    }
    found = streams(discover(simulate(team(database(tables)))))
    assert "shop__dashboard" not in found
    assert metadata(found["shop__customers"])["selected-by-default"] is True
    assert metadata(found["shop__import"])["selected-by-default"] is False


def test_hidden_tables_are_not_read_unless_selected(simulate):
    tables = {"A": {**table("Import", A=field("string", "X")), "hidden": True}}
    run = run_tap(simulate(team(database(tables))))
    assert run.error is None
    assert run.of_type("SCHEMA", "shop__import") == []


def test_formulas_are_listed_as_computed_with_their_type_and_are_not_selected(simulate):
    tables = {"A": customers(F=field("fn", "Total", fn="B * 2"))}
    simulator = simulate(team(database(tables)))
    stream = streams(discover(simulator))["shop__customers"]
    assert metadata(stream, "properties", "total")["ninox"]["computed"] is True
    assert metadata(stream, "properties", "total")["inclusion"] == "unsupported"
    run = run_tap(simulator)
    assert "total" not in run.of_type("SCHEMA", "shop__customers")[0]["schema"]["properties"]
    fields = [message["record"] for message in run.of_type("RECORD", "ninox_fields")]
    assert [row["formula"] for row in fields if row["name"] == "Total"] == ["B * 2"]


def test_an_unknown_field_type_is_sent_as_text_with_one_warning(simulate, caplog):
    tables = {"A": customers(F=field("hologram", "Shape"), G=field("hologram", "Other"))}
    catalog = discover(simulate(team(database(tables))))
    assert streams(catalog)["shop__customers"]["schema"]["properties"]["shape"]["type"] == ["string", "null"]
    assert len([r for r in caplog.records if "hologram" in r.getMessage()]) == 1


def test_two_tables_that_slug_alike_are_two_streams_and_the_older_keeps_the_name(simulate):
    tables = {"D": table("kunden!", A=field("string", "X")), "B": table("Kunden", A=field("string", "X"))}
    found = streams(discover(simulate(team(database(tables)))))
    assert metadata(found["shop__kunden"])["ninox"]["table_id"] == "B"
    assert metadata(found["shop__kunden_d"])["ninox"]["table_id"] == "D"


def test_two_databases_of_one_name_keep_their_tables_apart(simulate):
    databases = [database({"A": customers()}), database({"A": customers()}, id="db0000000002")]
    found = streams(discover(simulate(team(*databases))))
    assert {metadata(s)["ninox"]["database_id"] for n, s in found.items() if n.startswith("shop__")} == {
        "db0000000001",
        "db0000000002",
    }


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"stream_name_format": "{table}"}, "customers"),
        ({"stream_name_format": "{database}-{table}"}, "shop-customers"),
        ({"stream_name_format": "nx_{database_id}_{table_id}"}, "nx_db0000000001_A"),
        ({"aliases": {f"{DATABASE_ID}.A": "clients"}}, "clients"),
    ],
    ids=["table", "schema per database", "ids", "alias"],
)
def test_streams_are_named_as_asked(simulate, settings, name):
    assert name in streams(discover(simulate(shop(1)), **settings))


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "amount"),
        ({"aliases": {f"{DATABASE_ID}.A.B": "price"}}, "price"),
    ],
    ids=["caption", "alias"],
)
def test_properties_are_named_as_asked(simulate, settings, name):
    stream = streams(discover(simulate(shop(1)), **settings))["shop__customers"]
    assert metadata(stream, "properties", name)["ninox"]["field_id"] == "B"


PROBLEMS = [
    ({"team": "Taem"}, "team: nothing is called 'Taem'. Did you mean 'Team'? There is: 'Team'."),
    ({"databases": ["Shpo"]}, "databases: nothing is called 'Shpo'. Did you mean 'Shop'? There is: 'Shop'."),
    (
        {"tables": ["Custmers"]},
        "tables: nothing is called 'Custmers'. Did you mean 'Customers'? There is: 'Customers'.",
    ),
    ({"databases": ["X*"]}, "databases: nothing is called 'X*'. There is: 'Shop'."),
    ({"stream_name_format": "{db}"}, "stream_name_format: {db} is unknown; use "),
    ({"timezone": "Mars/Base"}, "timezone: 'Mars/Base' is not a zone"),
]


@pytest.mark.parametrize(("settings", "message"), PROBLEMS, ids=["team", "database", "table", "glob", "format", "zone"])
def test_a_name_that_names_nothing_is_one_sentence_with_what_there_is(simulate, settings, message):
    with pytest.raises(NinoxConfigError) as raised:
        discover(simulate(shop(1)), **settings)
    assert len(raised.value.errors) == 1
    assert raised.value.errors[0].startswith(message)


@pytest.mark.parametrize("setting", ["team", "databases"])
def test_a_setting_that_leaves_out_all_there_is_says_so(simulate, setting):
    name = {"team": "Team", "databases": "Shop"}[setting]
    with pytest.raises(NinoxConfigError, match=f"^{setting}: it leaves out all that the key sees: '{name}'\\.$"):
        discover(simulate(shop(1)), **{setting: [f"!{name}"]})


def test_teams_cannot_be_left_out_where_they_are_not_listed(simulate):
    with pytest.raises(NinoxConfigError, match="does not list its teams"):
        discover(simulate(shop(1), teams_endpoint="missing"), team=["!Team"])


def test_an_ambiguous_name_lists_the_ids(simulate):
    databases = [database({"A": customers()}), database({"A": customers()}, id="db0000000002")]
    with pytest.raises(NinoxConfigError, match="2 are called 'Shop'; use an id instead: db0000000001, db0000000002"):
        discover(simulate(team(*databases)), databases=["Shop"])


def test_several_teams_and_none_named_lists_them(simulate):
    teams = [*shop(1), TeamDocument(id="tEamTeamTeam00002", name="Other", databases=[])]
    with pytest.raises(NinoxConfigError, match=r"sees 2 teams.*'Team' \(tEamTeamTeam00001\), 'Other'"):
        discover(simulate(teams))


def test_a_team_by_id_works_where_teams_are_not_listed(simulate):
    simulator = simulate(shop(2), teams_endpoint="missing")
    assert run_tap(simulator, team=TEAM_ID).ids("shop__customers") == [1, 2]
    with pytest.raises(NinoxConfigError, match="does not list its teams; set team to the workspace's id"):
        discover(simulator)


def test_a_wrong_key_says_what_to_check(simulate):
    simulator = simulate(shop(1))
    with pytest.raises(NinoxError, match="HTTP 401\\. Check auth_token"):
        discover(simulator, auth_token="wrong")


def test_a_locked_database_is_skipped_with_one_warning(simulate, caplog):
    databases = [database({"A": customers()}), database({}, id="db0000000002", name="Safe", password="pw")]
    run = run_tap(simulate(team(*databases)))
    assert run.error is None
    assert len([r for r in caplog.records if "'Safe' is skipped" in r.getMessage()]) == 1


def test_a_locked_database_opens_with_its_password(simulate):
    databases = [database({"A": customers()}, id="db0000000002", name="Safe", password="pw")]
    run = run_tap(simulate(team(*databases)), database_passwords={"Safe": "pw"})
    assert run.error is None
    assert "safe__customers" in {m["stream"] for m in run.of_type("SCHEMA")}


def test_a_table_that_may_not_be_read_is_left_alone_and_the_others_are_read(simulate):
    tables = {"A": table("Salaries", A=field("string", "X")), "B": customers()}
    documents = team(database(tables, {"B": shop(3)[0].databases[0].records["A"]}, unreadable_tables=["A"]))
    run = run_tap(simulate(documents))
    assert run.ids("shop__customers") == [1, 2, 3]
    assert run.error is None
    assert run.report["streams"]["shop__salaries"]["outcome"] == "not_permitted"
    assert run.bookmark("shop__salaries")["replication_key_value"] is None


def test_a_saved_catalog_works_where_schemas_are_forbidden(simulate):
    catalog = discover(simulate(shop(3)))
    run = run_tap(simulate(shop(3), schema_access="forbidden"), catalog=catalog_selected(catalog))
    assert run.error is None
    assert run.ids("shop__customers") == [1, 2, 3]


def test_a_renamed_field_keeps_its_property_with_a_saved_catalog(simulate):
    simulator = simulate(shop(1))
    catalog = catalog_selected(discover(simulator))
    simulator.edit.rename_field("A", "B", "Price")
    row = run_tap(simulator, catalog=catalog).rows("shop__customers")[0]
    assert row["amount"] == 10


def test_captions_of_options_are_those_of_now_with_a_saved_catalog(simulate):
    state = field("choice", "State", values={"1": {"caption": "open"}})
    seed = team(database({"A": customers(C=state)}, {"A": [RecordDocument(1, {"C": "1"}, 1)]}))
    simulator = simulate(seed)
    catalog = catalog_selected(discover(simulator))
    simulator.edit.rename_choice("A", "C", "1", "waiting")
    row = run_tap(simulator, catalog=catalog).rows("shop__customers")[0]
    assert (row["state"], row["state_id"]) == ("waiting", "1")


def test_only_selected_properties_are_sent(simulate):
    simulator = simulate(shop(1))
    catalog = catalog_selected(discover(simulator))
    stream = streams(catalog)["shop__customers"]
    for name in ("name", "_created_by"):
        metadata(stream, "properties", name)["selected"] = False
    run = run_tap(simulator, catalog=catalog)
    assert set(run.rows("shop__customers")[0]) == {
        "_id", "_sequence", "_created_at", "_modified_at", "_modified_by", "amount",
    }  # fmt: skip


def catalog_selected(catalog):
    for stream in catalog["streams"]:
        metadata(stream)["selected"] = True
    return catalog
