"""What is read and written: tables of ten fields, of any number of rows, as readers and targets see them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ninox_simulator.seeds import BULK_DATABASE_ID, BULK_TEAM_ID, bulk_values, table_id

DATABASE_PATH = f"teams/{BULK_TEAM_ID}/databases/{BULK_DATABASE_ID}"
"""Below the address of the API."""
STREAM_PREFIX = "bulk__"


def table_ids(count: int) -> list[str]:
    """Return the ids of the tables."""
    return [table_id(number) for number in range(count)]


def table_name(table_id: str) -> str:
    """Return the caption of a table."""
    return f"Orders {table_id}"


def stream_name(table_id: str) -> str:
    """Return the stream of a table."""
    return f"{STREAM_PREFIX}orders_{table_id.lower()}"


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
    row = dict(zip(PROPERTIES, bulk_values(number).values(), strict=True))
    return {**row, "stage": f"Stage {row['stage']}"}


def _line(message: dict[str, Any]) -> bytes:
    return msgspec.json.encode(message) + b"\n"
