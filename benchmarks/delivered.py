"""Whether a side really delivered every row: all ids, each with the values that belong to it."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.process import SideFailedError
from ninox_simulator.seeds import bulk_values

Row = tuple[int, Any, Any]
"""Record id, title, price."""

_TITLE, _PRICE = "A", "E"


def check_read(side: str, rows: Iterable[Row], *, tables: int, rows_per_table: int) -> None:
    """Refuse a side whose output lacks rows, repeats them, or holds other values.

    Raises:
        SideFailedError: It did not deliver what the simulator has.
    """
    seen: dict[int, int] = {}
    for record_id, title, price in rows:
        stored = bulk_values(record_id)
        if (title, float(price)) != (stored[_TITLE], stored[_PRICE]):
            message = f"{side}: record {record_id} came with other values than the simulator has."
            raise SideFailedError(message)
        seen[record_id] = seen.get(record_id, 0) + 1
    expected = dict.fromkeys(range(1, rows_per_table + 1), tables)
    if seen != expected:
        message = f"{side}: {sum(seen.values())} rows of {len(seen)} ids came, {tables} x {rows_per_table} are there."
        raise SideFailedError(message)


def check_written(side: str, records: Iterable[dict[str, Any]], *, rows: int) -> None:
    """Refuse a side that left the table otherwise than the file says.

    Raises:
        SideFailedError: Records are missing, repeated, or have other values.
    """
    fields = [{key: value for key, value in record.items() if not key.startswith("_")} for record in records]
    stored = sorted(fields, key=lambda record: str(record.get(_TITLE)))
    if stored != [bulk_values(number) for number in range(1, rows + 1)]:
        message = f"{side}: the table holds {len(stored)} records that differ from the {rows} of the file."
        raise SideFailedError(message)


def plain_lines(output: Path) -> Iterator[Row]:
    """Read records as Ninox answers them, a line each."""
    for record in _messages(output):
        yield record["id"], record["fields"][_TITLE], record["fields"][_PRICE]


def our_messages(output: Path) -> Iterator[Row]:
    """Read what tap-ninox writes."""
    for message in _messages(output):
        if message["type"] == "RECORD" and "_id" in message["record"]:
            record = message["record"]
            yield record["_id"], record["title"], record["price"]


def msdk_messages(output: Path) -> Iterator[Row]:
    """Read what tap-rest-api-msdk writes: nested objects are flattened."""
    for message in _messages(output):
        if message["type"] == "RECORD":
            record = message["record"]
            yield record["id"], record[f"fields_{_TITLE}"], record[f"fields_{_PRICE}"]


def airbyte_messages(output: Path) -> Iterator[Row]:
    """Read what an Airbyte source writes."""
    for message in _messages(output):
        if message["type"] == "RECORD":
            record = message["record"]["data"]
            yield record["id"], record["fields"][_TITLE], record["fields"][_PRICE]


def dlt_files(output: Path) -> Iterator[Row]:
    """Read the files that dlt's extract step leaves below the folder of the output."""
    for path in output.parent.rglob("table_*.typed-jsonl.gz"):
        with gzip.open(path, "rb") as file:
            for record in (record for line in file for record in msgspec.json.decode(line)):
                yield record["id"], record["fields"][_TITLE], record["fields"][_PRICE]


def _messages(output: Path) -> Iterator[dict[str, Any]]:
    with output.open("rb") as file:
        yield from map(msgspec.json.decode, file)
