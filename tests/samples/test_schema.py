"""The raw schemas of the sample company agree with themselves and with the records."""

from __future__ import annotations

from collections import Counter

import pytest

from ninox_simulator.samples.blattwerk.nursery import LONG_CAPTION
from ninox_singer.types import TYPES
from tests.helpers.cases import doubles, stored_values

STORED_AS = {
    type_: tuple({type(doubles(value)) for value in stored_values(type_)})
    for type_, known in TYPES.items()
    if known.write
}
"""Field type → what Python makes of the values that it may hold."""


def definitions(database):
    for table_id, type_ in database.schema["types"].items():
        for field_id, definition in type_["fields"].items():
            yield table_id, field_id, definition


def test_every_field_type_occurs(buero):
    bases = {definition["base"] for _, _, definition in definitions(buero)}
    assert bases == TYPES.keys(), "a field of it is missing in ninox_simulator/samples/blattwerk/office.py"


def test_the_empty_table_has_one_field_of_every_type(buero):
    bases = [definition["base"] for definition in buero.schema["types"]["T"]["fields"].values()]
    assert Counter(bases) == Counter(TYPES.keys()), "LEERE_TABELLE in ninox_simulator/samples/blattwerk/office.py"
    assert buero.records["T"] == []


def test_every_type_that_is_stored_has_values(buero):
    used = {
        definition["base"]
        for table, field_id, definition in definitions(buero)
        if any(field_id in row.fields for row in buero.records[table])
    }
    stored = {type_ for type_, values in STORED_AS.items() if values}
    assert stored - used == set(), "give a field of it values in ninox_simulator/samples/blattwerk/office.py"


def test_about_a_third_of_the_fields_are_formulas_without_stored_values(small):
    bases = Counter(
        definition["base"] for database in small for table, _, definition in definitions(database) if table != "S"
    )
    assert 0.28 < bases["fn"] / bases.total() < 0.32
    assert 320 < bases.total() < 380


def test_references_and_reverse_fields_name_each_other(small):
    for database in small:
        types = database.schema["types"]
        ends = {(table, field): d for table, field, d in definitions(database) if d["base"] in {"ref", "rev"}}
        for here, definition in ends.items():
            there = definition["refTypeId"], definition["refFieldId"]
            assert {definition["base"], ends[there]["base"]} == {"ref", "rev"}
            assert (ends[there]["refTypeId"], ends[there]["refFieldId"]) == here
            assert there[0] in types


def test_captions_are_unique_within_a_table(small):
    for database in small:
        for type_ in database.schema["types"].values():
            captions = [definition["caption"] for definition in type_["fields"].values()]
            assert len(captions) == len(set(captions))


@pytest.mark.parametrize(("table", "parent"), [("B", "A"), ("F", "E")])
def test_sub_tables_know_their_parent(buero, table, parent):
    types = buero.schema["types"]
    assert types[table]["master"] == parent
    assert types[parent]["children"] == [table]
    assert types[table]["fields"][types[table]["masterRef"]]["cascade"] is True


def test_pages_and_the_hidden_table_are_marked(buero):
    types = buero.schema["types"]
    assert {type_["caption"] for type_ in types.values() if type_["kind"] == "page"} == {"🗂️ Dashboard", "Home"}
    assert [type_["caption"] for type_ in types.values() if type_["hidden"]] == ["zz_Import (alt)"]
    assert len(types["S"]["fields"]) == 140


def test_buttons_and_views_are_no_fields(buero):
    assert {element["base"] for element in buero.schema["types"]["A"]["uis"].values()} == {"button", "view"}


def test_salaries_and_two_fields_of_staff_are_out_of_reach(buero):
    assert buero.unreadable_tables == ["YB"]
    fields = buero.schema["types"]["L"]["fields"]
    hidden = {fields[field_id]["caption"] for field_id in buero.unreadable_fields["L"]}
    assert hidden == {"Geburtsdatum", "Stundensatz"}
    assert all(fields[field_id]["readRoles"] for field_id in buero.unreadable_fields["L"])


def test_records_store_only_values_of_their_fields_type(small):
    for database in small:
        for table, rows in database.records.items():
            bases = {key: d["base"] for key, d in database.schema["types"][table]["fields"].items()}
            for row in rows:
                for field_id, value in row.fields.items():
                    assert isinstance(value, STORED_AS[bases[field_id]])


def test_most_references_lead_to_a_record(small):
    for database in small:
        rids = {table: {row.id for row in rows} for table, rows in database.records.items()}
        for table, field_id, definition in definitions(database):
            if definition["base"] == "ref":
                targets = [row.fields[field_id] for row in database.records[table] if field_id in row.fields]
                dangling = [target for target in targets if target not in rids[definition["refTypeId"]]]
                assert set(dangling) <= {10}


def test_choices_have_a_long_list_case_twins_a_number_and_punctuation(small):
    lists = [
        [option["caption"] for option in definition["values"].values()]
        for database in small
        for _, _, definition in definitions(database)
        if "values" in definition
    ]
    assert any(len(options) == 120 for options in lists)
    assert any({"pflege", "Pflege"} <= set(options) for options in lists)
    assert any("2" in options and options.index("2") != 1 for options in lists)
    assert any("Leiter, Technik; Einkauf" in options for options in lists)


def test_captions_clash_with_system_attributes_and_reserved_words(small):
    captions = {definition["caption"] for database in small for _, _, definition in definitions(database)}
    assert {"ID", "Id", "id", "createdAt", "sequence", "select", "order", "user", "Straße", "Strasse"} <= captions
    assert len(LONG_CAPTION) >= 90
