"""What a new user does wrong first: one line on stderr that says what to do, nothing on stdout, exit code 1.

The command runs in this process, for speed; `test_command` runs it as a process.
"""

from __future__ import annotations

import json
import logging
import socket

import pytest

from ninox_simulator.seeds import TeamDocument
from ninox_simulator.server import Simulator
from tap_ninox.__main__ import main
from tests.helpers import limits
from tests.helpers.run import discover
from tests.helpers.seeds import TEAM_ID, customers, database, team

CANARY = "canary-7f3a-token"

pytestmark = pytest.mark.ninox(token=CANARY)


@pytest.fixture
def tap(monkeypatch, tmp_path, capfd):
    """Return a function that runs the command; it returns exit code, stdout and the log."""
    kept = logging.getLogger().handlers[:]

    def run(*arguments, **config):
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"auth_token": CANARY, **config}), encoding="utf-8")
        monkeypatch.setattr("sys.argv", ["tap-ninox", "--config", str(path), *arguments])
        with pytest.raises(SystemExit) as ended, limits.constants({"max_retries": 0}):
            main()
        out, err = capfd.readouterr()
        assert CANARY not in out + err
        assert "Traceback" not in err
        return ended.value.code, out, err

    yield run
    logging.getLogger().handlers[:] = kept


def told(err):
    """Return what was told as an error, without the SDK's heading."""
    lines = [line.rpartition(" | ")[2] for line in err.splitlines() if "| ERROR " in line]
    return [line for line in lines if "Config validation failed" not in line]


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


MISTAKES = {
    "no key": ({"auth_token": ""}, "auth_token: missing. Make an API key in Ninox under Settings > Integrations."),
    "key with Bearer": ({"auth_token": f"Bearer {CANARY}"}, "auth_token: give the key alone, without the word Bearer."),
    "wrong key": (
        {"auth_token": "nope"},
        "GET /teams was answered with HTTP 401. Check auth_token or auth_token_file: ",
    ),
    "key of Ninox 4": ({"auth_token": "nope"}, "(a key of Ninox 4 works at go.ninox.com only)"),
    "address of Ninox 4": ({"api_url": "https://go.ninox.com/api/v1/workspace"}, "api_url: go.ninox.com is Ninox 4"),
    "wrong team": ({"team": "Taem"}, "team: nothing is called 'Taem'. Did you mean 'Team'? There is: 'Team'."),
    "wrong database": ({"databases": ["Shpo"]}, "databases: nothing is called 'Shpo'. Did you mean 'Shop'?"),
    "wrong table": ({"tables": ["Custmers"]}, "tables: nothing is called 'Custmers'. Did you mean 'Customers'?"),
    "http": (
        {"api_url": "http://ninox.example.com/v1"},
        "api_url: plain http would send the key unprotected; use https",
    ),
    "no /v1": (
        {"api_url": "https://api.ninox.com"},
        "api_url: the API of the public cloud is at https://api.ninox.com/v1",
    ),
    "address of the app": (
        {"api_url": "https://app.ninox.com/#/teams"},
        "api_url: give scheme, host, port and path only",
    ),
    "too much path": (
        {"api_url": "https://ninox.acme.example/v1/teams/abc"},
        "api_url: leave out what follows https://ninox.acme.example/v1; team and database have settings of their own.",
    ),
    "several problems": ({"auth_token": "", "timezone": "x"}, "auth_token: missing."),
}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_file_that_meltano_made_of_no_number_names_the_setting(tap, value):
    code, out, err = tap(max_api_calls=value)
    (line,) = told(err)
    assert line.startswith("The file of --config (")
    assert f") has {json.dumps(value)} in 'max_api_calls', which is no number" in line
    assert (code, out) == (1, "")


@pytest.mark.parametrize("content", [f'"{CANARY}"', "null", "4711"])
def test_a_file_without_settings_is_refused_without_a_word_of_it(tap, tmp_path, content):
    (tmp_path / "more.json").write_text(content, encoding="utf-8")
    code, out, err = tap("--config", str(tmp_path / "more.json"))
    assert told(err) == ['--config: a file holds no object of settings, such as {"auth_token": "…"}.']
    assert (code, out) == (1, "")


@pytest.mark.parametrize("mode", [(), ("--discover",)], ids=["sync", "discover"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_setting_is_one_line_that_says_what_to_do(simulator, tap, mistake, mode):
    change, message = MISTAKES[mistake]
    code, out, err = tap(*mode, **{"api_url": simulator.url, **change})
    assert (code, out) == (1, "")
    (line,) = told(err)
    assert message in line


def test_a_password_of_nothing_is_told_and_the_databases_are_read(simulator, tap):
    settings = {"api_url": simulator.url, "database_passwords": {"Shpo": "x"}}
    code, out, err = tap(**settings)
    assert code == 1
    assert '"RECORD","stream":"shop__customers"' in out
    assert "database_passwords: nothing is called 'Shpo'. Did you mean 'Shop'?" in err
    assert told(err)[-1].endswith("Settings name what is not there (database_passwords): see the warnings above.")
    assert tap("--discover", **settings)[0] == 1


def test_no_address_that_answers(tap):
    port = closed_port()
    code, out, err = tap(api_url=f"http://127.0.0.1:{port}/v1")
    assert (code, out) == (1, "")
    assert f"no connection to http://127.0.0.1:{port}/v1: it was refused, so nothing listens there (che" in told(err)[0]


def test_https_where_http_is_spoken(simulator, tap):
    code, _, err = tap(api_url=simulator.url.replace("http:", "https:"))
    assert code == 1
    assert "does not speak TLS (is it http, or another port?)" in told(err)[0]


def test_a_proxy_that_does_not_work(simulator, tap, monkeypatch):
    port = closed_port()
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("NO_PROXY", "")
    code, out, err = tap(api_url=simulator.url)
    assert (code, out) == (1, "")
    assert (
        f"the proxy 127.0.0.1:{port} refused or closed the connection (check HTTP_PROXY and NO_PROXY)" in told(err)[0]
    )


def test_an_address_that_shows_a_page_for_people(simulator, tap):
    simulator.faults.add("html", times=None)
    code, out, err = tap(api_url=simulator.url)
    assert (code, out) == (1, "")
    assert "an HTML page: check that api_url is the API's address, which usually ends with /v1" in told(err)[0]


@pytest.mark.parametrize("team_id", [None, TEAM_ID])
def test_a_plan_without_api_access(simulator, tap, team_id):
    simulator.faults.add("status", status=403, times=None)
    code, out, err = tap(api_url=simulator.url, **({"team": team_id} if team_id else {}))
    assert (code, out) == (1, "")
    (line,) = told(err)
    assert "HTTP 403" in line
    assert "plan" in line
    assert "API access" in line


@pytest.mark.parametrize("path", ["", "/v1"])
def test_an_address_that_knows_nothing(simulator, tap, path):
    base = simulator.url.removesuffix("/v1")
    simulator.faults.add("status", status=404, times=None)
    code, _, err = tap(api_url=base + path, team="someid")
    assert code == 1
    (line,) = told(err)
    assert line.startswith("team: the server knows no workspace with the id 'someid'.")
    assert ("It usually ends with /v1." in line) is (path == "")


@pytest.mark.parametrize("passwords", [None, {"Safe": "wrong-canary"}], ids=["missing", "wrong"])
def test_a_password_that_is_missing_or_wrong(tap, passwords):
    with Simulator(seed=team(database({"A": customers()}, {}, name="Safe", password="pw")), token=CANARY) as simulator:
        code, out, err = tap(api_url=simulator.url, **({"database_passwords": passwords} if passwords else {}))
    assert (code, out) == (1, "")
    assert err.count("put its password into database_passwords") == 1
    assert told(err) == ["Of 1 database of team 'Team', none can be read with this key; see the warnings above."]
    assert "wrong-canary" not in err


def test_a_team_without_a_database(tap):
    with Simulator(seed=[TeamDocument(id=TEAM_ID, name="Team", databases=[])], token=CANARY) as simulator:
        code, out, err = tap(api_url=simulator.url)
    assert (code, out) == (1, "")
    assert told(err) == ["Team 'Team' has no database that this key can see."]


def test_nothing_is_selected(simulator, tap, tmp_path):
    catalog = discover(simulator)
    for stream in catalog["streams"]:
        for item in stream["metadata"]:
            item["metadata"].update({"selected": False} if not item["breadcrumb"] else {})
    (tmp_path / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
    simulator.log.clear()
    code, out, err = tap("--catalog", str(tmp_path / "catalog.json"), api_url=simulator.url)
    assert (code, out) == (1, "")
    (line,) = told(err)
    assert line.startswith("Nothing is selected: of the 5 streams that can be read, the catalog selects none.")
    assert not any("/records" in call.path for call in simulator.log.entries)


def test_a_catalog_of_another_tap(simulator, tap, tmp_path):
    foreign = {"streams": [{"tap_stream_id": "users", "schema": {"type": "object"}, "metadata": []}]}
    (tmp_path / "catalog.json").write_text(json.dumps(foreign), encoding="utf-8")
    code, _, err = tap("--catalog", str(tmp_path / "catalog.json"), api_url=simulator.url)
    assert code == 1
    assert told(err)[0].startswith("The catalog selects 'users', but nothing says which table that is")
