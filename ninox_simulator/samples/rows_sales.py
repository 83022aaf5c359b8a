"""Ordinary rows of `Büro & Baustelle`, first half: customers, projects, invoices, payments."""

from __future__ import annotations

from itertools import cycle

from ninox_simulator.samples import pools
from ninox_simulator.samples.columns import Columns, Draw, RecordIds, numbered, position_in_parent, stretched

DAYS = pools.days("2019-01-02", "2026-03-27")
BIRTHDAYS = pools.days("1948-02-11", "2004-11-30", 37)
MOMENTS = pools.moments("2019-01-02T06:00:00", "2026-03-27T18:00:00", 500)
SPANS = [f"{start} - {end}" for start, end in pools.visits("2019-01-07T07:00:00", "2026-03-20T07:00:00", 400, hours=33)]


def kunden(ids: RecordIds) -> Columns:
    """Customers: half of them firms."""
    draw, number = Draw("A"), len(ids["A"])
    return {
        "Kundennr.": numbered("K-{:05d}"),
        "Firma": draw.pick(pools.FIRMS, empty=0.5),
        "Anrede": draw.pick("124"),
        "Vorname": draw.pick(pools.FIRST_NAMES, empty=0.1),
        "Nachname": draw.pick(pools.LAST_NAMES),
        "Straße": draw.pick(pools.STREETS),
        "Strasse": draw.pick(pools.STREETS, empty=0.8),
        "PLZ": draw.pick(pools.POSTCODES),
        "Ort": draw.pick(pools.PLACES, empty=0.1),
        "E-Mail": draw.pick(pools.MAILBOXES, empty=0.2),
        "E_Mail": draw.pick(pools.MAILBOXES, empty=0.9),
        "Telefon ☎️": draw.pick(pools.PHONES),
        "Website": draw.pick(pools.LINKS, empty=0.7),
        "Newsletter": draw.flag(empty=0.3),
        "Kundenart": draw.pick("123"),
        "Interessen": draw.some_of("1234567"),
        "Rabatt %": draw.pick([0, 2, 2.5, 3, 5, 10], empty=0.4),
        "Kunde seit": stretched(DAYS, number),
        "Bemerkung": draw.pick(pools.NOTES, empty=0.7),
        "Betreuer": draw.pick([*pools.USERS, pools.DELETED_USER], empty=0.2),
        "Farbe": draw.pick(pools.COLOURS, empty=0.6),
        "Symbol": draw.pick(pools.ICONS, empty=0.8),
        "Logo": draw.pick(pools.PHOTOS, empty=0.9),
        "Geworben von": draw.refs(ids["A"], empty=0.8),
    }


def ansprechpartner(ids: RecordIds) -> Columns:
    """Contacts, one or two per customer."""
    draw = Draw("B")
    return {
        "Kunde": stretched(ids["A"], len(ids["B"])),
        "Name": draw.pick(pools.FULL_NAMES),
        "Funktion": draw.pick("1234", empty=0.2),
        "Mobil": draw.pick(pools.PHONES, empty=0.2),
        "Geburtstag": draw.pick(BIRTHDAYS, empty=0.3),
        "DSGVO ok am": draw.pick(MOMENTS, empty=0.4),
    }


def projekte(ids: RecordIds) -> Columns:
    """Projects in the order they were asked for."""
    draw, number = Draw("D"), len(ids["D"])
    customer, contact = draw.together(list(zip(stretched(ids["A"], len(ids["B"])), ids["B"], strict=True)))
    return {
        "Projektnr.": numbered("P-{:05d}"),
        "Titel": draw.pick(pools.WORKS),
        "Kunde": customer,
        "Baustelle": draw.pick(pools.PLACES, empty=0.1),
        "Status": draw.pick("123456789"),
        "status": draw.pick(["open", "closed"], empty=0.7),
        "Tags": draw.some_of("12345"),
        "Zeitraum": draw.pick(SPANS, empty=0.2),
        "Beginn": stretched(DAYS, number),
        "Ende (geplant)": draw.pick(DAYS, empty=0.3),
        "Budget": draw.amount(500, 90_000, empty=0.2),
        "Freigabe am": draw.pick(MOMENTS, empty=0.5),
        "Bauleiter": draw.pick(pools.USERS, empty=0.1),
        "Hauptansprechpartner": contact,
        "Team": draw.some_of(ids["L"], most=4),
        "Unterschrift Abnahme": draw.pick(pools.SIGNATURES, empty=0.8),
        "Übergeordnetes Projekt": draw.refs(ids["D"], empty=0.9),
    }


def rechnungen(ids: RecordIds) -> Columns:
    """Invoices, numbered per year."""
    draw, number = Draw("E"), len(ids["E"])
    return {
        "RE-Nr.": (f"{day[:4]}-{row:05d}" for row, day in enumerate(stretched(DAYS, number), start=1)),
        "Rechnungsdatum": stretched(DAYS, number),
        "Kunde": draw.refs(ids["A"]),
        "Projekt": draw.refs(ids["D"], empty=0.3),
        "Zahlungsziel (Tage)": draw.pick([0, 10, 14, 30]),
        "bezahlt?": draw.flag(),
        "Status": draw.pick("1235678"),
        "Betrag €": draw.amount(20, 12_000),
        "Betrag $": draw.amount(20, 12_000, empty=0.9),
        "Storno von": draw.refs(ids["E"], empty=0.97),
        "PDF": draw.pick(pools.DOCUMENTS, empty=0.4),
        "RE.Text intern": draw.pick(pools.REMARKS, empty=0.8),
    }


def rechnungspositionen(ids: RecordIds) -> Columns:
    """Invoice lines, four or five per invoice."""
    draw, number = Draw("F"), len(ids["F"])
    return {
        "Rechnung": stretched(ids["E"], number),
        "Artikel": draw.refs(ids["H"], empty=0.1),
        "Pos": position_in_parent(len(ids["E"]), number),
        "Menge": draw.pick([1, 2, 3, 0.5, 12, 0.333, -1, 7.25]),
        "Einheit": draw.pick("12345"),
        "EP netto": draw.amount(0.4, 320),
        "Steuersatz": draw.pick("1112223", empty=0.02),
        "MWST 20%": draw.amount(0.1, 60, empty=0.98),
    }


def zahlungen(ids: RecordIds) -> Columns:
    """Payments, 30 % of them without an invoice."""
    draw, number = Draw("G"), len(ids["G"])
    texts = [f"RE {text} DANKE" for text in ("2024-00017", "2025-00003 + 2025-00004", "LT. ANGEBOT", "RATE 1/3")]
    return {
        "Buchungstag": stretched(DAYS, number),
        "Valuta": stretched(DAYS, number),
        "Betrag": draw.amount(-400, 9_000),
        "Verwendungszweck": cycle(texts),
        "Rechnung": draw.refs(ids["E"], empty=0.3),
        "Kanal": draw.pick("12345"),
    }


SALES = {
    "A": kunden,
    "B": ansprechpartner,
    "D": projekte,
    "E": rechnungen,
    "F": rechnungspositionen,
    "G": zahlungen,
}
