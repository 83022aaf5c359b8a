"""What goes wrong with one stream ends that stream; what ends the run is in its report."""

from __future__ import annotations

import io
import json
import os
import signal

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import run_tap, scripts
from tests.helpers.seeds import customers, database, team
from tests.helpers.wire import calls

STREAM = "shop__customers"
QUERY = {"name": "q", "database": "Shop", "query": "(select Customers).number(Id)", "schema": {"value": "integer"}}
KINDS = ["ninox_databases", "ninox_choices", "ninox_files", "ninox_deleted_records", "q", STREAM]


def seed():
    tables = {"A": customers(), "B": {**customers(), "caption": "Others"}}
    tables["A"]["fields"]["C"] = {
        "base": "choice",
        "caption": "State",
        "values": {"1": {"caption": "Open", "order": 0}},
    }
    records = [RecordDocument(number, {"A": f"name {number}"}, number) for number in (1, 2, 3)]
    return team(database(tables, {"A": records, "B": records}))


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "report.json"
    path.write_text('{"succeeded": true}', encoding="utf-8")  # of the run before
    return path


def told(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("stream", KINDS)
def test_a_stream_map_that_fails_ends_its_own_stream_only(simulate, stream):
    simulator = simulate(seed())
    simulator.edit.put_file("A", 1, "plan.pdf", io.BytesIO(b"%PDF"), moves_record=False)
    settings = {"files": {"*": "metadata"}, "deletes": "both", "queries": scripts(QUERY)}
    state = run_tap(simulator, **settings).state
    simulator.edit.delete("A", 3)
    simulator.edit.update("A", 1, {"A": "x"})
    simulator.edit.update("B", 1, {"A": "x"})
    del state["bookmarks"]["ninox_databases"]["digest"], state["bookmarks"]["ninox_choices"]["digest"]
    run = run_tap(simulator, state=state, **settings, stream_maps={stream: {"broken": "1 / 0"}})
    assert f"1 of {len(run.report['streams'])} streams could not be read to their end: {stream}." in str(run.error)
    assert "The stream map of" in run.stream_error(stream)
    assert run.ids("shop__others") == [1]
    sound = run_tap(simulator, state=run.state, **settings)
    assert sound.error is None
    assert sound.of_type("RECORD", stream) != []


def test_a_filter_of_a_stream_map_that_fails_ends_its_own_stream_only(simulate):
    run = run_tap(simulate(seed()), stream_maps={STREAM: {"__filter__": "1 / (_id - 2) > 0"}})
    assert "The stream map of" in run.stream_error(STREAM)
    assert (run.ids(STREAM), run.ids("shop__others")) == ([], [1, 2, 3])


def test_calls_and_time_of_a_stream_with_a_map_are_counted_once(simulate):
    simulator = simulate(seed())
    run = run_tap(simulator, stream_maps={STREAM: {"more": "_id"}})
    pages = [call for call in calls(simulator) if "/tables/A/" in call.path]
    feed = 1
    assert run.report["streams"][STREAM]["api_calls"] == len(pages) + feed


@pytest.mark.usefixtures("signals_reach_the_run")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_a_report_that_names_it(simulate, report, number):
    simulator, sent = simulate(seed()), []

    def stop_at_the_second_table(_edit, _index, path):
        if "tables/B/records" in path and not sent:
            sent.append(number)  # a reading thread may ask for another page before the signal is heard
            os.kill(os.getpid(), number)

    simulator.between(stop_at_the_second_table)
    with pytest.raises(SystemExit) as ended:
        run_tap(simulator, report_path=str(report))
    assert ended.value.code == 128 + number
    document = told(report)
    assert (document["succeeded"], document["interrupted"]) == (False, number.name)
    assert document["streams"][STREAM]["rows"] == 3
    assert document["streams"][STREAM]["error"] is None
    assert document["streams"]["shop__others"]["error"] == "It was not read to its end: the run ended before."
    assert list(report.parent.iterdir()) == [report]


def test_a_loader_that_goes_away_leaves_a_report(simulate, report):
    with limits.closed_output():
        run = run_tap(simulate(seed()), report_path=str(report))
    assert isinstance(run.error, BrokenPipeError)
    assert (told(report)["succeeded"], told(report)["interrupted"]) == (False, "BrokenPipeError")


def test_a_run_that_cannot_even_begin_leaves_no_report_of_the_run_before(simulate, report):
    run = run_tap(simulate(seed()), auth_token="canary-key", report_path=str(report))
    assert "HTTP 401" in str(run.error)
    assert (told(report)["succeeded"], told(report)["interrupted"]) == (False, str(run.error))
    assert "canary" not in report.read_text(encoding="utf-8")


def test_a_run_that_ends_well_was_not_interrupted(simulate, report):
    run_tap(simulate(seed()), report_path=str(report))
    assert (told(report)["succeeded"], told(report)["interrupted"]) == (True, None)
