"""`report_path`: the summary as a file; counts and names, never a value."""

from __future__ import annotations

import json
import os
import stat

import pytest

from ninox_api.errors import NinoxConfigError
from ninox_simulator.seeds import RecordDocument
from tap_ninox.report import _WARNINGS, StreamReport
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import customer_records, customers, database, field, table, team
from tests.helpers.wire import calls

STREAM = "shop__customers"


def seed(**more):
    tables = {"A": customers(), "B": table("Salaries", A=field("string", "X"))}
    records = [*customer_records(3), RecordDocument(4, {"A": "canary-text", "B": "canary-number"}, 4)]
    return team(database(tables, {"A": records}, **more))


def report(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_each_count_of_values_has_a_sentence():
    told = StreamReport().warned_of.keys()
    assert told == _WARNINGS.keys(), "`warned_of` and `_WARNINGS` in tap_ninox/report.py have the same keys"


def test_it_holds_what_the_log_says(simulate, tmp_path):
    simulator = simulate(seed())
    path = tmp_path / "report.json"
    first = run_tap(simulator, report_path=str(path))
    told = report(path)
    assert told["succeeded"] is True
    assert (told["rows"], told["deleted"], told["drift"]) == (sum(map(len, map(first.rows, told["streams"]))), 0, [])
    assert told["api_calls"] == len(calls(simulator))
    assert told["streams"][STREAM]["rows"] == 4
    assert told["streams"][STREAM]["nulled"] == {"amount": 1}
    assert sum(stream["api_calls"] for stream in told["streams"].values()) <= told["api_calls"]

    simulator.edit.delete("A", 2)
    simulator.edit.rename_field("A", "B", "Price")
    run_tap(simulator, state=first.state, report_path=str(path))
    told = report(path)
    assert told["deleted"] == told["streams"][STREAM]["deleted"] == 1
    (drift,) = told["drift"]
    assert (drift["kind"], drift["before"], drift["after"]) == ("field_renamed", "Amount", "Price")
    assert drift["message"].startswith(f"{STREAM}: field 'Amount' is now called 'Price';")


def test_a_failed_stream_is_in_it_and_no_value_is(simulate, tmp_path):
    path = tmp_path / "report.json"
    simulator = simulate(seed())
    simulator.faults.add("status", status=500, path="/tables/B/records", times=None)
    run = run_tap(simulator, report_path=str(path))
    told = report(path)
    assert run.error is not None
    assert told["succeeded"] is False
    assert told["streams"]["shop__salaries"]["outcome"] == "failed"
    assert "HTTP 500" in told["streams"]["shop__salaries"]["error"]
    assert "canary" not in path.read_text(encoding="utf-8")


def test_it_replaces_the_last_one_whole_and_leaves_nothing_beside_it(simulate, tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old " * 10_000, encoding="utf-8")
    run_tap(simulate(seed()), report_path=str(path))
    assert report(path)["succeeded"] is True
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(simulate, tmp_path):
    simulator = simulate(seed())
    run = run_tap(simulator, report_path=str(tmp_path / "no" / "report.json"))
    assert isinstance(run.error, NinoxConfigError)
    assert "report_path: there is no folder" in str(run.error)
    assert calls(simulator) == []


@pytest.mark.parametrize(
    "made", [os.mkdir, os.mkfifo, lambda path: path.symlink_to("elsewhere")], ids=["folder", "pipe", "link"]
)
def test_what_is_no_plain_file_is_neither_replaced_nor_written_to(simulate, tmp_path, made):
    path, simulator = tmp_path / "report.json", simulate(seed())
    made(path)
    run = run_tap(simulator, report_path=str(path))
    assert str(run.error) == f"report_path: {str(path)!r} is a folder, a link or a device; give a file."
    assert (calls(simulator), list(tmp_path.iterdir())) == ([], [path])


def test_it_is_for_its_owner_alone_and_follows_no_link_that_was_laid_for_it(simulate, tmp_path):
    path, victim = tmp_path / "report.json", tmp_path / "victim"
    victim.write_text("mine", encoding="utf-8")
    for number in (os.getpid(), 1):
        (tmp_path / f".report.json.{number}").symlink_to(victim)
    assert run_tap(simulate(seed()), report_path=str(path)).report["succeeded"] is True
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert victim.read_text(encoding="utf-8") == "mine"


def test_one_that_cannot_be_written_at_the_end_is_an_error_behind_all_rows(simulate, tmp_path):
    path, simulator = tmp_path / "report.json", simulate(seed())
    simulator.between(lambda *_: path.mkdir(), times=1)
    run = run_tap(simulator, report_path=str(path))
    assert isinstance(run.error, NinoxConfigError)
    assert str(run.error).startswith(f"report_path: {path} cannot be written")
    assert run.ids(STREAM) == [1, 2, 3, 4]
    assert list(tmp_path.iterdir()) == [path]


def test_discovery_writes_none(simulate, tmp_path):
    discover(simulate(seed()), report_path=str(tmp_path / "report.json"))
    assert list(tmp_path.iterdir()) == []
