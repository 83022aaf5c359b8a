"""Programs and folders that do not outlive this process, not even when it is killed.

A watcher, a small process of its own, holds the reading end of a pipe. Its other end closes when this process ends,
whatever ended it, and the watcher then stops the program and removes the folder. Works on Linux and macOS alike.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

STOP_SECONDS = 30
_REMOVE_SECONDS = 10
_PAUSE_S = 0.05
_SIGNAL_EXIT_CODE = 128
"""POSIX shells report a program that a signal ended by this and the signal's number."""


@contextmanager
def tied_program(
    command: Sequence[str], *, stop: signal.Signals = signal.SIGTERM, user: dict[str, Any] | None = None, **options: Any
) -> Iterator[subprocess.Popen[Any]]:
    """Start a program that is stopped at the end of the block, or with this process.

    Args:
        command: The program and its arguments.
        stop: The signal that stops it and what it has started; after half a minute it is killed.
        user: `user`, `group` and `extra_groups` of `subprocess.Popen` for the program.
        **options: More of them, for the watcher and the program alike.

    Yields:
        A process that ends as the program does, with the same exit code.
    """
    with _watcher({"command": list(command), "stop": stop, "user": user or {}}, **options) as process:
        yield process


@contextmanager
def tied_folder(prefix: str) -> Iterator[Path]:
    """Make a temporary folder that is removed at the end of the block, or with this process."""
    folder = tempfile.mkdtemp(prefix=prefix)
    with _watcher({"folder": folder}):
        yield Path(folder)


@contextmanager
def _watcher(task: dict[str, Any], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    # -I and -S leave out what the watcher does not need; in a session of its own, Ctrl-C does not reach it.
    arguments = [sys.executable, "-I", "-S", __file__, json.dumps(task)]
    # What ends the block closes the pipe, and waits for the watcher.
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, start_new_session=True, **options) as process:
        yield process


def _watch(task: dict[str, Any]) -> int:
    """Do what this module says, as the watcher; return the exit code."""
    if "folder" in task:
        _wait_for_the_end()
        _remove(task["folder"])
        return 0
    program = subprocess.Popen(task["command"], stdin=subprocess.DEVNULL, start_new_session=True, **task["user"])
    threading.Thread(target=_stop_at_the_end, args=(program, task["stop"]), daemon=True).start()
    code = program.wait()
    return code if code >= 0 else _SIGNAL_EXIT_CODE - code


def _wait_for_the_end() -> None:
    while os.read(0, 1):
        """Nobody writes."""


def _stop_at_the_end(program: subprocess.Popen[bytes], stop: int) -> None:
    _wait_for_the_end()
    for number in (stop, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(program.pid, number)
        with suppress(subprocess.TimeoutExpired):
            program.wait(STOP_SECONDS)
            return


def _remove(folder: str) -> None:
    """Remove a folder that programs may still be writing into while they end."""
    deadline = time.monotonic() + _REMOVE_SECONDS
    shutil.rmtree(folder, ignore_errors=True)
    while Path(folder).exists() and time.monotonic() < deadline:
        time.sleep(_PAUSE_S)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(_watch(json.loads(sys.argv[1])))
