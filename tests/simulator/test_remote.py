"""A simulator in a process of its own: its controls, and that it ends with those who started it."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
import requests

from ninox_simulator.remote import running
from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID

pytestmark = pytest.mark.e2e


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_its_controls_and_its_end():
    with running() as ninox:
        customers = f"{ninox.url}/teams/{TEAM_ID}/databases/{BUERO_ID}/tables/A/records"
        headers = {"Authorization": f"Bearer {ninox.token}"}
        ninox.backup()
        requests.post(customers, json={"fields": {"Nachname": "Neu"}}, headers=headers, timeout=10)
        assert [record["A"] for record in ninox.records("Büro & Baustelle", "Kunden")[:1]] == ["K-00001"]
        assert len(ninox.records(BUERO_ID, "A")) == 25
        ninox.restore()
        assert ninox.calls() == {"POST": 1}
        assert ninox.calls() == {}
        ninox.switch(teams_endpoint="missing")
        assert requests.get(f"{ninox.url}/teams", headers=headers, timeout=10).status_code == 404
        ninox.fault(kind="status", status=418)
        assert requests.get(customers, headers=headers, timeout=10).status_code == 418
        assert ninox.next_day().startswith("Day 2")
        ninox.reset()
        assert ninox.next_day().startswith("Day 2")
        with pytest.raises(ValueError, match="There is no switch 'nope'"):
            ninox.switch(nope="yes")
    assert not alive(ninox.pid)
    with pytest.raises(OSError, match="refused"):
        ninox.reset()


def test_it_ends_with_the_process_that_started_it_even_if_that_is_killed():
    starts = (
        "from ninox_simulator.remote import running\n"
        "with running('--seed=empty') as ninox:\n"
        "    print(ninox.pid, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen([sys.executable, "-c", starts], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        pid = int(starter.stdout.readline())
        assert alive(pid)
        starter.kill()
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(pid)


def test_what_does_not_start_is_said():
    with pytest.raises(RuntimeError, match="did not start"), running("--seed=nope"):
        pass
