"""Captions → identifiers, and who keeps a name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninox_api.schema import age_key
from ninox_singer.identifiers import MAX_LENGTH, NameSpace, make_identifier
from tests.helpers.cases import each
from tests.helpers.functions import names


@pytest.mark.parametrize("case", each("names"))
def test_captions_become_names(case):
    assert names(case["fields"]) == case["properties"]


@given(st.text(), st.text(min_size=0, max_size=5))
def test_an_identifier_is_always_legal(caption, fallback):
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,61}", make_identifier(caption, fallback=fallback))


@given(st.lists(st.tuples(st.text(max_size=70), st.sampled_from(["A", "B", "ZD", "A1"])), max_size=30))
def test_names_are_unique_and_short(captions):
    space = NameSpace(["_id"])
    claimed = [
        space.claim(make_identifier(caption, fallback=object_id), suffixes=(object_id,))
        for caption, object_id in captions
    ]
    assert len(set(claimed)) == len(claimed)
    assert all(0 < len(name) <= MAX_LENGTH for name in claimed)


def test_who_comes_first_keeps_the_name():
    space = NameSpace()
    assert space.claim("name", suffixes=("A",)) == "name"
    assert space.claim("name", suffixes=("B",)) == "name_b"
    assert space.claim("name", suffixes=("B",)) == "name_2"


def test_a_suffix_is_never_cut_off():
    space = NameSpace(["a" * 62])
    assert space.claim("a" * 62, suffixes=("ZD",)) == "a" * 59 + "_zd"


def test_a_reserved_name_is_taken():
    assert NameSpace(["ninox_tables"]).claim("ninox_tables", suffixes=("A",)) == "ninox_tables_a"


def test_older_ids_come_first():
    assert sorted(["AA", "B1", "B", "ZD", "A", "A1", "Z"], key=age_key) == ["A", "B", "Z", "AA", "ZD", "A1", "B1"]
