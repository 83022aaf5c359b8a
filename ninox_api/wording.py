"""Words of messages."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural where that is right: `1 row`, `0 rows`, `2 API calls`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
