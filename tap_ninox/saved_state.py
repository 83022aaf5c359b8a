"""A state as people and tools hand it back: what cannot be ours is refused, what is damaged is left out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ninox_api.errors import NinoxConfigError

logger = logging.getLogger(__name__)

BOOKMARKS = "bookmarks"
_WRAPPERS = ("value", "singer_state")
"""Where a STATE message and Meltano's `state get` have what is meant."""


def sound_state(state: Any) -> dict[str, Any]:
    """Return the bookmarks that can be used, as a state.

    Raises:
        NinoxConfigError: It is not a state of this tap; going on would read everything from the start.
    """
    if not isinstance(state, Mapping) or (state and not isinstance(state.get(BOOKMARKS), Mapping)):
        inside = next((key for key in _WRAPPERS if isinstance(state, Mapping) and key in state), None)
        hint = f"give what is in its {inside!r}" if inside else "give the value of the tap's last STATE message"
        message = f"state: it holds no bookmarks; {hint}, or no state at all to read everything from the start."
        raise NinoxConfigError(message)
    bookmarks = state.get(BOOKMARKS, {})
    usable = {stream: bookmark for stream, bookmark in bookmarks.items() if _is_usable(bookmark)}
    for stream in bookmarks.keys() - usable.keys():
        logger.warning("The bookmark of %s cannot be used: it is read from the start.", stream)
    return {BOOKMARKS: usable}


def _is_usable(bookmark: Any) -> bool:
    if not isinstance(bookmark, Mapping):
        return False
    objects = [bookmark.get(name, {}) for name in ("tables", "sequences", "fields", "names")]
    if not all(isinstance(value, Mapping) for value in objects):
        return False
    version = bookmark.get("table_version", 0)
    return type(version) is int and all(isinstance(mark, Mapping) for mark in objects[0].values())
