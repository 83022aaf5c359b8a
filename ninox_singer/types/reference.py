"""Links to records of other tables, by record id, and dynamic choices, which often offer records."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from ninox_api.schema import Field
from ninox_singer.types.base import (
    CLEARED,
    INTEGER,
    INTEGERS,
    ONE_PROPERTY,
    BadValueError,
    FieldType,
    Meaning,
    Part,
    ValueRejectedError,
    Write,
    list_members,
    parse_integer,
    read_as,
    spell_json,
)
from ninox_singer.types.choice import split_members

_MOST_DIGITS_OF_AN_ID = 15
_MOST = 2**53
"""No id is beyond; nor does a database take integers of more than 64 bits."""

_LINK = frozenset((int, type(None)))


def _read_record_id(value: Any) -> int:
    """Return the id of a linked record, also from a one-element list (both forms were seen)."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS_OF_AN_ID:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and -_MOST < value < _MOST:
        return value
    raise BadValueError


def read_link(value: Any) -> int | None:
    """Return the id of a linked record, or of what a dynamic choice offers: 0 and an empty list stand for none."""
    return None if _is_none(value) else _read_record_id(value) or None


def _is_none(value: Any) -> bool:
    return value in (0, "0", []) and not isinstance(value, bool)


def read_links(value: Any) -> list[int] | None:
    """Return the ids of linked records; a text may be a bit mask in hexadecimal, so no id can be read from it."""
    if isinstance(value, str):
        raise BadValueError
    return None if _is_none(value) else [_read_record_id(item) for item in list_members(value)] or None


def _read_column(sent: list[Any]) -> list[Any] | None:
    if not _LINK.issuperset(map(type, sent)) or 0 in sent:
        return None
    ids = list(filter(None, sent))
    return sent if not ids or (max(ids) < _MOST and min(ids) > -_MOST) else None


def write_link(table_id: str | None = None) -> Write:
    """Return a writer of one link: a record id, its text, a full id such as `A7`, or a list of one."""

    def write(value: Any) -> int:
        found = find_record_id(value, table_id)
        if found is None:
            reason = "It is not a record id; to link by a value of the other table, set references."
            raise ValueRejectedError(code="not_a_record_id", reason=reason)
        return found

    return write


def write_links(table_id: str | None = None) -> Write:
    """Return a writer of several links: a list, its JSON text, or ids with separators between."""
    write_one = write_link(table_id)

    def write(value: Any) -> list[int] | str:
        items = split_members(value, lambda item: find_record_id(item, table_id))
        return list(dict.fromkeys(write_one(item) for item in items)) or CLEARED

    return write


def find_record_id(value: Any, table_id: str | None = None) -> int | None:
    """Return a record id, None for what is not one."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        value = value.strip()
        if table_id is not None and value.startswith(table_id):
            value = value.removeprefix(table_id)
        value = value.removesuffix(".0")  # spreadsheets read a column of ids with gaps as decimals
    number = parse_integer(value)
    return number if number is not None and 0 < number < _MOST else None


def _link_meaning(field: Field, _zone: ZoneInfo) -> Meaning:
    table_id = field.target_table_id

    def meaning(value: Any) -> int | str | None:
        found = find_record_id(value, table_id)
        return found if found is not None or _is_none(value) else spell_json(value)

    return meaning


def _links_meaning(field: Field, zone: ZoneInfo) -> Meaning:
    """A text may be a bit mask in hexadecimal, so it means itself: no record is in it for certain."""
    meaning = _link_meaning(field, zone)

    def meaning_of_all(value: Any) -> Hashable | None:
        return spell_json(value) if isinstance(value, str) else frozenset(map(meaning, list_members(value))) or None

    return meaning_of_all


_LINK_PART = Part(schema=INTEGER, read=read_as(read_link), read_column=lambda _captions, _zone: _read_column)
_LINKS_PART = Part(schema=INTEGERS, read=read_as(read_links))
_LINK_TYPE = FieldType(
    parts=(_LINK_PART,),
    more_parts=("id",),
    forms=(ONE_PROPERTY, frozenset({"id"})),
    write=lambda field, _formats: write_link(field.target_table_id),
    meaning=_link_meaning,
    links=True,
)

TYPES = {
    "ref": replace(_LINK_TYPE, is_reference=True, is_link_by_id=True, has_one_spelling=True),
    "rev": FieldType(
        parts=(_LINKS_PART,),
        is_stored=False,
        is_reverse_reference=True,
        read_only="the reverse side of a reference",
    ),
    "dchoice": replace(_LINK_TYPE, offers_by_script=True, is_link_by_id=True),
    "dmulti": FieldType(
        parts=(_LINKS_PART,),
        more_parts=("ids",),
        forms=(ONE_PROPERTY, frozenset({"ids"})),
        write=lambda field, _formats: write_links(field.target_table_id),
        meaning=_links_meaning,
        links=True,
        is_list=True,
        offers_by_script=True,
        is_link_by_id=True,
    ),
}
