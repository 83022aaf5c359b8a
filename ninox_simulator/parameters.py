"""Query parameters of a record list, read as Ninox does: what it does not know it ignores (observed)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ninox_simulator.replies import ApiError

DEFAULT_PER_PAGE = 100
"""Ninox docs: Tables, fields, and records. `limit`, `offset` and `pageSize` do nothing (observed)."""

_IDS = frozenset({"ids", "id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParameters:
    """What a list request asks for.

    Attributes:
        page: Counts from 0.
        filters: Field id or name → value that must be equal.
    """

    page: int = 0
    per_page: int = DEFAULT_PER_PAGE
    order: str | None = None
    descending: bool = False
    newest: bool = False
    updated: bool = False
    since_id: int | None = None
    since_sequence: int | None = None
    filters: Mapping[str, Any]
    ids: bool = False
    choice_ids: bool = False


def list_parameters(query: Mapping[str, str]) -> ListParameters:
    """Read the parameters of a list request; numbers that are none count as absent (assumed)."""
    return ListParameters(
        page=_number(query, "page") or 0,
        per_page=_number(query, "perPage") or DEFAULT_PER_PAGE,
        order=query.get("order"),
        descending=_flag(query, "desc"),
        newest=_flag(query, "new"),
        updated=_flag(query, "updated"),
        since_id=_number(query, "sinceId"),
        since_sequence=_number(query, "sinceSq"),
        filters=filters_of(query.get("filters")),
        ids=wants_ids(query),
        choice_ids=wants_choice_ids(query),
    )


def wants_ids(query: Mapping[str, str]) -> bool:
    """Tell whether fields are to be keyed by id."""
    return _flag(query, "ids") or query.get("style") in _IDS


def wants_choice_ids(query: Mapping[str, str]) -> bool:
    """Tell whether choices are to be answered as option ids."""
    return query.get("choiceStyle") in _IDS or query.get("choice") in _IDS


def filters_of(text: str | None) -> Mapping[str, Any]:
    """Read filters: `{"L": "x"}` by id (documented), by name, or names below `fields` (seen in public clients)."""
    if not text:
        return {}
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ApiError(400, "filters is not JSON") from None
    return unnested_filters(value)


def unnested_filters(value: Any) -> Mapping[str, Any]:
    """Return filters without the `fields` level that some clients send."""
    if not isinstance(value, dict):
        raise ApiError(400, "filters is not an object")
    nested = value.get("fields")
    return nested if isinstance(nested, dict) else value


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None  # noqa: PLR2004


def _flag(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").lower() in {"true", "t", "1"}
