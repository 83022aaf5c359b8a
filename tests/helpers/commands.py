"""The commands as real processes that start in a moment: forked from one that has imported them already.

`python -m tests.helpers.commands tap-ninox …` is the command as users start it, in which constants of the product can
be made small (`limits.CONSTANTS`): by the file of settings, or by the variable `NINOX_TEST_CONSTANTS`.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from operator import attrgetter
from pathlib import Path

from tests.helpers import limits

PROGRAMS = {
    "tap-ninox": "tap_ninox.__main__:main",
    "target-ninox": "target_ninox.__main__:main",
    "singer-ninox": "ninox_tools.__main__:main",
    "target-postgres": "target_postgres.target:TargetPostgres.cli",
}
WAIT_S = 120
CONSTANTS = "NINOX_TEST_CONSTANTS"
COMMAND = [sys.executable, "-m", "tests.helpers.commands"]
"""Before the name of a program: the same as its own command."""

context = multiprocessing.get_context("forkserver")
PROGRAM_MODULES = ["tap_ninox.tap", "target_ninox.target", "target_postgres.target"]
TEST_MODULES = ["tests.planted.trial", "tests.helpers.run", "devtools.postgres", "ninox_simulator.server"]
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
    start(program, arguments)


def start(program, arguments):
    """Run a program in this process to its end."""
    limits.set_constants(json.loads(os.environ.get(CONSTANTS, "{}")))
    sys.argv = [program, *(as_settings(argument) for argument in arguments)]
    module, _, name = PROGRAMS[program].partition(":")
    attrgetter(name)(import_module(module))()


def run(command, *, input="", env=None):  # noqa: A002 (as `subprocess.run` has it)
    """Run a command to its end; what is returned is what `subprocess.run` would, as text."""
    program, *arguments = map(str, command)
    with tempfile.TemporaryDirectory() as folder:
        ends = [f"{folder}/{name}" for name in ("stdin", "stdout", "stderr")]
        Path(ends[0]).write_text(input, encoding="utf-8")
        environment = dict(os.environ if env is None else env)
        process = context.Process(target=_begin, args=(Path(program).name, arguments, ends, environment))
        process.start()
        process.join(WAIT_S)
        if process.exitcode is None:
            process.kill()
            process.join()
        output, errors = (Path(end).read_text(encoding="utf-8") if Path(end).exists() else "" for end in ends[1:])
        done = subprocess.CompletedProcess(command, process.exitcode, output, errors)
        process.close()
    return done


def _begin(program, arguments, ends, environment):
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.dup2(os.open(ends[0], os.O_RDONLY), 0)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (multiprocessing has put nothing there)
    become(program, arguments, None, *ends[1:])


def as_settings(argument):
    """Return a file of settings without the constants, which are set; any other argument as it is."""
    path = Path(argument)
    if not path.name.endswith(".json") or not path.is_file():
        return argument
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return argument  # not our business: a test of what the command says to it
    if not isinstance(settings, dict) or limits.CONSTANTS.keys().isdisjoint(settings):
        return argument
    plain = path.with_name(f"plain-{path.name}")
    plain.write_text(json.dumps(limits.set_constants(settings)), encoding="utf-8")
    return str(plain)


def commands_with(folder, **constants):
    """Put commands into a folder that have other constants; return the variables that let Meltano find and use them."""
    folder.mkdir(exist_ok=True)
    root = Path(__file__).parents[2]
    for name in ("tap-ninox", "target-ninox"):
        script = folder / name
        script.write_text(f'#!/bin/sh\nPYTHONPATH="{root}" exec {" ".join(COMMAND)} {name} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return {
        "PATH": os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]]),
        CONSTANTS: json.dumps(constants),
    }


if __name__ == "__main__":
    start(sys.argv[1], sys.argv[2:])
