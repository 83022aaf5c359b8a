"""A state as it comes: of this release or an earlier one, in a message or from Meltano, damaged or of another tap.

0.1 kept objects where there are lists now, which orchestrators that merge states would not replace as a whole.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ninox_api.errors import NinoxConfigError
from ninox_singer.protocol import SNAPSHOT
from tap_ninox import bookmark_keys as keys

logger = logging.getLogger(__name__)

_WRAPPERS = ("value", "singer_state")
"""Where a STATE message and Meltano's `state get` have what is meant."""

_LISTS_OF_OBJECTS = (keys.TABLES, keys.SEQUENCES)
_LISTS_OF_TEXTS = (keys.FIELDS, keys.NAMES, keys.FORMER, keys.SHAPE)
_LISTS_OF_NAMES = (keys.DESELECTED, keys.READ_IN_FULL, keys.TYPES)
_TEXTS = (keys.DATABASE_ID, keys.TABLE_ID, keys.TABLE, keys.PLAIN_NAME)
"""Keys of bookmarks. What reads them relies on what they hold: nothing else looks at it. In a list of names only texts
count, and no bookmark is given up for the others: what was deselected stays left out."""

_OF_THE_SDK = ("progress_markers", "replication_key_signpost", "starting_replication_value")
"""Keys of the SDK for streams whose bookmark follows from their records, which none of ours does: they may come from
another tap, and the SDK cannot bear null in them."""


def validated_state(state: Any) -> dict[str, Any]:
    """Return the bookmarks that can be used, in the form of now, as a state.

    Raises:
        NinoxConfigError: It is not a state of this tap; going on would read everything from the start.
    """
    if not isinstance(state, Mapping) or (state and not isinstance(state.get(keys.BOOKMARKS), Mapping)):
        inside = next((key for key in _WRAPPERS if isinstance(state, Mapping) and key in state), None)
        hint = f"give what is in its {inside!r}" if inside else "give the value of the tap's last STATE message"
        message = f"state: it has no bookmarks; {hint}, or no state at all to read everything from the start."
        raise NinoxConfigError(message)
    bookmarks = state.get(keys.BOOKMARKS, {})
    usable = {stream: _bring_up(bookmark) for stream, bookmark in bookmarks.items() if _is_usable(bookmark)}
    for stream in bookmarks.keys() - usable.keys():
        logger.warning("The bookmark of %s cannot be used: it is read from the start.", stream)
    return {keys.BOOKMARKS: usable}


def _is_usable(bookmark: Any) -> bool:
    if not isinstance(bookmark, Mapping):
        return False
    for name in _LISTS_OF_OBJECTS:
        part = bookmark.get(name) or []
        if isinstance(part, Mapping):  # of 0.1; under its `sequences` are numbers
            part = part.values() if name == keys.TABLES else []
        elif not isinstance(part, list):
            return False
        if not all(isinstance(item, Mapping) for item in part):
            return False
    for name in _LISTS_OF_TEXTS:
        part = bookmark.get(name) or []
        if not isinstance(part, Mapping | list):
            return False
        if isinstance(part, list) and not all(isinstance(item, str) for item in part):
            return False
    texts, version = (bookmark.get(name) for name in _TEXTS), bookmark.get(keys.TABLE_VERSION)
    return (version is None or type(version) is int) and all(isinstance(text, str | None) for text in texts)


def _bring_up(bookmark: Mapping[str, Any]) -> dict[str, Any]:
    now = {name: value for name, value in bookmark.items() if name not in _OF_THE_SDK}
    for name in _LISTS_OF_TEXTS:
        if isinstance(now.get(name), Mapping):
            now[name] = [f"{key} {text}" for key, text in now[name].items()] or None
    for name in _LISTS_OF_NAMES:
        if name in now:
            listed = now[name] if isinstance(now[name], list) else []
            now[name] = [item for item in listed if isinstance(item, str)] or None
    if isinstance(now.get(keys.SEQUENCES), Mapping):
        now[keys.SEQUENCES] = [{"database_id": key, "sequence": known} for key, known in now[keys.SEQUENCES].items()]
    if isinstance(now.get(keys.TABLES), Mapping):
        now[keys.TABLES] = [{"table": key, **mark} for key, mark in now[keys.TABLES].items()]
    if isinstance(now.get(SNAPSHOT), Mapping):
        now[SNAPSHOT] = None if _is_finished(now) else [now[SNAPSHOT]]
    return now


def _is_finished(bookmark: Mapping[str, Any]) -> bool:
    """Return whether the reading of a snapshot has ended: a table is read under a version above that of its rows."""
    begun, complete = bookmark[SNAPSHOT].get("table_version"), bookmark.get(keys.TABLE_VERSION)
    if type(begun) is not int or type(complete) is not int or bookmark.get(keys.REPLICATION_KEY_VALUE) is None:
        return False
    return begun <= complete
