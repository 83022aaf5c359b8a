"""`meltano run`, harmed at a random moment: Meltano and all it started, it alone, one plugin alone, or its disk."""

from __future__ import annotations

import dataclasses
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from devtools.meltano import MeltanoProject, plugin_settings
from ninox_simulator.server import Simulator
from tests.helpers.commands import commands_with
from tests.helpers.foreign_taps import install
from tests.helpers.run import discover
from tests.helpers.warehouse import assert_equal_to_store, fresh_database
from tests.reliability import canaries, tap_operations, target_shop
from tests.reliability.csv_shop import CsvShop
from tests.reliability.harms import NO_COMPILED, SIGNALS, striking
from tests.reliability.kills import LATENCY_S, assert_none, kind_of, rehearsed

HARMED_RUNS = 2
VICTIMS = ("meltano and plugins", "meltano", "tap", "target")
HARMS = (*(f"{name} to {victim}" for name in SIGNALS for victim in VICTIMS),
         "disk full for meltano and plugins", "disk full for meltano")  # fmt: skip
ORPHANS_END_WITHIN_S = 60
WAIT_S = 120
LOG_LEVEL = {"MELTANO_CLI_LOG_LEVEL": "debug"}


def harm_meltano(seed, directory, postgres, *, runs=HARMED_RUNS):
    """Harm `meltano run tap-ninox target-postgres`, several times, then let one run end; return what happened.

    Raises:
        AssertionError: The warehouse differs from the source, processes were left behind, or something was given away.
    """
    chance, told = random.Random(seed), Counter()
    with Simulator(seed=tap_operations.shop(), token=canaries.KEY) as simulator:
        warehouse = dataclasses.replace(fresh_database(postgres), password=canaries.PASSWORD)
        edit, catalog = next(iter(simulator.store.databases())), discover(simulator)
        select = {"TAP_NINOX__SELECT": '["*.*"]', **commands_with(directory / "commands", page_size=3)}
        project = MeltanoProject.create(directory, {**plugin_settings(simulator, warehouse), **select, **LOG_LEVEL})
        command = ("run", "tap-ninox", "target-postgres", "--force")
        for number in range(runs):
            requests = rehearsed(simulator, None, page_size=3).requests
            told[_harmed(project, command, simulator, chance, requests)] += 1
            if number == 0:
                tap_operations.a_day_of_work(edit)
        project.run(*command)
        assert_equal_to_store(warehouse, simulator.store, catalog)
        _assert_nothing_told(project)
    return told


def harm_meltano_csv(seed, directory, *, runs=HARMED_RUNS):
    """Harm `meltano run tap-spreadsheets target-ninox`, several times, then let it end; return what happened.

    Raises:
        AssertionError: The store differs from the files, processes were left behind, or something was given away.
    """
    chance, told = random.Random(seed), Counter()
    shop = CsvShop(directory, scale=0.5)
    with Simulator(seed=target_shop.shop(), token=canaries.KEY) as simulator:
        simulator.faults.configure({"latency_s": LATENCY_S})
        commands = commands_with(directory / "commands", batch_size_rows=shop.batch_size_rows)
        project = MeltanoProject.create(directory, {**shop.environment(simulator), **commands, **LOG_LEVEL})
        install(project, "tap-spreadsheets")
        command = ("run", "tap-spreadsheets", "target-ninox", "--force")
        for number in range(1, runs + 1):
            shop.write(number, runs + 1)
            requests = shop.requests(simulator, shop.batch_size_rows)
            told[_harmed(project, command, simulator, chance, requests)] += 1
        shop.write(runs + 1, runs + 1)
        project.run(*command)
        assert_none(shop.differences(simulator))
        _assert_nothing_told(project)
    return told


def _assert_nothing_told(project):
    log = project.log.read_text(encoding="utf-8", errors="replace")
    assert_none({canaries.KEY, canaries.PASSWORD} & set(canaries.told_in(log)))
    assert_none(canaries.told_in(canaries.told_by_ours(log)))
    assert "[debug    ]" in log


def _harmed(project, command, simulator, chance, requests):
    """Run Meltano into its harm, wait until nothing of it is left, and return what is to be counted."""
    harm, started = chance.choice(HARMS), {}
    with _running(project, command) as meltano:

        def strike():
            started["plugins"] = psutil.Process(meltano.pid).children(recursive=True)
            return _strike(harm, meltano, started["plugins"], command)

        with striking(simulator, chance, requests, strike), suppress(subprocess.TimeoutExpired):
            meltano.wait(WAIT_S)
        assert meltano.returncode is not None, f"{harm}: Meltano hangs; its log: {_tail(project)}"
    left = _left_after(ORPHANS_END_WITHIN_S, started.get("plugins", ()))
    assert not left, f"{harm}: {left} are still running; the log of Meltano: {_tail(project)}"
    return kind_of(harm, was_harmed=meltano.returncode)


def _strike(harm, meltano, plugins, command):
    """Harm whom it is meant for; return False if they are not there yet."""
    name, _, victim = harm.replace("disk full for", "disk_full to").partition(" to ")
    by_name = {"tap": command[1], "target": command[2]}
    found = [meltano.pid] if victim.startswith("meltano") else []
    if victim != "meltano":
        found += [plugin.pid for plugin in plugins if victim not in by_name or _is(plugin, by_name[victim])]
    for pid in found:
        with suppress(ProcessLookupError):
            if name == "disk_full":
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))  # whatever it writes to a file, from now on
            else:
                os.kill(pid, getattr(signal, name))
    return bool(found)


def _is(process, command):
    with suppress(psutil.Error):
        return any(Path(part).name == command for part in process.cmdline())
    return False


@contextmanager
def _running(project, command):
    with project.log.open("ab") as log, subprocess.Popen(
        [sys.executable, "-m", "meltano.cli", *command], cwd=project.folder, env=project.variables() | NO_COMPILED,
        stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
    ) as meltano:  # fmt: skip
        try:
            yield meltano
        finally:
            if meltano.poll() is None:
                os.killpg(meltano.pid, signal.SIGKILL)


def _left_after(seconds, processes):
    """Wait until processes have ended by themselves; end those that have not, and return them."""
    deadline = time.monotonic() + seconds
    while (left := [process for process in processes if _lives(process)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    told = [" ".join(process.cmdline()) for process in left]
    for process in left:
        process.kill()
    return told


def _lives(process):
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE  # an orphan may find no parent
    return False


def _tail(project):
    return project.log.read_text(encoding="utf-8", errors="replace")[-4000:]
