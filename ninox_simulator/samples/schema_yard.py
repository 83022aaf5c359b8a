"""Tables of `Büro & Baustelle`, second half: articles, stock, staff, working time, visits."""

from __future__ import annotations

from ninox_simulator.samples.notation import Table, choice, field, fields, fn, ref

MONTHS = ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
SHELVES = tuple(
    f"{hall} {row:02d}" for hall in ("Halle A", "Halle B", "Freiland", "Folientunnel") for row in range(1, 31)
)

ARTIKEL = Table(
    "H",
    "Artikel",
    [
        field("string", "Artikelnr", required=True, hasIndex=True),
        field("number", "EAN", numberFormat="0"),
        *fields("string", "Bezeichnung DE", "Description EN"),
        ref("Kategorie", "I", "Artikel"),
        ref("Lieferant", "J", "Artikel"),
        field("number", "VK netto", numberFormat="#,##0.00 €"),
        *fields("number", "Höhe (cm)"),
        *fields("boolean", "Winterhart?"),
        choice("Blühmonate", *MONTHS, base="multi"),
        *fields("image", "Bild"),
        *fields("link", "Datenblatt"),
        fn("Lagerbestand", "sum(Lagerbewegungen.Menge)"),
        fn("Name + Größe", "'Bezeichnung DE' + \" \" + 'Höhe (cm)' + \" cm\""),
    ],
    extra={"icon": "leaf"},
)

KATEGORIEN = Table(
    "I",
    "Kategorien",
    [
        *fields("string", "Name"),
        ref("Elternkategorie", "I", "Unterkategorien"),
        *fields("number", "Reihenfolge"),
    ],
)

LIEFERANTEN = Table(
    "J",
    "Lieferanten",
    [
        *fields("string", "Firma"),
        choice("Land", "Deutschland", "Niederlande", "Österreich", "United Kingdom", "Dänemark"),
        *fields("string", "USt-IdNr."),
        field("timeinterval", "Lieferzeit", timeintervalFormat="hh:mm"),
        *fields("time", "Bestellfenster von"),
        fn("Bewertung ⭐", 'substr("⭐⭐⭐⭐⭐", 0, 3)'),
    ],
    extra={"icon": "truck"},
)

LAGERBEWEGUNGEN = Table(
    "K",
    "Lagerbewegungen",
    [
        *fields("timestamp", "gebucht am"),
        ref("Artikel", "H", "Lagerbewegungen"),
        *fields("number", "Menge"),
        choice("Art", "Zugang", "Abgang", "abgang", "Inventur", "Schwund"),
        choice("Lagerort", *SHELVES),
        *fields("user", "Gebucht von"),
        *fields("string", "Beleg"),
    ],
    extra={"icon": "boxes"},
)

MITARBEITER = Table(
    "L",
    "Mitarbeiter",
    [
        field("string", "Personal-Nr.", required=True),
        *fields("user", "Benutzer"),
        field("date", "Geburtsdatum", readRoles=["admin"]),
        field("number", "Stundensatz", readRoles=["admin"], numberFormat="#,##0.00 €"),
        choice("Führerschein", "B", "BE", "C1", "2", "T", base="multi"),
        *fields("image", "Foto"),
        choice("Arbeitszeitmodell", "Vollzeit", "Teilzeit", "Saison", "Minijob"),
        *fields("color", "Kalenderfarbe"),
        ref("Aktuelles Gehalt", "YB", "Aktuell bei"),
    ],
    extra={"icon": "users"},
)

ZEITERFASSUNG = Table(
    "M",
    "Zeiterfassung",
    [
        *fields("date", "Datum"),
        *fields("time", "Beginn", "Ende"),
        field("timeinterval", "Pause", timeintervalFormat="hh:mm"),
        ref("Mitarbeiter", "L", "Zeiterfassung"),
        ref("Projekt", "D", "Zeiterfassung"),
        choice("Tätigkeit", "Pflege", "pflege", "Pflasterbau", "Baumfällung", "Fahrt", "Büro", "Winterdienst"),
        *fields("boolean", "Übernachtung"),
        *fields("number", "Diäten"),
        *fields("string", "ID", "Id"),
        field("string", "Bemerkung", stringMultiline=True),
        fn("Dauer", "timeinterval(Ende - Beginn) - Pause"),
        fn("KW", "week(Datum)"),
        fn("Kosten", "number(Dauer) / 3600000 * 42"),
    ],
    extra={"icon": "clock"},
)

TERMINE = Table(
    "N",
    "Termine",
    [
        *fields("appointment", "Termin"),
        *fields("boolean", "Ganztägig"),
        *fields("string", "Betreff"),
        ref("Projekt", "D", "Termine"),
        *fields("location", "Ort"),
        *fields("timeinterval", "Erinnerung"),
    ],
    extra={"icon": "calendar"},
)

TERMIN_TEILNEHMER = Table(
    "O",
    "Termin_Teilnehmer",
    [
        ref("Termin", "N", "Teilnehmer"),
        ref("Mitarbeiter", "L", "Termine"),
        choice("zugesagt", "ja", "nein", "vielleicht"),
    ],
)

BESUCHE = Table(
    "P",
    "Besuche / Fotodoku",
    [
        ref("Projekt", "D", "Besuche"),
        *fields("timestamp", "von", "bis"),
        *fields("image", "Foto1", "Foto2", "Foto3", "Foto4"),
        *fields("signature", "Unterschrift Kunde"),
        *fields("html", "Kommentar"),
        *fields("location", "GPS"),
    ],
    extra={"icon": "camera"},
)

FAHRZEUGE = Table(
    "Q",
    "Fahrzeuge & Maschinen",
    [
        *fields("string", "Kennzeichen"),
        *fields("icon", "Icon"),
        *fields("date", "TÜV bis"),
        *fields("number", "Betriebsstunden"),
        ref("Standort", "A", "Maschinen vor Ort"),
    ],
    extra={"icon": "tractor"},
)

YARD = [
    ARTIKEL,
    KATEGORIEN,
    LIEFERANTEN,
    LAGERBEWEGUNGEN,
    MITARBEITER,
    ZEITERFASSUNG,
    TERMINE,
    TERMIN_TEILNEHMER,
    BESUCHE,
    FAHRZEUGE,
]
