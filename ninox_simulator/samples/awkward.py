"""Values that break naive integrations, and where they stand.

`BUERO` and `NURSERY` map table → caption → the values of the first rows. None leaves the field empty,
`...` keeps the ordinary value.
"""

from __future__ import annotations

from types import EllipsisType
from typing import Any

from ninox_simulator.samples.columns import DELETED_ID
from ninox_simulator.samples.pools import DELETED_USER, USERS

Block = dict[str, list[Any]]
KEEP: EllipsisType = ...

LONG_NOTE = "<p>" + "Übergabeprotokoll, Seite 1 von vielen. " * 1_500 + "</p>"
TEXTS = [
    "",
    " ",
    "trailing space ",
    "geschütztes\u00a0Leerzeichen",
    "Zeile 1\r\nZeile 2",
    "Spalte\tSpalte",
    "Mo's Garten",
    'Die "grüne" Wiese',
    "C:\\Garten\\neu",
    "NULL",
    "null",
    "0",
    "007",
    "Baum 🌳 und Bagger 🚜",
    "Gru\u0308nfla\u0308che",
    "Grünfläche",
    "حديقة الورود",
    "Hecke &amp; Zaun &lt;neu&gt;",
    "=1+1",
    "a,b;c|d",
    "{{ config }} ${HOME} %s",
]
NUMBERS = [0, -0.01, 0.1 + 0.2, 1e21, 4006381333931, 2**53 + 1, None, 33.333333333333336, -1234.5, 1e-7]
DATES = ["1899-12-31", "1969-12-31", "2024-02-29", "2026-03-29", "2026-10-25", "9999-12-31", None, "1900-01-01"]
TIMESTAMPS = [
    "2026-03-29T00:00:00",
    "2026-03-29T02:30:00",
    "2026-10-25T02:30:00",
    "2026-10-25T23:59:59",
    "1969-12-31T23:59:59",
    "9999-12-31T23:59:59",
    None,
]
APPOINTMENTS = [
    "2026-02-03T09:00:00 - 2026-02-03T09:00:00",
    "2026-02-03T22:00:00 - 2026-02-04T04:30:00",
    "2026-02-03T00:00:00 - 2026-02-03T23:59:59",
    "2026-03-02T07:00:00 - 2026-03-13T16:00:00",
    "2026-03-28T20:00:00 - 2026-03-29T05:00:00",
    "2026-10-24T20:00:00 - 2026-10-25T05:00:00",
    None,
]
INTERVALS = ["00:00:00.000", "36:00:00.000", "123:25:16.123", "-01:30:00.000", "00:30:00.000", None]
LOCATIONS = [
    "Gänseblümchenweg 1, Musterau",
    "\n<52.5200,13.4050>",
    "Rosenstr. 2, Musterau\n<52.5200,13.4050>",
    "Haus B\nAm Komposthaufen 3, Hintermoos\n<-33.8600,151.2100>",
    None,
]
GPS = ["<52.5200,13.4050>", "\n<52.5200,13.4050>", "Hintermoos", None]
# Names only: what the files contain (one of 0 B, one of 25 MiB) is up to whoever serves them.
FILES = [
    "leer.txt",
    "25MiB.pdf",
    "Plan.pdf",
    "Plan.pdf",
    "100%.pdf",
    "Plan #2.pdf",
    "Plan+Anlage.pdf",
    "Gru\u0308nfla\u0308che.pdf",
    "ohne-endung",
    None,
]
ACCOUNTS = [USERS[0], DELETED_USER, None]
FLAGS = [True, False, None]
DUPLICATES = {5: 17, 20: 17, 7: 3, 11: 8, 22: 14}  # row → the row whose number it also carries
CUSTOMER_NUMBERS = [f"K-{DUPLICATES.get(row, row):05d}" for row in range(1, 25)]
# Records 1 to 9 keep their row as id: itself, a cycle of two, a deleted target, none.
KINSHIP = [1, 3, 2, DELETED_ID, None]
SUBSETS = [None, [], ["2"], ["1", "2", "3", "4", "5"], ["5", "9"]]

BUERO: dict[str, Block] = {
    "A": {
        "Kundennr.": CUSTOMER_NUMBERS,
        "Anrede": ["1", "2", "3", "4", None],  # 3 has been deleted from the options
        "Nachname": TEXTS[:10],
        "E_Mail": ["alt@example.org", "", " ", "NULL"],
        "Ort": LOCATIONS,
        "Newsletter": FLAGS,
        "Interessen": [None, [], ["2"], ["1", "2", "3", "4", "5", "6", "7"], ["1", "9"]],
        "Rabatt %": [0, 33.333333333333336, None, -0.01],
        "Kunde seit": DATES,
        "Bemerkung": ["", LONG_NOTE, "<p>&nbsp;</p>", "<p>Tom &amp; Co &lt;neu&gt; &#8364;</p>", "<script>x</script>"],
        "Betreuer": ACCOUNTS,
        "Farbe": ["#FF0000", "red", ""],
        "Geworben von": KINSHIP,
    },
    "B": {"Geburtstag": DATES, "DSGVO ok am": TIMESTAMPS, "Kunde": [KEEP, DELETED_ID], "Name": TEXTS[:12]},
    "D": {
        "Titel": TEXTS,
        "Kunde": [KEEP, None, DELETED_ID],
        "status": ["open", "Open", ""],
        "Status": ["1", "99", None],
        "Tags": SUBSETS,
        "Zeitraum": APPOINTMENTS,
        "Beginn": DATES[2:],
        "Ende (geplant)": DATES,
        "Budget": NUMBERS,
        "Freigabe am": TIMESTAMPS,
        "Baustelle": LOCATIONS,
        "Bauleiter": ACCOUNTS,
        "Hauptansprechpartner": [1, DELETED_ID, None],
        "Team": [[1, 2, 3], [], [DELETED_ID], None],
        "Übergeordnetes Projekt": KINSHIP,
        "Unterschrift Abnahme": [None, "unterschrift.png"],
    },
    "E": {
        "Projekt": [None, DELETED_ID],
        "bezahlt?": FLAGS,
        "Status": ["2", "3", "4", "6", None],  # versendet, Versendet, a deleted option, the caption "2", unset
        "Betrag €": NUMBERS,
        "Betrag $": NUMBERS[::-1],
        "Storno von": KINSHIP,
        "PDF": FILES,
        "RE.Text intern": ["Zeile 1\nZeile 2\r\nZeile 3", "", " ", 'a "b" \\ c'],
    },
    "F": {"Menge": [-1, 0.333, 0, *NUMBERS], "Artikel": [None, DELETED_ID], "Steuersatz": ["3", "4", None]},
    "G": {"Betrag": NUMBERS, "Valuta": DATES, "Verwendungszweck": ["SVWZ+" + "RE 2026-00042 " * 35 + "DANKE", *TEXTS]},
    "H": {
        "EAN": [4006381333931, 2**53 + 1, 0, None],
        "Description EN": TEXTS[:12],
        "Winterhart?": FLAGS,
        "Blühmonate": [None, [], ["5"], [str(month) for month in range(1, 13)]],
        "VK netto": NUMBERS,
        "Bild": FILES[4:],
    },
    "I": {"Elternkategorie": [None, None, None, DELETED_ID]},
    "J": {"Lieferzeit": INTERVALS, "Bestellfenster von": ["00:00:00", "23:59:59", "12:30:00", None]},
    "K": {"gebucht am": TIMESTAMPS, "Menge": NUMBERS, "Gebucht von": ACCOUNTS, "Artikel": [None, DELETED_ID]},
    "L": {"Benutzer": ACCOUNTS, "Führerschein": SUBSETS, "Foto": FILES[6:]},
    "M": {
        "Beginn": ["22:00:00", "00:00:00", "23:59:59", None],
        "Ende": ["04:30:00", "00:00:00", "00:00:00", None],
        "Pause": INTERVALS,
        "Übernachtung": FLAGS,
        "Diäten": NUMBERS,
        "ID": ["17", "", "null"],
        "Id": ["A-1", None, "0"],
        "Bemerkung": TEXTS,
    },
    "N": {
        "Termin": APPOINTMENTS,
        "Ganztägig": [False, False, True, None],
        "Ort": LOCATIONS,
        "Erinnerung": INTERVALS,
    },
    "P": {
        "GPS": GPS,
        "Kommentar": ["", LONG_NOTE, "<p>Teil&nbsp;1</p>", "<p>&lt;b&gt;</p>"],
        "von": TIMESTAMPS,
        "bis": TIMESTAMPS,
        "Foto1": FILES,
    },
    "Q": {"Standort": [None, DELETED_ID, 1], "TÜV bis": DATES, "Betriebsstunden": NUMBERS},
}

NURSERY: dict[str, Block] = {
    "A": {"Name": TEXTS[:9], "Price ex. VAT": NUMBERS[:9], "Photos": FILES[:9]},
    "B": {"select": TEXTS[4:], "order": NUMBERS, "user": ["root", "", None], "Product": [None, DELETED_ID]},
    "C": {
        "* ADDRESS NAME": TEXTS,
        "id": ["7", "", "null", "K-1"],
        "sequence": [1, -1, 2**53 + 1, None],
        "createdAt": DATES,
        "BUSINESS ?": FLAGS,
    },
    "D": {
        "Order Code": ["#11931", "SO-1975", "#11931", "SO-1975", "#11932"],
        "Time placed": TIMESTAMPS,
        "state override": ["1", "2", "4", "3", "5", None],  # paid, Paid, the caption "2", a deleted option, …
        "Notes": ["", "<p>=1+1</p>", LONG_NOTE],
        "shopify import?": FLAGS,
    },
    "E": {"quantity": [-1, 0.333, *NUMBERS], "Variant": [None, DELETED_ID]},
    "F": {"label": FILES, "shipped on": DATES, "sent to Xero": FLAGS},
}
