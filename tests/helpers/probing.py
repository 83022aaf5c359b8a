"""`singer-ninox probe` as tests run it: in this process, against a company whose data are known anywhere."""

from __future__ import annotations

import io

from ninox_api.config import ConnectionConfig
from ninox_simulator.seeds import RecordDocument, TeamDocument
from ninox_tools.probe.run import probe
from ninox_tools.probe.table import print_table
from tests.helpers import limits
from tests.helpers.seeds import TEAM_ID, database, field, table

CHOICES = {"1": {"caption": "Canary offen"}, "2": {"caption": "Canary fertig"}}
MAIN, ORDERS, SCRATCH = "A", "B", "S"
SCRATCH_NAME = "Canary Probe"


def company(records=120, **more):
    """A long table with a field of each kind, a short one that links to it, and an empty table for the probe."""
    main = table(
        "Canary Kunden",
        A=field("string", "Canary Name"),
        B=field("number", "Canary Umsatz"),
        C=field("choice", "Canary Status", values=CHOICES),
        D=field("multi", "Canary Merkmale", values=CHOICES),
        E=field("boolean", "Canary aktiv"),
        F=field("date", "Canary seit"),
        G=field("dchoice", "Canary Betreuer"),
        H=field("dmulti", "Canary Gruppen"),
        I=field("rev", "Canary Auftraege", refTypeId=ORDERS, refFieldId="B"),
        J=field("html", "Canary Notiz"),
        K=field("fn", "broken", fn="no such thing"),
    )
    orders = table(
        "Canary Auftraege",
        A=field("string", "Canary Nummer"),
        B=field("ref", "Canary Kunde", refTypeId=MAIN, refFieldId="I"),
    )
    scratch = table(
        SCRATCH_NAME,
        A=field("string", "Canary Marke"),
        B=field("string", "Canary Text"),
        C=field("number", "Canary Auto"),
        D=field("number", "Canary Zahl"),
        E=field("choice", "Canary Wahl", values=CHOICES),
        F=field("multi", "Canary Mehrfach", values=CHOICES),
        G=field("boolean", "Canary ja"),
        H=field("date", "Canary Tag"),
        I=field("ref", "Canary Eltern", refTypeId=SCRATCH, refFieldId="J", cascade=True),
        J=field("rev", "Canary Kinder", refTypeId=SCRATCH, refFieldId="I"),
        K=field("fn", "broken", fn="no such thing"),
    )
    scratch["afterCreate"] = "'Canary Auto' := 42"
    rows = [_customer(number, records) for number in range(1, records + 1)]
    links = [RecordDocument(n, {"A": f"canary-o{n}", "B": n}, records + 10 + n) for n in range(1, 6)]
    tables, data = {MAIN: main, ORDERS: orders, SCRATCH: scratch}, {MAIN: rows, ORDERS: links, SCRATCH: []}
    return [
        TeamDocument(id=TEAM_ID, name="Canary Gruppe", databases=[database(tables, data, name="Canary Firma", **more)])
    ]


def changed(make):
    """Return the company after a change of its one database."""
    teams = company()
    make(teams[0].databases[0])
    return teams


def _customer(number, count):
    """Customers were not changed in the order in which they were made."""
    values = {
        "A": f"canary-{number}@example.org",
        "B": 700_000 + number * 7919 % 997,
        "C": str(1 + number % 2),
        "D": ["1", "2"],
        "E": number % 2 == 0,
        "F": f"1987-01-{1 + number % 28:02}",
        "H": [1, 2],
    }
    return RecordDocument(number, values, 5 + number * 37 % (count + 1))


def run_probe(stage, *, scratch=False, **more):
    """Probe a simulator; return how it ended. `scratch` is whether to write, or the name of the table."""
    config = ConnectionConfig(auth_token=stage.token, api_url=stage.url)
    options = {"team": TEAM_ID, "databases": (), "scratch": SCRATCH_NAME if scratch is True else scratch or None}
    with limits.no_pauses():
        return probe(config, **{**options, **more})


def answers(outcome):
    """Return question → answer, without those that have none."""
    return {key: found.answer for key, found in outcome.report.findings.items() if found.answer is not None}


def printed(outcome):
    """Return the table for people."""
    output = io.StringIO()
    print_table(outcome.report, output)
    return output.getvalue()


def writes(stage):
    """Return the requests that changed something."""
    return [entry for entry in stage.log.entries if entry.method != "GET" and not entry.path.endswith("/query")]


def rows(stage):
    """Return the records of the scratch table."""
    return list(stage.edit.records(SCRATCH))
