"""A trial: tests that run with a planted defect, or without, in a process that is forked for them and thrown away.

It is forked from one that has started pytest and has read the tests already, since both take longer than most tests do.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import sys
import tempfile
from collections import defaultdict
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from devtools import lifetime
from tests.helpers.commands import context

REPOSITORY = Path(__file__).parents[2]
LONGEST_S = 180
"""A test that hangs with a defect does not show that it notices it."""


class TrialError(Exception):
    """Tests could not be run, or they failed for a reason that is not the defect's."""


@dataclass
class Trial:
    """How it ended.

    Attributes:
        passed: Tests that did.
        caught: Whether a test failed in its own lines, or in what they called.
        output: What pytest wrote.
    """

    passed: int
    caught: bool
    output: str


@dataclass
class _Task:
    tests: list[str]
    folder: Path
    defect: Any
    first_case_only: bool
    longest_s: float
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))


class Trials:
    """The process from which trials are forked, for as long as the block lasts."""

    def __init__(self, tests, folder):
        """Take the ids of all tests that trials may ask for, and a folder for what the process itself says."""
        self._files = sorted({_file_of(test) for test in tests})
        self._output = folder / "trials"

    def __enter__(self):
        self._end_here, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, self._files, self._output, dict(os.environ)))
        self._process.start()
        there.close()
        return self

    def __exit__(self, *_):
        self._end_here.close()
        self._process.kill()  # after Ctrl-C it may be waiting for a trial
        self._process.join()

    def run(self, tests, folder, *, defect=None, first_case_only=False, longest_s=LONGEST_S):
        """Run tests up to the first that fails.

        Args:
            tests: Their ids, below `tests/`.
            folder: Takes what they write.
            defect: What is planted first: anything with a method `plant`.
            first_case_only: Whether of a parametrised test one case will do.
            longest_s: Seconds after which it is given up.

        Raises:
            TrialError: See there; with all that pytest wrote.
        """
        output, result = folder / "output", folder / "result"
        try:
            self._end_here.send(_Task(tests, folder, defect, first_case_only, longest_s))
            code = self._end_here.recv()
        except (EOFError, OSError):
            code = "all trials"
        written = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
        if code != 0 or not result.exists():
            written += self._output.read_text(encoding="utf-8", errors="replace")
            message = f"{defect or 'No defect'}; {', '.join(tests)} ended with {code}.\n{written}"
            raise TrialError(message)
        passed, caught = map(int, result.read_text().split())
        return Trial(passed, bool(caught), written)


def _file_of(test):
    return os.path.normpath(f"tests/{test.partition('::')[0]}")


def _serve(tasks, files, output, environment):
    """Start pytest, read the tests, and fork a process for each task until nobody has any more."""
    _write_into(output)
    os.chdir(REPOSITORY)
    _take(environment)  # what there is was that of the moment when the process was started from which this is forked
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    forks = _Forks(tasks)
    lifetime.tied_folder = lambda _prefix: nullcontext(forks.folder)  # it needs no process that removes another one
    options = ["-q", "-o", "addopts=", "--import-mode=importlib", "--assert=plain", "--tb=native", "--capture=sys"]
    files = [__file__, *(file for file in files if Path(file).exists())]  # without any, it would read all
    pytest.main([*options, "--continue-on-collection-errors", "-p", "no:cacheprovider", *files], plugins=[forks])
    os._exit(1)


def _write_into(output):
    for number in (1, 2):
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)


def _take(environment):
    os.environ.clear()
    os.environ.update({name: value for name, value in environment.items() if not name.startswith("PYTEST_")})


class _Forks:
    """Runs the tests of each task in a process of their own.

    There it tells a test that noticed something from one that stumbled, and lets what is drawn at random always be the
    same.
    """

    def __init__(self, tasks):
        self.tasks = tasks
        self.folder = None
        self.cases = defaultdict(list)
        self.passed = 0
        self.failed = False
        self.caught = False

    def pytest_sessionstart(self, session):
        self.session = session
        generate = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # no search for a smaller example
        hypothesis.settings.register_profile("trial", derandomize=True, database=None, phases=generate)
        hypothesis.settings.load_profile("trial")

    def pytest_runtestloop(self):
        for item in self.session.items:
            for name in {item.nodeid, item.nodeid.partition("[")[0]}:
                self.cases[name].append(item)
        gc.collect()
        gc.freeze()  # what is forked shall not copy it
        fork = multiprocessing.get_context("fork")
        with suppress(EOFError):
            while True:
                task = self.tasks.recv()
                process = fork.Process(target=self._run, args=(task,))
                process.start()
                process.join(task.longest_s)
                if process.is_alive():
                    process.kill()
                    process.join()
                self.tasks.send(process.exitcode)
        os._exit(0)

    def _run(self, task):
        _write_into(task.folder / "output")
        _take(task.environment)
        tempfile.tempdir = None  # it is that of the environment
        self.folder = task.folder
        self.session.config._tmp_path_factory._given_basetemp = task.folder / "temporary"
        random.seed(0)
        if task.defect is not None:
            task.defect.plant()
        items = [item for test in task.tests for item in self._cases(test, task.first_case_only)]
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                break
        self.session._setupstate.teardown_exact(None)
        is_clear = self.caught or not self.failed
        if is_clear:
            (task.folder / "result").write_text(f"{self.passed} {self.caught:d}")
        sys.stdout.flush()
        os._exit(0 if is_clear else 1)

    def _cases(self, test, first_only):
        """Return the cases of a test, or the one that was asked for by name."""
        cases = self.cases.get(f"{_file_of(test)}::{test.partition('::')[2]}", [])
        if not cases:
            message = f"{test} is not there"
            raise LookupError(message)
        return cases[:1] if first_only else cases

    def pytest_runtest_makereport(self, call):
        if call.when == "call":
            self.passed += call.excinfo is None
            self.caught |= call.excinfo is not None and not call.excinfo.errisinstance(
                (NameError, pytest.skip.Exception)
            )

    def pytest_runtest_logreport(self, report):
        self.failed |= report.failed
        if report.failed:
            sys.stdout.write(f"{report.longreprtext}\n")
