"""Ids that a save is answered with: in another order, twice, of other records, or alone. Nothing later goes astray."""

from __future__ import annotations

import base64

import pytest

from tests.helpers import limits
from tests.helpers.run import records, run_target, schema, state, stored
from tests.helpers.seeds import customer_records, customers, database, field, table, team
from tests.helpers.wire import calls

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number", Note="string", Photo="string")
ORDERS = schema("orders", key=["No"], No="string", Customer="string")
STREAMS = {"orders": {"references": {"Customer": "Name"}}, "customers": {"fields": {"Photo": "Photo"}}}
SAVES = {"method": "POST", "path": "/records$"}
HOW = {
    "in order": ({}, None),
    "in reverse": ({}, "reverse"),
    "the same id for all": ({}, "same_id"),
    "ids that existed before": ({}, "old_ids"),
    "ids alone": ({"save_answer": "ids"}, None),
    "ids alone, in reverse": ({"save_answer": "ids"}, "reverse"),
    "ids alone, the same for all": ({"save_answer": "ids"}, "same_id"),
    "ids alone that existed before": ({"save_answer": "ids"}, "old_ids"),
}


def shop(**more):
    tables = {
        "A": {**customers(C=field("string", "Note"), D=field("file", "Photo")), **more},
        "B": table("Orders", A=field("string", "No"), B=field("ref", "Customer", refTypeId="A")),
    }
    return team(database(tables, {"A": customer_records(5)}))


def answering(simulate, how, *, times=None, **more):
    switches, fault = HOW[how]
    simulator = simulate(shop(**more), **switches)
    if fault:
        simulator.faults.add(fault, times=times, **SAVES)
    return simulator


def rows(*numbers, **more):
    return records("customers", [{"Name": f"name {n}", **more} for n in numbers])


@pytest.mark.parametrize("how", HOW)
def test_a_later_row_changes_the_record_of_its_key(simulate, how):
    simulator = answering(simulate, how, times=1)
    given = rows(11, 12, 13, 14, Amount=1) + [row for n in (11, 12, 13, 14) for row in rows(n, Note=f"of {n}")]
    with limits.small_batches(4):
        run = run_target(simulator, [CUSTOMERS, *given, state({"a": 1})])
    assert run.error is None
    made = [fields for number, fields in stored(simulator).items() if number > 5]
    assert made == [{"A": f"name {n}", "B": 1, "C": f"of {n}"} for n in (11, 12, 13, 14)]
    assert list(stored(simulator).values())[:5] == [{"A": f"name {n}", "B": n * 10} for n in range(1, 6)]
    assert run.counts("customers")["created"] == 4


@pytest.mark.parametrize("how", HOW)
def test_a_link_leads_to_the_record_of_its_key(simulate, how):
    simulator = answering(simulate, how)
    orders = records("orders", [{"No": f"o{n}", "Customer": f"name {n}"} for n in (13, 11, 12)])
    run = run_target(simulator, [CUSTOMERS, *rows(11, 12, 13), ORDERS, *orders], streams=STREAMS)
    assert run.error is None
    names = {number: fields["A"] for number, fields in stored(simulator).items()}
    linked = {fields["A"]: names[fields["B"]] for fields in stored(simulator, "B").values()}
    assert linked == {"o11": "name 11", "o12": "name 12", "o13": "name 13"}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("key", [["Name"], []], ids=["by key", "without a key"])
def test_a_file_lands_on_the_record_of_its_row(simulate, how, key):
    if not key and "same" in how:
        return  # one record for each request: there is no other that could be meant
    simulator = answering(simulate, how)
    photos = [
        {"Name": f"name {n}", "Photo": f"data:text/plain;name={n}.txt;base64,{base64.b64encode(b'%d' % n).decode()}"}
        for n in (11, 12, 13)
    ]
    settings = {"streams": STREAMS} if key else {"streams": {"customers": {**STREAMS["customers"], "mode": "insert"}}}
    described = {**CUSTOMERS, "key_properties": key}
    if not key and "existed" in how:
        run = run_target(simulator, [described, *records("customers", photos)], **settings)
        assert "without a key it is not known" in str(run.error)
        return
    run = run_target(simulator, [described, *records("customers", photos)], **settings)
    assert run.error is None
    new = {number: fields["A"] for number, fields in stored(simulator).items() if number > 5}
    uploads = [call.path.split("/")[-2] for call in calls(simulator) if call.path.endswith("/files")]
    shown = {number: fields["D"] for number, fields in stored(simulator).items() if "D" in fields}
    assert sorted(map(int, {*uploads})) == sorted(new)
    assert shown == {number: f"{name.removeprefix('name ')}.txt" for number, name in new.items()}


@pytest.mark.parametrize("how", HOW)
def test_a_mirror_deletes_none_of_the_records_that_it_has_made(simulate, how):
    simulator = answering(simulate, how)
    end = state({"currently_syncing": None})
    run = run_target(simulator, [CUSTOMERS, *rows(1, 2, 11, 12, 13), end], streams={"*": {"mode": "mirror"}})
    assert run.error is None
    assert [fields["A"] for fields in stored(simulator).values()] == [f"name {n}" for n in (1, 2, 11, 12, 13)]


def test_ids_alone_cost_a_call_only_where_a_later_row_depends_on_them(simulate):
    simulator = simulate(shop(), save_answer="ids")
    run_target(simulator, [CUSTOMERS, *rows(*range(11, 211))])
    reads_behind = [call for call in calls(simulator)[calls(simulator).index(first_save(simulator)) :]
                    if call.method == "GET"]  # fmt: skip
    assert reads_behind == []


def first_save(simulator):
    return next(call for call in calls(simulator) if call.method == "POST")


@pytest.mark.parametrize("mode", ["upsert", "mirror"])
@pytest.mark.parametrize("how", ["in order", "ids alone"])
def test_a_script_that_changes_the_key_of_what_is_created_ends_the_stream_with_its_first_request(simulate, how, mode):
    """What was sent is not what is there: each run would create all of them again, and a mirror delete the others."""
    simulator = answering(simulate, how, afterCreate='Name := "x" + Name')
    other = [ORDERS, *records("orders", [{"No": "o"}]), state({"at": 1})]
    streams = {**STREAMS, "customers": {**STREAMS["customers"], "mode": mode}}
    run = run_target(simulator, [CUSTOMERS, *rows(*range(1, 2000), Amount=1), *other], streams=streams)
    assert "customers: record 6 of table 'Customers' does not hold in 'Name' the key that was sent" in str(run.error)
    assert (len(stored(simulator)), len(stored(simulator, "B")), run.states) == (105, 1, [])


def test_a_script_that_changes_few_keys_ends_the_stream_where_an_answer_shows_it(simulate):
    """Also of a record that is changed. The first ones, which are read back, are as they were sent."""
    script = 'if Name = "name 150" or Name = "name 3" then Name := "x" end'
    for changed, kept in ((range(1, 6), 5), (range(6, 1000), 305)):
        simulator = answering(simulate, "in order", afterCreate=script, afterUpdate=script)
        run = run_target(simulator, [CUSTOMERS, *rows(*changed, Amount=1), state({"at": 1})], streams=STREAMS)
        assert "does not hold in 'Name' the key that was sent" in str(run.error)
        assert (len(stored(simulator)), run.states) == (kept, [])
