"""A long value takes a time that grows with it and no faster, in every type and on every way: by squares it hangs."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from tests.helpers.functions import BadValueError, ValueRejectedError, find_offered_table, long_ways, types

PIECES = [
    " ",
    "\n",
    "1",
    "1,",
    "1.1,",
    "[",
    "<",
    "< ",
    "<1,",
    "<1,2>",
    "<b",
    "<!--",
    '<a b="',
    "-",
    ":",
    "01:00 - ",
    "&#1;",
    "e\u0301",
]
MANY = 1000


def seconds(use, value):
    began = time.process_time()
    with suppress(BadValueError, ValueRejectedError):
        use(value)
    return time.process_time() - began


@pytest.mark.parametrize("type_", types())
def test_eight_times_the_value_takes_eight_times_as_long(type_):
    for way, use in long_ways(type_):
        for piece in PIECES:
            for end in ("x", ">"):
                small, large = piece * MANY + end, piece * 8 * MANY + end
                takes_long = (seconds(use, large) > 20 * seconds(use, small) + 0.02 for _ in range(3))
                assert not all(takes_long), (way, piece, end)  # by squares it were 64 times


@pytest.mark.parametrize(
    ("script", "found"), [(" select x ;\n", "A"), ("select 'x'", "A"), ("select x y", None), ("select xy", None)]
)
def test_a_script_that_selects_a_table_offers_its_records(script, found):
    assert find_offered_table(script) == found
