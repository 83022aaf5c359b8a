"""Faults as they look on the wire, set by the library, by the command and over `/_simulator/`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from ninox_simulator.faults import BOUNDS, KINDS, Faults, parse
from ninox_simulator.remote import running

LIST = "/tables/A/records"


def lost(api, method="GET", path=LIST, **options):
    """Make a request whose answer never arrives whole."""
    with pytest.raises(requests.exceptions.RequestException) as caught:
        api.call(method, path, **options)
    return caught.value


def set_fault(api, kind, **conditions):
    api.simulator.faults.add(kind, **conditions)


def test_every_kind_is_tested_here():
    text = Path(__file__).read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f'"{kind}"' not in text] == [], "each kind needs a test in this file that sets it"


def test_a_status_with_retry_after_in_both_forms(api):
    set_fault(api, "status", status=429, retry_after=7)
    set_fault(api, "status", status=503, retry_after="date:60", after=1)
    set_fault(api, "status", status=429, after=2)
    answers = [api.get(LIST) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 503, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[1].headers["Retry-After"].endswith(" GMT")
    assert "Retry-After" not in answers[2].headers


@pytest.mark.parametrize(("kind", "created"), [("drop_before", 0), ("drop_after", 1)])
def test_a_connection_dropped_before_or_after_the_commit(api, kind, created):
    before = len(api.store.tables["A"].records)
    set_fault(api, kind, method="POST")
    lost(api, "POST", json={"fields": {"Name": "Cy"}})
    assert len(api.store.tables["A"].records) == before + created


def test_an_error_after_the_commit(api):
    before = len(api.store.tables["A"].records)
    set_fault(api, "status_after", status=502)
    assert api.call("POST", LIST, json={"fields": {"Name": "Cy"}}).status_code == 502
    assert len(api.store.tables["A"].records) == before + 1


@pytest.mark.parametrize(("kind", "created"), [("login_page", 0), ("html", 1)])
def test_a_page_before_or_after_the_commit(api, kind, created):
    before = len(api.store.tables["A"].records)
    set_fault(api, kind, method="POST")
    answer = api.call("POST", LIST, json={"fields": {"Name": "Cy"}})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert len(api.store.tables["A"].records) == before + created


@pytest.mark.parametrize("size", [None, 0, 7])
def test_a_body_cut_with_the_whole_length_announced(api, size):
    set_fault(api, "cut", bytes=size)
    lost(api)


@pytest.mark.parametrize(("size", "sent"), [(7, 7), (0, 0), (None, None)])
def test_a_body_cut_with_its_own_length(api, size, sent):
    whole = api.get(LIST).content
    set_fault(api, "truncate", bytes=size)
    answer = api.get(LIST)
    assert answer.status_code == 200
    assert answer.content == whole[: len(whole) // 2 if sent is None else sent]


@pytest.mark.parametrize(
    ("kind", "content_type", "start"),
    [
        ("malformed", "application/json", "[{"),
        ("html", "text/html", "<html"),
        ("wrong_shape", "application/json", '{"m'),
    ],
)
def test_an_answer_that_is_not_what_it_should_be(api, kind, content_type, start):
    set_fault(api, kind)
    answer = api.get(LIST)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(content_type)
    assert answer.text.startswith(start)


@pytest.mark.parametrize("kind", ["slow", "drip"])
def test_an_answer_that_takes_its_time_arrives_whole(api, kind):
    whole = api.get(LIST).content
    set_fault(api, kind, seconds=0.2)
    started = time.monotonic()
    assert api.get(LIST).content == whole
    assert time.monotonic() - started >= 0.2


def test_a_page_that_is_empty_by_mistake(api):
    set_fault(api, "empty_page")
    assert api.get(LIST).json() == []
    assert api.get(LIST).json() != []


def test_a_page_that_is_repeated(api):
    first = api.get(LIST, perPage=1, page=0).json()
    set_fault(api, "repeat_page")
    assert api.get(LIST, perPage=1, page=1).json() == first
    assert api.get(LIST, perPage=1, page=1).json() != first


def test_a_page_that_is_repeated_is_the_one_before_it_in_the_table_not_in_time(api):
    first, second = api.get(LIST, perPage=1).json(), api.get(LIST, perPage=1, sinceId=1).json()
    set_fault(api, "repeat_page", times=2)
    assert api.get(LIST, perPage=1).json() == first
    assert api.get(LIST, perPage=1, sinceId=1).json() == first != second


def test_an_upload_reset_in_the_middle_stores_nothing(api):
    set_fault(api, "reset_upload", method="POST", bytes=100_000)
    lost(api, "POST", f"{LIST}/1/files", files={"file": ("a.bin", b"x" * 20_000_000)})
    assert api.json(f"{LIST}/1/files") == []


def test_faults_of_downloads_look_the_same(api):
    api.call("POST", f"{LIST}/1/files", files={"file": ("a.bin", b"0123456789")})
    set_fault(api, "truncate", bytes=3)
    assert api.get(f"{LIST}/1/files/a.bin").content == b"012"
    set_fault(api, "cut", bytes=3)
    lost(api, path=f"{LIST}/1/files/a.bin")


def test_a_fault_strikes_only_where_and_as_often_as_it_is_told(api):
    set_fault(api, "status", path="/tables$", method="GET", times=2, after=1)
    assert [api.get("/tables").status_code for _ in range(4)] == [200, 503, 503, 200]
    assert api.get(LIST).status_code == 200


def test_each_bound_can_be_set_while_it_runs_and_is_a_number(api):
    """Those that docs/simulator.md names, since its table is made of them."""
    given = dict.fromkeys(BOUNDS, 7)
    told = api.control("POST", "faults", json=given).json()
    assert {name: told[name] for name in BOUNDS} == given
    for name in BOUNDS:
        refused = api.control("POST", "faults", json={**dict.fromkeys(BOUNDS, 8), name: "many"})
        assert (refused.status_code, name in refused.json()["message"]) == (400, True)
    told = api.control("GET", "faults").json()
    assert {name: told[name] for name in BOUNDS} == given
    api.simulator.faults.clear()
    assert api.control("POST", "faults", json={"body_limit": 3}).status_code == 200
    assert api.call("POST", LIST, json=[{"fields": {}}]).status_code == 413


def test_a_parallel_limit_and_latency(api):
    api.simulator.faults.configure({"parallel_limit": 0, "latency_s": 0.1})
    started = time.monotonic()
    assert api.get(LIST).status_code == 429
    assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("kind=cut", {"kind": "cut"}),
        (
            "kind=status,status=429,times=3,retry_after=5,path=/records$",
            {"kind": "status", "status": 429, "times": 3, "retry_after": "5", "path": "/records$"},
        ),
        ("kind=slow,seconds=0.5,method=GET", {"kind": "slow", "seconds": 0.5, "method": "GET"}),
    ],
)
def test_a_fault_in_words(text, rule):
    assert parse(text) == rule
    Faults().add(**parse(text))


@pytest.mark.parametrize("text", ["", "cut", "kind", "kind=cut,colour=red", "status=500", "kind=cut,bytes=many"])
def test_a_fault_that_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match=r"fault|int"):
        parse(text)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "nope"},
        {"kind": "cut", "bytes": "x"},
        {"kind": "cut", "colour": 1},
        {"kind": "status", "retry_after": [1]},
        {"kind": "slow", "seconds": "1"},
        {"kind": "status", "path": "("},
    ],
)
def test_a_wrong_rule_is_refused_by_name_and_not_added(api, body):
    assert api.control("POST", "faults", json=body).status_code == 400
    assert api.control("GET", "faults").json()["rules"] == []


def test_every_kind_can_be_set_while_it_runs(api):
    for kind in KINDS:
        assert api.control("POST", "faults", json={"kind": kind, "path": "/nowhere$"}).status_code == 200
    assert [rule["kind"] for rule in api.control("GET", "faults").json()["rules"]] == list(KINDS)


def test_the_command_sets_switches_and_faults_at_the_start_and_while_it_runs():
    headers = {"Authorization": "Bearer simulator-key"}
    with running("--switch=teams_endpoint=missing", "--fault=kind=status,status=418") as ninox:
        url = ninox.url
        answers = [requests.get(f"{url}/teams", headers=headers, timeout=10).status_code for _ in range(2)]
        assert answers == [418, 404]
        port = url.split(":")[2].split("/")[0]
        assert tell(port, "--switch=teams_endpoint=available", "--fault=kind=status,status=502") == (0, "")
        answers = [requests.get(f"{url}/teams", headers=headers, timeout=10).status_code for _ in range(2)]
        assert answers == [502, 200]
        code, error = tell(port, "--switch=teams_endpoint=purple")
        assert code == 2
        assert "teams_endpoint is one of available, missing" in error
    code, error = tell(port, "--switch=teams_endpoint=missing")
    assert code == 2
    assert error.startswith("ninox-simulator: ")


def tell(port, *arguments):
    command = [sys.executable, "-m", "ninox_simulator", "--running", "--port", port, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(("kind", "answered"), [("refuse_one", 3), ("lose_one", 2)])
def test_a_record_that_is_not_saved_behind_a_200(api, kind, answered):
    set_fault(api, kind)
    body = [{"fields": {"Name": name}} for name in "xyz"]
    answer = api.call("POST", LIST, json=body)
    assert answer.status_code == 200
    assert len(answer.json()) == answered
    assert ("_err" in answer.json()[1]) is (kind == "refuse_one")
    names = [record["fields"].get("Name") for record in api.get(LIST).json()]
    assert names[-2:] == ["x", "z"]


@pytest.mark.parametrize(("kind", "ids"), [("reverse", [7, 6, 5]), ("same_id", [5, 5, 5]), ("old_ids", [1, 2, 3])])
def test_a_save_that_is_answered_with_other_ids(api, kind, ids):
    set_fault(api, kind)
    answer = api.call("POST", LIST, json=[{"fields": {"Name": name}} for name in "xyz"])
    assert [record["id"] for record in answer.json()] == ids
    assert api.ids()[-3:] == [5, 6, 7]


@pytest.mark.parametrize(("kind", "left"), [("keep_one", [2]), ("keep_all", [1, 2, 4])])
def test_a_deletion_that_is_not_done_whole_behind_a_200(api, kind, left):
    set_fault(api, kind)
    answer = api.call("DELETE", LIST, json=[1, 2, 4])
    assert answer.status_code == 200
    assert ("_err" in answer.text) is (kind == "keep_all")
    assert api.ids() == left


def test_a_body_beyond_the_limit_is_answered_413_and_nothing_is_done(api):
    api.simulator.faults.configure({"body_limit": 40})
    before = api.ids()
    assert api.call("POST", LIST, json=[{"fields": {"Name": "x" * 40}}]).status_code == 413
    assert api.call("POST", LIST, json=[{"fields": {"Name": "x"}}]).status_code == 200
    assert len(api.ids()) == len(before) + 1
