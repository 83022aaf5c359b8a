"""Reading a page's values of one field at once, where all of them are what the field's type says.

A value costs most when it is looked at on its own. These functions answer for a whole column what `values` answers for
each value, or None if some value needs a closer look; tests hold them against `values`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from types import NoneType
from typing import Any
from zoneinfo import ZoneInfo

from ninox_api.damaged_text import DAMAGE
from tap_ninox.values import readers
from tap_ninox.values.columns import ALIASED_TYPES, Column

ReadWhole = Callable[[list[Any]], "list[Any] | None"]

_DATE_LENGTH = 10


def whole_reader(column: Column, zone: ZoneInfo | None) -> ReadWhole | None:
    """Return the function that reads a column, None where every value is to be looked at."""
    if column.is_computed:
        return None
    field_type = ALIASED_TYPES.get(column.type, column.type)
    if field_type == "timestamp":
        return _moments if zone is None else None
    if field_type == "choice" and column.part in _CHOICES:
        return _CHOICES[column.part](column.captions)
    return _BY_READER.get(column.reader(zone))


def _texts(sent: list[Any]) -> list[Any] | None:
    if not _TEXT.issuperset(map(type, sent)) or DAMAGE in "".join(filter(None, sent)):
        return None
    return [value or None for value in sent] if "" in sent else sent


def _of_types(*types: type) -> ReadWhole:
    allowed = frozenset((*types, NoneType))
    return lambda sent: sent if allowed.issuperset(map(type, sent)) else None


def _numbers(sent: list[Any]) -> list[Any] | None:
    types = set(map(type, sent))
    if not _NUMBER.issuperset(types):
        return None
    if Decimal in types:
        places = list(map(Decimal.adjusted, [value for value in sent if type(value) is Decimal]))
        if max(places) > readers.MOST_PLACES or min(places) < -readers.MOST_PLACES:
            return None
    return sent


def _parsed(parse: Callable[[str], object], *, length: int | None = None) -> ReadWhole:
    """Return a reader of texts that are sent on as they are once they parse; equal ones are parsed once."""

    def read(sent: list[Any]) -> list[Any] | None:
        try:
            distinct = set(sent)
            distinct.discard(None)
            deque(map(parse, distinct), maxlen=0)
        except (TypeError, ValueError):
            return None
        return sent if length is None or all(len(value) == length for value in distinct) else None

    return read


def _choice_ids(captions: Mapping[str, str]) -> ReadWhole:
    are_known = _are_known(captions)
    return lambda sent: sent if are_known(sent) else None


def _choice_captions(captions: Mapping[str, str]) -> ReadWhole:
    are_known = _are_known(captions)
    return lambda sent: list(map(captions.get, sent)) if are_known(sent) else None


def _are_known(captions: Mapping[str, str]) -> Callable[[list[Any]], bool]:
    known = frozenset((*captions, None)) - {""}

    def are_known(sent: list[Any]) -> bool:
        try:
            return known.issuperset(sent)
        except TypeError:  # a list or an object among them
            return False

    return are_known


def _links(sent: list[Any]) -> list[Any] | None:
    return sent if _LINK.issuperset(map(type, sent)) and 0 not in sent else None


_LINK = frozenset((int, NoneType))
_TEXT = frozenset((str, NoneType))
_NUMBER = frozenset((int, Decimal, NoneType))
_CHOICES: Mapping[str, Callable[[Mapping[str, str]], ReadWhole]] = {"": _choice_captions, "id": _choice_ids}
_moments = _parsed(datetime.fromisoformat)
_BY_READER: Mapping[readers.Read, ReadWhole] = {
    readers.text: _texts,
    readers.number: _numbers,
    readers.boolean: _of_types(bool),
    readers.link: _links,
    readers.day: _parsed(date.fromisoformat, length=_DATE_LENGTH),
    readers.time_of_day: _parsed(time.fromisoformat),
}
