"""The product's functions behind the value cases: the one file to change when they move."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ninox_api.schema import Choice, Field, Table, parse_schema
from ninox_singer.types import TYPES, make_meaning
from ninox_singer.types import field_type as type_named
from ninox_singer.types.base import BadValueError, Formats, ValueRejectedError
from tap_ninox.rows.columns import columns_of
from target_ninox.mapping.encode import Assignment
from target_ninox.rows import RowRejectedError
from tests.helpers.cases import options

__all__ = [
    "BadValueError",
    "ValueRejectedError",
    "is_empty",
    "long_ways",
    "meaning",
    "names",
    "readers",
    "type_named",
    "types",
    "types_that_are_written",
    "write",
]


def field(case):
    choices = tuple(Choice(id=key, caption=caption) for key, caption in options(case).items())
    return Field(id="A", name="a", type=case["type"], choices=choices, target_table_id="B")


def readers(case):
    """Return the functions that read a stored value which is not empty, part → function; they raise `BadValueError`."""
    table = Table(id="T", name="T", fields=(field(case),))
    zone = case.get("settings", {}).get("timezone")
    columns = columns_of(table, aliases={})
    return {column.part: column.readers(ZoneInfo(zone) if zone else None)[0] for column in columns}


def write(case):
    """Return what is written to Ninox; raises `ValueRejectedError`."""
    settings = case.get("settings", {})
    formats = Formats(
        german_numbers=settings.get("number_format") == "de",
        zone=ZoneInfo(settings.get("timezone", "UTC")),
    )
    given = case["parts"] if "parts" in case else {"": case["value"]}
    properties, fields = {part: f"a_{part}" for part in given}, {}
    assignment = Assignment.make(field(case), properties, formats, keeps_on_null=False, reference=None)
    try:
        assignment.put({properties[part]: value for part, value in given.items()}, fields, {})
    except RowRejectedError as error:
        raise ValueRejectedError(code=error.code, reason=error.reason, allowed=error.allowed) from None
    return fields["A"]


def types():
    return sorted(TYPES)


def long_ways(type_):
    """Return all that is done with one value of a type, or with the script that offers it, each with its name."""
    case, known = {"type": type_, "options": "orders"}, TYPES[type_]
    if known.offers_by_script:
        yield "script", lambda script: find_offered_table(f"select x{script}")
    yield from ((f"read {part}", read) for part, read in readers(case).items())
    yield "compare", lambda value: meaning(case, value)
    if known.computed:
        yield "compute", known.computed.reader(None)
    for form in ("en", "de") if known.write else ():
        for part in known.part_names:
            given = {other: "1" for other in known.part_names if part and other}
            yield (
                f"write {part} {form}",
                lambda value, given=given, part=part, form=form: write(
                    {**case, "settings": {"number_format": form}, "parts": {**given, part: value}}
                ),
            )


def find_offered_table(script):
    """Return the table whose records a dynamic choice offers by its script, of one that is called `x`."""
    fields = {"B": {"base": "dchoice", "caption": "Choice", "dchoiceValues": script}}
    schema = parse_schema({"schema": {"types": {"A": {"caption": "x", "kind": "table", "fields": fields}}}})
    return schema.tables[0].fields[0].target_table_id


def types_that_are_written():
    return {name for name, known in TYPES.items() if known.write}


def is_empty(type_, value):
    return type_named(type_).is_empty(value)


def meaning(case, value):
    """Return what a value of the case's field means; equal values mean the same."""
    return make_meaning(field(case), ZoneInfo(case.get("settings", {}).get("timezone", "UTC")))(value)


def names(fields):
    """Return the names of the properties of text fields, whose captions are given by id."""
    made = tuple(Field(id=key, name=caption, type="string") for key, caption in fields.items())
    table = Table(id="T", name="T", fields=made)
    return [column.name for column in columns_of(table, aliases={})]
