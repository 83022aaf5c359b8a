"""What all field types share: what a type is made of, and how a value is refused on its way out or in.

An empty value (absent, `null`, `""`: Ninox uses all three) never arrives at a type: whoever calls it looks before.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ninox_api.schema import Field

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

Read = Callable[[Any], Any]
"""A value of Ninox that is not empty → a JSON value; raises `BadValueError`."""

ReadColumn = Callable[[list[Any]], "list[Any] | None"]
"""The values of a page → what `Read` makes of each, None if one of them needs a closer look. A value costs most when it
is looked at on its own."""

Captions = Mapping[str, str]
"""Option id → caption, of a choice."""

Write = Callable[[Any], Any]
"""One value that is not empty → a JSON value for Ninox; raises `ValueRejectedError`."""

WriteParts = Callable[[Mapping[str, Any]], Any]
"""Part → value, those that are not empty → a JSON value for Ninox."""

Meaning = Callable[[Any], Hashable | None]
"""A stored value, or one that was made for Ninox → what it means; None for an empty one. Equal values mean the same."""

CLEARED = ""
"""What empties a field (observed for text; whether `null` does is unknown)."""

UTC = ZoneInfo("UTC")

_WIDEST = 2**63
"""Beyond it no id and no number of milliseconds is; a Decimal of an exponent of thousands would fill the memory."""
_MOST_DIGITS = 24
_JSON_TEXT = msgspec.json.Encoder(decimal_format="number", order="deterministic")


class BadValueError(ValueError):
    """A value of Ninox that does not fit the type of its field. It carries no text: values are not for logs."""


class ValueRejectedError(ValueError):
    """A value that does not fit the field that it should go to. It carries no value.

    Attributes:
        code: Kind of problem, for programs.
        reason: One sentence for people, without the value.
        allowed: What would be accepted, where that is a list.
    """

    def __init__(self, *, code: str, reason: str, allowed: tuple[str, ...] = ()) -> None:
        self.code = code
        self.reason = reason
        self.allowed = allowed
        super().__init__(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """How values on their way into Ninox are written.

    Attributes:
        german_numbers: Whether text such as `1.234,56` is meant, not `1234.56`.
        zone: Zone of the wall clock that Ninox shows.
    """

    german_numbers: bool = False
    zone: ZoneInfo = UTC


def read_as(read: Read) -> Callable[[Captions, ZoneInfo | None], Read]:
    """Return what makes a reader that options and time zone do not shape."""
    return lambda _captions, _zone: read


def no_column(_captions: Captions, _zone: ZoneInfo | None) -> ReadColumn | None:
    """Return no reader of columns: each value is looked at."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the properties that a field becomes.

    Attributes:
        name: What distinguishes a field's properties: `""`, `id`, `start`, …; also the suffix.
        schema: JSON Schema of its values.
        read: Makes the function that reads a value, given the options' captions and the time zone.
        read_column: Makes the one that reads a page's values at once, None where there is none.
    """

    name: str = ""
    schema: JsonSchema
    read: Callable[[Captions, ZoneInfo | None], Read]
    read_column: Callable[[Captions, ZoneInfo | None], ReadColumn | None] = no_column


_NO_VALUES = frozenset({"#error", "#error!", "nan", "infinity", "-infinity", "undefined"})
"""Texts that stand for no value of a formula (assumed), in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """How formulas with values of a type are read.

    How a query answers dates, intervals and choices is unknown; a script that says `text()` or `format()` makes it
    certain.

    Attributes:
        expression: What asks for the value in a script, `{0}` being the formula.
        read: Makes the function that reads an answered value, given the time zone.
    """

    expression: str
    read: Callable[[ZoneInfo | None], Read]

    def reader(self, zone: ZoneInfo | None) -> Read:
        """Return the function that turns an answered value into the property's value."""
        read = self.read(zone)

        def checked(value: Any) -> Any:
            if isinstance(value, str) and value.lower() in _NO_VALUES:
                raise BadValueError
            return read(value)

        return checked


ONE_PROPERTY = frozenset({""})
"""The form of a field that one property makes."""


def is_blank(value: Any) -> bool:
    """Return whether a value is empty: null, text of nothing but spaces, or a list without members."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or value == []


def is_nothing(value: Any) -> bool:
    """Return whether a text is empty: null or `""`; a space is text."""
    return value is None or value == ""


def spell_json(value: Any) -> str:
    """Return one spelling of a value that is not of its field's type: it means itself."""
    return value if isinstance(value, str) else _JSON_TEXT.encode(value).decode()


def means(meaning: Callable[[Any], Hashable | None]) -> Callable[[Field, ZoneInfo], Meaning]:
    """Return the meaning of a type to which neither field nor time zone matters."""
    return lambda _field, _zone: meaning


def _means_itself(_field: Field, _zone: ZoneInfo) -> Meaning:
    return spell_json


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldType:
    """A type of fields: how its values are read, written and compared.

    Attributes:
        parts: The properties that tap-ninox makes of a field, in their order.
        decoded_as: Python type of all its values, where decoding a page may rely on it.
        is_stored: Whether values come with records.
        computed: How formulas of this type are read, None where no formula may be.
        write: Makes the function that writes: a value if `is_plain`, else a mapping part → value. None if it cannot be.
        read_only: Why it cannot be written.
        more_parts: Parts that are understood beside `parts` on the way in.
        forms: Sets of parts that say what the field should hold.
        is_plain: Whether one property alone makes the value.
        is_empty: Recognizes an empty value on the way in.
        meaning: Makes the function that compares, given the zone of the wall clock.
        uncut: Makes the function that returns what a value says beyond what fields keep of it; None if they keep all.
        has_one_spelling: Whether equal values are always stored alike, but for the two forms of Unicode.
        has_options: Whether values are options of the field.
        links: Whether values are ids of records of another table, or of what a script offers.
        is_reference: Whether it links its record to one of another table in the schema, so that a deletion may cascade.
        is_reverse_reference: Whether its fields come by themselves wherever another table refers to theirs.
        is_list: Whether it holds several.
        offers_by_script: Whether a script says what can be linked: records of a table, or anything else.
        is_link_by_id: Whether a key of another system could be taken for an id of a record.
        takes_files: Whether files can be uploaded to it.
    """

    parts: tuple[Part, ...]
    decoded_as: Any = Any
    is_stored: bool = True
    computed: Computed | None = None
    write: Callable[[Field, Formats], Write] | None = None
    read_only: str = ""
    more_parts: tuple[str, ...] = ()
    forms: tuple[frozenset[str], ...] = (ONE_PROPERTY,)
    is_plain: bool = True
    is_empty: Callable[[Any], bool] = is_blank
    meaning: Callable[[Field, ZoneInfo], Meaning] = _means_itself
    uncut: Callable[[Formats], Meaning] | None = None
    has_one_spelling: bool = False
    has_options: bool = False
    links: bool = False
    is_reference: bool = False
    is_reverse_reference: bool = False
    is_list: bool = False
    offers_by_script: bool = False
    is_link_by_id: bool = False
    takes_files: bool = False

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names of the parts, `""` among them."""
        return tuple(part.name for part in self.parts)


def parse_integer(value: Any) -> int | None:
    """Return the integer that a JSON number or its text stands for (`7`, `7.0`, `"7"`), else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal | float):
        number = Decimal(value)
        return int(number) if number.is_finite() and -_WIDEST < number < _WIDEST and number == int(number) else None
    written = value.strip() if isinstance(value, str) and len(value) <= _MOST_DIGITS else ""
    return int(written) if written.isascii() and written.isdecimal() else None


def spell(value: Any) -> str | None:
    """Return text, or a date or time as ISO text (the SDK may have parsed it), else None."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.strip() if isinstance(value, str) else None


def read_string(value: Any) -> str:
    """Return a text of Ninox.

    Raises:
        BadValueError: It is something else.
    """
    if isinstance(value, str):
        return value
    raise BadValueError


def list_members(value: Any) -> Iterable[Any]:
    """Return the members of a list, also when it came as an object or as a single value (read shape unknown)."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        if all(isinstance(flag, bool) for flag in value.values()):
            return [key for key, flag in value.items() if flag]
        return list(value.values())
    return [value]
