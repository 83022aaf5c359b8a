"""Runs that come to harm at a random moment, again and again, and then one that does not.

Kinds of harm: SIGKILL, SIGTERM, SIGINT, a reader that goes away, a full disk. At the end source and destination must
be equal, no record may be there twice, and no script on creation may have run twice.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from ninox_simulator.server import Simulator
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import TEAM_ID
from tests.reliability import canaries, tap_operations, target_cells, target_operations, target_shop
from tests.reliability.harms import ENDED_BY, SIGNALS, send, striking
from tests.reliability.victims import Victim

HARMS = (*SIGNALS, "reader gone", "disk full")
HARMED_RUNS = 5
LATENCY_S = 0.004
CRASH = "Traceback"
OPERATIONS = {
    name: operation
    for name, operation in target_operations.operations(150).items()
    if name in {"create", "upsert", "under its id", "delete", "references"}
}
FIRST_REQUESTS = 4
"""What the target asks before it writes."""


@dataclass
class Run:
    """One harmed or whole run of a command."""

    code: int
    lines: list
    told: str


@dataclass
class Extent:
    """What a run would do if nothing happened to it: how many requests, lines and bytes of output."""

    requests: int
    lines: int
    size: int


def _run(directory, program, arguments, simulator, chance, harm, extent):
    """Run a command, harm it at a random moment, and check how it ended."""
    options = {}
    if harm == "reader gone":
        options["deaf_after"] = chance.choice([0, chance.randrange(extent.lines)])
    if harm == "disk full":
        output = directory / "output"
        output.unlink(missing_ok=True)
        options |= {"file_limit": chance.randrange(extent.size), "output": output}
    victim = Victim(directory, program, arguments, **options)
    is_struck = harm in SIGNALS
    with striking(simulator, chance, extent.requests, lambda: send(harm, victim.pid)) if is_struck else nullcontext():
        run = Run(victim.end(), victim.lines, victim.told)
    assert run.code in {0, ENDED_BY.get(harm, 1 if harm else 0)}, f"{harm}: ended with {run.code}: {run.told[-3000:]}"
    assert CRASH not in run.told, f"{harm}: {run.told[-3000:]}"
    assert_none(canaries.told_in(run.told))
    return run


def assert_none(problems):
    problems = list(problems)
    assert not problems, f"{len(problems)} problems: {problems[:5]}"


def kind_of(harm, *, was_harmed):
    """Return the name under which a run is counted."""
    return f"{harm}{'' if was_harmed else ' (too late)'}" if harm else "whole run"


def _config(directory, simulator, **settings):
    path = directory / "config.json"
    path.write_text(json.dumps({"api_url": simulator.url, "auth_token": canaries.KEY, **settings}), encoding="utf-8")
    return ["--config", str(path)]


def harm_target(seed, directory):
    """Feed rows to target-ninox through harmed runs; return what happened.

    Raises:
        AssertionError: The store differs from the model, or a run ended as it must not.
    """
    chance = random.Random(seed)
    operation, told = OPERATIONS[chance.choice(list(OPERATIONS))], Counter()
    with Simulator(seed=target_shop.shop(sparse=operation.is_sparse), token=canaries.KEY) as simulator:
        simulator.switches.update(chance.choice(target_operations.SWITCHES))
        simulator.faults.configure({"latency_s": LATENCY_S})
        settings = {
            "team": TEAM_ID, "database": "Shop", "batch_size_rows": chance.choice([2, 5]),
            "rejects_path": str(directory / "rejects.jsonl"), "report_path": str(directory / "report.json"),
            **operation.settings,
        }  # fmt: skip
        config, rows = _config(directory, simulator, **settings), 0
        for number, harm in enumerate([*(chance.choice(HARMS) for _ in range(HARMED_RUNS)), None], start=1):
            lines, share = directory / "input", min(1.0, number / HARMED_RUNS)
            messages = list(operation.messages(after=rows, share=share))
            lines.write_text("".join(json.dumps(message) + "\n" for message in messages), encoding="utf-8")
            extent = _extent_of(messages, settings["batch_size_rows"])
            run = _run(directory, "target-ninox", [*config, "--input", str(lines)], simulator, chance, harm, extent)
            states = [json.loads(line)["rows"] for line in run.lines]
            rows = max([rows, *states])
            told[kind_of(harm, was_harmed=run.code)] += 1
        assert run.code == 0, run.told
        stage = target_cells.Stage(operation, simulator)
        assert_none(stage.differences())
        assert_none(stage.fired_twice())
        told["requests"] = len(simulator.log.entries)
    return told


def _extent_of(messages, batch_size_rows):
    """Return at least what a run of the target with these messages does."""
    kinds = Counter(message["type"] for message in messages)
    states = max(1, kinds["STATE"])
    return Extent(FIRST_REQUESTS + kinds["RECORD"] // batch_size_rows, states, 10 * states)


def harm_tap(seed, directory):
    """Read a database through harmed runs of tap-ninox, people editing between them; return what happened.

    Raises:
        AssertionError: What was read differs from the store, or a run ended as it must not.
    """
    from tests.reliability import tap_cells  # noqa: PLC0415 (its simulator is not needed here)

    chance, told, state = random.Random(seed), Counter(), {}
    with Simulator(seed=tap_operations.shop(), token=canaries.KEY) as simulator:
        simulator.switches.update(chance.choice(tap_operations.SWITCHES))
        settings = {"team": TEAM_ID, "page_size": chance.choice([1, 2, 5])}
        stage = tap_cells.Stage(simulator, tap_operations.OPERATIONS["changes"])
        stage.catalog = discover(stage, **settings)
        arguments = [*_config(directory, simulator, **settings), "--state", str(directory / "state.json")]
        for number, harm in enumerate([*(chance.choice(HARMS) for _ in range(HARMED_RUNS)), None]):
            (directory / "state.json").write_text(json.dumps(state), encoding="utf-8")
            extent = rehearsed(simulator, state, **settings)
            run = _run(directory, "tap-ninox", arguments, simulator, chance, harm, extent)
            messages = [json.loads(line) for line in run.lines]
            stage.warehouse.load(messages)
            state = next((message["value"] for message in reversed(messages) if message["type"] == "STATE"), state)
            if number == HARMED_RUNS // 2:
                tap_operations.a_day_of_work(stage.database)
            told[kind_of(harm, was_harmed=run.code)] += 1
        assert_none(stage.differences())
        told["requests"] = len(simulator.log.entries)
    return told


def rehearsed(simulator, state, **settings):
    """Return what the next run of the tap would do; it only reads, so nothing is changed by it."""
    simulator.faults.clear()
    before = len(simulator.log.entries)
    run = run_tap(simulator, state=state, **settings)
    assert run.error is None, run.error
    simulator.faults.configure({"latency_s": LATENCY_S})
    return Extent(len(simulator.log.entries) - before, len(run.messages), len(run.text))


def play(harm, seeds, directory: Path, *more):
    """Play seeds; yield each with what happened, or with what is wrong."""
    for seed in seeds:
        folder = directory / f"{harm.__name__}-{seed}"
        folder.mkdir()
        try:
            yield seed, harm(seed, folder, *more), None
        except AssertionError as error:
            yield seed, Counter(), str(error)
