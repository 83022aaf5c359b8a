"""The week after the first load: what people do to the data on days 2 to 7.

Day 2 is an ordinary busy day, day 3 changes the schema, day 4 changes one price, day 5 is full of accidents,
day 6 restores the backup of day 5's morning, and on day 7 nothing happens. How much happens on day 2 depends on the
size of the company that is served.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle
from typing import Any
from weakref import WeakKeyDictionary

from ninox_simulator.samples.blattwerk import BUERO_ID, NURSERY_ID, TEAM_ID, build
from ninox_simulator.samples.blattwerk.notation import Json, captions_to_ids
from ninox_simulator.store import Backup, Database, Store

FIRST_DAY, LAST_DAY = 2, 7
LARGE_FROM = 10_000  # stock movements
REPEATED_EDITS = 40
DAY_6_EDITS = 3
# Positions among the customers: who leaves, which two swap numbers, whose number is given twice.
ACCIDENT_VICTIMS = (3, 8, 9, 11)

# Day 3: what somebody tidies up in the schema.
RENAMED_TABLE = ("O", "Teilnahmen")
RENAMED_FIELDS = {("A", "E_Mail"): "E-Mail (alt)", ("D", "Freigabe am"): "freigegeben am"}
RENAMED_CHOICE = ("D", "Status", "5", "in Ausführung")
NEW_FIELD = ("D", "Y8", "Priorität")
NEW_FORMULA = ("D", "Z8", "Budget brutto")
REMOVED_FIELD = ("A", "Strasse")
RETYPED_FIELD = ("D", "Tags", "string")
PRIORITISED = 5


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

Place = tuple[str, str]  # database id, table id
Places = dict[Place, set[int]]


@dataclass(kw_only=True, slots=True)
class DayBook:
    """The records a day touched.

    Attributes:
        edited: Records that were there in the morning and still are, written at least once.
        added: Records that are new in the evening.
        deleted: Records that are gone since the morning, those deleted with their parent included.
        passing: Records created and deleted within the day.
        notes: Changes to the schema, and whatever else is worth a clause.
    """

    day: int
    edited: Places = field(default_factory=dict)
    added: Places = field(default_factory=dict)
    deleted: Places = field(default_factory=dict)
    passing: Places = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def rows_edited(self) -> int:
        """Number of records in `edited`."""
        return _total(self.edited)

    @property
    def rows_added(self) -> int:
        """Number of records in `added`."""
        return _total(self.added)

    @property
    def rows_deleted(self) -> int:
        """Number of records in `deleted`."""
        return _total(self.deleted)

    @property
    def rows_passing(self) -> int:
        """Number of records in `passing`."""
        return _total(self.passing)

    def note_created(self, place: Place, rid: int) -> None:
        """A record has been created."""
        self.added.setdefault(place, set()).add(rid)

    def note_updated(self, place: Place, rid: int) -> None:
        """A record has been written; one added today stays an added one."""
        if rid not in self.added.get(place, ()):
            self.edited.setdefault(place, set()).add(rid)

    def note_deleted(self, place: Place, rids: Iterable[int]) -> None:
        """Records are gone; those added today leave only a trace in `passing`."""
        for rid in rids:
            was_added = rid in self.added.get(place, ())
            (self.passing if was_added else self.deleted).setdefault(place, set()).add(rid)
            for places in (self.added, self.edited):
                places.get(place, set()).discard(rid)

    def __str__(self) -> str:
        """One line for people: `Day 4: 1 row edited, 0 added, 0 deleted.`."""
        rows = "row" if self.rows_edited == 1 else "rows"
        counts = f"{self.rows_edited:,} {rows} edited, {self.rows_added:,} added, {self.rows_deleted:,} deleted"
        return f"Day {self.day}: {'; '.join([counts, *self.notes])}."


def _total(places: Places) -> int:
    return sum(len(rids) for rids in places.values())


@cache
def schema_of(database_id: str) -> Json:
    """The schema as seeded: the script speaks of fields by the captions of the first day."""
    databases = {database.id: database for database in build("s")[0].databases}
    return databases[database_id].schema


def field_id_of(database_id: str, table_id: str, caption: str) -> str:
    """The id of a field, by its caption of the first day."""
    return captions_to_ids(schema_of(database_id)["types"][table_id])[caption]


class Writer:
    """One database, its day book, and the writes of the script."""

    def __init__(self, store: Store, database_id: str, book: DayBook) -> None:
        """Open a database of the sample company."""
        self.database: Database = store.database(TEAM_ID, database_id)
        self.database_id = database_id
        self.book = book

    def ids(self, table_id: str) -> list[int]:
        """Ids of a table's records, ascending."""
        return list(self.database.tables[table_id].ids())

    def value(self, table_id: str, rid: int, caption: str) -> Any:
        """The stored value of a field, None if it is empty."""
        fields = self.database.tables[table_id].records[rid].fields
        return fields.get(field_id_of(self.database_id, table_id, caption))

    def create(self, table_id: str, values: Json) -> int:
        """A new record, and its id."""
        rid = self.database.create(table_id, self._by_id(table_id, values)).id
        self.book.note_created((self.database_id, table_id), rid)
        return rid

    def update(self, table_id: str, rid: int, values: Json) -> None:
        """Write some fields of a record."""
        self.database.update(table_id, rid, self._by_id(table_id, values))
        self.book.note_updated((self.database_id, table_id), rid)

    def delete(self, table_id: str, rid: int) -> None:
        """Delete a record, and with it its parts."""
        parts = schema_of(self.database_id)["types"][table_id].get("children", [])
        before = {part: set(self.ids(part)) for part in parts}
        self.database.delete(table_id, rid)
        self.book.note_deleted((self.database_id, table_id), [rid])
        for part, rids in before.items():
            self.book.note_deleted((self.database_id, part), rids.difference(self.ids(part)))

    def _by_id(self, table_id: str, values: Json) -> Json:
        return {field_id_of(self.database_id, table_id, caption): value for caption, value in values.items()}


class Office:
    """Both working databases of the company, and the day's book."""

    def __init__(self, store: Store, day: int) -> None:
        """Open both databases."""
        self.book = DayBook(day=day)
        self.buero = Writer(store, BUERO_ID, self.book)
        self.nursery = Writer(store, NURSERY_ID, self.book)

    @property
    def writers(self) -> tuple[Writer, Writer]:
        """Büro first."""
        return self.buero, self.nursery


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
        _edit(_writer(office, database), table, caption, number)
    _edit_again_and_again(office.buero)
    for (database, table), number in plan.additions.items():
        for _ in range(number):
            _writer(office, database).create(table, NEW_ROWS[database, table])
    _come_and_go(office, *plan.print_jobs)
    _post_movements(office.buero, plan.movements)
    office.book.notes += [
        f"{plan.movements:,} of the added are stock movements",
        f"{plan.invoices_deleted} invoices went with their line items",
        f"{office.book.rows_passing:,} more rows came and went",
        f"one project was edited another {REPEATED_EDITS} times",
    ]


def _edit(writer: Writer, table: str, caption: str, number: int) -> None:
    rids = writer.ids(table)
    step = len(rids) // number
    for rid in rids[::-step][:number]:  # from the end: the awkward values stand at the beginning
        text = writer.value(table, rid, caption) or ""
        writer.update(table, rid, {caption: f"{text[:80]} (geprüft)"})


def _edit_again_and_again(writer: Writer) -> None:
    rid = writer.ids("D")[-1]
    for number in range(REPEATED_EDITS):
        writer.update("D", rid, {"Budget": 10_000 + number})


def _come_and_go(office: Office, queued: int, printed: int) -> None:
    jobs = [office.nursery.create("H", {"Document": f"label {number}", "Copies": 1}) for number in range(queued)]
    for rid in jobs[:printed]:
        office.nursery.delete("H", rid)
    office.buero.delete("N", office.buero.create("N", {"Betreff": "Versehen"}))


def _post_movements(writer: Writer, number: int) -> None:
    articles = cycle(writer.ids("H"))
    for _, article in zip(range(number), articles, strict=False):
        writer.create("K", {"gebucht am": "2026-03-30T17:00:00", "Artikel": article, "Menge": -1, "Art": "2"})


def _a_schema_change(office: Office, _store: Store) -> None:
    """Rename, add, remove and retype, then fill the new and the retyped field of a few projects."""
    _rename(office)
    _add(office)
    _remove_and_retype(office)
    _prioritise(office)
    office.book.notes += [
        "a table, two fields and an option were renamed",
        "a field and a formula are new",
        "a field was deleted",
        "Tags became text",
    ]


def _rename(office: Office) -> None:
    database = office.buero.database
    database.rename_table(*RENAMED_TABLE)
    for (table, caption), new in RENAMED_FIELDS.items():
        database.rename_field(table, _field(table, caption), new)
    table, caption, option, new = RENAMED_CHOICE
    database.rename_choice(table, _field(table, caption), option, new)


def _add(office: Office) -> None:
    table, field_id, caption = NEW_FIELD
    office.buero.database.add_field(table, field_id, {"base": "number", "caption": caption})
    table, field_id, caption = NEW_FORMULA
    formula = {"base": "fn", "caption": caption, "fn": "round(Budget * 1.19, 2)"}
    office.buero.database.add_field(table, field_id, formula)


def _remove_and_retype(office: Office) -> None:
    table, caption = REMOVED_FIELD
    office.buero.database.remove_field(table, _field(table, caption))
    table, caption, base = RETYPED_FIELD
    office.buero.database.retype_field(table, _field(table, caption), base)


def _prioritise(office: Office) -> None:
    table, field_id, _ = NEW_FIELD
    for rid in office.buero.ids(table)[10 : 10 + PRIORITISED]:
        office.buero.database.update(table, rid, {field_id: 1, _field(table, RETYPED_FIELD[1]): "eilig, Garantie"})
        office.book.note_updated((BUERO_ID, table), rid)


def _field(table: str, caption: str) -> str:
    return field_id_of(BUERO_ID, table, caption)


def _one_price(office: Office, _store: Store) -> None:
    position = office.buero.ids("F")[1]
    price = office.buero.value("F", position, "EP netto")
    office.buero.update("F", position, {"EP netto": round(price + 1.5, 2)})
    office.book.notes.append("a price, and with it the totals of its invoice and customer, which nobody wrote")


def _accidents(office: Office, store: Store) -> None:
    _backups[store] = [writer.database.snapshot() for writer in office.writers]
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
    for writer, backup in zip(office.writers, _backups[store], strict=True):
        writer.database.restore(backup)
    _edit(office.buero, "A", "Nachname", DAY_6_EDITS)
    office.book.notes.append("both databases are back at yesterday's backup, and so are their sequences")


def _nothing(_office: Office, _store: Store) -> None:
    """People are on holiday."""


def _writer(office: Office, database: str) -> Writer:
    return office.buero if database == "buero" else office.nursery


DAYS: dict[int, Callable[[Office, Store], None]] = {
    2: _a_busy_day,
    3: _a_schema_change,
    4: _one_price,
    5: _accidents,
    6: _a_restore,
    7: _nothing,
}
