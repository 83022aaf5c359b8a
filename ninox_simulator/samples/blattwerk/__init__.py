"""Blattwerk GmbH: a fictional garden and landscape firm with a nursery, in two sizes.

`s` is a hundredth of `m` and starts at once; `m` has 448,408 readable rows. The same profile always gives the same
documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from ninox_simulator.samples.blattwerk.awkward import KEEP
from ninox_simulator.samples.blattwerk.notation import Json, Table, assemble, captions_to_ids, fields
from ninox_simulator.samples.blattwerk.nursery import NURSERY
from ninox_simulator.samples.blattwerk.office import IMPORT_ALT, ODDITIES, SALES
from ninox_simulator.samples.blattwerk.rows import Column, History, RecordIds, numbered, record_ids
from ninox_simulator.samples.blattwerk.yard import YARD
from ninox_simulator.seeds import DatabaseDocument, RecordDocument, TeamDocument

TEAM_ID = "bW7gTq2GmbHx9LrK4"
BUERO_ID = "bueroq7k2m4x"
NURSERY_ID = "nurs3ryw8b1z"
ARCHIVE_ID = "archiv2019zz"
PLAYGROUND_ID = "spielw1ese00"
ARCHIVE_PASSWORD = "laubhaufen"  # noqa: S105 - the point of the sample is that it is known here and nowhere else
NEXT_PRINT_JOB = 4_812  # rows come and go: the empty table has used up its first ids
UNREADABLE = {"L": ["Geburtsdatum", "Stundensatz"]}
FILE_SIZES = {"leer.txt": 0, "25MiB.pdf": 25 * 1024 * 1024}

BUERO = [*SALES, *YARD, *ODDITIES]
ARCHIVE = [
    Table(
        "A",
        "Projekte 2019",
        fields("string", "Titel", "Ablage"),
        size=19,
        rows=lambda _ids: {"Titel": numbered("Projekt {}"), "Ablage": numbered("Karton {}")},
    )
]
FEWEST = 12
SMALL_DIVISOR = 100


def build(profile: str) -> list[TeamDocument]:
    """The team with its four databases; records are generated while they are consumed.

    Args:
        profile: `s` or `m`.

    Raises:
        ValueError: There is no such profile.
    """
    databases = [_buero(profile), _nursery(profile), _archive(), _playground()]
    return [TeamDocument(id=TEAM_ID, name="Blattwerk GmbH", databases=databases)]


def row_counts(tables: Iterable[Table], profile: str) -> dict[str, int]:
    """Rows per table id, of the tables that have any.

    Raises:
        ValueError: There is no such profile.
    """
    medium = {table.id: table.size for table in tables if table.size}
    if profile == "m":
        return medium
    if profile == "s":
        return {table: max(rows // SMALL_DIVISOR, min(rows, FEWEST)) for table, rows in medium.items()}
    message = f"No profile {profile!r}: choose s or m."
    raise ValueError(message)


def _buero(profile: str) -> DatabaseDocument:
    database = _database(BUERO_ID, "Büro & Baustelle", BUERO, row_counts(BUERO, profile))
    database.unreadable_tables = ["YB"]
    database.unreadable_fields = {
        table: [captions_to_ids(database.schema["types"][table])[caption] for caption in captions]
        for table, captions in UNREADABLE.items()
    }
    database.file_sizes = FILE_SIZES
    return database


def _nursery(profile: str) -> DatabaseDocument:
    database = _database(NURSERY_ID, "Nursery & Webshop", NURSERY, row_counts(NURSERY, profile))
    database.next_rids["H"] = NEXT_PRINT_JOB
    return database


def _archive() -> DatabaseDocument:
    database = _database(ARCHIVE_ID, "Archiv 2019 🔒", ARCHIVE, row_counts(ARCHIVE, "m"))
    database.settings["lock"] = True
    database.password = ARCHIVE_PASSWORD
    return database


def _playground() -> DatabaseDocument:
    return _database(PLAYGROUND_ID, "Spielwiese", [], {})


def _database(database_id: str, name: str, tables: Sequence[Table], counts: Mapping[str, int]) -> DatabaseDocument:
    schema = assemble(tables)
    ids = {table.id: record_ids(counts[table.id], jump=table.jump) for table in tables if table.id in counts}
    history = History(list(schema["types"]), max(counts.values(), default=0))
    return DatabaseDocument(
        id=database_id,
        name=name,
        schema=schema,
        settings=_settings(name),
        records={
            table.id: _records(table, schema["types"][table.id], ids, history)
            for table in tables
            if table.extra.get("kind", "table") == "table"
        },
        next_rids={table: table_ids[-1] + 3 for table, table_ids in ids.items()},
        sequence=history.sequence,
    )


def _records(table: Table, type_: Json, ids: RecordIds, history: History) -> Iterator[RecordDocument]:
    if table.rows is None:
        return
    columns = table.rows(ids)
    for caption, first in table.awkward.items():
        columns[caption] = _overlaid(columns[caption], first)
    field_id_of = captions_to_ids(type_)
    names = [field_id_of[caption] for caption in columns]
    stamps = history.import_stamps if table is IMPORT_ALT else history.stamps
    rids = ids[table.id]
    for rid, values, stamp in zip(
        rids, zip(*columns.values(), strict=False), stamps(table.id, len(rids)), strict=False
    ):
        stored = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        yield RecordDocument(rid, stored, *stamp)


def _overlaid(column: Column, first: Sequence[Any]) -> Iterator[Any]:
    ordinary = islice(column, len(first))
    replaced = [usual if value is KEEP else value for value, usual in zip(first, ordinary, strict=False)]
    return chain(replaced, column)


def _settings(name: str) -> Json:
    return {
        "name": name,
        "icon": "database",
        "color": "#4970ff",
        "bgType": "image",
        "backgroundClass": "bg-1",
        "lock": False,
    }
