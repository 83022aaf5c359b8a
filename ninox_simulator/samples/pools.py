"""The ordinary values of the sample company: made-up names, places, phrases, days and users."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache

USERS = ["kQ7hWmZ3pXc9RtB2u", "Zr4nTq8LwYb1KsV6d", "Mx2fPc7JhGd5NvA9e", "Tb8sRk3WqLm6XyC1z", "Vd5gHj9QnFp2BtE7w"]
DELETED_USER = "Gone4Xq7ZtR2mWb9K"

FIRST_NAMES = ["Anneke", "Bülent", "Chiara", "Dörte", "Emeka", "Frieda", "Gökhan", "Hanne", "Ilja", "Jördis", "Kwame"]
LAST_NAMES = [
    *("Ackerhahn", "Birkenbühl", "Distelkamp", "Efeulaub", "Farnhäuser", "Gräserstein", "Heckenroth", "Iltisbach"),
    *("Jasminer", "Krautwickel", "Lindenzweig", "Moosgrün", "Nesselbrand", "Öhrchen", "Primelmann", "Quittenbaum"),
]
FULL_NAMES = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]
MAILBOXES = [
    f"{first[0].lower()}.{last.lower()}@example.org" for first in FIRST_NAMES for last in LAST_NAMES if last.isascii()
]
FIRMS = [
    f"{name} {form}"
    for name in ("Wohnpark Musterau", "Hausverwaltung Beispiel", "Gemeinde Hintermoos", "Café Löwenzahn", "Kita Purzel")
    for form in ("GmbH", "& Söhne", "e. V.", "GbR", "AG")
]
NURSERIES = [
    f"{name} {form}" for name in ("Staudenhof", "Baumschule", "Saatgut", "Kwekerij") for form in ("Nord", "Süd")
]
STREETS = [
    f"{street} {number}" for street in ("Gänseblümchenweg", "Am Komposthaufen", "Rosenstr.") for number in range(1, 30)
]
POSTCODES = ["01067", "04109", "06108", "09111", "10115", "20095", "50667", "80331", "99084"]
PLACES = [
    f"{street}, {town}\n<{52.5 + step / 1000:.4f},{13.4 - step / 1000:.4f}>"
    for step, (street, town) in enumerate(
        (street, town) for street in STREETS[::7] for town in ("Musterau", "Hintermoos", "Kleinblattingen")
    )
]
PHONES = [f"+49 30 23125 {number:03d}" for number in range(0, 1000, 7)]
LINKS = [f"https://www.example.com/blatt/{number}?ref=büro&x=1" for number in range(60)]
WORKS = [
    f"{work} {place}"
    for work in ("Neuanlage", "Pflege", "Pflasterung", "Teichbau", "Baumfällung", "Dachbegrünung", "Rückschnitt")
    for place in ("Vorgarten", "Innenhof", "Spielplatz", "Friedhof", "Firmengelände", "Hanglage", "Garagenzufahrt")
]
PLANTS = ["Lavendel", "Rotbuche", "Hainbuche", "Felsenbirne", "Kugelahorn", "Bauernhortensie", "Sonnenhut", "Farn"]
PLANTS_EN = ["Lavender", "Beech", "Hornbeam", "Serviceberry", "Maple", "Hydrangea", "Coneflower", "Fern"]
REMARKS = ["Tor offen lassen", "Hund!", "Schlüssel beim Nachbarn", "Rechnung an Zentrale\nKopie per Mail", "siehe Foto"]
NOTES = [
    "<p>Anruf erledigt.&nbsp;</p>",
    "<p>Bitte <b>vor 9&nbsp;Uhr</b> liefern.</p>",
    "<ul><li>Tor</li><li>Hof</li></ul>",
]
COLOURS = ["#ff0000", "#2fa84f", "#4970ff80", "#abc"]
ICONS = ["leaf", "tree", "flower", "tractor", "truck"]
PHOTOS = [f"IMG_{number:04d}.jpg" for number in range(1, 400, 3)]
SIGNATURES = [f"unterschrift-{number}.png" for number in range(1, 60)]
DOCUMENTS = [f"Beleg {number:03d}.pdf" for number in range(1, 120)]

COUNTRY_LIST = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY "
    "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
    "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
    "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES = COUNTRY_LIST.split()
COUNTRY_NAMES = {
    "AT": ("Austria", "Österreich"),
    "CH": ("Switzerland", "Schweiz"),
    "CI": ("Côte d'Ivoire", "Elfenbeinküste"),
    "DE": ("Germany", "Deutschland"),
    "DK": ("Denmark", "Dänemark"),
    "FR": ("France", "Frankreich"),
    "GB": ("United Kingdom", "Vereinigtes Königreich"),
    "IE": ("Ireland", "Irland"),
    "NA": ("Namibia", "Namibia"),
    "NL": ("Netherlands", "Niederlande"),
    "NO": ("Norway", "Norwegen"),
    "PL": ("Poland", "Polen"),
    "AX": ("Åland Islands", "Åland"),
}


@cache
def days(first: str, last: str, step: int = 1) -> list[str]:
    """ISO dates from first to last, both included."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(start + timedelta(days=day)).isoformat() for day in range(0, (end - start).days + 1, step)]


@cache
def moments(first: str, last: str, number: int) -> list[str]:
    """Ascending timestamps at even distances, seconds included, first and last inclusive."""
    start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    step = (end - start) / (number - 1)
    return [(start + step * index).isoformat(timespec="seconds") for index in range(number)]


@cache
def visits(first: str, last: str, number: int, hours: float) -> list[tuple[str, str]]:
    """Pairs of a beginning and an end `hours` later."""
    return [
        (start, (datetime.fromisoformat(start) + timedelta(hours=hours)).isoformat(timespec="seconds"))
        for start in moments(first, last, number)
    ]
