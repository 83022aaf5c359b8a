"""The commands as real processes that start in a moment: forked from one that has imported them already."""

from __future__ import annotations

import multiprocessing
import os
import sys
from importlib import import_module
from operator import attrgetter

PROGRAMS = {
    "tap-ninox": "tap_ninox.__main__:main",
    "target-ninox": "target_ninox.__main__:main",
    "target-postgres": "target_postgres.target:TargetPostgres.cli",
}
WAIT_S = 120

context = multiprocessing.get_context("forkserver")
PROGRAM_MODULES = ["tap_ninox.command", "target_ninox.target", "target_postgres.target"]
TEST_MODULES = ["tests.planted.trial", "tests.helpers.run", "demo.postgres", "ninox_simulator.server"]
SERVER_MODULES = ["uvicorn.loops.auto", "uvicorn.protocols.http.auto"]  # uvicorn imports them when it starts
context.set_forkserver_preload([*PROGRAM_MODULES, *TEST_MODULES, *SERVER_MODULES])


def become(program, arguments, stdin, stdout, stderr):
    """Run a program in this process, connected to ends of pipes or named files."""
    for number, end in ((0, stdin), (1, stdout), (2, stderr)):
        if isinstance(end, str):
            os.dup2(os.open(end, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
        elif end is not None:
            os.dup2(end.fileno(), number)
            end.close()
    if program not in PROGRAMS:  # one of another environment, by its path
        os.execv(program, [program, *arguments])  # noqa: S606 (no shell is wanted)
    sys.argv = [program, *arguments]
    module, _, name = PROGRAMS[program].partition(":")
    attrgetter(name)(import_module(module))()
