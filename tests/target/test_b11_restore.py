"""B11: what tap-ninox read of a database, loaded into an empty one with the same tables, compared value by value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ninox_api.schema import database_from_raw
from ninox_simulator.documents import TeamDocument
from ninox_simulator.samples.blattwerk import build
from ninox_simulator.server import Simulator
from target_ninox.compare import meaning_of
from tests.singer import run_tap
from tests.target_runs import run_target, writes

SCRIPTS = ("afterCreate", "afterUpdate")


@pytest.fixture(params=[0, 1], ids=["office", "nursery"])
def databases(request):
    """The full database, and an empty one with its schema."""
    number = request.param
    [full], [empty] = build("s"), build("s")
    bare = replace(empty.databases[number], records={}, file_sizes={}, next_rids={}, sequence=0)
    for table in bare.schema["types"].values():  # they override what is written; whoever restores switches them off
        for definition in (table, *table["fields"].values()):
            for script in SCRIPTS:
                definition.pop(script, None)
    with (
        Simulator(seed=[TeamDocument(id=full.id, name=full.name, databases=[full.databases[number]])]) as source,
        Simulator(seed=[TeamDocument(id=empty.id, name=empty.name, databases=[bare])]) as target,
    ):
        yield source, target, (full.id, bare.id)


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


def meanings(table, row):
    """Return field name → meaning of what is not empty."""
    found = {field.name: meaning_of(field)(row.get(field.id)) for field in table.fields}
    return {name: meaning for name, meaning in found.items() if meaning is not None}


def test_b11_a_database_comes_back_as_it_was(databases, tmp_path):
    source, target, where = databases
    read = run_tap(source)
    streams = {message["stream"] for message in read.messages if message["type"] == "SCHEMA"}
    settings = {
        "database": where[1],
        "batch_size_rows": 1000,
        "rejects_path": str(tmp_path / "rejects.jsonl"),
        "streams": {name: {"on_unknown_choice": "null"} for name in streams if not name.startswith("ninox_")},
    }
    run = run_target(target, read.messages, **settings)
    assert run.error is None
    assert run.states[-1] == read.states[-1]
    tables = database_from_raw({"schema": target.store.database(*where).schema}).tables
    restored, expected = rows(target, where), rows(source, where)
    assert sum(map(len, restored.values())) > 1000
    for table in tables:
        if restored[table.id]:  # the key may not read all of them
            assert restored[table.id].keys() == expected[table.id].keys()
        for record_id, row in restored[table.id].items():
            as_it_was = without_gone_options(table, expected[table.id][record_id])
            assert meanings(table, row) == meanings(table, as_it_was)
    target.log.clear()
    again = run_target(target, read.messages, **settings)
    assert again.error is None
    assert writes(target) == []
