"""Captions → identifiers, and who keeps a name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninox_api.naming import MAX_LENGTH, NameSpace, age_key, identifier


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("Kunden", "kunden"),
        ("Straße (Büro)", "strasse_buero"),
        ("STRAẞE", "strasse"),
        ("A\u0308pfel", "aepfel"),  # the umlaut as letter and mark
        ("Café", "cafe"),
        ("E-Mail", "e_mail"),
        ("  Preis / m²  ", "preis_m2"),
        ("2. Telefon", "n2_telefon"),
        ("_id", "id"),
        ("Łódź", "lodz"),
        ("Ångström", "aangstroem"),
        ("a" * 80, "a" * 63),
        (("a" * 62) + " b", "a" * 62),
        ("🌱", "b1"),
        ("顧客", "b1"),
        ("", "b1"),
        ("🌱 Pflanzen", "pflanzen"),
    ],
)
def test_captions_become_identifiers(caption, expected):
    assert identifier(caption, fallback="B1") == expected


@given(st.text(), st.text(min_size=0, max_size=5))
def test_an_identifier_is_always_legal(caption, fallback):
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,62}", identifier(caption, fallback=fallback))


@given(st.lists(st.tuples(st.text(max_size=70), st.sampled_from(["A", "B", "ZD", "A1"])), max_size=30))
def test_names_are_unique_and_short(captions):
    names = NameSpace(["_id"])
    claimed = [
        names.claim(identifier(caption, fallback=object_id), suffixes=(object_id,)) for caption, object_id in captions
    ]
    assert len(set(claimed)) == len(claimed)
    assert all(0 < len(name) <= MAX_LENGTH for name in claimed)


def test_who_comes_first_keeps_the_name():
    names = NameSpace()
    assert names.claim("name", suffixes=("A",)) == "name"
    assert names.claim("name", suffixes=("B",)) == "name_b"
    assert names.claim("name", suffixes=("B",)) == "name_2"


def test_a_suffix_is_never_cut_off():
    names = NameSpace(["a" * 63])
    assert names.claim("a" * 63, suffixes=("ZD",)) == "a" * 60 + "_zd"


def test_a_reserved_name_is_taken():
    assert NameSpace(["ninox_tables"]).claim("ninox_tables", suffixes=("A",)) == "ninox_tables_a"


def test_older_ids_come_first():
    assert sorted(["AA", "B1", "B", "ZD", "A", "A1", "Z"], key=age_key) == ["A", "B", "Z", "AA", "ZD", "A1", "B1"]
