"""Names of files in a store: one segment of a path on every file system, another one for another file."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_ninox.sync.file_store import MAX_NAME_BYTES, safe_segment, stored_names
from tests.helpers.cases import cases, each

NAMES = {case["file"]: case["stored"] for case in cases("file_names")}
LONG = "x" * 5000 + ".pdf"


@pytest.mark.parametrize("case", each("file_names"))
def test_a_harmless_name_stays_as_it_is_and_a_harmful_one_becomes_another_with_its_hash(case):
    assert safe_segment(case["file"]) == case["stored"]
    assert_is_one_segment(case["stored"])


def test_a_name_that_is_too_long_is_cut_and_keeps_its_ending():
    assert_is_one_segment(safe_segment(LONG))
    assert safe_segment(LONG).endswith(".pdf")


@given(st.lists(st.text(max_size=300) | st.sampled_from([*NAMES, LONG]), unique=True, max_size=6))
def test_names_stay_inside_and_apart_whatever_they_are(names):
    stored = stored_names(names)
    assert stored.keys() == set(names)
    seen = {unicodedata.normalize("NFC", name).casefold() for name in stored.values()}
    assert len(seen) == len(names)
    for name in stored.values():
        assert_is_one_segment(name)


def assert_is_one_segment(name):
    assert name
    assert name not in {".", ".."}
    assert not set('/\\\0<>:"|?*') & set(name)
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert name == name.strip().rstrip(". ")
    assert name.partition(".")[0].casefold().rstrip() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


def test_names_that_a_file_system_takes_for_one_are_told_apart():
    names = ["Größe.pdf", unicodedata.normalize("NFD", "Größe.pdf"), "GRÖSSE.PDF", "other.pdf"]
    stored = stored_names(names)
    assert len({unicodedata.normalize("NFC", name).casefold() for name in stored.values()}) == 4
    assert stored["other.pdf"] == "other.pdf"
    assert all(name.casefold().endswith(".pdf") for name in stored.values())
    assert stored_names(reversed(names)) == stored
