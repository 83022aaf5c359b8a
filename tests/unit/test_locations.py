"""The text of a location, whatever is in it."""

from __future__ import annotations

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
