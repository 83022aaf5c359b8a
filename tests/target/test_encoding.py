"""JSON values → what Ninox takes, one form at a time: what is accepted, and what is refused without being quoted."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ninox_api.schema import Choice, Field
from target_ninox.encoding.types import TYPES, field_type
from target_ninox.encoding.values import Formats, ValueRejectedError

ISO = Formats()
GERMAN = Formats(german_numbers=True, german_dates=True, zone=ZoneInfo("Europe/Berlin"))
LENIENT = Formats(unknown_choice_is_empty=True)
STATES = (
    Choice(id="1", caption="Offen"),
    Choice(id="2", caption="Fertig, geliefert"),
    Choice(id="4", caption="2"),
    Choice(id="5", caption="Größe L"),
    Choice(id="6", caption="größe l"),
)


def encode(type_, value, formats=ISO, *, choices=(), **parts):
    """Encode one value, or several parts of one."""
    field = Field(id="A", name="A", type=type_, choices=choices, target_table_id="B")
    known = field_type(type_)
    encoder = known.make(field, formats)
    if known.is_plain:
        return encoder(value)
    given = {"": value, **parts} if value is not None else parts
    return encoder(given)


AS_TEXT = [
    ("01067", "01067"),
    (" a ", " a "),
    (1067, "1067"),
    (Decimal("1.10"), "1.10"),
    (0.5, "0.5"),
    (True, "true"),
    ({"a": [1, Decimal("1.50"), None]}, '{"a":[1,1.50,null]}'),
    ("=1+1", "=1+1"),
    ("e\u0301", "e\u0301"),
]


@pytest.mark.parametrize("type_", ["string", "email", "phone", "link", "html", "icon", "color", "user", "image"])
@pytest.mark.parametrize(("given", "expected"), AS_TEXT, ids=map(str, range(len(AS_TEXT))))
def test_text_is_kept_letter_by_letter(type_, given, expected):
    assert encode(type_, given) == expected


NUMBERS = [
    (ISO, 5, 5),
    (ISO, 2**53 + 1, 2**53 + 1),
    (ISO, 10**30 + 1, 10**30 + 1),
    (ISO, Decimal("0.10000000000000000001"), Decimal("0.10000000000000000001")),
    (ISO, Decimal("1E+3"), 1000),
    (ISO, Decimal("1.00"), 1),
    (ISO, 0.1, Decimal("0.1")),
    (ISO, 1e21, 10**21),
    (ISO, " -12.50 ", Decimal("-12.50")),
    (ISO, "1e-3", Decimal("0.001")),
    (ISO, ".5", Decimal("0.5")),
    (ISO, "-0", 0),
    (GERMAN, "1.234,56", Decimal("1234.56")),
    (GERMAN, "-1.234.567,8", Decimal("-1234567.8")),
    (GERMAN, "1234,5", Decimal("1234.5")),
    (GERMAN, "1.234", 1234),
    (GERMAN, "12", 12),
    (GERMAN, "1 234,56", Decimal("1234.56")),
    (GERMAN, "1\u202f234,56", Decimal("1234.56")),
    (GERMAN, "0,333", Decimal("0.333")),
    (GERMAN, 12.5, Decimal("12.5")),
]


@pytest.mark.parametrize(("formats", "given", "expected"), NUMBERS, ids=map(str, range(len(NUMBERS))))
def test_a_number_keeps_its_digits(formats, given, expected):
    got = encode("number", given, formats)
    assert (got, type(got)) == (expected, type(expected))


REFUSED_NUMBERS = [
    (ISO, "1.234,56", "not_a_number"),
    (ISO, "1,5", "not_a_number"),
    (ISO, "1_000", "not_a_number"),
    (ISO, "٣", "not_a_number"),
    (ISO, "500 mt", "not_a_number"),
    (ISO, "PM", "not_a_number"),
    (ISO, "NaN", "not_a_number"),
    (ISO, "0x10", "not_a_number"),
    (ISO, True, "not_a_number"),
    (ISO, [1], "not_a_number"),
    (ISO, {}, "not_a_number"),
    (ISO, Decimal("NaN"), "not_finite"),
    (ISO, Decimal("-Infinity"), "not_finite"),
    (ISO, float("inf"), "not_finite"),
    (ISO, Decimal("1e999999"), "too_large"),
    (ISO, 10**5000, "too_large"),
    (ISO, "9" * 399, "too_large"),
    (ISO, "9" * 5000, "not_a_number"),
    (GERMAN, "1234.56", "not_a_number"),
    (GERMAN, "12.5", "not_a_number"),
    (GERMAN, "0.333,5", "not_a_number"),
    (GERMAN, "0.333", "not_a_number"),
    (GERMAN, "1.23,5", "not_a_number"),
    (GERMAN, "1,234,567", "not_a_number"),
]


@pytest.mark.parametrize(("formats", "given", "code"), REFUSED_NUMBERS, ids=map(str, range(len(REFUSED_NUMBERS))))
def test_what_is_no_number_is_refused(formats, given, code):
    assert refused("number", given, formats).code == code


def refused(type_, value, formats=ISO, **parts):
    with pytest.raises(ValueRejectedError) as caught:
        encode(type_, value, formats, **parts)
    assert not isinstance(value, str) or len(value) < 3 or value not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("word", [True, 1, Decimal(1), "true", "TRUE", " Ja ", "j", "yes", "1", "wahr", "t"], ids=repr)
def test_what_means_true(word):
    assert encode("boolean", word) is True


@pytest.mark.parametrize("word", [False, 0, 0.0, "false", "Nein", "n", "no", "0", "falsch", "f"], ids=repr)
def test_what_means_false(word):
    assert encode("boolean", word) is False


@pytest.mark.parametrize("word", ["vielleicht", 2, Decimal("0.5"), float("nan"), [True], "x", "on"], ids=repr)
def test_what_is_neither_is_refused(word):
    assert refused("boolean", word).code == "not_a_boolean"


DAYS = [
    (ISO, "2026-12-31", "2026-12-31"),
    (ISO, "1899-12-31", "1899-12-31"),
    (ISO, "9999-12-31", "9999-12-31"),
    (ISO, "2024-02-29T00:00:00", "2024-02-29"),
    (ISO, "2026-12-31T23:59:59", "2026-12-31"),
    (ISO, "2026-12-31T00:00:00+00:00", "2026-12-31"),
    (GERMAN, "2026-12-31T00:00:00Z", "2026-12-31"),
    (GERMAN, "2026-12-30T23:00:00.000Z", "2026-12-31"),
    (Formats(zone=ZoneInfo("America/New_York")), "2026-12-31T00:00:00Z", "2026-12-31"),
    (GERMAN, "31.12.2026", "2026-12-31"),
    (GERMAN, "1.2.2026", "2026-02-01"),
    (GERMAN, "31. 12. 2026", "2026-12-31"),
    (GERMAN, "2026-12-31", "2026-12-31"),
]


@pytest.mark.parametrize(("formats", "given", "expected"), DAYS, ids=map(str, range(len(DAYS))))
def test_a_date_is_never_shifted(formats, given, expected):
    assert encode("date", given, formats) == expected


@pytest.mark.parametrize(
    "given",
    ["2026-02-30", "31.12.2026", "2026-W01-1", "20261231", "2026-1-1", "gestern", 20261231, 0, True, "12/31/2026"],
    ids=repr,
)
def test_what_is_no_date_is_refused(given):
    error = refused("date", given)
    assert (error.code, error.reason) == ("not_a_date", "It is not a date such as 2026-12-31 (date_format).")


@pytest.mark.parametrize("given", ["31.12.26", "30.02.2026", "12.31.2026", "31/12/2026"], ids=repr)
def test_what_is_no_german_date_is_refused(given):
    assert refused("date", given, GERMAN).code == "not_a_date"


MOMENTS = [
    (ISO, "2026-07-01T12:30:00", "2026-07-01T12:30:00"),
    (ISO, "2026-07-01 12:30", "2026-07-01T12:30:00"),
    (ISO, "2026-07-01T12:30:00.123456789", "2026-07-01T12:30:00"),
    (ISO, "2026-07-01", "2026-07-01T00:00:00"),
    (ISO, "2026-07-01T12:30:00Z", "2026-07-01T12:30:00"),
    (ISO, "2026-07-01T12:30:00+02:00", "2026-07-01T10:30:00"),
    (ISO, "2026-07-01T12:30:00 +0200", "2026-07-01T10:30:00"),
    (ISO, "2026-07-01 12:30:00+02", "2026-07-01T10:30:00"),
    (GERMAN, "2026-07-01T10:30:00Z", "2026-07-01T12:30:00"),
    (GERMAN, "2026-01-01T10:30:00.5Z", "2026-01-01T11:30:00"),
    (GERMAN, "2026-07-01T10:30:00", "2026-07-01T10:30:00"),
    # Clocks go from 02:00 to 03:00 on 2026-03-29, and from 03:00 back to 02:00 on 2026-10-25.
    (GERMAN, "2026-03-29T00:59:59Z", "2026-03-29T01:59:59"),
    (GERMAN, "2026-03-29T01:00:00Z", "2026-03-29T03:00:00"),
    (GERMAN, "2026-03-29T02:30:00", "2026-03-29T02:30:00"),
    (GERMAN, "2026-10-25T00:30:00Z", "2026-10-25T02:30:00"),
    (GERMAN, "2026-10-25T01:30:00Z", "2026-10-25T02:30:00"),
    (GERMAN, "31.12.2026 14:30", "2026-12-31T14:30:00"),
    (GERMAN, "31.12.2026, 9:05:07 Uhr", "2026-12-31T09:05:07"),
    (GERMAN, "31.12.2026", "2026-12-31T00:00:00"),
    (GERMAN, "0001-01-01T00:00:00Z", "0001-01-01T00:53:28"),
]


@pytest.mark.parametrize(("formats", "given", "expected"), MOMENTS, ids=map(str, range(len(MOMENTS))))
def test_a_date_time_is_the_wall_clock(formats, given, expected):
    assert encode("timestamp", given, formats) == expected


@pytest.mark.parametrize(
    "given",
    ["2026-07-01T25:00:00", "2026-07-01T12", "1782901800", 1782901800, "12:35", "2026-07-01T12:30:00+99:00"],
    ids=repr,
)
def test_what_is_no_date_time_is_refused(given):
    assert refused("timestamp", given).code == "not_a_date_time"


def test_the_end_of_the_calendar_is_a_reject_not_a_crash():
    assert refused("timestamp", "9999-12-31T23:30:00Z", GERMAN).code == "beyond_the_calendar"


@pytest.mark.parametrize(
    ("given", "expected"),
    [("12:30", "12:30:00"), ("12:30:05", "12:30:05"), ("9:05", "09:05:00"), ("12:30:00.999", "12:30:00"),
     ("12:30:00Z", "12:30:00"), ("23:59:59+02:00", "23:59:59"), ("00:00", "00:00:00")],
)  # fmt: skip
def test_a_time_of_day(given, expected):
    assert encode("time", given) == expected


@pytest.mark.parametrize("given", ["24:00", "12:60", "12", 1230, "12:30 PM", "mittags"], ids=repr)
def test_what_is_no_time_is_refused(given):
    assert refused("time", given).code == "not_a_time"


INTERVALS = [
    (ISO, 5400, "01:30:00.000"),
    (ISO, Decimal("444316.123"), "123:25:16.123"),
    (ISO, -5400, "-01:30:00.000"),
    (ISO, 0, "00:00:00.000"),
    (ISO, Decimal("0.0004"), "00:00:00.000"),
    (ISO, Decimal("59.9996"), "00:01:00.000"),
    (ISO, "123:25:16.123", "123:25:16.123"),
    (ISO, "-01:30", "-01:30:00.000"),
    (ISO, "0:00", "00:00:00.000"),
    (ISO, "5400", "01:30:00.000"),
    (ISO, "90.5", "00:01:30.500"),
    (GERMAN, "90,5", "00:01:30.500"),
    (GERMAN, "1:30:00,5", "01:30:00.500"),
]


@pytest.mark.parametrize(("formats", "given", "expected"), INTERVALS, ids=map(str, range(len(INTERVALS))))
def test_a_time_interval_is_seconds_or_text(formats, given, expected):
    assert encode("timeinterval", given, formats) == expected


def test_a_time_interval_given_twice_is_its_seconds():
    assert encode("timeinterval", 60, text="01:00") == "00:01:00.000"
    assert encode("timeinterval", None, text="01:00") == "01:00:00.000"


@pytest.mark.parametrize("given", ["1h", "1:2:3:4", float("nan"), 1e20, [1], "٣:00"], ids=repr)
def test_what_is_no_interval_is_refused(given):
    assert refused("timeinterval", given).code == "not_an_interval"


def test_an_appointment_is_start_and_end_or_one_text():
    whole = "2026-03-28T22:00:00 - 2026-03-29T04:00:00"
    assert encode("appointment", whole) == whole
    parts = {"start": "2026-03-28T21:00:00Z", "end": "2026-03-29T02:00:00Z"}
    assert encode("appointment", None, GERMAN, **parts) == whole
    assert encode("appointment", "28.03.2026 22:00 - 29.03.2026 04:00", GERMAN) == whole


def test_half_an_appointment_is_refused():
    assert refused("appointment", None, start="2026-01-01T09:00:00").code == "half_an_appointment"
    assert refused("appointment", "2026-01-01T09:00:00").code == "not_an_appointment"
    assert refused("appointment", "2026-01-01T09:00:00 - bald").code == "not_a_date_time"


CHOICES = [
    ("Offen", "1"),
    ("offen", "1"),
    ("OFFEN ", "1"),
    ("1", "1"),
    (1, "1"),
    (5, "5"),
    # A caption is a caption even if it is a number: "2" is not the option with the id 2.
    ("2", "4"),
    (2, "4"),
    (Decimal("2.0"), "4"),
    ("größe l", "6"),
    ("Größe L", "5"),
    ("fertig,  geliefert", "2"),
    ("FERTIG, GELIEFERT", "2"),
]


@pytest.mark.parametrize(("given", "expected"), CHOICES, ids=map(str, range(len(CHOICES))))
def test_a_choice_by_caption_id_or_folded_caption(given, expected):
    assert encode("choice", given, choices=STATES) == expected


def test_where_the_source_says_it_gives_ids_they_are_ids():
    assert encode("choice", None, choices=STATES, id="2") == "2"
    assert encode("choice", None, choices=STATES, id=2) == "2"
    assert encode("choice", None, choices=STATES, id="Offen") == "1"


def test_caption_and_id_settle_each_other():
    twins = (Choice(id="1", caption="x"), Choice(id="2", caption="x"), Choice(id="3", caption="y"))
    assert encode("choice", "x", choices=twins, id="2") == "2"
    assert encode("choice", "x", choices=twins) == "1"
    # Numbered differently in the other database: the caption is what people mean.
    assert encode("choice", "y", choices=twins, id="1") == "3"
    # Renamed in the other database: the id is the same.
    assert encode("choice", "z", choices=twins, id="3") == "3"


@pytest.mark.parametrize("given", ["storniert?", "GRÖSSE L", "GRÖßE L", "3", True, ["Offen"], 1.5], ids=repr)
def test_what_is_no_option_is_refused_with_the_options(given):
    error = refused("choice", given, choices=STATES)
    assert error.code == "unknown_choice"
    assert error.allowed == ("Offen", "Fertig, geliefert", "2", "Größe L", "größe l")
    assert encode("choice", given, LENIENT, choices=STATES) == ""


def test_a_deleted_option_is_refused_or_empty():
    assert refused("choice", None, choices=STATES, id="9").code == "unknown_choice"
    assert encode("choice", None, LENIENT, choices=STATES, id="9") == ""


MULTIS = [
    (["Offen", "2"], ["1", "4"]),
    (["offen", "Offen", 1], ["1"]),
    ("Offen", ["1"]),
    ("Fertig, geliefert", ["2"]),
    ("Offen; Größe L", ["1", "5"]),
    ("Offen,2", ["1", "4"]),
    ("Offen\nGröße L\n", ["1", "5"]),
    ('["Offen", "Fertig, geliefert"]', ["1", "2"]),
    ([None, "Offen", ""], ["1"]),
]


@pytest.mark.parametrize(("given", "expected"), MULTIS, ids=map(str, range(len(MULTIS))))
def test_a_multiple_choice_is_a_list_or_text(given, expected):
    assert encode("multi", given, choices=STATES) == expected


def test_a_multiple_choice_refuses_one_unknown_member():
    assert refused("multi", ["Offen", "neu"], choices=STATES).code == "unknown_choice"
    assert refused("multi", "Offen; neu", choices=STATES).allowed[0] == "Offen"
    assert encode("multi", ["Offen", "neu"], LENIENT, choices=STATES) == ["1"]
    assert encode("multi", ["neu"], LENIENT, choices=STATES) == ""


def test_a_multiple_choice_by_captions_and_ids():
    assert encode("multi", ["Offen", "2"], choices=STATES, ids=["1", "4"]) == ["1", "4"]
    # tap-ninox leaves the captions of deleted options out.
    assert encode("multi", ["Offen"], LENIENT, choices=STATES, ids=["1", "9"]) == ["1"]
    assert encode("multi", ["Größe L"], choices=STATES, ids=["1"]) == ["5"]


LINKS = [(7, 7), ("7", 7), (" 7 ", 7), (7.0, 7), (Decimal("7.0"), 7), ("7.0", 7), ("B7", 7), ([7], 7)]


@pytest.mark.parametrize("type_", ["ref", "dchoice"])
@pytest.mark.parametrize(("given", "expected"), LINKS, ids=map(str, range(len(LINKS))))
def test_a_link_is_a_record_id(type_, given, expected):
    assert encode(type_, given) == expected


@pytest.mark.parametrize(
    "given", ["Meier", "A7", 0, -1, True, 1.5, [1, 2], 2**60, "9" * 5000, {}], ids=lambda value: repr(value)[:20]
)
def test_a_label_is_no_link(given):
    assert refused("dchoice", given).code == "not_a_record_id"


def test_several_links():
    assert encode("dmulti", [3, "1", "B3"]) == [3, 1]
    assert encode("dmulti", "3, 1") == [3, 1]
    assert encode("dmulti", "[3, 1]") == [3, 1]
    assert encode("dmulti", 3) == [3]
    assert encode("dmulti", [None]) == ""
    assert refused("dmulti", [3, "Meier"]).code == "not_a_record_id"


LOCATIONS = [
    ("Hauptstr. 1\nBerlin", {}, "Hauptstr. 1\nBerlin"),
    ("Berlin\n<52.5,13.4>", {}, "Berlin\n<52.5,13.4>"),
    (None, {"latitude": Decimal("52.5300"), "longitude": "-13.4"}, "<52.5300,-13.4>"),
    ("Berlin", {"latitude": 52.5, "longitude": 13}, "Berlin\n<52.5,13>"),
    ("Berlin <1,2>", {"latitude": 0, "longitude": 0}, "Berlin\n<0,0>"),
]


@pytest.mark.parametrize(("address", "coordinates", "expected"), LOCATIONS, ids=map(str, range(len(LOCATIONS))))
def test_a_location_is_text_and_coordinates(address, coordinates, expected):
    assert encode("location", address, **coordinates) == expected


def test_what_is_no_place_is_refused():
    assert refused("location", "Berlin", latitude=52).code == "half_a_location"
    assert refused("location", None, latitude=91, longitude=0).code == "not_a_coordinate"
    assert refused("location", None, latitude=0, longitude="west").code == "not_a_number"


def test_half_a_character_is_refused():
    assert refused("string", "a\ud800").code == "not_text"
    assert refused("string", Decimal("NaN")).code == "not_finite"


@pytest.mark.parametrize("type_", sorted(TYPES))
def test_what_is_empty(type_):
    is_empty = TYPES[type_].is_empty
    assert is_empty(None)
    assert is_empty("")
    assert not is_empty(0)
    assert not is_empty(False)
    assert is_empty(" ") == (TYPES[type_].make is not TYPES["string"].make)


def test_the_documentation_s_names_of_types_are_understood():
    assert field_type("datetime") is TYPES["timestamp"]
    assert field_type("url") is TYPES["link"]
    assert field_type("hologram") is None
