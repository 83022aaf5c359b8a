"""Stream maps that fail, told without the error's own text, which may hold a value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
