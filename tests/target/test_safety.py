"""B9: look before you write; brakes; the script afterwards. And what never gets into a log."""

from __future__ import annotations

import logging

import pytest

from ninox_api.errors import NinoxConfigError
from tests.helpers import limits
from tests.helpers.run import activate_version, records, run_target, schema, state, stored, writes
from tests.helpers.seeds import database, field, shop, table, team
from tests.helpers.wire import calls

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")


def rows(numbers, *, amount=10):
    return records("customers", [{"Name": f"name {n}", "Amount": n * amount} for n in numbers])


def plan_input():
    """12 new rows, 30 changed ones, 58 that are as they were, 2 that cannot be written."""
    changed = [{"Name": f"name {n}", "Amount": -1} for n in range(1, 31)]
    bad = [{"Name": "x", "Amount": "many"}, {"Name": None, "Amount": 1}]
    return [CUSTOMERS, *records("customers", changed), *rows(range(31, 101)), *records("customers", bad)]


def test_a_dry_run_writes_nothing_and_counts_what_a_run_would(simulate, capsys):
    simulator = simulate(shop(88))
    dry = run_target(simulator, [*plan_input(), state({"a": 1})], dry_run=True)
    assert dry.counts("customers") == {"read": 102, "created": 12, "updated": 30, "unchanged": 58, "rejected": 2}
    assert writes(simulator) == []
    assert dry.states == []
    assert "nothing was written" in capsys.readouterr().err
    run = run_target(simulator, [*plan_input(), state({"a": 1})])
    assert run.counts("customers") == dry.counts("customers")


def test_a_dry_run_that_ends_before_its_first_row_shows_no_empty_plan(simulate, capsys):
    strangers = schema("strangers", key=["No"], No="string")
    assert isinstance(run_target(simulate(shop(1)), [strangers], dry_run=True).error, NinoxConfigError)
    assert "A run with the same input" not in capsys.readouterr().err
    run_target(simulate(shop(1)), [CUSTOMERS], dry_run=True)
    assert "A run with the same input" in capsys.readouterr().err


def test_a_dry_run_counts_links_circles_deletions_and_mirrors_as_a_run_does(simulate):
    tables = {
        "A": table("Parts", A=field("string", "No"), B=field("ref", "Whole", refTypeId="A")),
        "B": table("Gone", A=field("string", "No")),
    }
    settings = {
        "streams": {"parts": {"references": {"Whole": "No"}}, "gone": {"mode": "mirror"}},
        "hard_delete": True,
    }
    simulator = simulate(team(database(tables)))
    gone = schema("gone", key=["No"], No="string")
    run_target(simulator, [gone, *records("gone", [{"No": "1"}, {"No": "2"}])], streams={"gone": {"mode": "upsert"}})
    simulator.log.clear()
    parts = schema("parts", key=["No"], No="string", Whole="string", _sdc_deleted_at="string")
    given = [{"No": "a", "Whole": "b"}, {"No": "b", "Whole": "a"}, {"No": "c", "Whole": "none"}]
    given += [{"No": "d", "Whole": "a"}, {"No": "d", "_sdc_deleted_at": "2026-01-01T00:00:00Z"}]
    messages = [parts, *records("parts", given), gone]
    messages += [*records("gone", [{"No": "1"}], version=1), activate_version("gone")]
    dry = run_target(simulator, messages, dry_run=True, **settings)
    assert writes(simulator) == []
    run = run_target(simulator, messages, **settings)
    assert dry.counts("parts") == run.counts("parts")
    assert dry.counts("gone") == run.counts("gone") == {"read": 1, "unchanged": 1, "removed": 1}


def test_a_surprise_is_stopped_before_it_begins(simulate):
    simulator = simulate(shop(500))
    run = run_target(simulator, [CUSTOMERS, *rows(range(1, 501), amount=3), state({"a": 1})], max_updates=100)
    assert "max_updates" in str(run.error)
    assert "500 records" in str(run.error)
    assert writes(simulator) == []
    assert run.states == []


@limits.small_batches(50)
def test_limits_count_the_whole_run(simulate):
    simulator = simulate(shop(120))
    run = run_target(simulator, [CUSTOMERS, *rows(range(1, 121), amount=3)], max_updates=100)
    assert "max_updates" in str(run.error)
    assert sum(row["B"] == 3 * number for number, row in stored(simulator).items()) == 100


@limits.small_batches(4)
def test_a_dry_run_goes_on_beyond_a_limit_and_says_so_once(simulate, caplog):
    simulator = simulate(shop(20))
    run = run_target(simulator, [CUSTOMERS, *rows(range(1, 21), amount=3)], max_updates=5, dry_run=True)
    assert run.error is None
    assert run.counts("customers")["updated"] == 20
    assert caplog.text.count("In earnest it would stop here: max_updates") == 1


SECRET = "Mr Secret Customer"


def lines_that_fail():
    """What a customer's value could get into a message by."""
    good = records("customers", [{"Name": SECRET, "Amount": 1}])
    yield "half a line", b'{"type": "RECORD", "record": {"Name": "%s"' % SECRET.encode()
    yield "latin-1", f'{{"type": "RECORD", "x": "{SECRET} ü"}}'.encode("latin-1")
    yield "no type", [{"record": SECRET}]
    yield "no stream", [{"type": "RECORD", "record": {"Name": SECRET}}]
    yield "no record", [{"type": "RECORD", "stream": "customers", "x": SECRET}]
    yield "no value", [{"type": "STATE", "x": SECRET}]
    yield "unknown type", [{"type": SECRET}]
    yield "unknown stream", records("none", [{"Name": SECRET}])
    yield "no key", records("customers", [{"Amount": SECRET}])
    yield "bad value", records("customers", [{"Name": "x", "Amount": SECRET}])
    yield "refused", good
    yield "a list", [[SECRET]]


@pytest.mark.parametrize(
    ("name", "given"), list(lines_that_fail()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_no_value_of_a_customer_gets_into_a_log_or_an_error(simulate, caplog, capsys, name, given):
    caplog.set_level(logging.DEBUG)
    simulator = simulate(shop(0))
    if name == "refused":
        simulator.faults.add(kind="status", status=500, times=None, method="POST")
    messages = [CUSTOMERS, given] if isinstance(given, bytes) else [CUSTOMERS, *given]
    run = run_target(simulator, messages)
    assert run.error is not None
    said = [str(run.error), repr(run.error.__cause__), caplog.text, *capsys.readouterr()]
    assert not [text for text in said if SECRET in text or simulator.token in text]
    assert stored(simulator) == {}
    assert calls(simulator)


def test_a_message_that_cannot_be_read_is_told_by_its_line(simulate):
    run = run_target(simulate(shop(0)), [CUSTOMERS, b"{", *rows([1])])
    assert str(run.error).startswith("Line 2 of the input is no Singer message: it has ")
