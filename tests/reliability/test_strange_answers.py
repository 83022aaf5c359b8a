"""Answers in which one value is not what it should be, at every endpoint that the tap reads."""

from __future__ import annotations

import copy
import os
import re
from contextlib import contextmanager

import pytest
from starlette.responses import Response

from ninox_api.errors import NinoxError
from ninox_simulator.server import Simulator
from tests.helpers import limits
from tests.helpers.run import run_tap
from tests.helpers.seeds import TEAM_ID
from tests.reliability import canaries
from tests.reliability.mutation import mutated
from tests.reliability.tap_operations import FORMULA, PLACES, a_day_of_work, shop

SEEDS = range(int(os.environ.get("NINOX_FUZZ_SEEDS", "3")))
SETTINGS = {"page_size": 5, "formulas": {f"*.{FORMULA}": "number"}, "max_retries": 1}


@pytest.fixture
def mutate():
    """Return a function that starts a simulator whose first answer at a place is strange."""

    @contextmanager
    def start(pattern, seed, **switches):
        asked = []

        def strange(response):
            call = simulator.log.entries[-1]
            if not asked and re.match(pattern, f"{call.method} {call.path}") and response.status_code == 200:
                asked.append(call)
                return Response(mutated(response.body, seed), media_type="application/json")
            return response

        with (
            limits.no_pauses(),
            Simulator(seed=copy.deepcopy(shop()), token=canaries.KEY, switches=switches) as simulator,
            limits.damaged_answers(strange),
        ):
            yield simulator

    return start


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_strange_value_in_an_answer_is_no_crash_and_spoils_no_later_run(mutate, place, seed):
    switches = {"schema_access": "tables_only"} if place == "tables" else {}
    settings = {**SETTINGS, **({} if place == "teams" else {"team": TEAM_ID})}
    if place == "tables":
        del settings["formulas"]  # none can be seen there, and what a setting names has to be there
    with mutate("nothing", seed, **switches) as simulator:
        state = run_tap(simulator, **settings).state if place in {"changes", "record"} else None
    with mutate(PLACES[place], seed, **switches) as simulator:
        if state:
            a_day_of_work(next(iter(simulator.store.databases())))
        with canaries.listening() as log:
            strange = run_tap(simulator, state=state, **settings)
        later = run_tap(simulator, state=strange.state or state, **settings)
    assert strange.error is None or isinstance(strange.error, NinoxError), repr(strange.error)
    told = "\n".join([*log, str(strange.error)])
    assert "Traceback" not in told
    assert canaries.told_in(told) == []
    assert later.error is None
