"""B11: what tap-ninox read of a database, loaded into an empty one with the same tables, compared value by value.

docs/how-to/restore.md says what survives; its table is compared with what these tests find.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ninox_api.schema import parse_schema
from ninox_simulator.samples.blattwerk import build
from ninox_simulator.seeds import DEFAULT_USER, RecordDocument, TeamDocument
from ninox_simulator.server import Simulator
from ninox_singer.types import TYPES, make_meaning
from tests.helpers import seeds as builders
from tests.helpers.run import run_tap, run_target, writes

SCRIPTS = ("afterCreate", "afterUpdate")
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "restore.md"


@pytest.fixture(params=[0, 1], ids=["office", "nursery"])
def databases(request):
    """The full database, and an empty one with its schema."""
    number = request.param
    [full], [empty] = build("s"), build("s")
    bare = replace(empty.databases[number], id="restored00001", records={}, file_sizes={}, next_rids={}, sequence=0)
    for table in bare.schema["types"].values():  # they override what is written; whoever restores switches them off
        for definition in (table, *table["fields"].values()):
            for script in SCRIPTS:
                definition.pop(script, None)
    with (
        Simulator(seed=[TeamDocument(id=full.id, name=full.name, databases=[full.databases[number]])]) as source,
        Simulator(seed=[TeamDocument(id=empty.id, name=empty.name, databases=[bare])]) as target,
    ):
        yield source, target, (full.id, full.databases[number].id), (full.id, bare.id)


def rows(simulator, where):
    database = simulator.store.database(*where)
    return {
        table_id: {record.id: _readable(record.fields, hidden) for record in database.records(table_id)}
        for table_id in database.schema["types"]
        for hidden in [database.unreadable_fields.get(table_id, ())]
    }


def _readable(fields, hidden):
    return {field_id: value for field_id, value in fields.items() if field_id not in hidden}


def without_gone_options(table, row):
    """Return what can be restored: an option that was deleted has no caption and cannot be chosen any more."""
    kept = dict(row)
    for field in table.fields:
        options = {choice.id for choice in field.choices}
        value = row.get(field.id)
        if field.type == "multi" and isinstance(value, list):
            kept[field.id] = [option for option in value if option in options]
        elif field.type == "choice" and value not in options:
            kept.pop(field.id, None)
    return kept


def without_gone_links(table, row, rows_by_table):
    """A link to a record that was deleted stays in Ninox; here it would belong to whoever is created next."""
    by_id = {field.id: field for field in table.fields if field.type == "ref"}
    return {
        field_id: value
        for field_id, value in row.items()
        if field_id not in by_id
        or not rows_by_table.get(by_id[field_id].target_table_id)
        or value in rows_by_table[by_id[field_id].target_table_id]
    }


def meanings(table, row):
    """Return field name → meaning of what is not empty."""
    found = {field.name: make_meaning(field)(row.get(field.id)) for field in table.fields}
    return {name: meaning for name, meaning in found.items() if meaning is not None}


def types_by_fate():
    """Return field type → the page's word for what becomes of it."""
    published = PAGE.read_text(encoding="utf-8").partition("<!-- fidelity: begin -->")[2]
    rows = (line.split("|")[1:3] for line in published.partition("<!-- fidelity: end -->")[0].splitlines() if line)
    return {name: fate.strip() for what, fate in rows for name in re.findall(r"`([a-z]+)`", what)}


def test_the_page_tells_the_fate_of_every_type():
    assert types_by_fate().keys() == TYPES.keys(), f"the table in {PAGE}"


def types_with_values(number):
    """Return the types of which a database of the sample has values."""
    sample = build("s")[0].databases[number]
    filled = {table_id: {name for row in rows for name in row.fields} for table_id, rows in sample.records.items()}
    return {
        field.type
        for table in parse_schema({"schema": sample.schema}).tables
        for field in table.fields
        if field.id in filled.get(table.id, ())
    }


def test_the_sample_has_values_of_every_type_that_comes_back():
    compared = types_with_values(0) | types_with_values(1)
    expected = {name for name, fate in types_by_fate().items() if fate in {"yes", "names only"}}
    assert expected == compared, "a field and its values in ninox_simulator/samples/blattwerk"


def test_a_database_comes_back_as_it_was(databases, tmp_path):
    source, target, original, where = databases
    read = run_tap(source)
    settings = {
        "database": where[1],
        "batch_size_rows": 1000,
        "rejects_path": str(tmp_path / "rejects.jsonl"),
        "streams": {"*": {"match_on": ["_id"], "on_missing": "null"}},
    }
    run = run_target(target, read.messages, **settings)
    assert run.error is None
    assert run.states[-1] == read.states[-1]
    tables = parse_schema({"schema": target.store.database(*where).schema}).tables
    restored, expected = rows(target, where), rows(source, original)
    assert sum(map(len, restored.values())) > 1000
    for table in tables:
        if restored[table.id]:  # the key may not read all of them
            assert restored[table.id].keys() == expected[table.id].keys()
        for record_id, row in restored[table.id].items():
            as_it_was = without_gone_options(table, expected[table.id][record_id])
            as_it_was = without_gone_links(table, as_it_was, expected)
            assert meanings(table, row) == meanings(table, as_it_was)
    target.log.clear()
    again = run_target(target, read.messages, **settings)
    assert again.error is None
    assert writes(target) == []


def plots(**records):
    fields = {
        "A": builders.field("string", "Name"),
        "B": builders.field("image", "Plan"),
        "C": builders.field("fn", "Size", fn="1 + 1"),
    }
    return builders.team(builders.database({"A": builders.table("Plots", **fields)}, records))


def test_stamps_and_files_are_those_of_the_restoring_and_formulas_are_left_to_the_copy(simulate):
    made = RecordDocument(
        id=7, fields={"A": "Nord", "B": "plan.png"}, sequence=70, created_by="someone", modified_by="someone"
    )
    source, target = simulate(plots(A=[made])), simulate(plots())
    read = run_tap(source, formulas={"*.size": "number"})
    [row] = read.rows("shop__plots")
    assert (row["_created_by"], row["_sequence"], row["size"]) == ("someone", 70, 2)
    assert run_target(target, read.messages).error is None
    original, copy = (
        simulator.store.database(builders.TEAM_ID, builders.DATABASE_ID) for simulator in (source, target)
    )
    [record] = copy.records("A")
    assert (record.id, record.fields) == (7, made.fields)
    assert (record.created_by, record.modified_by) == (DEFAULT_USER, DEFAULT_USER)
    assert record.created_at > made.created_at
    assert record.sequence == copy.sequence < 70
    assert len(original.files.listed("A", 7)) == 1
    assert copy.files.listed("A", 7) == []
