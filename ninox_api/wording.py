"""Words of messages."""

from __future__ import annotations

from collections.abc import Sequence


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural where that is right: `1 row`, `0 rows`, `2 API calls`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


MOST_IDS = 10


def listed_ids(ids: Sequence[int]) -> str:
    """Return ids as words, such as `ids 4, 7` or `ids 1, 2, … and 159,990 more`: nobody reads thousands of them."""
    more = f" and {len(ids) - MOST_IDS:,} more" if len(ids) > MOST_IDS else ""
    return f"ids {', '.join(map(str, ids[:MOST_IDS]))}{more}"
