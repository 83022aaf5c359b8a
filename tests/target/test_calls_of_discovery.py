"""What it costs the target to find its database."""

from __future__ import annotations

import pytest

from tests.helpers.run import records, run_target, schema, stored
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, shop
from tests.helpers.wire import calls

CUSTOMERS = [schema("customers", key=["Name"], Name="string"), *records("customers", [{"Name": "new"}])]
IDS = {"team": TEAM_ID, "database": DATABASE_ID}


def without_tables(simulator):
    return [call.path for call in calls(simulator) if "/tables/" not in call.path]


def test_team_and_database_given_by_id_cost_one_call(simulate):
    simulator = simulate(shop(3))
    assert run_target(simulator, CUSTOMERS, **IDS).error is None
    assert without_tables(simulator) == [f"/v1/teams/{TEAM_ID}/databases/{DATABASE_ID}"]
    assert len(stored(simulator)) == 4


def test_the_report_tells_calls_by_what_they_were_for_and_by_stream(simulate):
    simulator = simulate(shop(3))
    simulator.faults.add("status", status=503, path="/records$", times=1)
    report = run_target(simulator, CUSTOMERS, max_retries=1, **IDS).report
    assert report["total"]["api_calls_by_purpose"] == {
        "discovery": 1,
        "pages": 1,
        "retries": 1,
        "confirmation": 1,
        "writes": 1,
    }
    assert report["streams"]["customers"]["api_calls_by_purpose"] == {
        "pages": 1,
        "retries": 1,
        "confirmation": 1,
        "writes": 1,
    }
    assert sum(report["total"]["api_calls_by_purpose"].values()) == report["total"]["api_calls"]
    assert report["total"]["api_calls"] == len(simulator.log.entries)


def test_a_stream_named_with_its_database_finds_its_table_when_that_is_given_by_id(simulate):
    given = [{**message, "stream": "shop__customers"} for message in CUSTOMERS]
    assert run_target(simulate(shop(3)), given, **IDS).error is None


@pytest.mark.parametrize("wrong", [{"database": "db0000000009"}, {"team": "tEamTeamTeam00009"}])
def test_a_wrong_id_is_an_error_that_lists_what_there_is(simulate, wrong):
    run = run_target(simulate(shop(3)), CUSTOMERS, **{**IDS, **wrong})
    assert "nothing is called" in str(run.error)
    assert "There is: 'Team'" in str(run.error) or "There is: 'Shop'" in str(run.error)


def test_passwords_by_name_are_understood_by_the_lists(simulate):
    simulator = simulate(shop(3))
    assert run_target(simulator, CUSTOMERS, **IDS, database_passwords={"Shop": "x"}).error is None
    assert "/v1/teams" in without_tables(simulator)
