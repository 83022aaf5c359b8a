"""`tap-ninox | target-postgres` and `meltano run`, stopped at a random moment, people editing between the runs."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

from demo.meltano import MeltanoProject, plugin_settings
from ninox_simulator.server import Simulator
from tests.builders import TEAM_ID
from tests.loaders import postgres_settings
from tests.reliability import canaries, tap_operations
from tests.reliability.pipeline import Pipeline
from tests.singer import discover
from tests.warehouse import assert_equal_to_store, fresh_database

SIGNALS = ("SIGKILL", "SIGTERM", "SIGINT")
LATENCY_S = 0.01


def harm_pipe(seed, directory, postgres):
    """Stop tap, target or both by a signal, several times, then let one run end; return what happened."""
    chance, told = random.Random(seed), Counter()
    with Simulator(seed=tap_operations.shop(), token=canaries.KEY) as simulator:
        simulator.faults.configure({"latency_s": LATENCY_S})
        warehouse, edit = fresh_database(postgres), next(iter(simulator.store.databases()))
        settings = {"api_url": simulator.url, "auth_token": canaries.KEY, "team": TEAM_ID, "page_size": 3}
        catalog = discover(simulator)
        loader, state = postgres_settings(warehouse, batch_size_rows=chance.choice([2, 1000])), None
        for number in range(4):
            pipeline = Pipeline(directory, settings, loader, state=state)
            if number < 3:
                name, victims = chance.choice(SIGNALS), chance.choice((["tap"], ["target"], ["tap", "target"]))
                _wait_for_requests(simulator, pipeline.is_running, chance)
                for victim in victims:
                    with suppress(ProcessLookupError):
                        os.kill(getattr(pipeline, victim).pid, getattr(signal, name))
                told[f"{name} to {' and '.join(victims)}"] += 1
            ending = pipeline.end()
            state = ending.state
            if number == 1:
                tap_operations.a_day_of_work(edit)
        assert (ending.tap, ending.target) == (0, 0), (directory / "log").read_text()[-3000:]
        told["rows"] = assert_equal_to_store(warehouse, simulator.store, catalog)
    return told


def harm_meltano(seed, directory, postgres):
    """Stop `meltano run` and all it started, twice, then let it end; return what happened."""
    chance, told = random.Random(seed), Counter()
    with Simulator(seed=tap_operations.shop(), token=canaries.KEY) as simulator:
        simulator.faults.configure({"latency_s": LATENCY_S})
        warehouse, edit = fresh_database(postgres), next(iter(simulator.store.databases()))
        catalog = discover(simulator)
        settings = plugin_settings(simulator, warehouse) | {"TAP_NINOX__SELECT": '["*.*"]', "TAP_NINOX_PAGE_SIZE": "3"}
        project = MeltanoProject.create(directory, settings)
        for number in range(2):
            name = chance.choice(SIGNALS)
            _interrupt(project, simulator, chance, getattr(signal, name))
            told[f"{name} to meltano"] += 1
            if number == 0:
                tap_operations.a_day_of_work(edit)
        project.run("run", "tap-ninox", "target-postgres", "--force")
        assert_equal_to_store(warehouse, simulator.store, catalog)
        leaked = canaries.told_in(project.log.read_text(encoding="utf-8", errors="replace"))
        assert not [canary for canary in leaked if canary in {canaries.KEY, canaries.PASSWORD}]
    return told


def _interrupt(project, simulator, chance, number):
    command = [sys.executable, "-m", "meltano.cli", "run", "tap-ninox", "target-postgres", "--force"]
    with project.log.open("ab") as log, subprocess.Popen(
        command, cwd=project.folder, env=project._environment(), stdin=subprocess.DEVNULL, stdout=log,
        stderr=subprocess.STDOUT, start_new_session=True,
    ) as meltano:  # fmt: skip
        _wait_for_requests(simulator, lambda: meltano.poll() is None, chance)
        with suppress(ProcessLookupError):
            os.killpg(meltano.pid, number)
        try:
            meltano.wait(60)
        finally:
            if meltano.poll() is None:
                os.killpg(meltano.pid, signal.SIGKILL)


def _wait_for_requests(simulator, is_running, chance):
    until = len(simulator.log.entries) + chance.randrange(3, 20)
    while is_running() and len(simulator.log.entries) < until:
        time.sleep(0.002)
    time.sleep(chance.random() * 0.3)
