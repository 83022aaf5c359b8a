"""`singer-ninox probe`: what it sends, what stops it, what it leaves behind, and that it tells nothing of the data."""

from __future__ import annotations

import ast
import importlib
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from starlette.responses import Response

import ninox_tools.probe as probe_package
from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_api.files import Upload
from ninox_simulator.like import read_report
from ninox_simulator.seeds import RecordDocument
from ninox_simulator.server import Simulator
from ninox_tools.probe import run as run_module
from ninox_tools.probe import wire
from ninox_tools.probe.command import _end, print_probe, read_configuration
from ninox_tools.probe.question import QUESTIONS, Against
from ninox_tools.probe.report import Report
from ninox_tools.probe.table import REASONS, print_table
from ninox_tools.probe.writer import Writer
from tap_ninox import settings as of_tap
from target_ninox import settings as of_target
from tests.helpers import limits
from tests.helpers.commands import run
from tests.helpers.probing import MAIN, SCRATCH, SCRATCH_NAME, answers, company, run_probe
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, field, table
from tests.helpers.stage import Stage

MOST_CALLS = 60

some_or_each = pytest.mark.parametrize(
    "share", [pytest.param(4, id="some"), pytest.param(1, id="each", marks=pytest.mark.prove)]
)
"""Moments at which something happens: some of them here, each in `make prove`."""


def changed(make):
    """Return the company after a change of its one database."""
    teams = company()
    make(teams[0].databases[0])
    return teams


def writes(stage):
    return [entry for entry in stage.log.entries if entry.method != "GET" and not entry.path.endswith("/query")]


def rows(stage):
    return list(stage.edit.records(SCRATCH))


def printed(outcome):
    output = io.StringIO()
    print_table(outcome.report, output)
    return output.getvalue()


# ------------------------------------------------------------------------------------------------------- what is sent


def test_without_a_scratch_table_it_only_reads_and_with_one_it_writes_into_that_alone(simulate):
    stage = simulate(company())
    assert run_probe(stage).left is None
    assert writes(stage) == []
    stage.log.clear()
    assert run_probe(stage, scratch=True).left == ([], 0)
    assert {entry.path.split("/")[6:8] and entry.path.split("/")[7] for entry in writes(stage)} == {SCRATCH}


PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "probe.md"
STANDS_FOR = {
    "{database}": "teams/{team}/databases/{db}",
    "{table}": "{database}/tables/{t}",
    "{record}": "{table}/records/{r}",
}


def listed_requests():
    """Return what the page says is sent: method, path and names of parameters."""
    section = PAGE.read_text(encoding="utf-8").partition("## Everything that it sends")[2].partition("\n## ")[0]
    for method, path, query in re.findall(r"`(GET|POST|DELETE) ([^`?]+)\??([^`]*)`", section):
        for name in ("{record}", "{table}", "{database}"):
            path = path.replace(name, STANDS_FOR[name])  # noqa: PLW2901 (spelled out step by step)
        yield method, path, tuple(filter(None, query.split("&")))


def sent_requests(stage):
    """Return what was asked, likewise."""
    for entry in stage.log.entries:
        path = entry.path.removeprefix("/v1/").replace(TEAM_ID, "{team}").replace(DATABASE_ID, "{db}")
        path = re.sub(r"records/[0-9]+", "records/{r}", re.sub(r"tables/[^/]+", "tables/{t}", path))
        yield entry.method, path, tuple(sorted(entry.query))


def test_every_request_stands_in_the_page_and_the_page_names_no_other(simulate):
    sent = set()
    for switches in ({}, {"schema_access": "tables_only", "filters": "names", "sequence_field": "absent"}):
        stage = simulate(company(1100), **switches)
        stage.edit.delete(MAIN, 7)
        run_probe(stage, scratch=True)
        sent |= set(sent_requests(stage))
    assert sent == set(listed_requests())


def imports_of(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def names_in(file):
    """Return every name that a source has, also behind a dot."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.ClassDef(name=name):
                yield name


FILES = sorted(Path(wire.__file__).parent.glob("*.py"))


def test_two_files_send_and_a_third_makes_a_writer_so_that_whoever_reads_them_has_read_all():
    """So they say, to whoever wants to see it before a run."""
    of = "test_two_files_send_and_a_third_makes_a_writer_so_that_whoever_reads_them_has_read_all"
    assert of in globals()
    assert of in Path(probe_package.__file__).read_text(encoding="utf-8")
    could = {"ninox_api.transport", "ninox_api.client", "requests", "socket", "urllib.request", "http.client"}
    assert {file.name for file in FILES if could & set(imports_of(file))} == {"wire.py", "writer.py"}
    names = {file.name: set(names_in(file)) for file in FILES}
    assert {name for name, found in names.items() if "Writer" in found} == {"writer.py", "scratch.py"}
    inside = {"_transport", "_records", "_read", "_write", "Request", "Transport"}
    assert {name for name, found in names.items() if inside & found} == {"wire.py", "writer.py"}
    shows = {"print", "open", "stdout", "stderr", "write_text", "write_bytes"}
    assert {name for name, found in names.items() if shows & found} == {"command.py"}


def test_each_file_is_short_and_what_an_admin_reads_is_read_in_ten_minutes():
    """At 200 words a minute; the guide names those files first, in their order, and all others."""
    texts = {file.name: file.read_text(encoding="utf-8") for file in FILES}
    guide = texts["__init__.py"]
    assert {name: len(text.splitlines()) for name, text in texts.items() if len(text.splitlines()) > 180} == {}
    assert set(re.findall(r"`(\w+\.py)`", guide)) == texts.keys() - {"__init__.py", "question.py"}
    read = re.findall(r"^\d\. `(\w+\.py)`", guide, re.MULTILINE)
    assert read == ["wire.py", "report.py", "writer.py", "allowed.py", "scratch.py"]
    assert [sum(len(texts[name].split()) for name in some) <= 2000 for some in (read[:2], read[2:])] == [True, True]


def test_a_writer_changes_nothing_but_its_own_records(simulate):
    stage = simulate(company())
    reader = wire.Reader(ConnectionConfig(auth_token=stage.token, api_url=stage.url))
    reader.path = ("teams", TEAM_ID, "databases", DATABASE_ID)
    writer = Writer(reader, SCRATCH, nullcontext)
    writer.own.add(1)
    for change in (
        lambda: writer.delete(2),
        lambda: writer.delete_many([1, 2]),
        lambda: writer.save({"id": 2, "fields": {"A": writer.mark}}),
        lambda: writer.save({"fields": {"A": "x"}}),
        lambda: writer.save({"_upsert": True, "_id": 2, "A": writer.mark}),
        lambda: writer.upload(2, Upload(name="probe.txt", content=b"x", media_type="text/plain")),
    ):
        with pytest.raises(ValueError, match=writer.mark):
            change()
    assert list(stage.log.entries) == []


def test_a_reader_can_get_and_run_the_four_scripts_and_nothing_else(simulate):
    stage = simulate(company())
    reader = wire.Reader(ConnectionConfig(auth_token=stage.token, api_url=stage.url))
    for script, *names in (
        ("delete (select 'A')",),
        (wire.RECORDS, "'A'; delete (select 'A')"),
        (wire.RECORDS, "'A\n'"),
    ):
        with pytest.raises(ValueError):  # noqa: PT011 (which one does not matter)
            reader.query(script, *names)
    reader.close()
    assert list(stage.log.entries) == []
    assert {name for name in vars(wire.Reader) if not name.startswith("_")} == {
        "get", "query", "page", "download_rest", "are_two_served", "enter", "close",
    }  # fmt: skip


@pytest.mark.parametrize("scratch", [False, True])
def test_it_never_makes_more_than_sixty_calls(simulate, scratch):
    stage = simulate(company(1100), per_page_cap="500", delete_many="bodyless")
    stage.edit.delete(MAIN, 7)
    outcome = run_probe(stage, scratch=scratch)
    assert outcome.report.stopped is None
    assert outcome.report.all_calls == len(stage.log.entries) <= MOST_CALLS
    stage.faults.add("status", status=503, path="/(records|changes|query)", times=None)
    stage.log.clear()
    run_probe(stage, scratch=scratch)
    assert len(stage.log.entries) <= MOST_CALLS


def test_repeated_requests_count_and_end_it_at_sixty(simulate):
    """Each request but the first comes through at the third try, so that the sixtieth is a second one."""
    stage = simulate(company())
    for number in range(40):
        stage.faults.add("status", status=503, after=1 + 3 * number, times=2)
    outcome = run_probe(stage)
    assert len(stage.log.entries) <= MOST_CALLS
    assert outcome.report.stopped == "calls_used_up"
    assert answers(outcome)["records.field_ids"] == "honoured"


def test_at_most_seven_scripts_are_sent_however_many_formulas_there_are(simulate):
    def many_formulas(database):
        for table_id in (MAIN, "B"):
            for number in range(6):
                made = field("fn", "Broken" if number % 2 else "broken", fn="1")
                database.schema["types"][table_id]["fields"][f"X{number}"] = made

    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    most = {"seven": 7}[re.search(r"at most (\w+) scripts of four forms", page)[1]]
    with limits.scripts_that_arrive() as sent:
        run_probe(simulate(changed(many_formulas), formula_errors="fail"))
    assert len(set(sent)) <= most
    assert "one that fails with a status of 500 or above is sent a second time" in page
    assert max(map(sent.count, sent)) <= 2
    assert sent.count(wire.NO_SCRIPT) == 2


@pytest.mark.parametrize("end", ["\\", "\n", '"', "`"])
def test_a_caption_that_may_end_its_quotes_is_put_into_no_script(simulate, end):
    """How Ninox escapes an apostrophe, a backslash or the end of a line, nobody knows: a script may follow for it."""

    def odd_captions(database):
        database.schema["types"]["B"]["caption"] = f"T{end}"
        database.schema["types"][MAIN]["fields"]["C"]["caption"] = "it's"
        database.schema["types"][MAIN]["fields"]["F"]["caption"] = f"F{end}"

    with limits.scripts_that_arrive() as sent:
        run_probe(simulate(changed(odd_captions)))
    assert "1 / 0" in sent
    assert [script for script in sent if end in script or "it" in script or ").C" in script] == []
    assert not any(re.search(r"'(B|C|F)'", script) for script in sent)


def test_one_record_is_asked_for_its_reverse_reference_even_if_the_answer_is_another(simulate):
    stage = simulate(company())
    asked = []
    stage.between(lambda _edit, _index, path: asked.append(path))

    def another(answer):
        if not re.search(rf"/tables/{MAIN}/records/[0-9]+$", asked[-1] if asked else "") or answer.status_code != 200:
            return answer
        document = {**json.loads(answer.body), "id": 99999}
        return Response(json.dumps(document).encode(), media_type="application/json")

    with limits.damaged_answers(another):
        run_probe(stage)
    assert sum("style" in entry.query for entry in stage.log.entries) == 1


def test_the_feed_of_a_long_table_is_never_asked_from_the_start_on(simulate):
    """Since 0 for the scratch table and short ones; of the database, the last 500 changes."""
    stage = simulate(company(700))
    run_probe(stage)
    run_probe(stage, scratch=True)
    feeds = [entry for entry in stage.log.entries if entry.path.endswith("/changes")]
    since = {("".join(entry.path.split("/tables/")[1:]).split("/")[0], int(entry.query["sinceSq"])) for entry in feeds}
    assert {table for table, sequence in since if sequence == 0} == {"B", SCRATCH}
    assert min(sequence for table, sequence in since if table not in {"B", SCRATCH}) >= 700 - 500


ASKING = {
    "after an id": {},
    "for the next page": {"records_since_id": "ignored"},
    "for single records": {"records_since_id": "ignored", "records_page": "ignored"},
    "for single records out of order": {
        "records_since_id": "ignored", "records_page": "ignored", "default_order": "shuffled",
    },
}  # fmt: skip
"""How it is found out whether a table has more records than a page."""


@pytest.mark.parametrize("switches", ASKING.values(), ids=ASKING)
def test_the_size_of_a_page_that_is_that_of_a_table_is_not_told(simulate, switches):
    """Even where it is a size that pages might have, or a record is made while the probe looks."""
    stage = simulate(company(250), **switches)
    stage.edit.delete(MAIN, 7)
    stage.edit.create(MAIN, {"A": "x"})
    outcome = run_probe(stage)
    assert outcome.report.findings["records.page_cap"].answer is None
    large = []

    def make_one(edit, _index, _path):
        if large == ["asked"]:
            large.append("made")
            edit.create(MAIN, {"A": "x"})
        elif not large and "1000" in str(stage.log.entries[-1].query.get("perPage")):
            large.append("asked")

    stage.between(make_one)
    outcome = run_probe(stage)
    assert large == ["asked", "made"]
    assert outcome.report.findings["records.page_cap"].answer is None


@pytest.mark.parametrize("switches", ASKING.values(), ids=ASKING)
def test_the_size_of_a_page_that_was_cut_off_is_told(simulate, switches):
    stage = simulate(company(600), per_page_cap="500", **switches)
    stage.edit.delete(MAIN, 7)
    assert answers(run_probe(stage))["records.page_cap"] == "500"


def test_of_pages_of_another_size_only_that_is_told(simulate):
    """Any other number could be how many records a table has."""
    stage = simulate(company(600), per_page_cap="500")

    def shorter(answer):
        page = json.loads(answer.body) if answer.body.startswith(b"[") else []
        if len(page) < 437:
            return answer
        return Response(json.dumps(page[:437]).encode(), media_type="application/json")

    with limits.damaged_answers(shorter):
        assert answers(run_probe(stage))["records.page_cap"] == "other"


def test_two_requests_at_once_where_only_one_is_served(simulate):
    stage = simulate(company())
    stage.faults.configure({"latency_s": 0.02, "parallel_limit": 1})
    outcome = run_probe(stage)
    assert answers(outcome)["parallel.two"] == "429"


def test_one_table_is_read_if_one_is_asked_for(simulate):
    stage = simulate(company())
    run_probe(stage, table="Canary Auftraege")
    read = {entry.path.split("/")[7] for entry in stage.log.entries if "/tables/" in entry.path}
    assert read == {"B"}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"table": "Canary Kundem"}, "--table: nothing is called 'Canary Kundem'. Did you mean 'Canary Kunden'?"),
        ({"databases": ["Firma"]}, "database: nothing is called 'Firma'"),
        ({"team": "Canary Grupe"}, "team: nothing is called 'Canary Grupe'. Did you mean 'Canary Gruppe'?"),
    ],
)
def test_a_name_that_means_nothing_is_told_with_those_that_there_are(simulate, more, message):
    with pytest.raises(NinoxConfigError, match=re.escape(message)):
        run_probe(simulate(company()), **more)


def test_a_server_that_does_not_list_its_teams_needs_an_id(simulate):
    stage = simulate(company(), teams_endpoint="missing")
    with pytest.raises(NinoxConfigError, match=r"HTTP 404.*set team to the id that the address of Ninox shows"):
        run_probe(stage, team=None)
    assert answers(run_probe(stage, team=TEAM_ID))["records.order"] == "id"


def test_a_key_that_may_read_no_schema_is_asked_about_the_tables_that_the_feed_knows(simulate):
    outcome = run_probe(simulate(company(), schema_access="forbidden"))
    found = answers(outcome)
    assert found["schema.readable"] == "none"
    assert (found["records.page_size"], found["feed.since"]) == ("honoured", "exclusive")


def test_deletions_that_somebody_made_are_seen_without_writing(simulate):
    stage = simulate(company(), removes="numbers")
    stage.edit.delete(MAIN, 7)
    assert answers(run_probe(stage))["feed.removes"] == "numbers"


# ---------------------------------------------------------------------------------------------------- what is reported


def everything_that_the_data_holds(stage):
    """Yield names, captions, ids, values and addresses, as far as they are long enough not to be anything else."""
    yield from (TEAM_ID, DATABASE_ID, "Canary", "canary", stage.url, stage.token, str(stage.port), "127.0.0.1")
    for database in stage.store.databases():
        for each in database.tables.values():
            for record in database.records(each.id):
                yield from (str(value) for value in record.fields.values() if len(str(value)) > 3)
                yield from (record.created_by, record.modified_at)


def leaves(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


@pytest.mark.parametrize("body", ["json", "text", "html"])
@pytest.mark.parametrize("scratch", [False, True])
def test_the_report_holds_nothing_of_the_data(simulate, scratch, body):
    stage = simulate(company(), error_bodies=body)
    outcome = run_probe(stage, scratch=scratch)
    report = outcome.report
    for text in (report.as_json(), printed(outcome)):
        assert [held for held in everything_that_the_data_holds(stage) if held in text] == []
    words = {key for question in QUESTIONS.values() for key in (question.id, *question.answers)}
    words |= {*REASONS, "seen", "inferred", "not_seen", "this_machine", None}
    document = json.loads(report.as_json())
    told = {leaf for leaf in leaves(document) if not isinstance(leaf, int | bool)} - {document["program"]}
    assert told <= words


def test_no_answer_can_be_said_that_the_table_of_its_question_does_not_have():
    report = Report("https://ninox.example.org/v1")
    for question, answer in (("records.order", "canary-1@example.org"), ("records.page_cap", "437")):
        with pytest.raises(ValueError, match=f"This is no answer to {question}"):
            report.say(question, answer)
    report.say("records.page_cap", "250")
    assert report.answer("records.page_cap") == "250"


@pytest.mark.parametrize("where", ["reason", "stopped", "kind"])
def test_no_word_is_written_that_is_not_the_probes_own(where):
    """Even if a question got it in by another way."""
    report = Report("https://ninox.example.org/v1")
    for question in QUESTIONS:
        report.leave(question, "canary" if where == "reason" else "no_data")
    report.stopped = "canary" if where == "stopped" else None
    report._kind = "canary" if where == "kind" else "another_host"
    with pytest.raises(ValueError, match="A report cannot hold this word"):
        report.as_json()


def test_what_contradicts_the_code_comes_first_with_the_setting_that_helps(simulate):
    stage = simulate(company(), records_since_id="ignored", feed="missing")
    text = " ".join(printed(run_probe(stage)).split())
    first, _, others = text.partition("As expected, or without consequence:")
    assert first.startswith("What contradicts what tap-ninox and target-ninox rely on:")
    assert "full_refresh_interval_hours" in first
    assert "Does sinceId" in first
    assert "Does sinceId" not in others


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.id)
def test_each_question_names_the_code_that_relies_on_it(question):
    module, _, name = question.code.partition(":")
    found = importlib.import_module(module)
    for part in filter(None, name.split(".")):
        found = getattr(found, part)
    assert question.answers


SETTINGS = {
    item.name
    for items in (
        of_tap.CONNECTION_PROPERTIES,
        of_tap.TAP_PROPERTIES,
        of_target.TARGET_PROPERTIES,
        of_target.STREAM_PROPERTIES,
    )
    for item in items
}
HELPS = (
    "role admin",
    "report it",
    "records are found by reading",
    "looking keys up",
    "repeated passes",
    "one by one",
)
"""What helps where no setting does, or what is done without one."""


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.id)
def test_what_an_answer_changes_names_settings_that_there_are_and_a_contradiction_what_helps(question):
    for effect in question.answers.values():
        words = {word.partition(":")[0] for word in re.findall("`([a-z_]+(?:: [a-z0-9]+)?)`", effect)}
        assert words <= SETTINGS | {"ninox_files"}, effect
        assert not isinstance(effect, Against) or words or any(help_ in effect for help_ in HELPS), effect


# ------------------------------------------------------------------------------------------------------ what stops it


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
        assert [answer["id"] for answer in document["answers"]] == list(QUESTIONS)
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
            assert re.match("(team|--scratch): nothing is called|databases: the key sees none", str(error))  # noqa: PT017 (either)
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


# ---------------------------------------------------------------------------------------------------- the scratch table


def holds_a_record(database):
    database.records[SCRATCH] = [RecordDocument(1, {"A": "x"}, 900)]


def is_linked_to(database):
    database.schema["types"]["B"]["fields"]["Z"] = field("ref", "Link", refTypeId=SCRATCH)


def has_a_script(database):
    database.schema["types"][SCRATCH]["afterUpdate"] = "delete (select 'Canary Kunden')"


def has_a_script_of_a_field(database):
    database.schema["types"][SCRATCH]["fields"]["B"]["afterUpdate"] = "create 'Canary Kunden'"


def has_a_script_that_overwrites_the_mark(database):
    database.schema["types"][SCRATCH]["afterCreate"] = "'Canary Marke' := \"neu\""


def has_a_script_of_a_field_that_overwrites_the_mark(database):
    database.schema["types"][SCRATCH]["fields"]["B"]["afterUpdate"] = "A := 42"


def has_a_script_that_sets_a_link(database):
    database.schema["types"][SCRATCH]["fields"]["Z"] = field("ref", "Kunde", refTypeId=MAIN, refFieldId="Z")
    database.schema["types"][MAIN]["fields"]["Z"] = field("rev", "Proben", refTypeId=SCRATCH, refFieldId="Z")
    database.schema["types"][SCRATCH]["afterCreate"] = "Kunde := 5"


def has_a_script_that_sets_what_is_no_field(database):
    database.schema["types"][SCRATCH]["afterCreate"] = "'Canary Marken' := 5"


def has_a_default(database):
    database.schema["types"][SCRATCH]["fields"]["I"]["refDefault"] = "'Canary Auto' := 5"


def has_no_text_field(database):
    database.schema["types"][SCRATCH] = table(SCRATCH_NAME, A=field("number", "Zahl"))


def is_a_page(database):
    database.schema["types"][SCRATCH]["kind"] = "page"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (holds_a_record, "the table holds records. Make an empty table for the probe"),
        (is_linked_to, r"other tables link to this one \(Canary Auftraege\)"),
        *(
            (make, "a script or a default of a field runs when a record of this table is written")
            for make in (
                has_a_script,
                has_a_script_of_a_field,
                has_a_script_that_overwrites_the_mark,
                has_a_script_of_a_field_that_overwrites_the_mark,
                has_a_script_that_sets_a_link,
                has_a_script_that_sets_what_is_no_field,
                has_a_default,
            )
        ),
        (has_no_text_field, "the table has no text field"),
        (is_a_page, "this is a page"),
    ],
)
def test_a_table_that_is_not_made_for_it_is_refused_before_anything_is_written(simulate, make, message):
    stage = simulate(changed(make))
    with pytest.raises(NinoxConfigError, match=message):
        run_probe(stage, scratch=True)
    assert [entry for entry in stage.log.entries if entry.method != "GET"] == []
    assert len(stage.log.entries) <= 4


@pytest.mark.parametrize("first", [True, False])
def test_a_table_that_holds_a_record_at_the_second_look_only_is_refused_too(simulate, first):
    """The first page may have been empty by mistake, or somebody made a record in between."""
    stage = simulate(changed(holds_a_record) if first else company())
    if first:
        stage.faults.add("empty_page", path=f"/tables/{SCRATCH}/")

    def make_one(edit, _index, path):
        if path.endswith("/records/2147483647") and not rows(stage):
            edit.create(SCRATCH, {"A": "mine"})

    stage.between(make_one)
    with pytest.raises(NinoxConfigError, match="the table holds records"):
        run_probe(stage, scratch=True)
    assert writes(stage) == []
    assert len(rows(stage)) == 1


@pytest.mark.parametrize(
    ("switches", "path", "message"),
    [
        ({"schema_access": "forbidden"}, None, "no schema could be read"),
        ({}, f"/tables/{SCRATCH}/records", r"the table cannot be read \(HTTP 403\)"),
    ],
)
def test_a_table_that_cannot_be_looked_at_is_not_written_into(simulate, switches, path, message):
    stage = simulate(company(), **switches)
    if path:
        stage.faults.add("status", status=403, path=path, times=None)
    outcome = run_probe(stage, scratch=True)
    assert re.match(f"--scratch: {message}.*Nothing was written", str(outcome.error))
    assert (outcome.left, writes(stage), answers(outcome)["teams.listed"]) == (None, [], "yes")


def make_one_of_somebody_else(edit, _index, path):
    if path.endswith("/files") and not [row for row in edit.records(SCRATCH) if row.fields.get("A") == "mine"]:
        edit.create(SCRATCH, {"A": "mine"})


def test_records_that_somebody_else_makes_in_the_scratch_table_stay(simulate):
    stage = simulate(company())

    stage.between(make_one_of_somebody_else)
    outcome = run_probe(stage, scratch=True)
    assert outcome.left == ([], 1)
    assert [row.fields for row in rows(stage)] == [{"A": "mine"}]


@pytest.mark.parametrize("save", [2, 3, 4, 5, 6])
def test_a_record_of_somebody_else_under_the_id_that_the_probe_chose_stays_and_is_said(simulate, capsys, save):
    """However late it was made; the fifth save makes the record under that id, the sixth makes it again."""
    stage, saves = simulate(company()), []

    def make_one(edit, _index, path):
        if stage.log.entries[-1].method == "POST" and path.endswith(f"/tables/{SCRATCH}/records"):
            saves.append(path)
            if len(saves) == save:
                edit.create(SCRATCH, {"A": "mine", "B": "theirs"}, id=1003)

    stage.between(make_one)
    outcome = run_probe(stage, scratch=True)
    is_hit = save >= 5
    assert [(row.id, row.fields["B"], row.fields["A"] == "mine") for row in rows(stage)] == [
        (1003, "theirs", not is_hit)
    ]
    assert outcome.left == ([], 1)
    assert answers(outcome).get("write.upsert") == ("creates" if save == 6 else None)
    with pytest.raises(SystemExit, match=r"^1$"):
        _end(outcome)
    assert "wrote its mark into it" in " ".join(capsys.readouterr().err.split())


def test_a_server_that_empties_the_table_at_a_list_of_ids_is_not_sent_one_where_there_is_a_record_of_somebody_else(
    simulate,
):
    stage = simulate(company())

    def empty_the_table(edit, index, path):
        make_one_of_somebody_else(edit, index, path)
        if stage.log.entries[-1].method == "DELETE" and path.endswith(f"/tables/{SCRATCH}/records"):
            for row in list(edit.records(SCRATCH)):
                edit.delete(SCRATCH, row.id)

    stage.between(empty_the_table)
    outcome = run_probe(stage, scratch=True)
    assert [row.fields for row in rows(stage)] == [{"A": "mine"}]
    assert outcome.report.findings["delete.many"].answer is None


def test_records_without_the_mark_are_said_to_be_uncertain_and_end_with_1(simulate, capsys):
    """Such as a server leaves that makes an empty record of what it does not understand: whose it is, nobody knows."""
    stage = simulate(company())
    stage.between(
        lambda edit, _index, path: (
            path.endswith("/files")
            and not any(row.fields == {} for row in edit.records(SCRATCH))
            and edit.create(SCRATCH, {})
        )
    )
    outcome = run_probe(stage, scratch=True)
    assert len(rows(stage)) == 1
    with pytest.raises(SystemExit, match=r"^1$"):
        _end(outcome)
    said = capsys.readouterr().err
    assert "now holds 1 records without the probe's mark" in said
    assert "It is not certain whose they are" in said


def test_what_is_left_is_told_whatever_ended_it(simulate, monkeypatch):
    def end(_sight):
        raise NinoxConfigError("An id is made of dots.")  # noqa: EM101, TRY003 (as a server may answer one)

    monkeypatch.setattr(run_module, "LOOKING", (end,))
    stage = simulate(company())
    stage.faults.add("status", status=403, method="DELETE", times=None)
    outcome = run_probe(stage, scratch=True)
    assert str(outcome.error) == "An id is made of dots."
    assert sorted(outcome.left.own) == sorted(row.id for row in rows(stage)) != []


def test_what_cannot_be_removed_is_said(simulate):
    stage = simulate(company())
    stage.faults.add("status", status=403, method="DELETE", times=None)
    outcome = run_probe(stage, scratch=True)
    assert sorted(outcome.left.own) == sorted(row.id for row in rows(stage)) != []


def test_a_number_that_a_script_sets_is_not_what_became_of_one(simulate):
    def one_number(database):
        del database.schema["types"][SCRATCH]["fields"]["D"]

    assert "write.doubles" not in answers(run_probe(simulate(changed(one_number)), scratch=True))


def test_empty_pages_after_a_record_was_saved_are_no_proof_that_it_is_gone(simulate):
    """The last one is made behind the first three, and no page has shown it."""
    stage = simulate(company())
    saves = [0]

    def count(_edit, _index, path):
        saves[0] += stage.log.entries[-1].method == "POST" and path.endswith(f"/tables/{SCRATCH}/records")
        if saves[0] == 5 and not stage.faults.as_json()["rules"]:
            stage.faults.add("empty_page", times=None)

    stage.between(count)
    outcome = run_probe(stage, scratch=True)
    assert len(rows(stage)) == 1
    assert outcome.left == ([], None)


def test_what_no_table_shows_the_scratch_table_does(simulate):
    def only_texts(database):
        database.schema["types"][MAIN] = table("Canary Kunden", A=field("string", "Canary Name"))
        database.records[MAIN] = [RecordDocument(n, {"A": f"canary {n}"}, n) for n in range(1, 4)]
        del database.schema["types"]["B"], database.records["B"]

    stage = simulate(changed(only_texts), multi="object", rev="array", query_choices="ids", dates="milliseconds")
    questions = (
        "records.choice_ids", "records.multi", "records.boolean", "records.date", "records.reference",
        "records.reverse_reference", "records.empty_field", "query.choices", "query.dates", "query.formula_errors",
        "files.dates", "feed.removes", "feed.files",
    )  # fmt: skip
    assert answers(run_probe(stage)).keys().isdisjoint(set(questions) - {"records.empty_field"})
    found = answers(run_probe(stage, scratch=True))
    assert [found.get(question) for question in questions] == [
        "honoured", "object", "booleans", "milliseconds", "number",
        "array", "absent", "number", "text", "null",
        "milliseconds", "keys", "objects",
    ]  # fmt: skip


def test_a_scratch_table_with_one_text_field_answers_most_questions(simulate):
    stage = simulate(
        changed(lambda one: one.schema["types"].update({SCRATCH: table("Probe", A=field("string", "Text"))}))
    )
    found = answers(run_probe(stage, scratch="Probe"))
    assert found.keys() >= {"write.answer", "write.batch", "write.null", "write.upsert", "delete.many", "files.ranges"}
    assert found.keys().isdisjoint({"write.doubles", "write.trigger", "feed.cascade"})
    assert rows(stage) == []


# ---------------------------------------------------------------------------------------------------- the command line


def command(stage, tmp_path, *options, env=None, **settings):
    path = tmp_path / "probe.json"
    path.write_text(json.dumps({"auth_token": stage.token, "api_url": stage.url, **settings}), encoding="utf-8")
    config = ["--config", path] if env is None else []
    return run(["singer-ninox", "probe", *config, *options], env=env)


def test_the_command_prints_a_table_and_says_first_how_many_calls_it_makes(simulate, tmp_path):
    stage = simulate(company())
    done = command(stage, tmp_path)
    assert done.stderr.splitlines()[0] == f"At most 60 calls to {stage.url}; only reads. Ctrl-C stops it."
    assert done.stdout.startswith("Nothing contradicts what tap-ninox and target-ninox rely on:\n\nQuestion")
    assert done.returncode == 0


def test_a_locked_database_is_asked_with_its_password_and_without_it_the_table_names_that(simulate, tmp_path):
    stage = simulate(company(password="canary-word"))
    assert "put it into `database_passwords`" in " ".join(command(stage, tmp_path).stdout.split())
    done = command(stage, tmp_path, database_passwords={"canary firma": "canary-word"})
    assert done.stdout.startswith("Nothing contradicts")


def test_json_goes_to_the_output_and_the_table_to_the_screen(simulate, tmp_path):
    done = command(simulate(company()), tmp_path, "--json", "--scratch", SCRATCH_NAME)
    assert f"if '{SCRATCH_NAME}' is empty, writes into it and removes what it wrote" in done.stderr.splitlines()[0]
    assert json.loads(done.stdout)["scratch"] is True
    assert "What it changes for you" in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("tool", ["probe", "inspect", "suggest"])
def test_each_tool_reads_a_file_in_utf_16_and_names_one_that_is_not_there(simulate, tmp_path, tool):
    stage = simulate(company())
    path = tmp_path / "config.json"
    shape = {"type": "object", "properties": {"a": {"type": "string"}}}
    stream = json.dumps({"type": "SCHEMA", "stream": "x", "schema": shape, "key_properties": []}) + "\n"
    done = run(["singer-ninox", tool, "--config", path], input=stream)
    assert f"--config: {path} cannot be read: No such file or directory." in done.stderr
    settings = {"auth_token": stage.token, "api_url": stage.url, "team": TEAM_ID}
    settings |= {"database": "Canary Firma"} if tool == "suggest" else {}
    path.write_text(json.dumps(settings), encoding="utf-16")
    done = run(["singer-ninox", tool, "--config", path], input=stream)
    assert (done.returncode, stage.log.entries != []) == (0, True), done.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_files_are_read_as_windows_writes_them(tmp_path, encoding):
    """As PowerShell's `>` does, or an editor with a byte order mark."""
    path = tmp_path / "file.json"
    path.write_text('{"auth_token": "schlüssel", "api_url": "https://ninox.example.org/v1"}', encoding=encoding)
    assert read_configuration(path)["auth_token"] == "schlüssel"
    path.write_text('{"version": 1, "answers": [{"id": "records.multi", "answer": "object"}]}', encoding=encoding)
    assert read_report(path).switches == {"multi": "object"}


def test_settings_are_those_of_the_tap_and_may_stand_in_variables(simulate, tmp_path):
    stage = simulate(company())
    done = command(
        stage,
        tmp_path,
        page_size=100,
        deletes="both",
        flattening_enabled=True,
        databases=["Canary*"],
        full_refresh_interval_hours=24,
    )
    assert done.returncode == 0, done.stderr
    variables = {"TAP_NINOX_AUTH_TOKEN": stage.token, "TAP_NINOX_API_URL": stage.url}
    assert command(stage, tmp_path, env=variables).returncode == 0


@pytest.mark.parametrize(
    ("settings", "variables", "message"),
    [
        ({"api_ulr": "https://ninox.example.org/v1"}, None, "api_ulr: there is no such setting. Did you mean api_url?"),
        (
            {},
            {"TAP_NINOX_API_ULR": "x"},
            "TAP_NINOX_API_ULR: there is no such setting. Did you mean TAP_NINOX_API_URL?",
        ),
        ({"url": "https://ninox.example.org/v1"}, None, "url: there is no such setting."),
        ({}, {"TAP_NINOX_URL": "x"}, "TAP_NINOX_URL: there is no such setting. Did you mean TAP_NINOX_API_URL?"),
        ({}, {"TAP_NINOX_TEAM": "x"}, "--config: name the file with your key."),
        ({"auth_token": ""}, None, "auth_token: missing. Make an API key in Ninox under Settings > Integrations."),
        ({"auth_token": "wrong-canary-key"}, None, "HTTP 401. Check auth_token"),
    ],
)
def test_a_mistake_in_the_settings_is_one_line(simulate, tmp_path, settings, variables, message):
    done = command(simulate(company()), tmp_path, env=variables, **settings)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "canary-key" not in done.stderr + done.stdout


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


def test_the_sample_company_leaves_calls_for_a_few_repetitions(simulate):
    outcome = run_probe(simulate("blattwerk"), team=None, scratch="Leere Tabelle")
    assert outcome.left == ([], 0)
    assert outcome.report.all_calls <= MOST_CALLS - 4
    assert answers(outcome)["delete.many"] == "served"
    assert answers(outcome)["records.reverse_reference"] == "absent"  # one link leads to a record that is gone


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


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_nobody_at_the_address(simulate, tmp_path, options):
    done = command(simulate(company()), tmp_path, *options, api_url="http://127.0.0.1:1/v1", max_retries=0)
    assert done.stdout == ""  # no report of nothing, that somebody may send
    assert "no connection to http://127.0.0.1:1/v1" in done.stderr
    assert done.returncode == 1


def test_what_is_left_in_the_scratch_table_is_said_and_ends_with_1(simulate, tmp_path):
    stage = simulate(company())
    stage.faults.add("status", status=403, method="DELETE", times=None)
    done = command(stage, tmp_path, "--scratch", SCRATCH_NAME)
    assert "Could not be removed from the scratch table: records 1, 2, 3" in done.stderr
    assert "Delete them: each held a text that begins with 'singer-ninox probe'." in done.stderr
    assert done.returncode == 1
