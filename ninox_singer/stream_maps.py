"""The setting `stream_maps` as the SDK understands it: which map is for which stream, and how one fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from typing import Any, NamedTuple

from singer_sdk.exceptions import MapExpressionError

from ninox_api.errors import NinoxError

MAP_ERRORS = (MapExpressionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a stream map raises that cannot be applied to a record; the text of each may quote a value."""

_SOURCE = "__source__"
_ALL_OTHERS = "__else__"


class StreamMapFailedError(NinoxError):
    """A stream map cannot be applied to a record."""


class NamedMap(NamedTuple):
    """One map of the setting.

    Attributes:
        key: Its name there.
        source: The stream that it is for, or a glob of several.
        rules: Property → expression, and its options; empty for one that leaves the stream out.
    """

    key: str
    source: str
    rules: Mapping[str, Any]

    @property
    def makes_another(self) -> bool:
        """Whether its key is the name of a further stream that it makes of the source."""
        return _SOURCE in self.rules

    def is_for(self, stream: str) -> bool:
        """Return whether it is for a stream of that name."""
        return fnmatch(stream, self.source)  # as the SDK looks (0.54)


def iter_maps(stream_maps: Mapping[str, Any]) -> Iterator[NamedMap]:
    """Yield the maps of the setting, without what it says of all other streams."""
    for key, given in stream_maps.items():
        if key != _ALL_OTHERS:
            rules = given if isinstance(given, Mapping) else {}
            yield NamedMap(key, rules.get(_SOURCE, key), rules)
