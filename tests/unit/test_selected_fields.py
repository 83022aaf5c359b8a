"""A page is decoded into the selected fields, or as it comes where anything in it is unusual."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from ninox_api.client import NinoxRecord
from tap_ninox.rows.columns import Column
from tap_ninox.rows.fast_path import SelectedFieldsDecoder, attributes_of

COLUMNS = [
    Column(name="name", title="Name", field_id="A", type="string", part=""),
    Column(name="amount", title="Amount", field_id="B", type="number", part=""),
    Column(name="stage", title="Stage", field_id="C", type="choice", part="", captions={"1": "new"}),
    Column(name="stage_id", title="Stage", field_id="C", type="choice", part="id", captions={"1": "new"}),
    Column(name="total", title="Total", field_id="D", type="fn", part=""),
]


def decoded(*fields):
    records = [{"id": number, "fields": values, "sequence": 7} for number, values in enumerate(fields, 1)]
    return SelectedFieldsDecoder(COLUMNS).decode(msgspec.json.Encoder(decimal_format="number").encode(records))


def test_fields_that_come_with_records_have_an_attribute_each():
    assert attributes_of(COLUMNS) == {"A": "f0", "B": "f1", "C": "f2"}


def test_selected_fields_are_decoded_and_others_are_not():
    (record,) = decoded({"A": "x", "B": Decimal("0.10"), "Z": {"much": ["more"]}})
    assert isinstance(record, NinoxRecord)
    assert (record.id, record.sequence) == (1, 7)
    assert msgspec.structs.astuple(record.fields) == ("x", Decimal("0.10"), None)


@pytest.mark.parametrize("unusual", [{"A": 7}, {"A": "x", "C": 1}, {"C": ["1"]}])
def test_a_page_with_an_unusual_value_is_decoded_as_it_comes(unusual):
    first, second = decoded({"A": "x"}, unusual)
    assert (first.fields, second.fields) == ({"A": "x"}, unusual)


def test_a_page_that_seems_empty_is_decoded_as_it_comes_for_it_may_be_keyed_by_captions():
    (record,) = decoded({"Name": "x"})
    assert record.fields == {"Name": "x"}


@pytest.mark.parametrize(
    "damaged", [b"", b"[{", b'[{"id":1,"fields":{"A":"x"}}', b'{"message":"no"}', b'[{"fields":{}}]']
)
def test_what_is_no_page_is_an_error(damaged):
    with pytest.raises(msgspec.DecodeError):
        SelectedFieldsDecoder(COLUMNS).decode(damaged)
