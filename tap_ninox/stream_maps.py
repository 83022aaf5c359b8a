"""Stream maps that no stream takes: what they should have hidden or left out would be sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ninox_api.errors import NinoxConfigError
from ninox_singer.names import did_you_mean, is_glob

logger = logging.getLogger(__name__)


def check_maps(maps: Mapping[str, Any], streams: Sequence[str], *, sees_all: bool) -> None:
    """Refuse maps for streams that do not exist; the name may be mistyped, and the SDK says nothing.

    Which stream a map is for is the SDK's to say: names go by `fnmatch` and by case there.

    Args:
        maps: The setting `stream_maps`: name or glob of a stream → its rules.
        streams: The streams that there are.
        sees_all: Whether there are no others; else, and of globs, which may be for tables to come, it is a warning.

    Raises:
        NinoxConfigError: A sentence for each.
    """
    problems = []
    for name, rules in maps.items():
        source = rules.get("__source__", name) if isinstance(rules, Mapping) else name
        if name != "__else__" and not any(fnmatchcase(stream, source) for stream in streams):
            problem = f"stream_maps: no stream is called {source!r}.{did_you_mean(source, streams)}"
            if sees_all and not is_glob(source):
                problems.append(f"{problem} What this map should hide or leave out would be sent.")
            else:
                logger.warning("%s This map has no effect.", problem)
    if problems:
        raise NinoxConfigError(problems)
