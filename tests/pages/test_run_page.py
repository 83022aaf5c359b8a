"""Reports of runs as a page: `singer-ninox page report.json … > run.html`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from ninox_api.limits import Purpose
from ninox_api.schema import Field, Table
from ninox_tools.pages.page import render_page
from ninox_tools.pages.runs import UnknownReportError, convert_run, gather_rejects
from tap_ninox.report import StreamReport
from target_ninox.dry_run import DryRun, Preview
from target_ninox.rejects import Rejects
from target_ninox.report import RunReport
from target_ninox.rows import EncodedRow, RowRejectedError, StreamSchema
from tests.helpers.run import run_tap
from tests.helpers.seeds import customer_records, customers, database, shop, table, team

TABLE = Table(id="A", name="Customers", fields=(Field(id="A", name="Name", type="string"),))
CANARY = "a customer's value"


@pytest.fixture
def tap_report(simulate, tmp_path):
    path = tmp_path / "tap.json"
    stage = simulate(team(database({"A": customers(), "B": table("Salaries")}, {"A": customer_records(30)})))
    before = run_tap(stage)
    stage.edit.unreadable_tables.add("B")
    run_tap(stage, state=before.state, refresh=["*"], report_path=str(path))
    return path


@pytest.fixture
def target_report(tmp_path):
    path = tmp_path / "target.json"
    report = RunReport(lambda: Counter({Purpose.WRITES: 7}), path=path)
    stream = report.report_of("customers")
    stream.read, stream.created, stream.updated, stream.rejected, stream.recovered = 10, 4, 5, 1, 1
    report.close(is_complete=True)
    return path


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", StreamReport().warned_of)
def test_whatever_the_tap_warns_of_stands_on_the_page(tap_report, kind):
    report = read(tap_report)
    name = next(iter(report["streams"]))
    report["streams"][name][kind] = {"amount": 3}
    (stream, *_) = convert_run("tap.json", report)["streams"]
    assert [note for note in stream["notes"] if note.startswith("amount: 3 ")], "ninox_tools/pages/runs.py: _WARNINGS"


def test_a_report_of_the_tap_is_understood(tap_report):
    run = convert_run("tap.json", read(tap_report))
    assert (run["command"], run["status"]) == ("tap-ninox", "failed")
    failed = [stream for stream in run["streams"] if stream["error"]]
    assert [stream["name"] for stream in failed] == ["shop__salaries"]
    assert "HTTP 403" in failed[0]["error"]


def test_values_that_became_null_are_told_by_property(simulate, tmp_path):
    stage = simulate(shop(1))
    stage.edit.update("A", 1, {"B": "not a number"})
    run_tap(stage, report_path=str(tmp_path / "tap.json"))
    notes = {
        stream["name"]: stream["notes"] for stream in convert_run("tap.json", read(tmp_path / "tap.json"))["streams"]
    }
    assert notes["shop__customers"] == ["amount: 1 value did not fit the type, null was sent"]


def test_a_report_of_the_target_is_understood(target_report):
    run = convert_run("target.json", read(target_report))
    assert (run["command"], run["status"], run["api_calls"]) == ("target-ninox", "succeeded", 7)
    (stream,) = run["streams"]
    assert stream["counts"] == {
        "read": 10, "created": 4, "updated": 5, "unchanged": 0, "deleted": 0, "skipped": 0, "rejected": 1,
    }  # fmt: skip
    assert stream["notes"] == ["1 record found again after an answer was lost"]


def test_a_run_that_was_cut_off_does_not_look_like_a_success(tmp_path):
    report = RunReport(lambda: Counter({Purpose.WRITES: 1}), path=tmp_path / "target.json")
    report.report_of("customers").read = 3
    report.close(is_complete=False)
    run = convert_run("target.json", read(tmp_path / "target.json"))
    assert run["status"] == "did not come to its end"
    assert run["streams"][0]["notes"] == ["3 rows read but not written"]


@pytest.mark.parametrize("report", [{}, [], 3, {"streams": {}}, {"total": {}, "streams": {}}])
def test_anything_else_is_refused(report):
    with pytest.raises(UnknownReportError, match=r"x.json is not a report"):
        convert_run("x.json", report)


def rejected(path, count):
    """Let the target write rejected rows; return the messages."""
    described = StreamSchema(stream="customers", schema={}, key_properties=["id"])
    error = RowRejectedError(
        property_name="status", code="unknown_choice", reason="it is no option.", allowed=("open", "paid")
    )
    rejects = Rejects(path)
    for number in range(1, count + 1):
        rejects.add(described, {"name": CANARY}, error, number=number, key=("K", number))
    rejects.close()
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_rejected_rows_are_counted_by_reason_and_keep_their_other_values_to_themselves(tmp_path):
    found = gather_rejects(rejected(tmp_path / "rejects.jsonl", 600))
    assert (found["customers"]["count"], len(found["customers"]["rows"])) == (600, 500)
    assert found["customers"]["codes"] == {"unknown_choice": 600}
    assert CANARY not in json.dumps(found)


@pytest.mark.e2e
def test_the_command_makes_one_page_of_all_reports(tap_report, target_report, tmp_path, look_at):
    rejects = tmp_path / "rejects.jsonl"
    rejected(rejects, 1)
    made = page(tap_report, target_report, rejects)
    assert made.returncode == 0, made.stderr
    seen = look_at(
        made.stdout,
        """
        const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent);
        const before = texts(".run:first-of-type tbody tr td:first-child");
        document.querySelector(".run:first-of-type th.number button").click();
        const after = texts(".run:first-of-type tbody tr td:first-child");
        const share = texts(".share i").length, row = texts(".run:last-child td");
        return { badges: texts(".badge"), before, after, share, row };
        """,
    )
    assert seen["badges"] == ["failed", "succeeded"]
    assert seen["before"][0].startswith("shop__salariesGET")  # what failed comes first
    assert seen["after"][0] == "shop__customers"  # most rows first
    assert seen["share"] == 3
    assert seen["row"] == ["1", '["K",1]', "status", "it is no option.Allowed: open · paid"]


@pytest.mark.e2e
def test_on_a_phone_an_error_is_not_one_word_a_line(tap_report, look_at):
    seen = look_at(
        page(tap_report).stdout,
        """
        const width = document.querySelector("td.stream").getBoundingClientRect().width;
        return { width, isCut: document.documentElement.scrollWidth > innerWidth };
        """,
        size="390,844",
        is_phone=True,
    )
    assert seen["width"] >= 200
    assert seen["isCut"] is False


@pytest.mark.e2e
def test_schema_changes_stand_above_streams_and_idle_streams_below_the_others(look_at):
    streams = {f"idle_{number}": tap_stream() for number in range(30)}
    streams |= {"busy": tap_stream(rows=5), "failed": tap_stream(error="HTTP 403")}
    report = {
        "started_at": "2026-11-29T12:00:00Z", "seconds": 2.0, "succeeded": False, "interrupted": None, "api_calls": 40,
        "rows": 5, "deleted": 0, "streams": streams, "problems": [],
        "drift": [{"kind": "added", "message": "Field 'VAT id' is new."}],
    }  # fmt: skip
    seen = look_at(
        render_page("runs", title="Run", facts={"runs": [convert_run("tap.json", report)], "rejects": {}}),
        """
        const drift = [...document.querySelectorAll("li")].find((one) => one.textContent.includes("VAT id"));
        const table = document.querySelector("table");
        return {
          isAbove: drift.getBoundingClientRect().bottom <= table.getBoundingClientRect().top,
          isSeen: drift.getBoundingClientRect().bottom < innerHeight,
          names: [...document.querySelectorAll("td.stream")].slice(0, 3).map((one) => one.firstChild.textContent),
        };
        """,
        size="390,844",
        is_phone=True,
    )
    assert seen == {"isAbove": True, "isSeen": True, "names": ["failed", "busy", "idle_0"]}


def tap_stream(**more):
    return {"rows": 0, "deleted": 0, "api_calls": 1, "seconds": 0.1, **more}


@pytest.mark.e2e
def test_examples_of_a_dry_run_are_shown_with_their_values_before_and_after(tmp_path, look_at):
    path = tmp_path / "target.json"
    report = RunReport(lambda: Counter({Purpose.WRITES: 1}), path=path, is_dry=True)
    stream, plan = report.report_of("customers"), Preview(TABLE, ())
    stream.read, stream.created, stream.updated, stream.deleted = 3, 1, 1, 1
    plan.create(EncodedRow(number=1, key="K-1", fields={"A": "Ada"}))
    plan.update(EncodedRow(number=2, key="K-2", fields={"A": "Grace"}), 5, {"A": "Grace"}, {"A": "Gracie"})
    plan.delete(17, along=lambda: {"Lines": 4})
    report.close(is_complete=True, samples=DryRun({"customers": plan}).samples())
    seen = look_at(
        page(path).stdout,
        """
        const parts = (one) => [...one.querySelectorAll(".badge, b, .note, dt, dd")].map((part) => part.textContent);
        return [...document.querySelectorAll(".sample")].map(parts);
        """,
    )
    assert seen == [
        ["update", "'K-2'", "Name", "'Gracie' → 'Grace'"],
        ["create", "'K-1'", "Name", "'Ada'"],
        ["delete", "17", "4 records of Lines deleted along by Ninox"],
    ]


def test_what_else_a_tap_reports_is_shown(tmp_path):
    streams = {
        "a": tap_stream(outcome="not_begun"),
        "b": tap_stream(outcome="complete", filtered=2, repaired={"note": 1}),
    }
    run = convert_run("tap.json", {
        "seconds": 1.0, "succeeded": False, "interrupted": "SIGTERM", "api_calls": 1, "rows": 0, "deleted": 0,
        "streams": streams, "problems": ["formulas: no stream is called x."], "drift": [],
    })  # fmt: skip
    assert run["problems"] == ["SIGTERM", "formulas: no stream is called x."]
    assert [stream["notes"] for stream in run["streams"]] == [
        ["not begun: the run ended before"],
        ["2 rows left out by stream maps", "note: 1 text had characters that no database stores"],
    ]


def test_what_else_a_target_reports_is_in_its_notes(tmp_path):
    report = RunReport(lambda: Counter({Purpose.WRITES: 1}), path=tmp_path / "target.json")
    stream = report.report_of("orders")
    stream.read, stream.deleted, stream.left_out, stream.uploaded, stream.unlinked = 1, 1, 2, 3, 6
    stream.add_deleted_along({"Lines": 4})
    stream.overridden["Total"] = 5
    stream.not_shown["Wage"] = 7
    report.close(is_complete=True)
    assert convert_run("target.json", read(tmp_path / "target.json"))["streams"][0]["notes"] == [
        "4 records of Lines deleted along by Ninox",
        "Total: a script of Ninox overrode what was sent, in 5 records",
        "Wage: written, and not shown in 7 records: perhaps hidden from the key's role",
        "2 rows left out by limit_rows",
        "6 links left empty, as no record has the value (on_missing)",
        "3 files uploaded",
    ]


def page(*paths):
    command = [sys.executable, "-m", "ninox_tools", "page", *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("text", ["", "not JSON", "{}"])
def test_a_file_that_is_no_report_is_named_without_a_traceback(tmp_path, text):
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    made = page(tmp_path / "x.json")
    assert (made.returncode, made.stdout) == (1, "")
    assert len(made.stderr.splitlines()) == 1


def render(*arguments, **more):
    command = [sys.executable, "-m", "ninox_tools", "page", *arguments]
    return subprocess.run(command, stderr=subprocess.PIPE, check=False, **more)


def test_the_page_is_utf_8_whatever_the_system_prefers(tap_report):
    done = render(tap_report, stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert "·" in done.stdout.decode()


def test_a_closed_output_and_a_name_that_steers_are_a_sentence(tap_report, tmp_path):
    closed = render(tap_report, preexec_fn=lambda: os.close(1))
    assert closed.stderr.decode().endswith("Connect it to a loader or a file.\n")
    odd = tmp_path / "bad\x1b[31m\u202e.json"
    odd.write_text('{"x": 1}')
    told = render(odd, stdout=subprocess.PIPE).stderr.decode()
    assert r"bad\x1b[31m\u202e.json is not a report" in told
    assert "\x1b" not in told
