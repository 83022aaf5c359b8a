"""No key, password, value or file name in anything but the rows themselves, at any log level, however a run ends."""

from __future__ import annotations

import json
import os

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers import commands
from tests.helpers.seeds import customers, database, field, team

KEY, PASSWORD, VALUE, FILE = "canary-key-81", "canary-password-82", "canary-value-83", "canary-file-84.pdf"

LOG_CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"everything": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "level": "DEBUG"}},
    "root": {"level": "DEBUG", "handlers": ["everything"]},
}


def seed():
    records = [
        RecordDocument(number, {"A": f"{VALUE}-{number}", "B": f"{VALUE}-not a number", "C": FILE}, number)
        for number in range(1, 30)
    ]
    return team(database({"A": customers(C=field("file", "File"))}, {"A": records}, password=PASSWORD))


pytestmark = [pytest.mark.e2e, pytest.mark.ninox(seed=seed, token=KEY)]

FAULTS = {
    "nothing": {},
    "server failure": {"kind": "status", "status": 500, "path": "/records$", "after": 1, "times": None},
    "a refusal": {"kind": "status", "status": 401, "path": "/records$", "times": None},
    "redirect": {
        "kind": "status",
        "status": 302,
        "location": "http://127.0.0.1:9/",
        "path": "/records$",
        "times": None,
    },
    "cut off": {"kind": "cut", "path": "/records$", "times": None},
    "another form": {"kind": "wrong_shape", "path": "/records$", "times": None},
    "not JSON": {"kind": "truncate", "path": "/records$", "times": None},
}
SETTINGS = {
    "plain": {},
    "parallel": {"max_parallel_requests": 4},
    "files": {"files": {"*": "metadata"}},
    "a map that fails": {"stream_maps": {"shop__customers": {"name": "int(name)"}}},
    "a filter": {"stream_maps": {"shop__customers": {"__filter__": "name != 'x'"}}},
}


def run(simulator, tmp_path, *arguments, **settings):
    config = {
        "api_url": simulator.url, "auth_token": KEY, "database_passwords": {"Shop": PASSWORD}, "max_retries": 0,
        "page_size": 10, **settings,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "logging.json").write_text(json.dumps(LOG_CONFIG))
    environment = {
        **os.environ, "TAP_NINOX_LOGLEVEL": "DEBUG", "SINGER_SDK_LOG_CONFIG": str(tmp_path / "logging.json"),
        "TAP_NINOX_REPORT_PATH": str(tmp_path / "report.json"),
    }  # fmt: skip
    command = ["tap-ninox", "--config", str(tmp_path / "config.json"), *arguments]
    return commands.run(command, env=environment)


def check(done):
    """Look for the canaries; return the rows, where values belong."""
    rows = [line for line in done.stdout.splitlines() if line.startswith('{"type":"RECORD"')]
    others = "\n".join(line for line in done.stdout.splitlines() if not line.startswith('{"type":"RECORD"'))
    told = done.stderr + others
    assert KEY not in done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    for canary in (VALUE, FILE):
        assert canary not in told
    assert "Validating config using jsonschema" in done.stderr  # told at level DEBUG
    return rows


@pytest.mark.parametrize("fault", FAULTS)
def test_however_a_run_ends_nothing_is_given_away(simulator, tmp_path, fault):
    if FAULTS[fault]:
        simulator.faults.add(**FAULTS[fault])
    done = run(simulator, tmp_path)
    rows = check(done)
    assert (done.returncode == 0) is (fault == "nothing")
    assert rows


@pytest.mark.parametrize("case", SETTINGS)
def test_whatever_is_set_nothing_is_given_away(simulator, tmp_path, case):
    done = run(simulator, tmp_path, **SETTINGS[case])
    assert check(done)
    assert (done.returncode == 0) is (case not in {"bad values", "a map that fails"})


def test_a_catalog_holds_no_value(simulator, tmp_path):
    done = run(simulator, tmp_path, "--discover")
    assert done.returncode == 0
    check(done)
