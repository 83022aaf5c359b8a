"""What tap-ninox emits of a database, target-ninox means for another one: nothing changes on the way."""

from __future__ import annotations

import string
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ninox_api.client import NinoxRecord
from ninox_api.schema import Choice, DatabaseSchema, Field, Table, parse_schema
from ninox_simulator.samples.blattwerk import build
from ninox_singer.protocol import SYSTEM_PROPERTIES
from ninox_singer.types import TYPES
from tap_ninox.rows.columns import columns_of
from tap_ninox.rows.convert import Converter
from target_ninox.mapping.fields import FieldNames
from target_ninox.mapping.plan import plan_stream
from target_ninox.mapping.tables import ChosenTable
from target_ninox.rows import StreamSchema
from target_ninox.settings import StreamSettings
from tests.helpers.cases import stored_values

STATES = tuple(Choice(id=str(n), caption=caption) for n, caption in enumerate(["a", "A", "2", "x, y", "ä; z", "1"], 1))
BERLIN = ZoneInfo("Europe/Berlin")


def converted(table, fields, *, zone=None, record_id=1):
    """Return the row that tap-ninox emits, over the wire."""
    columns = columns_of(table, aliases={})
    names = [*SYSTEM_PROPERTIES, *(column.name for column in columns)]
    converter = Converter(columns, zone=zone, selected=names)
    record = NinoxRecord(id=record_id, sequence=5, created_at="2026-01-01T00:00:00", fields=fields)
    row = converter.convert([record]).records()[0]
    assert not converter.bad.nulled
    return names, over_the_wire(row)


def over_the_wire(value):
    sent = msgspec.json.Encoder(decimal_format="number").encode(value)
    return msgspec.json.Decoder(float_hook=Decimal).decode(sent)


def plan_for(table, names, *, stream="db__t", **more):
    described = StreamSchema(stream=stream, schema={"properties": said_of(table, names)}, key_properties=["_id"])
    database = DatabaseSchema(tables=(table,), lists_formulas=True)
    chosen = ChosenTable(table_id=table.id, reason="", is_set=False, has_own_ids=True)
    return plan_stream(described, chosen, database, StreamSettings.from_settings(more))


def said_of(table, names):
    """Return what the tap's schema says of properties."""
    columns = {column.name: {**column.json_type, **column.identity} for column in columns_of(table, aliases={})}
    return {name: columns.get(name, {}) for name in names}


def test_what_the_tap_makes_of_a_field_is_a_form_in_which_the_target_takes_it():
    for known in TYPES.values():
        assert bool(known.write) != bool(known.read_only)
        assert known.read_only or frozenset(known.part_names) in known.forms
        assert frozenset().union(*known.forms) == {*known.part_names, *known.more_parts}


WALL_CLOCK = st.datetimes(min_value=datetime(1800, 1, 1), max_value=datetime(9999, 12, 30)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)


def exists_in_berlin(moment):
    # Hypothesis draws the fold as well.
    first, second = (moment.replace(tzinfo=BERLIN, fold=fold).utcoffset() for fold in (0, 1))
    return first == second and not first % timedelta(minutes=1)


SOME_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
"""Without what the tap repairs, since warehouses cannot hold it."""
OPTION = st.sampled_from([choice.id for choice in STATES])
MILLISECONDS = st.integers(min_value=-(10**12), max_value=10**12)


def interval(milliseconds):
    minutes, rest = divmod(abs(milliseconds), 60_000)
    clock = f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
    return f"-{clock}" if milliseconds < 0 else clock


COORDINATES = st.tuples(
    st.decimals(min_value=-90, max_value=90, places=5), st.decimals(min_value=-180, max_value=180, places=4)
).map(lambda pair: f"<{pair[0]},{pair[1]}>")
ADDRESS = st.text(st.sampled_from(string.ascii_letters + " äß,1\n"), min_size=1).filter(lambda text: text.strip())
STORED = {
    **dict.fromkeys(("string", "email", "phone", "link", "html", "icon", "color", "user"), SOME_TEXT),
    **dict.fromkeys(("file", "image", "signature"), SOME_TEXT),
    "number": st.integers() | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12),
    "boolean": st.booleans(),
    "date": st.dates().map(str),
    "time": st.times().map(lambda time: time.isoformat("seconds")),
    "timestamp": WALL_CLOCK.filter(exists_in_berlin).map(datetime.isoformat),
    "timeinterval": MILLISECONDS.map(interval),
    "appointment": st.tuples(*[WALL_CLOCK.filter(exists_in_berlin).map(datetime.isoformat)] * 2).map(" - ".join),
    "choice": OPTION,
    "multi": st.lists(OPTION, min_size=1, unique=True),
    "ref": st.integers(min_value=1, max_value=10**9),
    "dchoice": st.integers(min_value=1, max_value=10**9),
    "dmulti": st.lists(st.integers(min_value=1, max_value=10**9), min_size=1, unique=True),
    "location": ADDRESS | COORDINATES | st.tuples(ADDRESS, COORDINATES).map("\n".join),
}
"""Values of the types whose cases in `tests/cases` are too few; of any other type, those are what comes back."""
WRITTEN = sorted(name for name, known in TYPES.items() if known.write)


@pytest.mark.parametrize("type_", WRITTEN)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_a_value_comes_back_as_it_was(type_, data):
    assert type_ in STORED or stored_values(type_), "it needs cases in tests/cases/writing.jsonl"
    stored = data.draw(STORED[type_] if type_ in STORED else st.sampled_from(stored_values(type_)))
    table = Table(id="T", name="T", fields=(Field(id="A", name="Größe", type=type_, choices=STATES),))
    zone = data.draw(st.sampled_from([None, BERLIN]))
    names, row = converted(table, {"A": stored}, zone=zone)
    plan = plan_for(table, names, timezone=zone.key if zone else None)
    encoded = plan.encode(row, 1)
    assert plan.changes(encoded, {"A": stored}) == {}
    # What is written is what would be read: a second run changes nothing.
    assert plan.changes(encoded, encoded.fields) == {}
    assert plan.warnings == ()


CAPTIONS = [
    *("Status", "status", "STATUS", "Status id", "status_id", "Ort", "ort latitude", "Straße", "Strasse"),
    *("A", "a", "B", "id", "🌱", "x" * 70, "x" * 71),
]


@settings(max_examples=150, deadline=None)
@given(
    captions=st.lists(st.sampled_from(CAPTIONS), max_size=12),
    types=st.lists(st.sampled_from(sorted(TYPES)), min_size=12, max_size=12),
)
def test_every_name_the_tap_gives_finds_its_field_again(captions, types):
    fields = tuple(
        Field(id=string.ascii_uppercase[number], name=caption, type=types[number])
        for number, caption in enumerate(captions)
    )
    table = Table(id="T", name="T", fields=fields)
    columns = columns_of(table, aliases={})
    names = FieldNames(table, {column.name: {**column.json_type, **column.identity} for column in columns})
    for column in columns:
        found = names.find(column.name)
        assert [item.field.id for item in found] == [column.field_id]
        assert found[0].part == column.part


def test_an_alias_is_known_by_its_title():
    table = Table(id="T", name="T", fields=(Field(id="A", name="Zeitraum", type="appointment"),))
    columns = columns_of(table, aliases={"A": "dauer"})
    names = FieldNames(table, {column.name: {**column.json_type, **column.identity} for column in columns})
    assert [names.find(column.name)[0].part for column in columns] == ["start", "end"]
    assert FieldNames(table, {"dauer_start": {"title": "Zeitraum"}}).find("dauer_start") == []


@pytest.mark.parametrize("number", [0, 1], ids=["office", "nursery"])
def test_the_sample_company_comes_back_as_it_was(number):
    """Every value of every row; options that were deleted mean nothing, and no record is changed for them."""
    document = build("s")[0].databases[number]
    for table in parse_schema({"schema": document.schema}).tables:
        plan = None
        for record in document.records.get(table.id, ()):
            fields = over_the_wire(record.fields)
            names, row = converted(table, fields, record_id=record.id)
            plan = plan or plan_for(table, names)
            encoded = plan.encode(row, 1)
            assert plan.changes(encoded, fields) == {}
            assert encoded.key == record.id
