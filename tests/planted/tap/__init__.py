"""Promises that the tap keeps, by room of the product."""

from __future__ import annotations

from tests.planted.tap import discovery, output, rows, sync

PROMISES = [*discovery.PROMISES, *sync.PROMISES, *rows.PROMISES, *output.PROMISES]
