"""Promises that the target keeps, by room of the product."""

from __future__ import annotations

from tests.planted.target import mapping, messages, records, write

PROMISES = [*mapping.PROMISES, *records.PROMISES, *write.PROMISES, *messages.PROMISES]
