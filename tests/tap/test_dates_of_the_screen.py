"""A12: dates are those of the screen wherever the tap runs; timestamps are UTC, appointments have both ends."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ninox_simulator.seeds import RecordDocument
from ninox_simulator.server import Simulator
from tests.helpers import commands
from tests.helpers.seeds import customers, database, field, team

TAP = str(Path(sys.executable).with_name("tap-ninox"))
STREAM = "shop__customers"
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Pacific/Kiritimati")

FIELDS = {
    "C": field("date", "Start"),
    "D": field("timestamp", "Approved"),
    "E": field("appointment", "Visit"),
    "F": field("time", "Opens"),
    "G": field("timeinterval", "Break"),
}
ROWS = {
    "spring": ("2026-03-29", "2026-03-29T01:30:00", "2026-03-28T22:00:00 - 2026-03-29T06:00:00", "02:30:00", "1:00"),
    "autumn": ("2026-10-25", "2026-10-25T02:30:00", "2026-10-24T22:00:00 - 2026-10-25T06:00:00", "02:30:00", "25:00"),
    "new year": ("2026-01-01", "2026-01-01T00:00:00", "2025-12-31T23:59:00 - 2026-01-01T00:01:00", "00:00:00", "-1:00"),
    "old": ("1899-12-31", "1969-12-31T23:59:59", "1969-12-31T23:59:59 - 1969-12-31T23:59:59", "23:59:59", "0:00"),
    "far": ("9999-12-31", "9999-12-31T00:00:00", "9999-12-31T00:00:00 - 9999-12-31T01:00:00", "12:00:00", "100:00"),
}


@pytest.fixture(scope="module")
def simulator():
    records = [
        RecordDocument(
            number, {"A": name, **dict(zip("CDEFG", values, strict=True))}, number,
            created_at="2026-03-29T01:30:00", modified_at="2026-10-25T01:30:00.123",
        )
        for number, (name, values) in enumerate(ROWS.items(), 1)
    ]  # fmt: skip
    with Simulator(seed=team(database({"A": customers(**FIELDS)}, {"A": records}))) as running:
        yield running


@pytest.fixture(scope="module")
def output_in(simulator, tmp_path_factory):
    """Return a function that runs the command in a time zone; it returns the table's messages as text."""
    folder = tmp_path_factory.mktemp("a12")

    def run(zone, **settings):
        config = {"api_url": simulator.url, "auth_token": simulator.token, **settings}
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        command = [TAP, "--config", folder / "config.json"]
        environment = os.environ | {"TZ": zone}
        done = commands.run(command, env=environment)
        assert done.returncode == 0, done.stderr
        return [line for line in done.stdout.splitlines() if f'"RECORD","stream":"{STREAM}"' in line]

    return run


def without_what_passes(lines):
    """Leave out what says when it was extracted."""
    messages = [json.loads(line) for line in lines]
    return [message["record"] for message in messages]


@pytest.mark.parametrize("timezone", [None, "Europe/Berlin"])
def test_the_zone_of_the_machine_says_nothing(output_in, timezone):
    outputs = [without_what_passes(output_in(zone, timezone=timezone)) for zone in ZONES]
    assert len(outputs[0]) == len(ROWS)
    assert all(output == outputs[0] for output in outputs)


def test_dates_and_times_are_those_of_the_screen(output_in):
    for row in without_what_passes(output_in("America/New_York")):
        day, approved, visit, opens, _ = ROWS[row["name"]]
        assert (row["start"], row["approved"], row["opens"]) == (day, approved, opens)
        assert f"{row['visit_start']} - {row['visit_end']}" == visit
        assert (row["_created_at"], row["_modified_at"]) == ("2026-03-29T01:30:00Z", "2026-10-25T01:30:00.123Z")


def test_with_a_zone_moments_are_utc_and_dates_stay(output_in):
    rows = {row["name"]: row for row in without_what_passes(output_in("America/New_York", timezone="Europe/Berlin"))}
    assert [rows[name]["start"] for name in ROWS] == [values[0] for values in ROWS.values()]
    assert rows["spring"]["approved"] == "2026-03-29T00:30:00Z"
    assert (rows["spring"]["visit_start"], rows["spring"]["visit_end"]) == (
        "2026-03-28T21:00:00Z",
        "2026-03-29T04:00:00Z",  # an hour of that night does not exist
    )
    assert (rows["autumn"]["visit_start"], rows["autumn"]["visit_end"]) == (
        "2026-10-24T20:00:00Z",
        "2026-10-25T05:00:00Z",  # an hour of that night comes twice
    )
    assert rows["new year"]["approved"] == "2025-12-31T23:00:00Z"


def test_lengths_are_numbers_also_beyond_a_day_and_below_zero(output_in):
    rows = {row["name"]: row["break"] for row in without_what_passes(output_in("UTC"))}
    assert rows == {"spring": 3600, "autumn": 90000, "new year": -3600, "old": 0, "far": 360000}
