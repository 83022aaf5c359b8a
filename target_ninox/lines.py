"""One line of JSON → what it says, as taps in Python write it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
from singer_sdk.contrib.msgspec import decoder


class NotJsonError(ValueError):
    """A line that is not JSON. It does not quote the line."""


def decode(line: bytes) -> Any:
    """Return what a line says; numbers keep all digits.

    Python's own `json` writes NaN, Infinity and halves of surrogate pairs, which JSON does not know. They are
    understood, so that the row in which they stand can be rejected with its column, instead of the run.

    Raises:
        NotJsonError: It is not JSON in UTF-8.
    """
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
        return _decode_leniently(line)


def _decode_leniently(line: bytes) -> Any:
    try:
        return json.loads(line.decode(), parse_float=Decimal, parse_constant=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        raise NotJsonError from None
