"""Text, numbers, booleans and places → what Ninox takes: what is accepted, and what is refused without being quoted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from target_ninox.encoding.types import TYPES, field_type
from tests.helpers.encoded import GERMAN, ISO, encode, refused

AS_TEXT = [
    ("01067", "01067"),
    (" a ", " a "),
    (1067, "1067"),
    (Decimal("1.10"), "1.10"),
    (0.5, "0.5"),
    (True, "true"),
    ({"a": [1, Decimal("1.50"), None]}, '{"a":[1,1.50,null]}'),
    ("=1+1", "=1+1"),
    ("e\u0301", "e\u0301"),
]


@pytest.mark.parametrize("type_", ["string", "email", "phone", "link", "html", "icon", "color", "user", "image"])
@pytest.mark.parametrize(("given", "expected"), AS_TEXT, ids=map(str, range(len(AS_TEXT))))
def test_text_is_kept_letter_by_letter(type_, given, expected):
    assert encode(type_, given) == expected


NUMBERS = [
    (ISO, 5, 5),
    (ISO, 2**53 + 1, 2**53 + 1),
    (ISO, 10**30 + 1, 10**30 + 1),
    (ISO, Decimal("0.10000000000000000001"), Decimal("0.10000000000000000001")),
    (ISO, Decimal("1E+3"), 1000),
    (ISO, Decimal("1.00"), 1),
    (ISO, 0.1, Decimal("0.1")),
    (ISO, 1e21, 10**21),
    (ISO, " -12.50 ", Decimal("-12.50")),
    (ISO, "1e-3", Decimal("0.001")),
    (ISO, ".5", Decimal("0.5")),
    (ISO, "-0", 0),
    (GERMAN, "1.234,56", Decimal("1234.56")),
    (GERMAN, "-1.234.567,8", Decimal("-1234567.8")),
    (GERMAN, "1234,5", Decimal("1234.5")),
    (GERMAN, "1.234", 1234),
    (GERMAN, "12", 12),
    (GERMAN, "1 234,56", Decimal("1234.56")),
    (GERMAN, "1\u202f234,56", Decimal("1234.56")),
    (GERMAN, "0,333", Decimal("0.333")),
    (GERMAN, 12.5, Decimal("12.5")),
]


@pytest.mark.parametrize(("formats", "given", "expected"), NUMBERS, ids=map(str, range(len(NUMBERS))))
def test_a_number_keeps_its_digits(formats, given, expected):
    got = encode("number", given, formats)
    assert (got, type(got)) == (expected, type(expected))


REFUSED_NUMBERS = [
    (ISO, "1.234,56", "not_a_number"),
    (ISO, "1,5", "not_a_number"),
    (ISO, "1_000", "not_a_number"),
    (ISO, "٣", "not_a_number"),
    (ISO, "500 mt", "not_a_number"),
    (ISO, "PM", "not_a_number"),
    (ISO, "NaN", "not_a_number"),
    (ISO, "0x10", "not_a_number"),
    (ISO, True, "not_a_number"),
    (ISO, [1], "not_a_number"),
    (ISO, {}, "not_a_number"),
    (ISO, Decimal("NaN"), "not_finite"),
    (ISO, Decimal("-Infinity"), "not_finite"),
    (ISO, float("inf"), "not_finite"),
    (ISO, Decimal("1e999999"), "too_large"),
    (ISO, 10**5000, "too_large"),
    (ISO, "9" * 399, "too_large"),
    (ISO, "9" * 5000, "not_a_number"),
    (GERMAN, "1234.56", "not_a_number"),
    (GERMAN, "12.5", "not_a_number"),
    (GERMAN, "0.333,5", "not_a_number"),
    (GERMAN, "0.333", "not_a_number"),
    (GERMAN, "1.23,5", "not_a_number"),
    (GERMAN, "1,234,567", "not_a_number"),
]


@pytest.mark.parametrize(("formats", "given", "code"), REFUSED_NUMBERS, ids=map(str, range(len(REFUSED_NUMBERS))))
def test_what_is_no_number_is_refused(formats, given, code):
    assert refused("number", given, formats).code == code


@pytest.mark.parametrize("word", [True, 1, Decimal(1), "true", "TRUE", " Ja ", "j", "yes", "1", "wahr", "t"], ids=repr)
def test_what_means_true(word):
    assert encode("boolean", word) is True


@pytest.mark.parametrize("word", [False, 0, 0.0, "false", "Nein", "n", "no", "0", "falsch", "f"], ids=repr)
def test_what_means_false(word):
    assert encode("boolean", word) is False


@pytest.mark.parametrize("word", ["vielleicht", 2, Decimal("0.5"), float("nan"), [True], "x", "on"], ids=repr)
def test_what_is_neither_is_refused(word):
    assert refused("boolean", word).code == "not_a_boolean"


LOCATIONS = [
    ("Hauptstr. 1\nBerlin", {}, "Hauptstr. 1\nBerlin"),
    ("Berlin\n<52.5,13.4>", {}, "Berlin\n<52.5,13.4>"),
    (None, {"latitude": Decimal("52.5300"), "longitude": "-13.4"}, "<52.5300,-13.4>"),
    ("Berlin", {"latitude": 52.5, "longitude": 13}, "Berlin\n<52.5,13>"),
    ("Berlin <1,2>", {"latitude": 0, "longitude": 0}, "Berlin\n<0,0>"),
]


@pytest.mark.parametrize(("address", "coordinates", "expected"), LOCATIONS, ids=map(str, range(len(LOCATIONS))))
def test_a_location_is_text_and_coordinates(address, coordinates, expected):
    assert encode("location", address, **coordinates) == expected


def test_what_is_no_place_is_refused():
    assert refused("location", "Berlin", latitude=52).code == "half_a_location"
    assert refused("location", None, latitude=91, longitude=0).code == "not_a_coordinate"
    assert refused("location", None, latitude=0, longitude="west").code == "not_a_number"


def test_half_a_character_is_refused():
    assert refused("string", "a\ud800").code == "not_text"
    assert refused("string", Decimal("NaN")).code == "not_finite"


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_what_is_empty(type_):
    is_empty = TYPES[type_].is_empty
    assert is_empty(None)
    assert is_empty("")
    assert not is_empty(0)
    assert not is_empty(False)
    assert is_empty(" ") == (TYPES[type_].make is not TYPES["string"].make)


def test_the_documentation_s_names_of_types_are_understood():
    assert field_type("datetime") is TYPES["timestamp"]
    assert field_type("url") is TYPES["link"]
    assert field_type("hologram") is None
