"""Ordinary rows of `Büro & Baustelle`, second half: articles, stock, staff, working time, visits, oddities."""

from __future__ import annotations

from itertools import chain, count, cycle

from ninox_simulator.samples import pools
from ninox_simulator.samples.columns import Column, Columns, Draw, RecordIds, numbered, pairs, stretched
from ninox_simulator.samples.schema_oddities import IMPORT_COLUMNS
from ninox_simulator.samples.schema_yard import MONTHS, SHELVES

DAYS = pools.days("2019-01-02", "2026-03-27")
MOMENTS = pools.moments("2019-01-02T06:00:00", "2026-03-27T18:00:00", 3_000)
VISITS = pools.visits("2019-01-07T08:00:00", "2026-03-20T15:00:00", 400, hours=1.5)
SHIFTS = [("06:30:00", "15:00:00"), ("07:00:00", "16:15:00"), ("08:00:00", "12:00:00"), ("21:00:00", "05:00:00")]
SHELF_IDS = [str(number) for number in range(1, len(SHELVES) + 1)]
MONTH_IDS = [str(number) for number in range(1, len(MONTHS) + 1)]
IMPORTED = [
    *("PM", "500 mt", "1.234,56", "1,234.56", "01.04.2019", "4/1/19", "ja", "J", "x", "-", "n/a", "#NV", "0", "00123"),
    *(
        "StraÃŸe",
        "Gr\ufffdn",
        "MÃ¼ller",
        "M\u0081ller",
        "Gru\u0308n",
        "Grün",
        "\ufeffErste Spalte",
        "a;b",
        None,
        None,
        None,
    ),
]
CATEGORY_LEVELS = 4


def artikel(ids: RecordIds) -> Columns:
    """Articles with names in two languages."""
    draw = Draw("H")
    german, english = draw.together(list(zip(pools.PLANTS, pools.PLANTS_EN, strict=True)))
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
        "Bild": draw.pick(pools.PHOTOS, empty=0.3),
        "Datenblatt": draw.pick(pools.LINKS, empty=0.6),
    }


def kategorien(ids: RecordIds) -> Columns:
    """Categories, each below an earlier one, four levels deep."""
    own = ids["I"]
    parents: list[int | None] = [own[row - 3] if row // 3 % CATEGORY_LEVELS else None for row in range(len(own))]
    return {"Name": cycle(pools.PLANTS), "Elternkategorie": iter(parents), "Reihenfolge": count(10, 10)}


def lieferanten(_ids: RecordIds) -> Columns:
    """Suppliers."""
    draw = Draw("J")
    return {
        "Firma": draw.pick(pools.NURSERIES),
        "Land": draw.pick("12345"),
        "USt-IdNr.": numbered("XX{:09d}", 100_000_001),
        "Lieferzeit": draw.pick(["24:00:00.000", "72:00:00.000", "168:00:00.000"]),
        "Bestellfenster von": draw.pick(["06:00:00", "08:30:00"], empty=0.3),
    }


def lagerbewegungen(ids: RecordIds) -> Columns:
    """Stock movements, the longest table."""
    draw = Draw("K")
    return {
        "gebucht am": stretched(MOMENTS, len(ids["K"])),
        "Artikel": draw.refs(ids["H"]),
        "Menge": draw.pick([1, 2, 5, 10, 25, -1, -2, -5, -10, 0.5]),
        "Art": draw.pick("12345"),
        "Lagerort": draw.pick(SHELF_IDS),
        "Gebucht von": draw.pick(pools.USERS, empty=0.05),
        "Beleg": draw.pick([f"LS-{number}" for number in range(4_000, 4_400)], empty=0.6),
    }


def mitarbeiter(ids: RecordIds) -> Columns:
    """Staff: birthday and hourly rate are hidden from our key."""
    draw = Draw("L")
    return {
        "Personal-Nr.": numbered("{:04d}"),
        "Benutzer": draw.pick(pools.USERS, empty=0.6),
        "Geburtsdatum": draw.pick(pools.days("1960-01-01", "2005-12-31", 91)),
        "Stundensatz": draw.amount(15, 48),
        "Führerschein": draw.some_of("12345"),
        "Foto": draw.pick(pools.PHOTOS, empty=0.3),
        "Arbeitszeitmodell": draw.pick("1234"),
        "Kalenderfarbe": draw.pick(pools.COLOURS),
        "Aktuelles Gehalt": stretched(ids["YB"], len(ids["L"])),
    }


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
        "Bemerkung": draw.pick(pools.REMARKS, empty=0.8),
    }


def termine(ids: RecordIds) -> Columns:
    """Appointments."""
    draw = Draw("N")
    return {
        "Termin": draw.pick([f"{start} - {end}" for start, end in VISITS]),
        "Ganztägig": draw.flag(empty=0.5),
        "Betreff": draw.pick(pools.WORKS),
        "Projekt": draw.refs(ids["D"], empty=0.2),
        "Ort": draw.pick(pools.PLACES, empty=0.2),
        "Erinnerung": draw.pick(["00:15:00.000", "24:00:00.000"], empty=0.5),
    }


def termin_teilnehmer(ids: RecordIds) -> Columns:
    """Who takes part in which appointment."""
    left, right = pairs(ids["N"], ids["L"], len(ids["O"]))
    return {"Termin": left, "Mitarbeiter": right, "zugesagt": Draw("O").pick("123", empty=0.2)}


def besuche(ids: RecordIds) -> Columns:
    """Site visits with photos."""
    draw = Draw("P")
    begin, end = draw.together(VISITS)
    photos = {f"Foto{number}": draw.pick(pools.PHOTOS, empty=0.2 * number) for number in range(1, 5)}
    return {
        "Projekt": stretched(ids["D"], len(ids["P"])),
        "von": begin,
        "bis": end,
        **photos,
        "Unterschrift Kunde": draw.pick(pools.SIGNATURES, empty=0.7),
        "Kommentar": draw.pick(pools.NOTES, empty=0.4),
        "GPS": draw.pick([f"<{place.split('<')[1]}" for place in pools.PLACES], empty=0.3),
    }


def fahrzeuge(ids: RecordIds) -> Columns:
    """Vehicles and machines."""
    draw = Draw("Q")
    return {
        "Kennzeichen": numbered("BW-GR {}", 100),
        "Icon": draw.pick(pools.ICONS),
        "TÜV bis": draw.pick(pools.days("2026-01-01", "2028-12-01", 31)),
        "Betriebsstunden": draw.amount(10, 9_000, digits=1),
        "Standort": draw.refs(ids["A"], empty=0.5),
    }


def einstellungen(_ids: RecordIds) -> Columns:
    """The one row of settings."""
    return {"Nächste RE-Nr": cycle([11_001]), "Nächste Projektnr": cycle([5_201]), "Mahngebühr": cycle([2.5])}


def import_alt(_ids: RecordIds) -> Columns:
    """What a colleague once imported: each column starts elsewhere in the same heap."""
    return {f"F{number}": _heap(number * 3 % len(IMPORTED)) for number in range(1, IMPORT_COLUMNS + 1)}


def gehaelter(ids: RecordIds) -> Columns:
    """Salaries: whoever reads one has found a hole."""
    return {
        "Mitarbeiter": stretched(ids["L"], len(ids["YB"])),
        "Monatsgehalt": count(2_900, 50),
        "gültig ab": cycle(["2025-01-01"]),
    }


def _heap(start: int) -> Column:
    return chain(IMPORTED[start:], cycle(IMPORTED))


YARD = {
    "H": artikel,
    "I": kategorien,
    "J": lieferanten,
    "K": lagerbewegungen,
    "L": mitarbeiter,
    "M": zeiterfassung,
    "N": termine,
    "O": termin_teilnehmer,
    "P": besuche,
    "Q": fahrzeuge,
    "R": einstellungen,
    "S": import_alt,
    "YB": gehaelter,
}
