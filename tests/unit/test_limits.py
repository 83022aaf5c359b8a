"""The call budget and the requests in flight."""

from __future__ import annotations

import threading

import pytest

from ninox_api import limits
from ninox_api.errors import NinoxBudgetError
from ninox_api.limits import Purpose


def test_a_budget_refuses_the_call_beyond_it_and_does_not_count_it():
    budget = limits.CallBudget(2)
    budget.spend(Purpose.PAGES)
    budget.spend(Purpose.PAGES)
    with pytest.raises(NinoxBudgetError, match="2 API calls permitted by max_api_calls"):
        budget.spend(Purpose.PAGES)
    assert budget.used == 2


def test_without_a_budget_calls_are_only_counted():
    budget = limits.CallBudget()
    for _ in range(5):
        budget.spend(Purpose.PAGES)
    assert budget.used == 5


def most_at_once(in_flight, threads=6):
    """Let threads hold a slot for as long as others may come, and tell how many ever did."""
    lock, state = threading.Lock(), {"now": 0, "most": 0}
    together = threading.Barrier(in_flight.limit)

    def work():
        with in_flight.slot():
            with lock:
                state["now"] += 1
                state["most"] = max(state["most"], state["now"])
            together.wait(timeout=10)
            with lock:
                state["now"] -= 1

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=10)
    return state["most"]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_never_more_requests_at_once_than_permitted(limit):
    assert most_at_once(limits.InFlight(limit)) == limit


def test_after_a_429_one_at_a_time():
    in_flight = limits.InFlight(3)
    in_flight.fall_back_to_one()
    assert most_at_once(in_flight) == 1
