"""What the target's own stream maps do to streams, and maps that fail, told without the error's own text."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

from singer_sdk.exceptions import MapExpressionError

from ninox_api.errors import NinoxError

_MAP_ERRORS = (MapExpressionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class StreamMapFailedError(NinoxError):
    """A stream map cannot be applied to a record."""


@contextmanager
def told_without_values(stream: str, *, has_maps: bool) -> Iterator[None]:
    """Tell of a map that fails while a record of a stream is processed inside.

    Raises:
        StreamMapFailedError: It failed; other errors pass.
    """
    try:
        yield
    except _MAP_ERRORS as error:
        if isinstance(error, NinoxError) or not has_maps:
            raise
        message = (
            f"The stream map of {stream} failed for a record ({type(error).__name__}). Mend the expression in "
            "stream_maps so that it takes empty and odd values, too."
        )
        raise StreamMapFailedError(message) from None


def find_filter(stream_maps: Mapping[str, Any], stream: str, alias: str) -> str | None:
    """Return the key of a stream map of the target that filters the rows of a stream; None if there is none.

    Args:
        stream_maps: The setting.
        stream: What the tap calls the stream.
        alias: What it is loaded as.
    """
    return next(
        (name for name, rules in _rules_for(stream_maps, stream, alias) if rules.get("__filter__") is not None), None
    )


def makes(stream_maps: Mapping[str, Any], stream: str, alias: str, property_name: str) -> bool:
    """Tell whether a stream map of the target makes a property of a stream; see `find_filter`."""
    return any(property_name in rules for _, rules in _rules_for(stream_maps, stream, alias))


def find_missing_source(stream_maps: Mapping[str, Any], alias: str, came: Collection[str]) -> str | None:
    """Return the key of a stream map by which more streams may be loaded as `alias` than came; None if there is none.

    Args:
        stream_maps: The setting.
        alias: What a stream is loaded as.
        came: The streams of the tap that came.
    """
    for name, rules in stream_maps.items():
        is_of_several = isinstance(rules, Mapping) and "__source__" not in rules and rules.get("__alias__") == alias
        if is_of_several and name not in came:
            return name
    return None


def _rules_for(stream_maps: Mapping[str, Any], stream: str, alias: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the maps by which a stream is loaded as `alias`."""
    own = stream_maps.get(alias)
    if isinstance(own, Mapping) and "__source__" in own:
        yield alias, own
        return
    for name, rules in stream_maps.items():
        if isinstance(rules, Mapping) and "__source__" not in rules and fnmatchcase(stream, name):
            yield name, rules
