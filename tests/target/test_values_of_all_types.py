"""The writing and comparing cases as runs: a field and a row for each case."""

from __future__ import annotations

import json

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.cases import cases, doubles, field_of, grouped, options, survives_doubles, words
from tests.helpers.run import records, run_target, schema, stored, writes
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, database, field, table, team


def shop(fields, records=()):
    tables = {"A": table("Values", A=field("number", "No"), **fields), "B": table("Others", A=field("string", "Name"))}
    return team(
        database(tables, {"A": list(records), "B": [RecordDocument(n, {"A": f"o{n}"}, n) for n in range(1, 100)]})
    )


@pytest.mark.parametrize(("settings", "cases"), grouped("writing"))
def test_all_values_are_stored_or_refused_and_not_written_again(simulate, settings, cases, tmp_path):
    numbered = dict(enumerate(cases, start=1))
    fields = {f"F{n}": field_of(case, f"v{n}") for n, case in numbered.items()}
    there = {n: before(case) for n, case in numbered.items()}
    before_it = [RecordDocument(n, {"A": n, f"F{n}": there[n]}, n) for n in numbered]
    simulator = simulate(shop(fields, before_it))
    given = {
        n: {f"v{n}_{part}" if part else f"v{n}": value for part, value in parts_of(case).items()}
        for n, case in numbered.items()
    }
    properties = {name: {} for row in given.values() for name in row}
    messages = [schema("values", key=["No"], No="integer", **properties)]
    messages += records("values", [{"No": n, **row} for n, row in given.items()])
    said = {"table": "Values", **what_they_hold(numbered, given)}
    more = {"on_reject": "continue", "streams": {"values": {**said, **settings}}}
    run = run_target(simulator, messages, rejects_path=str(tmp_path / "rejects.jsonl"), **more)
    assert run.error is None
    assert {n: row.get(f"F{n}", "") for n, row in stored(simulator).items()} == {
        n: doubles(case.get("stored", there[n])) for n, case in numbered.items()
    }
    assert rejected(tmp_path / "rejects.jsonl") == {
        n: (case["refused"], words(case), list(options(case).values()) if case["refused"] == "unknown_choice" else [])
        for n, case in numbered.items()
        if "refused" in case
    }
    simulator.log.clear()
    again = run_target(simulator, messages, rejects_path=str(tmp_path / "again.jsonl"), **more)
    assert again.counts("values").get("updated", 0) == 0
    assert writes(simulator) == []


def what_they_hold(numbered, given):
    """Return the settings that say of ids that they are: of the records that are linked to, of options."""
    types = {name: numbered[n]["type"] for n, names in given.items() for name in names}
    links = {name: "_id" for name, kind in types.items() if kind in {"ref", "dchoice", "dmulti"}}
    options = {name: name for name in types if name.rpartition("_")[2] in {"id", "ids"} and name not in links}
    return {"references": links, "fields": options}


def before(case):
    """Return what a record holds before: of a choice an option, for anything else means nothing there."""
    option = next(iter(options(case)), "what was there before")
    return [option] if case["type"] == "multi" and options(case) else option


def parts_of(case):
    return case["parts"] if "parts" in case else {"": case["value"]}


def rejected(path):
    """Number of a row → code, words and what is allowed."""
    if not path.exists():
        return {}
    told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {
        line["record"]["No"]: (line["code"], line["reason"], line.get("allowed"))
        for line in told
        if line["type"] == "RECORD"
    }


def test_what_means_the_same_is_left_alone_and_what_does_not_is_written(simulate):
    numbered = {
        n: case
        for n, case in enumerate(cases("comparing"), start=1)
        if survives_doubles(case["stored"]) and "only" not in case and "settings" not in case  # one stream has them all
    }
    fields = {f"F{n}": field_of(case, f"v{n}") for n, case in numbered.items()}
    there = [RecordDocument(n, {"A": n, f"F{n}": doubles(case["stored"])}, n) for n, case in numbered.items()]
    simulator = simulate(shop(fields, there))
    messages = [schema("values", key=["No"], No="integer", **{f"v{n}": {} for n in numbered})]
    messages += records("values", [{"No": n, f"v{n}": case["sent"]} for n, case in numbered.items()])
    said = {"table": "Values", **what_they_hold(numbered, {n: [f"v{n}"] for n in numbered})}
    run = run_target(simulator, messages, streams={"values": said})
    assert run.error is None
    left_alone = {record.id for record in database_of(simulator).records("A") if record.sequence == record.id}
    assert left_alone == {n for n, case in numbered.items() if case["equal"]}


def database_of(simulator):
    return simulator.store.database(TEAM_ID, DATABASE_ID)
