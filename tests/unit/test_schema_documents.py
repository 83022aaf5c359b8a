"""Schemas in both forms that Ninox answers."""

from __future__ import annotations

import pytest

from ninox_api.errors import NinoxProtocolError
from ninox_api.schema import parse_schema, parse_table, parse_tables

RAW = {
    "settings": {"name": "Shop"},
    "schema": {
        "seq": 92,
        "types": {
            "AA": {"caption": "Positions", "master": "A", "fields": {}},
            "B": {"caption": "Board", "kind": "page", "fields": {}},
            "A": {
                "caption": "Customers",
                "hidden": True,
                "fields": {
                    "A1": {"base": "fn", "caption": "Total", "fn": "sum(Orders.Price)"},
                    "B": {"base": "ref", "caption": "Parent", "refTypeId": "A", "refFieldId": "C"},
                    "A": {"base": "string", "caption": "Name", "required": True, "someday": 1},
                    "D": {
                        "base": "choice",
                        "caption": "State",
                        "values": {
                            "2": {"caption": "closed", "order": 0},
                            "1": {"caption": "open", "order": 1},
                            "3": "not an option",
                        },
                    },
                },
            },
        },
    },
}


def test_the_raw_schema_by_age_with_formulas_masters_and_kinds():
    schema = parse_schema(RAW)
    customers, board, positions = schema.tables
    assert schema.lists_formulas
    assert (customers.id, customers.name, customers.is_hidden, customers.is_page) == ("A", "Customers", True, False)
    assert board.is_page
    assert (positions.id, positions.master_table_id) == ("AA", "A")
    name, parent, state, total = customers.fields
    assert (name.id, name.name, name.type, name.required) == ("A", "Name", "string", True)
    assert (parent.target_table_id, parent.target_field_id) == ("A", "C")
    assert [(choice.id, choice.caption) for choice in state.choices] == [("2", "closed"), ("1", "open")]
    assert total.is_formula
    assert total.formula == "sum(Orders.Price)"


def test_the_list_of_tables_says_it_in_other_words():
    document = [
        {
            "id": "A",
            "name": "Customers",
            "fields": [
                {"id": "B", "name": "Orders", "type": "rev", "referenceFromTable": "C", "referenceFromField": "D"},
                {"id": "A", "name": "State", "type": "choice", "choices": [{"id": 1, "caption": "open", "order": 0}]},
                {"id": "C", "name": "Parent", "type": "ref", "referenceToTable": "A", "reverseField": "E"},
            ],
        }
    ]
    schema = parse_tables(document)
    assert not schema.lists_formulas
    state, orders, parent = schema.tables[0].fields
    assert [(choice.id, choice.caption) for choice in state.choices] == [("1", "open")]
    assert (orders.target_table_id, orders.target_field_id) == ("C", "D")
    assert (parent.target_table_id, parent.target_field_id) == ("A", "E")


def test_what_is_missing_has_a_stand_in():
    table = parse_table({"id": "A", "fields": [{"id": "B"}]})
    assert (table.name, table.kind, table.fields[0].name, table.fields[0].type) == ("A", "table", "B", "unknown")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"schema": None},
        {"schema": "U2FsdGVkX1+encrypted"},
        {"schema": {}},
        {"schema": {"types": []}},
        {"schema": {"types": {"A": True}}},
        {"schema": {"types": {"A": {"fields": 1}}}},
        {"schema": {"types": {"A": {"fields": {"B": "x"}}}}},
        {"schema": {"types": {"A": {"fields": {"B": {"values": 1.5}}}}}},
    ],
)
def test_a_schema_that_cannot_be_read_is_an_error(document):
    with pytest.raises(NinoxProtocolError, match="not in a known form"):
        parse_schema(document)


def test_a_wrong_kind_of_word_is_taken_as_missing():
    fields = {"B": {"base": 7, "caption": [], "refTypeId": {}, "fn": None, "values": None}}
    (table,) = parse_schema({"schema": {"types": {"A": {"master": 5, "fields": fields}}}}).tables
    assert (table.master_table_id, table.fields[0].target_table_id) == (None, None)
    assert (table.fields[0].name, table.fields[0].type) == ("B", "unknown")


@pytest.mark.parametrize(
    "document",
    [
        [7],
        [{"id": "A", "fields": [{"id": "B", "choices": 1}]}],
        [{}],
        [{"id": "A"}],
        [{"id": "A", "fields": [{}]}],
        [{"id": 1, "fields": []}],
    ],
)
def test_a_table_without_id_or_fields_is_an_error(document):
    with pytest.raises(NinoxProtocolError, match="not in a known form"):
        parse_tables(document)
