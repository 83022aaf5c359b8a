"""Switches that shape records, and the controls beside the API."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import ninox_simulator
from ninox_simulator.switches import SWITCHES


def test_every_switch_has_a_row_and_an_if():
    sources = [path.read_text(encoding="utf-8") for path in Path(ninox_simulator.__file__).parent.rglob("*.py")]
    asked = {name for source in sources for name in re.findall(r'witches\["(\w+)"\]', source)}
    assert asked - SWITCHES.keys() == set(), "a row in ninox_simulator/switches.py"
    assert SWITCHES.keys() - asked == set(), "an `if` where the simulator answers"


@pytest.mark.parametrize(
    ("switch", "value", "query", "check"),
    [
        ("empty_fields", "blank", {}, lambda fields: fields["Notes"] == ""),
        ("multi", "object", {}, lambda fields: fields["Tags"] == {"Blue": True}),
        ("multi", "text", {}, lambda fields: fields["Tags"] == "Blue"),
        ("rev", "array", {}, lambda fields: fields["Orders"] == [1]),
        ("ids_parameter", "ignored", {"ids": "true"}, lambda fields: "Name" in fields),
        ("choice_style", "ignored", {"choiceStyle": "ids"}, lambda fields: fields["State"] == "Open"),
    ],
)
def test_a_switch_changes_how_a_record_reads(api, switch, value, query, check):
    assert not check({"Notes": None, "Orders": None, **api.json("/tables/A/records/1", **query)["fields"]})
    api.control("POST", "switches", json={switch: value})
    assert check(api.json("/tables/A/records/1", **query)["fields"])


def test_a_reference_reads_as_a_number_or_an_array(api):
    assert api.json("/tables/B/records/1")["fields"]["Customer"] == 1
    api.simulator.switches.update({"ref": "array"})
    assert api.json("/tables/B/records/1")["fields"]["Customer"] == [1]


def test_a_switch_turned_while_pages_are_kept_ready_still_works(api):
    wanted = {"ids": "true", "choiceStyle": "ids"}
    assert "sequence" in api.json("/tables/A/records", **wanted)[0]
    api.simulator.switches.update({"sequence_field": "absent"})
    assert "sequence" not in api.json("/tables/A/records", **wanted)[0]
    api.simulator.switches.update({"sequence_field": "present"})
    assert "sequence" in api.json("/tables/A/records", **wanted)[0]


@pytest.mark.parametrize(
    ("switches", "query", "ids"),
    [
        ({"records_since_id": "ignored"}, {"sinceId": 2}, [1, 2, 4]),
        ({"since_id_bound": "inclusive"}, {"sinceId": 2}, [2, 4]),
        ({"records_since_sq": "ignored"}, {"sinceSq": 4}, [1, 2, 4]),
        ({"since_sq_bound": "inclusive"}, {"sinceSq": 3}, [1, 2]),
        ({"default_order": "sequence"}, {}, [4, 2, 1]),
        ({"default_order": "shuffled"}, {}, [4, 1, 2]),
        ({"updated_order": "ignored"}, {"new": "true"}, [1, 2, 4]),
        ({"order": "ignored"}, {"order": "Name", "desc": "true"}, [1, 2, 4]),
        ({"repeat_last_page": "yes"}, {"perPage": 2, "page": 7}, [4]),
    ],
    ids=lambda value: "".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_a_switch_changes_which_records_come(api, switches, query, ids):
    assert api.ids(**query) != ids
    api.simulator.switches.update(switches)
    assert api.ids(**query) == ids


def test_pages_can_be_capped(api):
    for _ in range(150):
        api.store.create("A", {})
    assert len(api.ids(perPage=1000)) == 153
    api.simulator.switches.update({"per_page_cap": "100"})
    assert len(api.ids(perPage=1000)) == 100


def test_a_server_may_hear_neither_page_nor_per_page(api):
    for _ in range(150):
        api.store.create("A", {})
    api.simulator.switches.update({"per_page": "ignored"})
    assert len(api.ids(perPage=1000)) == 100
    api.simulator.switches.update({"per_page": "honoured", "records_page": "ignored"})
    assert api.ids(page=1, perPage=10) == api.ids(page=0, perPage=10)


@pytest.mark.parametrize(("form", "start"), [("json", '{"message"'), ("text", "Unauthorized"), ("html", "<html>")])
def test_the_form_of_error_bodies(api, form, start):
    api.simulator.switches.update({"error_bodies": form})
    assert api.call("GET", "/tables", headers={"Authorization": "x"}).text.startswith(start)


def test_schemas_can_be_forbidden(api):
    api.simulator.switches.update({"schema_access": "tables_only"})
    assert [api.get(path).status_code for path in ("", "/schema", "/tables")] == [403, 403, 200]
    api.simulator.switches.update({"schema_access": "forbidden"})
    assert [api.get(path).status_code for path in ("/tables", "/tables/A/records")] == [403, 200]


def test_switches_are_listed_with_meaning_values_and_fact(api):
    listed = api.control("GET", "switches").json()
    assert [switch["name"] for switch in listed] == list(SWITCHES)
    assert all(switch["meaning"] and switch["fact"] and len(switch["values"]) > 1 for switch in listed)


def test_a_switch_that_does_not_exist_is_refused_and_none_is_set(api):
    answer = api.control("POST", "switches", json={"removes": "objects", "nope": "1"})
    assert answer.status_code == 400
    assert "nope" in answer.json()["message"]
    assert api.simulator.switches["removes"] == "strings"


def test_the_log_counts_api_requests_and_holds_no_key(api):
    api.ids(sinceId=1)
    log = api.control("GET", "log").json()
    assert log["count"] == 1
    assert log["entries"][0]["query"] == {"sinceId": "1"}
    assert api.simulator.token not in str(log)
    api.control("DELETE", "log")
    assert api.control("GET", "log").json()["count"] == 0


def test_faults_can_be_set_while_it_runs(api):
    api.control("POST", "faults", json={"kind": "status", "status": 503, "path": "records$", "after": 1})
    assert [api.get("/tables/A/records").status_code for _ in range(3)] == [200, 503, 200]
    assert api.control("POST", "faults", json={"kind": "nope"}).status_code == 400


def test_a_quota_of_calls_ends_in_429(api):
    api.control("POST", "faults", json={"quota": 2})
    assert [api.get("/tables").status_code for _ in range(3)] == [200, 200, 429]


def test_reset_brings_the_seed_back(api):
    api.store.delete("A", 1)
    api.control("POST", "reset", json={})
    assert api.ids() == [1, 2, 4]


def test_records_can_be_read_in_stored_form(api):
    rows = api.control("GET", "records?database=Shop&table=Customers").json()
    assert rows[0]["D"] == ["2"]


@pytest.mark.e2e
def test_the_command_prints_its_address_first_and_stops_on_a_signal():
    command = [sys.executable, "-m", "ninox_simulator", "--port", "0", "--seed", "empty"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.terminate()
        assert process.wait(timeout=10) in {0, -15}


@pytest.mark.e2e
@pytest.mark.parametrize("arguments", [["--seed", "nope"], ["--switch", "a=b"], ["--switch", "removes"]])
def test_a_wrong_argument_is_one_line_and_exit_code_2(arguments):
    command = [sys.executable, "-m", "ninox_simulator", "--port", "0", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_values_read_as_they_are_stored(api):
    forms = {"booleans": "numbers", "dates": "milliseconds", "dynamic_choices": "stored"}
    definition = api.store.tables["A"].definition["fields"]
    for key, base in (("M", "boolean"), ("N", "date"), ("O", "dmulti"), ("P", "dchoice")):
        definition[key] = {"base": base, "caption": base}
    api.store.update("A", 1, {"M": True, "N": "1970-01-02", "O": [1, 4]})
    api.control("POST", "switches", json=forms)
    fields = api.json("/tables/A/records/1")["fields"]
    assert (fields["boolean"], fields["date"], fields["dmulti"], fields["dchoice"]) == (1, 86_400_000, "12", 0)


def test_without_its_server_library_the_command_says_what_to_install():
    script = (
        "import sys; sys.modules['starlette'] = None; from ninox_simulator.__main__ import main; sys.exit(main([]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == (
        "ninox-simulator: the server library is missing; run pip install '.[simulator]' in a clone of singer-ninox\n"
    )
    assert done.returncode == 2
