"""Every form in which the change feed may name a record."""

from __future__ import annotations

import msgspec
import pytest

from ninox_api.changes import FeedAnswer, split_by_table
from ninox_api.errors import NinoxProtocolError


def split(updates=None, removes=None, tables=("A", "B", "ZD", "A1")):
    return split_by_table(msgspec.convert({"seq": 9, "updates": updates, "removes": removes}, FeedAnswer), tables)


def test_updates_with_and_without_a_sequence():
    changes = split({"A4": {"_id": 4, "_sq": 118, "B": "Ann"}, "ZD78670": {"_id": 78670}})
    assert changes.sequence == 9
    assert changes.tables["A"].updated == {4: 118}
    assert changes.tables["ZD"].updated == {78670: None}


@pytest.mark.parametrize(
    "removal",
    ["A7", {"id": "A7"}, {"nid": "A7"}, {"id": 7, "tid": "A"}, {"_id": "7", "typeId": "A"}, {"rid": 7, "table": "A"}],
)
def test_removals_in_every_form(removal):
    assert split(removes=[removal]).tables["A"].removed == {7}


def test_the_records_own_id_settles_where_the_table_id_ends():
    assert split({"A14": {"_id": 14}}).tables["A"].updated == {14: None}
    assert split({"A14": {"_id": 4}}).tables["A1"].updated == {4: None}


def test_without_it_the_longest_known_table_id_wins():
    assert split({"A14": {}}).tables["A1"].updated == {4: None}


def test_a_table_made_since_discovery_is_kept_apart():
    assert split(removes=["QQ3"]).tables["QQ"].removed == {3}


def test_no_changes_at_all():
    assert split().tables == {}


@pytest.mark.parametrize("removal", ["", "A", "seven", {}, {"name": "x"}, 7, None, {"id": "\u0667", "tid": "A"}])
def test_a_removal_that_names_no_record_is_an_error_and_never_skipped(removal):
    with pytest.raises(NinoxProtocolError, match="unknown form"):
        split(removes=[removal])


@pytest.mark.parametrize(
    ("told", "known"),
    [({"A": 12, "B": 0, "C": "5"}, {"A": 12}), (None, {}), ([1], {})],
    ids=["numbers only", "absent", "another form"],
)
def test_the_next_record_ids_are_taken_as_far_as_they_are_told(told, known):
    answer = msgspec.convert({"seq": 9, "nextRids": told}, FeedAnswer)
    assert split_by_table(answer, ["A", "B", "C"]).next_record_ids == known
