"""Records of a table: lists, single ones, look-ups, saves and deletions (Ninox docs: Tables, fields, and records).

At the end, how a record is answered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

import msgspec

from ninox_simulator.messages import NOT_FOUND_IN_A_BATCH, ApiError, Request, decoded, is_set, whole_number
from ninox_simulator.scripts_api import TriggeredWrites
from ninox_simulator.simulation import Simulation
from ninox_simulator.store import NEVER_STORED, Database, Record, Table
from ninox_simulator.switches import Switches

Json = dict[str, Any]

DEFAULT_PER_PAGE = 100
"""Ninox docs: Tables, fields, and records. `limit`, `offset` and `pageSize` do nothing (observed)."""


# ------------------------------------------------------------------------------------------------------------- reading


def listed(ninox: Simulation, request: Request, database: Database, table: Table) -> bytes:
    """Answer a page of records; parameters that Ninox does not know are passed over, as it does (observed)."""
    shape = _RecordShape(ninox, request, database, table)
    return b"[" + b",".join(map(shape.encoded, _page(table, request.query, ninox.switches))) + b"]"


def one(ninox: Simulation, request: Request, database: Database, table: Table, record_id: str) -> Json:
    """Answer one record."""
    return _RecordShape(ninox, request, database, table).of(find(table, record_id))


def search(ninox: Simulation, request: Request, database: Database, table: Table) -> Any:
    """Answer the first record whose fields are equal to the filters, or an empty array."""
    body = request.json() if request.body else {}
    filters = _unnested(body.get("filters") if isinstance(body, dict) else None)
    record = next(iter(_filtered(table, table.after_id(0), filters)), None)
    return [] if record is None else _RecordShape(ninox, request, database, table).of(record)


def find(table: Table, record_id: str) -> Record:
    """Return a record by its id in a path.

    Raises:
        ApiError: 404; the message was seen, its exact form was not.
    """
    number = whole_number(record_id)
    record = None if number is None else table.records.get(number)
    if record is None:
        raise ApiError(404, "Record not found")
    return record


def _page(table: Table, query: Mapping[str, str], switches: Switches) -> Iterable[Record]:
    size = whole_number(query.get("perPage", "")) or DEFAULT_PER_PAGE
    if switches["per_page"] == "ignored":
        size = DEFAULT_PER_PAGE
    if switches["per_page_cap"] != "none":
        size = min(size, int(switches["per_page_cap"]))
    page = whole_number(query.get("page", "")) or 0
    start = page * size if switches["records_page"] == "honoured" else 0
    after = whole_number(query.get("sinceId", "")) if switches["records_since_id"] == "honoured" else None
    since = whole_number(query.get("sinceSq", "")) if switches["records_since_sq"] == "honoured" else None
    inclusive = switches["since_id_bound"] == "inclusive"
    filters = _filters(query, switches)
    order = _order(table, query, switches)
    repeats_last = switches["repeat_last_page"] == "yes"
    if since is None and order is None and not filters and not repeats_last:  # by id, what bulk readers ask for: quick
        return table.after_id(after or 0, inclusive=inclusive, skip=start, most=size)
    records: Iterable[Record] = table.after_id(after or 0, inclusive=inclusive)
    if since is not None:
        changed = table.changed_after(since, inclusive=switches["since_sq_bound"] == "inclusive")
        first = (after or 0) + (not inclusive)
        records = sorted((record for record in changed if record.id >= first), key=lambda record: record.id)
    if filters and switches["filters"] == "names" and not table.fields.keys().isdisjoint(filters):
        records = ()
    rows = list(_filtered(table, records, filters))
    if order is not None:
        key, descending = order
        rows.sort(key=key, reverse=descending)
    if repeats_last:
        start = min(start, max(0, (len(rows) - 1) // size * size))
    return rows[start : start + size]


def _filters(query: Mapping[str, str], switches: Switches) -> Mapping[str, Any]:
    """Read filters: `{"L": "x"}` by id (documented), by name, or names below `fields` (seen in public clients)."""
    text = query.get("filters")
    if not text:
        return {}
    filters = _unnested(decoded(text, "filters"))
    return {} if switches["filters"] == "ignored" else filters


def _unnested(filters: Any) -> Mapping[str, Any]:
    """Return filters without the `fields` level that some clients send."""
    if not isinstance(filters, dict):
        raise ApiError(400, "filters is not an object")
    nested = filters.get("fields")
    return nested if isinstance(nested, dict) else filters


def _filtered(table: Table, records: Iterable[Record], filters: Mapping[str, Any]) -> Iterable[Record]:
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


def _order(table: Table, query: Mapping[str, str], switches: Switches) -> tuple[Callable[[Record], Any], bool] | None:
    """Return what to sort by, and whether downwards; None for ascending ids."""
    if switches["updated_order"] == "honoured":
        if is_set(query, "updated"):
            return _by_change, True
        if is_set(query, "new"):
            return lambda record: record.id, True
    if query.get("order") and switches["order"] == "honoured":
        field_id = table.field_id(query["order"]) or ""
        return lambda record: _sortable(record.fields.get(field_id)), is_set(query, "desc")
    if switches["default_order"] == "sequence":
        return _by_change, False
    if switches["default_order"] == "shuffled":
        return lambda record: hashlib.md5(str(record.id).encode()).digest(), False  # noqa: S324 (no secret)
    return None


def _by_change(record: Record) -> tuple[int, int]:
    return record.sequence or 0, record.id


def _sortable(value: Any) -> tuple[bool, str, float, str]:
    number = float(value) if isinstance(value, int | float) else 0.0
    return value is not None, type(value).__name__ if not isinstance(value, int | float) else "", number, str(value)


# ------------------------------------------------------------------------------------------------------------- writing


def save(ninox: Simulation, request: Request, database: Database, table: Table) -> Any:
    """Create, update or upsert, in the order sent; answer the same way: one for one, several for several.

    Raises:
        ApiError: 500 for a field that is unknown or cannot be written (observed); whether what came before it is stored
            is a switch.
    """
    body = request.json()
    elements = body if isinstance(body, list) else [body]
    writes, shape = TriggeredWrites(ninox, database), _RecordShape(ninox, request, database, table)
    prepared: Iterable[_Element] = (_prepared(table, element, ninox.switches) for element in elements)
    if ninox.switches["batch"] == "atomic":
        prepared = list(prepared)  # all are checked before the first is stored
    answers = [_saved(writes, table, element, shape) for element in prepared]
    if ninox.switches["save_answer"] == "ids":
        answers = [a if "_err" in a else {key: a[key] for key in ("id", "_id") if key in a} for a in answers]
    return answers if isinstance(body, list) else answers[0]


def merge(ninox: Simulation, request: Request, database: Database, table: Table, record_id: str) -> Json:
    """Update one record; fields that are not sent are kept (observed)."""
    record = find(table, record_id)
    body = request.json()
    fields = _by_id(table, body.get("fields") if isinstance(body, dict) else body, ninox.switches)
    updated = TriggeredWrites(ninox, database).update(table.id, record.id, fields)
    return _RecordShape(ninox, request, database, table).of(updated)


def delete(ninox: Simulation, _: Request, database: Database, table: Table, record_id: str) -> Any:
    """Delete one record and its dependants."""
    TriggeredWrites(ninox, database).delete(table.id, find(table, record_id).id)
    return {}


def delete_many(ninox: Simulation, request: Request, database: Database, table: Table) -> Any:
    """Delete records; unknown ids are passed over (unknown)."""
    record_ids = request.json()
    served = ninox.switches["delete_many"]
    if served == "missing":
        raise ApiError(404, "End-point not found")
    if served == "bodyless":
        return []
    if not isinstance(record_ids, list):
        raise ApiError(400, "An array of record ids is expected")
    for number in map(_record_id, record_ids):
        if number in table.records:
            TriggeredWrites(ninox, database).delete(table.id, number)
    return []


class _Element(NamedTuple):
    """One element of a save, checked.

    Attributes:
        record_id: None: a new record.
        fields: By field id, in stored form.
        flat: Whether it came without the level `fields`, and is answered so.
    """

    record_id: int | None
    upsert: bool
    fields: Json
    flat: bool


def _prepared(table: Table, element: Any, switches: Switches) -> _Element:
    if not isinstance(element, dict):
        raise ApiError(400, "An object is expected")
    upsert = bool(element.get("_upsert"))
    flat = upsert and "fields" not in element
    raw_id = element.get("_id", element.get("id"))
    own = {key: value for key, value in element.items() if key not in {"_upsert", "_id", "id"}}
    fields = _by_id(table, own if flat else element.get("fields") or {}, switches)
    if table.refuses(fields):
        raise ApiError(500, "Internal server error")
    return _Element(None if raw_id is None else _record_id(raw_id), upsert, fields, flat)


def _saved(writes: TriggeredWrites, table: Table, element: _Element, shape: _RecordShape) -> Json:
    if element.record_id is None:
        record = writes.create(table.id, element.fields)
    elif element.record_id in table.records:
        record = writes.update(table.id, element.record_id, element.fields)
    elif element.upsert:
        record = writes.create(table.id, element.fields, id=element.record_id)
    else:
        return dict(NOT_FOUND_IN_A_BATCH)
    return record.stored_form() if element.flat else shape.of(record)


def _by_id(table: Table, fields: Any, switches: Switches) -> Json:
    if not isinstance(fields, Mapping):
        raise ApiError(400, "fields is not an object")
    written = {_writable(table, key): value for key, value in fields.items()}
    if switches["null_write"] == "ignored":
        written = {key: value for key, value in written.items() if value is not None}
    return {key: _stored(table.fields[key], value) for key, value in written.items()}


def _writable(table: Table, key: str) -> str:
    field_id = table.field_id(key)
    if field_id is None or table.fields[field_id].get("base") in NEVER_STORED:
        raise ApiError(500, "Internal server error")
    return field_id


def _stored(definition: Mapping[str, Any], value: Any) -> Any:
    """Accept options by id and by caption (observed); what matches neither is stored as given (unknown)."""
    options = definition.get("values")
    if not options:
        return value
    by_caption = {option.get("caption"): key for key, option in options.items()}

    def option(item: Any) -> Any:
        text = str(item) if isinstance(item, int) and not isinstance(item, bool) else item
        return text if not isinstance(text, str) or text in options else by_caption.get(text, text)

    return [option(item) for item in value] if isinstance(value, list) else option(value)


def _record_id(value: Any) -> int:
    """Read an id; a numeric string works, too (the documentation writes `"1"`)."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and (number := whole_number(value)) is not None and len(value) < 19:  # noqa: PLR2004
        return number
    raise ApiError(400, "A record id is a positive whole number")


# ----------------------------------------------------------------------------------------------------------- answering

_TEXT_TYPES = frozenset({"string", "html"})
_STORED = frozenset({"boolean", "date", "timestamp", "dmulti"})
_SPECIAL = frozenset({"choice", "multi", "ref"}) | _STORED
_IDS = frozenset({"ids", "id"})
_ENCODER = msgspec.json.Encoder()


class _RecordShape:
    """How records of one table are answered: keys, choices and the unknowns.

    Ninox docs: Tables, fields, and records (names by default, ids on request).
    """

    def __init__(self, ninox: Simulation, request: Request, database: Database, table: Table) -> None:
        """Work out once what holds for every record."""
        switches, query = ninox.switches, request.query
        asks_ids = is_set(query, "ids") or query.get("style") in _IDS
        asks_choice_ids = query.get("choiceStyle") in _IDS or query.get("choice") in _IDS
        ids = asks_ids and switches["ids_parameter"] == "honoured"
        hidden = database.unreadable_fields.get(table.id, set())
        fields = {key: raw for key, raw in table.fields.items() if key not in hidden and raw.get("base") != "fn"}
        self._keys = {key: key if ids else str(raw.get("caption", key)) for key, raw in fields.items()}
        self._bases = {key: raw.get("base") for key, raw in fields.items()}
        self._by_caption = not (asks_choice_ids and switches["choice_style"] == "honoured")
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
