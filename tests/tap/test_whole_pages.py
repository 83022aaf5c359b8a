"""Pages are written at once where nothing wants to see single records; what is written is the same."""

from __future__ import annotations

import io
import json
import logging
import re
from contextlib import redirect_stdout

import pytest

from ninox_api.client import NinoxRecord
from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import discover, new_tap, run_tap
from tests.helpers.seeds import DATABASE_ID, customer_records, customers, database, field, shop, team

STREAM = "shop__customers"

TABLE = customers(
    C=field("choice", "Stage", values={"1": {"caption": "new", "order": 0}, "2": {"caption": "dön\ne", "order": 1}}),
    D=field("date", "Due"),
    E=field("multi", "Tags", values={"1": {"caption": "a", "order": 0}}),
    F=field("location", "Place"),
    G=field("boolean", "Paid"),
)
AWKWARD = [
    {"B": 2**53 + 1, "A": 'quote " and \\ and \t é', "C": "1", "D": "2026-01-31", "G": True},
    {"B": 0.1, "A": "", "C": "9", "D": "2026-02-30", "E": ["1"], "F": "Here <48.1,11.5>"},
    {"B": "many", "A": 7, "C": "2", "D": "2026-01-31T10:00:00"},
    {},
]


@pytest.fixture
def awkward(simulate):
    records = [RecordDocument(id=n, fields=fields, sequence=n) for n, fields in enumerate(AWKWARD * 40, 1)]
    return simulate(team(database({"A": TABLE}, {"A": records})))


@pytest.fixture
def clean(simulate):
    """All values are of their fields' types, so pages are decoded straight into the selected fields."""
    fields = {**AWKWARD[0], "E": ["1"], "F": "Here <48.1,11.5>"}
    records = [RecordDocument(id=n, fields=fields if n % 3 else {}, sequence=n) for n in range(1, 251)]
    return simulate(team(database({"A": TABLE}, {"A": records})))


def written(simulator, *, catalog=None, **settings):
    """Return the tap's bytes; the times that differ between two runs are left out."""
    buffer = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(buffer):
        tap = new_tap(simulator, page_size=100, **settings, catalog=catalog)
        tap.sync_all()
    buffer.flush()
    text = buffer.buffer.getvalue().decode()
    text = re.sub(r'"(time_extracted|full_refresh_at)":"[^"]*"', "", text)
    return re.sub(r'"(table_)?version":\d+', "", text)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="as it comes"),
        pytest.param({"timezone": "Europe/Berlin"}, id="other forms"),
        pytest.param({"flattening_enabled": True, "flattening_max_depth": 1}, id="flattened"),
        pytest.param({"stream_maps": {STREAM: {"__alias__": "clients", "amount": "str(amount)"}}}, id="mapped"),
        pytest.param({"stream_maps": {STREAM: {"__filter__": "_id > 3"}}}, id="filtered"),
        pytest.param({"stream_maps": {STREAM: None}}, id="removed"),
        pytest.param({"deletes": "full"}, id="with a column for deletions"),
    ],
)
def test_pages_at_once_are_byte_for_byte_what_the_sdk_writes(awkward, settings):
    at_once = written(awkward, **settings)
    with limits.records_one_by_one():
        assert at_once == written(awkward, **settings)
    assert "STATE" in at_once


@pytest.mark.parametrize("settings", [{}, {"timezone": "Europe/Berlin"}])
def test_pages_of_selected_fields_are_what_whole_records_make(clean, settings):
    with limits.decoded_records() as kinds:
        selected = written(clean, **settings)
    assert NinoxRecord not in kinds
    with limits.whole_records():
        assert selected == written(clean, **settings)


def test_numbers_keep_their_digits(awkward, clean):
    assert f'"amount":{2**53 + 1},' in written(clean)
    text = written(awkward)
    assert f'"amount":{2**53 + 1},' in text
    assert '"amount":0.1,' in text


def test_a_deselected_property_is_not_written(awkward):
    catalog = discover(awkward)
    stream = next(stream for stream in catalog["streams"] if stream["stream"] == STREAM)
    entry = next(entry for entry in stream["metadata"] if entry["breadcrumb"] == ["properties", "amount"])
    entry["metadata"]["selected"] = False
    at_once = written(awkward, catalog=catalog)
    with limits.records_one_by_one():
        assert at_once == written(awkward, catalog=catalog)
    assert '"amount":' not in at_once
    assert '"name":' in at_once


def test_a_stream_map_sees_every_record(awkward):
    run = run_tap(awkward, stream_maps={STREAM: {"__filter__": "_id <= 5", "twice": "_id * 2"}})
    assert [row["twice"] for row in run.rows(STREAM)] == [2, 4, 6, 8, 10]


def test_metrics_and_summary_count_records_not_pages(simulate, caplog):
    caplog.set_level(logging.INFO)
    run = run_tap(simulate(shop(250)), page_size=100)
    metrics = [json.loads(line.split("METRIC: ")[1]) for line in caplog.messages if "METRIC: " in line]
    counted = [m["value"] for m in metrics if m["metric"] == "record_count" and m["tags"]["stream"] == STREAM]
    assert sum(counted) == 250
    assert run.report["streams"][STREAM]["rows"] == 250
    timers = [m for m in metrics if m["metric"] == "sync_duration" and m["tags"]["stream"] == STREAM]
    assert [timer["tags"]["status"] for timer in timers] == ["succeeded"]


def test_a_state_stands_behind_the_page_it_speaks_of(simulate):
    run = run_tap(simulate(shop(250)), page_size=100)
    order = [
        m for m in run.messages if m["type"] in {"RECORD", "STATE"} and (m["type"] == "STATE" or m["stream"] == STREAM)
    ]
    seen = 0
    for message in order:
        if message["type"] == "RECORD":
            seen = message["record"]["_id"]
        elif snapshot := message["value"]["bookmarks"].get(STREAM, {}).get("snapshot"):
            assert snapshot[0]["last_id"] == seen
    assert seen == 250


def test_a_test_run_still_reads_one_record_by_the_sdk(simulate):
    simulator = simulate(team(database({"A": customers()}, {"A": customer_records(5)})))
    tap = new_tap(simulator)
    assert tap.run_connection_test()
    assert tap.report.streams[STREAM].error is None


@pytest.mark.parametrize("caption", ["Pipe 2'", "a\\b", "Größe \\L"])
def test_captions_of_any_letters_can_be_the_names_of_properties(simulate, caption):
    """A quotation mark in a caption, such as one for inches, ended the whole run."""
    records = [RecordDocument(id=n, fields={"A": "x", "C": n}, sequence=n) for n in (1, 2)]
    tables = {"A": customers(C=field("number", caption)), "B": customers() | {"caption": "Others"}}
    simulator = simulate(team(database(tables, {"A": records, "B": records})))
    settings = {"aliases": {f"{DATABASE_ID}.A.C": caption}}
    whole = written(simulator, **settings)
    assert [row[caption] for row in run_tap(simulator, **settings).rows(STREAM)] == [1, 2]
    with limits.records_one_by_one():
        assert written(simulator, **settings) == whole
