"""Where sample data comes from: the sample company, nothing, as much as wanted of the same kind, or a JSON file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

import msgspec

from ninox_simulator.documents import DatabaseDocument, RecordDocument, TeamDocument

PROFILES = ("s", "m")
SAMPLE = "blattwerk"
EMPTY = "empty"

BULK_TEAM_ID = "bulkTeam000000001"
BULK_DATABASE_ID = "bulk00000001"
_BULK = re.compile(r"bulk:(\d+)x(\d+)x(\d+)", re.ASCII)

_STAGES = {str(number): {"caption": f"Stage {number}", "order": number} for number in range(1, 7)}
BULK_FIELDS: dict[str, dict[str, Any]] = {
    "A": {"base": "string", "caption": "Title"},
    "B": {"base": "string", "caption": "Note"},
    "C": {"base": "email", "caption": "Contact"},
    "D": {"base": "number", "caption": "Quantity"},
    "E": {"base": "number", "caption": "Price"},
    "F": {"base": "boolean", "caption": "Paid"},
    "G": {"base": "date", "caption": "Due"},
    "H": {"base": "timestamp", "caption": "Packed at"},
    "I": {"base": "choice", "caption": "Stage", "values": _STAGES},
    "J": {"base": "string", "caption": "Place"},
}
"""Field id → raw definition: what a table of orders has."""

_STREETS = ("Gärtnerweg", "Am Kanal", "Lindenstraße", "Rue de l'Église", "Højbro Plads")
_DAY = date(2024, 1, 1)
_MOMENT = datetime(2024, 1, 1, 6, 0)  # noqa: DTZ001 (Ninox sends wall-clock times)


def load_seed(seed: str, profile: str) -> list[TeamDocument]:
    """Return the documents of a seed.

    Args:
        seed: `blattwerk`, `empty`, `bulk:TABLESxROWSxFIELDS`, or the path of a JSON file with a list of teams.
        profile: Size of `blattwerk`: `s` or `m`.

    Raises:
        ValueError: There is no such seed or profile, or the file is not in the form of the documents.
    """
    if profile not in PROFILES:
        message = f"Profile is one of {', '.join(PROFILES)}, not {profile!r}."
        raise ValueError(message)
    if seed == SAMPLE:
        from ninox_simulator.samples.blattwerk import build  # noqa: PLC0415 (large, and often not needed)

        return build(profile)
    if seed == EMPTY:
        return [TeamDocument(id="emptyTeam00000001", name="Empty", databases=[])]
    if wanted := _BULK.fullmatch(seed):
        tables, rows, fields = map(int, wanted.groups())
        return bulk(tables=tables, rows=rows, fields=fields)
    if Path(seed).is_file():
        return _from_json(Path(seed))
    message = f"There is no seed {seed!r}: give {SAMPLE}, {EMPTY}, bulk:TABLESxROWSxFIELDS or the path of a JSON file."
    raise ValueError(message)


def bulk(*, tables: int, rows: int, fields: int = len(BULK_FIELDS)) -> list[TeamDocument]:
    """Return a team with one database of equal tables, the same in every run; `rows` and `fields` are per table."""
    types = {
        table_id(number): {"caption": f"Orders {table_id(number)}", "kind": "table", "fields": bulk_fields(fields)}
        for number in range(tables)
    }
    database = DatabaseDocument(
        id=BULK_DATABASE_ID,
        name="Bulk",
        schema={"seq": 1, "version": 1, "types": types},
        settings={"name": "Bulk"},
        records={key: _bulk_records(rows, fields) for key in types},
        sequence=rows,
    )
    return [TeamDocument(id=BULK_TEAM_ID, name="Bulk", databases=[database])]


def bulk_fields(number: int) -> dict[str, dict[str, Any]]:
    """Return the definitions of that many fields; beyond ten, the same ones again under other names."""
    wanted = islice(((turn, raw) for turn in count() for raw in BULK_FIELDS.values()), number)
    return {
        field_id(place): {**raw, "caption": f"{raw['caption']} {turn or ''}".strip()}
        for place, (turn, raw) in enumerate(wanted)
    }


def bulk_values(number: int) -> dict[str, Any]:
    """Return the ten fields of one record by id, as they are stored."""
    return {
        "A": f"Order {number:07d}",
        "B": f"Please ring twice; the gate of no. {number % 90} is open until {number % 12 + 8} o'clock.",
        "C": f"customer{number % 4999}@example.org",
        "D": number % 250 + 1,
        "E": round(number % 9973 * 1.07 + 0.25, 2),
        "F": number % 3 == 0,
        "G": (_DAY + timedelta(days=number % 900)).isoformat(),
        "H": (_MOMENT + timedelta(seconds=number * 61 % 70_000_000)).isoformat(),
        "I": str(number % 6 + 1),
        "J": f"{_STREETS[number % 5]} {number % 200 + 1}",
    }


def table_id(number: int) -> str:
    """Return the id of a table as Ninox counts them (observed): A … Z, then AA, AB and so on."""
    turn, letter = divmod(number, 26)
    return (table_id(turn - 1) if turn else "") + chr(ord("A") + letter)


def field_id(number: int) -> str:
    """Return the id of a field as Ninox counts them (observed): A … Z, then A1 … Z1, A2 and so on."""
    turn, letter = divmod(number, 26)
    return chr(ord("A") + letter) + (str(turn) if turn else "")


def _bulk_records(rows: int, fields: int) -> Iterator[RecordDocument]:
    ids = list(bulk_fields(fields))
    for number in range(1, rows + 1):
        values = tuple(bulk_values(number).values())
        stored = {key: values[place % len(values)] for place, key in enumerate(ids)}
        yield RecordDocument(id=number, fields=stored, sequence=number)


def _from_json(path: Path) -> list[TeamDocument]:
    try:
        return [_team(raw) for raw in msgspec.json.decode(path.read_bytes())]
    except (msgspec.DecodeError, TypeError, KeyError, AttributeError) as error:
        message = f"{path} is not a list of teams with databases: {error}."
        raise ValueError(message) from error


def _team(raw: dict[str, Any]) -> TeamDocument:
    return TeamDocument(id=raw["id"], name=raw["name"], databases=[_database(item) for item in raw["databases"]])


def _database(raw: dict[str, Any]) -> DatabaseDocument:
    records = {table_id: [RecordDocument(**record) for record in rows] for table_id, rows in raw["records"].items()}
    highest = max((record.sequence or 0 for rows in records.values() for record in rows), default=0)
    return DatabaseDocument(**{"sequence": highest, **raw, "records": records})
