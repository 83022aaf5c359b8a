"""Blattwerk GmbH: a fictional garden and landscape firm with a nursery, in three sizes.

`s` is a hundredth of `m` and starts at once; `m` has 448,408 readable rows; `l` is `m` with a million stock
movements. The same profile always gives the same documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from ninox_simulator.documents import DatabaseDocument, RecordDocument, TeamDocument
from ninox_simulator.samples import awkward, formulas, rows_nursery, rows_sales, rows_yard
from ninox_simulator.samples.columns import Column, Columns, RecordIds, numbered, record_ids
from ninox_simulator.samples.history import History, Stamp
from ninox_simulator.samples.notation import Json, Table, assemble, captions_to_ids, fields
from ninox_simulator.samples.schema_nursery import NURSERY
from ninox_simulator.samples.schema_oddities import ODDITIES
from ninox_simulator.samples.schema_sales import SALES
from ninox_simulator.samples.schema_yard import YARD
from ninox_simulator.samples.sizes import LONG_GAPS, row_counts

TEAM_ID = "bW7gTq2GmbHx9LrK4"
BUERO_ID = "bueroq7k2m4x"
NURSERY_ID = "nurs3ryw8b1z"
ARCHIVE_ID = "archiv2019zz"
PLAYGROUND_ID = "spielw1ese00"
ARCHIVE_PASSWORD = "laubhaufen"  # noqa: S105 - the point of the sample is that it is known here and nowhere else
NEXT_PRINT_JOB = 4_812  # rows come and go: the empty table has used up its first ids
UNREADABLE = {"L": ["Geburtsdatum", "Stundensatz"]}
IMPORTED_TABLE = "S"

Rows = Mapping[str, Callable[[RecordIds], Columns]]


class Blueprint(NamedTuple):
    """What a database is built from."""

    tables: Sequence[Table]
    rows: Rows
    awkward: Mapping[str, awkward.Block]
    counts: Mapping[str, int]
    long_gaps: Sequence[str]


FILE_SIZES = {"leer.txt": 0, "25MiB.pdf": 25 * 1024 * 1024}


def build(profile: str) -> list[TeamDocument]:
    """The team with its four databases; records are generated while they are consumed.

    Args:
        profile: `s`, `m` or `l`.

    Raises:
        ValueError: There is no such profile.
    """
    databases = [_buero(profile), _nursery(profile), _archive(), _playground()]
    return [TeamDocument(id=TEAM_ID, name="Blattwerk GmbH", databases=databases)]


def _buero(profile: str) -> DatabaseDocument:
    tables = formulas.with_formulas([*SALES, *YARD, *ODDITIES], formulas.BUERO)
    rows = {**rows_sales.SALES, **rows_yard.YARD}
    blueprint = Blueprint(tables, rows, awkward.BUERO, row_counts("buero", profile), LONG_GAPS["buero"])
    database = _database(BUERO_ID, "Büro & Baustelle", blueprint)
    database.unreadable_tables = ["YB"]
    database.unreadable_fields = {
        table: [captions_to_ids(database.schema["types"][table])[caption] for caption in captions]
        for table, captions in UNREADABLE.items()
    }
    database.file_sizes = FILE_SIZES
    database.views = [
        {"id": "v1", "order": 0, "type": "E", "caption": "Offene Rechnungen", "config": {"type": "table"}, "seq": 80},
        {"id": "v2", "order": 1, "type": "D", "caption": "Baustellen 🗺️", "config": {"type": "map"}, "seq": 81},
    ]
    return database


def _nursery(profile: str) -> DatabaseDocument:
    tables = formulas.with_formulas(NURSERY, formulas.NURSERY)
    counts = row_counts("nursery", profile)
    blueprint = Blueprint(tables, rows_nursery.NURSERY, awkward.NURSERY, counts, LONG_GAPS["nursery"])
    database = _database(NURSERY_ID, "Nursery & Webshop", blueprint)
    database.next_rids["H"] = NEXT_PRINT_JOB
    return database


def _archive() -> DatabaseDocument:
    table = Table("A", "Projekte 2019", fields("string", "Titel", "Ablage"))
    rows: Rows = {"A": lambda _ids: {"Titel": numbered("Projekt {}"), "Ablage": numbered("Karton {}")}}
    database = _database(ARCHIVE_ID, "Archiv 2019 🔒", Blueprint([table], rows, {}, {"A": 19}, []))
    database.settings["lock"] = True
    database.password = ARCHIVE_PASSWORD
    return database


def _playground() -> DatabaseDocument:
    return _database(PLAYGROUND_ID, "Spielwiese", Blueprint([], {}, {}, {}, []))


def _database(database_id: str, name: str, blueprint: Blueprint) -> DatabaseDocument:
    schema = assemble(blueprint.tables)
    ids = {table: record_ids(count, jump=table in blueprint.long_gaps) for table, count in blueprint.counts.items()}
    history = History(list(schema["types"]), max(blueprint.counts.values(), default=0))
    records: dict[str, Iterable[RecordDocument]] = {table: [] for table in schema["types"]}
    for table, columns in _columns(blueprint, ids).items():
        records[table] = _records(ids[table], schema["types"][table], columns, _stamps(history, table, len(ids[table])))
    return DatabaseDocument(
        id=database_id,
        name=name,
        schema=schema,
        settings=_settings(name),
        records={table: rows for table, rows in records.items() if schema["types"][table]["kind"] == "table"},
        next_rids={table: table_ids[-1] + 3 for table, table_ids in ids.items() if table_ids},
        sequence=history.sequence,
    )


def _columns(blueprint: Blueprint, ids: RecordIds) -> dict[str, Columns]:
    return {table: _overlaid(make(ids), blueprint.awkward.get(table, {})) for table, make in blueprint.rows.items()}


def _records(ids: Sequence[int], type_: Json, columns: Columns, stamps: Iterator[Stamp]) -> Iterator[RecordDocument]:
    field_id_of = captions_to_ids(type_)
    names = [field_id_of[caption] for caption in columns]
    cells = zip(*columns.values(), strict=False)
    for rid, values, stamp in zip(ids, cells, stamps, strict=False):
        stored = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        yield RecordDocument(rid, stored, *stamp)


def _overlaid(columns: Columns, block: awkward.Block) -> Columns:
    return {caption: _overlay(column, block.get(caption, [])) for caption, column in columns.items()}


def _overlay(column: Column, first: Sequence[Any]) -> Column:
    ordinary = islice(column, len(first))
    replaced = [usual if value is awkward.KEEP else value for value, usual in zip(first, ordinary, strict=False)]
    return chain(replaced, column)


def _stamps(history: History, table: str, number: int) -> Iterator[Stamp]:
    return history.import_stamps(table, number) if table == IMPORTED_TABLE else history.stamps(table, number)


def _settings(name: str) -> Json:
    return {
        "name": name,
        "icon": "database",
        "color": "#4970ff",
        "bgType": "image",
        "backgroundClass": "bg-1",
        "lock": False,
    }
