"""Links to records of other tables, by record id."""

from __future__ import annotations

from typing import Any

from target_ninox.encoding.choices import members
from target_ninox.encoding.values import CLEARED, Encode, ValueRejectedError, whole_number

_MOST = 2**53


def record_id(table_id: str | None = None) -> Encode:
    """Return an encoder of one link: a record id, its text, a full id such as `A7`, or a list of one."""

    def encode(value: Any) -> int:
        found = find_record_id(value, table_id)
        if found is None:
            reason = "It is not a record id; to link by a value of the other table, set references."
            raise ValueRejectedError(code="not_a_record_id", reason=reason)
        return found

    return encode


def record_ids(table_id: str | None = None) -> Encode:
    """Return an encoder of several links: a list, its JSON text, or ids with separators between."""
    encode_one = record_id(table_id)

    def encode(value: Any) -> list[int] | str:
        items = members(value, lambda item: find_record_id(item, table_id))
        return list(dict.fromkeys(encode_one(item) for item in items)) or CLEARED

    return encode


def find_record_id(value: Any, table_id: str | None = None) -> int | None:
    """Return a record id, None for what is not one."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        value = value.strip()
        if table_id is not None and value.startswith(table_id):
            value = value.removeprefix(table_id)
        value = value.removesuffix(".0")  # spreadsheets read a column of ids with gaps as decimals
    number = whole_number(value)
    return number if number is not None and 0 < number < _MOST else None
