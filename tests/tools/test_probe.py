"""`singer-ninox probe`: what it sends, and that it tells nothing of the data."""

from __future__ import annotations

import ast
import importlib
import json
import re
from contextlib import nullcontext
from pathlib import Path

import pytest
from starlette.responses import Response

import ninox_tools.probe as probe_package
from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxConfigError
from ninox_api.files import Upload
from ninox_tools.probe import wire
from ninox_tools.probe.question import Against
from ninox_tools.probe.report import Report
from ninox_tools.probe.run import QUESTIONS
from ninox_tools.probe.table import REASONS
from ninox_tools.probe.writer import Writer
from tap_ninox import settings as of_tap
from target_ninox import settings as of_target
from tests.helpers import limits
from tests.helpers.probing import MAIN, SCRATCH, answers, changed, company, printed, run_probe, writes
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, field

MOST_CALLS = 60


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
    assert {name: len(text.splitlines()) for name, text in texts.items() if len(text.splitlines()) > 180} == {}, (
        "files of ninox_tools/probe have at most 180 lines: move something to the file of its noun, such as reply.py"
    )
    assert set(re.findall(r"`(\w+\.py)`", guide)) == texts.keys() - {"__init__.py"}
    read = re.findall(r"^\d\. `(\w+\.py)`", guide, re.MULTILINE)
    assert read == ["wire.py", "report.py", "writer.py", "allowed.py", "scratch.py"]
    words = {" + ".join(some): sum(len(texts[name].split()) for name in some) for some in (read[:2], read[2:])}
    assert {some: number for some, number in words.items() if number > 2000} == {}, "shorten them: ten minutes"


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


def test_the_sample_company_leaves_calls_for_a_few_repetitions(simulate):
    outcome = run_probe(simulate("blattwerk"), team=None, scratch="Leere Tabelle")
    assert outcome.left == ([], 0)
    assert outcome.report.all_calls <= MOST_CALLS - 4, "let the new question ride on a request that is sent anyway"
    assert answers(outcome)["delete.many"] == "served"
    assert answers(outcome)["records.reverse_reference"] == "absent"  # one link leads to a record that is gone


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
    stage.faults.configure({"parallel_limit": 1})
    stage.faults.add(kind="slow", path="/databases$", seconds=0.2, times=None)  # so that they meet, however busy we are
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
    words = {key for question in QUESTIONS for key in (question.id, *question.answers)}
    words |= {*REASONS, "seen", "inferred", "not_seen", "this_machine", None}
    document = json.loads(report.as_json())
    told = {leaf for leaf in leaves(document) if not isinstance(leaf, int | bool)} - {document["program"]}
    assert told <= words


def said_in_words():
    """Yield question and answer of each `say` of the source that has both in words."""
    for path in Path(probe_package.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "say":
                words = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
                if len(words) == 2:
                    yield tuple(words)


def test_what_the_source_says_has_a_question_with_that_answer():
    """The probe takes a wrong word for an answer that it cannot read, which is right for servers only."""
    answers_of = {question.id: question.answers for question in QUESTIONS}
    said = set(said_in_words())
    assert len(said) > 20
    wrong = [(question, answer) for question, answer in said if answer not in answers_of.get(question, ())]
    assert wrong == [], "its @question in ninox_tools/probe"


def test_no_answer_can_be_said_that_the_table_of_its_question_does_not_have():
    report = Report("https://ninox.example.org/v1", QUESTIONS)
    for question, answer in (("records.order", "canary-1@example.org"), ("records.page_cap", "437")):
        with pytest.raises(ValueError, match=f"This is no answer to {question}"):
            report.say(question, answer)
    report.say("records.page_cap", "250")
    assert report.answer("records.page_cap") == "250"


@pytest.mark.parametrize("where", ["reason", "stopped", "kind"])
def test_no_word_is_written_that_is_not_the_probes_own(where):
    """Even if a question got it in by another way."""
    report = Report("https://ninox.example.org/v1", QUESTIONS)
    for question in QUESTIONS:
        report.leave(question.id, "canary" if where == "reason" else "no_data")
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


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
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


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_what_an_answer_changes_names_settings_that_there_are_and_a_contradiction_what_helps(question):
    for effect in question.answers.values():
        words = {word.partition(":")[0] for word in re.findall("`([a-z_]+(?:: [a-z0-9]+)?)`", effect)}
        assert words <= SETTINGS | {"ninox_files"}, effect
        assert not isinstance(effect, Against) or words or any(help_ in effect for help_ in HELPS), effect
