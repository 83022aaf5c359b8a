"""Choices and links → what Ninox takes: options by caption or id, records by id, never free text."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ninox_api.schema import Choice
from tests.helpers.encoded import LENIENT, STATES, encode, refused

CHOICES = [
    ("Offen", "1"),
    ("offen", "1"),
    ("OFFEN ", "1"),
    ("1", "1"),
    (1, "1"),
    (5, "5"),
    # A caption is a caption even if it is a number: "2" is not the option with the id 2.
    ("2", "4"),
    (2, "4"),
    (Decimal("2.0"), "4"),
    ("größe l", "6"),
    ("Größe L", "5"),
    ("fertig,  geliefert", "2"),
    ("FERTIG, GELIEFERT", "2"),
]


@pytest.mark.parametrize(("given", "expected"), CHOICES, ids=map(str, range(len(CHOICES))))
def test_a_choice_by_caption_id_or_folded_caption(given, expected):
    assert encode("choice", given, choices=STATES) == expected


def test_where_the_source_says_it_gives_ids_they_are_ids():
    assert encode("choice", None, choices=STATES, id="2") == "2"
    assert encode("choice", None, choices=STATES, id=2) == "2"
    assert encode("choice", None, choices=STATES, id="Offen") == "1"


def test_caption_and_id_settle_each_other():
    twins = (Choice(id="1", caption="x"), Choice(id="2", caption="x"), Choice(id="3", caption="y"))
    assert encode("choice", "x", choices=twins, id="2") == "2"
    assert encode("choice", "x", choices=twins) == "1"
    # Numbered differently in the other database: the caption is what people mean.
    assert encode("choice", "y", choices=twins, id="1") == "3"
    # Renamed in the other database: the id is the same.
    assert encode("choice", "z", choices=twins, id="3") == "3"


@pytest.mark.parametrize("given", ["storniert?", "GRÖSSE L", "GRÖßE L", "3", True, ["Offen"], 1.5], ids=repr)
def test_what_is_no_option_is_refused_with_the_options(given):
    error = refused("choice", given, choices=STATES)
    assert error.code == "unknown_choice"
    assert error.allowed == ("Offen", "Fertig, geliefert", "2", "Größe L", "größe l")
    assert encode("choice", given, LENIENT, choices=STATES) == ""


def test_a_deleted_option_is_refused_or_empty():
    assert refused("choice", None, choices=STATES, id="9").code == "unknown_choice"
    assert encode("choice", None, LENIENT, choices=STATES, id="9") == ""


MULTIS = [
    (["Offen", "2"], ["1", "4"]),
    (["offen", "Offen", 1], ["1"]),
    ("Offen", ["1"]),
    ("Fertig, geliefert", ["2"]),
    ("Offen; Größe L", ["1", "5"]),
    ("Offen,2", ["1", "4"]),
    ("Offen; Fertig, geliefert", ["1", "2"]),
    ("Offen\nGröße L\n", ["1", "5"]),
    ('["Offen", "Fertig, geliefert"]', ["1", "2"]),
    ([None, "Offen", ""], ["1"]),
]


@pytest.mark.parametrize(("given", "expected"), MULTIS, ids=map(str, range(len(MULTIS))))
def test_a_multiple_choice_is_a_list_or_text(given, expected):
    assert encode("multi", given, choices=STATES) == expected


def test_a_multiple_choice_refuses_one_unknown_member():
    assert refused("multi", ["Offen", "neu"], choices=STATES).code == "unknown_choice"
    assert refused("multi", "Offen; neu", choices=STATES).allowed[0] == "Offen"
    assert encode("multi", ["Offen", "neu"], LENIENT, choices=STATES) == ["1"]
    assert encode("multi", ["neu"], LENIENT, choices=STATES) == ""


def test_a_multiple_choice_by_captions_and_ids():
    assert encode("multi", ["Offen", "2"], choices=STATES, ids=["1", "4"]) == ["1", "4"]
    # tap-ninox leaves the captions of deleted options out.
    assert encode("multi", ["Offen"], LENIENT, choices=STATES, ids=["1", "9"]) == ["1"]
    assert encode("multi", ["Größe L"], choices=STATES, ids=["1"]) == ["5"]


LINKS = [(7, 7), ("7", 7), (" 7 ", 7), (7.0, 7), (Decimal("7.0"), 7), ("7.0", 7), ("B7", 7), ([7], 7)]


@pytest.mark.parametrize("type_", ["ref", "dchoice"])
@pytest.mark.parametrize(("given", "expected"), LINKS, ids=map(str, range(len(LINKS))))
def test_a_link_is_a_record_id(type_, given, expected):
    assert encode(type_, given) == expected


@pytest.mark.parametrize(
    "given", ["Meier", "A7", 0, -1, True, 1.5, [1, 2], 2**60, "9" * 5000, {}], ids=lambda value: repr(value)[:20]
)
def test_a_label_is_no_link(given):
    assert refused("dchoice", given).code == "not_a_record_id"


def test_several_links():
    assert encode("dmulti", [3, "1", "B3"]) == [3, 1]
    assert encode("dmulti", "3, 1") == [3, 1]
    assert encode("dmulti", "[3, 1]") == [3, 1]
    assert encode("dmulti", 3) == [3]
    assert encode("dmulti", [None]) == ""
    assert refused("dmulti", [3, "Meier"]).code == "not_a_record_id"
