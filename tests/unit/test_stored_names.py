"""Names of files in a store: one segment of a path on every file system, another one for another file."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_ninox.files.names import MAX_BYTES, safe_segment, stored_names

HARMLESS = [
    "Foto 2021-08-30 10-55-15.jpg",
    "Plan Größe 100%.pdf",
    "Plan #2.pdf",
    "Plan+Anlage.pdf",
    "ohne-endung",
    "a.b.c",
    "日本.png",
    "🌱.gif",
]
HARMFUL = [
    "../../etc/passwd",
    "..",
    ".",
    "",
    "/etc/passwd",
    "C:\\x.txt",
    "a/b.txt",
    "a\\b.txt",
    "nul\0.txt",
    "CON",
    "con.txt",
    "lpt1.tar.gz",
    ".htaccess",
    "trailing.",
    "trailing ",
    " leading",
    "x" * 5000 + ".pdf",
    "ü" * 200 + ".pdf",
    "a\u202etxt.exe",
    "a\nb.txt",
    "a~12345678.txt",
    'a"<>|?*:.txt',
]


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_name_stays_as_it_is(name):
    assert safe_segment(name) == name


@pytest.mark.parametrize("name", HARMFUL, ids=lambda name: repr(name[:20]))
def test_a_harmful_name_becomes_another_one_with_its_hash(name):
    safe = safe_segment(name)
    assert safe != name
    assert_is_one_segment(safe)
    assert safe.rpartition(".")[2] in {name.rpartition(".")[2], safe} or "~" in safe


@given(st.lists(st.text(max_size=300) | st.sampled_from([*HARMLESS, *HARMFUL]), unique=True, max_size=6))
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
    assert len(name.encode()) <= MAX_BYTES
    assert name == name.strip().rstrip(". ")
    assert name.partition(".")[0].casefold().rstrip() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


def test_names_that_a_file_system_takes_for_one_are_told_apart():
    names = ["Größe.pdf", unicodedata.normalize("NFD", "Größe.pdf"), "GRÖSSE.PDF", "other.pdf"]
    stored = stored_names(names)
    assert len({unicodedata.normalize("NFC", name).casefold() for name in stored.values()}) == 4
    assert stored["other.pdf"] == "other.pdf"
    assert all(name.casefold().endswith(".pdf") for name in stored.values())
    assert stored_names(reversed(names)) == stored
