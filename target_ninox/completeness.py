"""Whether streams came whole. A mirror deletes what is not in them, so this must never be a guess."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_UNDER_WAY = "currently_syncing"
"""Many taps keep here the stream that they are about to send, and nothing at the end (Singer's own library does)."""

_UNFINISHED = "snapshot"
"""What tap-ninox keeps in the bookmark of a stream while it reads the table whole, to go on in the middle."""


class Completeness:
    """What the messages of a run say about the ends of its streams."""

    def __init__(self) -> None:
        """Start before the first message."""
        self._ended_well = False
        self._following: set[str] = set()

    def note(self, message: Mapping[str, Any]) -> None:
        """Take in a message."""
        kind = message["type"]
        self._ended_well = kind == "ACTIVATE_VERSION" or (kind == "STATE" and not _is_under_way(message["value"]))
        if kind == "SCHEMA" and message.get("bookmark_properties"):
            self._following.add(message["stream"])

    @property
    def ended_well(self) -> bool:
        """Whether the tap came to its end, if no message follows: one that fails does not get to its last state."""
        return self._ended_well

    def follows_bookmark(self, stream: str) -> bool:
        """Tell whether a stream may hold only what changed."""
        return stream in self._following


def goes_on_inside(state: Any, streams: Iterable[str]) -> bool:
    """Tell whether a tap that is given a state would go on in the middle of a whole reading of one of some streams."""
    bookmarks = state.get("bookmarks") if isinstance(state, dict) else None
    if not isinstance(bookmarks, dict):
        return False
    known = (bookmarks.get(stream) for stream in streams)
    return any(isinstance(bookmark, dict) and bookmark.get(_UNFINISHED) for bookmark in known)


def _is_under_way(state: Any) -> bool:
    return isinstance(state, dict) and bool(state.get(_UNDER_WAY))
