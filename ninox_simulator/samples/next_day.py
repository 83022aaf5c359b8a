"""The week after the first load: what people do to the data on days 2 to 7.

Day 2 is an ordinary busy day, day 3 changes the schema, day 4 changes one price, day 5 is full of accidents,
day 6 restores the backup of day 5's morning, and on day 7 nothing happens. How much happens on day 2 depends on the
size of the company that is served.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from typing import Any
from weakref import WeakKeyDictionary

from ninox_simulator.database import Backup
from ninox_simulator.samples.day_book import DayBook
from ninox_simulator.samples.schema_drift import drift
from ninox_simulator.samples.scribe import Office, Scribe
from ninox_simulator.store import Store

FIRST_DAY, LAST_DAY = 2, 7
LARGE_FROM = 10_000  # stock movements
REPEATED_EDITS = 40
DAY_6_EDITS = 3
# Positions among the customers: who leaves, which two swap numbers, whose number is given twice.
ACCIDENT_VICTIMS = (3, 8, 9, 11)


@dataclass(frozen=True, kw_only=True, slots=True)
class BusyDay:
    """How much happens on day 2.

    Attributes:
        edits: Database, table and caption written → records; the last of the projects is written 40 times more.
        additions: Records for each table.
        invoices_deleted: Their positions go with them.
        movements: Stock movements posted in one go.
        print_jobs: Rows queued, and how many of them are printed and deleted the same day.
    """

    edits: dict[tuple[str, str, str], int]
    additions: dict[tuple[str, str], int]
    invoices_deleted: int
    movements: int
    print_jobs: tuple[int, int]


EDITED = {
    ("buero", "A", "Nachname"): 60,
    ("buero", "D", "Titel"): 60,
    ("buero", "E", "RE.Text intern"): 60,
    ("buero", "H", "Bezeichnung DE"): 30,
    ("buero", "N", "Betreff"): 30,
    ("nursery", "A", "Name"): 30,
    ("nursery", "D", "Notes"): 30,
}
LARGE = BusyDay(
    edits=EDITED,
    additions={("buero", "A"): 5, ("buero", "D"): 5, ("buero", "E"): 10, ("nursery", "D"): 10, ("nursery", "E"): 10},
    invoices_deleted=12,
    movements=60_000,
    print_jobs=(25, 20),
)
SMALL = BusyDay(
    edits={key: number // 10 for key, number in EDITED.items()},
    additions={("buero", "A"): 1, ("buero", "D"): 1, ("buero", "E"): 2, ("nursery", "D"): 2, ("nursery", "E"): 2},
    invoices_deleted=4,
    movements=600,
    print_jobs=(5, 3),
)
NEW_ROWS: dict[tuple[str, str], dict[str, Any]] = {
    ("buero", "A"): {"Kundennr.": "K-90001", "Nachname": "Zaunkönig", "Newsletter": False},
    ("buero", "D"): {"Projektnr.": "P-90001", "Titel": "Neuer Auftrag", "Kunde": 1, "Budget": 4_200},
    ("buero", "E"): {"RE-Nr.": "2026-90001", "Rechnungsdatum": "2026-03-30", "Kunde": 1, "Status": "1"},
    ("nursery", "D"): {"Order Code": "#19001", "Customer": 1, "Time placed": "2026-03-30T09:15:00"},
    ("nursery", "E"): {"Order": 1, "Variant": 3, "quantity": 2},
}

_backups: WeakKeyDictionary[Store, list[Backup]] = WeakKeyDictionary()


def advance(store: Store, day: int) -> str:
    """Play one day and say in a line what happened; see `play`."""
    return str(play(store, day))


def play(store: Store, day: int) -> DayBook:
    """Play one day of the script; the days are meant to be played in order.

    Raises:
        ValueError: The script has no such day, or day 6 finds no backup because day 5 was left out.
    """
    if day not in DAYS:
        message = f"The script has days {FIRST_DAY} to {LAST_DAY}, no day {day}."
        raise ValueError(message)
    office = Office(store, day)
    DAYS[day](office, store)
    return office.book


def busy_day(store: Store) -> BusyDay:
    """The numbers of day 2 for the company that is served."""
    movements = len(Office(store, FIRST_DAY).buero.ids("K"))
    return LARGE if movements >= LARGE_FROM else SMALL


def _a_busy_day(office: Office, store: Store) -> None:
    plan = busy_day(store)
    invoices = office.buero.ids("E")
    for rid in invoices[-plan.invoices_deleted :]:
        office.buero.delete("E", rid)
    for (database, table, caption), number in plan.edits.items():
        _edit(_scribe(office, database), table, caption, number)
    _edit_again_and_again(office.buero)
    for (database, table), number in plan.additions.items():
        for _ in range(number):
            _scribe(office, database).create(table, NEW_ROWS[database, table])
    _come_and_go(office, *plan.print_jobs)
    _post_movements(office.buero, plan.movements)
    office.book.notes += [
        f"{plan.movements:,} of the added are stock movements",
        f"{plan.invoices_deleted} invoices went with their positions",
        f"{office.book.rows_passing:,} more rows came and went",
        f"one project was written {REPEATED_EDITS} times more",
    ]


def _edit(scribe: Scribe, table: str, caption: str, number: int) -> None:
    rids = scribe.ids(table)
    step = len(rids) // number
    for rid in rids[::-step][:number]:  # from the end: the awkward values stand at the beginning
        text = scribe.value(table, rid, caption) or ""
        scribe.update(table, rid, {caption: f"{text[:80]} (geprüft)"})


def _edit_again_and_again(scribe: Scribe) -> None:
    rid = scribe.ids("D")[-1]
    for number in range(REPEATED_EDITS):
        scribe.update("D", rid, {"Budget": 10_000 + number})


def _come_and_go(office: Office, queued: int, printed: int) -> None:
    jobs = [office.nursery.create("H", {"Document": f"label {number}", "Copies": 1}) for number in range(queued)]
    for rid in jobs[:printed]:
        office.nursery.delete("H", rid)
    office.buero.delete("N", office.buero.create("N", {"Betreff": "Versehen"}))


def _post_movements(scribe: Scribe, number: int) -> None:
    articles = cycle(scribe.ids("H"))
    for _, article in zip(range(number), articles, strict=False):
        scribe.create("K", {"gebucht am": "2026-03-30T17:00:00", "Artikel": article, "Menge": -1, "Art": "2"})


def _a_schema_change(office: Office, _store: Store) -> None:
    drift(office)


def _one_price(office: Office, _store: Store) -> None:
    position = office.buero.ids("F")[1]
    price = office.buero.value("F", position, "EP netto")
    office.buero.update("F", position, {"EP netto": round(price + 1.5, 2)})
    office.book.notes.append("a price, and with it the totals of its invoice and customer, which nobody wrote")


def _accidents(office: Office, store: Store) -> None:
    _backups[store] = [scribe.database.snapshot() for scribe in office.scribes]
    buero = office.buero
    customers = buero.ids("A")
    leaving, *swapping, taken = (customers[position] for position in ACCIDENT_VICTIMS)
    buero.delete("A", leaving)
    numbers = [buero.value("A", rid, "Kundennr.") for rid in swapping]
    for rid, number in zip(swapping, reversed(numbers), strict=True):
        buero.update("A", rid, {"Kundennr.": number})
    buero.create("A", {"Kundennr.": buero.value("A", taken, "Kundennr."), "Nachname": "Doppelgänger"})
    office.book.notes += ["a customer went with its contacts", "two swapped numbers", "one number was given twice"]


def _a_restore(office: Office, store: Store) -> None:
    if store not in _backups:
        message = "Day 6 restores the backup of day 5, and day 5 has not been played on this store."
        raise ValueError(message)
    for scribe, backup in zip(office.scribes, _backups[store], strict=True):
        scribe.database.restore(backup)
    _edit(office.buero, "A", "Nachname", DAY_6_EDITS)
    office.book.notes.append("both databases are back at yesterday's backup, and so are their sequences")


def _nothing(_office: Office, _store: Store) -> None:
    """People are on holiday."""


def _scribe(office: Office, database: str) -> Scribe:
    return office.buero if database == "buero" else office.nursery


DAYS: dict[int, Callable[[Office, Store], None]] = {
    2: _a_busy_day,
    3: _a_schema_change,
    4: _one_price,
    5: _accidents,
    6: _a_restore,
    7: _nothing,
}
