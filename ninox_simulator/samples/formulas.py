"""The formulas that grew over the years: besides the ones people look at, small ones for lists and labels.

Together with those in the schema modules they make up some 30 % of all fields.
"""

from __future__ import annotations

from collections.abc import Sequence

from ninox_simulator.samples.notation import Table, fn

Formulas = dict[str, dict[str, str]]

BUERO: Formulas = {
    "A": {
        "Suchname": "lower(Nachname)",
        "Anschrift": 'Straße + ", " + PLZ',
        "Kunde seit (Jahr)": "year('Kunde seit')",
        "Anzahl Rechnungen": "cnt(Rechnungen)",
        "Offene Posten": "sum(Rechnungen[not 'bezahlt?'].'Betrag €')",
        "Kurzname": "if Firma then Firma else Nachname end",
        "Hat Mail?": "'E-Mail' != null",
    },
    "B": {
        "Alter": "age(Geburtstag)",
        "Kundenname": "Kunde.Nachname",
        "Geburtsmonat": "month(Geburtstag)",
        "Etikett": 'Name + " (" + text(Funktion) + ")"',
    },
    "D": {
        "Jahr": "year(Beginn)",
        "Monat": "month(Beginn)",
        "Anzeige": "'Projektnr.' + \" \" + Titel",
        "Stunden gesamt": "sum(Zeiterfassung.Dauer)",
        "Anzahl Besuche": "cnt(Besuche)",
        "verspätet?": "'Ende (geplant)' < today()",
    },
    "E": {
        "Jahr": "year(Rechnungsdatum)",
        "Quartal": "quarter(Rechnungsdatum)",
        "Gezahlt": "sum(Zahlungen.Betrag)",
        "Offen": "'Betrag €' - sum(Zahlungen.Betrag)",
        "Kundenname": "Kunde.Nachname",
    },
    "F": {
        "Artikelname": "Artikel.'Bezeichnung DE'",
        "Steuer": "round(Menge * 'EP netto' * 0.19, 2)",
        "Rechnungsnr.": "Rechnung.'RE-Nr.'",
    },
    "G": {
        "Monat": "month(Buchungstag)",
        "zugeordnet?": "Rechnung != null",
        "Kunde": "Rechnung.Kunde.Nachname",
    },
    "H": {
        "VK brutto": "round('VK netto' * 1.07, 2)",
        "Kategorie-Pfad": 'Kategorie.Elternkategorie.Name + " / " + Kategorie.Name',
        "Anzahl verkauft": "sum(Rechnungspositionen.Menge)",
        "Lieferantenname": "Lieferant.Firma",
    },
    "I": {"Ebene": "if Elternkategorie then 2 else 1 end", "Anzahl Artikel": "cnt(Artikel)"},
    "J": {"Anzahl Artikel": "cnt(Artikel)", "Kürzel": "upper(substr(Firma, 0, 3))"},
    "K": {"Tag": "date('gebucht am')", "Wert": "Menge * Artikel.'VK netto'", "Artikelname": "Artikel.'Bezeichnung DE'"},
    "L": {"Alter": "age(Geburtsdatum)", "Stunden": "sum(Zeiterfassung.Dauer)", "Anzahl Termine": "cnt(Termine)"},
    "M": {
        "Monat": "month(Datum)",
        "Jahr": "year(Datum)",
        "über Mitternacht?": "Ende < Beginn",
        "Wochentag": "weekdayName(Datum)",
    },
    "N": {"Beginnt": "start(Termin)", "Endet": "endof(Termin)", "Anzahl Zusagen": "cnt(Teilnehmer[zugesagt = 1])"},
    "O": {"Betreff": "Termin.Betreff", "Beginnt": "start(Termin.Termin)"},
    "P": {
        "Dauer": "bis - von",
        "Anzahl Fotos": "number(Foto1 != null) + number(Foto2 != null)",
        "Projekttitel": "Projekt.Titel",
        "Tag": "date(von)",
    },
    "Q": {"TÜV fällig?": "'TÜV bis' < today()", "Standort (Ort)": "Standort.Ort", "Etikett": "Kennzeichen"},
    "R": {"Vorschau RE-Nr": 'year(today()) + "-" + format(\'Nächste RE-Nr\', "00000")'},
    "YB": {"Stundenlohn": "Monatsgehalt / 173.33"},
}

NURSERY: Formulas = {
    "A": {
        "Price inc. VAT": "round('Price ex. VAT' * 1.2, 2)",
        "variants": "cnt(Variants)",
        "label text": 'SKU + " " + Name',
    },
    "B": {"full name": 'Product.Name + " " + Size', "is small?": 'Size = "S"', "Product SKU": "Product.SKU"},
    "C": {
        "orders placed": "cnt(Orders)",
        "turnover": "sum(Orders.total)",
        "country name": "Country.Name",
        "salutation": 'if \'BUSINESS ?\' then "Sirs" else "" end',
    },
    "D": {
        "total": "sum('Order Items'.'line total')",
        "items": "cnt('Order Items')",
        "year": "year('Time placed')",
        "shop link": "\"https://shop.example.com/orders/\" + 'Order Code'",
    },
    "E": {"line total": "round(quantity * Variant.Product.'Price ex. VAT', 2)", "SKU": "Variant.Product.SKU"},
    "F": {"days to ship": "days(date(Order.'Time placed'), 'shipped on')", "Order Code": "Order.'Order Code'"},
    "G": {"caption": 'ISO + " " + Name', "customers": "cnt(Customers)"},
    "H": {"waiting since": "createdAt"},
}


def with_formulas(tables: Sequence[Table], formulas: Formulas) -> list[Table]:
    """The tables with their small formulas appended."""
    return [
        table._replace(fields=[*table.fields, *(fn(*item) for item in formulas.get(table.id, {}).items())])
        for table in tables
    ]
