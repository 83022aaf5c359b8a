"""What it costs to find out what there is: nothing twice, and nothing that the settings say already."""

from __future__ import annotations

import base64
import json
import zlib

import pytest

from tests.helpers import limits
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, field, shop, table, team

STREAM = "shop__customers"
IDS = {"team": TEAM_ID, "databases": [DATABASE_ID]}
SECOND = "db0000000002"


def asked(simulator):
    """Return what was asked since the last time, without the records."""
    paths = [call.path.removeprefix("/v1/") for call in simulator.log.entries if not call.path.endswith("/records")]
    simulator.log.clear()
    return paths


def two_databases(**more):
    second = database({"A": table("Staff", A=field("string", "Name"))}, id=SECOND, name="Office", settings={}, **more)
    return team(database({"A": customers()}, {"A": customer_records(3)}), second)


def catalog_and_state(simulator, **settings):
    """Return what discovery says, stamped, and the state of a first load; nothing is in the log then."""
    state = run_tap(simulator, **settings).state
    simulator.log.clear()
    return discover(simulator, is_stamped=True, **settings), state


def test_an_idle_run_of_meltano_is_two_calls_for_each_database_given_by_id(simulate):
    simulator = simulate(two_databases())
    settings = {"team": TEAM_ID, "databases": [DATABASE_ID, SECOND]}
    catalog, state = catalog_and_state(simulator, **settings)
    run = run_tap(simulator, catalog=catalog, state=state, **settings)
    assert run.error is None
    base = f"teams/{TEAM_ID}/databases"
    schemas_and_feeds = [f"{base}/{one}{of}" for of in ("", "/changes") for one in (DATABASE_ID, SECOND)]
    assert sorted(asked(simulator)) == sorted(schemas_and_feeds)


def test_by_names_it_is_one_list_of_teams_and_one_of_databases_more(simulate):
    simulator = simulate(shop(3))
    catalog, state = catalog_and_state(simulator, databases=["Sho*"])
    assert run_tap(simulator, catalog=catalog, state=state, databases=["Sho*"]).error is None
    base = f"teams/{TEAM_ID}/databases"
    assert asked(simulator) == ["teams", base, f"{base}/{DATABASE_ID}", f"{base}/{DATABASE_ID}/changes"]


def test_what_is_given_by_id_is_called_and_read_as_if_it_had_been_listed(simulate):
    simulator = simulate(shop(3))
    by_name, by_id = run_tap(simulator, databases=["Shop"]), run_tap(simulator, **IDS)
    assert by_id.rows(STREAM) == by_name.rows(STREAM)
    assert by_id.rows("ninox_tables") == by_name.rows("ninox_tables")


def test_a_wrong_id_is_an_error_that_lists_what_there_is(simulate):
    run = run_tap(simulate(shop(3)), team=TEAM_ID, databases=["db0000000009"])
    assert "databases: nothing is called 'db0000000009'." in str(run.error)
    assert "'Shop'" in str(run.error)
    run = run_tap(simulate(shop(3)), team="tEamTeamTeam00009", databases=[DATABASE_ID])
    assert "team: nothing is called 'tEamTeamTeam00009'." in str(run.error)
    assert "'Team'" in str(run.error)


def test_a_name_that_looks_like_an_id_is_found_by_that_name(simulate):
    seed = database({"A": customers()}, {"A": customer_records(2)}, name="umzugsliste1", settings={})
    run = run_tap(simulate(team(seed)), team=TEAM_ID, databases=["umzugsliste1"])
    assert run.ids("umzugsliste1__customers") == [1, 2]


@pytest.mark.parametrize(
    "more",
    [
        {"database_passwords": {"Shop": "x"}},
        {"aliases": {f"{SECOND}.A": "staff"}},
        {"stream_name_format": "{team}_{database}_{table}"},
        {"databases": [DATABASE_ID, "Office"]},
        {"databases": [f"!{SECOND}"]},
    ],
    ids=["passwords", "aliases", "name of the team", "another by name", "left out"],
)
def test_settings_that_name_something_else_are_understood_by_the_lists(simulate, more):
    simulator = simulate(two_databases())
    run = run_tap(simulator, **{**IDS, **more})
    assert run.error is None
    assert "teams" in asked(simulator)


def test_a_team_given_by_id_is_not_looked_up_where_schemas_are_forbidden_either(simulate):
    simulator = simulate(shop(3), schema_access="tables_only")
    run = run_tap(simulator, **IDS)
    assert (run.error, run.ids(STREAM)) == (None, [1, 2, 3])
    base = f"teams/{TEAM_ID}/databases"
    assert asked(simulator) == [
        f"{base}/{DATABASE_ID}",
        base,
        f"{base}/{DATABASE_ID}/tables",
        f"{base}/{DATABASE_ID}/changes",
    ]


def test_a_database_given_by_id_whose_schema_is_forbidden_is_skipped_with_its_name(simulate, caplog):
    simulator = simulate(shop(3), schema_access="forbidden")
    assert run_tap(simulator, **IDS).error is not None
    assert "Database 'Shop' is skipped" in caplog.text
    assert asked(simulator).count(f"teams/{TEAM_ID}/databases/{DATABASE_ID}") == 1


# ------------------------------------------------------------------------------------------------------------ stamps


def schemas_asked(simulator):
    return asked(simulator).count(f"teams/{TEAM_ID}/databases/{DATABASE_ID}")


@pytest.mark.parametrize(
    ("seconds", "schemas"), [(0, 0), (590, 0), (610, 1), (-5, 1)], ids=["now", "9 min", "10 min", "from the future"]
)
def test_what_discovery_saw_counts_for_ten_minutes(simulate, seconds, schemas):
    simulator = simulate(shop(3))
    catalog, state = catalog_and_state(simulator)
    simulator.log.clear()
    with limits.clock_ahead(seconds):
        run = run_tap(simulator, catalog=catalog, state=state)
    assert run.error is None
    assert schemas_asked(simulator) == schemas


def _edited(catalog):
    seen = json.loads(zlib.decompress(base64.b64decode(catalog["ninox"]["seen"])))
    seen["schemas"][DATABASE_ID]["tables"] = []
    catalog["ninox"]["seen"] = base64.b64encode(zlib.compress(json.dumps(seen).encode())).decode()


def _renewed(catalog):
    catalog["ninox"]["seen_at"] -= 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda catalog: catalog.pop("ninox"),
        lambda catalog: catalog.update(ninox=None),
        lambda catalog: catalog.update(ninox={"seen_at": "now"}),
        lambda catalog: catalog["ninox"].update(seen="?"),
        _edited,
        _renewed,
    ],
    ids=["none", "null", "another form", "unreadable", "edited", "another time"],
)
def test_a_catalog_without_a_stamp_of_ours_works_as_ever(simulate, spoil):
    simulator = simulate(shop(3))
    catalog = discover(simulator, is_stamped=True)
    simulator.log.clear()
    spoil(catalog)
    run = run_tap(simulator, catalog=catalog)
    assert (run.error, run.ids(STREAM)) == (None, [1, 2, 3])
    assert schemas_asked(simulator) == 1


@pytest.mark.parametrize("more", [{"databases": ["Sho*"]}, {"team": TEAM_ID}], ids=["databases", "team"])
def test_a_stamp_of_other_settings_does_not_count(simulate, more):
    simulator = simulate(shop(3))
    catalog = discover(simulator, is_stamped=True)
    simulator.log.clear()
    assert run_tap(simulator, catalog=catalog, **more).ids(STREAM) == [1, 2, 3]
    assert schemas_asked(simulator) == 1


def test_a_stamp_of_another_address_does_not_count(simulate):
    catalog = discover(simulate(shop(3)), is_stamped=True)
    other = simulate(shop(3))
    run_tap(other, catalog=catalog)
    assert schemas_asked(other) == 1


def test_a_stamp_holds_neither_the_key_nor_a_password(simulate):
    simulator = simulate(shop(3))
    plain = discover(simulator, is_stamped=True, database_passwords={DATABASE_ID: "geheim"})["ninox"]
    text = zlib.decompress(base64.b64decode(plain["seen"])).decode() + json.dumps(plain)
    assert simulator.token not in text
    assert "geheim" not in text
    assert plain.keys() == {"seen_at", "seen", "mark"}


def test_what_is_new_since_the_stamp_is_reported_when_it_is_old(simulate):
    """With Meltano's catalog cache: a new field is told, and read after the next discovery."""
    simulator = simulate(shop(3))
    catalog, state = catalog_and_state(simulator)
    simulator.edit.add_field("A", "Z", field("string", "Note"))
    fresh = run_tap(simulator, catalog=catalog, state=state)
    assert fresh.report["drift"] == []
    with limits.clock_ahead(700):
        later = run_tap(simulator, catalog=catalog, state=fresh.state)
    assert "Note" in json.dumps(later.report["drift"])
