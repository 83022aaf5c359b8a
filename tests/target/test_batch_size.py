"""How many rows go into one request: every call counts, so they become more while all goes well."""

from __future__ import annotations

import logging

import pytest

from ninox_api.transport import Delivery
from ninox_simulator.messages import ApiError
from target_ninox.write.batches import MAX_BATCH_BYTES, BatchSize
from tests.helpers import limits
from tests.helpers.run import records, run_target, schema, stored, writes
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, shop
from tests.helpers.wire import calls

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")
SAVES = {"method": "POST", "path": "/records$"}
INSERT = {"streams": {"customers": {"mode": "insert", "match_on": []}}}


def rows(count, *, width=8):
    """Return rows whose elements of a request are all equally long."""
    return records("customers", [{"Name": f"{n:0{width}}", "Amount": 1} for n in range(1, count + 1)])


def sizes(simulator, *, width=8, element='{"fields":{"A":"","B":1}}'):
    """Return how many rows each request had, with the status where it is not 200."""
    of_one = len(element) + width + len(",")
    counts = [((call.body_size - 1) // of_one, call.status) for call in writes(simulator)]
    return [count if status == 200 else (count, status) for count, status in counts]


def refuse_requests_above(simulator, size, status):
    def check(index, method, _path):
        if method == "POST" and simulator.log.entries[index].body_size > size:
            raise ApiError(status, "Too much")

    simulator.on_request.append(check)


def test_batches_grow_from_a_hundred_to_a_thousand_rows_while_answers_are_quick(simulate):
    simulator = simulate(shop(0))
    run = run_target(simulator, [CUSTOMERS, *rows(10_000)])
    assert run.counts("customers") == {"read": 10_000, "created": 10_000}
    assert sizes(simulator) == [100, 200, 400, 800, 1000, 1000, 1000, 500, *[1000] * 5]


def test_changed_rows_and_rows_without_a_key_come_in_growing_batches_too(simulate):
    simulator = simulate(shop(0))
    run_target(simulator, [CUSTOMERS, *rows(1000)], **INSERT)
    assert sizes(simulator) == [100, 200, 400, 300]
    simulator.log.clear()
    changed = [{**row, "record": {**row["record"], "Amount": 2}} for row in rows(1000)]
    assert run_target(simulator, [CUSTOMERS, *changed]).counts("customers") == {"read": 1000, "updated": 1000}
    assert len(writes(simulator)) == 4


def test_changed_rows_cost_the_schema_one_reading_and_their_batches(simulate):
    simulator = simulate(shop(3000))
    given = [{"Name": f"name {n}", "Amount": -1} for n in range(10, 3001, 10)]
    run = run_target(simulator, [CUSTOMERS, *records("customers", given)], team=TEAM_ID, database=DATABASE_ID)
    assert run.counts("customers") == {"read": 300, "updated": 300}
    reads = [call for call in calls(simulator) if call.method == "GET"]
    assert len(reads) == 1 + 2 + 1  # the schema; pages of 1,000 and 2,000 rows; the newest record
    assert len(writes(simulator)) == 2  # of 100 and 200


@limits.slow_answers()
def test_batches_do_not_grow_while_answers_are_slow_and_are_no_smaller_than_the_first(simulate):
    simulator = simulate(shop(0))
    run_target(simulator, [CUSTOMERS, *rows(500)])
    assert sizes(simulator) == [100] * 5


def test_a_slow_answer_makes_the_next_batches_smaller_until_answers_are_quick_again():
    size = BatchSize("A")
    seen = []
    for seconds in (1, 1, 11, 5, 2, 2, 11, 11, 11):
        size.note(size.current, Delivery(weight=1, seconds=seconds, sent=1))
        seen.append(size.current)
    assert seen == [200, 400, 200, 200, 400, 800, 400, 200, 100]


@pytest.mark.parametrize(
    ("width", "expected"), [(4000, [100, *[200] * 4, 100]), (20_000, [100] * 6)], ids=["4 kB", "20 kB"]
)
def test_batches_grow_no_further_than_a_mebibyte(simulate, width, expected):
    simulator = simulate(shop(0))
    run_target(simulator, [CUSTOMERS, *rows(600 if width > 4000 else 1000, width=width)])
    assert sizes(simulator, width=width) == expected


def test_no_batch_larger_than_the_first_has_more_than_a_mebibyte_though_rows_become_larger(simulate):
    simulator = simulate(shop(0))
    given = [*rows(300), *records("customers", [{"Name": f"{n:09000}", "Amount": 1} for n in range(301, 701)])]
    run = run_target(simulator, [CUSTOMERS, *given])
    assert run.counts("customers") == {"read": 700, "created": 700}
    assert max(call.body_size for call in writes(simulator)) <= MAX_BATCH_BYTES
    assert len(writes(simulator)) == 6


@pytest.mark.parametrize("insert", [True, False])
def test_too_many_rows_at_once_are_not_tried_again(simulate, caplog, insert):
    simulator = simulate(shop(0))
    simulator.faults.configure({"body_limit": 900 * 34})
    run = run_target(simulator, [CUSTOMERS, *rows(3000)], **(INSERT if insert else {}))
    assert run.counts("customers") == {"read": 3000, "created": 3000}
    assert sizes(simulator) == [100, 200, 400, 800, (1000, 413), 800, 200, 500]
    assert "1000 rows at once are too many; from now on 800" in caplog.text


def test_after_a_timeout_batches_are_as_large_as_the_last_that_was_answered(simulate):
    simulator = simulate(shop(0))
    simulator.faults.add("status_after", status=504, after=2, **SAVES)
    run = run_target(simulator, [CUSTOMERS, *rows(1500)], max_retries=2)
    assert run.counts("customers")["created"] == len(stored(simulator)) == 1500
    assert sizes(simulator) == [100, 200, (400, 504), *[200] * 4]


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("existing", [0, 1500], ids=["new", "changed"])
def test_a_size_that_the_server_refuses_is_not_tried_again(simulate, existing, status):
    simulator = simulate(shop(0))
    run_target(simulator, [CUSTOMERS, *rows(existing)])
    simulator.log.clear()
    refuse_requests_above(simulator, 300 * 34 if not existing else 300 * 30, status)
    changed = [{**row, "record": {**row["record"], "Amount": 2}} for row in rows(1500)]
    run = run_target(simulator, [CUSTOMERS, *changed])
    assert run.error is None
    assert {row["B"] for row in stored(simulator).values()} == {2}
    assert [call.status for call in writes(simulator)] == [200, 200, status, *[200] * 5, *[200] * 4]


@pytest.mark.parametrize("batch", ["atomic", "partial"])
def test_a_bad_row_does_not_keep_batches_small(simulate, batch):
    simulator = simulate(shop(0), batch=batch)
    simulator.store.database(TEAM_ID, DATABASE_ID).tables["A"].refuses = lambda fields: fields.get("A") == f"{400:08}"
    run = run_target(simulator, [CUSTOMERS, *rows(5000)])
    assert run.counts("customers")["rejected"] == 1
    assert len(stored(simulator)) == 4999
    assert [size for size in sizes(simulator) if size == 1000]


@pytest.mark.parametrize("existing", [0, 500], ids=["new", "changed"])
def test_rows_that_a_server_leaves_out_of_a_larger_batch_are_sent_again(simulate, existing):
    simulator = simulate(shop(0))
    run_target(simulator, [CUSTOMERS, *rows(existing)])
    simulator.log.clear()
    simulator.faults.add("lose_one", after=1, **SAVES)
    changed = [{**row, "record": {**row["record"], "Amount": 2}} for row in rows(500)]
    run = run_target(simulator, [CUSTOMERS, *changed])
    assert run.error is None
    assert [row["B"] for row in stored(simulator).values()] == [2] * 500
    assert len(writes(simulator)) == 5


def test_a_size_that_is_given_is_never_exceeded(caplog):
    caplog.set_level(logging.WARNING)
    size = BatchSize("A", 40)
    size.note(40, Delivery(weight=1, seconds=0.1, sent=1))
    assert size.current == 40
