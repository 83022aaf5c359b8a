"""Two runs at once, or a person who types: keys that come to be there twice are noticed, with both ids."""

from __future__ import annotations

import re

import pytest

from tests.helpers.run import records, run_target, schema, state, stored
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, shop

CUSTOMERS = schema("customers", key=["Name"], Name="string")


def rows(first, last):
    return [CUSTOMERS, *records("customers", [{"Name": f"name {number}"} for number in range(first, last + 1)])]


def type_before_batch(simulator, number, names):
    """Let somebody else create records right before a batch of this run arrives."""
    seen = []

    def hook(_index, method, path):
        if method == "POST" and path.endswith("/records"):
            seen.append(path)
            if len(seen) == number:
                database = simulator.store.database(TEAM_ID, DATABASE_ID)
                for name in names:
                    database.create("A", {"A": name})

    simulator.on_request.append(hook)


def pairs(error):
    return [(int(ours), int(other)) for ours, other in re.findall(r"(\d+) and (\d+)(?=[,.])", str(error))]


@pytest.mark.parametrize(
    ("batch", "kept", "switches"),
    [
        *((1, 0, {}), (2, 4, {}), (3, 1500, {}), (1, 1500, {"save_answer": "ids"})),
        *((2, 4, {"records_since_id": "ignored"}), (2, 4, {"default_order": "shuffled"})),
    ],
)
def test_keys_that_somebody_else_creates_meanwhile_are_named_with_both_ids(simulate, batch, kept, switches):
    simulator = simulate(shop(kept), **switches)
    type_before_batch(simulator, batch, ["name 5001", "name 5250"])
    run = run_target(simulator, rows(5001, 5300), batch_size_rows=100)
    assert run.error is not None
    names = {record_id: fields["A"] for record_id, fields in stored(simulator).items()}
    found = pairs(run.error)
    assert len(found) == 2
    assert [names[ours] for ours, _ in found] == [names[other] for _, other in found]
    assert sorted(names[ours] for ours, _ in found) == ["name 5001", "name 5250"]
    assert run.report["streams"]["customers"]["created"] == 300


def test_another_run_with_the_same_rows_is_noticed(simulate):
    simulator = simulate(shop(4))
    type_before_batch(simulator, 1, [f"name {number}" for number in range(5001, 5301)])
    run = run_target(simulator, rows(5001, 5300))
    assert "305 and 5, 306 and 6," in str(run.error)
    assert str(run.error).startswith(
        "customers: while this run was under way, somebody else created records in table 'Customers' with the keys of "
        "records that it created, too, or Ninox did so at a request that it answered with an error. These ids are "
        "pairs: "
    )
    assert str(run.error).endswith(
        "and 290 more. Delete one of each pair in Ninox, and let one run at a time write into a table."
    )
    again = run_target(simulator, rows(5001, 5300))
    assert again.counts("customers") == {"read": 300, "rejected": 300}


def test_other_records_that_somebody_creates_meanwhile_are_no_error(simulate):
    simulator = simulate(shop(4))
    type_before_batch(simulator, 2, ["somebody", "else"])
    assert run_target(simulator, rows(5001, 5300)).error is None


def test_few_keys_that_were_looked_up_in_a_large_table_are_noticed_too(simulate):
    simulator = simulate(shop(5000))
    type_before_batch(simulator, 1, ["name 5001"])
    run = run_target(simulator, rows(5001, 5002), page_size_of_target=1000)
    assert pairs(run.error) == [(5002, 5001)]


@pytest.mark.parametrize(("count", "is_denied"), [(3, False), (3, True), (6, False)])
def test_records_of_others_are_found_in_whatever_order_they_are_listed(simulate, count, is_denied):
    """One by one where they are few, if the server hands out single records, else by reading."""
    simulator = simulate(shop(2), default_order="shuffled")
    if is_denied:
        simulator.faults.add(kind="status", status=404, path=r"/records/\d+$", times=None)
    type_before_batch(simulator, 1, [f"name {number}" for number in range(5001, 5001 + count)])
    run = run_target(simulator, rows(5001, 5006), page_size_of_target=3)
    assert pairs(run.error) == [(number + count, number) for number in range(3, 3 + count)]


@pytest.mark.parametrize("answer", ["records", "ids"])
def test_who_is_alone_makes_no_call_for_it(simulate, answer):
    simulator = simulate(shop(4), save_answer=answer)
    assert run_target(simulator, rows(5001, 5300)).error is None
    methods = [call.method for call in simulator.log.entries]
    assert methods[methods.index("POST") :] == ["POST"] * 2


@pytest.mark.parametrize("page", [10, 1000], ids=["keys are looked up", "the table is read"])
@pytest.mark.parametrize("name", ["name 5001", "somebody's"])
def test_a_mirror_deletes_nothing_that_somebody_else_creates_meanwhile(simulate, page, name):
    simulator = simulate(shop(60))
    type_before_batch(simulator, 1, [name])
    given = [
        CUSTOMERS,
        *records("customers", [{"Name": "name 1"}, {"Name": "name 5001"}]),
        state({"currently_syncing": None}),
    ]
    run = run_target(
        simulator, given, page_size_of_target=page, max_deletes=100, streams={"customers": {"mode": "mirror"}}
    )
    assert list(stored(simulator)) == [1, 61, 62]
    assert pairs(run.error) == ([(62, 61)] if name == "name 5001" else [])


@pytest.mark.parametrize("switches", [{"updated_order": "ignored"}, {"default_order": "shuffled"}], ids=str)
def test_a_mirror_deletes_what_was_there_before_on_a_server_that_sorts_nothing(simulate, switches):
    simulator = simulate(shop(60), **switches)
    given = [
        CUSTOMERS,
        *records("customers", [{"Name": "name 1"}, {"Name": "name 5001"}]),
        state({"currently_syncing": None}),
    ]
    run_target(simulator, given, page_size_of_target=10, max_deletes=100, streams={"customers": {"mode": "mirror"}})
    assert list(stored(simulator)) == [1, 61]
