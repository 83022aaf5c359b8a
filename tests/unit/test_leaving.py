"""Ending on a signal, wherever it comes."""

from __future__ import annotations

import gc
import logging
import os
import signal
import subprocess
import sys

import pytest

from ninox_singer.cli import run_command

HALF_AN_OBJECT = """
from ninox_singer.cli import leave

class Half:
    def __init__(self):
        leave(143)
        self.file = None

    def __del__(self):
        self.file.close()

Half()
"""


def test_an_exit_in_the_middle_of_a_constructor_shows_no_traceback():
    """Found by the kill tests: SIGINT while the target made the file that spills its index."""
    ended = subprocess.run([sys.executable, "-c", HALF_AN_OBJECT], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (143, "")


STARTS = """
import os, signal, sys
from ninox_singer.cli import run_command

assert "singer_sdk" not in sys.modules  # whose import takes most of the start
run_command("probe", lambda: os.kill(os.getpid(), signal.SIGINT), files="--config")
"""


def test_ctrl_c_while_a_command_starts_ends_it_with_130(capfd):
    kept = logging.getLogRecordFactory()
    # As in a process of its own: an SDK's command that ran in this one before leaves its handler behind.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(SystemExit) as ended:
            run_command("probe", lambda: os.kill(os.getpid(), signal.SIGINT), files="--config")
    finally:
        signal.signal(signal.SIGINT, handler)
        logging.setLogRecordFactory(kept)
        gc.enable()
    assert ended.value.code == 130
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_while_a_command_starts_shows_no_traceback():
    ended = subprocess.run([sys.executable, "-c", STARTS], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "")
