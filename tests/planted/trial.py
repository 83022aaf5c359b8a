"""A trial: tests that run with a planted defect, or without, in a process that is forked for them and thrown away."""

from __future__ import annotations

import gc
import os
import random
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from devtools import lifetime
from tests.helpers.commands import context

REPOSITORY = Path(__file__).parents[2]
LONGEST_S = 60
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


def run(tests, folder, *, defect=None, first_case_only=False, longest_s=LONGEST_S):
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
    process = context.Process(
        target=_in_fork, args=(tests, folder, defect, dict(os.environ), _Judge(tests, first_case_only))
    )
    process.start()
    process.join(longest_s)
    if process.is_alive():
        process.kill()
        process.join()
    written = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
    if process.exitcode != 0 or not result.exists():
        message = f"{defect or 'No defect'}; {', '.join(tests)} ended with {process.exitcode}.\n{written}"
        raise TrialError(message)
    passed, caught = map(int, result.read_text().split())
    return Trial(passed, bool(caught), written)


def _in_fork(tests, folder, defect, environment, judge):
    for number in (1, 2):
        os.dup2(os.open(folder / "output", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    os.chdir(REPOSITORY)
    os.environ.clear()  # it is that of the moment when the process was started from which this one was forked
    os.environ.update({name: value for name, value in environment.items() if not name.startswith("PYTEST_")})
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    if defect is not None:
        defect.plant()
    lifetime.tied_folder = lambda _prefix: nullcontext(folder)  # it needs no process that removes another one
    gc.freeze()  # pytest collects garbage at its end, twice
    options = ["-qx", "-o", "addopts=", "--import-mode=importlib", "--assert=plain", "--tb=short", "--show-capture=no"]
    options += ["-p", "no:cacheprovider", f"--basetemp={folder}/temporary"]
    code = pytest.main([*options, *(f"tests/{test}" for test in tests)], plugins=[judge])
    is_clear = code == pytest.ExitCode.OK or (code == pytest.ExitCode.TESTS_FAILED and judge.caught)
    if is_clear:
        (folder / "result").write_text(f"{judge.passed} {judge.caught:d}")
    sys.stdout.flush()
    os._exit(0 if is_clear else code or 1)


class _Judge:
    """Tells a test that noticed something from one that stumbled; lets what is drawn at random always be the same."""

    def __init__(self, tests, first_case_only):
        self.cases = {f"tests/{test}" for test in tests if "[" in test}
        self.first_case_only = first_case_only
        self.passed = 0
        self.caught = False

    def pytest_sessionstart(self):
        random.seed(0)
        generate = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # no search for a smaller example
        hypothesis.settings.register_profile("trial", derandomize=True, database=None, phases=generate)
        hypothesis.settings.load_profile("trial")

    def pytest_collection_modifyitems(self, items):
        if self.first_case_only:
            items[:] = {self._test(item.nodeid): item for item in reversed(items)}.values()

    def _test(self, node):
        """Return what stands for a case: itself, if it was asked for by name."""
        return node if node in self.cases else node.partition("[")[0]

    def pytest_runtest_makereport(self, call):
        if call.when == "call":
            self.passed += call.excinfo is None
            self.caught |= call.excinfo is not None and not call.excinfo.errisinstance(
                (NameError, pytest.skip.Exception)
            )
