"""Settings that cannot work: each is refused by name, in the same words by tap and target, before Ninox is asked."""

from __future__ import annotations

import pytest

from ninox_api.errors import NinoxConfigError
from tap_ninox import settings as tap
from target_ninox import settings as target
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


def test_there_are_fifty_settings_at_most():
    """Each is a question to every user: `docs/adr/0023-fifty-settings.md` says how they are counted."""
    of_tap = (*tap.CONNECTION_PROPERTIES, *tap.TAP_PROPERTIES, *tap.QUERY_PROPERTIES)
    of_target = (*target.CONNECTION_PROPERTIES, *target.TARGET_PROPERTIES, *target.STREAM_PROPERTIES)
    assert len(of_tap) + len(of_target) <= 50, "one has to go: docs/adr/0023-fifty-settings.md"
