"""`Büro & Baustelle`, first half: customers, projects, invoices, payments, and the tables nobody is proud of."""

from __future__ import annotations

from itertools import chain, count, cycle

from ninox_simulator.samples.blattwerk import awkward, rows
from ninox_simulator.samples.blattwerk.notation import Table, choice, field, fields, fn, part_of, ref
from ninox_simulator.samples.blattwerk.rows import (
    DELETED_ID,
    Column,
    Columns,
    Draw,
    RecordIds,
    numbered,
    position_in_parent,
    stretched,
)

DAYS = rows.days("2019-01-02", "2026-03-27")
BIRTHDAYS = rows.days("1948-02-11", "2004-11-30", 37)
MOMENTS = rows.moments("2019-01-02T06:00:00", "2026-03-27T18:00:00", 500)
SPANS = [f"{start} - {end}" for start, end in rows.visits("2019-01-07T07:00:00", "2026-03-20T07:00:00", 400, hours=33)]
IMPORT_COLUMNS = 140
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


def kunden(ids: RecordIds) -> Columns:
    """Customers: half of them firms."""
    draw, number = Draw("A"), len(ids["A"])
    return {
        "Kundennr.": numbered("K-{:05d}"),
        "Firma": draw.pick(rows.FIRMS, empty=0.5),
        "Anrede": draw.pick("124"),
        "Vorname": draw.pick(rows.FIRST_NAMES, empty=0.1),
        "Nachname": draw.pick(rows.LAST_NAMES),
        "Straße": draw.pick(rows.STREETS),
        "Strasse": draw.pick(rows.STREETS, empty=0.8),
        "PLZ": draw.pick(rows.POSTCODES),
        "Ort": draw.pick(rows.PLACES, empty=0.1),
        "E-Mail": draw.pick(rows.MAILBOXES, empty=0.2),
        "E_Mail": draw.pick(rows.MAILBOXES, empty=0.9),
        "Telefon ☎️": draw.pick(rows.PHONES),
        "Website": draw.pick(rows.LINKS, empty=0.7),
        "Newsletter": draw.flag(empty=0.3),
        "Kundenart": draw.pick("123"),
        "Interessen": draw.some_of("1234567"),
        "Rabatt %": draw.pick([0, 2, 2.5, 3, 5, 10], empty=0.4),
        "Kunde seit": stretched(DAYS, number),
        "Bemerkung": draw.pick(rows.NOTES, empty=0.7),
        "Betreuer": draw.pick([*rows.USERS, rows.DELETED_USER], empty=0.2),
        "Farbe": draw.pick(rows.COLOURS, empty=0.6),
        "Symbol": draw.pick(rows.ICONS, empty=0.8),
        "Logo": draw.pick(rows.PHOTOS, empty=0.9),
        "Geworben von": draw.refs(ids["A"], empty=0.8),
    }


KUNDEN = Table(
    "A",
    "Kunden",
    [
        field("string", "Kundennr.", required=True, hasIndex=True),
        field("string", "Firma", hasIndex=True),
        choice("Anrede", "Frau", "Herr", "Familie", deleted=[3]),
        *fields("string", "Vorname", "Nachname", "Straße", "Strasse", "PLZ"),
        field("location", "Ort"),
        field("email", "E-Mail"),
        field("string", "E_Mail"),
        field("phone", "Telefon ☎️"),
        field("link", "Website", linkPreview=True),
        field("boolean", "Newsletter", booleanRenderer="switch", booleanDefault="false"),
        choice("Kundenart", "1/ Privat", "2/ Gewerbe", "3/ Kommune"),
        choice(
            "Interessen", "Rasen", "Teich", "Hecke", "Pflaster", "Baumpflege", "Dachgarten", "Stauden", base="multi"
        ),
        field("number", "Rabatt %", numberMin=0, numberMax=100, numberFormat="0.## %"),
        field("date", "Kunde seit"),
        field("html", "Bemerkung"),
        *fields("user", "Betreuer"),
        *fields("color", "Farbe"),
        *fields("icon", "Symbol"),
        *fields("image", "Logo"),
        ref("Geworben von", "A", "Hat geworben"),
        fn("Voller Name", 'trim(Vorname + " " + Nachname)'),
        fn("Umsatz gesamt", "sum(Rechnungen.Netto)"),
        fn("Anzahl Projekte", "cnt(Projekte)"),
        fn("Letzter Auftrag", "max(Projekte.Beginn)"),
        fn("VIP?", "'Umsatz gesamt' > 50000"),
        fn("Ampel", 'styled(if \'VIP?\' then "VIP" else "–" end, if \'VIP?\' then "green" else "grey" end)'),
        fn("Suchname", "lower(Nachname)"),
        fn("Anschrift", 'Straße + ", " + PLZ'),
        fn("Kunde seit (Jahr)", "year('Kunde seit')"),
        fn("Anzahl Rechnungen", "cnt(Rechnungen)"),
        fn("Offene Posten", "sum(Rechnungen[not 'bezahlt?'].'Betrag €')"),
        fn("Kurzname", "if Firma then Firma else Nachname end"),
        fn("Hat Mail?", "'E-Mail' != null"),
    ],
    uis=[
        field("button", "Rechnung erstellen", onClick="let r := (create Rechnungen); r.(Kunde := this)"),
        field("view", "Offene Rechnungen", viewConfig={"type": "table"}, query="Rechnungen[not 'bezahlt?']"),
    ],
    extra={"icon": "people"},
    size=2_400,
    rows=kunden,
    awkward={
        "Kundennr.": awkward.CUSTOMER_NUMBERS,
        "Anrede": ["1", "2", "3", "4", None],  # 3 has been deleted from the options
        "Nachname": awkward.TEXTS[:10],
        "E_Mail": ["alt@example.org", "", " ", "NULL"],
        "Ort": awkward.LOCATIONS,
        "Newsletter": awkward.FLAGS,
        "Interessen": [None, [], ["2"], ["1", "2", "3", "4", "5", "6", "7"], ["1", "9"]],
        "Rabatt %": [0, 33.333333333333336, None, -0.01],
        "Kunde seit": awkward.DATES,
        "Bemerkung": [
            "",
            awkward.LONG_NOTE,
            "<p>&nbsp;</p>",
            "<p>Tom &amp; Co &lt;neu&gt; &#8364;</p>",
            "<script>x</script>",
        ],
        "Betreuer": awkward.ACCOUNTS,
        "Farbe": ["#FF0000", "red", ""],
        "Geworben von": awkward.KINSHIP,
    },
)


def ansprechpartner(ids: RecordIds) -> Columns:
    """Contacts, one or two per customer."""
    draw = Draw("B")
    return {
        "Kunde": stretched(ids["A"], len(ids["B"])),
        "Name": draw.pick(rows.FULL_NAMES),
        "Funktion": draw.pick("1234", empty=0.2),
        "Mobil": draw.pick(rows.PHONES, empty=0.2),
        "Geburtstag": draw.pick(BIRTHDAYS, empty=0.3),
        "DSGVO ok am": draw.pick(MOMENTS, empty=0.4),
    }


ANSPRECHPARTNER = Table(
    "B",
    "Ansprechpartner",
    [
        part_of("Kunde", "A", "Ansprechpartner"),
        *fields("string", "Name"),
        choice("Funktion", "Einkauf", "Leiter, Technik; Einkauf", "Buchhaltung", "Hausmeister"),
        *fields("phone", "Mobil"),
        *fields("date", "Geburtstag"),
        *fields("timestamp", "DSGVO ok am"),
        fn("Alter", "age(Geburtstag)"),
        fn("Kundenname", "Kunde.Nachname"),
        fn("Geburtsmonat", "month(Geburtstag)"),
        fn("Etikett", 'Name + " (" + text(Funktion) + ")"'),
    ],
    extra={"icon": "user"},
    size=3_900,
    rows=ansprechpartner,
    awkward={
        "Geburtstag": awkward.DATES,
        "DSGVO ok am": awkward.TIMESTAMPS,
        "Kunde": [awkward.KEEP, DELETED_ID],
        "Name": awkward.TEXTS[:12],
    },
)


def projekte(ids: RecordIds) -> Columns:
    """Projects in the order they were asked for."""
    draw, number = Draw("D"), len(ids["D"])
    customer, contact = draw.together(list(zip(stretched(ids["A"], len(ids["B"])), ids["B"], strict=True)))
    return {
        "Projektnr.": numbered("P-{:05d}"),
        "Titel": draw.pick(rows.WORKS),
        "Kunde": customer,
        "Baustelle": draw.pick(rows.PLACES, empty=0.1),
        "Status": draw.pick("123456789"),
        "status": draw.pick(["open", "closed"], empty=0.7),
        "Tags": draw.some_of("12345"),
        "Zeitraum": draw.pick(SPANS, empty=0.2),
        "Beginn": stretched(DAYS, number),
        "Ende (geplant)": draw.pick(DAYS, empty=0.3),
        "Budget": draw.amount(500, 90_000, empty=0.2),
        "Freigabe am": draw.pick(MOMENTS, empty=0.5),
        "Bauleiter": draw.pick(rows.USERS, empty=0.1),
        "Hauptansprechpartner": contact,
        "Team": draw.some_of(ids["L"], most=4),
        "Unterschrift Abnahme": draw.pick(rows.SIGNATURES, empty=0.8),
        "Übergeordnetes Projekt": draw.refs(ids["D"], empty=0.9),
    }


PROJEKTE = Table(
    "D",
    "Projekte",
    [
        field("string", "Projektnr.", required=True, hasIndex=True),
        field("string", "Titel"),
        ref("Kunde", "A", "Projekte"),
        *fields("location", "Baustelle"),
        choice(
            "Status",
            "Anfrage",
            "Angebot",
            "beauftragt",
            "in Planung",
            "in Arbeit",
            "Abnahme",
            "abgeschlossen",
            "pausiert",
            "storniert",
        ),
        *fields("string", "status"),
        choice("Tags", "eilig", "Garantie", "öffentlich", "Winterdienst", "Nachpflege", base="multi"),
        *fields("appointment", "Zeitraum"),
        *fields("date", "Beginn", "Ende (geplant)"),
        field("number", "Budget", numberFormat="#,##0.00 €"),
        *fields("timestamp", "Freigabe am"),
        *fields("user", "Bauleiter"),
        field("dchoice", "Hauptansprechpartner", dchoiceValues="Kunde.Ansprechpartner", dchoiceCaption="Name"),
        field("dmulti", "Team", dchoiceValues="select Mitarbeiter", dchoiceCaption="'Personal-Nr.'"),
        *fields("signature", "Unterschrift Abnahme"),
        ref("Übergeordnetes Projekt", "D", "Teilprojekte"),
        fn("Dauer (Tage)", "days(Beginn, 'Ende (geplant)')"),
        fn("Deckungsbeitrag", "sum(Rechnungen.Netto) - sum(Zeiterfassung.Kosten)"),
        fn("Marge %", "Deckungsbeitrag / sum(Rechnungen.Netto) * 100"),
        fn("Jahr", "year(Beginn)"),
        fn("Monat", "month(Beginn)"),
        fn("Anzeige", "'Projektnr.' + \" \" + Titel"),
        fn("Stunden gesamt", "sum(Zeiterfassung.Dauer)"),
        fn("Anzahl Besuche", "cnt(Besuche)"),
        fn("verspätet?", "'Ende (geplant)' < today()"),
    ],
    extra={"icon": "shovel"},
    size=5_200,
    jump=True,
    rows=projekte,
    awkward={
        "Titel": awkward.TEXTS,
        "Kunde": [awkward.KEEP, None, DELETED_ID],
        "status": ["open", "Open", ""],
        "Status": ["1", "99", None],
        "Tags": awkward.SUBSETS,
        "Zeitraum": awkward.APPOINTMENTS,
        "Beginn": awkward.DATES[2:],
        "Ende (geplant)": awkward.DATES,
        "Budget": awkward.NUMBERS,
        "Freigabe am": awkward.TIMESTAMPS,
        "Baustelle": awkward.LOCATIONS,
        "Bauleiter": awkward.ACCOUNTS,
        "Hauptansprechpartner": [1, DELETED_ID, None],
        "Team": [[1, 2, 3], [], [DELETED_ID], None],
        "Übergeordnetes Projekt": awkward.KINSHIP,
        "Unterschrift Abnahme": [None, "unterschrift.png"],
    },
)


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
        "PDF": draw.pick(rows.DOCUMENTS, empty=0.4),
        "RE.Text intern": draw.pick(rows.REMARKS, empty=0.8),
    }


RECHNUNGEN = Table(
    "E",
    "Rechnungen",
    [
        field("string", "RE-Nr.", required=True, hasIndex=True),
        *fields("date", "Rechnungsdatum"),
        ref("Kunde", "A", "Rechnungen", required=True),
        ref("Projekt", "D", "Rechnungen"),
        field("number", "Zahlungsziel (Tage)", numberDefault="14"),
        field("boolean", "bezahlt?", afterUpdate="if 'bezahlt?' then Status := \"bezahlt\" end"),
        choice("Status", "Entwurf", "versendet", "Versendet", "1. Mahnung", "2", "bezahlt", "storniert", deleted=[4]),
        field("number", "Betrag €", numberFormat="#,##0.00 €"),
        field("number", "Betrag $", numberFormat="$#,##0.00"),
        ref("Storno von", "E", "Stornos"),
        *fields("file", "PDF"),
        field("string", "RE.Text intern", stringMultiline=True),
        fn("Netto", "sum(Positionen.Gesamt)"),
        fn("USt.", "Netto * 0.19"),
        fn("Brutto", "Netto + 'USt.'"),
        fn("Fällig am", "Rechnungsdatum + 'Zahlungsziel (Tage)'"),
        fn("überfällig", "not 'bezahlt?' and 'Fällig am' < today()"),
        fn("Jahr", "year(Rechnungsdatum)"),
        fn("Quartal", "quarter(Rechnungsdatum)"),
        fn("Gezahlt", "sum(Zahlungen.Betrag)"),
        fn("Offen", "'Betrag €' - sum(Zahlungen.Betrag)"),
        fn("Kundenname", "Kunde.Nachname"),
    ],
    extra={"icon": "document"},
    size=11_000,
    rows=rechnungen,
    awkward={
        "Projekt": [None, DELETED_ID],
        "bezahlt?": awkward.FLAGS,
        "Status": ["2", "3", "4", "6", None],  # versendet, Versendet, a deleted option, the caption "2", unset
        "Betrag €": awkward.NUMBERS,
        "Betrag $": awkward.NUMBERS[::-1],
        "Storno von": awkward.KINSHIP,
        "PDF": awkward.FILES,
        "RE.Text intern": ["Zeile 1\nZeile 2\r\nZeile 3", "", " ", 'a "b" \\ c'],
    },
)


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


RECHNUNGSPOSITIONEN = Table(
    "F",
    "Rechnungspositionen",
    [
        part_of("Rechnung", "E", "Positionen"),
        ref("Artikel", "H", "Rechnungspositionen"),
        *fields("number", "Pos", "Menge"),
        choice("Einheit", "Stk", "m²", "m³", "lfm", "h"),
        field("number", "EP netto", numberFormat="#,##0.00 €"),
        choice("Steuersatz", "19 %", "7 %", "0 %"),
        *fields("number", "MWST 20%"),
        fn("Gesamt", "round(Menge * 'EP netto', 2)"),
        fn("Artikelname", "Artikel.'Bezeichnung DE'"),
        fn("Steuer", "round(Menge * 'EP netto' * 0.19, 2)"),
        fn("Rechnungsnr.", "Rechnung.'RE-Nr.'"),
    ],
    extra={"icon": "list"},
    size=48_000,
    rows=rechnungspositionen,
    awkward={"Menge": [-1, 0.333, 0, *awkward.NUMBERS], "Artikel": [None, DELETED_ID], "Steuersatz": ["3", "4", None]},
)


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


ZAHLUNGEN = Table(
    "G",
    "Zahlungen",
    [
        *fields("date", "Buchungstag", "Valuta"),
        field("number", "Betrag", numberFormat="#,##0.00 €"),
        *fields("string", "Verwendungszweck"),
        ref("Rechnung", "E", "Zahlungen"),
        choice("Kanal", "Überweisung", "Lastschrift", "bar", "EC-Karte", "Webshop"),
        fn("Monat", "month(Buchungstag)"),
        fn("zugeordnet?", "Rechnung != null"),
        fn("Kunde", "Rechnung.Kunde.Nachname"),
    ],
    extra={"icon": "bank"},
    size=10_300,
    jump=True,
    rows=zahlungen,
    awkward={
        "Betrag": awkward.NUMBERS,
        "Valuta": awkward.DATES,
        "Verwendungszweck": ["SVWZ+" + "RE 2026-00042 " * 35 + "DANKE", *awkward.TEXTS],
    },
)


def _heap(start: int) -> Column:
    return chain(IMPORTED[start:], cycle(IMPORTED))


def einstellungen(_ids: RecordIds) -> Columns:
    """The one row of settings."""
    return {"Nächste RE-Nr": cycle([11_001]), "Nächste Projektnr": cycle([5_201]), "Mahngebühr": cycle([2.5])}


EINSTELLUNGEN = Table(
    "R",
    "Einstellungen",
    [
        *fields("number", "Nächste RE-Nr", "Nächste Projektnr", "Mahngebühr"),
        fn("Vorschau RE-Nr", 'year(today()) + "-" + format(\'Nächste RE-Nr\', "00000")'),
    ],
    size=1,
    rows=einstellungen,
)


def import_alt(_ids: RecordIds) -> Columns:
    """What a colleague once imported: each column starts elsewhere in the same heap."""
    return {f"F{number}": _heap(number * 3 % len(IMPORTED)) for number in range(1, IMPORT_COLUMNS + 1)}


IMPORT_ALT = Table(
    "S",
    "zz_Import (alt)",
    [
        *fields("string", *(f"F{number}" for number in range(1, IMPORT_COLUMNS + 1))),
    ],
    extra={"hidden": True, "hasFiles": False, "hasHistory": False},
    size=3_000,
    rows=import_alt,
)


LEERE_TABELLE = Table(
    "T",
    "Leere Tabelle",
    [
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
    ],
)


def gehaelter(ids: RecordIds) -> Columns:
    """Salaries: whoever reads one has found a hole."""
    return {
        "Mitarbeiter": stretched(ids["L"], len(ids["YB"])),
        "Monatsgehalt": count(2_900, 50),
        "gültig ab": cycle(["2025-01-01"]),
    }


GEHAELTER = Table(
    "YB",
    "Gehälter",
    [
        ref("Mitarbeiter", "L", "Gehälter"),
        field("number", "Monatsgehalt", numberFormat="#,##0.00 €"),
        field("date", "gültig ab"),
        fn("Jahresgehalt", "Monatsgehalt * 12"),
        fn("Stundenlohn", "Monatsgehalt / 173.33"),
    ],
    extra={"readRoles": ["admin"], "writeRoles": ["admin"]},
    size=46,
    rows=gehaelter,
)


DASHBOARD = Table(
    "X",
    "🗂️ Dashboard",
    uis=[field("button", "Neues Projekt", onClick="create Projekte"), field("layout", "Kacheln")],
    extra={"kind": "page"},
)


HOME = Table(
    "ZB",
    "Home",
    uis=[field("layout", "Willkommen")],
    extra={"kind": "page"},
)

SALES = [KUNDEN, ANSPRECHPARTNER, PROJEKTE, RECHNUNGEN, RECHNUNGSPOSITIONEN, ZAHLUNGEN]
ODDITIES = [EINSTELLUNGEN, IMPORT_ALT, LEERE_TABELLE, DASHBOARD, GEHAELTER, HOME]
