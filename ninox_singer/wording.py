"""Words of messages and tables for people: counted, listed, and fitted into the columns of a terminal."""

from __future__ import annotations

import json
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from ninox_api.limits import Purpose

MOST_LISTED = 20
"""So many names stand in a message; there may be thousands."""

MOST_IDS = 10

_IN_SINGULAR = {
    "pages": "page", "look_ups": "look_up", "queries": "query", "writes": "write", "files": "file", "retries": "retry",
}  # fmt: skip
"""The names of calls that are plurals; the report has them as they are."""


def in_number(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural where that is right: `1 row`, `0 rows`, `2 API calls`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def named_calls(calls: Counter[Purpose]) -> dict[str, int]:
    """Return numbers of calls by the name of what they were for, the most first."""
    return {purpose.value: number for purpose, number in calls.most_common()}


def describe_calls(calls: Mapping[str, int]) -> str:
    """Return numbers of calls by the name of what they were for as words, such as `3 discovery, 2 pages, 1 look_up`."""
    return ", ".join(
        f"{number} {_IN_SINGULAR.get(name, name) if number == 1 else name}" for name, number in calls.items()
    )


def list_ids(ids: Sequence[int]) -> str:
    """Return ids as words, such as `ids 4, 7` or `ids 1, 2, … and 159,990 more`: nobody reads thousands of them."""
    more = f" and {len(ids) - MOST_IDS:,} more" if len(ids) > MOST_IDS else ""
    return f"{_ids(ids)} {', '.join(map(str, ids[:MOST_IDS]))}{more}"


def _ids(ids: Sequence[int]) -> str:
    return "id" if len(ids) == 1 else "ids"


def first_ids(ids: Sequence[int]) -> str:
    """Return the first few ids, such as `id 1` or `ids 1, 2, …`, for a message that has their number already."""
    named = f"{_ids(ids)} {', '.join(map(str, ids[:MOST_IDS]))}"
    return f"{named}, …" if len(ids) > MOST_IDS else named


def list_names(names: Iterable[str]) -> str:
    """Return some names for a message, with the number of the others."""
    names = list(names)
    more = f", and {len(names) - MOST_LISTED:,} more" if len(names) > MOST_LISTED else ""
    return (", ".join(names[:MOST_LISTED]) or "none") + more


def pasted(setting: Mapping[str, str | None]) -> str:
    """Return a setting that a message proposes, so that it can be pasted into JSON and YAML alike.

    Names of columns hold colons, commas and quotation marks.
    """
    return json.dumps(setting, ensure_ascii=False)


_FEWEST_COLUMNS, _MOST_COLUMNS, _DEFAULT_COLUMNS = 40, 400, 80


def measure_columns(terminal: TextIO) -> int:
    """Return the width of the terminal behind a stream, between 40 and 400 columns; 80 where there is none."""
    try:
        columns = os.get_terminal_size(terminal.fileno()).columns
    except (OSError, ValueError):  # ValueError: a stream of no file, as in tests
        columns = 0
    return min(max(columns, _FEWEST_COLUMNS), _MOST_COLUMNS) if columns else _DEFAULT_COLUMNS


def width(text: str) -> int:
    """Return how many columns a text takes: marks none, emoji and East Asian characters two."""
    return sum(map(_columns, text))


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Return a text filled up with blanks, at its beginning if it is to stand to the right."""
    blanks = " " * (columns - width(text))
    return blanks + text if right else text + blanks


def cut(text: str, columns: int) -> str:
    """Return a text that takes no more than so many columns, with `…` where something is missing."""
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept + character) >= columns:
            break
        kept += character
    return f"{kept}…"


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
