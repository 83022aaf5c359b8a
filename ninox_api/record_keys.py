"""Whether a server keyed a record's fields as it was asked to: by ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ninox_api.errors import NinoxProtocolError


def check_keys(fields: Mapping[str, Any], *, ids: Collection[str], captions: Collection[str]) -> None:
    """Refuse fields that are keyed by captions: read as ids they would all seem empty.

    Args:
        fields: Of a record.
        ids: Of the table's stored fields.
        captions: Of its fields.

    Raises:
        NinoxProtocolError: The server ignored `ids=true`.
    """
    if not any(key in ids for key in fields) and any(key in captions for key in fields):
        message = "The server ignores ids=true: it answers records keyed by captions, which cannot be trusted."
        raise NinoxProtocolError(message)
