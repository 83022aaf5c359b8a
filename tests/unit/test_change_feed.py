"""Every form in which the change feed may name a record; no other is believed."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninox_api.changes import DatabaseFeedReader, FeedAnswer, TableFeedReader
from ninox_api.errors import NinoxProtocolError

TABLES = ("A", "B", "ZD", "A1")


def read(updates=None, removes=None, tables=TABLES, **more):
    answer = msgspec.convert({"seq": 9, "updates": updates, "removes": removes, **more}, FeedAnswer)
    return DatabaseFeedReader(tables).finish(answer)


def read_table(updates=None, removes=None, table="A", **more):
    answer = msgspec.convert({"seq": 9, "updates": updates, "removes": removes, **more}, FeedAnswer)
    return TableFeedReader(table).finish(answer)


def test_updates_with_and_without_a_sequence_which_may_be_text():
    changes = read({"B4": {"_id": 4, "_sq": 118, "B": "Ann"}, "ZD78670": {"_id": 78670}, "ZD5": {"_sq": "119"}})
    assert changes.sequence == 9
    assert changes.tables["B"].updated == {4: 118}
    assert changes.tables["ZD"].updated == {78670: None, 5: 119}


@pytest.mark.parametrize("removes", [["B7"], [{"id": "B7"}], [{"id": 7, "tid": "B"}], [{"id": "7", "tid": "B"}],
                                     [{"id": "B7", "_md": 1}], {"B7": {}}, {"B7": {"_id": 7}}], ids=str)  # fmt: skip
def test_removals_in_every_form(removes):
    assert read(removes=removes).tables["B"].removed == {7}


@pytest.mark.parametrize("removes", [[7], ["7"], ["A7"], [{"id": 7}], [{"id": "A7"}], [{"id": 7, "tid": "A"}],
                                     {"7": {}}, {"A7": {}}], ids=str)  # fmt: skip
@pytest.mark.parametrize("key", ["4", "A4"])
def test_the_feed_of_one_table_may_leave_the_table_out(removes, key):
    changes = read_table({key: {"_sq": 3}}, removes, nextRid=12)
    assert (changes.tables["A"].updated, changes.tables["A"].removed) == ({4: 3}, {7})
    assert changes.next_record_ids == {"A": 12}


def test_the_records_own_id_settles_where_the_table_id_ends():
    assert read({"A14": {"_id": 14}}).tables["A"].updated == {14: None}
    assert read({"A14": {"_id": 4}}).tables["A1"].updated == {4: None}
    assert read(removes={"A14": {"_id": 14}}).tables["A"].removed == {14}


def test_a_key_that_fits_two_tables_is_a_candidate_of_both_to_be_looked_at():
    tables = read({"A15": {}}, ["A14"]).tables
    assert (tables["A"].updated, tables["A"].removed) == ({15: None, 14: None}, {14})
    assert (tables["A1"].updated, tables["A1"].removed) == ({5: None, 4: None}, {4})


def test_a_table_that_never_had_so_many_records_is_no_candidate():
    assert read(removes=["A14"], nextRids={"A": 9, "A1": 5}).tables.keys() == {"A1"}
    assert read(removes=["A14"], nextRids={"A": 15, "A1": 4}).tables.keys() == {"A"}
    assert read(removes=["A14"], nextRids={"A": 1, "A1": 1}).tables.keys() == {"A", "A1"}


@pytest.mark.parametrize("removes", [["QQ3"], [{"id": 3, "tid": "QQ"}], [{"id": 3, "tid": "Q1"}], {"QQ3": {}}], ids=str)
def test_a_table_that_is_truly_unknown_is_passed_over_and_counted(removes):
    changes = read({"QQ4": {"_id": 4}}, removes)
    assert (changes.tables, changes.passed_over) == ({}, 2)


def test_no_changes_at_all():
    assert read().tables == {}


STRANGE = ["", "A", "seven", "A/2", "A:2", "a2", "Kunden3", "A02", "A-2", "A2 ", "A\u0667", "A" + "1" * 5000, "7",
           "ABCD3", "A0"]  # fmt: skip


@pytest.mark.parametrize("key", STRANGE, ids=lambda key: key[:9])
@pytest.mark.parametrize("place", ["update", "string", "object", "mapping"])
def test_a_key_of_another_form_makes_the_feed_unreadable_and_is_never_skipped(key, place):
    said = {"update": ({key: {}}, []), "string": ({}, [key]), "object": ({}, [{"id": key}]), "mapping": ({}, {key: {}})}
    with pytest.raises(NinoxProtocolError, match="unknown form"):
        read(*said[place])


@pytest.mark.parametrize(
    "removal",
    [7, None, True, 1.5, {}, {"name": "x"}, {"id": 7}, {"nid": "B7"}, {"table": "Kunden", "id": 3},
     {"id": "B7", "x": 1}, {"id": 7, "tid": "Kunden"}, {"id": "\u0667", "tid": "A"}, {"id": 0, "tid": "A"}, ["B7"]],
    ids=str,
)  # fmt: skip
def test_a_removal_of_another_form_makes_the_feed_unreadable(removal):
    with pytest.raises(NinoxProtocolError, match="unknown form"):
        read(removes=[removal])


@pytest.mark.parametrize(
    ("updates", "removes"),
    [({"B4": {}}, []), ({}, ["B4"]), ({}, [{"id": 4, "tid": "B"}]), ({"A4": {"_id": 5}}, []), ({}, [0]), ({}, [-1])],
    ids=str,
)
def test_the_feed_of_one_table_names_no_record_of_another(updates, removes):
    with pytest.raises(NinoxProtocolError, match="unknown form"):
        read_table(updates, removes)


@pytest.mark.parametrize("update", [{"_id": 99}, {"_sq": "many"}, {"_sq": "-1"}])
def test_an_update_that_contradicts_its_key_makes_the_feed_unreadable(update):
    with pytest.raises(NinoxProtocolError, match="unknown form"):
        read({"B14": update})


@pytest.mark.parametrize(
    "answer",
    [{}, {"seq": -1}, {"seq": "9"}, {"seq": 9, "updates": []}, {"seq": 9, "removes": "A1"},
     {"seq": 9, "updates": {"A1": 5}}, {"seq": 9, "updates": {"A1": {"_id": "1"}}}],
    ids=str,
)  # fmt: skip
def test_an_answer_of_another_form_is_no_feed(answer):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(answer, FeedAnswer)


@given(st.text(alphabet="AB1Z/: a0é9", max_size=6), st.none() | st.integers(-1, 200))
def test_no_key_ever_gives_a_record_that_is_not_its_own_words(key, record_id):
    try:
        changes = read({key: {"_id": record_id}})
    except NinoxProtocolError:
        return
    for table_id, table in changes.tables.items():
        assert {f"{table_id}{number}" for number in table.updated} == {key}
    assert changes.tables or changes.passed_over


@pytest.mark.parametrize(
    ("told", "known"),
    [({"A": 12, "B": 0, "C": "5", "D": True}, {"A": 12}), (None, {}), ([1], {})],
    ids=["numbers only", "absent", "another form"],
)
def test_the_next_record_ids_are_taken_as_far_as_they_are_told(told, known):
    assert read(nextRids=told, tables=["A", "B", "C"]).next_record_ids == known
