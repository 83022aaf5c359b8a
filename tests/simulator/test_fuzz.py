"""Nothing that is sent takes the simulator down, makes it fail in an unforeseen way, or leads out of its store."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ninox_simulator.server import Simulator
from tests.simulator.conftest import Caller, office

NASTY = [
    "",
    ".",
    "..",
    "../..",
    "/",
    "%00",
    "\x00",
    "A",
    "B",
    "1",
    "-1",
    "1e9",
    "9" * 30,
    "null",
    "tables",
    "é",
    "🌱",
    "'",
    '"',
]
WORDS = st.sampled_from([*NASTY, "records", "record", "files", "changes", "query", "exec", "schema", "metadata"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(NASTY),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["fields", "filters", "id", "_id", "_upsert", "query", "A", "B", "Name", "State", ""]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        ["page", "perPage", "sinceId", "sinceSq", "order", "desc", "new", "filters", "ids", "style", "query"]
    ),
    st.sampled_from(
        ["0", "1", "-1", "1" * 25, "x", "true", "{}", "[]", '{"A": 1}', '{"fields": {"B": null}}', "A", "²"]
    ),
    max_size=4,
)
BODIES = JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=30)
ROOMY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def running():
    with Simulator(seed=office()) as simulator:
        yield Caller(simulator)


def check(answer):
    """An answer that the simulator meant: JSON or a file; never the server library's own page for a crash."""
    assert answer.status_code < 600
    assert answer.text != "Internal Server Error", answer.request.url


@ROOMY
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "NONSENSE"]),
    rest=st.lists(WORDS, max_size=5),
    query=PARAMETERS,
    body=BODIES,
)
def test_any_request_is_answered(running, method, rest, query, body):
    path = "".join("/" + quote(word, safe="") for word in rest)
    check(running.call(method, path, params=query, data=body))


PLACES = [
    ("POST", "/tables/A/records"),
    ("POST", "/tables/B/records"),
    ("PUT", "/tables/A/records/1"),
    ("DELETE", "/tables/B/records"),
    ("POST", "/tables/A/record"),
    ("POST", "/query"),
    ("POST", "/exec"),
]


@ROOMY
@given(place=st.sampled_from(PLACES), body=BODIES)
def test_any_body_is_answered(running, place, body):
    check(running.call(*place, data=body))


@ROOMY
@given(
    body=JSON.map(lambda value: json.dumps(value).encode()),
    name=st.sampled_from(["switches", "faults", "log", "x"]),
)
def test_any_control_is_answered(running, body, name):
    check(running.control("POST", name, data=body))
    running.simulator.faults.clear()


HUGE = {
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "long array": b"[" + b"1," * 500_000 + b"1]",
    "long text": b'"' + b"x" * 5_000_000 + b'"',
    "not UTF-8": b"\xff\xfe",
    "huge number": b"1" * 5000,
}


@pytest.mark.parametrize("kind", HUGE)
@pytest.mark.parametrize("path", ["/tables/A/records", "/query", "/tables/A/record"])
def test_huge_and_deep_bodies_are_answered(running, kind, path):
    check(running.call("POST", path, data=HUGE[kind]))
    assert running.get("/tables").status_code == 200


@ROOMY
@given(name=st.text(min_size=1, max_size=40) | st.sampled_from(["../../../x", "/etc/passwd", "..\\x", "a/../../b"]))
def test_no_file_name_leads_out_of_the_store(running, name):
    before = set(Path(__file__).parent.iterdir())
    check(running.call("POST", "/tables/A/records/1/files", files={"file": (name, b"x")}))
    folder = Path(running.store.files.path(next(iter(running.store.files._of("A", 1).values())))).parent
    assert {path.parent for path in folder.rglob("*")} <= {folder}
    assert set(Path(__file__).parent.iterdir()) == before


NO_HTTP = {
    "nothing": b"",
    "blank lines": b"\r\n\r\n",
    "no path": b"GET\r\n\r\n",
    "unknown version": b"GET / HTTP/9.9\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02",
    "negative length": b"GET /v1/teams HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "bad chunk": b"POST /v1/teams HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("kind", NO_HTTP)
def test_what_is_no_http_does_not_disturb_others(running, kind):
    with socket.create_connection(("127.0.0.1", running.simulator.port), timeout=60) as connection:
        connection.sendall(NO_HTTP[kind])
    assert running.get("/tables").status_code == 200
