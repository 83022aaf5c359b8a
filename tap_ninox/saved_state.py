"""A state as people and tools hand it back: what cannot be ours is refused, what is damaged is left out.

Bookmarks of 0.1 are brought into the form of now: they had maps where there are lists now, and a snapshot that Meltano
merged into a bookmark stayed there though its reading had ended.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ninox_api.errors import NinoxConfigError

logger = logging.getLogger(__name__)

BOOKMARKS = "bookmarks"
_WRAPPERS = ("value", "singer_state")
"""Where a STATE message and Meltano's `state get` have what is meant."""

_LISTS = ("tables", "sequences", "fields", "names", "former", "shape")

_OF_THE_SDK = ("progress_markers", "replication_key_signpost", "starting_replication_value")
"""Keys of the SDK for streams whose bookmark follows from their records, which none of ours does: they may come from
another tap, and the SDK cannot bear null in them."""


def sound_state(state: Any) -> dict[str, Any]:
    """Return the bookmarks that can be used, in the form of now, as a state.

    Raises:
        NinoxConfigError: It is not a state of this tap; going on would read everything from the start.
    """
    if not isinstance(state, Mapping) or (state and not isinstance(state.get(BOOKMARKS), Mapping)):
        inside = next((key for key in _WRAPPERS if isinstance(state, Mapping) and key in state), None)
        hint = f"give what is in its {inside!r}" if inside else "give the value of the tap's last STATE message"
        message = f"state: it holds no bookmarks; {hint}, or no state at all to read everything from the start."
        raise NinoxConfigError(message)
    bookmarks = state.get(BOOKMARKS, {})
    usable = {stream: _bring_up(bookmark) for stream, bookmark in bookmarks.items() if _is_usable(bookmark)}
    for stream in bookmarks.keys() - usable.keys():
        logger.warning("The bookmark of %s cannot be used: it is read from the start.", stream)
    return {BOOKMARKS: usable}


def _is_usable(bookmark: Any) -> bool:
    if not isinstance(bookmark, Mapping):
        return False
    parts = [bookmark.get(name) or {} for name in _LISTS]
    if not all(isinstance(part, Mapping | list) for part in parts):
        return False
    tables, sequences = ([*part.values()] if isinstance(part, Mapping) else part for part in parts[:2])
    if not all(isinstance(mark, Mapping) for mark in tables):
        return False
    if isinstance(parts[1], list) and not all(isinstance(item, Mapping) for item in sequences):
        return False
    if not all(isinstance(item, str) for part in parts[2:] if isinstance(part, list) for item in part):
        return False
    version = bookmark.get("table_version")
    return version is None or type(version) is int


def _bring_up(bookmark: Mapping[str, Any]) -> dict[str, Any]:
    now = {name: value for name, value in bookmark.items() if name not in _OF_THE_SDK}
    for name in ("fields", "names"):
        if isinstance(now.get(name), Mapping):
            now[name] = [f"{key} {text}" for key, text in now[name].items()] or None
    if isinstance(now.get("sequences"), Mapping):
        now["sequences"] = [{"database_id": key, "sequence": known} for key, known in now["sequences"].items()]
    if isinstance(now.get("tables"), Mapping):
        now["tables"] = [{"table": key, **mark} for key, mark in now["tables"].items()]
    if isinstance(now.get("snapshot"), Mapping):
        now["snapshot"] = None if _is_finished(now) else [now["snapshot"]]
    return now


def _is_finished(bookmark: Mapping[str, Any]) -> bool:
    """Return whether the reading of a snapshot has ended: a table is read under a version above that of its rows."""
    begun, complete = bookmark["snapshot"].get("table_version"), bookmark.get("table_version")
    if type(begun) is not int or type(complete) is not int or bookmark.get("replication_key_value") is None:
        return False
    return begun <= complete
