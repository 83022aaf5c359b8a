"""Which properties a Ninox field becomes, of which JSON type: one table for all field types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from ninox_api.naming import MAX_LENGTH, NameSpace, cut, identifier
from ninox_api.schema import Field, Table
from tap_ninox.formulas import computed
from tap_ninox.values import readers

JsonSchema = dict[str, Any]

STRING: JsonSchema = {"type": ["string", "null"]}
NUMBER: JsonSchema = {"type": ["number", "null"]}
INTEGER: JsonSchema = {"type": ["integer", "null"]}
BOOLEAN: JsonSchema = {"type": ["boolean", "null"]}
DATE: JsonSchema = {"type": ["string", "null"], "format": "date"}
TIME: JsonSchema = {"type": ["string", "null"], "format": "time"}
MOMENT: JsonSchema = {"type": ["string", "null"], "format": "date-time"}
STRINGS: JsonSchema = {"type": ["array", "null"], "items": {"type": ["string", "null"]}}
INTEGERS: JsonSchema = {"type": ["array", "null"], "items": {"type": ["integer", "null"]}}

SYSTEM_PROPERTIES: dict[str, JsonSchema] = {
    "_id": {"type": ["integer"]},
    "_sequence": INTEGER,
    "_created_at": MOMENT,
    "_created_by": STRING,
    "_modified_at": MOMENT,
    "_modified_by": STRING,
}
"""What every record has, whatever its table. The underscore keeps them apart from all captions."""

IDENTITY = "x-ninox"
"""Keyword of a schema that says which table, or which field, is meant, by its ids."""

KEY_PROPERTY = "_id"
REPLICATION_KEY = "_sequence"


@dataclass(frozen=True, slots=True)
class Part:
    """One property of a field.

    Attributes:
        name: What tells a field's properties apart: `""`, `id`, `start`, …; also the suffix.
        reader: Makes the function that reads the value, given the options' captions and the time zone.
    """

    name: str
    schema: JsonSchema
    reader: Callable[[Mapping[str, str], ZoneInfo | None], readers.Read]


def _plain(read: readers.Read) -> Callable[[Mapping[str, str], ZoneInfo | None], readers.Read]:
    return lambda _captions, _zone: read


_TEXT = (Part("", STRING, _plain(readers.text)),)
_RECORD_ID = (Part("", INTEGER, _plain(readers.record_id)),)
_RECORD_IDS = (Part("", INTEGERS, _plain(readers.record_ids)),)

PARTS: dict[str, tuple[Part, ...]] = {
    **dict.fromkeys(("string", "email", "phone", "link", "html", "icon", "color", "user"), _TEXT),
    **dict.fromkeys(("file", "image", "signature"), _TEXT),
    "number": (Part("", NUMBER, _plain(readers.number)),),
    "boolean": (Part("", BOOLEAN, _plain(readers.boolean)),),
    "date": (Part("", DATE, _plain(readers.day)),),
    "time": (Part("", TIME, _plain(readers.time_of_day)),),
    "timestamp": (Part("", MOMENT, lambda _, zone: readers.moment(zone)),),
    "timeinterval": (Part("", NUMBER, _plain(readers.seconds)), Part("text", STRING, _plain(readers.text))),
    "appointment": (
        Part("start", MOMENT, lambda _, zone: readers.appointment(0, zone)),
        Part("end", MOMENT, lambda _, zone: readers.appointment(1, zone)),
    ),
    "choice": (
        Part("", STRING, lambda captions, _: readers.choice_caption(captions)),
        Part("id", STRING, lambda captions, _: readers.choice_id(captions)),
    ),
    "multi": (
        Part("", STRINGS, lambda captions, _: readers.choice_captions(captions)),
        Part("ids", STRINGS, lambda captions, _: readers.choice_ids(captions)),
    ),
    "dchoice": _RECORD_ID,
    "dmulti": _RECORD_IDS,
    "ref": _RECORD_ID,
    "rev": _RECORD_IDS,
    "location": (
        Part("", STRING, _plain(readers.address)),
        Part("latitude", NUMBER, _plain(readers.coordinate(0))),
        Part("longitude", NUMBER, _plain(readers.coordinate(1))),
    ),
    "fn": _TEXT,
}
"""Ninox type → properties. Types that are not here become JSON text."""

ALIASED_TYPES = {"datetime": "timestamp", "url": "link"}
"""Names that the documentation uses where the API answers another one."""


NOT_STORED = frozenset({"fn", "rev"})
"""Types whose values do not come with records: formulas are computed, back sides are derivable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One property of a stream and where its value comes from.

    Attributes:
        title: The field's caption.
        captions: Option id → caption, for choices.
        computed_as: For a formula that is read: the type of its values; empty for one that is only listed.
    """

    name: str
    title: str
    field_id: str
    type: str
    part: str
    captions: Mapping[str, str] = field(default_factory=dict)
    computed_as: str = ""

    @property
    def schema(self) -> JsonSchema:
        """JSON Schema of the property, with the caption as its title and the field that it comes from."""
        return {**_part(self.computed_as or self.type, self.part).schema, **self.identity}

    @property
    def identity(self) -> JsonSchema:
        """What the schema says of the field, in keywords that every other consumer ignores."""
        part = {"part": self.part} if self.part else {}
        return {"title": self.title, IDENTITY: {"field": self.field_id, **part}}

    @property
    def is_stored(self) -> bool:
        """Whether the value comes with the record."""
        return self.type not in NOT_STORED

    @property
    def is_computed(self) -> bool:
        """Whether the value is asked for by query."""
        return bool(self.computed_as)

    @property
    def is_readable(self) -> bool:
        """Whether there is a value to send."""
        return self.is_stored or self.is_computed

    def reader(self, zone: ZoneInfo | None) -> readers.Read:
        """Return the function that turns a value of the field into the property's value."""
        if self.is_computed:
            return computed.reader(self.computed_as, zone)
        return _part(self.type, self.part).reader(self.captions, zone)


def columns_of(table: Table, *, aliases: Mapping[str, str]) -> tuple[Column, ...]:
    """Return the properties of a table, in the order its fields were made. An alias goes before any caption.

    Args:
        table: The table.
        aliases: Field id → name to use instead.
    """
    names = NameSpace(SYSTEM_PROPERTIES)
    columns = {
        fld.id: list(_columns(fld, names, aliases.get(fld.id) or identifier(fld.name, fallback=fld.id)))
        for fld in sorted(table.fields, key=lambda fld: fld.id not in aliases)
    }
    return tuple(column for fld in table.fields for column in columns[fld.id])


def _columns(fld: Field, names: NameSpace, wanted: str) -> Iterator[Column]:
    captions = {choice.id: choice.caption for choice in fld.choices}
    for part in _parts(fld.type):
        yield Column(
            name=names.claim(_with_part(wanted, part.name), suffixes=(fld.id,)),
            title=fld.name,
            field_id=fld.id,
            type=fld.type,
            part=part.name,
            captions=captions,
        )


def _with_part(wanted: str, part: str) -> str:
    return f"{cut(wanted, MAX_LENGTH - len(part) - 1)}_{part}" if part else wanted


def is_known_type(ninox_type: str) -> bool:
    """Tell whether a field type is one we have a mapping for."""
    return ALIASED_TYPES.get(ninox_type, ninox_type) in PARTS


def _parts(ninox_type: str) -> tuple[Part, ...]:
    return PARTS.get(ALIASED_TYPES.get(ninox_type, ninox_type), _TEXT)


def _part(ninox_type: str, name: str) -> Part:
    parts: Iterable[Part] = _parts(ninox_type)
    return next((part for part in parts if part.name == name), Part(name, STRING, _plain(readers.text)))
