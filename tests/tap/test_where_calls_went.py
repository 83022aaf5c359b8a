"""The report says where the calls went, and how often such a run fits the plan."""

from __future__ import annotations

import pytest

from ninox_api.transport import Request
from ninox_tools.inspection.forms import format_text
from ninox_tools.inspection.survey import inspect
from tests.helpers.run import discover, new_tap, run_tap
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customers, database, field, shop, team

STREAM = "shop__customers"
IDS = {"team": TEAM_ID, "databases": [DATABASE_ID]}


def test_calls_are_told_by_what_they_were_for_and_by_stream(simulate, caplog):
    caplog.set_level("INFO")
    simulator = simulate(shop(25))
    simulator.faults.add("status", status=503, path="/records$", times=1)
    run = run_tap(simulator, page_size=10, max_retries=1)
    assert run.report["api_calls_by_purpose"] == {"discovery": 3, "pages": 3, "feed": 1, "retries": 1}
    assert "API calls: 3 discovery, 3 pages, 1 feed, 1 retry." in caplog.messages
    assert run.report["streams"][STREAM]["api_calls_by_purpose"] == {"pages": 3, "feed": 1, "retries": 1}
    assert sum(run.report["api_calls_by_purpose"].values()) == run.report["api_calls"] == len(simulator.log.entries)


def test_the_end_that_no_feed_proves_single_records_formulas_and_files_have_purposes_of_their_own(simulate):
    tables = {"A": customers(D=field("fn", "Total", fn="Amount * 2"))}
    simulator = simulate(team(database(tables)), next_rids="absent")
    numbers = [simulator.edit.create("A", {"A": "x"}) for _ in range(3)]
    settings = {"formulas": {"*.total": "number"}, "files": {"*": "metadata"}}
    first = run_tap(simulator, **settings)
    assert first.report["api_calls_by_purpose"] == {
        "discovery": 3, "pages": 2, "confirmation": 2, "queries": 2, "files": len(numbers), "feed": 1,
    }  # fmt: skip
    simulator.edit.update("A", 2, {"A": "y"})
    later = run_tap(simulator, state=first.state)
    assert later.report["api_calls_by_purpose"] == {"discovery": 3, "feed": 1, "look_ups": 1}


@pytest.mark.parametrize(
    ("segments", "method", "purpose"),
    [
        (("tables", "A", "records", "1", "files", "changes"), "GET", "files"),
        (("tables", "A", "records", "1", "files"), "POST", "files"),
        (("tables", "A", "records"), "POST", "writes"),
        (("tables", "A", "records", "1"), "DELETE", "writes"),
        (("exec",), "POST", "writes"),
        (("query",), "POST", "queries"),
        (("tables", "changes"), "GET", "feed"),
        (("tables",), "GET", "discovery"),
        ((), "GET", "discovery"),
    ],
)
def test_a_request_says_what_it_is_for(segments, method, purpose):
    assert Request(method=method, segments=("teams", "t", "databases", "d", *segments)).purpose.value == purpose


@pytest.mark.parametrize(
    ("granted", "every"), [(1440, "60 minutes"), (1500, "58 minutes"), (100, "15 hours"), (30_000, "3 minutes")]
)
def test_the_most_frequent_schedule_that_fits_is_told(simulate, caplog, granted, every):
    """Of Meltano's two processes the second tells both: what discovery cost stands in the catalog."""
    caplog.set_level("INFO", logger="tap_ninox")
    simulator = simulate(shop(3))
    state = run_tap(simulator, **IDS).state
    catalog = discover(simulator, is_stamped=True, **IDS)
    run = run_tap(simulator, state=state, catalog=catalog, calls_per_month=granted, **IDS)
    assert run.report["api_calls"] == 1
    assert "0 rows, 0 deleted, 1 API call (beside 1 of --discover), " in caplog.messages[-1]
    assert run.report["schedule"] == (
        f"A run like this every hour costs 1,440 API calls a month; calls_per_month ({granted:,}) permits one every "
        f"{every}."
    )
    assert run.report["schedule"] in caplog.text


def test_inspect_tells_the_most_frequent_schedule_that_fits(simulate):
    look = inspect(new_tap(simulate(shop(3)), calls_per_month=1500, **IDS), runs_per_day=24)
    assert "calls_per_month (1,500) permits such a run every 58 minutes." in format_text(look)
    assert look.as_json()["api_calls"]["minutes_between_runs"] == 58
