"""A tap for CSV files, not ours, into `target-ninox`, harmed at a random moment, the files changing in between."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import nullcontext

from ninox_simulator.server import Simulator
from tests.helpers.foreign_taps import executable
from tests.reliability import canaries, target_operations, target_shop
from tests.reliability.csv_shop import CsvShop
from tests.reliability.harms import ENDED_BY, FULL_LOG, SIGNALS, send, striking
from tests.reliability.kills import CRASH, LATENCY_S, assert_none, kind_of
from tests.reliability.pipeline import Pipeline
from tests.reliability.warehouse_kills import VICTIMS

HARMED_RUNS = 3
HARMS = (*(f"{name} {to}" for name in SIGNALS for to in VICTIMS), *3 * ("pipe cut", "states unread"),
         *3 * ("disk full for target", "disk full for both"))  # fmt: skip
LARGEST_FILE = 700
"""Bytes, about, of the states and the report; logs are larger."""


def harm_csv(seed, directory):
    """Harm tap, target or both, several times, then let one run end; return what happened.

    Raises:
        AssertionError: The store differs from the files, or a run ended as it must not.
    """
    chance, told, state = random.Random(seed), Counter(), None
    shop = CsvShop(directory)
    with Simulator(seed=target_shop.shop(), token=canaries.KEY) as simulator:
        simulator.switches.update(chance.choice(target_operations.SWITCHES))
        simulator.faults.configure({"latency_s": LATENCY_S})
        settings = {
            "api_url": simulator.url, "auth_token": canaries.KEY, "batch_size_rows": chance.choice([20, 100]),
            "rejects_path": str(directory / "rejects.jsonl"), "report_path": str(directory / "report.json"),
            **shop.target_settings,
        }  # fmt: skip
        for number in range(1, HARMED_RUNS + 2):
            harm = chance.choice(HARMS) if number <= HARMED_RUNS else None
            shop.write(number, HARMED_RUNS + 1)
            pipeline = Pipeline(
                directory, shop.tap_settings, settings, state=state,
                programs=(executable("tap-spreadsheets"), "target-ninox"), **_options(harm, chance, shop),
            )  # fmt: skip
            name, _, to = (harm or "").partition(" ")
            requests = shop.requests(simulator, settings["batch_size_rows"])

            def strike(name=name, to=to, pipeline=pipeline):
                send(name, *pipeline.pids(VICTIMS[to]))

            is_of_target = name in SIGNALS and to != "to tap"
            with striking(simulator, chance, requests, strike) if is_of_target else nullcontext():
                ending = pipeline.end()
            _check(harm, ending, pipeline)
            state = ending.state
            told[kind_of(harm, was_harmed=ending.was_harmed or pipeline.was_struck)] += 1
        assert_none(shop.differences(simulator))
        told["requests"] = len(simulator.log.entries)
    return told


def _options(harm, chance, shop):
    if harm and harm.endswith(" to tap"):  # which has often ended when the target sends its first request
        return {"strike_after": (chance.randrange(shop.size), lambda run: send(harm.split()[0], *run.pids(["tap"])))}
    if harm == "pipe cut":
        return {"cut_after": chance.randrange(shop.size)}
    if harm == "states unread":
        return {"is_unread": True}
    if harm and harm.startswith("disk full"):
        limit, side = chance.randrange(LARGEST_FILE), harm.rpartition(" ")[2]
        return {"limits": tuple(limit if side in {name, "both"} else None for name in ("tap", "target"))}
    return {}


def _check(harm, ending, pipeline):
    """Check how the target ended, and what it told; how the tap ends is its own affair if anything was harmed."""
    told = f"{harm}: tap ended with {ending.tap}, target with {ending.target}: {pipeline.told()[-4000:]}"
    name, _, to = (harm or "").partition(" ")
    allowed = {0} if harm is None else {0, 1}
    if harm in {"disk full for target", "disk full for both"}:
        allowed |= {FULL_LOG}
    if "target" in VICTIMS.get(to, ()):
        allowed |= {ENDED_BY[name]}
    assert ending.target in allowed, told
    assert harm is not None or ending.tap == 0, told
    assert CRASH not in pipeline.told("target"), told
    assert_none(canaries.told_in(pipeline.told("target")))
