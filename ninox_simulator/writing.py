"""Creating, updating, upserting and deleting records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ninox_simulator.database import NEVER_STORED
from ninox_simulator.replies import ApiError
from ninox_simulator.scripts import TriggeredWrites
from ninox_simulator.shapes import storage_form
from ninox_simulator.switches import Switches
from ninox_simulator.table import Record, Table

Json = dict[str, Any]

NOT_FOUND_IN_A_BATCH = {"_err": "Record not found"}
"""Behind HTTP 200, in place of the record (read in a public client's code)."""


class Writer:
    """Applies write requests to one table."""

    def __init__(self, writes: TriggeredWrites, table: Table, switches: Switches) -> None:
        """Remember where to write."""
        self._writes = writes
        self._table = table
        self._switches = switches

    def save(self, elements: list[Any]) -> list[Record | Json]:
        """Create, update or upsert, in the order sent; return one answer each, raw ones for upserts in flat form.

        Raises:
            ApiError: 500 for a field that is unknown or cannot be written (observed); whether what came before it
                is stored is a switch.
        """
        if self._switches["batch"] == "partial":
            return [self._save(self._prepared(element)) for element in elements]
        return [self._save(element) for element in [self._prepared(element) for element in elements]]

    def merge(self, record: Record, fields: Any) -> Record:
        """Update one record; fields that are not sent are kept (observed)."""
        return self._writes.update(self._table.id, record.id, self._by_id(fields))

    def delete_many(self, record_ids: Any) -> None:
        """Delete records; unknown ids are passed over (unknown)."""
        if self._switches["delete_many"] == "missing":
            raise ApiError(404, "End-point not found")
        if self._switches["delete_many"] == "bodyless":
            return
        if not isinstance(record_ids, list):
            raise ApiError(400, "An array of record ids is expected")
        for record_id in record_ids:
            number = _record_id(record_id)
            if number in self._table.records:
                self._writes.delete(self._table.id, number)

    def _prepared(self, element: Any) -> tuple[int | None, bool, Json, bool]:
        """Return record id, whether to upsert, fields by id, and whether it came in flat form."""
        if not isinstance(element, dict):
            raise ApiError(400, "An object is expected")
        upsert = bool(element.get("_upsert"))
        flat = upsert and "fields" not in element
        raw_id = element.get("_id", element.get("id"))
        fields = (
            {k: v for k, v in element.items() if k not in {"_upsert", "_id", "id"}} if flat else element.get("fields")
        )
        by_id = self._by_id(fields or {})
        if self._table.refuses(by_id):
            raise ApiError(500, "Internal server error")
        return None if raw_id is None else _record_id(raw_id), upsert, by_id, flat

    def _save(self, prepared: tuple[int | None, bool, Json, bool]) -> Record | Json:
        record_id, upsert, fields, flat = prepared
        if record_id is None:
            record = self._writes.create(self._table.id, fields)
        elif record_id in self._table.records:
            record = self._writes.update(self._table.id, record_id, fields)
        elif upsert:
            record = self._writes.create(self._table.id, fields, id=record_id)
        else:
            return dict(NOT_FOUND_IN_A_BATCH)
        return storage_form(record) if flat else record

    def _by_id(self, fields: Any) -> Json:
        if not isinstance(fields, Mapping):
            raise ApiError(400, "fields is not an object")
        written = {self._writable(key): value for key, value in fields.items()}
        if self._switches["null_write"] == "ignored":
            written = {key: value for key, value in written.items() if value is not None}
        return {key: self._stored(key, value) for key, value in written.items()}

    def _writable(self, key: str) -> str:
        field_id = self._table.field_id(key)
        if field_id is None or self._table.fields[field_id].get("base") in NEVER_STORED:
            raise ApiError(500, "Internal server error")
        return field_id

    def _stored(self, field_id: str, value: Any) -> Any:
        """Accept options by id and by caption (observed); what matches neither is stored as given (unknown)."""
        options = self._table.fields[field_id].get("values")
        if not options:
            return value
        by_caption = {option.get("caption"): key for key, option in options.items()}
        if isinstance(value, list):
            return [self._option(item, options, by_caption) for item in value]
        return self._option(value, options, by_caption)

    @staticmethod
    def _option(value: Any, options: Mapping[str, Any], by_caption: Mapping[Any, str]) -> Any:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        return text if text in options or not isinstance(text, str) else by_caption.get(text, text)


def _record_id(value: Any) -> int:
    """Read an id; a numeric string works, too (the documentation writes `"1"`)."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:  # noqa: PLR2004
        return int(value)
    raise ApiError(400, "A record id is a positive whole number")
