"""The bookmark of one stream: what is kept, and what is not trusted."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from tap_ninox.state import Bookmark, known_sequence

NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
SNAPSHOT = {"head": 5, "last_id": 9, "table_version": 3}


def bookmark(values):
    return Bookmark(values, database_id="db", table_id="A")


def test_a_reading_under_way_can_be_resumed_and_is_not_followed():
    values = {}
    mark = bookmark(values)
    snapshot = mark.begin_snapshot(head=7, now=NOW)
    snapshot.last_id = 40
    mark.snapshot = snapshot
    assert bookmark(values).snapshot == snapshot
    assert known_sequence(values) is None


def test_a_complete_reading_is_known_up_to_its_head():
    values = {}
    mark = bookmark(values)
    mark.finish_snapshot(mark.begin_snapshot(head=7, now=NOW))
    assert known_sequence(values) == 7
    assert values["table_version"] == int(NOW.timestamp())
    assert mark.snapshot is None
    mark.advance(12)
    assert known_sequence(values) == 12


def test_versions_rise_even_if_the_clock_goes_back():
    mark = bookmark({"table_version": 2**40})
    assert mark.begin_snapshot(head=1, now=NOW).table_version == 2**40 + 1


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"replication_key_value": 5, "table_id": "B"}, "belongs to another table"),
        ({"replication_key_value": 5, "database_id": "other"}, "belongs to another table"),
        ({"replication_key_value": "5"}, "something else than whole numbers"),
        ({"replication_key_value": True}, "something else than whole numbers"),
        ({"replication_key_value": -1}, "something else than whole numbers"),
        ({"snapshot": {"head": 5}}, "snapshot is not in a known form"),
        ({"snapshot": "yes"}, "snapshot is not in a known form"),
        ({"snapshot": {**SNAPSHOT, "last_id": None, "head": "x"}}, "something else than whole numbers"),
    ],
)
def test_what_we_cannot_have_written_is_said_and_read_anew(values, reason, caplog):
    mark = bookmark(values)
    assert mark.sequence is None
    assert mark.snapshot is None
    assert reason in caplog.text
