"""As much data of one kind as wanted: `bulk:TABLESxROWSxFIELDS`."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import bulk_fields
from ninox_simulator.simulation import load_seed


def test_tables_have_as_many_rows_and_fields_as_asked_for():
    (company,) = load_seed("bulk:28x2x25", "s")
    (shop,) = company.databases
    assert list(shop.schema["types"])[-3:] == ["Z", "AA", "AB"]
    assert len({raw["caption"] for raw in shop.schema["types"]["A"]["fields"].values()}) == 25
    assert [record.fields.keys() for record in shop.records["AB"]] == [bulk_fields(25).keys()] * 2


def test_a_seed_of_another_form_is_refused_with_what_there_is():
    with pytest.raises(ValueError, match="give blattwerk, empty, bulk:TABLESxROWSxFIELDS or the path"):
        load_seed("bulk:28", "s")
