"""What a killed demo or test leaves on the machine: no program, no folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psutil
import pytest

from devtools.lifetime import tied_folder, tied_program

ROOT = Path(__file__).parents[2]
WAIT_S = 60

POSTGRES = """
import time
from devtools.postgres import running_postgres
with running_postgres() as server:
    print(server.port, flush=True)
    time.sleep(600)
"""

pytestmark = pytest.mark.e2e


class Victim:
    """A Python program in a place of its own, and everything that it has started."""

    def __init__(self, place, *arguments):
        self._place = place
        self._mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, *arguments], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(place), "NINOX_TEST_MARK": self._mark},
        )  # fmt: skip

    def programs(self):
        """Return the command lines of all that run with its mark in their environment."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("NINOX_TEST_MARK") == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
            except (psutil.Error, OSError):
                continue  # it has just ended, or is another user's
        return found

    def folders(self):
        return [path.name for path in Path(self._place).iterdir() if path.name.startswith("ninox-")]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def place():
    with tempfile.TemporaryDirectory(prefix="n-") as folder:  # tmp_path is too long for a socket
        Path(folder).chmod(0o755)  # where root runs the tests, the server is another user's
        yield folder


def within(condition):
    deadline = time.monotonic() + WAIT_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_a_killed_test_leaves_neither_server_nor_folder(place):
    victim = Victim(place, "-c", POSTGRES)
    assert int(victim.process.stdout.readline()) > 0
    assert any("postgres" in program for program in victim.programs())
    assert victim.folders()
    victim.kill()
    assert within(lambda: not victim.programs()), victim.programs()
    assert within(lambda: not victim.folders())


def test_a_demo_killed_while_it_loads_leaves_no_program_and_no_folder(place):
    victim = Victim(place, "-m", "demo")
    assert within(lambda: any("target-postgres" in program for program in victim.programs()))
    assert any("ninox_simulator" in program for program in victim.programs())
    victim.kill()
    assert within(lambda: not victim.programs()), victim.programs()
    assert within(lambda: not victim.folders())


def test_a_program_is_stopped_by_the_signal_that_is_asked_for():
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(9)"
    with tied_program([sys.executable, "-c", stubborn], stop=signal.SIGKILL, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"1\n"
    assert process.returncode == 128 + signal.SIGKILL


@pytest.mark.parametrize("code", [0, 3])
def test_a_tied_program_ends_with_its_own_exit_code(code):
    with tied_program([sys.executable, "-c", f"raise SystemExit({code})"]) as process:
        assert process.wait() == code


def test_a_tied_folder_goes_with_what_is_in_it():
    with tied_folder("n-") as folder:
        (folder / "file").touch()
    assert not folder.exists()
