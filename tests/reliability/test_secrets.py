"""Keys, passwords and values of records: searched for in everything that is told."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from ninox_api import ConnectionConfig, DatabaseName, NinoxClient
from ninox_simulator.server import Simulator
from tests.helpers.commands import COMMAND
from tests.helpers.seeds import DATABASE_ID, TEAM_ID
from tests.reliability import canaries, tap_operations, target_operations, target_shop


def test_values_in_a_query_are_not_logged_by_any_library_at_any_level():
    with Simulator(seed=tap_operations.shop(), token=canaries.KEY) as simulator, canaries.listening() as log:
        config = ConnectionConfig(api_url=simulator.url, auth_token=canaries.KEY)
        reader = NinoxClient(config).database(TEAM_ID, DatabaseName(id=DATABASE_ID, name="Shop"))
        assert len(reader.get_records("A", filters={"A": f"{canaries.VALUE} 1"})) == 1
    assert simulator.log.entries[0].query["filters"] == f'{{"A":"{canaries.VALUE} 1"}}'
    assert canaries.told_in("\n".join(log)) == []


EVERYTHING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"everything": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "level": "DEBUG"}},
    "root": {"level": "DEBUG", "handlers": ["everything"]},
}
SCHEMA, *ROWS = target_operations.OPERATIONS["upsert"].messages()
CASES = {
    "all is well": {},
    "a dry run": {"settings": {"dry_run": True}},
    "a row is rejected": {"rows": [{"type": "RECORD", "stream": "customers", "record": {
        "Name": canaries.VALUE, "Amount": f"{canaries.VALUE} is no number"}}]},
    "a row that the server refuses": {"fault": {"kind": "status", "status": 500, "method": "POST"}},
    "a server that fails": {"fault": {"kind": "status", "status": 503, "path": "/records$", "times": None}},
    "a lost answer": {"fault": {"kind": "drop_after", "path": "/records$", "method": "POST"}},
    "a wrong key": {"settings": {"auth_token": canaries.KEY + "x"}},
    "a key of a wrong kind": {"settings": {"auth_token": [canaries.KEY]}},
    "a password of a wrong kind": {"settings": {"database_passwords": {"Shop": [canaries.PASSWORD]}}},
    "a line that is cut off": {"raw": json.dumps(ROWS[0])[:-5]},
    "a schema that does not come": {"rows": [{**ROWS[0], "stream": "strangers"}]},
    "a map that fails": {"settings": {"stream_maps": {"customers": {"Amount": "int(Name)"}}}},
}  # fmt: skip


@pytest.mark.e2e
@pytest.mark.parametrize("case", CASES)
def test_target_ninox_gives_nothing_away_however_a_run_ends(case, tmp_path):
    given = CASES[case]
    (tmp_path / "logging.json").write_text(json.dumps(EVERYTHING), encoding="utf-8")
    with Simulator(seed=target_shop.shop(), token=canaries.KEY) as simulator:
        if "fault" in given:
            simulator.faults.add(**given["fault"])
        config = {
            "api_url": simulator.url, "auth_token": canaries.KEY, "database": "Shop", "max_retries": 1,
            "database_passwords": {"Shop": canaries.PASSWORD}, "report_path": str(tmp_path / "report.json"),
            **given.get("settings", {}),
        }  # fmt: skip
        (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
        lines = "".join(json.dumps(message) + "\n" for message in (SCHEMA, *ROWS, *given.get("rows", ())))
        logging = {"TARGET_NINOX_LOGLEVEL": "DEBUG", "SINGER_SDK_LOG_CONFIG": str(tmp_path / "logging.json")}
        environment = {**os.environ, **logging}
        done = subprocess.run(
            [*COMMAND, "target-ninox", "--config", tmp_path / "config.json"],
            input=lines + given.get("raw", ""), capture_output=True, text=True, timeout=60, check=False,
            env=environment,
        )  # fmt: skip
    told = done.stdout + done.stderr
    told += (tmp_path / "report.json").read_text(encoding="utf-8") if (tmp_path / "report.json").exists() else ""
    if case != "a dry run":  # its examples are for the user's eyes
        assert [canary for canary in canaries.told_in(told) if canary != "Bearer "] == []
    assert canaries.KEY not in told
    assert canaries.PASSWORD not in told
    if not case.endswith("of a wrong kind"):  # refused before
        assert "Validating config using jsonschema" in done.stderr  # told at level DEBUG
    assert "Traceback" not in done.stderr
