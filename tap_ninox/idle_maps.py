"""Stream maps that no stream takes: what they should have hidden or left out would be sent."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

logger = logging.getLogger(__name__)


def tell_idle_maps(maps: Mapping[str, Any], streams: Sequence[str]) -> None:
    """Warn of maps for streams that do not exist; the name may be mistyped, and the SDK says nothing.

    Args:
        maps: The setting `stream_maps`: name or glob of a stream → its rules.
        streams: The streams that there are.
    """
    for name, rules in maps.items():
        source = rules.get("__source__", name) if isinstance(rules, Mapping) else name
        if name != "__else__" and not any(fnmatchcase(stream, source) for stream in streams):
            near = difflib.get_close_matches(source, streams, n=1)
            hint = f" Is {near[0]!r} meant?" if near else ""
            logger.warning("stream_maps: no stream is called %r, so this map has no effect.%s", source, hint)
