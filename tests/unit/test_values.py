"""Ninox values → JSON values, one form at a time."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tap_ninox.values import readers
from tap_ninox.values.readers import BadValueError

BERLIN = ZoneInfo("Europe/Berlin")
CAPTIONS = {"1": "open", "2": "closed", "3": "open"}


AS_SENT = [
    (readers.text, "ä\n", "ä\n"),
    (readers.text, 12, "12"),
    (readers.text, Decimal("1.10"), "1.10"),
    (readers.text, True, "true"),
    (readers.text, {"a": [1, Decimal("1.50")]}, '{"a":[1,1.50]}'),
    (readers.number, 2**63 + 1, 2**63 + 1),
    (readers.number, Decimal("0.10000000000000000001"), Decimal("0.10000000000000000001")),
    (readers.boolean, False, False),
    (readers.day, "2024-02-29", "2024-02-29"),
    (readers.day, "2024-02-29T23:59:59", "2024-02-29"),
    (readers.time_of_day, "09:30:00", "09:30:00"),
    (readers.moment(None), "2024-03-31T02:30:00", "2024-03-31T02:30:00"),
    (readers.moment(BERLIN), "2024-07-01T12:00:00", "2024-07-01T10:00:00Z"),
    (readers.moment(BERLIN), "2024-01-01T12:00:00", "2024-01-01T11:00:00Z"),
    (readers.moment(BERLIN), "2024-01-01T12:00:00Z", "2024-01-01T12:00:00Z"),
    (readers.seconds, "123:25:16.123", 123 * 3600 + 25 * 60 + 16 + Decimal(".123")),
    (readers.seconds, "-01:30", -5400),
    (readers.seconds, "00:00:01.000", 1),
    (readers.appointment(0, None), "2024-01-01T09:00:00 - 2024-01-01T10:00:00", "2024-01-01T09:00:00"),
    (readers.appointment(1, BERLIN), "2024-01-01T09:00:00 - 2024-01-01T10:00:00", "2024-01-01T09:00:00Z"),
    (readers.address, "Hauptstraße 1\n10115 Berlin <52.53, 13.38>", "Hauptstraße 1\n10115 Berlin"),
    (readers.address, "<52.53,13.38>", None),
    (readers.coordinate(0), "Berlin\n<52.53000, -13.38>", Decimal("52.53000")),
    (readers.coordinate(1), "Berlin\n<52.53000, -13.38>", Decimal("-13.38")),
    (readers.coordinate(0), "Berlin", None),
    (readers.record_id, 7, 7),
    (readers.record_id, [7], 7),
    (readers.record_id, "7", 7),
    (readers.record_ids, [1, "2"], [1, 2]),
    (readers.record_ids, 5, [5]),
    (readers.choice_id(CAPTIONS), "2", "2"),
    (readers.choice_id(CAPTIONS), 2, "2"),
    (readers.choice_id(CAPTIONS), "closed", "2"),
    (readers.choice_id(CAPTIONS), "open", "1"),
    (readers.choice_id(CAPTIONS), "9", "9"),
    (readers.choice_caption(CAPTIONS), "1", "open"),
    (readers.choice_caption(CAPTIONS), "9", None),
    (readers.choice_ids(CAPTIONS), ["1", "9"], ["1", "9"]),
    (readers.choice_ids(CAPTIONS), {"1": True, "2": False, "9": True}, ["1", "9"]),
    (readers.choice_ids(CAPTIONS), "1", ["1"]),
    (readers.choice_captions(CAPTIONS), ["1", "9", "2"], ["open", "closed"]),
]


@pytest.mark.parametrize(("read", "given", "expected"), AS_SENT, ids=map(str, range(len(AS_SENT))))
def test_a_value_as_it_is_sent(read, given, expected):
    got = read(given)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("read", "given"),
    [
        (readers.number, "12"),
        (readers.number, True),
        (readers.boolean, 1),
        (readers.boolean, "true"),
        (readers.day, "2024-02-30"),
        (readers.day, "gestern"),
        (readers.day, 20240229),
        (readers.time_of_day, "25:00"),
        (readers.moment(None), "2024-13-01T00:00:00"),
        (readers.moment(BERLIN), "0001-01-01T00:00:00"),
        (readers.seconds, "1h"),
        (readers.appointment(0, None), "2024-01-01T09:00:00"),
        (readers.address, 5),
        (readers.record_id, "A7"),
        (readers.record_id, [1, 2]),
        (readers.record_id, True),
        (readers.choice_captions(CAPTIONS), [True]),
        (readers.choice_ids(CAPTIONS), [None]),
    ],
)
def test_a_value_that_does_not_fit_is_refused_without_being_quoted(read, given):
    with pytest.raises(BadValueError) as caught:
        read(given)
    assert str(caught.value) == ""


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
    assert readers.utc_moments([given]) == [expected]
