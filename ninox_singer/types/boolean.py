"""Yes and no."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from types import NoneType
from typing import Any

from ninox_singer.types.base import (
    BOOLEAN,
    BadValueError,
    Computed,
    FieldType,
    Part,
    ValueRejectedError,
    means,
    read_as,
    spell_json,
)

_BOOLEAN = frozenset((bool, NoneType))

_BOOLEAN_BY_WORD: Mapping[str, bool] = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "ja", "j", "wahr"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "nein", "falsch"), False),
}


def read_boolean(value: Any) -> bool:
    """Return true or false, also of 1 and 0, as which Ninox stores them (assumed)."""
    if value in (0, 1) and isinstance(value, int | Decimal):
        return bool(value)
    raise BadValueError


def _read_booleans(sent: list[Any]) -> list[Any] | None:
    return sent if _BOOLEAN.issuperset(map(type, sent)) else None


def write_boolean(value: Any) -> bool:
    """Return true or false, also from 1, 0 and the usual words, `ja` and `nein` among them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal) and value in {0, 1}:
        return value == 1
    known = _BOOLEAN_BY_WORD.get(value.strip().lower()) if isinstance(value, str) else None
    if known is None:
        reason = "It is neither true nor false (true/false, 1/0, yes/no, ja/nein)."
        raise ValueRejectedError(code="not_a_boolean", reason=reason)
    return known


def _meaning(value: Any) -> Hashable:
    """1 and 0 are yes and no: so Ninox stores them, and a server may pass that on (assumed)."""
    try:
        return read_boolean(value)
    except BadValueError:
        return spell_json(value)


TYPES = {
    "boolean": FieldType(
        parts=(Part(schema=BOOLEAN, read=read_as(read_boolean), read_column=lambda _captions, _zone: _read_booleans),),
        decoded_as=bool | None,
        computed=Computed(expression="{0}", read=lambda _zone: read_boolean),
        write=lambda _field, _formats: write_boolean,
        meaning=means(_meaning),
        has_one_spelling=True,
    ),
}
