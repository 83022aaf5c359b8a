"""Tables of `Büro & Baustelle`, first half: customers, projects, invoices, payments."""

from __future__ import annotations

from ninox_simulator.samples.notation import Table, choice, field, fields, fn, part_of, ref

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
    ],
    uis=[
        field("button", "Rechnung erstellen", onClick="let r := (create Rechnungen); r.(Kunde := this)"),
        field("view", "Offene Rechnungen", viewConfig={"type": "table"}, query="Rechnungen[not 'bezahlt?']"),
    ],
    extra={"icon": "people"},
)

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
    ],
    extra={"icon": "user"},
)

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
    ],
    extra={"icon": "shovel"},
)

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
    ],
    extra={"icon": "document"},
)

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
    ],
    extra={"icon": "list"},
)

ZAHLUNGEN = Table(
    "G",
    "Zahlungen",
    [
        *fields("date", "Buchungstag", "Valuta"),
        field("number", "Betrag", numberFormat="#,##0.00 €"),
        *fields("string", "Verwendungszweck"),
        ref("Rechnung", "E", "Zahlungen"),
        choice("Kanal", "Überweisung", "Lastschrift", "bar", "EC-Karte", "Webshop"),
    ],
    extra={"icon": "bank"},
)

SALES = [KUNDEN, ANSPRECHPARTNER, PROJEKTE, RECHNUNGEN, RECHNUNGSPOSITIONEN, ZAHLUNGEN]
