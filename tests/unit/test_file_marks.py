"""Failures of files in the bookmark: all of them, however many, and in little room."""

from __future__ import annotations

import copy
import json
import random
import time

import pytest

from tap_ninox.sync.file_marks import FileMarks


def mark(values):
    values["table"] = "db.A"
    return FileMarks([values], store="x").take("db.A")


@pytest.mark.parametrize("again", [[7], [7, 9, 12], [[7, 9], 12], []], ids=str)
def test_what_a_bookmark_lists_is_read_in_both_forms(again):
    values = {"sequence": 5, "again": copy.deepcopy(again)}
    assert mark(values).again == {
        number for row in again for number in (range(row[0], row[1] + 1) if isinstance(row, list) else [row])
    }


@pytest.mark.parametrize(
    "again", [[[1, 2, 3]], [[9, 7]], [["a", 2]], [[1, 10**12]], ["x"], [[0, True]], {"1": 2}], ids=str
)
def test_a_list_that_is_none_of_ours_is_not_believed(again):
    marks = [{"table": "db.A", "sequence": 5, "again": again}, {"table": "db.B", "sequence": 5}]
    assert FileMarks(marks, store="x").take("db.A").again == set()
    assert marks == [{"table": "db.A", "store": "x"}, {"table": "db.B", "sequence": 5}]


def test_every_failure_is_in_the_bookmark_at_once_and_successes_when_it_is_saved():
    rng, values, failed = random.Random(3), {}, set()
    written = mark(values)
    for _ in range(2000):
        number = rng.randrange(1, 400)
        if rng.random() < 0.6:
            written.note_failure(number)
            failed.add(number)
        else:
            written.note_success(number)
            failed.discard(number)
        assert mark(copy.deepcopy(values)).again >= failed
        if rng.random() < 0.05:
            written.save()
            assert mark(copy.deepcopy(values)).again == failed


def test_three_hundred_thousand_failures_in_a_row_take_a_line_and_a_moment():
    values, started = {}, time.process_time()
    written = mark(values)
    for number in range(1, 300_001):
        written.note_failure(number)
    written.save()
    assert json.dumps(values["again"]) == "[[1, 300000]]"
    for number in range(1, 300_001, 2):
        written.note_success(number)
    written.save()
    assert len(mark(copy.deepcopy(values)).again) == 150_000
    assert time.process_time() - started < 10
