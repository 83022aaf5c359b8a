"""`Büro & Baustelle`, second half: articles, stock, staff, working time, visits."""

from __future__ import annotations

from itertools import count, cycle

from ninox_simulator.samples.blattwerk import awkward, rows
from ninox_simulator.samples.blattwerk.notation import Table, choice, field, fields, fn, ref
from ninox_simulator.samples.blattwerk.rows import (
    DELETED_ID,
    Columns,
    Draw,
    RecordIds,
    numbered,
    pairs,
    stretched,
)

MONTHS = ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
SHELVES = tuple(
    f"{hall} {row:02d}" for hall in ("Halle A", "Halle B", "Freiland", "Folientunnel") for row in range(1, 31)
)
DAYS = rows.days("2019-01-02", "2026-03-27")
MOMENTS = rows.moments("2019-01-02T06:00:00", "2026-03-27T18:00:00", 3_000)
VISITS = rows.visits("2019-01-07T08:00:00", "2026-03-20T15:00:00", 400, hours=1.5)
SHIFTS = [("06:30:00", "15:00:00"), ("07:00:00", "16:15:00"), ("08:00:00", "12:00:00"), ("21:00:00", "05:00:00")]
SHELF_IDS = [str(number) for number in range(1, len(SHELVES) + 1)]
MONTH_IDS = [str(number) for number in range(1, len(MONTHS) + 1)]
CATEGORY_LEVELS = 4


def artikel(ids: RecordIds) -> Columns:
    """Articles with names in two languages."""
    draw = Draw("H")
    german, english = draw.together(list(zip(rows.PLANTS, rows.PLANTS_EN, strict=True)))
    return {
        "Artikelnr": numbered("{:06d}", 1_001),
        "EAN": (4_006_381_000_000 + row * 37 for row in count()),
        "Bezeichnung DE": german,
        "Description EN": english,
        "Kategorie": draw.refs(ids["I"]),
        "Lieferant": draw.refs(ids["J"], empty=0.1),
        "VK netto": draw.amount(0.5, 250),
        "Höhe (cm)": draw.pick(range(10, 400, 5), empty=0.2),
        "Winterhart?": draw.flag(),
        "Blühmonate": draw.some_of(MONTH_IDS),
        "Bild": draw.pick(rows.PHOTOS, empty=0.3),
        "Datenblatt": draw.pick(rows.LINKS, empty=0.6),
    }


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
        fn("VK brutto", "round('VK netto' * 1.07, 2)"),
        fn("Kategorie-Pfad", 'Kategorie.Elternkategorie.Name + " / " + Kategorie.Name'),
        fn("Anzahl verkauft", "sum(Rechnungspositionen.Menge)"),
        fn("Lieferantenname", "Lieferant.Firma"),
    ],
    extra={"icon": "leaf"},
    size=1_800,
    rows=artikel,
    awkward={
        "EAN": [4006381333931, 2**53 + 1, 0, None],
        "Description EN": awkward.TEXTS[:12],
        "Winterhart?": awkward.FLAGS,
        "Blühmonate": [None, [], ["5"], [str(month) for month in range(1, 13)]],
        "VK netto": awkward.NUMBERS,
        "Bild": awkward.FILES[4:],
    },
)


def kategorien(ids: RecordIds) -> Columns:
    """Categories, each below an earlier one, four levels deep."""
    own = ids["I"]
    parents: list[int | None] = [own[row - 3] if row // 3 % CATEGORY_LEVELS else None for row in range(len(own))]
    return {"Name": cycle(rows.PLANTS), "Elternkategorie": iter(parents), "Reihenfolge": count(10, 10)}


KATEGORIEN = Table(
    "I",
    "Kategorien",
    [
        *fields("string", "Name"),
        ref("Elternkategorie", "I", "Unterkategorien"),
        *fields("number", "Reihenfolge"),
        fn("Ebene", "if Elternkategorie then 2 else 1 end"),
        fn("Anzahl Artikel", "cnt(Artikel)"),
    ],
    size=64,
    rows=kategorien,
    awkward={"Elternkategorie": [None, None, None, DELETED_ID]},
)


def lieferanten(_ids: RecordIds) -> Columns:
    """Suppliers."""
    draw = Draw("J")
    return {
        "Firma": draw.pick(rows.NURSERIES),
        "Land": draw.pick("12345"),
        "USt-IdNr.": numbered("XX{:09d}", 100_000_001),
        "Lieferzeit": draw.pick(["24:00:00.000", "72:00:00.000", "168:00:00.000"]),
        "Bestellfenster von": draw.pick(["06:00:00", "08:30:00"], empty=0.3),
    }


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
        fn("Anzahl Artikel", "cnt(Artikel)"),
        fn("Kürzel", "upper(substr(Firma, 0, 3))"),
    ],
    extra={"icon": "truck"},
    size=160,
    rows=lieferanten,
    awkward={"Lieferzeit": awkward.INTERVALS, "Bestellfenster von": ["00:00:00", "23:59:59", "12:30:00", None]},
)


def lagerbewegungen(ids: RecordIds) -> Columns:
    """Stock movements, the longest table."""
    draw = Draw("K")
    return {
        "gebucht am": stretched(MOMENTS, len(ids["K"])),
        "Artikel": draw.refs(ids["H"]),
        "Menge": draw.pick([1, 2, 5, 10, 25, -1, -2, -5, -10, 0.5]),
        "Art": draw.pick("12345"),
        "Lagerort": draw.pick(SHELF_IDS),
        "Gebucht von": draw.pick(rows.USERS, empty=0.05),
        "Beleg": draw.pick([f"LS-{number}" for number in range(4_000, 4_400)], empty=0.6),
    }


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
        fn("Tag", "date('gebucht am')"),
        fn("Wert", "Menge * Artikel.'VK netto'"),
        fn("Artikelname", "Artikel.'Bezeichnung DE'"),
    ],
    extra={"icon": "boxes"},
    size=120_000,
    jump=True,
    rows=lagerbewegungen,
    awkward={
        "gebucht am": awkward.TIMESTAMPS,
        "Menge": awkward.NUMBERS,
        "Gebucht von": awkward.ACCOUNTS,
        "Artikel": [None, DELETED_ID],
    },
)


def mitarbeiter(ids: RecordIds) -> Columns:
    """Staff: birthday and hourly rate are hidden from our key."""
    draw = Draw("L")
    return {
        "Personal-Nr.": numbered("{:04d}"),
        "Benutzer": draw.pick(rows.USERS, empty=0.6),
        "Geburtsdatum": draw.pick(rows.days("1960-01-01", "2005-12-31", 91)),
        "Stundensatz": draw.amount(15, 48),
        "Führerschein": draw.some_of("12345"),
        "Foto": draw.pick(rows.PHOTOS, empty=0.3),
        "Arbeitszeitmodell": draw.pick("1234"),
        "Kalenderfarbe": draw.pick(rows.COLOURS),
        "Aktuelles Gehalt": stretched(ids["YB"], len(ids["L"])),
    }


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
        fn("Alter", "age(Geburtsdatum)"),
        fn("Stunden", "sum(Zeiterfassung.Dauer)"),
        fn("Anzahl Termine", "cnt(Termine)"),
    ],
    extra={"icon": "users"},
    size=46,
    rows=mitarbeiter,
    awkward={"Benutzer": awkward.ACCOUNTS, "Führerschein": awkward.SUBSETS, "Foto": awkward.FILES[6:]},
)


def zeiterfassung(ids: RecordIds) -> Columns:
    """Working time; the last shift ends on the next day."""
    draw = Draw("M")
    begin, end = draw.together(SHIFTS)
    return {
        "Datum": stretched(DAYS, len(ids["M"])),
        "Beginn": begin,
        "Ende": end,
        "Pause": draw.pick(["00:30:00.000", "01:00:00.000"], empty=0.1),
        "Mitarbeiter": draw.refs(ids["L"]),
        "Projekt": draw.refs(ids["D"], empty=0.1),
        "Tätigkeit": draw.pick("1234567"),
        "Übernachtung": draw.flag(empty=0.6),
        "Diäten": draw.pick([14, 28], empty=0.9),
        "ID": numbered("{}", 500),
        "Id": draw.pick(["A-1", "B-2"], empty=0.8),
        "Bemerkung": draw.pick(rows.REMARKS, empty=0.8),
    }


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
        fn("Monat", "month(Datum)"),
        fn("Jahr", "year(Datum)"),
        fn("über Mitternacht?", "Ende < Beginn"),
        fn("Wochentag", "weekdayName(Datum)"),
    ],
    extra={"icon": "clock"},
    size=96_000,
    rows=zeiterfassung,
    awkward={
        "Beginn": ["22:00:00", "00:00:00", "23:59:59", None],
        "Ende": ["04:30:00", "00:00:00", "00:00:00", None],
        "Pause": awkward.INTERVALS,
        "Übernachtung": awkward.FLAGS,
        "Diäten": awkward.NUMBERS,
        "ID": ["17", "", "null"],
        "Id": ["A-1", None, "0"],
        "Bemerkung": awkward.TEXTS,
    },
)


def termine(ids: RecordIds) -> Columns:
    """Appointments."""
    draw = Draw("N")
    return {
        "Termin": draw.pick([f"{start} - {end}" for start, end in VISITS]),
        "Ganztägig": draw.flag(empty=0.5),
        "Betreff": draw.pick(rows.WORKS),
        "Projekt": draw.refs(ids["D"], empty=0.2),
        "Ort": draw.pick(rows.PLACES, empty=0.2),
        "Erinnerung": draw.pick(["00:15:00.000", "24:00:00.000"], empty=0.5),
    }


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
        fn("Beginnt", "start(Termin)"),
        fn("Endet", "endof(Termin)"),
        fn("Anzahl Zusagen", "cnt(Teilnehmer[zugesagt = 1])"),
    ],
    extra={"icon": "calendar"},
    size=7_500,
    rows=termine,
    awkward={
        "Termin": awkward.APPOINTMENTS,
        "Ganztägig": [False, False, True, None],
        "Ort": awkward.LOCATIONS,
        "Erinnerung": awkward.INTERVALS,
    },
)


def termin_teilnehmer(ids: RecordIds) -> Columns:
    """Who takes part in which appointment."""
    left, right = pairs(ids["N"], ids["L"], len(ids["O"]))
    return {"Termin": left, "Mitarbeiter": right, "zugesagt": Draw("O").pick("123", empty=0.2)}


TERMIN_TEILNEHMER = Table(
    "O",
    "Termin_Teilnehmer",
    [
        ref("Termin", "N", "Teilnehmer"),
        ref("Mitarbeiter", "L", "Termine"),
        choice("zugesagt", "ja", "nein", "vielleicht"),
        fn("Betreff", "Termin.Betreff"),
        fn("Beginnt", "start(Termin.Termin)"),
    ],
    size=15_200,
    rows=termin_teilnehmer,
)


def besuche(ids: RecordIds) -> Columns:
    """Site visits with photos."""
    draw = Draw("P")
    begin, end = draw.together(VISITS)
    photos = {f"Foto{number}": draw.pick(rows.PHOTOS, empty=0.2 * number) for number in range(1, 5)}
    return {
        "Projekt": stretched(ids["D"], len(ids["P"])),
        "von": begin,
        "bis": end,
        **photos,
        "Unterschrift Kunde": draw.pick(rows.SIGNATURES, empty=0.7),
        "Kommentar": draw.pick(rows.NOTES, empty=0.4),
        "GPS": draw.pick([f"<{place.split('<')[1]}" for place in rows.PLACES], empty=0.3),
    }


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
        fn("Dauer", "bis - von"),
        fn("Anzahl Fotos", "number(Foto1 != null) + number(Foto2 != null)"),
        fn("Projekttitel", "Projekt.Titel"),
        fn("Tag", "date(von)"),
    ],
    extra={"icon": "camera"},
    size=22_000,
    rows=besuche,
    awkward={
        "GPS": awkward.GPS,
        "Kommentar": ["", awkward.LONG_NOTE, "<p>Teil&nbsp;1</p>", "<p>&lt;b&gt;</p>"],
        "von": awkward.TIMESTAMPS,
        "bis": awkward.TIMESTAMPS,
        "Foto1": awkward.FILES,
    },
)


def fahrzeuge(ids: RecordIds) -> Columns:
    """Vehicles and machines."""
    draw = Draw("Q")
    return {
        "Kennzeichen": numbered("BW-GR {}", 100),
        "Icon": draw.pick(rows.ICONS),
        "TÜV bis": draw.pick(rows.days("2026-01-01", "2028-12-01", 31)),
        "Betriebsstunden": draw.amount(10, 9_000, digits=1),
        "Standort": draw.refs(ids["A"], empty=0.5),
    }


FAHRZEUGE = Table(
    "Q",
    "Fahrzeuge & Maschinen",
    [
        *fields("string", "Kennzeichen"),
        *fields("icon", "Icon"),
        *fields("date", "TÜV bis"),
        *fields("number", "Betriebsstunden"),
        ref("Standort", "A", "Maschinen vor Ort"),
        fn("TÜV fällig?", "'TÜV bis' < today()"),
        fn("Standort (Ort)", "Standort.Ort"),
        fn("Etikett", "Kennzeichen"),
    ],
    extra={"icon": "tractor"},
    size=88,
    rows=fahrzeuge,
    awkward={"Standort": [None, DELETED_ID, 1], "TÜV bis": awkward.DATES, "Betriebsstunden": awkward.NUMBERS},
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
