"""A7: Power BI needs the totals. The formulas that people look at, as the screen shows them, and kept in step."""

from __future__ import annotations

import copy
import random
from decimal import Decimal

import pytest

from ninox_simulator.nx.evaluator import Evaluator
from ninox_simulator.nx.values import text
from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.scripts_api import Data
from ninox_simulator.server import Simulator
from tests.helpers.run import discover, replay, run_tap
from tests.helpers.wire import calls

CUSTOMERS, INVOICES = "buero_baustelle__kunden", "buero_baustelle__rechnungen"
LINES, HOURS = "buero_baustelle__rechnungspositionen", "buero_baustelle__zeiterfassung"
FORMULAS = {
    "*.brutto": "number",
    "*.netto": "number",
    "*.ust": "number",
    "*.umsatz_gesamt": "number",
    "*.letzter_auftrag": "date",
    "*.vip": "boolean",
    "*.voller_name": "string",
    f"{INVOICES}.faellig_am": "date",
    f"{INVOICES}.ueberfaellig": "boolean",
    f"{HOURS}.dauer": "timeinterval",
    f"{HOURS}.kw": "number",
}
TABLES = {"A": CUSTOMERS, "E": INVOICES, "M": HOURS}
SETTINGS = {"databases": ["Büro*"], "tables": ["Kunden", "Rechnungen", "Zeiterfassung"], "formulas": FORMULAS}


@pytest.fixture(params=[{}, {"query_dates": "epoch", "query_nesting": "nested"}, {"query_choices": "ids"}], ids=str)
def simulator(request):
    with Simulator(switches=request.param) as running:
        yield running


def on_screen(simulator, table_id, record_id, caption):
    """A formula's value, evaluated by the simulator without any query."""
    store = simulator.store.database(TEAM_ID, BUERO_ID)
    value = Evaluator(Data(store)).run(f"record('{table_id}', {record_id}).'{caption}'")
    return value if value is None or isinstance(value, bool | int | float) else text(value)


def formulas_of(catalog, stream):
    (entry,) = [entry for entry in catalog["streams"] if entry["tap_stream_id"] == stream]
    for item in entry["metadata"]:
        ninox = item["metadata"].get("ninox", {})
        if "computed_as" in ninox:
            yield item["breadcrumb"][-1], ninox["field"], ninox["computed_as"]


def as_sent(value, formula_type):
    if value is None or value == "":
        return None
    if formula_type == "timeinterval":
        hours, minutes, seconds = str(value).lstrip("-").split(":")
        total = int(hours) * 3600 + int(minutes) * 60 + Decimal(seconds)
        return -total if str(value).startswith("-") else total
    return pytest.approx(Decimal(repr(value))) if isinstance(value, float) else value


def test_the_values_are_those_of_the_screen_for_twenty_rows_of_each_table(simulator):
    catalog = discover(simulator, **SETTINGS)
    run = run_tap(simulator, **SETTINGS)
    assert run.error is None
    compared = 0
    for table_id, stream in TABLES.items():
        rows = run.rows(stream)
        for row in random.Random(7).sample(rows, 20):
            for name, caption, formula_type in formulas_of(catalog, stream):
                assert row[name] == as_sent(on_screen(simulator, table_id, row["_id"], caption), formula_type)
                compared += row[name] is not None
    assert compared > 100


def test_a_changed_price_arrives_with_the_next_computed_pass_though_the_invoice_did_not_move(simulator):
    first = run_tap(simulator, **SETTINGS)
    database = simulator.store.database(TEAM_ID, BUERO_ID)
    captions = {item["caption"]: key for key, item in database.tables["F"].fields.items()}
    line = next(
        r for r in database.records("F") if r.fields.get(captions["Menge"]) and r.fields.get(captions["Rechnung"])
    )
    invoice = line.fields[captions["Rechnung"]]
    database.update("F", line.id, {captions["EP netto"]: 4321})
    later = run_tap(simulator, state=first.state, **SETTINGS)
    assert invoice not in later.ids(INVOICES)
    aged = copy.deepcopy(later.state)
    aged["bookmarks"][INVOICES]["full_refresh_at"] = "2020-01-01T00:00:00Z"
    simulator.log.clear()
    passed = run_tap(simulator, state=aged, **SETTINGS)
    before, after = (
        {row["_id"]: row for row in rows}[invoice]
        for rows in (first.rows(INVOICES), replay(replay({}, first, INVOICES), passed, INVOICES).values())
    )
    assert {name for name, value in after.items() if value != before.get(name)} == {"brutto", "netto", "ust"}
    assert after["brutto"] != before["brutto"]
    assert after["brutto"] == as_sent(on_screen(simulator, "E", invoice, "Brutto"), "number")
    assert {call.path.split("/")[-1] for call in calls(simulator) if call.method == "POST"} == {"query"}
