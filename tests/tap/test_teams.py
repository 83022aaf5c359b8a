"""Several teams and databases in one run."""

from __future__ import annotations

import pytest

from ninox_api.errors import NinoxConfigError
from ninox_simulator.seeds import TeamDocument
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import TEAM_ID, customer_records, customers, database
from tests.helpers.wire import calls

OTHER_ID = "tEamTeamTeam00002"


def three_teams():
    """The first two have a database of the same name, the third is nobody's business."""

    def shop(number, count, **more):
        documents = {"id": f"db000000000{number}", **more}
        return database({"A": customers()}, {"A": customer_records(count)}, **documents)

    return [
        TeamDocument(id=TEAM_ID, name="Garten GmbH", databases=[shop(1, 2)]),
        TeamDocument(id=OTHER_ID, name="Nursery Ltd", databases=[shop(2, 3), shop(3, 4, name="Safe", password="pw")]),
        TeamDocument(id="tEamTeamTeam00003", name="Private", databases=[shop(4, 5)]),
    ]


WANTED = [["Garten GmbH", "nursery ltd"], [TEAM_ID, OTHER_ID], ["Garten*", "*Ltd"]]


@pytest.mark.parametrize("teams", WANTED, ids=["names", "ids", "globs"])
def test_each_team_has_its_streams(simulate, teams):
    simulator = simulate(three_teams())
    run = run_tap(simulator, team=teams, database_passwords={"Safe": "pw"})
    assert run.error is None
    assert {name: len(run.rows(name)) for name in run.state["bookmarks"] if not name.startswith("ninox_")} == {
        "garten_gmbh__shop__customers": 2,
        "nursery_ltd__shop__customers": 3,
        "nursery_ltd__safe__customers": 4,
    }
    databases = [message["record"] for message in run.of_type("RECORD", "ninox_databases")]
    assert {row["database_id"]: row["team"] for row in databases} == {
        "db0000000001": "Garten GmbH", "db0000000002": "Nursery Ltd", "db0000000003": "Nursery Ltd",
    }  # fmt: skip
    assert not any("db0000000004" in call.path for call in calls(simulator))


def test_each_team_is_followed(simulate):
    simulator = simulate(three_teams())
    teams = ["Garten GmbH", "Nursery Ltd"]
    state = run_tap(simulator, team=teams).state
    simulator.store.database(OTHER_ID, "db0000000002").update("A", 2, {"B": 0})
    second = run_tap(simulator, team=teams, state=state, catalog=discover(simulator, team=teams))
    assert second.ids("nursery_ltd__shop__customers") == [2]
    assert second.ids("garten_gmbh__shop__customers") == []


def test_one_team_of_teams_is_named_like_several(simulate):
    names = {stream["tap_stream_id"] for stream in discover(simulate(three_teams()), team=["Garten GmbH"])["streams"]}
    assert "garten_gmbh__shop__customers" in names


def test_equal_names_are_told_apart_where_the_team_is_left_out(simulate):
    catalog = discover(simulate(three_teams()), team="*", stream_name_format="{database}__{table}")
    names = {stream["tap_stream_id"] for stream in catalog["streams"]}
    assert {"shop__customers", "shop__customers_a", "shop__customers_db0000000004_a"} <= names


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"team": ["Garden GmbH"]}, "team: nothing is called 'Garden GmbH'. Did you mean 'Garten GmbH'?"),
        ({"team": ["*"], "databases": ["Shop"]}, "databases: 3 are called 'Shop'; use an id instead:"),
        ({}, "team: the key sees 3 teams, name one of them, or several as a list: 'Garten GmbH' (tEamTeamTeam00001), "),
    ],
    ids=["unknown", "ambiguous database", "none named"],
)
def test_what_cannot_be_meant_is_refused(simulate, settings, problem):
    with pytest.raises(NinoxConfigError) as raised:
        discover(simulate(three_teams()), **settings)
    assert str(raised.value).startswith(problem)
    assert "pw" not in str(raised.value).replace("passwords", "")


def test_a_password_of_nothing_fails_the_run_but_keeps_nobody_from_being_read(simulate):
    run = run_tap(simulate(three_teams()), team="Nursery Ltd", database_passwords={"Saef": "pw"})
    problem = "database_passwords: nothing is called 'Saef'. Did you mean 'Safe'? There is: 'Safe', 'Shop'."
    assert problem in run.report["problems"]
    assert run.rows("shop__customers")
    assert "pw" not in str(run.error).replace("passwords", "")


@pytest.mark.parametrize("teams", [[TEAM_ID, OTHER_ID], "*"], ids=["ids", "glob"])
def test_where_teams_are_not_listed_ids_are_needed(simulate, teams):
    simulator = simulate(three_teams(), teams_endpoint="missing")
    run = run_tap(simulator, team=teams)
    if teams == "*":
        assert "team: this server does not list its teams" in str(run.error)
    else:
        assert run.error is None
        assert run.ids("teamteamteam00001__shop__customers") == [1, 2]
