"""What can happen to a process, and the moment at which it does."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from contextlib import contextmanager, suppress

from tests.helpers.commands import as_settings, become

SIGNALS = ("SIGKILL", "SIGTERM", "SIGINT")
ENDED_BY = {"SIGKILL": -9, "SIGTERM": 143, "SIGINT": 130}
"""Exit codes of programs of ours."""
NO_COMPILED = {"PYTHONDONTWRITEBYTECODE": "1"}
"""For what a process starts: on a full disk Python would keep half a compiled module for whole, in all later runs."""
FULL_LOG = 120
"""Python's exit code where all went well, but the standard error is on a full disk."""


@contextmanager
def striking(simulator, chance, requests, strike):
    """Strike once, at a random moment of a run.

    Args:
        simulator: Whose requests tell how far the run has come.
        chance: Draws the moment: while one of the requests is being answered, or shortly after it was.
        requests: How many a whole run makes.
        strike: Called without arguments, again at the next request where it returns False.
    """
    left, timers, is_done = chance.randrange(requests) + 1, [], False
    delay_s = chance.choice([0, 0.01 * chance.random(), 0.1 * chance.random()])

    def count(*_):
        nonlocal left, is_done
        left -= 1
        if left == 0 and delay_s:
            timers.append(threading.Timer(delay_s, strike))
            timers[0].start()
        elif left <= 0 and not delay_s and not is_done:
            is_done = strike() is not False

    simulator.on_request.append(count)
    try:
        yield
    finally:
        simulator.on_request.remove(count)
        for timer in timers:
            timer.cancel()
            timer.join()


def send(number, *pids):
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, getattr(signal, number))


def become_limited(program, arguments, stdin, stdout, stderr, file_limit):
    """Run a program in this process; every file that it writes is full after so many bytes, if not None."""
    arguments = [as_settings(argument) for argument in arguments]  # writes files, so before
    if file_limit is not None:
        sys.dont_write_bytecode = True  # Python would keep half a compiled module for whole
        os.environ.update(NO_COMPILED)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing then fails as it does on a full disk
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a child of a background job ignores it
    become(program, arguments, stdin, stdout, stderr)
