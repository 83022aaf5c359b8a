"""`max_parallel_requests`: several tables, databases and ranges of ids at once, one writer, no call too many."""

from __future__ import annotations

import math
from itertools import groupby

import pytest

from tests.helpers import limits
from tests.helpers.run import replay, run_tap
from tests.helpers.seeds import customer_records, customers, database, shop, table, team
from tests.helpers.wire import calls, record_pages

STREAM = "shop__customers"
PARALLEL = 4
SETTINGS = {"page_size": 10, "max_parallel_requests": PARALLEL}


def many_tables(count, rows=8):
    names = [chr(ord("A") + number) for number in range(count)]
    tables = {name: table(f"Table {name}", A={"base": "string", "caption": "Name"}) for name in names}
    return database(tables, {name: customer_records(rows) for name in names})


def test_a_table_without_gaps_costs_no_call_more_than_one_page_after_the_other(simulate):
    simulator = simulate(shop(200))
    simulator.faults.configure({"latency_s": 0.01})
    run = run_tap(simulator, **SETTINGS)
    assert sorted(run.ids(STREAM)) == list(range(1, 201))
    assert len(run.ids(STREAM)) == 200
    assert len(record_pages(simulator)) == 20
    assert simulator.log.most_in_flight == PARALLEL


def test_by_default_there_is_never_more_than_one_request_in_flight(simulate):
    simulator = simulate(team(many_tables(4, rows=30)))
    simulator.faults.configure({"latency_s": 0.002})
    run_tap(simulator, page_size=10)
    assert simulator.log.most_in_flight == 1


@pytest.mark.parametrize("rows", [0, 1, 9, 10, 11, 39, 40, 41, 95])
@pytest.mark.parametrize("deleted", [0, 3, 1.5], ids=["no gaps", "every third missing", "two of three missing"])
def test_every_row_comes_once_and_gaps_cost_at_most_one_call_per_range(simulate, rows, deleted):
    simulator = simulate(shop(rows))
    for number in range(1, rows + 1):
        if deleted and int(number % deleted) == 0:
            simulator.edit.delete("A", number)
    left = [record.id for record in simulator.edit.records("A")]
    run = run_tap(simulator, **SETTINGS)
    assert sorted(run.ids(STREAM)) == left
    # One that asks for the newest record confirms, one by number counts.
    pages = [page for page in record_pages(simulator) if "new" not in page and page["page"] == "0"]
    assert len(pages) <= math.ceil(len(left) / 10) + PARALLEL
    assert run.bookmark(STREAM)["snapshot"] is None


def test_tables_are_read_at_once_and_written_one_after_the_other(simulate):
    simulator = simulate(team(many_tables(8)))
    simulator.faults.configure({"latency_s": 0.1})
    run = run_tap(simulator, **SETTINGS)
    assert simulator.log.most_in_flight == PARALLEL
    streams = [message["stream"] for message in run.messages if "stream" in message and "table" in message["stream"]]
    assert [name for name, _ in groupby(name for name in streams if name.startswith("shop__"))] == [
        f"shop__table_{letter}" for letter in "abcdefgh"
    ]
    assert all(run.ids(f"shop__table_{letter}") == list(range(1, 9)) for letter in "abcdefgh")


def test_databases_are_read_at_once(simulate):
    others = [
        database({"A": customers()}, {"A": customer_records(4)}, id=f"db000000000{n}", name=f"D{n}") for n in (2, 3)
    ]
    simulator = simulate(team(*others))
    simulator.faults.configure({"latency_s": 0.05})
    run = run_tap(simulator, **SETTINGS)
    assert run.ids("d2__customers") == run.ids("d3__customers") == [1, 2, 3, 4]
    paths = [call.path for call in calls(simulator)]
    changes = [index for index, path in enumerate(paths) if path.endswith("/changes")]
    pages = [index for index, path in enumerate(paths) if path.endswith("/records")]
    assert max(changes) < max(pages)
    assert simulator.log.most_in_flight > 1


@limits.no_pauses()  # none keeps requests apart
def test_a_server_that_allows_one_request_at_a_time_gets_one_at_a_time(simulate):
    simulator = simulate(shop(400))
    simulator.faults.configure({"latency_s": 0.01, "parallel_limit": 1})
    run = run_tap(simulator, **SETTINGS, max_retries=4)
    assert run.error is None
    assert sorted(run.ids(STREAM)) == list(range(1, 401))
    refused = [index for index, call in enumerate(calls(simulator)) if call.status == 429]
    assert 0 < len(refused) < PARALLEL + 1
    assert all(call.status == 200 for call in calls(simulator)[refused[-1] + 1 :])


@pytest.mark.parametrize("parallel", [1, PARALLEL])
def test_every_state_is_a_place_to_continue_from_at_once_or_one_by_one(simulate, parallel):
    simulator = simulate(shop(95))
    simulator.faults.configure({"latency_s": 0.001})
    whole = run_tap(simulator, **SETTINGS)
    simulator.faults.clear()
    places = [i for i, m in enumerate(whole.messages) if m["type"] == "STATE" and "bookmarks" in m["value"]]
    assert any("ranges" in part for place in places for part in _snapshot(whole.messages[place]))
    for place in places:
        before = [m["record"]["_id"] for m in whole.messages[:place] if m["type"] == "RECORD" and m["stream"] == STREAM]
        rest = run_tap(simulator, state=whole.messages[place]["value"], page_size=10, max_parallel_requests=parallel)
        assert sorted(before + rest.ids(STREAM)) == list(range(1, 96))


def _snapshot(message):
    return message["value"]["bookmarks"].get(STREAM, {}).get("snapshot") or []


def test_a_range_that_fails_costs_the_others_nothing(simulate):
    simulator = simulate(shop(200))
    simulator.faults.configure({"latency_s": 0.002})
    simulator.faults.add("status", status=500, path="/records$", after=9, times=1)
    died = run_tap(simulator, **SETTINGS)
    assert "HTTP 500" in died.stream_error(STREAM)
    answered = [call for call in calls(simulator) if call.path.endswith("/records") and call.status == 200]
    assert len(died.ids(STREAM)) == 10 * len(answered)
    assert died.of_type("ACTIVATE_VERSION", STREAM) == []
    rest = run_tap(simulator, **SETTINGS, state=died.state)
    assert sorted(died.ids(STREAM) + rest.ids(STREAM)) == list(range(1, 201))
    versions = {message["version"] for run in (died, rest) for message in run.of_type("RECORD", STREAM)}
    assert versions == {rest.of_type("ACTIVATE_VERSION", STREAM)[0]["version"]}


def test_a_budget_that_runs_out_wastes_no_page_that_was_paid_for(simulate):
    simulator = simulate(team(many_tables(6, rows=30)))
    simulator.faults.configure({"latency_s": 0.002})
    run = run_tap(simulator, **SETTINGS, max_api_calls=14)
    assert len(calls(simulator)) == 14
    answered = [call for call in calls(simulator) if call.path.endswith("/records")]
    rows = [message for message in run.of_type("RECORD") if message["stream"].startswith("shop__")]
    assert len(rows) >= 10 * len(answered) - 10 * PARALLEL  # closing pages are empty
    rest = run_tap(simulator, **SETTINGS, state=run.state)
    for letter in "abcdef":
        stream = f"shop__table_{letter}"
        assert sorted(run.ids(stream) + rest.ids(stream)) == list(range(1, 31))


@pytest.mark.parametrize(
    "switches",
    [
        {"records_since_id": "ignored"},
        {"default_order": "shuffled"},
        {"since_id_bound": "inclusive"},
        {"per_page_cap": "100"},
        {"huge_since_sq": "everything"},
        {"huge_since_sq": "error"},
        {"feed": "missing"},
    ],
    ids=lambda switches: ",".join(f"{name}={value}" for name, value in switches.items()),
)
def test_whatever_the_server_does_not_do_every_row_arrives(simulate, switches):
    simulator = simulate(shop(350), **switches)
    run = run_tap(simulator, page_size=120, max_parallel_requests=3)
    assert run.error is None
    assert set(run.ids(STREAM)) == set(range(1, 351))
    simulator.edit.update("A", 7, {"A": "x"})
    later = run_tap(simulator, page_size=120, max_parallel_requests=3, state=run.state)
    assert replay({}, later, STREAM)[7]["name"] == "x"
