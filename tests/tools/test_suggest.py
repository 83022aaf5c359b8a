"""`singer-ninox suggest`: how properties meet fields, and a configuration that works as it is pasted."""

from __future__ import annotations

import io
import json

import pytest
import yaml

from ninox_api.errors import NinoxError
from ninox_tools.suggest import suggest
from tests.helpers.run import records, run_target, schema, stored, target_settings, writes
from tests.helpers.seeds import database, field, table, team

pytestmark = pytest.mark.ninox(seed=lambda: team(database({"A": CUSTOMERS, "B": STAFF}, {"A": [], "B": []})))

CUSTOMERS = table(
    "Kunden",
    A=field("string", "Kunden-Nr."),
    B=field("string", "Name"),
    C=field("string", "Straße"),
    D=field("number", "Umsatz"),
    E=field("choice", "Status", values={"1": {"caption": "offen"}, "2": {"caption": "fertig"}}),
    F=field("ref", "Betreuer", refTypeId="B"),
    G=field("phone", "Telefon"),
    H=field("fn", "Rabatt", fn="1"),
    I=field("date", "Kunde seit"),
)
STAFF = table("Mitarbeiter", A=field("string", "Kürzel"))
ROWS = [
    {
        "Kundennr": "K-1",
        "Name": "a",
        "Strasse": "b",
        "Umsatz": "1.234,56",
        "Status": "offen",
        "Betreuer": "Weiß",
        "Tel": "1",
    },
    {"Kundennr": "K-2", "Name": "b", "Strasse": "c", "Umsatz": "-5,5", "Status": "zu", "Betreuer": "Weiß", "Tel": None},
]


def lines_of(messages):
    return io.BytesIO(b"".join(json.dumps(message).encode() + b"\n" for message in messages))


@pytest.fixture
def advise(simulator, tmp_path):
    def run(messages, **settings):
        config = tmp_path / "config.json"
        config.write_text(json.dumps(target_settings(simulator, **settings)), encoding="utf-8")
        output = io.StringIO()
        suggest(lines_of(messages), output, config=config)
        return output.getvalue()

    return run


def customers(name="kundenliste", rows=ROWS, **more):
    described = schema(name, key=["Kundennr"], **dict.fromkeys(rows[0], "string"), **more)
    return [described, *records(name, rows)]


def pasted(text):
    return yaml.safe_load(text.partition("beside its other settings:\n\n")[2])


def test_properties_meet_fields_and_nothing_is_written(advise, simulator):
    lines = [" ".join(line.split()) for line in advise(customers()).splitlines()]
    assert lines[:9] == [
        "kundenliste",
        "No table is called so; 'Kunden' (A) has fields for 5 of 7 properties.",
        "Kundennr Kunden-Nr. (A, string) similar: the same letters",
        "Name Name (B, string) the same name",
        "Strasse Straße (C, string) the same name, but for capitals and signs",
        "Umsatz Umsatz (D, number) the same name",
        "Status Status (E, choice) the same name; 1 different values are none of its 2 options",
        "Betreuer Betreuer (F, ref) the same name",
        "Tel - no field is called like it; null leaves it out without a warning",
    ]
    assert "Numbers that are written like 1.234,56: 2." in lines
    link = (
        "'Betreuer' links to 'Mitarbeiter': look whether its field 'Kürzel' has the key; if these are its record ids,"
    )
    assert f"{link} say _id." in lines
    assert "Fields that nothing fills: Telefon, Kunde seit." in lines
    assert writes(simulator) == []
    assert len(simulator.log.entries) == 3


def test_what_is_pasted_works(advise, simulator):
    settings = pasted(advise(customers()))
    assert settings == {
        "streams": {
            "kundenliste": {
                "table": "Kunden",
                "fields": {"Kundennr": "Kunden-Nr.", "Tel": None},
                "number_format": "de",
                "references": {"Betreuer": "Kürzel"},
            }
        }
    }
    run_target(
        simulator,
        [schema("mitarbeiter", key=["Kürzel"], Kürzel="string"), *records("mitarbeiter", [{"Kürzel": "Weiß"}])],
    )
    run = run_target(simulator, customers(), **settings)
    assert run.counts("kundenliste") == {"read": 2, "created": 1, "rejected": 1}  # the option that there is not
    assert stored(simulator)[1] == {"A": "K-1", "B": "a", "C": "b", "D": 1234.56, "E": "1", "F": 1}


def test_nothing_to_configure(advise):
    rows = [{"Kunden-Nr.": "K-1", "Name": "a"}]
    described = schema("kunden", key=["Kunden-Nr."], **dict.fromkeys(rows[0], "string"))
    text = advise([described, *records("kunden", rows)])
    assert "Goes to table 'Kunden' (A), since the stream is named 'kunden'." in text
    assert text.endswith("Nothing has to be configured.\n")


def test_what_cannot_work_is_said(advise):
    described = schema("kunden", key=["Nummer"], Nummer="string", Rabatt="number", **{"Kunde seit": "string"})
    rows = [{"Nummer": "1", "Kunde seit": "gestern"}, {"Nummer": "1", "Kunde seit": "31.12.2026"}]
    text = advise([described, *records("kunden", rows)])
    assert "No field has the key 'Nummer': no record can be found by it." in text
    assert "1 of 2 values do not fit" in text
    assert "gestern" not in text
    assert "Rabatt (H, fn)" in text
    assert "but it is a formula: left out" in text


def test_rows_with_one_key(advise):
    described = schema("kunden", key=["Name"], Name="string")
    text = advise([described, *records("kunden", [{"Name": "a"}, {"Name": "a"}])])
    assert "1 of 2 rows have the key of another one: the last one counts." in text


def test_a_stream_like_no_table(advise):
    described = schema("wetter", key=["Tag"], Tag="string", Regen="number")
    told = advise([described])
    assert "no table is called 'wetter'" in told
    assert "Nothing has to be configured." not in told


@pytest.mark.ninox(seed=lambda: team(database({})))
def test_a_database_without_tables(advise):
    with pytest.raises(NinoxError, match=r"^Database 'Shop' \(\w+\) has no table that this key may see\. Make one"):
        advise(customers())


@pytest.mark.parametrize("lines", [[b"Kunden-Nr.;Name\n"], [b'{"type": "RECORD"}\n'], []])
def test_what_is_no_singer_stream(lines, tmp_path):
    with pytest.raises(NinoxError, match="ut a tap before this command"):
        suggest(io.BytesIO(b"".join(lines)), io.StringIO(), config=tmp_path / "none.json")


@pytest.mark.parametrize(
    "message",
    [
        {"type": "RECORD", "stream": "s", "record": "canary"},
        {"type": "RECORD", "stream": ["s"], "record": {}},
        {"type": "SCHEMA", "stream": "s", "schema": "canary", "key_properties": []},
        {"type": "SCHEMA", "stream": "s", "schema": {"properties": ["canary"]}, "key_properties": []},
        {"type": "SCHEMA", "stream": "s", "schema": {"properties": {}}, "key_properties": [1]},
        "canary",
    ],
    ids=json.dumps,
)
def test_what_is_no_message_of_singer_is_named_by_its_line(advise, message):
    with pytest.raises(
        NinoxError, match=r"^Line 2 of the input is no Singer message: it has .*\. Put a tap before"
    ) as raised:
        advise([customers()[0], message])
    assert "canary" not in str(raised.value)


def with_values(**columns):
    """Return a row for each value of the columns, with a key of its own."""
    count = max(map(len, columns.values()))
    keys = columns.pop("Kundennr", [f"K-{number}" for number in range(count)])
    return [
        dict(zip(["Kundennr", *columns], values, strict=True)) for values in zip(keys, *columns.values(), strict=True)
    ]


UNCLEAR = "Numbers that are written like 1.234, which is taken for little more than one: "


@pytest.mark.parametrize(
    ("values", "count"),
    [(["1.234", "-5.000", "7"], 2), (["1.234", "1234.5"], 0), (["1.234", "1.234,50"], 0), (["0.125"], 0)],
)
def test_numbers_that_may_be_thousands_are_told(advise, values, count):
    told = advise(customers("kunden", rows=with_values(Umsatz=values)))
    assert (f"{UNCLEAR}{count}. If thousands are meant, set number_format: de." in told) is bool(count)
    assert (UNCLEAR in told) is bool(count)


@pytest.mark.parametrize(("values", "count"), [(["1.234", "2,50"], 1), (["12", "2,50"], 0), (["1,234", "2,50"], 0)])
def test_numbers_that_both_ways_of_writing_can_mean_are_told_where_some_are_german(advise, values, count):
    told = advise(customers("kunden", rows=with_values(Umsatz=values)))
    assert "Numbers that are written like 1.234,56: " in told
    assert (f"can be read both ways, such as 1.234: {count}. number_format decides" in told) is bool(count)
    assert ("both ways" in told) is bool(count)


@pytest.mark.parametrize("value", ["0171 1234567", "192.168.100.200", "2026 12 01", "5,", "1,234"])
def test_what_may_be_no_german_number_is_no_reason_to_read_all_numbers_so(advise, value):
    told = advise(customers("kunden", rows=with_values(Umsatz=[value, "1.234"])))
    assert '"de"' not in told
    assert f"{UNCLEAR}1." in told
    assert "Values for number fields that are no numbers: 1. Their rows would be rejected." in told


def test_keys_that_only_a_machine_tells_apart_are_told(advise):
    told = advise(
        customers("kunden", rows=with_values(Kundennr=["K-1", "k-1 ", "K-2", "K-2"], Name=["a", "b", "c", "d"]))
    )
    assert "1 of 4 rows have the key of another one: the last one counts." in told
    assert "Keys that differ from another one in blanks or in upper and lower case alone: 1. Each is a record" in told


def test_text_for_a_field_of_html_is_told(simulate, tmp_path):
    notes = table("Notes", A=field("string", "No"), B=field("html", "Text"))
    config, output = tmp_path / "config.json", io.StringIO()
    config.write_text(json.dumps(target_settings(simulate(team(database({"A": notes}))))), encoding="utf-8")
    rows = [{"No": "1", "Text": "Müller & Co"}, {"No": "2", "Text": "plain"}]
    messages = [schema("notes", key=["No"], No="string", Text="string"), *records("notes", rows)]
    suggest(lines_of(messages), output, config=config)
    assert "1 values have < or &, which this field takes for HTML" in output.getvalue()
