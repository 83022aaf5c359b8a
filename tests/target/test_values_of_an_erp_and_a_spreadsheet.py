"""B5 and B10: values as an ERP and a German spreadsheet write them."""

from __future__ import annotations

import csv
import io

import pytest

from tests.helpers.run import records, run_target, schema, stored, writes
from tests.helpers.seeds import database, field, table, team

ORDERS = table(
    "Orders",
    A=field("string", "Nr"),
    B=field("choice", "Status", values={"1": {"caption": "offen"}, "2": {"caption": "fertig"}}),
    C=field("dchoice", "Kontakt", dynamicChoiceTypeId="A"),
    D=field("number", "Betrag"),
    E=field("date", "Lieferdatum"),
    F=field("boolean", "bezahlt?"),
    G=field("string", "PLZ"),
    H=field("timestamp", "Bestellt am"),
    I=field("string", "Ort"),
)


@pytest.fixture(params=["null_write=cleared", "null_write=ignored"])
def simulator(simulate, request):
    name, _, value = request.param.partition("=")
    return simulate(team(database({"A": ORDERS}, {"A": []})), **({name: value} if value == "ignored" else {}))


def test_states_of_an_erp(simulator, caplog, tmp_path):
    described = schema("orders", key=["nr"], nr="string", status={"type": ["string", "integer"]}, kontakt="string")
    given = [
        {"nr": "1", "status": "offen"},
        {"nr": "2", "status": "OFFEN "},
        {"nr": "3", "status": "2"},
        {"nr": "4", "status": 2},
        {"nr": "5", "status": "storniert?"},
        {"nr": "6", "status": "offen", "kontakt": "Frau Meier"},
        {"nr": "7", "status": "offen", "kontakt": "12"},
    ]
    settings = {
        "rejects_path": str(tmp_path / "rejects.jsonl"),
        "streams": {"orders": {"references": {"kontakt": "_id"}}},
    }
    run = run_target(simulator, [described, *records("orders", given)], **settings)
    assert "could not be written" in str(run.error)
    assert {row["A"]: row.get("B") for row in stored(simulator).values()} == {
        "1": "1", "2": "1", "3": "2", "4": "2", "7": "1",
    }  # fmt: skip
    assert next(row for row in stored(simulator).values() if row["A"] == "7")["C"] == 12
    assert "row 5 is rejected: status: It is not one of the options. Allowed: offen, fertig." in caplog.text
    assert "row 6 is rejected: kontakt: It is not a record id" in caplog.text
    assert "storniert" not in caplog.text
    assert "Meier" not in caplog.text


GERMAN_CSV = """\
Nr;Betrag;Lieferdatum;bezahlt?;PLZ;Bestellt am;Ort
R-1;1.234,56;31.12.2026;ja;01067;24.12.2026 18:00;Köln
R-2;-0,5;1.2.2026;nein;1067;2026-12-24T17:00:00Z;Gößnitz
R-3;;;;;;
"""


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text.encode("iso-8859-1").decode("iso-8859-1")), delimiter=";"))


GERMAN = {"number_format": "de", "timezone": "Europe/Berlin"}


def german(**more):
    return {"streams": {"orders": {**GERMAN, **more}}}


def test_a_german_spreadsheet(simulator):
    given = rows_of(GERMAN_CSV)
    described = schema("orders", key=["Nr"], **dict.fromkeys(given[0], "string"))
    messages = [described, *records("orders", given)]
    run = run_target(simulator, messages, **german())
    assert run.error is None
    assert stored(simulator) == {
        1: {
            "A": "R-1",
            "D": 1234.56,
            "E": "2026-12-31",
            "F": True,
            "G": "01067",
            "H": "2026-12-24T18:00:00",
            "I": "Köln",
        },
        2: {
            "A": "R-2",
            "D": -0.5,
            "E": "2026-02-01",
            "F": False,
            "G": "1067",
            "H": "2026-12-24T18:00:00",
            "I": "Gößnitz",
        },
        3: {"A": "R-3"},
    }
    simulator.log.clear()
    again = run_target(simulator, messages, **german())
    assert again.counts("orders") == {"read": 3, "unchanged": 3}
    assert writes(simulator) == []


def test_empty_cells_clear_or_keep(simulator):
    given = rows_of(GERMAN_CSV)
    described = schema("orders", key=["Nr"], **dict.fromkeys(given[0], "string"))
    run_target(simulator, [described, *records("orders", given)], **german())
    emptied = [{**row, **dict.fromkeys(list(row)[1:], "")} for row in given]
    before = stored(simulator)
    run = run_target(simulator, [described, *records("orders", emptied)], **german(null="keep"))
    assert run.counts("orders") == {"read": 3, "unchanged": 3}
    assert stored(simulator) == before
    run = run_target(simulator, [described, *records("orders", emptied)], **german())
    assert run.counts("orders") == {"read": 3, "updated": 2, "unchanged": 1}
    assert stored(simulator) == {1: {"A": "R-1"}, 2: {"A": "R-2"}, 3: {"A": "R-3"}}
