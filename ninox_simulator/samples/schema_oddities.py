"""Tables of `Büro & Baustelle` nobody is proud of: the singleton, the old import, the empty one, the secret one."""

from __future__ import annotations

from ninox_simulator.samples.notation import Field, Table, choice, field, fields, fn, ref

IMPORT_COLUMNS = 140

EINSTELLUNGEN = Table("R", "Einstellungen", fields("number", "Nächste RE-Nr", "Nächste Projektnr", "Mahngebühr"))

IMPORT_ALT = Table(
    "S",
    "zz_Import (alt)",
    fields("string", *(f"F{number}" for number in range(1, IMPORT_COLUMNS + 1))),
    extra={"hidden": True, "hasFiles": False, "hasHistory": False},
)

ONE_OF_EACH: list[Field] = [
    field("string", "Text"),
    field("number", "Zahl"),
    field("boolean", "Ja/Nein"),
    choice("Auswahl", "eins", "zwei"),
    choice("Mehrfachauswahl", "rot", "grün", base="multi"),
    field("dchoice", "Dynamische Auswahl", dchoiceValues="select Kunden", dchoiceCaption="Firma"),
    field("dmulti", "Dynamische Mehrfachauswahl", dchoiceValues="select Kunden", dchoiceCaption="Firma"),
    field("date", "Datum"),
    field("timestamp", "Zeitpunkt"),
    field("time", "Uhrzeit"),
    field("timeinterval", "Zeitspanne"),
    field("appointment", "Termin"),
    field("email", "E-Mail"),
    field("phone", "Telefon"),
    field("link", "Verweis"),
    field("location", "Ort"),
    field("html", "Formatierter Text"),
    field("user", "Benutzer"),
    field("file", "Datei"),
    field("image", "Bild"),
    field("signature", "Unterschrift"),
    field("icon", "Symbol"),
    field("color", "Farbe"),
    ref("Vorgänger", "T", "Nachfolger"),
    fn("Formel", "Zahl * 2"),
]

LEERE_TABELLE = Table("T", "Leere Tabelle", ONE_OF_EACH)

GEHAELTER = Table(
    "YB",
    "Gehälter",
    [
        ref("Mitarbeiter", "L", "Gehälter"),
        field("number", "Monatsgehalt", numberFormat="#,##0.00 €"),
        field("date", "gültig ab"),
        fn("Jahresgehalt", "Monatsgehalt * 12"),
    ],
    extra={"readRoles": ["admin"], "writeRoles": ["admin"]},
)

DASHBOARD = Table(
    "X",
    "🗂️ Dashboard",
    uis=[field("button", "Neues Projekt", onClick="create Projekte"), field("layout", "Kacheln")],
    extra={"kind": "page"},
)

HOME = Table("ZB", "Home", uis=[field("layout", "Willkommen")], extra={"kind": "page"})

ODDITIES = [EINSTELLUNGEN, IMPORT_ALT, LEERE_TABELLE, DASHBOARD, GEHAELTER, HOME]
