"""B4: links by a key of the other table, whatever comes first; circles, and what is missing."""

from __future__ import annotations

import json
from itertools import chain

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import of_tap, records, run_target, schema, state, stored, writes
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, database, field, table, team

ORDERS = schema("orders", key=["No"], No="string", Customer="string", Parent="string")
CUSTOMERS = schema("customers", key=["Shop ID"], **{"Shop ID": "string", "Name": "string"})
LINES = schema("lines", key=["No"], No="string", Order="string", Pieces="number")

REFERENCES = {
    "orders": {"references": {"Customer": "Shop ID", "Parent": "No"}},
    "lines": {"references": {"Order": "No"}},
}


def shop():
    tables = {
        "A": table("Customers", A=field("string", "Shop ID"), B=field("string", "Name")),
        "B": table(
            "Orders",
            A=field("string", "No"),
            B=field("ref", "Customer", refTypeId="A"),
            C=field("ref", "Parent", refTypeId="B"),
        ),
        "C": table(
            "Lines", A=field("string", "No"), B=field("ref", "Order", refTypeId="B"), C=field("number", "Pieces")
        ),
    }
    return team(database(tables))


def lines(count):
    return records("lines", [{"No": f"L{n}", "Order": f"O{n % 40}", "Pieces": n} for n in range(count)])


def orders(count):
    return records("orders", [{"No": f"O{n}", "Customer": f"C{n % 7}"} for n in range(count)])


def customers(count):
    return records("customers", [{"Shop ID": f"C{n}", "Name": f"name {n}"} for n in range(count)])


def linked(simulator, table_id, field_id, other):
    """Own number → number of the linked record."""
    others = {record_id: row["A"] for record_id, row in stored(simulator, other).items()}
    return {row["A"]: others[row[field_id]] for row in stored(simulator, table_id).values() if field_id in row}


@pytest.mark.parametrize("order", ["lines first", "customers first"])
def test_orders_with_lines_and_customers(simulate, order):
    simulator = simulate(shop())
    parts = [[LINES, *lines(200)], [ORDERS, *orders(40)], [CUSTOMERS, *customers(7)]]
    messages = [*chain(*(parts if order == "lines first" else reversed(parts)))]
    run = run_target(simulator, [*messages, state({"a": 1})], streams=REFERENCES)
    assert run.error is None
    assert linked(simulator, "C", "B", "B") == {f"L{n}": f"O{n % 40}" for n in range(200)}
    assert linked(simulator, "B", "B", "A") == {f"O{n}": f"C{n % 7}" for n in range(40)}
    assert len(writes(simulator)) == 4, "no row was written twice"
    assert run.counts("lines") == {"read": 200, "created": 200}
    assert run.states == [{"a": 1}]
    simulator.log.clear()
    assert run_target(simulator, [*messages, state({"a": 1})], streams=REFERENCES).error is None
    assert writes(simulator) == []


def test_a_row_whose_linked_record_never_comes_is_rejected_with_the_key(simulate, tmp_path):
    simulator = simulate(shop())
    path = tmp_path / "rejects.jsonl"
    given = records("lines", [{"No": "L1", "Order": "O1"}, {"No": "L2", "Order": "O-gone"}])
    messages = [LINES, *given, state({"a": 1}), ORDERS, *records("orders", [{"No": "O1"}]), state({"a": 2})]
    run = run_target(simulator, messages, streams=REFERENCES, rejects_path=str(path))
    assert [row["A"] for row in stored(simulator, "C").values()] == ["L1"]
    reject = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
    assert (reject["stream"], reject["row"], reject["property"], reject["code"]) == (
        "lines",
        2,
        "Order",
        "missing_reference",
    )
    assert reject["record"]["Order"] == "O-gone"
    assert run.states == []
    assert run.error is not None


LEFT_EMPTY = {name: {**settings, "on_missing": "null"} for name, settings in REFERENCES.items()}


def test_a_missing_linked_record_is_left_empty_if_the_settings_say_so(simulate, caplog):
    caplog.set_level("INFO")
    simulator = simulate(shop())
    given = [{"No": "L1", "Order": "O-gone"}, {"No": "L2", "Order": "O1"}]
    messages = [LINES, *records("lines", given), ORDERS, *records("orders", [{"No": "O1"}]), state({"a": 1})]
    run = run_target(simulator, messages, streams=LEFT_EMPTY)
    assert run.error is None
    assert stored(simulator, "C") == {1: {"A": "L2", "B": 1}, 2: {"A": "L1"}}
    assert run.counts("lines") == {"read": 2, "created": 2}
    assert run.report["streams"]["lines"]["unlinked"] == 1
    assert "lines: 2 read = 2 created" in caplog.text
    assert ", 1 unlinked; " in caplog.text
    assert "unlinked: links left empty: no record has the value" in caplog.text
    assert "O-gone" not in caplog.text
    assert run.states == [{"a": 1}]
    simulator.log.clear()
    assert run_target(simulator, messages, streams=LEFT_EMPTY).counts("lines") == {"read": 2, "unchanged": 2}
    assert writes(simulator) == []


def test_a_link_whose_record_is_there_no_more_is_emptied_if_the_settings_say_so(simulate):
    simulator = simulate(shop())
    come = [LINES, *lines(1), ORDERS, *records("orders", [{"No": "O0"}])]
    assert run_target(simulator, come, streams=LEFT_EMPTY).error is None
    run = run_target(simulator, [LINES, *records("lines", [{"No": "L0", "Order": "O-gone"}])], streams=LEFT_EMPTY)
    assert run.counts("lines") == {"read": 1, "updated": 1}
    assert stored(simulator, "C") == {1: {"A": "L0", "C": 0}}


def test_a_circle_that_hangs_on_a_missing_record_is_loaded_without_that_link_if_the_settings_say_so(simulate):
    simulator = simulate(shop())
    given = [{"No": "x", "Parent": "y"}, {"No": "y", "Parent": "x", "Customer": "C-gone"}]
    run = run_target(simulator, [ORDERS, *records("orders", given)], streams=LEFT_EMPTY)
    assert run.counts("orders") == {"read": 2, "created": 2}
    assert linked(simulator, "B", "C", "B") == {"x": "y", "y": "x"}
    assert run.report["streams"]["orders"]["unlinked"] == 1


def test_a_record_of_a_circle_that_is_refused_is_missing_for_the_others(simulate):
    """The links of a circle are set at the end; one to a record that could not be created is left empty, too."""
    simulator = simulate(shop())
    given = [{"No": "x", "Parent": "y"}, {"No": "y", "Parent": "x"}]
    simulator.store.database(TEAM_ID, DATABASE_ID).tables["B"].refuses = lambda fields: fields.get("A") == "y"
    run = run_target(simulator, [ORDERS, *records("orders", given)], streams=LEFT_EMPTY)
    assert run.counts("orders") == {"read": 2, "created": 1, "rejected": 1}
    assert [row["A"] for row in stored(simulator, "B").values()] == ["x"]
    assert linked(simulator, "B", "C", "B") == {}


def test_a_link_that_is_part_of_the_key_is_never_left_empty(simulate, tmp_path):
    """Its row could not be found again."""
    simulator = simulate(shop())
    path = tmp_path / "rejects.jsonl"
    described = schema("lines", key=["Order", "No"], No="string", Order="string")
    given = records("lines", [{"No": "L1", "Order": "O-gone"}])
    run = run_target(simulator, [described, *given], streams=LEFT_EMPTY, rejects_path=str(path))
    assert run.counts("lines") == {"read": 1, "rejected": 1}
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[-1])["code"] == "missing_reference"
    assert stored(simulator, "C") == {}
    run = run_target(simulator, [described, *given], streams={"lines": {**LEFT_EMPTY["lines"], "mode": "insert"}})
    assert run.counts("lines") == {"read": 1, "created": 1}


def test_children_before_parents_of_the_same_stream(simulate):
    simulator = simulate(shop())
    given = [{"No": "c", "Parent": "b"}, {"No": "b", "Parent": "a"}, {"No": "a"}]
    run = run_target(simulator, [ORDERS, *records("orders", given)], streams=REFERENCES)
    assert run.error is None
    assert linked(simulator, "B", "C", "B") == {"c": "b", "b": "a"}
    assert run.counts("orders") == {"read": 3, "created": 3}


def test_rows_that_link_to_themselves_or_in_a_circle_are_linked_in_a_second_pass(simulate):
    simulator = simulate(shop())
    given = [
        {"No": "self", "Parent": "self"},
        {"No": "x", "Parent": "y"},
        {"No": "y", "Parent": "z"},
        {"No": "z", "Parent": "x"},
    ]
    messages = [ORDERS, *records("orders", given), state({"a": 1})]
    run = run_target(simulator, messages, streams=REFERENCES)
    assert run.error is None
    assert linked(simulator, "B", "C", "B") == {"self": "self", "x": "y", "y": "z", "z": "x"}
    assert run.counts("orders") == {"read": 4, "created": 4}
    assert run.states == [{"a": 1}]
    simulator.log.clear()
    again = run_target(simulator, messages, streams=REFERENCES)
    assert again.counts("orders") == {"read": 4, "unchanged": 4}
    assert writes(simulator) == []


def test_a_circle_that_hangs_on_a_missing_record_is_rejected_as_a_whole(simulate):
    simulator = simulate(shop())
    given = [{"No": "x", "Parent": "y"}, {"No": "y", "Parent": "x", "Customer": "C-gone"}]
    run = run_target(simulator, [ORDERS, *records("orders", given)], streams=REFERENCES)
    assert stored(simulator, "B") == {}
    assert run.counts("orders") == {"read": 2, "rejected": 2}


@limits.small_batches(1)
def test_a_later_row_about_a_held_record_comes_after_it(simulate):
    simulator = simulate(shop())
    given = [{"No": "L1", "Order": "O1", "Pieces": 1}, {"No": "L1", "Pieces": 2}]
    messages = [LINES, *records("lines", given), ORDERS, *records("orders", [{"No": "O1"}])]
    run = run_target(simulator, messages, streams=REFERENCES)
    assert run.error is None
    assert stored(simulator, "C") == {1: {"A": "L1", "B": 1, "C": 2}}


@pytest.mark.parametrize("is_there", [False, True], ids=["new", "there already"])
def test_a_row_that_waits_outlives_a_schema_without_its_properties(simulate, is_there):
    """Such as that of deletions, which tap-ninox sends behind the rows of a stream."""
    simulator = simulate(shop())
    if is_there:
        run_target(simulator, [LINES, *records("lines", [{"No": "L1", "Pieces": 1}])])
    waiting = records("lines", [{"No": "L1", "Order": "O1", "Pieces": 2}])
    deletions = schema("lines", key=["_id"], _id="integer", _sdc_deleted_at="string")
    deleted = records("lines", [{"_id": 99, "_sdc_deleted_at": "2026-01-01T00:00:00Z"}])
    parents = [ORDERS, *records("orders", [{"No": "O1"}]), state({"a": 1})]
    streams = {**REFERENCES, "lines": {"match_on": ["No"], **REFERENCES["lines"]}}
    run = run_target(simulator, [LINES, *waiting, deletions, *deleted, *parents], streams=streams, hard_delete=True)
    assert run.error is None
    assert stored(simulator, "C") == {1: {"A": "L1", "B": 1, "C": 2}}
    assert run.states == [{"a": 1}]


def test_a_waiting_row_that_is_rejected_can_be_fed_in_again_after_its_schema_has_changed(simulate, tmp_path):
    simulator = simulate(shop())
    path = tmp_path / "rejects.jsonl"
    waiting = records("lines", [{"No": "L1", "Order": "O1", "Pieces": 2}])
    run_target(
        simulator,
        [LINES, *waiting, schema("lines", key=["No"], No="string", Order="string")],
        streams=REFERENCES,
        rejects_path=str(path),
    )
    run_target(simulator, [ORDERS, *records("orders", [{"No": "O1"}])], streams=REFERENCES)
    assert run_target(simulator, path.read_bytes().splitlines(), streams=REFERENCES).error is None
    assert stored(simulator, "C") == {1: {"A": "L1", "B": 1, "C": 2}}


@pytest.mark.parametrize("on_missing", ["reject", "null"])
@limits.small_batches(5)
@limits.few_waiting_rows_at_once(3)
def test_rows_that_wait_for_what_never_comes_wait_to_the_end(simulate, on_missing):
    simulator = simulate(shop())
    streams = {**REFERENCES, "lines": {**REFERENCES["lines"], "on_missing": on_missing}}
    orphans = records("lines", [{"No": f"L{n}", "Order": "O-gone" if n % 4 else "O1"} for n in range(40)])
    with limits.rows_that_wait("lines") as waiting:
        run = run_target(simulator, [LINES, *orphans, ORDERS, *records("orders", [{"No": "O1"}])], streams=streams)
    assert max(waiting) == 40
    without = {"created": 10, "rejected": 30} if on_missing == "reject" else {"created": 40}
    assert run.counts("lines") == {"read": 40, **without}
    assert linked(simulator, "C", "B", "B") == {f"L{n}": "O1" for n in range(0, 40, 4)}


@limits.small_batches(5)
@limits.few_waiting_rows_at_once(3)
def test_chains_of_rows_that_wait_for_each_other_need_few_rounds(simulate):
    """Whichever end came first: children before their parents here, so that the last row frees all others."""
    simulator = simulate(shop())
    given = [{"No": f"O{n}", "Parent": f"O{n + 1}"} for n in range(40)]
    run = run_target(simulator, [ORDERS, *records("orders", [*given, {"No": "O40"}])], streams=REFERENCES)
    assert run.counts("orders") == {"read": 41, "created": 41}
    assert linked(simulator, "B", "C", "B") == {f"O{n}": f"O{n + 1}" for n in range(40)}


@limits.small_batches(2)
@limits.few_waiting_rows_at_once(2)
def test_circles_of_more_rows_than_are_in_memory_together(simulate):
    simulator = simulate(shop())
    given = [{"No": f"O{n}", "Parent": f"O{(n + 1) % 9}"} for n in range(9)]
    run = run_target(simulator, [ORDERS, *records("orders", given)], streams=REFERENCES)
    assert run.counts("orders") == {"read": 9, "created": 9}
    assert linked(simulator, "B", "C", "B") == {f"O{n}": f"O{(n + 1) % 9}" for n in range(9)}


@limits.small_batches(1)
def test_rows_about_one_record_that_waits_are_one_row(simulate):
    """Keys whose hashes are the same in Python, -1 and -2, among them."""
    lines = table("Lines", A=field("number", "No"), B=field("ref", "Order", refTypeId="A"), C=field("number", "Pieces"))
    simulator = simulate(team(database({"A": table("Orders", A=field("string", "No")), "C": lines})))
    described = schema("lines", key=["No"], No="integer", Order="string", Pieces="number")
    given = [{"No": n, "Order": f"O{turn}", "Pieces": turn} for turn in range(3) for n in (-1, -2, 7)]
    orders_last = [schema("orders", key=["No"], No="string"), *records("orders", [{"No": "O2"}])]
    streams = {"lines": {"references": {"Order": "No"}}}
    run = run_target(simulator, [described, *records("lines", given), *orders_last], streams=streams)
    assert run.counts("lines") == {"read": 9, "created": 3, "skipped": 6}
    assert sorted((row["A"], row["B"], row["C"]) for row in stored(simulator, "C").values()) == [
        (-2, 1, 2), (-1, 1, 2), (7, 1, 2),
    ]  # fmt: skip


def test_a_link_into_another_database_cannot_be_found_by_a_key(simulate):
    tables = {"A": table("Lines", A=field("string", "No"), B=field("ref", "Order", refTypeId="ZZ"))}
    run = run_target(simulate(team(database(tables))), [LINES, *lines(1)], streams={"lines": REFERENCES["lines"]})
    assert "references.Order: 'Order' links to a table that is not in this database." in str(run.error)


@limits.small_batches(1)
def test_no_state_passes_a_row_that_waits(simulate):
    simulator = simulate(shop())
    waiting = records("lines", [{"No": "L1", "Order": "O1"}])
    more = [state({"a": 2}), CUSTOMERS, *customers(2), state({"a": 3}), ORDERS, *records("orders", [{"No": "O1"}])]
    simulator.faults.add(kind="status", status=403, method="POST", path="/B/records$")
    run = run_target(simulator, [state({"a": 1}), LINES, *waiting, *more, state({"a": 4})], streams=REFERENCES)
    assert "HTTP 403" in str(run.error)
    assert run.states == [{"a": 1}]
    again = run_target(simulator, [LINES, *waiting, *more, state({"a": 4})], streams=REFERENCES)
    assert again.states == [{"a": 4}]


def test_several_records_with_the_linked_key_are_not_guessed_at(simulate, caplog):
    simulator = simulate(shop())
    alike = records("orders", [{"No": "O0"}] * 12)
    run_target(simulator, [ORDERS, *alike], streams={"orders": {**REFERENCES["orders"], "mode": "insert"}})
    run = run_target(simulator, [LINES, *records("lines", [{"No": "L1", "Order": "O0"}])], streams=REFERENCES)
    assert run.error is not None
    assert "12 records of 'Orders' have this 'No': ids 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more." in caplog.text
    assert stored(simulator, "C") == {}


def test_linked_records_are_looked_up_singly_in_a_large_table_and_only_once(simulate):
    simulator = simulate(shop())
    run_target(simulator, [ORDERS, *records("orders", [{"No": f"O{n}"} for n in range(9000)])], streams=REFERENCES)
    simulator.log.clear()
    given = [{"No": f"L{n}", "Order": f"O{n % 3}"} for n in range(300)]
    run_target(simulator, [LINES, *records("lines", given)], streams=REFERENCES, page_size_of_target=1000)
    looked_up = [call.query["filters"] for call in simulator.log.entries if "filters" in call.query]
    assert sorted(looked_up[1:]) == ['{"A":"O0"}', '{"A":"O1"}', '{"A":"O2"}'], "the first is the probe"
    assert linked(simulator, "C", "B", "B") == {f"L{n}": f"O{n % 3}" for n in range(300)}


def test_a_number_is_no_link_unless_something_says_of_what(simulate):
    """It may be a key of another system: record 7 is somebody else, and the right link would be gone."""
    tables = {"A": table("Orders", A=field("string", "No"), B=field("ref", "Customer", refTypeId="B"),
                         C=field("dmulti", "Team")),
              "B": table("Customers", A=field("string", "No"))}  # fmt: skip
    described = schema("orders", key=["No"], No="string", customer="integer", team_ids="array")
    rows = [described, *records("orders", [{"No": "o", "customer": 7, "team_ids": [2]}])]
    simulator = simulate(team(database(tables, {"A": [RecordDocument(1, {"A": "o", "B": 3}, 1)]})))
    refused = run_target(simulator, rows)
    assert "nothing says that 'customer' holds ids of the records that 'Customer' links to" in str(refused.error)
    assert 'references: {"customer": "<field>"}; if it holds their ids: references: {"customer": "_id"}' in str(
        refused.error
    )
    assert "nothing says that 'team_ids' holds" in str(refused.error)
    assert writes(simulator) == []
    by_id = {"references": {"Customer": "_id", "team_ids": "_id"}}
    for number in range(1, 8):
        simulator.store.teams[TEAM_ID].databases[DATABASE_ID].create("B", {"A": f"c{number}"})
    assert run_target(simulator, rows, streams={"orders": by_id}).error is None
    assert stored(simulator) == {1: {"A": "o", "B": 7, "C": [2]}}
    assert run_target(simulator, [of_tap(described, caption="Orders"), *rows[1:]]).error is None


BY_ID = {"orders": {"references": {"Customer": "_id"}}}


def linked_by_id(simulate, *kept, records_of_orders=()):
    simulator = simulate(shop())
    for name in kept:
        simulator.store.teams[TEAM_ID].databases[DATABASE_ID].create("A", {"B": name})
    for fields in records_of_orders:
        simulator.store.teams[TEAM_ID].databases[DATABASE_ID].create("B", fields)
    return simulator


def test_a_link_by_id_to_a_record_that_is_not_there_is_rejected_left_empty_or_waits(simulate):
    """The record that somebody creates next would get that id."""
    described = schema("orders", key=["No"], No="string", Customer="integer")
    given = [described, *records("orders", [{"No": "there", "Customer": 2}, {"No": "gone", "Customer": 9}])]
    simulator = linked_by_id(simulate, "c1", "c2", records_of_orders=[{"A": "gone", "B": 1}])
    run = run_target(simulator, given, streams=BY_ID, on_reject="continue")
    assert run.counts("orders") == {"read": 2, "created": 1, "rejected": 1}
    assert {row["A"]: row.get("B") for row in stored(simulator, "B").values()} == {"there": 2, "gone": 1}
    strangers = [schema("customers", key=["Name"], Name="string"),
                 *records("customers", [{"Name": f"new {n}"} for n in range(7)])]  # fmt: skip
    run = run_target(simulator, [*given, *strangers], streams=BY_ID, on_reject="continue")
    assert run.counts("orders") == {"read": 2, "unchanged": 1, "rejected": 1}
    streams = {"customers": {"match_on": ["Name"]}, "x": {"table": "Customers", "match_on": ["_id"]}}
    taken = [schema("x", key=["_id"], _id="integer", Name="string"), *records("x", [{"_id": 10, "Name": "other"}])]
    more = [strangers[0], *records("customers", [{"Name": "new 10"}])]
    run = run_target(simulator, [*more, *taken], streams=streams, on_reject="continue")
    assert (run.counts("x"), stored(simulator, "A")[10]) == ({"read": 1, "rejected": 1}, {"B": "new 10"})
    for record_id in (9, 10):
        simulator.store.teams[TEAM_ID].databases[DATABASE_ID].delete("A", record_id)
    empty = {"orders": {**BY_ID["orders"], "on_missing": "null"}}
    run = run_target(simulator, given, streams=empty)
    assert (run.error, run.report["streams"]["orders"]["unlinked"]) == (None, 1)
    assert {row["A"]: row.get("B") for row in stored(simulator, "B").values()} == {"there": 2, "gone": None}
    later = [schema("customers", key=["_id"], _id="integer", Name="string"),
             *records("customers", [{"_id": 9, "Name": "late"}])]  # fmt: skip
    run = run_target(simulator, [*given, *later], streams={**BY_ID, "customers": {"match_on": ["_id"]}})
    assert run.error is None
    assert {row["A"]: row.get("B") for row in stored(simulator, "B").values()} == {"there": 2, "gone": 9}


@pytest.mark.parametrize("by", ["_id", "No"])
def test_a_row_whose_record_waits_for_what_never_comes_is_not_missing_for_those_that_link_to_it(simulate, by):
    simulator = simulate(shop())
    streams = {
        "orders": {"match_on": ["_id"], "references": {"Customer": "Shop ID"}, "on_missing": "null"},
        "lines": {"references": {"Order": by}},
    }
    described = schema("orders", key=["_id"], _id="integer", No="string", Customer="string")
    waits = [described, *records("orders", [{"_id": 7, "No": "O7", "Customer": "C-gone"}])]
    given = [LINES, *records("lines", [{"No": "L1", "Order": "7" if by == "_id" else "O7"}]), *waits]
    run = run_target(simulator, given, streams=streams)
    assert run.error is None
    assert (stored(simulator, "B"), stored(simulator, "C")) == ({7: {"A": "O7"}}, {1: {"A": "L1", "B": 7}})


def test_a_link_by_id_that_its_record_has_already_is_not_looked_for(simulate):
    """Where the linked record was deleted, the link stays behind in Ninox; a row that repeats it is no fault."""
    described = schema("orders", key=["No"], No="string", Customer="integer")
    simulator = linked_by_id(simulate, records_of_orders=[{"A": "o", "B": 9}])
    run = run_target(simulator, [described, *records("orders", [{"No": "o", "Customer": 9}])], streams=BY_ID)
    assert run.counts("orders") == {"read": 1, "unchanged": 1}
    assert [call.path for call in simulator.log.entries if "/A/records" in call.path] == []


def test_links_by_id_to_a_table_that_may_not_be_read_are_written_unseen_with_a_warning(simulate, caplog):
    """Each row says so of two ids, and the log once."""
    described = schema("orders", key=["No"], No="string", Customer="integer")
    simulator = linked_by_id(simulate, "c1", "c2")
    simulator.faults.add(kind="status", status=403, method="GET", path="/A/records", times=None)
    given = records("orders", [{"No": f"o{n}", "Customer": n} for n in (1, 2, 9)])
    with limits.small_batches(1):
        run = run_target(simulator, [described, *given], streams=BY_ID)
    assert run.error is None
    assert {row["A"]: row["B"] for row in stored(simulator, "B").values()} == {"o1": 1, "o2": 2, "o9": 9}
    warning = "orders: the key may not read table 'Customers', and nobody knows whether the records exist that"
    assert caplog.text.count(warning + " 'Customer' links to; they are written unseen.") == 1


def test_two_rows_whose_key_is_a_link_are_one_record(simulate):
    """Which key they have is known once the linked record is found."""
    simulator = simulate(shop())
    lines = schema("lines", key=["Order", "No"], No="string", Order="string", Pieces="number")
    given = [{"Order": "O1", "No": "1", "Pieces": 2}, {"Order": "O1", "No": "1", "Pieces": 3}]
    run = run_target(simulator, [ORDERS, *records("orders", [{"No": "O1"}]), lines, *records("lines", given)],
                     streams=REFERENCES)  # fmt: skip
    assert run.error is None
    assert run.counts("lines") == {"read": 2, "created": 1, "skipped": 1}
    assert stored(simulator, "C") == {1: {"A": "1", "B": 1, "C": 3}}


def test_keys_that_wait_for_each_other_are_rejected_and_nothing_is_created(simulate, caplog):
    """Without its key, a row would be another record in each run."""
    simulator = simulate(shop())
    described = schema("orders", key=["No", "Parent"], No="string", Parent="string")
    given = [{"No": "self", "Parent": "self"}, {"No": "x", "Parent": "y"}, {"No": "y", "Parent": "x"}]
    streams = {"orders": {"references": {"Parent": "No"}}}
    for on_missing in ("reject", "null"):
        streams["orders"]["on_missing"] = on_missing
        run = run_target(simulator, [described, *records("orders", given)], streams=streams)
        assert run.counts("orders") == {"read": 3, "rejected": 3}
        assert stored(simulator, "B") == {}
    assert "Parent: It is part of the key, and names a record that links back to this row" in caplog.text


@pytest.mark.parametrize("order", ["lines first", "orders first"])
def test_rows_whose_key_is_a_link_into_a_circle_are_loaded_once_it_is_there(simulate, order):
    tables = {
        "B": table("Orders", A=field("string", "No"), B=field("ref", "Main line", refTypeId="C"),
                   C=field("ref", "Parent", refTypeId="B")),
        "C": table("Lines", A=field("string", "No"), B=field("ref", "Order", refTypeId="B")),
    }  # fmt: skip
    simulator = simulate(team(database(tables)))
    parts = [
        [schema("lines", key=["Order", "No"], No="string", Order="string"),
         *records("lines", [{"No": "L1", "Order": "x"}, {"No": "L2", "Order": "y"}])],
        [schema("orders", key=["No"], No="string", Parent="string", Main="string"),
         *records("orders", [{"No": "x", "Parent": "y", "Main": "L1"}, {"No": "y", "Parent": "x"}])],
    ]  # fmt: skip
    messages = [*chain(*(parts if order == "lines first" else reversed(parts)))]
    own = {"fields": {"Main": "Main line"}, "references": {"Parent": "No", "Main": "No"}}
    streams = {"orders": own, "lines": {"references": {"Order": "No"}}}
    for created in ("created", "unchanged"):
        run = run_target(simulator, messages, streams=streams)
        assert run.error is None
        assert [run.counts(name) for name in ("lines", "orders")] == [{"read": 2, created: 2}] * 2
        assert linked(simulator, "C", "B", "B") == {"L1": "x", "L2": "y"}
        assert linked(simulator, "B", "C", "B") == {"x": "y", "y": "x"}
        assert linked(simulator, "B", "B", "C") == {"x": "L1"}


@limits.small_batches(1)
def test_a_row_that_waits_is_gone_once_a_later_one_of_its_key_was_loaded(simulate):
    """It would be loaded again at the end, over what came later."""
    simulator = simulate(shop())
    given = [{"No": "a", "Parent": "late"}, {"No": "b"}, {"No": "a", "Parent": "b"}, {"No": "late"}]
    run = run_target(simulator, [ORDERS, *records("orders", given)], streams=REFERENCES)
    assert run.error is None
    assert run.counts("orders") == {"read": 4, "created": 3, "skipped": 1}
    assert linked(simulator, "B", "C", "B") == {"a": "b"}


@pytest.mark.parametrize("rows", [[("O1", None), ("O2", "O1")], [("O1", "O2"), ("O2", "O1")]], ids=["tree", "circle"])
def test_a_mirror_in_circles_that_matches_nothing_writes_nothing(simulate, rows):
    simulator = simulate(shop())
    old = [ORDERS, *records("orders", [{"No": "old"}])]
    assert run_target(simulator, old, streams=REFERENCES).error is None
    streams = {"orders": {**REFERENCES["orders"], "mode": "mirror"}}
    sent = [ORDERS, *records("orders", [{"No": number, "Parent": parent} for number, parent in rows])]
    simulator.log.clear()
    run = run_target(simulator, [*sent, state({"currently_syncing": None})], streams=streams)
    assert "orders: it is a mirror, and none of its rows has the key (No)" in str(run.error)
    assert (writes(simulator), run.states) == ([], [])
    known = run_target(
        simulator, [*sent, *records("orders", [{"No": "old"}]), state({"currently_syncing": None})], streams=streams
    )
    assert (known.error, len(stored(simulator, "B"))) == (None, 3)


def test_a_mirror_whose_rows_wait_for_their_parents_is_not_taken_for_one_that_matches_nothing(simulate):
    simulator = simulate(shop())
    streams = {**REFERENCES, "lines": {**REFERENCES["lines"], "mode": "mirror"}}
    messages = [LINES, *lines(3), ORDERS, *orders(3), CUSTOMERS, *customers(3), state({"currently_syncing": None})]
    for _ in range(2):
        assert run_target(simulator, messages, streams=streams).error is None
    assert linked(simulator, "C", "B", "B") == {f"L{n}": f"O{n}" for n in range(3)}


def test_rows_that_link_to_a_mirror_that_matches_nothing_wait(simulate):
    simulator = simulate(shop())
    old = [ORDERS, *records("orders", [{"No": "old"}])]
    assert run_target(simulator, old, streams=REFERENCES).error is None
    streams = {**REFERENCES, "orders": {"mode": "mirror"}}
    messages = [LINES, *lines(3), schema("orders", key=["No"], No="string"),
                *records("orders", [{"No": f"O{n}"} for n in range(3)]),
                state({"currently_syncing": None})]  # fmt: skip
    run = run_target(simulator, messages, streams=streams)
    assert "lines: it waits for records of stream 'orders', which failed; 3 of 3 rows not loaded" in str(run.error)
    assert (len(stored(simulator, "B")), stored(simulator, "C"), run.states) == (1, {}, [])
    assert run_target(simulator, messages, streams=streams, max_deletes=1).error is None
    assert linked(simulator, "C", "B", "B") == {f"L{n}": f"O{n}" for n in range(3)}


def test_a_row_of_a_circle_that_is_refused_is_rejected_once(simulate):
    simulator = simulate(shop())
    simulator.faults.add(kind="refuse_one", method="POST")
    given = [{"No": "O1", "Parent": "O1"}, {"No": "O2", "Parent": "O2"}, {"No": "O3", "Parent": "O3"}]
    run = run_target(
        simulator, [ORDERS, *records("orders", given), state({"currently_syncing": None})], streams=REFERENCES
    )
    assert run.counts("orders") == {"read": 3, "created": 2, "rejected": 1}
    assert "1 row could not be written" in str(run.error)
    assert linked(simulator, "B", "C", "B") == {"O1": "O1", "O3": "O3"}
