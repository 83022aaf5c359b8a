"""`singer-ninox probe`, stopped in the middle: by Ctrl-C, a closed terminal, a server that fails or says anything."""

from __future__ import annotations

import io
import json
import os
import random
import re
import signal
import subprocess
import sys

import pytest
from starlette.responses import Response

from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_simulator.server import Simulator
from ninox_tools.probe.command import _end, print_probe
from ninox_tools.probe.run import QUESTIONS
from tests.helpers import limits
from tests.helpers.probing import SCRATCH, SCRATCH_NAME, answers, company, printed, rows, run_probe, writes
from tests.helpers.stage import Stage

some_or_each = pytest.mark.parametrize(
    "share", [pytest.param(4, id="some"), pytest.param(1, id="each", marks=pytest.mark.prove)]
)
"""Moments at which something happens: some of them here, each in `make prove`."""


@some_or_each
@pytest.mark.parametrize("is_answered", [False, True])
def test_ctrl_c_at_any_request_leaves_a_report_and_an_empty_table(simulate, is_answered, share):
    stage = simulate(company())
    sent = []
    run_probe(stage, scratch=True, say=lambda text: text.startswith("Removing") and sent.append(len(stage.log.entries)))
    for number in range(share - 1, sent[0], 3 * share if share > 1 else 1):
        with limits.interrupted_at_request(number, is_answered=is_answered):
            outcome = run_probe(stage, scratch=True)
        assert outcome.report.stopped == "interrupted"
        assert outcome.left is None or outcome.left.own == []
        assert rows(stage) == []
        assert json.loads(outcome.report.as_json())["stopped"] == "interrupted"


@pytest.fixture(scope="module")
def requests_of_a_probe():
    """The requests of a whole probe of the company, with the scratch table."""
    with Simulator(company()) as simulator:
        run_probe(Stage(simulator), scratch=True)
        return list(simulator.log.entries)


def test_answers_from_before_ctrl_c_stay(simulate):
    with limits.interrupted_at_request(20, is_answered=False):
        outcome = run_probe(simulate(company()))
    assert answers(outcome)["records.field_ids"] == "honoured"
    assert outcome.report.findings["query.errors"].reason == "stopped"
    assert re.search(r"ids=true.*honoured", printed(outcome))
    assert "You stopped it" in printed(outcome)


@pytest.mark.parametrize(("times", "is_empty"), [(1, True), (2, True), (3, False)])
def test_ctrl_c_waits_for_a_write_and_once_for_the_table_to_be_emptied(simulate, times, is_empty):
    stage = simulate(company())
    pressed = []

    def press(_edit, _index, path):
        """Press Ctrl-C at the first save, and then at each deletion of a record."""
        method = stage.log.entries[-1].method
        if method == ("DELETE" if pressed else "POST") and f"/tables/{SCRATCH}/" in path and len(pressed) < times:
            pressed.append(path)
            os.kill(os.getpid(), signal.SIGINT)

    stage.between(press)
    outcome = run_probe(stage, scratch=True)
    assert len(pressed) == times
    assert (outcome.report.stopped, rows(stage) == []) == ("interrupted", is_empty)
    assert {row.id for row in rows(stage)} <= set(outcome.left.own)
    assert outcome.left.others == (0 if is_empty else None)


FAULTS = [
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "login_page"},
    {"kind": "html"},
    {"kind": "truncate"},
    {"kind": "wrong_shape"},
    {"kind": "empty_page"},
]


@some_or_each
@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['kind']}{fault.get('status', '')}")
def test_faults_in_the_middle_leave_a_report_of_what_was_seen(simulate, requests_of_a_probe, fault, times, share):
    stage = simulate(company())
    for after in range(2, len(requests_of_a_probe), 5 * share):
        stage.faults.clear()
        stage.faults.add(**fault, after=after, times=times)
        outcome = run_probe(stage, scratch=True)
        document = json.loads(outcome.report.as_json())
        assert [answer["id"] for answer in document["answers"]] == [question.id for question in QUESTIONS]
        assert all(answer["answer"] or answer["reason"] for answer in document["answers"])
        if times == 1:
            assert outcome.left is None or outcome.left.own == []
            assert rows(stage) == []
        elif rows(stage):  # nothing could be removed, or nobody could look whether it was
            assert outcome.left.others is None or set(outcome.left.own) == {row.id for row in rows(stage)}
        stage.faults.clear()
        while rows(stage):
            stage.edit.delete(SCRATCH, rows(stage)[0].id)


@some_or_each
def test_one_failure_of_the_server_is_no_answer(simulate, requests_of_a_probe, share):
    """The facts that a report tells would be those of a bad moment: only what comes twice is one."""
    stage = simulate(company())
    expected = run_probe(stage, scratch=True).report.findings
    last = {(one.method, one.path.rpartition("/")[2]): after for after, one in enumerate(requests_of_a_probe)}
    some = [after for (_, word), after in last.items() if word in {"changes", "query", "records"}]
    for after in some if share > 1 else range(2, len(requests_of_a_probe)):
        stage.faults.clear()
        stage.faults.add(kind="status", status=500, after=after)
        found = run_probe(stage, scratch=True).report.findings
        seen = {key: one.answer for key, one in found.items() if one.certainty == "seen"}
        assert seen == {key: expected[key].answer for key in seen}, after


JUNK = [None, 0, -1, 1.5, "", [], {}, "x", True, [None], {"id": None}, ["A1"], {"x": [1]}, 10**30, "7", [[1]]]


def junk_in(value, rng, share):
    """Return a JSON value of which parts are something else, or missing."""
    if rng.random() < share:
        return rng.choice(JUNK)
    if isinstance(value, dict):
        return {key: junk_in(item, rng, share) for key, item in value.items() if rng.random() > share / 3}
    return [junk_in(item, rng, share) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(12))
def test_answers_in_forms_that_nobody_foresaw_leave_a_report_and_an_empty_table(simulate, seed):
    rng = random.Random(seed)
    share = rng.choice([0.01, 0.05, 0.2])

    def damage(answer):
        if answer.status_code != 200 or rng.random() < 0.5 or not answer.body.startswith((b"[{", b"{")):
            return answer
        return Response(
            json.dumps(junk_in(json.loads(answer.body), rng, share)).encode(), media_type="application/json"
        )

    stage = simulate(company(30))
    with limits.damaged_answers(damage):
        try:
            outcome = run_probe(stage, scratch=True)
        except NinoxConfigError as error:
            assert re.match("(team|--scratch): |databases: the key sees none", str(error))  # noqa: PT017 (either)
            return
    assert len(json.loads(outcome.report.as_json())["answers"]) == len(QUESTIONS)
    assert rows(stage) == [] or not outcome.left.is_empty


@some_or_each
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_lost_answer_to_any_write_leaves_an_empty_table(simulate, requests_of_a_probe, method, share):
    stage = simulate(company())
    count = sum(entry.method == method and f"/tables/{SCRATCH}/" in entry.path for entry in requests_of_a_probe)
    for after in range(0, count, share):
        stage.faults.clear()
        fault = stage.faults.add("drop_after", method=method, after=after, path=f"/tables/{SCRATCH}/")
        outcome = run_probe(stage, scratch=True)
        assert fault.seen > after
        assert outcome.left == ([], 0)
        assert rows(stage) == []


@pytest.mark.parametrize("status", [401, 503])
def test_what_ends_it_in_the_middle_is_said_behind_the_table(simulate, status):
    stage = simulate(company())
    stage.faults.add("status", status=status, after=8, times=None)
    outcome = run_probe(stage)
    assert outcome.report.stopped == "fault"
    assert "It could not go on: what was asked until then is above." in printed(outcome)
    with pytest.raises(NinoxError, match=f"HTTP {status}"):
        _end(outcome)


def test_tables_that_cannot_be_read_are_no_tables_that_show_nothing(simulate):
    stage = simulate(company())
    stage.faults.add("status", status=403, path="/records$", times=None)
    found = run_probe(stage).report.findings
    assert {key: found[key][2:] for key in ("records.order", "records.multi")} == {
        "records.order": ("refused", 403), "records.multi": ("refused", 403),
    }  # fmt: skip


def test_what_is_written_after_a_first_write_that_failed_is_no_table_that_shows_nothing(simulate):
    stage = simulate(company())
    stage.faults.add("drop_after", method="POST", path=f"/tables/{SCRATCH}/")
    found = run_probe(stage, scratch=True).report.findings
    assert {found[key].reason for key in ("write.answer", "write.null", "write.upsert", "files.ranges")} == {"failed"}


def test_ctrl_c_ends_the_command_with_130_and_a_table(simulate, tmp_path):
    stage = simulate(company())
    path = tmp_path / "probe.json"
    path.write_text(json.dumps({"auth_token": stage.token, "api_url": stage.url}), encoding="utf-8")
    command = [sys.executable, "-m", "ninox_tools", "probe", "--config", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        stage.between(lambda _edit, index, _path: index == 12 and process.send_signal(signal.SIGINT))
        output, errors = process.communicate(timeout=60)
    assert "You stopped it: what was asked until then is above." in output
    assert "Traceback" not in output + errors
    assert process.returncode == 130


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, _text):
        raise OSError(5, "Input/output error")


@pytest.mark.parametrize("at", [24, 30, 40])
def test_a_terminal_that_is_closed_leaves_an_empty_table_and_a_report(simulate, tmp_path, monkeypatch, capsys, at):
    """The signal comes several times: of the shell, and of the system; and nothing can be said any more."""
    stage = simulate(company())
    path = tmp_path / "probe.json"
    path.write_text(json.dumps({"auth_token": stage.token, "api_url": stage.url}), encoding="utf-8")
    before = signal.signal(signal.SIGHUP, lambda *_: None)

    def close_terminal(_edit, index, _path):
        if at <= index < at + 3:
            monkeypatch.setattr(sys, "stderr", Gone())
            os.kill(os.getpid(), signal.SIGHUP)

    stage.between(close_terminal)
    try:
        with pytest.raises(SystemExit, match=r"^130$"), limits.no_pauses():
            print_probe(config=path, database=None, table=None, scratch=SCRATCH_NAME, as_json=True)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert json.loads(capsys.readouterr().out)["stopped"] == "interrupted"
    assert writes(stage) != []
    assert rows(stage) == []


@pytest.mark.prove
@pytest.mark.parametrize("at", [3, 24, 30, 40, 45])
def test_a_process_whose_terminal_is_closed_leaves_an_empty_table_and_a_report(simulate, tmp_path, at):
    stage = simulate(company())
    path = tmp_path / "probe.json"
    path.write_text(json.dumps({"auth_token": stage.token, "api_url": stage.url}), encoding="utf-8")
    words = ["probe", "--config", str(path), "--scratch", SCRATCH_NAME, "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "ninox_tools", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:

        def close_terminal(_edit, index, _path):
            if index == at:
                process.stderr.close()
            if at <= index < at + 3:
                process.send_signal(signal.SIGHUP)

        stage.between(close_terminal)
        output = process.stdout.read()
        assert process.wait(timeout=60) == 130
    assert json.loads(output)["stopped"] == "interrupted"
    assert rows(stage) == []
