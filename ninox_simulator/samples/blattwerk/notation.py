"""A compact way to write a Ninox schema down, and its expansion into the raw shape Ninox answers with.

A table is written down with all that belongs to it: its fields, its formulas, its rows. Field ids are handed out in
order, with the gaps that deleted fields leave behind; the back side of every reference is added to the table it points
to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from string import ascii_uppercase
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from ninox_simulator.samples.blattwerk.rows import Columns, RecordIds

Json = dict[str, Any]

COLOURS = ("#4970ff", "#2fa84f", "#f2a900", "#d64545", "#8e6bbf", "#7a7a7a", "#00a3a3")
SCHEMA_VERSION = 33
TYPE_DEFAULTS: Json = {
    "kind": "table",
    "hidden": False,
    "color": None,
    "globalSearch": True,
    "hasFiles": True,
    "hasHistory": True,
    "hasComments": True,
}


class Field(NamedTuple):
    """One field as written down: `extra` holds raw schema keys, `back` the caption of the reverse field."""

    base: str
    caption: str
    extra: Json
    back: str = ""


class Table(NamedTuple):
    """One table or page as written down.

    Attributes:
        uis: Elements that carry no data.
        extra: Raw keys of the definition.
        size: Rows in profile `m`.
        jump: Whether its ids have a gap of more than 10,000.
        rows: Makes its columns, of the ids of all tables; by default there are no rows.
        awkward: Caption → the values of the first rows, in place of the ordinary ones.
    """

    id: str
    caption: str
    fields: Sequence[Field] = ()
    uis: Sequence[Field] = ()
    extra: Mapping[str, Any] = {}
    size: int = 0
    jump: bool = False
    rows: Callable[[RecordIds], Columns] | None = None
    awkward: Mapping[str, Sequence[Any]] = {}


def field(base: str, caption: str, **extra: object) -> Field:
    """A field of any type without options or references."""
    return Field(base, caption, extra)


def fields(base: str, *captions: str) -> list[Field]:
    """Several plain fields of one type."""
    return [Field(base, caption, {}) for caption in captions]


def fn(caption: str, expression: str) -> Field:
    """A formula: it exists in the schema only, no record stores its value."""
    return Field("fn", caption, {"fn": expression})


def choice(caption: str, *options: str, base: str = "choice", deleted: Sequence[int] = (), **extra: object) -> Field:
    """A choice whose options are numbered from 1, leaving out the ids of deleted options."""
    numbers = (number for number in count(1) if number not in deleted)
    values = {
        str(number): {"caption": option, "captions": {}, "color": COLOURS[order % len(COLOURS)], "order": order}
        for order, (number, option) in enumerate(zip(numbers, options, strict=False))
    }
    next_id = len(options) + len(deleted) + 1
    return Field(base, caption, {"values": values, "nextChoiceId": next_id, **extra})


def ref(caption: str, table_id: str, back: str, **extra: object) -> Field:
    """A reference to another table, whose reverse field is called `back` over there."""
    return Field("ref", caption, {"refTypeId": table_id, **extra}, back)


def part_of(caption: str, table_id: str, back: str) -> Field:
    """The reference of a sub-table to its parent: deleting the parent deletes the parts."""
    return ref(caption, table_id, back, cascade=True, required=True)


def field_ids(position: int) -> Iterator[str]:
    """A, B, D … Z, A1, B1 …: every ninth id belonged to a field that has been deleted."""
    letters = (f"{letter}{suffix or ''}" for suffix in count() for letter in ascii_uppercase)
    return (letter for number, letter in enumerate(letters) if (number + position) % 9 != 2)


def assemble(tables: Sequence[Table]) -> Json:
    """The raw schema of a database, as `GET /databases/{id}` answers it."""
    ids = {table.id: field_ids(position % 2) for position, table in enumerate(tables)}
    types = {table.id: _type(table, order, ids[table.id]) for order, table in enumerate(tables)}
    for table in tables:
        _add_reverse_fields(table, types, ids)
    for type_ in types.values():
        type_["nextFieldId"] = len(type_["fields"]) * 9 // 8 + 2
    return {
        "seq": 92,
        "version": SCHEMA_VERSION,
        "nextTypeId": len(tables) + 8,
        "afterOpen": "",
        "globalCode": "",
        "fileSync": "cached",
        "dateFix": "enabled",
        "compatibility": "latest",
        "knownDatabases": [],
        "types": types,
    }


def captions_to_ids(type_: Json) -> dict[str, str]:
    """Field captions of a raw table definition and their ids; formulas and reverse fields included."""
    return {definition["caption"]: field_id for field_id, definition in type_["fields"].items()}


def _type(table: Table, order: int, ids: Iterator[str]) -> Json:
    named = zip(ids, (*table.fields, *table.uis), strict=False)
    elements = {field_id: _field(table.id, item, position) for position, (field_id, item) in enumerate(named)}
    data = len(table.fields)
    return {
        "caption": table.caption,
        "captions": {},
        "uuid": _uuid(table.id, table.caption),
        "order": order,
        **TYPE_DEFAULTS,
        "fields": dict(list(elements.items())[:data]),
        "uis": dict(list(elements.items())[data:]),
        **table.extra,
    }


def _field(table_id: str, item: Field, order: int) -> Json:
    return {
        "base": item.base,
        "caption": item.caption,
        "captions": {},
        "formWidth": 0.5,
        "order": order,
        "tooltips": {},
        "uuid": _uuid(table_id, item.caption),
        **item.extra,
    }


def _add_reverse_fields(table: Table, types: Json, ids: Mapping[str, Iterator[str]]) -> None:
    own = captions_to_ids(types[table.id])
    for item in table.fields:
        if item.base == "ref":
            _connect(table.id, own[item.caption], item, types, ids)


def _connect(table_id: str, field_id: str, item: Field, types: Json, ids: Mapping[str, Iterator[str]]) -> None:
    target_id = item.extra["refTypeId"]
    target, source = types[target_id], types[table_id]
    back_id = next(ids[target_id])
    reverse = Field("rev", item.back, {"refTypeId": table_id, "refFieldId": field_id})
    target["fields"][back_id] = _field(target_id, reverse, len(target["fields"]))
    source["fields"][field_id]["refFieldId"] = back_id
    if item.extra.get("cascade"):
        source |= {"master": target_id, "masterRef": field_id}
        target.setdefault("children", []).append(table_id)


def _uuid(*names: str) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join(names)))
