"""Runs that come to harm at a random moment, again and again, and then one that does not.

Kinds of harm: SIGKILL, SIGTERM, SIGINT, a reader that goes away, a full disk. At the end source and destination must
be equal, no record may be there twice, and no script on creation may have run twice.
`make reliability` runs two hundred seeds.
"""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ninox_simulator.server import Simulator
from tests.builders import TEAM_ID
from tests.reliability import canaries, tap_operations, target_cells, target_operations
from tests.reliability.victims import Victim
from tests.singer import discover

HARMS = ("SIGKILL", "SIGTERM", "SIGINT", "reader gone", "disk full")
HARMED_RUNS = 5
LATENCY_S = 0.004
STOPPED = {"SIGKILL": {-9}, "SIGTERM": {143}, "SIGINT": {130}, "reader gone": {1}, "disk full": {1}}
CRASH = "Traceback"
OPERATIONS = {
    name: operation
    for name, operation in target_operations.operations(150).items()
    if name in {"create", "upsert", "under its id", "delete", "references"}
}


@dataclass
class Run:
    """One harmed or whole run of a command."""

    code: int
    lines: list
    told: str


def _run(directory, program, arguments, simulator, chance, harm, *, output_bytes):
    """Run a command, harm it at a random moment, and check how it ended."""
    options = {}
    if harm == "reader gone":
        options["deaf_after"] = chance.choice([-1, chance.randrange(output_bytes)])
    if harm == "disk full":
        output = directory / "output"
        output.unlink(missing_ok=True)
        options |= {"file_limit": chance.randrange(output_bytes), "output": output}
    victim = Victim(directory, program, arguments, **options)
    if harm in {"SIGKILL", "SIGTERM", "SIGINT"}:
        _wait_for_requests(simulator, victim, chance)
        victim.send(getattr(signal, harm))
    run = Run(victim.end(), victim.lines, victim.told)
    allowed = {0} | (STOPPED[harm] if harm else set())
    assert run.code in allowed, f"{harm}: ended with {run.code}: {run.told[-3000:]}"
    assert CRASH not in run.told, f"{harm}: {run.told[-3000:]}"
    _assert_none(canaries.told_in(run.told))
    return run


def _assert_none(problems):
    problems = list(problems)
    assert not problems, f"{len(problems)} problems: {problems[:5]}"


def _wait_for_requests(simulator, victim, chance):
    until = len(simulator.log.entries) + chance.randrange(2, 25)
    while victim.process.is_alive() and len(simulator.log.entries) < until:
        time.sleep(0.001)
    time.sleep(chance.choice([0, LATENCY_S * chance.random()]))


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
    with Simulator(seed=target_operations.shop(sparse=operation.is_sparse), token=canaries.KEY) as simulator:
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
            messages = operation.messages(after=rows, share=share)
            lines.write_text("".join(json.dumps(message) + "\n" for message in messages), encoding="utf-8")
            arguments = [*config, "--input", str(lines)]
            run = _run(directory, "target-ninox", arguments, simulator, chance, harm, output_bytes=20)
            states = [json.loads(line)["rows"] for line in run.lines]
            rows = max([rows, *states])
            told[f"{harm or 'whole run'}{'' if run.code else ' (too late)' if harm else ''}"] += 1
        assert run.code == 0, run.told
        stage = target_cells.Stage(operation, simulator)
        _assert_none(stage.differences())
        _assert_none(stage.fired_twice())
        told["requests"] = len(simulator.log.entries)
    return told


def harm_tap(seed, directory):
    """Read a database through harmed runs of tap-ninox, people editing between them; return what happened.

    Raises:
        AssertionError: What was read differs from the store, or a run ended as it must not.
    """
    from tests.reliability import tap_cells  # noqa: PLC0415 (its simulator is not needed here)

    chance, told = random.Random(seed), Counter()
    with Simulator(seed=tap_operations.shop(), token=canaries.KEY) as simulator:
        simulator.switches.update(chance.choice(tap_operations.SWITCHES))
        simulator.faults.configure({"latency_s": LATENCY_S})
        settings = {"team": TEAM_ID, "page_size": chance.choice([1, 2, 5])}
        stage = tap_cells.Stage(simulator, tap_operations.OPERATIONS["changes"])
        stage.catalog = discover(stage, **settings)
        arguments = _config(directory, simulator, **settings)
        (directory / "state.json").write_text("{}", encoding="utf-8")
        for number, harm in enumerate([*(chance.choice(HARMS) for _ in range(HARMED_RUNS)), None]):
            with_state = [*arguments, "--state", str(directory / "state.json")]
            run = _run(directory, "tap-ninox", with_state, simulator, chance, harm, output_bytes=6000)
            messages = [json.loads(line) for line in run.lines]
            stage.warehouse.load(messages)
            states = [message["value"] for message in messages if message["type"] == "STATE"]
            if states:
                (directory / "state.json").write_text(json.dumps(states[-1]), encoding="utf-8")
            if number == HARMED_RUNS // 2:
                tap_operations.a_day_of_work(stage.database)
            told[f"{harm or 'whole run'}{'' if run.code else ' (too late)' if harm else ''}"] += 1
        _assert_none(stage.differences())
        told["requests"] = len(simulator.log.entries)
    return told


def play(harm, seeds, directory: Path, *more):
    """Play seeds; yield each with what happened, or with what is wrong."""
    for seed in seeds:
        folder = directory / f"{harm.__name__}-{seed}"
        folder.mkdir()
        try:
            yield seed, harm(seed, folder, *more), None
        except AssertionError as error:
            yield seed, Counter(), str(error)
