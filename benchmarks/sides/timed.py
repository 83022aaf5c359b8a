"""Runs a command and writes what it took into a file. `timed.py FILE COMMAND ...`.

A small process on purpose: on Linux a process's peak memory begins with that of the one that starts it.
"""

from __future__ import annotations

import os
import sys
import time

started = time.perf_counter()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
wall_s = time.perf_counter() - started
figures = f'{{"wall_s": {wall_s}, "cpu_s": {usage.ru_utime + usage.ru_stime}, "peak": {usage.ru_maxrss}}}'
file = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
os.write(file, figures.encode())
os.close(file)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
