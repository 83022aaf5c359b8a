"""Stored things → the JSON that Ninox answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

import msgspec

from ninox_simulator.store import NEVER_STORED, Database, Record, Table
from ninox_simulator.switches import Switches

Json = dict[str, Any]

_TEXT_TYPES = frozenset({"string", "html"})
_STORED = frozenset({"boolean", "date", "timestamp", "dmulti"})
_SPECIAL = frozenset({"choice", "multi", "ref"}) | _STORED
_ENCODER = msgspec.json.Encoder()


class RecordShape:
    """How records of one table are answered: keys, choices and the unknowns.

    Ninox docs: Tables, fields, and records (names by default, ids on request).
    """

    def __init__(self, database: Database, table: Table, switches: Switches, *, ids: bool, choice_ids: bool) -> None:
        """Work out once what holds for every record."""
        ids = ids and switches["ids_parameter"] == "honoured"
        hidden = database.unreadable_fields.get(table.id, set())
        fields = {key: raw for key, raw in table.fields.items() if key not in hidden and raw.get("base") != "fn"}
        self._keys = {key: key if ids else str(raw.get("caption", key)) for key, raw in fields.items()}
        self._bases = {key: raw.get("base") for key, raw in fields.items()}
        self._by_caption = not (choice_ids and switches["choice_style"] == "honoured")
        self._captions = {key: _captions(raw) for key, raw in fields.items() if raw.get("values")}
        self._switches = switches
        self._reverse = _Reverse(database, table) if switches["rev"] == "array" else None
        self._special = {key for key, base in self._bases.items() if base in _SPECIAL}
        self._stores_none = switches["dynamic_choices"] == "stored"
        self._blank = switches["empty_fields"] == "blank"
        # Back references change without the record's knowing.
        self._is_kept = ids and not self._by_caption and self._reverse is None
        self._as_of = max(switches.change, database.schema_change)

    def encoded(self, record: Record) -> bytes:
        """Return a record as JSON; the form that bulk readers ask for is kept with the record."""
        if not self._is_kept:
            return _ENCODER.encode(self.of(record))
        if record.encoded_for != self._as_of:
            record.encoded = _ENCODER.encode(self.of(record))
            record.encoded_for = self._as_of
        return record.encoded

    def of(self, record: Record) -> Json:
        """Return a record as the API answers it."""
        answer: Json = {"id": record.id}
        if record.sequence is not None and self._switches["sequence_field"] == "present":
            answer["sequence"] = record.sequence
        answer["createdAt"] = record.created_at
        answer["createdBy"] = record.created_by
        answer["modifiedAt"] = record.modified_at
        answer["modifiedBy"] = record.modified_by
        answer["fields"] = self._fields(record)
        return answer

    def _fields(self, record: Record) -> Json:
        keys, special = self._keys, self._special
        fields = {
            keys[key]: self._value(key, value) if key in special else value
            for key, value in record.fields.items()
            if key in keys and self._bases[key] not in NEVER_STORED
        }
        if self._blank:
            for key, base in self._bases.items():
                if base in _TEXT_TYPES:
                    fields.setdefault(keys[key], "")
        if self._stores_none:
            fields.update(
                {keys[k]: 0 for k, base in self._bases.items() if base == "dchoice" and k not in record.fields}
            )
        if self._reverse is not None:
            fields.update({keys[key]: ids for key, ids in self._reverse.of(record.id).items() if key in keys})
        return fields

    def _value(self, key: str, value: Any) -> Any:
        base = self._bases[key]
        if base == "ref":
            return [value] if self._switches["ref"] == "array" else value
        if base in _STORED:
            return self._as_stored(base, value)
        captions = self._captions.get(key, {})
        if base == "choice":
            return captions.get(value, value) if self._by_caption else value
        if not isinstance(value, list):  # a choice that became something else
            return value
        options = [captions.get(option, option) for option in value] if self._by_caption else value
        if self._switches["multi"] == "text":
            return ",".join(map(str, options))
        return dict.fromkeys(options, True) if self._switches["multi"] == "object" else options

    def _as_stored(self, base: str, value: Any) -> Any:
        """Return a value as the app keeps it, where the switches say that the API passes that on."""
        if base == "boolean":
            return int(value) if self._switches["booleans"] == "numbers" and isinstance(value, bool) else value
        if base == "dmulti":
            is_mask = self._stores_none and isinstance(value, list)
            return f"{sum(1 << int(number) for number in value):x}" if is_mask else value
        return _milliseconds(value) if self._switches["dates"] == "milliseconds" else value


def _milliseconds(value: Any) -> Any:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return value
    return int(moment.replace(tzinfo=timezone.utc).timestamp() * 1000)


class _Reverse:
    """Back sides of references, worked out from the other table."""

    def __init__(self, database: Database, table: Table) -> None:
        self._links = {
            key: database.links(str(raw["refTypeId"]), str(raw.get("refFieldId")))
            for key, raw in table.fields.items()
            if raw.get("base") == "rev" and raw.get("refTypeId") in database.tables
        }

    def of(self, record_id: int) -> Mapping[str, list[int]]:
        return {key: linked[record_id] for key, linked in self._links.items() if record_id in linked}


def _captions(raw: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(option.get("caption", key)) for key, option in raw["values"].items()}


def tables_json(tables: Iterable[Table]) -> list[Json]:
    """Return `GET …/tables`: stored fields only, no formulas, no pages (observed)."""
    return [table_json(table) for table in tables if table.definition.get("kind", "table") == "table"]


def table_json(table: Table) -> Json:
    """Return one table as `GET …/tables/{id}` answers it."""
    fields = [_field_json(key, raw) for key, raw in table.fields.items() if raw.get("base") != "fn"]
    return {"id": table.id, "name": table.caption, "fields": fields}


def _field_json(field_id: str, raw: Mapping[str, Any]) -> Json:
    answer: Json = {"id": field_id, "name": raw.get("caption", field_id), "type": raw.get("base")}
    if raw.get("values"):
        answer["choices"] = [
            {"id": key, "caption": option.get("caption", key), "captions": {}, "order": option.get("order", 0)}
            for key, option in raw["values"].items()
        ]
    if raw.get("base") == "ref":
        answer |= {"referenceToTable": raw.get("refTypeId"), "reverseField": raw.get("refFieldId")}
    if raw.get("base") == "rev":
        answer |= {"referenceFromTable": raw.get("refTypeId"), "referenceFromField": raw.get("refFieldId")}
    return {key: value for key, value in answer.items() if value is not None}


def storage_form(record: Record, *, with_sequence: bool = False) -> Json:
    """Return a record in raw form: flat, field ids, system keys with an underscore (third-party models)."""
    form: Json = {"_id": record.id}
    if with_sequence and record.sequence is not None:
        form["_sq"] = record.sequence
    form |= {
        "_cd": record.created_at,
        "_cu": record.created_by,
        "_md": record.modified_at,
        "_mu": record.modified_by,
    }
    return form | record.fields
