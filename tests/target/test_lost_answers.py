"""B2 and its kin: answers that are lost, before or after Ninox did what was asked. No record twice, no row missing."""

from __future__ import annotations

import time

import pytest

from tests.helpers import limits
from tests.helpers.run import of_tap, records, run_target, schema, state, stored, writes
from tests.helpers.seeds import database, field, shop, table, team

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")
SAVES = {"method": "POST", "path": "/records$"}

LOST = [
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "status", "status": 502},
    {"kind": "status_after", "status": 502},
    {"kind": "status_after", "status": 503},
    {"kind": "cut"},
    {"kind": "truncate"},
    {"kind": "malformed"},
    {"kind": "html"},
    {"kind": "wrong_shape"},
]


def named(fault):
    return f"{fault['kind']} {fault.get('status', '')}".strip()


def rows(count, *, amount=1):
    return records("customers", [{"Name": f"name {n}", "Amount": n * amount} for n in range(1, count + 1)])


def names(simulator):
    return sorted(row["A"] for row in stored(simulator).values())


def firings(simulator):
    """Records whose on-create script ran, as often as it ran."""
    return sorted(entry.record_id for entry in simulator.log.triggers if entry.event == "afterCreate")


def shop_with_script():
    customers = table("Customers", A=field("string", "Name"), B=field("number", "Amount"), C=field("string", "Stamp"))
    return team(database({"A": {**customers, "afterCreate": 'Stamp := "made"'}}))


@pytest.mark.parametrize("fault", LOST, ids=named)
def test_a_lost_answer_makes_no_record_twice(simulate, fault):
    simulator = simulate(shop_with_script())
    simulator.faults.add(**{**fault, **SAVES, "after": 1})
    run = run_target(simulator, [CUSTOMERS, *rows(300), state({"a": 1})], max_retries=3)
    assert run.error is None
    assert names(simulator) == sorted(f"name {n}" for n in range(1, 301))
    assert firings(simulator) == list(range(1, 301))
    assert run.states == [{"a": 1}]
    done = fault["kind"] not in {"drop_before", "status"}
    counts = {"read": 300, "created": 300}
    assert run.counts("customers") == ({**counts, "recovered": 200} if done else counts)
    assert len(writes(simulator)) == (2 if done else 3)


@pytest.mark.parametrize("fault", LOST, ids=named)
def test_a_run_that_ends_with_a_lost_answer_is_mended_by_the_next(simulate, fault):
    simulator = simulate(shop_with_script())
    simulator.faults.add(**{**fault, **SAVES, "after": 1})
    messages = [CUSTOMERS, *rows(300), state({"a": 1})]
    first = run_target(simulator, messages)
    assert first.error is not None
    assert first.states == []
    second = run_target(simulator, messages)
    assert second.error is None
    assert names(simulator) == sorted(f"name {n}" for n in range(1, 301))
    assert firings(simulator) == list(range(1, 301))


@pytest.mark.parametrize("fault", LOST, ids=named)
def test_records_made_under_an_id_of_their_own_are_looked_for_by_it(simulate, fault):
    simulator = simulate(shop_with_script())
    simulator.faults.add(**{**fault, **SAVES})
    described = of_tap(schema("customers", key=["_id"], _id="integer", Name="string"))
    given = [{"_id": number * 7, "Name": f"name {number}"} for number in range(1, 21)]
    run = run_target(simulator, [described, *records("customers", given)], max_retries=2)
    assert run.error is None
    assert list(stored(simulator)) == [number * 7 for number in range(1, 21)]
    assert firings(simulator) == [number * 7 for number in range(1, 21)]


@pytest.mark.parametrize("fault", LOST, ids=named)
def test_updates_are_sent_again(simulate, fault):
    simulator = simulate(shop(20))
    simulator.faults.add(**{**fault, **SAVES})
    run = run_target(simulator, [CUSTOMERS, *rows(20, amount=3)], max_retries=2)
    assert run.error is None
    assert [row["B"] for row in stored(simulator).values()] == [number * 3 for number in range(1, 21)]
    assert len(writes(simulator)) == 2


@pytest.mark.parametrize("since_id", ["honoured", "ignored"])
@pytest.mark.parametrize("filters", ["honoured", "ignored"])
def test_whichever_way_records_are_read_a_lost_answer_makes_none_twice(simulate, since_id, filters):
    simulator = simulate(shop(2500), records_since_id=since_id, filters=filters)
    simulator.faults.add(kind="drop_after", **SAVES)
    given = [{"Name": "name 2499", "Amount": 24990}, {"Name": "new a"}, {"Name": "new b"}]
    run = run_target(simulator, [CUSTOMERS, *records("customers", given)], max_retries=1)
    assert run.error is None
    assert run.counts("customers") == {"read": 3, "created": 2, "unchanged": 1, "recovered": 2}
    assert len(stored(simulator)) == 2502


@pytest.mark.parametrize("sequence", ["present", "absent"])
@pytest.mark.parametrize("cap", ["none", "100"])
def test_neither_a_small_page_nor_records_without_a_sequence_matter(simulate, cap, sequence):
    simulator = simulate(shop(250), per_page_cap=cap, sequence_field=sequence)
    run = run_target(simulator, [CUSTOMERS, *rows(260, amount=10)])
    assert run.counts("customers") == {"read": 260, "created": 10, "unchanged": 250}


def test_several_lost_answers_in_a_row_are_waited_out_longer_each_time(simulate, waits):
    simulator = simulate(shop(0))
    simulator.faults.add(kind="drop_after", times=1, **SAVES)
    simulator.faults.add(kind="status", status=503, times=4, after=1, **SAVES)
    run = run_target(simulator, [CUSTOMERS, *rows(200)], max_retries=5)
    assert run.error is None
    assert len(stored(simulator)) == 200
    assert len(waits) == 5
    assert waits[1] < waits[2] < waits[3] < waits[4]


def test_an_outage_is_waited_out_then_the_run_stops_and_claims_nothing(simulate, waits):
    simulator = simulate(shop(0))
    simulator.faults.add(kind="status", status=503, times=None, after=1, **SAVES)
    run = run_target(simulator, [CUSTOMERS, *rows(200), state({"a": 1})], max_retries=4)
    assert "HTTP 503" in str(run.error)
    assert run.states == []
    assert len(waits) == 4
    assert run.counts("customers") == {"read": 200, "created": 100}


@pytest.mark.parametrize("fault", [{"kind": "slow", "seconds": 2}, {"kind": "status_after", "status": 504}], ids=named)
@limits.pauses_of(lambda _: time.sleep(0.1))
def test_rows_are_not_sent_again_while_the_server_may_still_be_at_work_on_them(simulate, fault):
    """The answer is late, not lost: what a look does not see yet would be made twice."""
    simulator = simulate(shop(0))
    simulator.faults.add(**fault, **SAVES)
    run = run_target(simulator, [CUSTOMERS, *rows(100)], max_retries=60, request_timeout=1)
    assert run.error is None
    assert len(writes(simulator)) == 1
    assert names(simulator) == sorted(f"name {n}" for n in range(1, 101))


@limits.pauses_of(lambda _: time.sleep(0.1))
def test_after_a_timeout_batches_are_smaller(simulate):
    simulator = simulate(shop(0))
    simulator.faults.add(kind="slow", seconds=2, **SAVES)
    run_target(simulator, [CUSTOMERS, *rows(200)], max_retries=60, request_timeout=1)
    assert len(stored(simulator)) == 200
    assert len(writes(simulator)) == 3


def test_batches_that_are_too_large_become_smaller_and_stay_so(simulate):
    simulator = simulate(shop(0))
    simulator.faults.configure({"body_limit": 1000})
    run = run_target(simulator, [CUSTOMERS, *rows(400)])
    assert run.error is None
    assert len(stored(simulator)) == 400
    refused = [call.status for call in writes(simulator)].count(413)
    assert refused == 2
    assert [call.status for call in writes(simulator)][:3] == [413, 413, 200]


def test_a_row_that_is_too_large_by_itself_is_rejected(simulate):
    simulator = simulate(shop(0))
    simulator.faults.configure({"body_limit": 2000})
    given = [{"Name": "small"}, {"Name": "x" * 3000}, {"Name": "small, too"}]
    run = run_target(simulator, [CUSTOMERS, *records("customers", given)])
    assert names(simulator) == ["small", "small, too"]
    assert run.counts("customers") == {"read": 3, "created": 2, "rejected": 1}


INSERT = {"streams": {"customers": {"mode": "insert", "match_on": []}}}


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_without_a_key_nothing_is_guessed(simulate, kind):
    """If nothing new is there, nothing was done; if something is, nobody can tell whose it is."""
    simulator = simulate(shop(3))
    simulator.faults.add(kind=kind, **SAVES)
    run = run_target(simulator, [CUSTOMERS, *rows(5), state({"a": 1})], max_retries=2, **INSERT)
    if kind == "drop_before":
        assert run.error is None
        assert len(stored(simulator)) == 8
    else:
        assert "without a key it is not known" in str(run.error)
        assert "ids up to 8" in str(run.error)
        assert len(stored(simulator)) == 8
        assert run.states == []


def test_inserted_rows_with_a_key_are_found_among_the_new_records_only(simulate):
    simulator = simulate(shop(3))
    simulator.faults.add(kind="drop_after", **SAVES)
    run = run_target(simulator, [CUSTOMERS, *rows(5)], max_retries=2, streams={"customers": {"mode": "insert"}})
    assert run.error is None
    assert run.counts("customers") == {"read": 5, "created": 5, "recovered": 5}
    assert len(stored(simulator)) == 8


@limits.no_pauses()
def test_429_is_repeated_by_the_client_because_nothing_was_done(simulate):
    simulator = simulate(shop(0))
    simulator.faults.add(kind="status", status=429, times=3, **SAVES)
    run = run_target(simulator, [CUSTOMERS, *rows(10)], max_retries=3)
    assert run.error is None
    assert len(stored(simulator)) == 10


@pytest.mark.parametrize("page", [0, 1, 2], ids=["the first page", "a page in the middle", "the last page"])
def test_an_empty_page_that_comes_by_mistake_makes_no_record_twice(simulate, page):
    """It looks like the end of the table: rows of records behind it would all be created again."""
    simulator = simulate(shop(30))
    rows = records("customers", [{"Name": f"name {n}", "Amount": n * 10} for n in range(1, 31)])
    messages = [schema("customers", key=["Name"], Name="string", Amount="number"), *rows]
    run_target(simulator, messages, page_size_of_target=8)
    lists = [call for call in simulator.log.entries if call.path.endswith("/records")]
    pages = [number for number, call in enumerate(lists) if "new" not in call.query]
    simulator.faults.add(kind="empty_page", path=r"/records$", after=pages[page], times=1)
    run = run_target(simulator, messages, page_size_of_target=8)
    assert run.counts("customers") == {"read": 30, "unchanged": 30}
    assert len(stored(simulator)) == 30


@pytest.mark.parametrize("kind", ["drop_after", "html"])
@limits.no_pauses()
def test_an_empty_page_behind_a_lost_answer_makes_no_record_twice(simulate, kind):
    simulator = simulate(shop(2))
    lost = simulator.faults.add(kind=kind, **SAVES)
    hide_once = {"kind": "empty_page", "method": "GET", "path": r"/records$"}
    simulator.on_request.append(
        lambda _, method, __: method == "POST" and lost.seen == 1 and simulator.faults.add(**hide_once)
    )
    run = run_target(simulator, [CUSTOMERS, *rows(5, amount=10)], max_retries=3)
    assert run.error is None
    assert len(stored(simulator)) == 5


def test_records_that_a_server_does_not_hand_out_end_the_run_before_they_are_created_again(simulate):
    simulator = simulate(shop(30))
    rows = records("customers", [{"Name": f"name {n}", "Amount": n * 10} for n in range(1, 31)])
    simulator.faults.add(kind="empty_page", path=r"/records$", after=2, times=None)
    described = schema("customers", key=["Name"], Name="string", Amount="number")
    run = run_target(simulator, [described, *rows], page_size_of_target=8)
    assert "was not read to its end: nothing comes after record 8" in str(run.error)
    assert writes(simulator) == []


def test_a_server_that_answers_each_page_with_the_first_one_ends_the_run(simulate):
    simulator = simulate(shop(30), records_since_id="ignored", records_page="ignored")
    rows = records("customers", [{"Name": f"name {n}", "Amount": n * 10} for n in range(1, 31)])
    described = schema("customers", key=["Name"], Name="string", Amount="number")
    run = run_target(simulator, [described, *rows], page_size_of_target=8)
    assert "was not read to its end: nothing comes after record 8" in str(run.error)
    assert writes(simulator) == []
