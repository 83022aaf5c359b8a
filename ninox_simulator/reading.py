"""Lists, look-ups and single records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from ninox_simulator.database import Database
from ninox_simulator.parameters import DEFAULT_PER_PAGE, ListParameters
from ninox_simulator.replies import ApiError
from ninox_simulator.shapes import RecordShape
from ninox_simulator.switches import Switches
from ninox_simulator.table import Record, Table


def list_page(database: Database, table: Table, parameters: ListParameters, switches: Switches) -> bytes:
    """Return one page as JSON."""
    shape = RecordShape(database, table, switches, ids=parameters.ids, choice_ids=parameters.choice_ids)
    page = _page(table, parameters, switches)
    return b"[" + b",".join(map(shape.encoded, page)) + b"]"


def find_first(table: Table, filters: Any) -> Record | None:
    """Return the first record whose fields are equal to the filters."""
    return next(iter(_filtered(table, table.after_id(0), filters)), None)


def find_record(table: Table, record_id: str) -> Record:
    """Return a record by its id in a path.

    Raises:
        ApiError: 404; the message was seen, its exact form was not.
    """
    record = table.records.get(int(record_id)) if record_id.isascii() and record_id.isdecimal() else None
    if record is None:
        raise ApiError(404, "Record not found")
    return record


def _page(table: Table, parameters: ListParameters, switches: Switches) -> Sequence[Record]:
    size = parameters.per_page if switches["per_page"] == "honoured" else DEFAULT_PER_PAGE
    if switches["per_page_cap"] != "none":
        size = min(size, int(switches["per_page_cap"]))
    records = _ordered(table, parameters, switches)
    start = parameters.page * size if switches["records_page"] == "honoured" else 0
    if switches["repeat_last_page"] == "yes":
        rows = list(records)
        last = max(0, (len(rows) - 1) // size * size)
        return rows[min(start, last) :][:size]
    if isinstance(records, Sequence):
        return records[start : start + size]
    return list(islice(records, start, start + size))


def _ordered(table: Table, parameters: ListParameters, switches: Switches) -> Iterable[Record]:
    filters = None if switches["filters"] == "ignored" else parameters.filters
    records = _filtered(table, _candidates(table, parameters, switches), filters)
    if filters and switches["filters"] == "names" and not table.fields.keys().isdisjoint(filters):
        records = ()
    if (parameters.updated or parameters.newest) and switches["updated_order"] == "honoured":
        key = _by_change if parameters.updated else _by_id
        return sorted(records, key=key, reverse=True)
    if parameters.order and switches["order"] == "honoured":
        field_id = table.field_id(parameters.order)
        return sorted(records, key=lambda r: _sortable(r.fields.get(field_id or "")), reverse=parameters.descending)
    if switches["default_order"] == "sequence":
        return sorted(records, key=_by_change)
    if switches["default_order"] == "shuffled":
        return sorted(records, key=lambda record: hashlib.md5(str(record.id).encode()).digest())  # noqa: S324
    return records


def _candidates(table: Table, parameters: ListParameters, switches: Switches) -> Iterable[Record]:
    since_id = parameters.since_id if switches["records_since_id"] == "honoured" else None
    sequence = parameters.since_sequence if switches["records_since_sq"] == "honoured" else None
    id_bound = since_id if since_id is not None else 0
    inclusive_id = switches["since_id_bound"] == "inclusive"
    if sequence is None:
        return table.after_id(id_bound, inclusive=inclusive_id)
    changed = table.changed_after(sequence, inclusive=switches["since_sq_bound"] == "inclusive")
    wanted = [record for record in changed if record.id > id_bound or (inclusive_id and record.id == id_bound)]
    return sorted(wanted, key=_by_id)


def _filtered(table: Table, records: Iterable[Record], filters: Any) -> Iterable[Record]:
    if not filters:
        return records
    wanted = {table.field_id(key): value for key, value in filters.items()}
    return (record for record in records if all(_equal(table, record, k, v) for k, v in wanted.items()))


def _equal(table: Table, record: Record, field_id: str | None, wanted: Any) -> bool:
    """Equality is the only known operator; a choice is met by its id and by its caption (assumed)."""
    if field_id is None:
        return False
    value = record.fields.get(field_id)
    option = table.fields[field_id].get("values", {}).get(value) if isinstance(value, str) else None
    return bool(value == wanted or (option is not None and option.get("caption") == wanted))


def _by_id(record: Record) -> int:
    return record.id


def _by_change(record: Record) -> tuple[int, int]:
    return record.sequence or 0, record.id


def _sortable(value: Any) -> tuple[bool, str, float, str]:
    number = float(value) if isinstance(value, int | float) else 0.0
    return value is not None, type(value).__name__ if not isinstance(value, int | float) else "", number, str(value)
