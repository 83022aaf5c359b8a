"""How fast the simulator serves pages, and how much memory it needs: `python -m benchmarks.simulator [s|m|l]`.

It must never be the slow part of a benchmark of something else.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import requests

TABLE = "Lagerbewegungen"
PAGES = 100


def main(profile: str = "m") -> None:
    """Print pages per minute, for both forms of records, and the peak memory of the process."""
    started = time.monotonic()
    command = [sys.executable, "-m", "ninox_simulator", "--port=0", f"--profile={profile}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = str(process.stdout.readline()).strip() if process.stdout else ""
            print(f"profile {profile}: ready after {time.monotonic() - started:.1f} s")
            session = requests.Session()
            session.headers["Authorization"] = "Bearer simulator-key"
            records = _records_of(session, url)
            _report(session, records, "ids, first time", "ids=true&choiceStyle=ids")
            _report(session, records, "ids, again", "ids=true&choiceStyle=ids")
            _report(session, records, "names", "")
            print(f"peak memory: {_peak_mb(process.pid):.0f} MB")
        finally:
            process.terminate()


def _records_of(session: requests.Session, url: str) -> str:
    team = session.get(f"{url}/teams", timeout=10).json()[0]["id"]
    database = session.get(f"{url}/teams/{team}/databases", timeout=10).json()[0]["id"]
    return f"{url}/teams/{team}/databases/{database}/tables/{TABLE}/records"


def _report(session: requests.Session, records: str, name: str, query: str) -> None:
    after, pages, rows, started = 0, 0, 0, time.monotonic()
    while pages < PAGES:
        content = session.get(f"{records}?perPage=1000&sinceId={after}&{query}", timeout=60).content
        if len(content) < 3:  # noqa: PLR2004 (an empty array)
            break
        pages += 1
        rows += content.count(b'"id":')
        after = int(content.rsplit(b'{"id":', 1)[1].split(b",", 1)[0])
    seconds = time.monotonic() - started
    print(f"{name}: {pages} pages, {rows:,} records in {seconds:.1f} s = {pages * 60 / seconds:,.0f} pages a minute")


def _peak_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(*sys.argv[1:])
