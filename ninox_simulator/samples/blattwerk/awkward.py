"""Values that break naive integrations; the pages of the databases say where they stand.

None leaves the field empty, `KEEP` keeps the ordinary value.
"""

from __future__ import annotations

from types import EllipsisType

from ninox_simulator.samples.blattwerk.rows import DELETED_ID, DELETED_USER, USERS

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
