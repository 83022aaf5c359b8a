"""What is read and written: tables of ten fields, of any number of rows, the same in every run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import msgspec

from ninox_simulator.documents import DatabaseDocument, RecordDocument, TeamDocument

TEAM_ID = "benchTeam00000001"
DATABASE_ID = "bench0000001"
DATABASE_PATH = f"teams/{TEAM_ID}/databases/{DATABASE_ID}"
"""Below the address of the API."""
STREAM_PREFIX = "bench__"

_CHOICES = {str(number): {"caption": f"Stage {number}", "order": number} for number in range(1, 7)}

FIELDS: dict[str, dict[str, Any]] = {
    "A": {"base": "string", "caption": "Title"},
    "B": {"base": "string", "caption": "Note"},
    "C": {"base": "email", "caption": "Contact"},
    "D": {"base": "number", "caption": "Quantity"},
    "E": {"base": "number", "caption": "Price"},
    "F": {"base": "boolean", "caption": "Paid"},
    "G": {"base": "date", "caption": "Due"},
    "H": {"base": "timestamp", "caption": "Packed at"},
    "I": {"base": "choice", "caption": "Stage", "values": _CHOICES},
    "J": {"base": "string", "caption": "Place"},
}
"""Field id → raw definition: what a table of orders has, and nothing that only one side could read."""

_STREETS = ("Gärtnerweg", "Am Kanal", "Lindenstraße", "Rue de l'Église", "Højbro Plads")
_DAY = date(2024, 1, 1)
_MOMENT = datetime(2024, 1, 1, 6, 0)  # noqa: DTZ001 (Ninox sends wall-clock times)


def table_ids(count: int) -> list[str]:
    """Return the ids of the tables: `A`, `B`, …, `AA`."""
    return ["".join(letters) for letters in islice(_letters(), count)]


def _letters() -> Iterator[tuple[str, ...]]:
    for length in itertools.count(1):
        yield from itertools.product(ascii_uppercase, repeat=length)


def table_name(table_id: str) -> str:
    """Return the caption of a table."""
    return f"Orders {table_id}"


def stream_name(table_id: str) -> str:
    """Return the stream of a table."""
    return f"{STREAM_PREFIX}orders_{table_id.lower()}"


def fields_of(count: int) -> dict[str, dict[str, Any]]:
    """Return the definitions of that many fields; beyond ten, the same ones again under other names."""
    wanted = islice(((turn, field_id) for turn in itertools.count() for field_id in FIELDS), count)
    return {
        _field_id(field_id, turn): {
            **FIELDS[field_id],
            "caption": f"{FIELDS[field_id]['caption']} {turn or ''}".strip(),
        }
        for turn, field_id in wanted
    }


def team(*, tables: int, rows: int, fields: int = len(FIELDS)) -> list[TeamDocument]:
    """Return a team with one database of equal tables; `rows` and `fields` are per table."""
    schema = {
        table_id: {"caption": table_name(table_id), "kind": "table", "fields": fields_of(fields)}
        for table_id in table_ids(tables)
    }
    database = DatabaseDocument(
        id=DATABASE_ID,
        name="Bench",
        schema={"seq": 1, "version": 1, "types": schema},
        settings={"name": "Bench"},
        records={table_id: _records(rows, fields) for table_id in schema},
        sequence=rows,
    )
    return [TeamDocument(id=TEAM_ID, name="Bench", databases=[database])]


def values(number: int) -> dict[str, Any]:
    """Return the fields of one record by id, as they are stored."""
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


def _records(rows: int, fields: int) -> Iterator[RecordDocument]:
    turns = range(-(-fields // len(FIELDS)))
    for number in range(1, rows + 1):
        stored = values(number)
        repeated = {_field_id(field_id, turn): value for turn in turns for field_id, value in stored.items()}
        yield RecordDocument(id=number, fields=dict(islice(repeated.items(), fields)), sequence=number)


def _field_id(field_id: str, turn: int) -> str:
    return f"{field_id}{turn or ''}"


PROPERTIES: dict[str, Any] = {
    "title": {"type": ["string"]},
    "note": {"type": ["string", "null"]},
    "contact": {"type": ["string", "null"]},
    "quantity": {"type": ["number", "null"]},
    "price": {"type": ["number", "null"]},
    "paid": {"type": ["boolean", "null"]},
    "due": {"type": ["string", "null"], "format": "date"},
    "packed_at": {"type": ["string", "null"], "format": "date-time"},
    "stage": {"type": ["string", "null"]},
    "place": {"type": ["string", "null"]},
}
"""The stream that targets read: one property per field, `title` is the key."""


def write_messages(
    path: Path, *, table_id: str, rows: int, every: int = 1, changed: Mapping[str, Any] | None = None
) -> None:
    """Write the Singer messages that a warehouse would send to fill a table, or to change it.

    Args:
        path: Where to.
        table_id: The table.
        rows: How many.
        every: The row of each so-manieth record.
        changed: Property → what it has become in each.
    """
    stream = stream_name(table_id)
    schema = {"type": "object", "properties": PROPERTIES}
    with path.open("wb") as file:
        file.write(_line({"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["title"]}))
        for number in range(every, rows * every + 1, every):
            row = {**_row(number), **(changed or {})}
            file.write(_line({"type": "RECORD", "stream": stream, "record": row}))
        file.write(_line({"type": "STATE", "value": {"bookmarks": {stream: {"rows": rows}}}}))


def _row(number: int) -> dict[str, Any]:
    row = dict(zip(PROPERTIES, values(number).values(), strict=True))
    return {**row, "stage": f"Stage {row['stage']}"}


def _line(message: dict[str, Any]) -> bytes:
    return msgspec.json.encode(message) + b"\n"
