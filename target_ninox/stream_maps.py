"""What the target's own stream maps do to streams, and maps that fail, named without the error's own text."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

from singer_sdk.mapper import StreamMap

from ninox_singer.stream_maps import MAP_ERRORS, StreamMapFailedError, iter_maps


def transform(stream_map: StreamMap, record: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a stream map makes of a record, None if it leaves it out.

    Raises:
        StreamMapFailedError: It cannot be applied; the error itself may quote a value.
    """
    try:
        return cast("dict[str, Any] | None", stream_map.transform(record))
    except MAP_ERRORS as error:
        message = (
            f"The stream map of {stream_map.stream_alias} failed for a record ({type(error).__name__}). Fix the "
            "expression in stream_maps so that it takes empty and odd values, too."
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
    """Return whether a stream map of the target makes a property of a stream; see `find_filter`."""
    return any(property_name in rules for _, rules in _rules_for(stream_maps, stream, alias))


def find_missing_source(stream_maps: Mapping[str, Any], alias: str, came: Collection[str]) -> str | None:
    """Return the key of a stream map by which more streams may be loaded as `alias` than came; None if there is none.

    Args:
        stream_maps: The setting.
        alias: What a stream is loaded as.
        came: The streams of the tap that came.
    """
    for key, _, rules in (one for one in iter_maps(stream_maps) if not one.makes_another):
        if rules.get("__alias__") == alias and key not in came:
            return key
    return None


def _rules_for(stream_maps: Mapping[str, Any], stream: str, alias: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the maps by which a stream is loaded as `alias`."""
    # A map under a name of its own makes another stream of `__source__`; any other is named like the tap's, or a glob.
    maps = list(iter_maps(stream_maps))
    own = next((one for one in maps if one.key == alias and one.makes_another), None)
    if own is not None:
        yield alias, own.rules
        return
    for one in maps:
        if not one.makes_another and one.is_for(stream):
            yield one.key, one.rules
