"""The public names of `ninox_api`: a script that uses each of them is typed, and does what it says."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import ninox_api
from ninox_simulator.server import Simulator
from tests.client.script_of_a_user import main
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, shop

SCRIPT = Path(__file__).with_name("script_of_a_user.py")


def test_the_script_uses_every_public_name_and_no_other():
    imports = [node for node in ast.walk(ast.parse(SCRIPT.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    ours = {node.module: {alias.name for alias in node.names} for node in imports if "ninox" in str(node.module)}
    assert ours == {"ninox_api": set(ninox_api.__all__)}


def test_the_script_has_only_types_that_mypy_knows(tmp_path):
    """As at a user's, who has no configuration of ours: the package says with `py.typed` that it is typed."""
    strictly = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={os.devnull}"]
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.read_text("utf-8"), encoding="utf-8")
    checked = subprocess.run([*strictly, script.name], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (checked.stdout, checked.stderr) == ("Success: no issues found in 1 source file\n", "")


SAID = {
    "places": ["Team", "Shop", "Customers", "table"],
    "same tables": ["Customers"],
    "fields": {"Name": "string", "Amount": "number"},
    "ids": [1, 2, 3, 4, 5],
    "second": {"A": "name 2", "B": 20},
    "found": [3],
    "none": None,
    "count": 5,
    "saved": [6, 1],
    "updated": [1, 6],
    "removed": [2],
    "deleted again": False,
    "executed": 2,
    "files": {"logo.svg": 6},
    "came": True,
    "content": "<svg/>",
    "size": 6,
    "pages": 4,
    "calls add up": True,
    "errors": [
        "nothing was sent",
        "look at the key (GET 401)",
        "it is gone (GET 404)",
        "try later (POST 500)",
        "nothing was sent",
    ],
}


def test_the_script_reads_and_writes():
    with Simulator(seed=shop(5)) as simulator:
        assert main(simulator.url, simulator.token) == SAID
        records = simulator.store.database(TEAM_ID, DATABASE_ID).records("A")
    assert {record.id: record.fields["A"] for record in records} == {
        1: "renamed", 3: "name 3", 4: "name 4", 5: "name 5", 6: "new",
    }  # fmt: skip
