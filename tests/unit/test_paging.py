"""Reading every row of a table, whatever the server makes of the request."""

from __future__ import annotations

import pytest

from ninox_api.client import NinoxRecord
from ninox_api.errors import NinoxProtocolError
from ninox_api.ids import IdSet
from ninox_api.paging import (
    MAX_PASSES,
    IdRange,
    KeysetUnusableError,
    cut_range,
    iter_numbered_pages,
    iter_pages,
    iter_passes,
)


def records(ids):
    return [NinoxRecord(id=number) for number in ids]


def ids_of(pages):
    return [record.id for page in pages for record in page]


def server(ids, *, size=3, inclusive=False):
    def fetch(after):
        return records(sorted(number for number in ids if number > after or (inclusive and number == after))[:size])

    return fetch


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 6, 7])
def test_pages_cut_by_id_bring_every_row_once(count, inclusive):
    ids = list(range(5, 5 + count))
    assert ids_of(iter_pages(server(ids, inclusive=inclusive))) == ids


def test_a_short_page_is_not_the_end():
    answers = {0: [1, 2, 3], 3: [4], 4: [5, 6], 6: []}
    assert ids_of(iter_pages(lambda after: records(answers[after]))) == [1, 2, 3, 4, 5, 6]


def test_reading_goes_on_after_an_id():
    assert ids_of(iter_pages(server(range(1, 9)), after_id=5)) == [6, 7, 8]


@pytest.mark.parametrize("page", [[3, 2, 1], [1, 3, 2], [2, 2]])
def test_a_page_out_of_order_cannot_be_used(page):
    with pytest.raises(KeysetUnusableError):
        list(iter_pages(lambda _: records(page)))


def test_a_server_that_ignores_the_cursor_is_noticed():
    with pytest.raises(KeysetUnusableError):
        list(iter_pages(lambda _: records([1, 2, 3])))


def test_numbered_pages_end_at_an_empty_or_a_repeated_page():
    assert ids_of(iter_numbered_pages(lambda number: records([[1, 2], [3], []][number]))) == [1, 2, 3]
    assert ids_of(iter_numbered_pages(lambda number: records([1, 2] if number == 0 else [2, 1]))) == [1, 2]


def test_one_pass_is_enough_if_the_database_stood_still():
    calls = []

    def fetch(number):
        calls.append(number)
        return records([[1, 2], [3], []][number])

    assert ids_of(iter_passes(fetch, sequence=lambda: 7)) == [1, 2, 3]
    assert calls == [0, 1, 2]


def test_a_row_missed_in_one_pass_is_found_in_the_next():
    passes = iter([[[1, 2], [4], []], [[1, 2], [3, 4], []], [[1, 2], [3, 4], []]])
    current = []

    def fetch(number):
        if number == 0:
            current[:] = next(passes)
        return records(current[number])

    sequences = iter([1, 2, 2, 3, 3, 4])
    assert ids_of(iter_passes(fetch, sequence=lambda: next(sequences))) == [1, 2, 4, 3]


def test_without_a_sequence_two_equal_passes_are_needed():
    calls = []

    def fetch(number):
        calls.append(number)
        return records([[1], []][number])

    assert ids_of(iter_passes(fetch, sequence=lambda: None)) == [1]
    assert calls == [0, 1, 0, 1]


def test_a_table_that_never_stands_still_is_an_error():
    counter = iter(range(1000))
    with pytest.raises(NinoxProtocolError, match="changed during every attempt"):
        list(iter_passes(lambda number: records([next(counter)] if number == 0 else []), sequence=lambda: None))
    assert next(counter) == MAX_PASSES


@pytest.mark.parametrize("end", [None, 0, 1, 9, 10, 30, 94, 100000])
@pytest.mark.parametrize("pieces", [1, 2, 7])
@pytest.mark.parametrize("last_id", [0, 25])
def test_pieces_of_a_range_meet_and_the_last_stays_open(end, pieces, last_id):
    cut = cut_range(IdRange(last_id=last_id), end=end, page_size=10, pieces=pieces)
    assert cut[0].last_id == last_id
    assert [part.end for part in cut] == [*(part.last_id for part in cut[1:]), None]
    assert len(cut) <= pieces
    assert all((part.end - part.last_id) % 10 == 0 for part in cut[:-1])


def test_a_range_ends_at_its_end_without_another_call():
    asked = []

    def fetch(after):
        asked.append(after)
        return server(range(1, 20))(after)

    assert ids_of(iter_pages(fetch, after_id=2, end=7)) == [3, 4, 5, 6, 7]
    assert asked == [2, 5]


@pytest.mark.parametrize("ids", [[], [7], range(1, 11), range(1000, 4100), range(1023, 1025), [3, 5, 6], [1, 2048]])
def test_ids_of_a_page_are_added_whether_they_are_neighbours_or_not(ids):
    seen = IdSet([2, 5000])
    seen.add_ascending(ids)
    assert list(seen) == sorted({2, 5000, *ids})
