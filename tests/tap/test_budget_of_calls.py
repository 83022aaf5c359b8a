"""A13: "Only so many calls a month." `max_api_calls` stops cleanly, says so, and the next run goes on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.server import Simulator
from tests.helpers.commands import run
from tests.helpers.run import parse, run_tap
from tests.helpers.wire import calls, record_pages

TAP = Path(sys.executable).with_name("tap-ninox")
BUDGET = 20
SETTINGS = {"databases": ["Büro*"], "page_size": 50}


@pytest.fixture(params=["exclusive", "inclusive"])
def simulator(request):
    with Simulator(switches={"since_id_bound": request.param}) as running:
        running.store.database(TEAM_ID, BUERO_ID).unreadable_tables.clear()
        yield running


def run_with_budget(simulator, state, tmp_path, **settings):
    """Run the command; return its exit code, what it told, and its messages."""
    config = {"api_url": simulator.url, "auth_token": simulator.token, "max_api_calls": BUDGET, **SETTINGS, **settings}
    (tmp_path / "config.json").write_text(json.dumps(config))
    command = [TAP, "--config", str(tmp_path / "config.json")]
    if state is not None:
        (tmp_path / "state.json").write_text(json.dumps(state))
        command += ["--state", str(tmp_path / "state.json")]
    done = run(command)
    return done.returncode, done.stderr, parse(done.stdout)


@pytest.mark.e2e
@pytest.mark.parametrize("parallel", [1, 4])
def test_a_run_stops_at_its_budget_says_so_and_can_be_continued(simulator, tmp_path, parallel):
    code, told, messages = run_with_budget(simulator, None, tmp_path, max_parallel_requests=parallel)
    assert code == 1
    assert "The 20 API calls permitted by max_api_calls are used up" in told
    assert told.rstrip().endswith("There is nothing to fix: max_api_calls is used up, and the next run goes on.")
    assert "Traceback" not in told
    assert len(calls(simulator)) == BUDGET
    assert simulator.log.most_in_flight <= parallel
    states = [message["value"] for message in messages if message["type"] == "STATE"]
    assert any(name.startswith("buero_") for name in states[-1]["bookmarks"])


@pytest.mark.parametrize("parallel", [4, pytest.param(1, marks=pytest.mark.prove)])
def test_runs_within_a_budget_add_up_to_a_whole_load(simulator, parallel):
    whole = run_tap(simulator, **SETTINGS)
    pages = len(record_pages(simulator))
    simulator.log.clear()
    settings = {**SETTINGS, "max_api_calls": BUDGET, "max_parallel_requests": parallel}
    state, rows, runs = None, set(), 0
    while runs < 40:
        run = run_tap(simulator, state=state, **settings)
        rows |= {(m["stream"], m["record"]["_id"]) for m in run.of_type("RECORD") if "_id" in m["record"]}
        state, runs = run.state, runs + 1
        if run.error is None:
            break
        assert len(calls(simulator)) <= BUDGET * runs
    assert rows == {(m["stream"], m["record"]["_id"]) for m in whole.of_type("RECORD") if "_id" in m["record"]}
    assert len(record_pages(simulator)) <= pages + runs * 2 * parallel
    assert 2 < runs < 40


@pytest.mark.parametrize("limit", [1, 2])
def test_a_budget_below_what_discovery_takes_is_no_promise_to_go_on(simulator, limit):
    run = run_tap(simulator, max_api_calls=limit, **SETTINGS)
    assert str(run.error).startswith(f"max_api_calls: {limit} is less than finding the tables takes")
    assert "continues" not in str(run.error)
    assert len(calls(simulator)) == limit


def test_a_budget_that_ends_before_the_first_row_is_no_promise_either(simulator):
    run = run_tap(simulator, max_api_calls=4, **SETTINGS)
    assert str(run.error).endswith(
        "max_api_calls is used up before the first row, so that each run would stop here: raise it."
    )
    run = run_tap(simulator, max_api_calls=5, **SETTINGS)
    assert str(run.error).endswith("and the next run goes on.")


@pytest.mark.parametrize(
    ("after", "limit", "told"),
    [
        (0, 5, "are used up, 4 of them by retries, before all tables were found. The next run tries again."),
        (3, 8, "There is nothing to fix: max_api_calls is used up, and the next run goes on."),
    ],
    ids=["discovery", "feed"],
)
def test_a_budget_that_retries_used_up_suffices_for_the_next_run(simulator, waits, after, limit, told):
    simulator.faults.add("status", status=503, times=4, after=after)
    settings = {**SETTINGS, "tables": ["Kategorien"], "max_api_calls": limit, "max_retries": 7}
    run = run_tap(simulator, **settings)
    assert str(run.error).endswith(told)
    assert run_tap(simulator, state=run.state, **settings).of_type("RECORD")


@pytest.mark.parametrize("retry_after", ["1", "date:1", None])
def test_a_refusal_is_waited_for_as_long_as_the_server_asks(simulator, retry_after):
    simulator.faults.add("status", status=429, path="/records$", after=1, retry_after=retry_after)
    run = run_tap(simulator, tables=["Kategorien"], databases=["Büro*"], max_retries=1)
    assert run.error is None
    assert [call.status for call in calls(simulator) if call.path.endswith("/records")].count(429) == 1
    assert simulator.log.most_in_flight == 1
