"""The databases of the standard runs: small, and with every type of field."""

from __future__ import annotations

import io
from itertools import islice

from ninox_simulator.samples.blattwerk import build
from ninox_simulator.seeds import RecordDocument
from tests.helpers.seeds import customers, database, field, table, team

OPTIONS = {"1": {"caption": "offen"}, "2": {"caption": "fertig"}, "3": {"caption": "Storno"}}
ROWS = 6
UPLOADED_MS = 1_770_000_000_000


def sample(rows=ROWS):
    """The sample company, with the first rows of each table; its awkward values stand there. Long texts are cut."""
    teams = build("s")
    for one in teams[0].databases:
        one.records = {key: [_short(record) for record in islice(found, rows)] for key, found in one.records.items()}
    return teams


def _short(record):
    cut = {key: value[:60] if isinstance(value, str) else value for key, value in record.fields.items()}
    return record._replace(fields=cut)


def trade(**more):
    """Customers with a choice and formulas, and orders that point to them."""
    tables = {
        "A": customers(
            C=field("choice", "State", values=OPTIONS),
            D=field("multi", "Tags", values=OPTIONS),
            E=field("rev", "Orders", refTypeId="B", refFieldId="B"),
            F=field("fn", "Gross", fn="Amount * 1.19"),
            G=field("fn", "Label", fn='Name + " 🌱"'),
        ),
        "B": table(
            "Orders", A=field("string", "No"), B=field("ref", "Customer", refTypeId="A", refFieldId="E", cascade=True)
        ),
    }
    records = {
        "A": [
            RecordDocument(n, {"A": f"n{n}", "B": n * 1.5, "C": str(n % 3 + 1), "D": ["1", "2"]}, n)
            for n in range(1, 6)
        ],
        "B": [RecordDocument(n, {"A": f"o{n}", "B": n}, 20 + n) for n in range(1, 4)],
    }
    return team(database(tables, records, **more))


def a_day_of_work(edit):
    edit.update("A", 3, {"A": "changed", "D": ["2"]})
    edit.create("A", {"A": "new", "C": "2"})
    edit.delete("A", 1)  # and its order
    edit.delete("A", 5)
    edit.create("A", {"A": "again"}, id=5)


EVERY_TYPE = {
    "A": field("string", "Nr"),
    "B": field("choice", "Status", values=OPTIONS),
    "C": field("multi", "Tags", values=OPTIONS),
    "D": field("number", "Betrag"),
    "E": field("date", "Tag"),
    "F": field("boolean", "bezahlt?"),
    "G": field("timestamp", "Bestellt am"),
    "H": field("time", "Uhrzeit"),
    "I": field("timeinterval", "Dauer"),
    "J": field("appointment", "Termin"),
    "K": field("location", "Ort"),
    "L": field("html", "Notiz"),
    "M": field("email", "E-Mail"),
    "N": field("phone", "Telefon"),
    "O": field("link", "Seite"),
    "P": field("icon", "Zeichen"),
    "Q": field("color", "Farbe"),
    "R": field("user", "Wer"),
    "S": field("ref", "Vorgänger", refTypeId="A"),
    "T": field("dchoice", "Kontakt", dynamicChoiceTypeId="A"),
    "U": field("dmulti", "Kontakte", dynamicChoiceTypeId="A"),
    "V": field("file", "Datei"),
    "W": field("image", "Foto"),
    "X": field("signature", "Unterschrift"),
}
VALUES = {
    "A": "R-1", "B": "2", "C": ["1", "3"], "D": 1234.56, "E": "2026-03-29", "F": True, "G": "2026-03-29T12:30:00",
    "H": "08:30:00", "I": "36:00:00.500", "J": "2026-03-28T23:00:00 - 2026-03-29T04:00:00",
    "K": "Rosenstr. 2, Musterau\n<52.5200,13.4050>", "L": "<p>Übergabe &amp; 🌱</p>", "M": "a@example.org",
    "N": "+49 30 1234", "O": "https://example.org", "P": "leaf", "Q": "#FF0000", "R": "kQ7hWmZ3pXc9RtB2u", "S": 1,
    "T": 2, "U": [1, 2], "V": "Plan.pdf", "W": "Foto.png", "X": "sign.png",
}  # fmt: skip


def every_type():
    """One table with a field of each type: a full record, one with nothing, one that does not fit."""
    misfit = {"A": 5, "B": "9", "D": "viel", "E": "morgen", "F": "ja", "J": "2026-03-28", "S": "x"}
    records = [RecordDocument(1, VALUES, 1), RecordDocument(2, {}, 2), RecordDocument(3, misfit, 3)]
    return team(database({"A": table("Aufträge", **EVERY_TYPE)}, {"A": records}))


def empty():
    """The table with a field of each type, without a record."""
    return team(database({"A": table("Aufträge", **EVERY_TYPE)}))


def put_file(edit, record_id, name, content):
    file = edit.put_file("A", record_id, name, io.BytesIO(content), moves_record=False)
    file.modified_ms = UPLOADED_MS
