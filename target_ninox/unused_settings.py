"""Settings and stream maps of streams that did not come: a mistyped one is an error, any other a warning."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import Any

from ninox_api.errors import NinoxConfigError
from ninox_singer.names import did_you_mean, fits, is_glob, probably_meant
from target_ninox.settings import TargetSettings

logger = logging.getLogger(__name__)

LIKENESS_OF_SLIPS = 0.8
"""Names that are more alike are taken for one that is mistyped; below that, for a stream that another tap sends."""


def check_unused_settings(settings: TargetSettings, came: Collection[str]) -> None:
    """Refuse settings whose stream is mistyped, and warn of others that did not come: other taps may send those.

    To refuse all would end `meltano run tap-a target-ninox tap-b target-ninox` between its two halves, each night, and
    a tap that sends no SCHEMA for a table in which nothing changed.

    Raises:
        NinoxConfigError: A stream of nearly that name came and has no settings of its own.
    """
    problems = []
    for name in settings.streams:
        if any(fits(name, stream) for stream in came):
            continue
        meant = probably_meant(name, (s for s in came if settings.own_key(s) is None), likeness=LIKENESS_OF_SLIPS)
        problem = f"streams.{name}: no stream of that name came, so the setting had no effect."
        if meant is None:
            logger.warning("%s%s", problem, did_you_mean(name, came))
        else:
            problems.append(
                f"{problem} Did you mean {meant!r}, which was loaded without it? Then correct the name and load it "
                f"again; if not, give {meant!r} settings of its own, if only {{}}."
            )
    if problems:
        raise NinoxConfigError(problems)


def check_unused_maps(maps: Mapping[str, Any], came: Collection[str]) -> None:
    """Do the same for the target's stream maps; what a mistyped one should have hidden was loaded.

    Raises:
        NinoxConfigError: A stream of nearly that name came and has no map of its own.
    """
    problems = []
    for name, rules in maps.items():
        source = rules.get("__source__", name) if isinstance(rules, Mapping) else name
        if name == "__else__" or any(fnmatchcase(stream, source) for stream in came):  # as the SDK looks for them
            continue
        without = [stream for stream in came if stream not in maps]
        meant = None if is_glob(source) else probably_meant(source, without, likeness=LIKENESS_OF_SLIPS)
        problem = f"stream_maps.{name}: no stream {source!r} came, so the map had no effect."
        if meant is None:
            logger.warning("%s%s", problem, did_you_mean(source, came))
        else:
            problems.append(
                f"{problem} Did you mean {meant!r}, which was loaded without it? Then correct the name and look at "
                f"what was loaded; if not, give {meant!r} a map of its own, if only {{}}."
            )
    if problems:
        raise NinoxConfigError(problems)
