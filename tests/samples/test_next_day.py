"""The week after the first load, played on the store that is served."""

from __future__ import annotations

import pytest

from ninox_simulator.samples.blattwerk import BUERO_ID, NURSERY_ID, TEAM_ID, build
from ninox_simulator.samples.blattwerk.week import LARGE, SMALL, advance, busy_day, play
from ninox_simulator.store import Store


@pytest.fixture
def store():
    return Store(build("s"))


@pytest.fixture
def buero(store):
    return store.database(TEAM_ID, BUERO_ID)


def rows(database):
    return {(table, rid): dict(r.fields) for table, t in database.tables.items() for rid, r in t.records.items()}


def test_the_large_plan_is_a_busy_day_in_both_databases():
    assert sum(LARGE.edits.values()) == 300
    assert sum(LARGE.additions.values()) == 40
    assert (LARGE.invoices_deleted, LARGE.movements) == (12, 60_000)
    assert len({database for database, _, _ in LARGE.edits}) == 2


def test_the_small_company_has_the_small_plan(store):
    assert busy_day(store) is SMALL


def test_day_2_does_what_its_plan_says(store, buero):
    before = rows(buero)
    book = play(store, 2)
    after = rows(buero)
    queued, printed = SMALL.print_jobs
    assert book.rows_edited == sum(SMALL.edits.values()) == 30
    assert book.rows_added == sum(SMALL.additions.values()) + SMALL.movements + queued - printed
    assert len(book.deleted[BUERO_ID, "E"]) == SMALL.invoices_deleted
    assert len(book.passing[NURSERY_ID, "H"]) == printed
    assert len(book.passing[BUERO_ID, "N"]) == 1
    edited = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    assert edited == {(table, rid) for (base, table), rids in book.edited.items() if base == BUERO_ID for rid in rids}


def test_deleted_invoices_take_their_positions_along(store, buero):
    before = rows(buero)
    book = play(store, 2)
    gone = before.keys() - rows(buero).keys()
    assert gone == {(table, rid) for (_, table), rids in book.deleted.items() for rid in rids}
    assert len(book.deleted[BUERO_ID, "F"]) > 0


def test_one_project_is_written_forty_times(store, buero, monkeypatch):
    writes = []
    update = buero.update
    monkeypatch.setattr(buero, "update", lambda *write: (writes.append(write[:2]), update(*write)))
    play(store, 2)
    assert max(writes.count(write) for write in set(writes)) == 41


def test_day_3_changes_the_schema(store, buero):
    book = play(store, 3)
    types = buero.schema["types"]
    projects = {definition["caption"]: definition for definition in types["D"]["fields"].values()}
    customers = {definition["caption"] for definition in types["A"]["fields"].values()}
    assert types["O"]["caption"] == "Teilnahmen"
    assert "E-Mail (alt)" in customers
    assert "Strasse" not in customers
    assert projects["Tags"]["base"] == "string"
    assert projects["Status"]["values"]["5"]["caption"] == "in Ausführung"
    assert projects["Priorität"]["base"] == "number"
    assert projects["Budget brutto"]["base"] == "fn"
    assert (book.rows_edited, book.rows_added, book.rows_deleted) == (5, 0, 0)


def test_day_4_changes_one_price_and_nothing_else(store, buero):
    before = rows(buero)
    book = play(store, 4)
    changed = [key for key, fields in rows(buero).items() if before[key] != fields]
    assert [table for table, _ in changed] == ["F"]
    assert book.edited == {(BUERO_ID, "F"): {changed[0][1]}}


def test_day_5_is_full_of_accidents(store, buero):
    before = rows(buero)
    book = play(store, 5)
    numbers = {rid: fields.get("A") for (table, rid), fields in before.items() if table == "A"}
    first, second = sorted(book.edited[BUERO_ID, "A"])
    customers = buero.tables["A"].records
    assert (customers[first].fields["A"], customers[second].fields["A"]) == (numbers[second], numbers[first])
    (added,) = book.added[BUERO_ID, "A"]
    assert customers[added].fields["A"] in {number for rid, number in numbers.items() if rid in customers}
    assert len(book.deleted[BUERO_ID, "A"]) == 1
    assert len(book.deleted[BUERO_ID, "B"]) >= 1


def test_day_6_goes_back_to_the_morning_of_day_5(store, buero):
    play(store, 2)
    morning, sequence = rows(buero), buero.sequence
    play(store, 5)
    evening = buero.sequence
    book = play(store, 6)
    changed = {key for key, fields in rows(buero).items() if morning[key] != fields}
    assert rows(buero).keys() == morning.keys()
    assert len(changed) == book.rows_edited == 3
    assert sequence < buero.sequence < evening


def test_day_6_needs_day_5(store):
    with pytest.raises(ValueError, match="day 5 has not been played"):
        play(store, 6)


def test_nothing_happens_on_day_7(store, buero):
    before, sequence = rows(buero), buero.sequence
    play(store, 7)
    assert (rows(buero), buero.sequence) == (before, sequence)


@pytest.mark.parametrize("day", [0, 1, 8])
def test_other_days_are_not_in_the_script(store, day):
    with pytest.raises(ValueError, match=f"no day {day}"):
        play(store, day)


def test_each_day_is_told_in_a_line(store):
    lines = [advance(store, day) for day in range(2, 8)]
    assert lines[0].startswith("Day 2: 30 rows edited, 610 added, ")
    assert lines[2].startswith("Day 4: 1 row edited, 0 added, 0 deleted; a price")
    assert lines[5] == "Day 7: 0 rows edited, 0 added, 0 deleted."


def test_the_week_is_the_same_every_time():
    first, second = Store(build("s")), Store(build("s"))
    assert [advance(first, day) for day in range(2, 8)] == [advance(second, day) for day in range(2, 8)]
    assert rows(first.database(TEAM_ID, BUERO_ID)) == rows(second.database(TEAM_ID, BUERO_ID))
