"""Records that a server lists in another order than by id: none is passed over, so none is made a second time."""

from __future__ import annotations

import pytest

from ninox_api.client import NinoxClient
from ninox_api.config import ConnectionConfig
from ninox_api.schema import DatabaseName, Field
from target_ninox.records.table import TargetTable
from tests.helpers.run import records, run_target, schema, state, stored, writes
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, shop
from tests.helpers.wire import record_pages
from tests.target import test_cascade as cascade

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")
COUNT, PAGE = 40, 8
BY_CHANGE = {"default_order": "sequence"}
LATE = {
    "one row": (5,),
    "some rows": (2, 9, 31),
    "the first": (1,),
    "a page that ascends by chance": (*range(8, 30), 40, *range(31, 40)),
}
"""Which records were edited last, in this order."""


def editor(simulator):
    return simulator.store.database(TEAM_ID, DATABASE_ID)


def edited(simulate, late, *, count=COUNT, gone=(), **switches):
    simulator = simulate(shop(count), **switches)
    edit = editor(simulator)
    for number in late:
        edit.update("A", number, {"B": number * 10 + 1})
        edit.update("A", number, {"B": number * 10})
    for number in gone:
        edit.delete("A", number)
    simulator.log.clear()
    return simulator


def load(simulator, numbers, *, page=PAGE, **settings):
    rows = [{"Name": f"name {number}", "Amount": number * 10} for number in numbers]
    messages = [CUSTOMERS, *records("customers", rows), state({"currently_syncing": None})]
    return run_target(simulator, messages, page_size_of_target=page, **settings)


def names(simulator):
    return sorted(int(record["A"].removeprefix("name ")) for record in stored(simulator).values())


@pytest.mark.parametrize("switches", [BY_CHANGE, {"default_order": "shuffled"}], ids=str)
@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
def test_records_that_are_listed_behind_greater_ids_are_not_made_again(simulate, late, switches):
    simulator = edited(simulate, late, **switches)
    run = load(simulator, range(1, COUNT + 3))
    assert run.error is None
    assert names(simulator) == list(range(1, COUNT + 3))
    assert len(writes(simulator)) == 1  # of the two that are new


def test_so_it_is_with_pages_of_the_usual_size(simulate):
    simulator = edited(simulate, (5,), count=1500, **BY_CHANGE)
    run = load(simulator, range(1, 1501), page=None)
    assert (run.error, writes(simulator)) == (None, [])


def test_without_the_pages_that_would_show_it_nothing_is_written(simulate):
    simulator = edited(simulate, (5,), records_page="ignored", **BY_CHANGE)
    run = load(simulator, range(1, COUNT + 1))
    assert "cannot be read in full" in str(run.error)
    assert writes(simulator) == []


def test_a_mirror_counts_and_deletes_records_that_are_listed_behind_greater_ids(simulate):
    simulator, left = edited(simulate, (5, 7), **BY_CHANGE), set(range(1, COUNT + 1)) - {5, 7}
    mirror = {"streams": {"customers": {"mode": "mirror"}}}
    refused = load(simulator, left, max_deletes=1, **mirror)
    assert "max_deletes" in str(refused.error)
    assert names(simulator) == list(range(1, COUNT + 1))
    assert load(simulator, left, max_deletes=2, **mirror).error is None
    assert names(simulator) == sorted(left)


def test_what_goes_along_is_counted_where_it_is_listed_behind_greater_ids(simulate):
    simulator = simulate(cascade.shop(), filters="ignored", **BY_CHANGE)
    editor(simulator).update("B", 5, {"C": 1})  # a position of invoice 2
    run = run_target(
        simulator, [*cascade.tombstones(2), cascade.END], hard_delete=True, max_deletes=5, page_size_of_target=PAGE
    )
    assert "at least 6 records" in str(run.error)  # the invoice, four positions, a note
    assert cascade.is_untouched(simulator)


def test_a_deletion_of_this_run_does_not_make_up_for_a_record_that_was_passed_over(simulate):
    simulator = edited(simulate, (5,), **BY_CHANGE)
    client = NinoxClient(ConnectionConfig(api_url=simulator.url, auth_token=simulator.token))
    database = client.database(TEAM_ID, DatabaseName(id=DATABASE_ID, name="Shop"))
    fields = [Field(id="A", name="Name", type="string"), Field(id="B", name="Amount", type="number")]
    known = TargetTable(database, "A", fields=fields, page_size=PAGE)
    pages = known.pages()
    came = {record.id for record in next(pages)}
    editor(simulator).delete("A", 3)
    known.note_deleted(3)
    assert came | {record.id for page in pages for record in page} == set(range(1, COUNT + 1))


@pytest.mark.parametrize(("late", "further"), [((), 1), ((3, 9), 0)])
def test_gaps_cost_a_call_where_nothing_has_shown_the_order_and_none_elsewhere(simulate, late, further):
    simulator = edited(simulate, late, gone=(6, 7, 20))
    run = load(simulator, [number for number in range(1, COUNT + 1) if number not in {6, 7, 20}])
    assert (run.error, writes(simulator)) == (None, [])
    assert sum(page.get("page", "0") != "0" for page in record_pages(simulator)) == further


TOMBSTONES = schema("customers", key=["Name"], Name="string", _sdc_deleted_at="string")
ORDERS = [{"default_order": "id"}, BY_CHANGE, {"default_order": "shuffled"}, {**BY_CHANGE, "sequence_field": "absent"}]


def delete(simulator, *numbers, **settings):
    gone = [{"Name": f"name {number}", "_sdc_deleted_at": "2026-11-01T00:00:00Z"} for number in numbers]
    messages = [TOMBSTONES, *records("customers", gone), state({"currently_syncing": None})]
    return run_target(simulator, messages, page_size_of_target=PAGE, hard_delete=True, **settings)


@pytest.mark.parametrize("switches", ORDERS, ids=str)
@pytest.mark.parametrize("is_refused", [False, True])
def test_a_record_that_is_listed_behind_greater_ids_does_not_count_as_deleted(simulate, switches, is_refused):
    simulator = edited(simulate, (5,), **switches)
    simulator.faults.add("keep_one", method="DELETE", path="/A/records$", times=None)
    if is_refused:
        simulator.faults.add("keep_all", method="DELETE", path="/A/records/5$", times=None)
    run = delete(simulator, 3, 5, 9)
    assert names(simulator) == [n for n in range(1, COUNT + 1) if n not in ({3, 9} if is_refused else {3, 5, 9})]
    outcome = {"deleted": 2, "rejected": 1} if is_refused else {"deleted": 3}
    assert run.counts("customers") == {"read": 3, **outcome}


@pytest.mark.parametrize(
    ("late", "looks"),
    [
        ((), ["/A/records"] * 2 + ["/A/records/3", "/A/records", "/A/records/1", "/A/records/5", "/A/records/9"]),
        ((2, 9), ["/A/records"]),
    ],
)
def test_deleted_records_are_asked_for_singly_where_nothing_has_shown_the_order_and_nowhere_else(simulate, late, looks):
    simulator = edited(simulate, late)
    assert delete(simulator, 3, 5, 9).counts("customers") == {"read": 3, "deleted": 3}
    calls = simulator.log.entries
    deleted_at = next(number for number, call in enumerate(calls) if call.method == "DELETE")
    assert [call.path[call.path.index("/A/") :] for call in calls[deleted_at + 1 :]] == looks
