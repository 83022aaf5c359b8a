"""Pages that are too much for the server become smaller, for the rest of the run."""

from __future__ import annotations

import pytest

from ninox_api.page_size import PageSize
from ninox_simulator.messages import ApiError
from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import run_tap
from tests.helpers.seeds import customers, database, field, shop, team
from tests.helpers.wire import record_pages

STREAM = "shop__customers"


def refuse_pages_above(simulator, size, status):
    def check(_edit, index, path):
        if path.endswith("/records") and int(simulator.log.entries[index].query["perPage"]) > size:
            raise ApiError(status, "Too much")

    simulator.between(check)


def sizes(simulator):
    return [int(page["perPage"]) for page in record_pages(simulator)]


@pytest.mark.parametrize(("status", "tries"), [(413, 1), (504, 2)])
@pytest.mark.parametrize("since_id", ["honoured", "ignored"])
def test_a_page_that_is_too_much_is_asked_for_in_smaller_ones_from_then_on(simulate, caplog, since_id, status, tries):
    simulator = simulate(shop(60), records_since_id=since_id)
    refuse_pages_above(simulator, 10, status)
    run = run_tap(simulator, page_size=40, max_retries=tries - 1)
    assert run.error is None
    assert set(run.ids(STREAM)) == set(range(1, 61))
    assert sizes(simulator)[:tries] == [40] * tries
    assert set(sizes(simulator)[tries:]) == {10}
    assert "pages of 40 records are too much for the server, asking for 10" in caplog.text


def test_a_server_that_does_not_answer_in_time_is_asked_for_less(simulate):
    simulator = simulate(shop(12))
    simulator.faults.add("slow", seconds=1.5, path="/records$", times=2)
    run = run_tap(simulator, page_size=8, max_retries=1, request_timeout=1)
    assert run.error is None
    assert run.ids(STREAM) == list(range(1, 13))
    assert sizes(simulator)[:3] == [8, 8, 2]


def test_changes_are_read_in_smaller_pages_too(simulate):
    simulator = simulate(shop(30))
    first = run_tap(simulator)
    for number in range(1, 31):
        simulator.edit.update("A", number, {"A": "x"})
    refuse_pages_above(simulator, 10, 413)
    simulator.log.clear()
    assert run_tap(simulator, page_size=40, state=first.state).ids(STREAM) == list(range(1, 31))
    assert set(sizes(simulator)) == {40, 10}


@pytest.mark.parametrize(("status", "message"), [(413, "HTTP 413"), (500, "HTTP 500"), (401, "HTTP 401")])
def test_what_a_smaller_page_cannot_mend_is_an_error_and_the_state_stays_good(simulate, status, message):
    simulator = simulate(shop(12))
    refuse_pages_above(simulator, 0, status)
    run = run_tap(simulator, page_size=8)
    assert message in run.stream_error(STREAM)
    assert sizes(simulator) == ([8, 2] if status == 413 else [8])
    assert run.bookmark(STREAM)["snapshot"][0]["last_id"] == 0


def large_rows(*sizes):
    rows = [RecordDocument(number, {"A": "x" * size}, number) for number, size in enumerate(sizes, start=1)]
    return team(database({"A": customers()}, {"A": rows}))


def test_an_answer_that_is_too_large_is_cut_off_and_asked_for_in_a_size_that_fits(simulate):
    simulator = simulate(large_rows(*[10_000] * 100))
    with limits.small_pages(100_000), limits.bytes_received() as received:
        run = run_tap(simulator, page_size=100)
    assert (run.error, run.ids(STREAM)) == (None, list(range(1, 101)))
    first, *others = sizes(simulator)
    assert first == 100
    assert set(others) <= set(range(5, 13))  # of 10 kB each, ten fit
    assert sum(others) >= 100  # and of the first answer nothing was taken
    assert received[0] < 1_100_000 + 2 * 256 * 1024


def test_pages_become_smaller_after_a_large_one_before_one_fails_and_grow_again(simulate):
    simulator = simulate(large_rows(*[3_000] * 50, *[10] * 400))
    with limits.small_pages(100_000):
        run = run_tap(simulator, page_size=50)
    assert (run.error, run.ids(STREAM)) == (None, list(range(1, 451)))
    asked = sizes(simulator)
    assert asked[:2] == [50, 31]
    assert asked[-1] == 50
    assert len(asked) <= 14


def test_a_record_that_is_larger_than_a_page_should_be_is_read_all_the_same(simulate):
    simulator = simulate(large_rows(10, 500_000, 10, 10, 10))
    with limits.small_pages(100_000):
        run = run_tap(simulator, page_size=100)
    assert (run.error, run.ids(STREAM)) == (None, [1, 2, 3, 4, 5])
    assert len(run.rows(STREAM)[1]["name"]) == 500_000


def test_several_threads_share_the_bytes_of_one_page(simulate):
    simulator = simulate(large_rows(*[1_000] * 800))
    with limits.small_pages(100_000):
        run = run_tap(simulator, page_size=100, max_parallel_requests=4)
    assert (run.error, sorted(run.ids(STREAM))) == (None, list(range(1, 801)))


def test_several_readers_shrink_their_pages_together(simulate):
    simulator = simulate(shop(200))
    refuse_pages_above(simulator, 10, 413)
    simulator.faults.configure({"latency_s": 0.005})
    run = run_tap(simulator, page_size=40, max_parallel_requests=3)
    assert sorted(run.ids(STREAM)) == list(range(1, 201))
    assert sizes(simulator).count(40) <= 3


def test_pages_grow_from_a_thousand_to_ten_thousand_while_answers_are_full(simulate):
    simulator = simulate(shop(25_001))
    run = run_tap(simulator)
    assert run.ids(STREAM) == list(range(1, 25_002))
    assert sizes(simulator) == [1000, 2000, 4000, 8000, 10_000, 10_000]


def test_pages_do_not_grow_while_answers_are_slow(simulate):
    simulator = simulate(shop(3500))
    with limits.slow_answers(quick_s=-1.0, slow_s=10.0):
        run_tap(simulator)
    assert sizes(simulator) == [1000] * 4


def test_a_slow_answer_makes_the_next_pages_smaller_but_not_smaller_than_the_first(simulate):
    simulator = simulate(shop(12_000))
    slow = limits.slow_answers(quick_s=-1.0, slow_s=-1.0)

    def check(_edit, index, path):
        if path.endswith("/records") and simulator.log.entries[index].query["perPage"] == "4000":
            slow.__enter__()

    simulator.between(check)
    try:
        run = run_tap(simulator)
    finally:
        slow.__exit__(None, None, None)
    assert run.ids(STREAM) == list(range(1, 12_001))
    assert sizes(simulator) == [1000, 2000, 4000, 2000, *[1000] * 3]


@pytest.mark.parametrize("status", [400, 413, 422, 500, 504])
def test_a_larger_page_that_is_refused_is_asked_for_in_the_size_that_was_answered(simulate, status):
    simulator = simulate(shop(5000))
    refuse_pages_above(simulator, 1000, status)
    run = run_tap(simulator, max_retries=0)
    assert (run.error, run.ids(STREAM)) == (None, list(range(1, 5001)))
    assert sizes(simulator) == [1000, 2000, *[1000] * 4]


@pytest.mark.parametrize("next_rids", ["present", "absent"])
@pytest.mark.parametrize("cap", ["100", "1000"])
def test_the_bound_of_a_server_is_remembered_and_no_short_page_is_taken_for_the_end(simulate, cap, next_rids):
    simulator = simulate(shop(3020), per_page_cap=cap, next_rids=next_rids)
    first = run_tap(simulator)
    assert first.ids(STREAM) == list(range(1, 3021))
    assert first.bookmark(STREAM)["page_cap"] == int(cap)
    asked = len(record_pages(simulator))
    simulator.log.clear()
    again = run_tap(simulator, state=first.state, refresh=[STREAM])
    assert again.ids(STREAM) == list(range(1, 3021))
    pages = -(-3020 // int(cap))
    end = 0 if next_rids == "present" else 1
    assert len(record_pages(simulator)) == pages + end
    assert asked == len(record_pages(simulator)), "nobody asks whether a page of a round number was the last"
    simulator.switches.update({"per_page_cap": "none"})
    later = run_tap(simulator, state=again.state, refresh=[STREAM])
    assert later.ids(STREAM) == list(range(1, 3021))
    assert later.bookmark(STREAM)["page_cap"] is None


def test_a_hundred_thousand_rows_are_expected_in_thirteen_pages():
    assert PageSize("A").count_pages(100_000) == 13
    assert PageSize("A", cap=1000).count_pages(100_000) == 100
    assert PageSize("A", 50).count_pages(101) == 3
    assert PageSize("A").count_pages(0) == 0


def test_pages_of_many_short_values_are_smaller_than_their_bytes_say(simulate):
    fields = {key: field("string", f"F{key}") for key in (f"{a}{b}" for a in "BCDEFGHIJK" for b in "ABCDEFGHIJ")}
    rows = [RecordDocument(number, dict.fromkeys(fields, "x"), number) for number in range(1, 101)]
    simulator = simulate(team(database({"A": customers(**fields)}, {"A": rows})))
    with limits.small_pages(100_000):  # 50 rows of 100 values are fewer bytes, and more in memory
        run = run_tap(simulator, page_size=50)
    assert run.ids(STREAM) == list(range(1, 101))
    assert sizes(simulator)[0] == 50
    assert set(sizes(simulator)[1:]) <= set(range(30, 45))
