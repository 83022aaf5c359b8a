"""A feed that is read while it arrives says what it says when it is read as a whole, wherever its pieces are cut."""

from __future__ import annotations

import json
import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninox_api import body
from ninox_api.changes import DatabaseFeedReader, FeedAnswer
from ninox_api.errors import NinoxProtocolError
from ninox_api.ids import IdSet, SequenceById
from tests.helpers import limits

KEYS = st.from_regex(r"(A|B|A1)[1-9][0-9]{0,2}", fullmatch=True)
TEXTS = st.text(alphabet='a},"{[]:\\', max_size=8) | st.sampled_from(['},"A1":{', '}},"removes":[', '","', "é🌱"])
VALUES = st.recursive(
    TEXTS | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=6
)
UPDATES = st.dictionaries(
    KEYS, st.dictionaries(st.sampled_from("CDE"), VALUES).flatmap(
        lambda more: st.fixed_dictionaries({"_sq": st.integers(0, 99)}).map(lambda known: {**more, **known})
    )
)  # fmt: skip
REMOVES = st.lists(KEYS) | st.lists(KEYS.map(lambda key: {"id": key})) | st.dictionaries(KEYS, st.just({}))


def _said(changes):
    tables = {key: (dict(each.updated), set(each.removed)) for key, each in changes.tables.items()}
    return changes.sequence, changes.next_record_ids, changes.passed_over, tables


def _as_a_whole(text):
    return _said(DatabaseFeedReader(["A", "B", "A1"]).finish(msgspec.json.decode(text, type=FeedAnswer)))


def _in_pieces(text, piece, least=1):
    reader, content = DatabaseFeedReader(["A", "B", "A1"]), bytearray()
    with limits.short_feeds_read_while_they_arrive(least):
        members = reader.begin()
        for start in range(0, len(text), piece):
            content += text[start : start + piece]
            members.take_from(content)
    return _said(reader.finish(msgspec.json.decode(content, type=FeedAnswer))), len(content)


@settings(max_examples=50)
@given(UPDATES, REMOVES, st.permutations(["config", "updates", "removes", "nextRids", "seq"]), st.integers(1, 60),
       st.sampled_from([(",", ":"), (", ", ": ")]))  # fmt: skip
def test_wherever_it_is_cut(updates, removes, order, piece, separators):
    parts = {
        "config": {"updates": {"A1": {}, "A2": {}, "A3": {}}},
        "updates": updates,
        "removes": removes,
        "nextRids": {"A": 9},
        "seq": 99,
    }
    text = json.dumps({key: parts[key] for key in order}, separators=separators).encode()
    assert _in_pieces(text, piece)[0] == _as_a_whole(text)


FORMS = {"strings": '"B{}"', "objects": '{{"id":{},"tid":"B"}}'}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("order", ["updates first", "removes first"])
def test_of_a_long_one_nothing_waits_to_be_decoded_at_once(form, order):
    def text(count):
        updates = ",".join(
            f'"A{n}":{{"_id":{n},"_sq":{n},"C":"text, and more","D":{{"x":[1]}}}}' for n in range(1, count)
        )
        removes = ",".join(FORMS[form].format(n) for n in range(1, count))
        parts = [f'"updates":{{{updates}}}', f'"removes":[{removes}]'][:: 1 if order == "updates first" else -1]
        return f'{{"config":{{}},{",".join(parts)},"files":[],"seq":5}}'.encode()

    long = text(5_000)
    said, left = _in_pieces(long, 8 * 1024, least=8 * 1024)
    assert said == _as_a_whole(long)
    assert left < 50 * 1024


def test_a_value_that_nothing_can_hold_and_half_a_character_cost_no_more_than_themselves():
    strange = b'"A1":{"C":' + b"[" * 2000 + b"]" * 2000 + b'},"A2":{"C":"\\ud83d"},"A3":{"C":' + b"9" * 5000 + b"},"
    text = b'{"updates":{' + strange + b'"A4":{"_sq":3},"A5":{"_sq":4}},"seq":5,"removes":[]}'
    assert _in_pieces(text, 50)[0][3]["A"][0] == {1: None, 2: None, 3: None, 4: 3, 5: 4}


@pytest.mark.parametrize(
    ("begin", "part", "end"),
    [(b'{"updates":{"A1":{"C":"', b'x},\\"', b'"}},"seq":5}'), (b'{"config":[', b'{"updates":{}},', b'1],"seq":5}')],
    ids=["ends in a text", "beginnings further inside"],
)
def test_the_time_is_linear_even_where_nothing_can_be_taken(begin, part, end):
    def seconds(size):
        text = begin + part * size + end
        began = time.process_time()
        _in_pieces(text, 4096, least=4096)
        return time.process_time() - began

    seconds(1000)
    assert seconds(80_000) < 8 * seconds(20_000) + 0.05  # four times as much, and a machine that does other things


def test_what_names_no_record_is_refused_wherever_it_is():
    with pytest.raises(NinoxProtocolError):
        _in_pieces(b'{"updates":{"A1":{},"A/2":{},"A3":{}},"seq":5}', 4)


@given(st.sets(st.integers(1, 5000)), st.sets(st.integers(1, 5000)))
def test_a_set_of_ids_is_a_set(some, others):
    ids = IdSet(some)
    assert (list(ids), len(ids), bool(ids)) == (sorted(some), len(some), bool(some))
    assert {number for number in range(5001) if number in ids} == some
    twin = ids.copy()
    twin.difference_update(others)
    assert (twin, ids, ids & IdSet(others)) == (some - others, some, some & others)


@given(
    st.lists(st.tuples(st.integers(1, 50), st.none() | st.integers(0, 9))),
    st.integers(0, 9),
    st.sets(st.integers(1, 50)),
)
def test_sequences_by_id_are_a_mapping(noted, position, also):
    changes = SequenceById()
    for record_id, sequence in noted:
        changes.note(record_id, sequence)
    known = dict(noted)
    assert (changes, list(changes)) == (known, sorted(known))
    after = {key: at for key, at in known.items() if at is None or at > position or key in also}
    assert changes.after(position, also=also) in (after, known if len(after) == len(known) else after)


def test_a_body_is_bounded_by_all_that_came():
    class Response:
        left = 10

        def read1(self, *_, **__):
            self.left -= 1
            return b"x" * 100 if self.left >= 0 else b""

    class Everything:
        def take_from(self, content):
            content.clear()

    with pytest.raises(body.AnswerTooLargeError):
        body.read_body(Response(), max_bytes=500, members=Everything())
