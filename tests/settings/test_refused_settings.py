"""Settings that cannot work: each is refused by name, in the same words by tap and target, before Ninox is asked."""

from __future__ import annotations

import pytest

from ninox_api.errors import NinoxConfigError
from tests.helpers.cases import cases
from tests.helpers.run import run_tap, run_target
from tests.helpers.seeds import shop
from tests.helpers.wire import calls

RUNS = {"tap": run_tap, "target": lambda simulator, **settings: run_target(simulator, [], **settings)}
REFUSED = [
    pytest.param(side, case, id=f"{side}-{'-'.join(case['settings'])}-{number}")
    for number, case in enumerate(cases("settings"))
    for side in RUNS
    if case["of"] in {side, "both"}
]


@pytest.mark.parametrize(("side", "case"), REFUSED)
def test_what_cannot_work_is_refused_by_name(simulate, side, case):
    simulator = simulate(shop(1))
    error = RUNS[side](simulator, **case["settings"]).error
    assert isinstance(error, NinoxConfigError)
    (problem,) = error.errors
    assert problem.startswith(case["told"])
    assert calls(simulator) == []


def test_what_is_required_may_not_be_empty(simulate):
    """As in `.env.example`, which Meltano passes on."""
    simulator = simulate(shop(1))
    assert run_target(simulator, [], database="").error.errors == [
        "database: empty. It is required: Database to load into, by id or name."
    ]


@pytest.mark.parametrize("side", RUNS)
def test_a_map_that_is_none_is_refused_by_name(simulate, side):
    error = RUNS[side](simulate(shop(1)), stream_maps={"customers": "Name"}).error
    assert error.errors == ["stream_maps.customers: give an object of rules, or null."]
