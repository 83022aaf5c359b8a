"""Whatever a server, a file or a setting holds: no line of the log is forged, and nothing steers the terminal.

The commands run in this process, for speed. `told` is what a person sees: stderr, and stdout where that is for people.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from unicodedata import category

import pytest

from ninox_simulator.seeds import RecordDocument, TeamDocument
from ninox_simulator.server import Simulator
from ninox_tools.__main__ import main as tools_main
from tap_ninox.__main__ import main as tap_main
from target_ninox.__main__ import main as target_main
from tests.helpers import limits
from tests.helpers.run import discover, records, schema, scripts
from tests.helpers.seeds import TEAM_ID, database, field, table

FORGED = "2026-01-01 | ERROR | forged"
ATTACK = f"\r\n{FORGED}\x1b[2J\x1b]0;title\x07\x9b31m\u202e\u2028{FORGED}\x00"
BIDIRECTIONAL = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def name(text):
    return f"{text}{ATTACK}"


def hostile():
    """A database whose every caption, option and name attacks, and whose values do not fit."""
    fields = {
        "A": field("string", name("Name")),
        "B": field("number", name("Amount")),
        "C": field("choice", name("State"), values={"1": {"caption": name("open"), "order": 0}}),
        "D": field("ref", name("Customer"), refTypeId="A", refFieldId="E"),
        "F": field("fn", name("Total"), fn="sum(1"),
        "G": field(name("type"), name("Odd")),
    }
    rows = [RecordDocument(id=1, fields={"A": name("x"), "B": name("no number"), "C": name("9")}, sequence=1)]
    tables = {"A": table(name("Customers"), **fields), "B": table(name("Secret"), **fields)}
    shop = database(tables, {"A": rows}, name=name("Shop"), unreadable_tables=["B"])
    locked = database({}, id="db0000000002", name=name("Locked"), password="p")
    return [TeamDocument(id=TEAM_ID, name=name("Team"), databases=[shop, locked])]


@pytest.fixture
def told(monkeypatch, tmp_path, capfd):
    """Return a function that runs a command; it returns what a person sees of it."""
    handlers, factory = logging.getLogger().handlers[:], logging.getLogRecordFactory()

    def run(main, *arguments, messages=(), **config):
        path = tmp_path / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        monkeypatch.setattr("sys.argv", ["command", *arguments, "--config", str(path)])
        lines = "".join(json.dumps(message) + "\n" for message in messages).encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))
        capfd.readouterr()
        with suppress(SystemExit), limits.constants({"max_retries": 0}):
            main()
        sys.stdout.flush()
        out, err = capfd.readouterr()
        return err + (out if main is tools_main else "")

    yield run
    logging.getLogger().handlers[:] = handlers
    logging.setLogRecordFactory(factory)


def assert_safe(told, *, shows):
    """Nothing steers, no line is forged, and the attack is there to be seen."""
    steering = {character for character in told if category(character) in {"Cc", "Zl", "Zp", "Cs"}} - {"\n"}
    assert not steering | (set(told) & BIDIRECTIONAL)
    assert not [line for line in told.splitlines() if line.lstrip().startswith(FORGED)]
    assert (r"\x1b[2J" in told) is shows


def connection(simulator):
    return {"api_url": simulator.url, "auth_token": simulator.token}


RUNS = {
    "a sync": (tap_main,),
    "a test of the connection": (tap_main, "--test"),
    "a discovery": (tap_main, "--discover"),
    "an inspection": (tools_main, "inspect"),
}
SETTINGS = {
    "as it is": {},
    "formulas": {"formulas": {"*.*": "number"}},
    "names that do not exist": {"databases": [name("Shpo")]},
    "tables that do not exist": {"tables": [name("Custmers")]},
    "a map": {"stream_maps": {name("nothing"): {}}},
    "a query": {
        "queries": scripts(
            {"name": name("q"), "database": name("x"), "query": name("select"), "key_properties": [], "schema": {}}
        )
    },
}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("settings", SETTINGS)
def test_the_tap_forges_nothing(told, run, settings):
    with Simulator(seed=hostile()) as simulator:
        seen = told(*RUNS[run], **connection(simulator), **SETTINGS[settings])
    assert_safe(seen, shows=True)


def test_a_rename_since_the_state_forges_nothing(told, tmp_path):
    with Simulator(seed=hostile()) as simulator:
        catalog = discover(simulator)
        known = {"name": name("Before"), "type": "string", "property": name("before")}
        bookmark = {"database_id": "db0000000001", "table_id": "A", "table": name("Old"), "fields": {"A": known}}
        for file, content in (("catalog", catalog), ("state", {"bookmarks": {name("gone"): bookmark}})):
            (tmp_path / file).write_text(json.dumps(content), encoding="utf-8")
        files = ["--catalog", str(tmp_path / "catalog"), "--state", str(tmp_path / "state")]
        assert_safe(told(tap_main, *files, **connection(simulator)), shows=True)


STREAM = name("Customers")
ROW = {name("Name"): name("x"), name("Amount"): name("no number"), name("State"): name("closed"), name("more"): 1}
COLUMNS = {key: {"type": ["string", "integer", "null"]} for key in ROW}
INPUTS = {
    "a stream": [schema(STREAM, [name("Name")], **COLUMNS), *records(STREAM, [ROW])],
    "no such table": [schema(name("x"), [], a="string"), *records(name("x"), [{"a": "1"}])],
    "no schema": records(STREAM, [ROW]),
    "no such message": [{"type": name("RECORDS"), "stream": STREAM}],
}


@pytest.mark.parametrize("more", [{}, {"dry_run": True}, {"streams": {name("x"): {"table": name("y")}}}])
@pytest.mark.parametrize("kind", INPUTS)
def test_the_target_forges_nothing(told, kind, more):
    with Simulator(seed=hostile()) as simulator:
        settings = {**connection(simulator), "database": "db0000000001", **more}
        seen = told(target_main, messages=INPUTS[kind], **settings)
        assert_safe(seen, shows=kind != "no such message")


@pytest.mark.parametrize("kind", INPUTS)
def test_suggestions_forge_nothing(told, kind):
    with Simulator(seed=hostile()) as simulator:
        seen = told(tools_main, "suggest", messages=INPUTS[kind], **connection(simulator), database="db0000000001")
    assert_safe(seen, shows="x1b" in seen)
    assert seen


class Attacker(BaseHTTPRequestHandler):
    """Answers everything with an error that attacks in its message, or in its Content-Type."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"message": ATTACK}).encode()
        status = 500 if self.server.in_body else 200
        self.send_response(status, "\x1b[2J")
        self.send_header("Content-Type", "application/json" if self.server.in_body else "text/html\x1b[2J\x07")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.server.in_body else body[:-1] + b"!")

    do_POST = do_GET  # noqa: N815 (that is what http.server calls)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("in_body", [True, False], ids=["message", "Content-Type"])
@pytest.mark.parametrize("main", [tap_main, target_main], ids=["tap", "target"])
def test_a_server_that_attacks_in_its_answers_forges_nothing(told, main, in_body):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Attacker)
    server.in_body = in_body
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings = {"api_url": f"http://127.0.0.1:{server.server_port}/v1", "auth_token": "k"}
    more = {"database": "Shop"} if main is target_main else {}
    try:
        seen = told(main, messages=INPUTS["a stream"], **settings, **more)
    finally:
        server.shutdown()
        server.server_close()
    assert_safe(seen, shows="x1b" in seen)
