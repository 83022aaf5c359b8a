"""What a script answers → rows, and the types of their members."""

from __future__ import annotations

from decimal import Decimal

from tap_ninox.streams.query_answers import rows_of, types_of


def test_types_are_those_that_all_values_have():
    rows = list(rows_of([{"a": 1, "b": True, "c": None, "d": 1}, {"a": Decimal("1.5"), "c": "", "d": "x", "e": [1]}]))
    assert types_of(rows) == {"a": "number", "b": "boolean", "c": "string", "d": "string", "e": "string"}
