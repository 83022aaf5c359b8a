"""Ninox values → JSON values, value by value."""

from __future__ import annotations

import pytest

from ninox_singer.types import TYPES
from tap_ninox.rows.convert import utc_moments
from tests.helpers.cases import cases, each
from tests.helpers.functions import BadValueError, readers


def read_by(read, stored):
    try:
        return None if stored is None or stored == "" else read(stored)
    except BadValueError as error:
        return type(error), str(error)


@pytest.mark.parametrize("case", each("reading"))
def test_a_value_is_read_as_it_was_sent_or_refused_without_being_quoted(case):
    expected = {
        part: (BadValueError, "") if part in case.get("bad", ()) else value for part, value in case["read"].items()
    }
    got = {part: read_by(read, case["stored"]) for part, read in readers(case).items()}
    assert got == expected
    assert list(map(type, got.values())) == list(map(type, expected.values()))


def test_every_type_that_comes_with_records_has_cases():
    stored = {name for name, known in TYPES.items() if known.is_stored and known.parts}
    assert {case["type"] for case in cases("reading")} >= stored, "tests/cases/reading.jsonl"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ("", None),
        ("2024-01-01T00:00:00", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00+01:00"),
    ],
)
def test_ninox_s_own_timestamps_are_utc(given, expected):
    assert utc_moments([given]) == [expected]
