"""The report: counts that add up, in the log and as JSON."""

from __future__ import annotations

import json
import logging
import stat
from collections import Counter
from itertools import count

import pytest

from ninox_api.limits import Purpose
from target_ninox import report as report_module
from target_ninox.report import SKIPPED, CountsDifferError, RunReport


def make_report(**more):
    return RunReport(lambda: Counter({Purpose.WRITES: 7}), **more)


def test_the_summary_adds_up_per_stream_and_in_all(caplog):
    report = make_report()
    customers, orders = report.report_of("customers"), report.report_of("orders")
    customers.read, customers.created, customers.rejected = 10, 9, 1
    orders.read, orders.updated, orders.unchanged, orders.skipped, orders.deleted = 8, 1, 4, 1, 2
    with caplog.at_level(logging.INFO):
        report.close(is_complete=True)
    told = [message.rpartition(",")[0] for message in caplog.messages if "read =" in message]
    assert told == [
        "customers: 10 read = 9 created, 0 updated, 0 unchanged, 0 deleted, 0 skipped, 1 rejected; 0 API calls",
        "orders: 8 read = 0 created, 1 updated, 4 unchanged, 2 deleted, 1 skipped, 0 rejected; 0 API calls",
        "Run: 2 streams, 18 read = 9 created, 1 updated, 4 unchanged, 2 deleted, 1 skipped, 1 rejected; 7 API calls",
    ]


def test_each_count_that_does_not_say_it_itself_is_explained(caplog):
    report = make_report()
    customers = report.report_of("customers")
    customers.read, customers.created, customers.unchanged, customers.skipped = 7, 1, 2, 3
    customers.skipped_because = {"superseded": 2, "no_record": 1}
    customers.removed = 4
    with caplog.at_level(logging.INFO):
        report.close(is_complete=False)
    assert caplog.messages[3:] == [
        "  unchanged: the record held these values already.",
        "  removed: no row came for this record of a mirror, so that it was deleted.",
        "  NOT WRITTEN: an error ended the run, or the stream, before the row was loaded; the last batch may be saved.",
        "  skipped (2): another row about the same record came behind it, or in another stream.",
        "  skipped (1): there is no record that mode update could change.",
    ]


def test_each_reason_to_skip_a_row_has_words():
    reasons = {value for name, value in vars(report_module).items() if name.isupper() and isinstance(value, str)}
    assert reasons == SKIPPED.keys(), "target_ninox/report.py: SKIPPED has the words of each reason"


def test_a_complete_run_that_lost_a_row_fails():
    report = make_report()
    report.report_of("customers").read = 3
    report.report_of("customers").created = 2
    with pytest.raises(CountsDifferError, match="no outcome: 1 of customers"):
        report.close(is_complete=True)


def test_an_aborted_run_says_what_is_not_written(caplog):
    report = make_report()
    report.report_of("customers").read = 3
    with caplog.at_level(logging.INFO):
        report.close(is_complete=False)
    assert "3 NOT WRITTEN" in caplog.text


def test_calls_are_those_made_inside():
    calls = count(10, 5)
    report = RunReport(lambda: Counter({Purpose.WRITES: next(calls), Purpose.FEED: 1}))
    with report.measure("customers"):
        pass
    with pytest.raises(KeyError), report.measure("customers"):
        raise KeyError
    assert report.report_of("customers").api_calls == 10
    assert report.report_of("customers").api_calls_by_purpose == {"writes": 10}


def test_the_report_file_is_json_and_private(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("the last one, longer than this one" * 100)
    report = make_report(path=path, is_dry=True)
    report.report_of("customers").read = 1
    report.report_of("customers").unchanged = 1
    report.close(is_complete=True, samples={"customers": [{"Name": ["a", "b"]}]})
    told = json.loads(path.read_text())
    assert told["streams"]["customers"]["unchanged"] == 1
    assert told["streams"]["customers"]["samples"] == [{"Name": ["a", "b"]}]
    assert (told["dry_run"], told["complete"], told["total"]["api_calls"]) == (True, True, 7)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [other.name for other in tmp_path.iterdir()] == ["report.json"]
