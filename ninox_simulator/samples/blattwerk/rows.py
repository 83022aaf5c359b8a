"""What the sample's rows are made of: made-up names, places and days; columns of them; and each record's history.

Columns are cheap, endless and deterministic; a table's rows are its columns zipped. A column yields one value per row,
None for an empty field. Pools are drawn once from a generator seeded with the table's name and then repeated, so that
half a million rows cost no half a million random numbers.

A database counts its changes with one sequence. Every table owns the numbers of one remainder, which keeps them unique
without a shared counter: `sequence = slot * tables + table`. A record that was never edited has a slot of the first
half of history, ascending with its id; one in five was edited in the second half, in no particular order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from itertools import count, cycle
from math import gcd
from random import Random
from typing import Any, NamedTuple

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


Column = Iterator[Any]
Columns = dict[str, Column]
RecordIds = Mapping[str, Sequence[int]]

POOL_SIZES = (307, 331, 353, 379, 401, 431)  # primes: columns of one table drift apart
REFERENCE_POOL_SIZE = 2_003

# Rows start at id 1; every tenth record has been deleted since, so references to id 10 dangle.
DELETED_ID = 10
LONG_GAP = 12_345


def record_ids(number: int, *, jump: bool = False) -> list[int]:
    """Ascending ids with gaps, on request with one gap of more than 10,000."""
    ids = [row + row // DELETED_ID for row in range(1, number + 1)]
    last_before = number * 3 // 5
    return ids[:last_before] + [rid + LONG_GAP for rid in ids[last_before:]] if jump else ids


class Draw:
    """Draws the columns of one table; the same calls in the same order give the same columns."""

    def __init__(self, table: str) -> None:
        """Seed with the table's name."""
        self._rng = Random(f"blattwerk/{table}")
        self._sizes = cycle(POOL_SIZES)

    def pick(self, options: Sequence[Any], *, empty: float = 0.0) -> Column:
        """Any of the options; `empty` is the share of rows without a value."""
        return self._repeat(self._rng.choices(options, k=next(self._sizes)), empty)

    def flag(self, *, empty: float = 0.1) -> Column:
        """True, false, or never set."""
        return self.pick([True, False], empty=empty)

    def amount(self, low: float, high: float, *, digits: int = 2, empty: float = 0.0) -> Column:
        """Rounded numbers between low and high."""
        pool = [round(self._rng.uniform(low, high), digits) for _ in range(next(self._sizes))]
        return self._repeat(pool, empty)

    def some_of(self, options: Sequence[Any], *, most: int = 3, empty: float = 0.2) -> Column:
        """Lists of one to `most` different options."""
        sizes = self._rng.choices(range(1, most + 1), k=next(self._sizes))
        return self._repeat([self._rng.sample(options, size) for size in sizes], empty)

    def refs(self, ids: Sequence[int], *, empty: float = 0.0) -> Column:
        """References to records of another table."""
        return self._repeat(self._rng.choices(ids, k=REFERENCE_POOL_SIZE), empty)

    def together(self, rows: Sequence[tuple[Any, ...]]) -> list[Column]:
        """Columns whose values belong together, such as a beginning and its end."""
        drawn = self._rng.choices(rows, k=REFERENCE_POOL_SIZE)
        return [cycle(column) for column in zip(*drawn, strict=True)]

    def _repeat(self, pool: list[Any], empty: float) -> Column:
        if empty:
            pool = [None if self._rng.random() < empty else value for value in pool]
        return cycle(pool)


def numbered(pattern: str, start: int = 1) -> Column:
    """`K-00001`, `K-00002` …."""
    return map(pattern.format, count(start))


def stretched(pool: Sequence[Any], number: int) -> Column:
    """The pool in its own order, stretched over `number` rows: ascending days, children of their parents."""
    length = len(pool)
    return (pool[row * length // number] for row in range(number))


def position_in_parent(parents: int, number: int) -> Column:
    """1, 2, 3 … within each parent, for children laid out by `stretched`."""
    position, previous = 0, -1
    for row in range(number):
        parent = row * parents // number
        position = position + 1 if parent == previous else 1
        previous = parent
        yield position


def pairs(left: Sequence[int], right: Sequence[int], number: int) -> list[Column]:
    """The two columns of a join table: each left record in turn, with changing right ones."""
    return [stretched(left, number), (right[row * 7 % len(right)] for row in range(number))]


IMPORT_SECOND = "2019-04-01T03:00:00"
SHUFFLE = 7_919
EDITED_EVERY = 5
UNNUMBERED_EVERY = 200
SYNCED_LATE_EVERY = 500


class Stamp(NamedTuple):
    """The part of a record that Ninox keeps: sequence, times and users."""

    sequence: int | None
    created_at: str
    created_by: str
    modified_at: str
    modified_by: str


class History:
    """Hands out the stamps of one database."""

    def __init__(self, tables: Sequence[str], most_rows: int) -> None:
        """Lay out history for the longest table."""
        self._tables = {table: number for number, table in enumerate(tables)}
        self._slots = max(most_rows, 1)
        while gcd(self._slots, SHUFFLE) > 1:
            self._slots += 1

    @property
    def sequence(self) -> int:
        """The database's sequence: above that of every record, as after a few deletions."""
        return 2 * (self._slots + 1) * len(self._tables)

    def stamps(self, table: str, number: int) -> Iterator[Stamp]:
        """One stamp per row of a table, in ascending id."""
        remainder, step, slots = self._tables[table], len(self._tables), self._slots
        authors = cycle((*USERS, DELETED_USER))
        for row, author in zip(range(number), authors, strict=False):
            slot = row * slots // number
            created = modified = _time_of(slot, slots)
            if row % EDITED_EVERY == 3:
                slot = slots + row * SHUFFLE % slots
                modified = _time_of(slot, slots)
            if row % SYNCED_LATE_EVERY == 3:  # edited offline: a high sequence, an old time
                modified = created
            sequence = None if row % UNNUMBERED_EVERY == 57 else slot * step + remainder + 1
            yield Stamp(sequence, created, author, modified, author)

    def import_stamps(self, table: str, number: int) -> Iterator[Stamp]:
        """Stamps of rows that came in one import: all of the same second."""
        for stamp in self.stamps(table, number):
            yield stamp._replace(created_at=IMPORT_SECOND, modified_at=IMPORT_SECOND)


CREATIONS = 4_000


def _time_of(slot: int, slots: int) -> str:
    if slot < slots:
        return _CREATED[slot * CREATIONS // slots]
    return _EDITED[(slot - slots) * CREATIONS // slots]


_CREATED = moments("2019-01-07T06:02:11", "2025-06-30T17:45:09", CREATIONS)
_EDITED = moments("2025-07-01T06:00:00", "2026-03-27T18:30:00", CREATIONS)
