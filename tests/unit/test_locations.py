"""The text of a location, whatever is in it, in a time that grows with it and no faster."""

from __future__ import annotations

import time

import pytest

from ninox_singer.types.composite import split_location


@pytest.mark.parametrize(
    ("value", "address", "coordinates"),
    [
        ("Main St 1, Berlin\n<52.5200,13.4050>", "Main St 1, Berlin", ("52.5200", "13.4050")),
        ("<-33.9,-151.2>", "", ("-33.9", "-151.2")),
        ("Main St 1  < 52 , 13 > \n", "Main St 1", ("52", "13")),
        ("Main St 1\n", "Main St 1\n", None),
        ("a < b, 1,2>", "a < b, 1,2>", None),
        ("<1,2> Hof <3,4>", "<1,2> Hof", ("3", "4")),
        ("<1,2>, Hof", "<1,2>, Hof", None),
        ("", "", None),
        ("<", "<", None),
        ("<\u0661,\u0662>", "<\u0661,\u0662>", None),
    ],
)
def test_an_address_and_what_stands_behind_it(value, address, coordinates):
    assert split_location(value) == (address, coordinates)


@pytest.mark.parametrize("piece", [" ", "<", "< ", "1", "<1,", "\n", "<1,2>", "1.1,"])
def test_twice_the_text_takes_twice_the_time(piece):
    def seconds(count):
        began = time.process_time()
        split_location(piece * count + "x")
        split_location("<" + piece * count + ">")
        return time.process_time() - began

    assert seconds(400_000) <= 4 * seconds(200_000) + 0.05  # by squares, it would take hours
