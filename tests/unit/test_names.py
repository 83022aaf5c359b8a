"""What a name in a setting means: the rule that tap and target share, case by case."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ninox_api.errors import NinoxConfigError
from ninox_singer.names import Names, choose, describe_absent, fits, is_wanted
from ninox_singer.wording import MOST_LISTED


@dataclass(frozen=True)
class Thing:
    id: str
    name: str


THINGS = [
    Thing("A", "Kunden"), Thing("B", "kunden"), Thing("C", "Kunden [alt]"), Thing("D", "A*"), Thing("E", "Anna"),
    Thing("F", "Straße"), Thing("G", " Lager "), Thing("H", "Größen"), Thing("K", "E"), Thing("L", "R\u0308ohr"),
]  # fmt: skip
NAMES = Names(THINGS)


def ids(found):
    return "".join(thing.id for thing in found)


@pytest.mark.parametrize(
    ("wanted", "one", "all_of_them"),
    [
        ("Kunden", "A", "AB"),
        ("KUNDEN", "AB", "AB"),
        (" kunden", "AB", "AB"),
        ("B", "B", "B"),
        ("b", "", ""),
        ("Kunden [alt]", "C", "C"),
        ("* [ALT]", "", "C"),
        ("Kunden [a]", "", ""),
        ("A*", "D", "D"),
        ("a*", "D", "D"),
        ("An*", "", "E"),
        ("?nna", "", "E"),
        ("STRASSE", "F", "F"),
        ("lager", "G", "G"),
        (" Lager ", "G", "G"),
        ("E", "EK", "EK"),
        ("größen", "H", "H"),
        ("GRO\u0308SSEN", "H", "H"),
        ("Gro\u0308ßen", "H", "H"),
        ("\u0158ohr", "", ""),
        ("", "", ""),
    ],
)
def test_a_name_is_an_id_or_a_name_before_it_is_a_glob(wanted, one, all_of_them):
    assert (ids(NAMES.find(wanted)), ids(NAMES.find_all(wanted))) == (one, all_of_them)


def test_looser_spellings_count_as_much_as_another_case():
    names = Names(THINGS, loosely=(lambda thing: [thing.name.lower()[:3]], lambda wanted: wanted.lower()[:3]))
    assert ids(names.find("Kunden")) == "A"
    assert ids(names.find("KUNDEN")) == "ABC"
    assert ids(names.find_all("kun")) == ""


@pytest.mark.parametrize(
    ("patterns", "chosen", "absent"),
    [
        ([], "ABCDEFGHKL", 0),
        (["kunden*"], "ABC", 0),
        (["kunden*", "!Kunden [ALT]"], "AB", 0),
        (["!*n*"], "DFGKL", 0),
        (["Anna", "Berta"], "E", 1),
        (["!a1b2c3d4e5f6", "!db0000000001.Z"], "ABCDEFGHKL", 0),
    ],
)
def test_names_ids_globs_and_exclusions_choose(patterns, chosen, absent):
    found, problems = choose(NAMES, patterns, setting="tables")
    assert (ids(found), len(problems)) == (chosen, absent)


@pytest.mark.parametrize(
    ("patterns", "problem"),
    [
        (["Anne"], "tables: nothing is called 'Anne'. Did you mean 'Anna'? There is: ' Lager ', 'A*', "),
        (["Anna", "!Kundn"], "tables: nothing is called 'Kundn'. Did you mean '"),
        (["!Z"], "tables: nothing is called 'Z'."),
        (["Anna", "KUNDEN"], "tables: 2 are called 'KUNDEN'; use an id instead: A, B."),
    ],
)
def test_what_cannot_be_chosen(patterns, problem):
    with pytest.raises(NinoxConfigError) as caught:
        choose(NAMES, patterns, setting="tables", each_is_one=True)
    assert str(caught.value).startswith(problem)


def test_what_cannot_be_seen_is_not_judged():
    found, problems = choose(NAMES, ["!Zebra", "Yak"], setting="tables", sees_all=False)
    assert (found, len(problems)) == ([], 1)


@pytest.mark.parametrize(
    ("patterns", "is_there"),
    [([], True), (["B"], True), (["db.B"], True), (["notes"], True), (["b"], False), (["*", "!db.B"], False)],
)
def test_one_thing_alone(patterns, is_there):
    assert is_wanted(patterns, ids=("B", "db.B"), names=("Notes",)) is is_there


def test_a_thousand_names_do_not_stand_in_a_message():
    message = describe_absent("x", (f"table {number}" for number in range(5000)), setting="tables")
    assert message.endswith("', and 4,980 more.")
    assert message.count("table ") == MOST_LISTED


@pytest.mark.parametrize(("pattern", "name"), [("shop__x", "Shop__X"), ("SHOP__*", "shop__x"), ("[a]*", "[A]b")])
def test_names_of_streams_go_by_the_same_rule(pattern, name):
    assert fits(pattern, name)
    assert not fits("[ab]", "a")
