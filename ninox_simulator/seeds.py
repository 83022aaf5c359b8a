"""Sample data before the store takes it over: what a seed is made of, and where it comes from.

The sample company, nothing, as much as wanted of the same kind, or a JSON file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

DEFAULT_USER = "kQ7hWmZ3pXc9RtB2u"
DEFAULT_TIME = "2024-01-01T08:00:00"


class RecordDocument(NamedTuple):
    """One record in stored form.

    Attributes:
        fields: Field id → stored value; empty fields are absent.
        sequence: None for a record that answers without a `sequence` (observed on some records).
    """

    id: int
    fields: dict[str, Any]
    sequence: int | None = None
    created_at: str = DEFAULT_TIME
    created_by: str = DEFAULT_USER
    modified_at: str = DEFAULT_TIME
    modified_by: str = DEFAULT_USER


@dataclass(kw_only=True, slots=True)
class DatabaseDocument:
    """A database with its raw schema, as `GET {database}` answers it, and its records.

    Attributes:
        records: Table id → records in ascending id; consumed once.
        next_rids: Table id → id of the next new record, where it is beyond the last id.
        sequence: The database's sequence, at least the highest of its records.
        password: Locked: to be sent as `nx-password`.
        unreadable_tables: Tables whose records answer 403.
        unreadable_fields: Table id → fields left out of its records.
        file_sizes: File name → bytes, for files of the sample data whose size matters.
    """

    id: str
    name: str
    schema: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    records: dict[str, Iterable[RecordDocument]] = field(default_factory=dict)
    next_rids: dict[str, int] = field(default_factory=dict)
    sequence: int = 0
    password: str | None = None
    unreadable_tables: list[str] = field(default_factory=list)
    unreadable_fields: dict[str, list[str]] = field(default_factory=dict)
    file_sizes: dict[str, int] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class TeamDocument:
    """A team and its databases."""

    id: str
    name: str
    databases: list[DatabaseDocument]


PROFILES = ("s", "m")
SAMPLE = "blattwerk"
EMPTY = "empty"

BULK_TEAM_ID = "bulkTeam000000001"
BULK_DATABASE_ID = "bulk00000001"

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


def from_file(path: Path) -> list[TeamDocument]:
    """Return the teams of a JSON file.

    Raises:
        ValueError: It is not in the form of the documents.
    """
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
