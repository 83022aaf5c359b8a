"""Clients that other people wrote against the real Ninox work against the simulator, unchanged.

The npm package `ninoxjs` and the PyPI package `ninox`; what they do is read off the simulator's store and log.
Of `ninox` the file operations and the deletion of many are left out: they use paths that are not in the vendor's list.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.seeds import DATABASE_ID, TEAM_ID, shop

HERE = Path(__file__).parent

pytestmark = [pytest.mark.e2e, pytest.mark.ninox(seed=lambda: shop(5))]


def installed(command, folder, what):
    """Run an installation; skip, saying why, where it is not possible."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{what} needs {command[0]}, which is not installed")
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{what} could not be installed within three minutes")
    if done.returncode:
        pytest.skip(f"{what} could not be installed: {done.stderr.strip().splitlines()[-1:]}")
    return folder


def store(simulator):
    return simulator.store.database(TEAM_ID, DATABASE_ID)


def said(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def asked(simulator):
    return [
        (entry.method, entry.path.partition(DATABASE_ID)[2]) for entry in simulator.log.entries if entry.status == 200
    ]


def test_the_javascript_client_ninoxjs_reads_and_writes(simulator, tmp_path):
    installed(["npm", "install", "--no-audit", "--no-fund", "--silent", "ninoxjs@1.4.1"], tmp_path, "ninoxjs")
    content = tmp_path / "note.txt"
    content.write_text("hello")
    with content.open("rb") as file:
        store(simulator).put_file("A", 2, "note.txt", file, moves_record=False)
    shutil.copy(HERE / "ninoxjs_driver.cjs", tmp_path)
    answers = said(["node", "ninoxjs_driver.cjs", simulator.url.removesuffix("/v1"), simulator.token], cwd=tmp_path)
    assert answers.pop("one")["fields"] == {"Name": "name 3", "Amount": 30}
    assert [(record["id"], record["fields"]) for record in answers.pop("filtered")] == [(2, {"Amount": 20})]
    assert answers == {
        "all": [1, 2, 3, 4, 5],
        "saved": {"success": True, "ids": [6, 1]},
        "count": 6,
        "found": "A6",
        "file": "hello",
        "deleted": True,
        "wrongKey": 401,
    }
    records = store(simulator).tables["A"].records
    assert sorted(records) == [1, 2, 3, 6]
    assert (records[1].fields["A"], records[6].fields) == ("renamed", {"A": "new", "B": 5})
    assert ("POST", "/tables/Customers/records") in asked(simulator)
    assert ("DELETE", "/tables/Customers/records/5") in asked(simulator)


def test_the_python_client_ninox_reads_and_writes(simulator, tmp_path):
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(tmp_path),
        "ninox==0.1.0",
    ]
    installed(command, tmp_path, "ninox")
    answers = said(
        [sys.executable, str(HERE / "ninox_driver.py"), simulator.url.removesuffix("/v1"), simulator.token],
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert answers == {
        "team": "Team",
        "schema": ["schema", "settings"],
        "tables": ["Customers"],
        "fields": ["Name", "Amount"],
        "records": [1, 2, 3, 4, 5],
        "record": {"Name": "name 2", "Amount": 20},
        "updated": {"Name": "renamed", "Amount": 20},
        "upserted": [40],
        "feed": ["A2", "A40"],
        "table feed": ["A2", "A40"],
        "record feed": ["A2"],
        "query": ["name 4", "name 5"],
        "exec": 41,
        "deleted": {},
    }
    records = store(simulator).tables["A"].records
    assert sorted(records) == [1, 2, 4, 5, 40, 41]
    assert records[41].fields == {"A": "made"}
    assert ("PUT", "/tables/A/records/2") in asked(simulator)
