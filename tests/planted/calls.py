"""Promises about the number of API calls."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PROMISES = [
    Promise(
        "CHANGELOG.md",
        "pages grow from 1,000 records to 10,000 while answers are full, quick and small",
        test="tap/test_page_size.py::test_pages_grow_from_a_thousand_to_ten_thousand_while_answers_are_full",
        defects=(
            Defect("ninox_api:PageSize.note", "self._next = min(self._most, asked * _GROWTH)", "pass"),
            Defect("ninox_api:PageSize.__init__", "MAX_PAGE_SIZE if size is None else self.first", "self.first"),
        ),
    ),
    Promise(
        "CHANGELOG.md",
        "pages grow from 1,000 records to 10,000 while answers are full, quick and small",
        test="tap/test_page_size.py::test_pages_do_not_grow_while_answers_are_slow",
        defects=(Defect("ninox_api:PageSize.note", "and delivery.seconds <= QUICK_S", ""),),
    ),
    Promise(
        "CHANGELOG.md",
        "become smaller before a slow one fails",
        test="tap/test_page_size.py::test_a_slow_answer_makes_the_next_pages_smaller_but_not_smaller_than_the_first",
        defects=(Defect("ninox_api:PageSize.note", "max(self.first, asked // _GROWTH)", "asked // _GROWTH"),),
    ),
    Promise(
        "CHANGELOG.md",
        "A size that the server refuses is not tried again",
        test="tap/test_page_size.py::test_a_larger_page_that_is_refused_is_asked_for_in_the_size_that_was_answered",
        defects=(
            Defect("ninox_api:PageSize.shrink", "(was_too_much(error) or is_refused)", "was_too_much(error)"),
            Defect("ninox_api:PageSize.shrink", "self._next = self._most = smaller", "self._next = smaller"),
        ),
    ),
    Promise(
        "CHANGELOG.md",
        "the bookmark remembers the most that it sends",
        test="tap/test_page_size.py::test_the_bound_of_a_server_is_remembered_and_no_short_page_is_taken_for_the_end",
        defects=(
            Defect("ninox_api:PageSize._note_cap", "self.cap = rows", "pass"),
            Defect("ninox_api:PageSize._note_cap", "self.cap = None", "pass"),
            Defect("tap_ninox:TableStream._emit_full", "bookmark.page_cap = reading.pages.page_cap", "pass"),
            Defect(
                "tap_ninox:TablePages._range", "page and is_short and table_end.is_newest(last_id)", "page and is_short"
            ),
        ),
    ),
    Promise(
        "CHANGELOG.md",
        "no empty page is asked for where the feed names the id behind the last record as the next one",
        test="tap/test_first_load.py::test_pages_of_ten_bring_every_row_with_one_call_a_page_if_the_feed_tells_the_end",
        defects=(Defect("tap_ninox:_TableEnd.is_known_last", "record_id + 1 == self._next_id", "False"),),
    ),
]
