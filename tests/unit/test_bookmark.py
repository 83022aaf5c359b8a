"""The bookmark of one stream: what is kept, and what is not trusted."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from ninox_api.paging import IdRange
from tap_ninox.sync.state import Bookmark, Snapshot, known_sequence, next_version

NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
VERSION = 1_767_000_000_000
SNAPSHOT = {"head": 5, "last_id": 9, "table_version": 3}


def bookmark(values):
    return Bookmark.from_json(values, database_id="db", table_id="A")


def test_a_reading_under_way_can_be_resumed_and_is_followed_from_its_head():
    values, mark = {}, bookmark({})
    snapshot = Snapshot(head=7, table_version=VERSION)
    mark.begin_snapshot(snapshot, feed_repeats=False)
    snapshot.note(snapshot.ranges[0], 40)
    mark.write_to(values)
    assert values["snapshot"] == [{"head": 7, "last_id": 40, "table_version": VERSION}]
    assert bookmark(values).snapshot == snapshot
    assert known_sequence(values) == 7
    assert known_sequence({**values, "replication_key_value": 3}) == 3


def test_a_complete_reading_is_known_up_to_its_head():
    values, mark = {}, bookmark({})
    mark.finish_snapshot(Snapshot(head=7, table_version=VERSION), sequence=7, is_empty=True)
    mark.write_to(values)
    assert bookmark(values) == mark
    assert mark.is_empty
    assert known_sequence(values) == 7
    assert values["table_version"] == VERSION
    assert mark.snapshot is None
    mark.advance(12, is_empty=False)
    mark.write_to(values)
    assert not mark.is_empty
    assert known_sequence(values) == 12


def test_versions_rise_even_if_the_clock_goes_back():
    assert next_version(VERSION + 5, now_ms=VERSION) == VERSION + 6
    assert next_version(VERSION, now_ms=VERSION) == VERSION + 1
    assert next_version(1_766_000_000, now_ms=VERSION) == VERSION, "0.1 had seconds"
    assert next_version(None, now_ms=VERSION) == VERSION


def test_a_reading_in_several_places_keeps_the_ranges_that_are_not_read_to_their_end():
    values, mark = {}, bookmark({})
    first, second = IdRange(last_id=0, end=50), IdRange(last_id=50)
    snapshot = Snapshot(head=7, table_version=3, ranges=[first, second])
    mark.begin_snapshot(snapshot, feed_repeats=False)
    snapshot.note(first, 20)
    snapshot.note(second, 90)
    mark.write_to(values)
    assert values["snapshot"][0]["ranges"] == [{"last_id": 20, "end": 50}, {"last_id": 90, "end": None}]
    assert bookmark(values).snapshot == snapshot
    snapshot.note(first, 50)
    mark.write_to(values)
    assert values["snapshot"][0]["last_id"] == 90


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"replication_key_value": 5, "table_id": "B"}, "belongs to another table"),
        ({"replication_key_value": 5, "database_id": "other"}, "belongs to another table"),
        ({"replication_key_value": "5"}, "something else than whole numbers"),
        ({"replication_key_value": True}, "something else than whole numbers"),
        ({"replication_key_value": -1}, "something else than whole numbers"),
        ({"snapshot": [{"head": 5}]}, "snapshot is not in a known form"),
        ({"snapshot": "yes"}, "snapshot is not in a known form"),
        ({"snapshot": [{**SNAPSHOT, "head": "x"}]}, "something else than whole numbers"),
        ({"snapshot": [{**SNAPSHOT, "last_id": None}]}, "something else than whole numbers"),
        ({"snapshot": [{"head": 5, "table_version": 3, "ranges": []}]}, "snapshot is not in a known form"),
        ({"snapshot": [{"head": 5, "table_version": 3, "ranges": [{"end": 9}]}]}, "snapshot is not in a known form"),
        (
            {"snapshot": [{"head": 5, "table_version": 3, "ranges": [{"last_id": None, "end": None}]}]},
            "something else than whole numbers",
        ),
    ],
)
def test_what_we_cannot_have_written_is_said_and_read_anew(values, reason, caplog):
    mark = bookmark(values)
    assert mark.sequence is None
    assert mark.snapshot is None
    assert reason in caplog.text
