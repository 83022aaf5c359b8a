"""The scratch table of `singer-ninox probe`: which it takes, what it writes there, and what it leaves behind."""

from __future__ import annotations

import re

import pytest

from ninox_api.errors import NinoxConfigError
from ninox_simulator.seeds import RecordDocument
from ninox_tools.probe import run as run_module
from ninox_tools.probe.command import _end
from ninox_tools.probe.contents import NO_FIELD
from tests.helpers import limits
from tests.helpers.probing import MAIN, SCRATCH, SCRATCH_NAME, answers, changed, company, rows, run_probe, writes
from tests.helpers.seeds import field, table


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


def has_an_unknown_field(items):
    return any(NO_FIELD in item.get("fields", ()) for item in items)


def empties_a_field(items):
    return any(value in (None, "") for item in items for value in item.get("fields", {}).values())


def has_the_chosen_id(items):
    return any("_id" in item for item in items)


@pytest.mark.parametrize(
    ("is_meant", "time"),
    [
        (has_an_unknown_field, 1),
        (empties_a_field, 1),
        (empties_a_field, 2),
        (has_the_chosen_id, 1),
        (has_the_chosen_id, 2),
    ],
)
def test_a_record_of_somebody_else_under_the_id_that_the_probe_chose_stays_and_is_said(
    simulate, capsys, is_meant, time
):
    """However late it was made: before the save that makes the record under that id, or the one that does so again."""
    stage, saves = simulate(company()), []

    def make_one(items):
        if is_meant(items):
            saves.append(items)
            if len(saves) == time:
                stage.edit.create(SCRATCH, {"A": "mine", "B": "theirs"}, id=items[0].get("_id", 1003))

    with limits.before_each_save(make_one):
        outcome = run_probe(stage, scratch=True)
    assert len(saves) >= time, (
        f"{is_meant.__name__}: ninox_tools/probe/writes.py sends no such save; ask here for another"
    )
    is_hit = is_meant is has_the_chosen_id
    assert [(row.fields["B"], row.fields["A"] == "mine") for row in rows(stage)] == [("theirs", not is_hit)]
    assert outcome.left == ([], 1)
    assert answers(outcome).get("write.upsert") == ("creates" if is_hit and time == 2 else None)
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
    """The one under the chosen id is made behind the others, and no page has shown it."""
    stage = simulate(company())

    def hide_all(items):
        if has_the_chosen_id(items) and not stage.faults.as_json()["rules"]:
            stage.faults.add("empty_page", times=None)

    with limits.before_each_save(hide_all):
        outcome = run_probe(stage, scratch=True)
    assert stage.faults.as_json()["rules"], "ninox_tools/probe/writes.py makes no record under an id of its choice"
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
