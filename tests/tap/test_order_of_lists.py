"""Records in another order than by id: no page that ascends by chance makes the tap pass a row over."""

from __future__ import annotations

import pytest

from tests.helpers.run import run_tap
from tests.helpers.seeds import shop
from tests.helpers.wire import record_pages

STREAM = "shop__customers"
BY_CHANGE = {"default_order": "sequence"}


def edited(simulate, count, *, late=(), gone=(), **switches):
    """Return a shop in which some customers were changed last and some are gone."""
    simulator = simulate(shop(count), **switches)
    for number in late:
        simulator.edit.update("A", number, {"A": "late"})
    for number in gone:
        simulator.edit.delete("A", number)
    return simulator


def kinds(simulator):
    """Return how each page of records was asked for."""
    return [
        "newest" if page.get("new") else "by number" if page.get("page", "0") != "0" else "by id"
        for page in record_pages(simulator)
    ]


@pytest.mark.parametrize("parallel", [1, 3])
@pytest.mark.parametrize("size", [5, 15])
@pytest.mark.parametrize("late", [[4], [2, 9], [13], [1, 2, 3]], ids=str)
def test_rows_that_are_listed_behind_greater_ids_come_all_the_same(simulate, late, size, parallel):
    simulator = edited(simulate, 40, late=late, **BY_CHANGE)
    run = run_tap(simulator, page_size=size, max_parallel_requests=parallel)
    assert (run.error, sorted(run.ids(STREAM))) == (None, list(range(1, 41)))
    assert run.of_type("ACTIVATE_VERSION", STREAM)


def test_rows_that_an_interrupted_reading_passed_over_come_in_the_next_run(simulate):
    simulator = edited(simulate, 20, late=[2], **BY_CHANGE)
    simulator.faults.add("status", status=500, path="/records$", after=2, times=1)
    first = run_tap(simulator, page_size=5)
    assert 2 not in first.ids(STREAM)
    rest = run_tap(simulator, page_size=5, state=first.state)
    assert rest.error is None
    assert {*first.ids(STREAM), *rest.ids(STREAM)} == set(range(1, 21))


def test_a_deletion_meanwhile_does_not_make_up_for_a_row_that_was_passed_over(simulate):
    simulator = edited(simulate, 20, late=[2], **BY_CHANGE)
    simulator.on_request.append(lambda index, *_: simulator.edit.delete("A", 3) if index == 6 else None)
    run = run_tap(simulator, page_size=5)
    assert run.error is None
    assert 2 in run.ids(STREAM)


def test_without_a_feed_changed_rows_behind_greater_ids_come_all_the_same(simulate):
    simulator = simulate(shop(20), feed="missing", **BY_CHANGE)
    first = run_tap(simulator)
    for number in (3, 4, 9, 11, 1):
        simulator.edit.update("A", number, {"A": "late"})
    later = run_tap(simulator, state=first.state, page_size=3)
    assert (later.error, sorted(later.ids(STREAM))) == (None, [1, 3, 4, 9, 11])


@pytest.mark.parametrize("order", ["sequence", "shuffled"])
def test_where_pages_cannot_be_had_by_number_either_it_says_so(simulate, caplog, order):
    simulator = edited(simulate, 9, late=[2], default_order=order, records_page="ignored")
    run = run_tap(simulator, page_size=3)
    is_told = "whether there are more it does not say" in caplog.text or run.error is not None
    assert is_told or sorted(run.ids(STREAM)) == list(range(1, 10))
    assert not run.of_type("ACTIVATE_VERSION", STREAM)


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("order", ["sequence", "shuffled"])
def test_a_last_page_that_is_repeated_is_not_taken_for_a_server_without_pages(simulate, count, order):
    simulator = edited(simulate, count, late=[1], default_order=order, repeat_last_page="yes")
    run = run_tap(simulator, page_size=3)
    assert (run.error, sorted(run.ids(STREAM))) == (None, list(range(1, count + 1)))


def test_one_page_by_number_counts_the_rows_where_ids_are_missing_and_nothing_shows_the_order(simulate):
    simulator = edited(simulate, 20, gone=[3, 20])
    run = run_tap(simulator, page_size=5)
    assert sorted(run.ids(STREAM)) == [n for n in range(1, 20) if n != 3]
    assert kinds(simulator) == [*["by id"] * 4, "newest", "by number"]


@pytest.mark.parametrize("edit", [{"late": [4], "gone": [3, 20]}, {}], ids=["shown", "no gaps"])
def test_nothing_is_counted_where_the_order_was_shown_or_no_id_is_missing(simulate, edit):
    simulator = edited(simulate, 20, **edit)
    run_tap(simulator, page_size=15)
    assert "by number" not in kinds(simulator)
