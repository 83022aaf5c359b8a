"""Equality by meaning: what only looks different is not written again."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ninox_api.schema import Choice, Field
from target_ninox.planning.compare import meaning_of

STATES = (Choice(id="1", caption="Offen"), Choice(id="2", caption="Fertig"), Choice(id="3", caption="1"))


def means(type_, value):
    return meaning_of(Field(id="A", name="A", type=type_, choices=STATES, target_table_id="B"))(value)


EQUAL = [
    ("string", "", None),
    ("string", "a", "a"),
    ("string", "12", 12),
    ("html", "", None),
    ("html", "<p></p>", ""),
    ("html", "<p>&nbsp;</p><br>", None),
    ("html", "<P CLASS='a'>x &amp; y</P>", '<p class="a">x & y</p>'),
    ("html", "a<br/>b", "a<br>b"),
    ("html", "1 < 2 & 3", "1 &lt; 2 &amp; 3"),
    ("number", 1, Decimal("1.0")),
    ("number", 1.0, 1),
    ("number", Decimal("5.50"), 5.5),
    ("number", Decimal("0.33333333333333333333"), Decimal("0.3333333333333333")),
    ("number", Decimal("-0.0"), 0),
    ("boolean", None, ""),
    ("date", "2026-01-01", "2026-01-01T00:00:00"),
    ("timestamp", "2026-01-01T12:30", "2026-01-01T12:30:00"),
    ("timestamp", "2026-01-01T12:30:00", "2026-01-01T12:30:00.000Z"),
    ("datetime", "2026-01-01 12:30:00", "2026-01-01T12:30:00"),
    ("time", "12:30", "12:30:00"),
    ("timeinterval", "01:30", "01:30:00.000"),
    ("timeinterval", "0:00", "-00:00:00"),
    ("appointment", "2026-01-01T09:00 - 2026-01-01T10:00", "2026-01-01T09:00:00 - 2026-01-01T10:00:00"),
    ("choice", "1", 1),
    ("choice", "2", "Fertig"),
    ("choice", "9", 9),
    ("multi", ["1", "2"], ["2", "1", "2"]),
    ("multi", ["1", "2"], {"Fertig": True, "1": True, "3": False}),
    ("multi", ["1"], {"0": "Offen"}),
    ("multi", ["1"], "Offen"),
    ("multi", [], None),
    ("ref", 7, [7]),
    ("ref", 7, "B7"),
    ("dchoice", 7, "7"),
    ("dmulti", [1, 2], ["2", "1"]),
    ("dmulti", [], ""),
    ("location", "Berlin\n<52.50,13.4>", "Berlin <52.5, 13.40>"),
    ("location", "Hauptstr. 1\nBerlin ", "Hauptstr. 1 Berlin"),
    ("color", "#FF00aa", "#ff00AA"),
    ("image", None, ""),
    ("hologram", {"b": 1, "a": 2}, {"a": 2, "b": 1}),
]


@pytest.mark.parametrize(("type_", "one", "other"), EQUAL, ids=map(str, range(len(EQUAL))))
def test_what_means_the_same(type_, one, other):
    assert means(type_, one) == means(type_, other)
    assert hash(means(type_, one)) == hash(means(type_, other))


DIFFERENT = [
    ("string", "a", "a "),
    ("string", "A", "a"),
    ("string", "01", "1"),
    ("string", " ", ""),
    ("string", "0", ""),
    ("html", "<b>x</b>", "x"),
    ("html", "<img src='a'>", ""),
    ("html", "a b", "ab"),
    ("html", "&lt;b&gt;", "<b>"),
    ("number", 0, None),
    ("number", 2**53, 2**53 + 1),
    ("number", Decimal("0.1"), Decimal("0.10000001")),
    ("number", 1, "eins"),
    ("boolean", False, None),
    ("boolean", False, True),
    ("date", "2026-01-01", "2026-01-02"),
    ("timestamp", "2026-01-01T12:30:00", "2026-01-01T12:30:01"),
    ("timestamp", "2026-01-01T00:00:00", None),
    ("timeinterval", "01:30", "-01:30"),
    ("timeinterval", "00:00", None),
    ("appointment", "2026-01-01T09:00 - 2026-01-01T10:00", "2026-01-01T09:00 - 2026-01-01T11:00"),
    ("choice", "1", "2"),
    # An id is an id: option 3 has the caption "1".
    ("choice", "3", "1"),
    ("choice", "9", None),
    ("multi", ["1"], ["1", "2"]),
    ("ref", 7, 8),
    ("ref", 7, None),
    ("dmulti", [1], [1, 2]),
    ("location", "Berlin\n<52.5,13.4>", "Berlin"),
    ("location", "<0,0>", None),
]


@pytest.mark.parametrize(("type_", "one", "other"), DIFFERENT, ids=map(str, range(len(DIFFERENT))))
def test_what_means_something_else(type_, one, other):
    assert means(type_, one) != means(type_, other)


@pytest.mark.parametrize(
    "type_", ["number", "boolean", "date", "time", "timestamp", "choice", "multi", "ref", "location"]
)
@pytest.mark.parametrize("odd", [{"a": [1]}, [["x"]], True, "\ud800", -5, "PM"], ids=repr)
def test_a_value_of_another_type_has_a_meaning_too(type_, odd):
    assert hash(means(type_, odd)) is not None
