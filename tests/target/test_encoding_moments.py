"""Dates, times, date-times, intervals and appointments → what Ninox takes, whatever the zone."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from target_ninox.encoding.values import Formats
from tests.helpers.encoded import GERMAN, ISO, encode, refused

DAYS = [
    (ISO, "2026-12-31", "2026-12-31"),
    (ISO, "1899-12-31", "1899-12-31"),
    (ISO, "9999-12-31", "9999-12-31"),
    (ISO, "2024-02-29T00:00:00", "2024-02-29"),
    (ISO, "2026-12-31T23:59:59", "2026-12-31"),
    (ISO, "2026-12-31T00:00:00+00:00", "2026-12-31"),
    (GERMAN, "2026-12-31T00:00:00Z", "2026-12-31"),
    (GERMAN, "2026-12-30T23:00:00.000Z", "2026-12-31"),
    (Formats(zone=ZoneInfo("America/New_York")), "2026-12-31T00:00:00Z", "2026-12-31"),
    (GERMAN, "31.12.2026", "2026-12-31"),
    (GERMAN, "1.2.2026", "2026-02-01"),
    (GERMAN, "31. 12. 2026", "2026-12-31"),
    (GERMAN, "2026-12-31", "2026-12-31"),
]


@pytest.mark.parametrize(("formats", "given", "expected"), DAYS, ids=map(str, range(len(DAYS))))
def test_a_date_is_never_shifted(formats, given, expected):
    assert encode("date", given, formats) == expected


@pytest.mark.parametrize(
    "given",
    ["2026-02-30", "31.12.2026", "2026-W01-1", "20261231", "2026-1-1", "gestern", 20261231, 0, True, "12/31/2026"],
    ids=repr,
)
def test_what_is_no_date_is_refused(given):
    error = refused("date", given)
    assert (error.code, error.reason) == ("not_a_date", "It is not a date such as 2026-12-31 (date_format).")


@pytest.mark.parametrize("given", ["31.12.26", "30.02.2026", "12.31.2026", "31/12/2026"], ids=repr)
def test_what_is_no_german_date_is_refused(given):
    assert refused("date", given, GERMAN).code == "not_a_date"


MOMENTS = [
    (ISO, "2026-07-01T12:30:00", "2026-07-01T12:30:00"),
    (ISO, "2026-07-01 12:30", "2026-07-01T12:30:00"),
    (ISO, "2026-07-01T12:30:00.123456789", "2026-07-01T12:30:00"),
    (ISO, "2026-07-01", "2026-07-01T00:00:00"),
    (ISO, "2026-07-01T12:30:00Z", "2026-07-01T12:30:00"),
    (ISO, "2026-07-01T12:30:00+02:00", "2026-07-01T10:30:00"),
    (ISO, "2026-07-01T12:30:00 +0200", "2026-07-01T10:30:00"),
    (ISO, "2026-07-01 12:30:00+02", "2026-07-01T10:30:00"),
    (GERMAN, "2026-07-01T10:30:00Z", "2026-07-01T12:30:00"),
    (GERMAN, "2026-01-01T10:30:00.5Z", "2026-01-01T11:30:00"),
    (GERMAN, "2026-07-01T10:30:00", "2026-07-01T10:30:00"),
    # Clocks go from 02:00 to 03:00 on 2026-03-29, and from 03:00 back to 02:00 on 2026-10-25.
    (GERMAN, "2026-03-29T00:59:59Z", "2026-03-29T01:59:59"),
    (GERMAN, "2026-03-29T01:00:00Z", "2026-03-29T03:00:00"),
    (GERMAN, "2026-03-29T02:30:00", "2026-03-29T02:30:00"),
    (GERMAN, "2026-10-25T00:30:00Z", "2026-10-25T02:30:00"),
    (GERMAN, "2026-10-25T01:30:00Z", "2026-10-25T02:30:00"),
    (GERMAN, "31.12.2026 14:30", "2026-12-31T14:30:00"),
    (GERMAN, "31.12.2026, 9:05:07 Uhr", "2026-12-31T09:05:07"),
    (GERMAN, "31.12.2026", "2026-12-31T00:00:00"),
    (GERMAN, "0001-01-01T00:00:00Z", "0001-01-01T00:53:28"),
]


@pytest.mark.parametrize(("formats", "given", "expected"), MOMENTS, ids=map(str, range(len(MOMENTS))))
def test_a_date_time_is_the_wall_clock(formats, given, expected):
    assert encode("timestamp", given, formats) == expected


@pytest.mark.parametrize(
    "given",
    ["2026-07-01T25:00:00", "2026-07-01T12", "1782901800", 1782901800, "12:35", "2026-07-01T12:30:00+99:00"],
    ids=repr,
)
def test_what_is_no_date_time_is_refused(given):
    assert refused("timestamp", given).code == "not_a_date_time"


def test_the_end_of_the_calendar_is_a_reject_not_a_crash():
    assert refused("timestamp", "9999-12-31T23:30:00Z", GERMAN).code == "beyond_the_calendar"


@pytest.mark.parametrize(
    ("given", "expected"),
    [("12:30", "12:30:00"), ("12:30:05", "12:30:05"), ("9:05", "09:05:00"), ("12:30:00.999", "12:30:00"),
     ("12:30:00Z", "12:30:00"), ("23:59:59+02:00", "23:59:59"), ("00:00", "00:00:00")],
)  # fmt: skip
def test_a_time_of_day(given, expected):
    assert encode("time", given) == expected


@pytest.mark.parametrize("given", ["24:00", "12:60", "12", 1230, "12:30 PM", "mittags"], ids=repr)
def test_what_is_no_time_is_refused(given):
    assert refused("time", given).code == "not_a_time"


INTERVALS = [
    (ISO, 5400, "01:30:00.000"),
    (ISO, Decimal("444316.123"), "123:25:16.123"),
    (ISO, -5400, "-01:30:00.000"),
    (ISO, 0, "00:00:00.000"),
    (ISO, Decimal("0.0004"), "00:00:00.000"),
    (ISO, Decimal("59.9996"), "00:01:00.000"),
    (ISO, "123:25:16.123", "123:25:16.123"),
    (ISO, "-01:30", "-01:30:00.000"),
    (ISO, "0:00", "00:00:00.000"),
    (ISO, "5400", "01:30:00.000"),
    (ISO, "90.5", "00:01:30.500"),
    (GERMAN, "90,5", "00:01:30.500"),
    (GERMAN, "1:30:00,5", "01:30:00.500"),
]


@pytest.mark.parametrize(("formats", "given", "expected"), INTERVALS, ids=map(str, range(len(INTERVALS))))
def test_a_time_interval_is_seconds_or_text(formats, given, expected):
    assert encode("timeinterval", given, formats) == expected


def test_a_time_interval_given_twice_is_its_seconds():
    assert encode("timeinterval", 60, text="01:00") == "00:01:00.000"
    assert encode("timeinterval", None, text="01:00") == "01:00:00.000"


@pytest.mark.parametrize("given", ["1h", "1:2:3:4", float("nan"), 1e20, [1], "٣:00"], ids=repr)
def test_what_is_no_interval_is_refused(given):
    assert refused("timeinterval", given).code == "not_an_interval"


def test_an_appointment_is_start_and_end_or_one_text():
    whole = "2026-03-28T22:00:00 - 2026-03-29T04:00:00"
    assert encode("appointment", whole) == whole
    parts = {"start": "2026-03-28T21:00:00Z", "end": "2026-03-29T02:00:00Z"}
    assert encode("appointment", None, GERMAN, **parts) == whole
    assert encode("appointment", "28.03.2026 22:00 - 29.03.2026 04:00", GERMAN) == whole


def test_half_an_appointment_is_refused():
    assert refused("appointment", None, start="2026-01-01T09:00:00").code == "half_an_appointment"
    assert refused("appointment", "2026-01-01T09:00:00").code == "not_an_appointment"
    assert refused("appointment", "2026-01-01T09:00:00 - bald").code == "not_a_date_time"
