"""Streams → tables, properties → fields: what goes where, what is left out, what is refused before any write."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest
import yaml

from ninox_api.errors import NinoxConfigError
from ninox_api.schema import Choice, DatabaseName, DatabaseSchema, Field, Table
from target_ninox.mapping.plan import plan_stream
from target_ninox.mapping.tables import Database, choose_table
from target_ninox.rows import RowRejectedError, StreamSchema
from target_ninox.settings import StreamSettings
from tests.helpers import limits

STATES = (Choice(id="1", caption="Offen"), Choice(id="2", caption="Fertig"), Choice(id="4", caption="Storniert"))


def make_field(field_id, name, type_="string", **more):
    return Field(id=field_id, name=name, type=type_, **more)


CUSTOMERS = Table(
    id="A",
    name="Customers",
    fields=(
        make_field("A", "Kundennr."),
        make_field("B", "Straße"),
        make_field("C", "Strasse"),
        make_field("D", "Status", "choice", choices=STATES),
        make_field("E", "status"),
        make_field("F", "Rabatt %", "number"),
        make_field("G", "Umsatz gesamt", "fn", formula="1"),
        make_field("H", "Geworben von", "ref", target_table_id="A"),
        make_field("I", "Projekte", "rev", target_table_id="B"),
        make_field("J", "Ort", "location"),
        make_field("K", "Logo", "image"),
    ),
)
PROJECTS = Table(
    id="B",
    name="Shop Projects",
    fields=(
        make_field("A", "Projektnr."),
        make_field("B", "Kunde", "ref", target_table_id="A"),
        make_field("C", "Zeitraum", "appointment"),
        make_field("D", "Tags", "multi", choices=STATES),
        make_field("E", "Team", "dmulti", target_table_id="A"),
        make_field("F", "Dauer", "timeinterval"),
        make_field("G", "Pos", "number"),
    ),
)
HOME = Table(id="C", name="Home", fields=(), kind="page")
DATABASE = DatabaseSchema(tables=(CUSTOMERS, PROJECTS, HOME), lists_formulas=True)


def plan(properties, stream="customers", *, key=("kundennr",), database=DATABASE, **settings):
    own_ids = settings.pop("has_own_ids", False)
    schema = {"properties": properties if isinstance(properties, dict) else {name: {} for name in properties}}
    stream_settings = StreamSettings.from_settings(settings)
    there = Database(team_id="T", name=DatabaseName(id="d", name="Shop"), schema=database)
    chosen = choose_table(stream, schema, there, wanted=stream_settings.table)
    chosen = replace(chosen, has_own_ids=own_ids)
    described = StreamSchema(stream=stream, schema=schema, key_properties=key)
    return plan_stream(described, chosen, database, stream_settings)


def problems_of(*args, **kwargs):
    with pytest.raises(NinoxConfigError) as caught:
        plan(*args, **kwargs)
    return caught.value.errors


def encoded(made, **record):
    return made.encode(record, 1)


def test_properties_find_their_fields_by_caption_and_slug_and_settings_by_id():
    made = plan(["Kundennr.", "rabatt", "Straße", "C", "H"], key=["Kundennr."], fields={"C": "C"})
    row = made.encode({"Kundennr.": "K-1", "rabatt": 5, "Straße": "neu", "C": "alt", "H": 7}, 1)
    assert row.fields == {"A": "K-1", "F": 5, "B": "neu", "C": "alt"}
    [warning] = made.warnings
    assert warning == (
        "customers: not loaded, no field is called so: 'H'. To load one, set streams.customers.fields: "
        '{"H": "<field>"}; to leave it out for good: {"H": null}.'
    )


def test_a_property_that_may_mean_two_fields_is_one_clear_error():
    assert problems_of(["kundennr", "strasse"]) == [
        (
            "streams.customers: strasse: several fields may be meant by 'strasse': 'Straße' (B), 'Strasse' (C); say "
            "which by its id under fields."
        )
    ]
    assert problems_of(["kundennr", "x"], fields={"x": "STATUS"})[0].startswith(
        "streams.customers: fields.x: several fields may be meant by 'STATUS': 'Status' (D), 'status' (E)"
    )


def test_parts_fold_back_into_their_field():
    made = plan(
        ["projektnr", "zeitraum_start", "zeitraum_end", "tags", "tags_ids", "kunde_id", "team_ids", "dauer_text"],
        "shop_projects",
        key=["projektnr"],
        fields={"tags_ids": "tags_ids"},
        references={"kunde_id": "_id", "team_ids": "_id"},
    )
    row = encoded(
        made,
        projektnr="P1",
        zeitraum_start="2026-01-01T09:00:00",
        zeitraum_end="2026-01-01T10:00:00",
        tags=["Offen"],
        tags_ids=["1"],
        kunde_id=3,
        team_ids=[1, 2],
        dauer_text="01:30",
    )
    assert row.fields == {
        "A": "P1",
        "C": "2026-01-01T09:00:00 - 2026-01-01T10:00:00",
        "D": ["1"],
        "E": [1, 2],
        "F": "01:30:00.000",
    }


def of_field(field_id, caption, part=""):
    return {"title": caption, "x-ninox": {"field": field_id, **({"part": part} if part else {})}}


def test_a_stream_of_tap_ninox_keeps_case_twins_apart():
    properties = {
        "_id": {},
        "_sequence": {},
        "status": of_field("D", "Status"),
        "status_id": of_field("D", "Status", "id"),
        "status_e": of_field("E", "status"),
    }
    made = plan(properties, key=["_id"], has_own_ids=True)
    row = made.encode({"_id": 7, "_sequence": 90, "status": "Offen", "status_id": "1", "status_e": "frei"}, 1)
    assert row.fields == {"D": "1", "E": "frei"}
    assert (row.record_id, row.key, made.matches_record_id) == (7, 7, True)


def test_a_field_of_another_database_is_met_by_its_caption():
    """Its id is another field's here; a part that the field here does not have is left out."""
    properties = {
        "kundennr": of_field("K", "Kundennr."),
        "strasse": of_field("C", "STRASSE"),
        "rabatt_id": of_field("D", "Rabatt %", "id"),
        "ort_alt": of_field("E", "Ort (alt)"),
    }
    [problem] = problems_of(properties)
    assert "several fields may be meant by 'strasse'" in problem
    made = plan({name: said for name, said in properties.items() if name != "strasse"})
    assert encoded(made, kundennr="K-1", rabatt_id="7", ort_alt="x").fields == {"A": "K-1"}
    assert "'rabatt_id'" in made.warnings[0]


@pytest.mark.parametrize("name", ["Preis, netto", "Preis: netto", 'Der "Preis"', "#", "- {a}", "ja", "7", "Größe\\"])
def test_a_setting_that_a_message_proposes_can_be_pasted_into_yaml_and_json(name):
    (warning,) = plan(["kundennr", name]).warnings
    proposed = re.findall(r"(?:fields|for good): (\{.*?\})(?=; to leave|\.$)", warning)
    meant = [{name: "<field>"}, {name: None}]
    assert ([yaml.safe_load(text) for text in proposed], [json.loads(text) for text in proposed]) == (meant, meant)


def test_what_is_left_out_is_named_once_before_any_row():
    made = plan(["kundennr", "umsatz_gesamt", "projekte", "rabat", "_sdc_extracted_at", "_modified_at"])
    assert made.warnings == (
        (
            "customers: not loaded, no field is called so: 'rabat' (nearest: 'Rabatt %'). To load one, set "
            'streams.customers.fields: {"rabat": "Rabatt %"}; to leave it out for good: {"rabat": null}.'
        ),
        (
            "customers: not loaded, Ninox does not let them be written: 'umsatz_gesamt' (a formula), "
            "'projekte' (the reverse side of a reference)."
        ),
    )
    assert encoded(made, kundennr="K-1", umsatz_gesamt=5, rabat=1).fields == {"A": "K-1"}


def test_everything_that_cannot_work_is_told_at_once():
    errors = problems_of(
        ["nr", "ort_latitude", "strasse", "Straße"],
        key=["nr"],
        fields={"gone": "A", "strasse": "B"},
        references={"strasse": "Kundennr."},
    )
    assert errors == [
        "streams.customers: fields: the stream has no property 'gone'.",
        "streams.customers: 'strasse' and 'Straße' both go to the field 'Straße'; leave one out with fields: null.",
        (
            "streams.customers: 'ort_latitude' cannot be put together for the field 'Ort' (location): give <field> or "
            "<field>_latitude + <field>_longitude or <field> + <field>_latitude + <field>_longitude."
        ),
        (
            "streams.customers: the stream's key: 'nr' goes to no field, so no record can be found by it; map it under "
            "fields, or set match_on."
        ),
        "streams.customers: references.strasse: it goes to no field that links to another table.",
    ]


def test_a_formula_is_no_key_and_says_why():
    [error] = problems_of(["kundennr", "umsatz_gesamt"], key=["umsatz_gesamt"])
    assert error.endswith("'umsatz_gesamt' is a formula, by which no record can be found; choose another.")


def test_mode_insert_warns_of_rows_that_come_again():
    assert "makes a record of every row" in plan(["kundennr"], mode="insert").warnings[0]


@pytest.mark.parametrize("mode", ["update", "upsert", "mirror"])
def test_a_mode_that_needs_a_key_says_so(mode):
    assert problems_of(["rabatt"], key=[], mode=mode) == [
        f"streams.customers: mode {mode} needs a key, and the stream has none; set match_on, or mode insert."
    ]


def test_insert_needs_no_key():
    made = plan(["rabatt"], key=[], mode="insert")
    assert encoded(made, rabatt=1).key is None


def test_settings_go_before_names():
    made = plan(["nr", "strasse", "kunde"], key=["nr"], fields={"nr": "Kundennr.", "strasse": None, "kunde": "H"},
                references={"kunde": "_id"})  # fmt: skip
    assert encoded(made, nr="K-1", strasse="x", kunde=4).fields == {"A": "K-1"}  # a link waits for its record


def test_keys_compare_by_meaning():
    made = plan(["pos", "kunde"], "shop_projects", key=["pos", "kunde"], references={"kunde": "_id"})
    alone = plan(["pos"], "shop_projects", key=["pos"])
    assert {encoded(alone, pos=pos).key for pos in (1, 1.0, Decimal(1), "1", "1.0")} == {1}
    assert made.key_of({"G": Decimal("1.0"), "B": [3]}) == (1, 3)
    assert made.key_of({"G": 1}) is None
    assert plan(["kundennr"]).key_of({"A": "01"}) == "01"


def test_an_empty_key_is_a_reject():
    with pytest.raises(RowRejectedError) as caught:
        encoded(plan(["kundennr", "Strasse"]), kundennr="", Strasse="geheim")
    assert (caught.value.property, caught.value.code) == ("kundennr", "empty_key")
    assert "geheim" not in str(caught.value)


def test_a_reference_is_resolved_by_the_key_of_the_other_table():
    made = plan(
        ["projektnr", "kunde"],
        "shop_projects",
        key=["projektnr"],
        references={"kunde": "kundennr"},
    )
    row = encoded(made, projektnr="P1", kunde="K-1")
    assert (row.fields, row.references) == ({"A": "P1"}, {"B": ("K-1",)})
    assert made.references["B"].key_of({"A": "K-1"}) == "K-1"
    assert made.resolve(row, lambda _field_id, key: {"K-1": 9}[key]).fields == {"A": "P1", "B": 9}
    with pytest.raises(RowRejectedError) as caught:
        made.resolve(row, lambda _field_id, _key: None)
    assert caught.value.code == "missing_reference"


def test_a_key_with_a_reference_waits_for_it():
    made = plan(["pos", "kunde"], "shop_projects", key=["pos", "kunde"], references={"kunde": "A"})
    row = encoded(made, pos=1, kunde="K-1")
    assert row.key is None
    assert made.resolve(row, lambda _field_id, _key: 9).key == (1, 9)


def test_only_what_differs_by_meaning_is_a_change():
    made = plan({"kundennr": {}, "rabatt": {}, "status_id": of_field("D", "Status", "id"), "ort": {}})
    row = encoded(made, kundennr="K-1", rabatt=Decimal("5.00"), status_id="1", ort="Berlin\n<52.5, 13.4>")
    current = {"A": "K-1", "F": 5, "D": "Offen", "J": "Berlin <52.50,13.40>"}
    assert made.changes(row, current) == {}
    assert made.changes(row, {**current, "F": 6}) == {"F": 5}
    assert made.changes(encoded(made, kundennr="K-1", rabatt=None), {"A": "K-1"}) == {}
    assert made.changes(encoded(made, kundennr="K-1", rabatt=None), {"A": "K-1", "F": 0}) == {"F": ""}


def test_a_name_alone_does_not_make_a_property_the_id_of_an_option():
    [error] = problems_of(["kundennr", "status_id"])
    assert "nothing says that 'status_id' holds ids of options of 'Status'" in error
    assert 'fields: {"status_id": "status_id"}; if' in error
    assert error.endswith('leave it out: fields: {"status_id": null}.')
    made = plan(["kundennr", "status_id"], fields={"status_id": "status_id"})
    assert encoded(made, kundennr="K", status_id="1").fields == {"A": "K", "D": "1"}
    for others in (["status"], ["status", "status_id"]):
        assert "options" not in "".join(plan(["kundennr", *others], fields={"status": "D"}).warnings)
    of_ninox = {"kundennr": {}, "status_id": of_field("D", "Status", "id")}
    assert plan(of_ninox).warnings == ()


def test_null_clears_or_keeps_and_absent_never_touches():
    assert encoded(plan(["kundennr", "rabatt"]), kundennr="K", rabatt=None).fields == {"A": "K", "F": ""}
    assert encoded(plan(["kundennr", "rabatt"]), kundennr="K").fields == {"A": "K"}
    assert encoded(plan(["kundennr", "rabatt"], null="keep"), kundennr="K", rabatt="").fields == {"A": "K"}


def test_a_deleted_row_has_its_key_and_nothing_else():
    made = plan(["kundennr", "rabatt", "_sdc_deleted_at"])
    row = encoded(made, kundennr="K", rabatt="kaputt", _sdc_deleted_at="2026-01-01T00:00:00Z")
    assert (row.deleted, row.key, row.fields) == (True, "K", {"A": "K"})


def test_deletions_of_tap_ninox_come_under_a_narrow_schema():
    narrow = ["_id", "_sequence", "_sdc_deleted_at"]
    tombstone = {"_id": 7, "_sequence": 90, "_sdc_deleted_at": "2026-01-01T00:00:00Z"}
    row = plan(narrow, key=["_id"], fields={"rabatt": "F"}, has_own_ids=True).encode(tombstone, 1)
    assert (row.deleted, row.record_id, row.key) == (True, 7, 7)
    by_key = plan(narrow, key=["_id"], match_on=["kundennr"]).encode(tombstone, 1)
    assert (by_key.deleted, by_key.record_id, by_key.key) == (True, None, None)


def test_a_field_has_one_file():
    both = ["kundennr", "logo", "logo_url", "other_url"]
    assert problems_of(both, fields={"logo_url": "Logo", "other_url": "K"}) == [
        "streams.customers: 'logo' and 'logo_url' both go to the field 'Logo'; leave one out with fields: null.",
        "streams.customers: 'logo_url' and 'other_url' both go to the field 'Logo'; leave one out with fields: null.",
    ]
    assert plan(both[:3], fields={"logo_url": "Logo", "logo": None}).file_fields.keys() == {"K"}


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"fields": {"logo_url": "Lgo"}}, "fields.logo_url: the table has no field 'Lgo'. Did you mean 'Logo'?"),
        ({"references": {"h": "Nr"}}, "references.h: 'Customers' has no field 'Nr'."),
        (
            {"references": {"h": "Umsatz gesamt"}},
            "references.h: the values of 'Umsatz gesamt' do not come with records (formula).",
        ),
        ({"match_on": ["_id"]}, "match_on: _id identifies a record by itself; it must be in the stream and the only"),
        ({"match_on": ["straße"]}, "match_on: the stream has no property 'straße'."),
    ],
    ids=range(5),
)
def test_a_setting_that_cannot_work_is_told(setting, told):
    fields = {"h": "H", **setting.get("fields", {})}
    references = {"h": "Kundennr.", **setting.get("references", {})}
    [error] = problems_of(["kundennr", "logo_url", "h"], **{**setting, "fields": fields, "references": references})
    assert error.startswith(f"streams.customers: {told}")


def test_files_are_told_apart_from_values():
    made = plan(["kundennr", "logo_url"], fields={"logo_url": "Logo"})
    row = encoded(made, kundennr="K", logo_url="https://example.com/a.png")
    assert (row.fields, row.files) == ({"A": "K"}, {"K": "https://example.com/a.png"})


@pytest.mark.parametrize(("prefix", "looks"), [("field", 0), ("stranger", 20)])
def test_nearest_names_are_looked_for_a_few_times_however_many_properties_there_are(prefix, looks):
    """Found by the load tests: 2,000 fields took minutes, as every name was compared with all others."""
    fields = tuple(make_field(f"A{number}", f"field {number}") for number in range(50))
    wide = DatabaseSchema(tables=(Table(id="A", name="Customers", fields=fields),), lists_formulas=True)
    properties = {f"{prefix}_{number}": {"type": ["string", "null"]} for number in range(50)}
    with limits.names_looked_up() as looked:
        plan({"field_0": {"type": "string"}, **properties}, key=("field_0",), database=wide)
    assert len(looked) == looks
