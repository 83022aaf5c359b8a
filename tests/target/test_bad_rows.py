"""No row costs another: whatever stands in one of them, those around it are in Ninox."""

from __future__ import annotations

import json

import pytest

from ninox_simulator.messages import ApiError
from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import records, run_target, schema, state, stored
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, field, shop, table, team
from tests.helpers.wire import record_pages

OPTIONS = {"1": {"caption": "x", "order": 0}}
FIELDS = {
    "A": field("string", "Name"), "B": field("number", "Amount"), "C": field("multi", "Tags", values=OPTIONS),
    "D": field("date", "Day"), "E": field("location", "Place"), "F": field("timeinterval", "Lasts"),
    "G": field("html", "Html"), "H": field("boolean", "Flag"), "I": field("ref", "Link", refTypeId="A"),
    "J": field("dmulti", "Several"), "K": field("choice", "Choice", values=OPTIONS), "L": field("appointment", "Visit"),
    "M": field("timestamp", "At"), "N": field("time", "Time"), "O": field("color", "Color"),
}  # fmt: skip
DEEP_TEXT, DEEP_LIST, DIGITS = "[" * 3000, json.loads("[" * 900 + "]" * 900), "9" * 5000
ODD = [
    *(DEEP_TEXT, DEEP_LIST, DIGITS, "a\ud800", "a\x00b", float("nan"), float("inf"), 10**400, -(10**400)),
    *("1e999999999", {}, "&#x110000;&#55296;", f"&#{DIGITS};", "a <1e400,1>", "<" * 50_000, "0000-00-00"),
    *("99999-01-01", True, b"1e999999999"),
]


@pytest.mark.parametrize("name", [described["caption"] for described in FIELDS.values()])
def test_odd_values_cost_their_own_row_at_most(simulate, name):
    simulator = simulate(team(database({"A": table("Rows", **FIELDS)})))
    described = schema("rows", key=["Name"], **{described["caption"]: {} for described in FIELDS.values()})
    messages, good = [described], []
    for number, value in enumerate(ODD):
        good.append(f"good {number}")
        row = {"Name": f"odd {number}", name: 0 if isinstance(value, bytes) else value}
        line = json.dumps({"type": "RECORD", "stream": "rows", "record": row}).encode()
        messages.append(line.replace(b" 0}", b" " + value + b"}") if isinstance(value, bytes) else line)
        messages += records("rows", [{"Name": good[-1], "Amount": number}])
    links = {"rows": {"references": {"Link": "_id", "Several": "_id"}}}
    run = run_target(simulator, [*messages, state({"currently_syncing": None})], on_reject="continue", streams=links)
    assert run.error is None
    names = [fields["A"] for fields in stored(simulator).values()]
    assert [found for found in names if found.startswith("good")] == good
    counts = run.counts("rows")
    assert counts["read"] == 2 * len(ODD)
    assert run.states == [{"currently_syncing": None}]


@pytest.mark.parametrize("fault", [RecursionError, KeyError, TypeError, OverflowError])
def test_a_value_that_nobody_thought_of_costs_its_row(simulate, caplog, fault):
    simulator = simulate(shop(0))
    rows = records("customers", [{"Name": "one"}, {"Name": "two"}, {"Name": "three"}])
    with limits.encoding_fails("two", fault("a customer's value")):
        run = run_target(
            simulator, [schema("customers", key=["Name"], Name="string"), *rows, state({"currently_syncing": None})]
        )
    assert [fields["A"] for fields in stored(simulator).values()] == ["one", "three"]
    assert run.counts("customers") == {"read": 3, "created": 2, "rejected": 1}
    assert f"row 2 is rejected: It could not be read ({fault.__name__})" in caplog.text
    assert "a customer's value" not in caplog.text


def test_an_empty_part_of_a_key_costs_its_row_and_no_other(simulate, tmp_path):
    lines = table("Lines", A=field("string", "Order"), B=field("number", "Pos"), C=field("number", "Pieces"))
    simulator = simulate(team(database({"A": lines})))
    given = [
        {"Order": "o", "Pos": 1, "Pieces": 1},
        {"Order": "o", "Pos": None, "Pieces": 2},
        {"Order": " ", "Pieces": "many"},
        {"Order": "o", "Pos": "first", "Pieces": 4},
        {"Order": "o", "Pos": 2, "Pieces": 5},
    ]
    described = schema("lines", key=["Order", "Pos"], Order="string", Pos={}, Pieces={})
    path = tmp_path / "rejects.jsonl"
    run = run_target(simulator, [described, *records("lines", given)], rejects_path=str(path))
    assert [(row["A"], row["B"], row["C"]) for row in stored(simulator).values()] == [("o", 1, 1), ("o", 2, 5)]
    assert run.counts("lines") == {"read": 5, "created": 2, "rejected": 3}
    told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [
        (row["row"], row["key"], [(fault["property"], fault["code"]) for fault in row["faults"]]) for row in told[1:]
    ] == [
        (2, ["o", None], [("Pos", "empty_key")]),
        (3, [" ", None], [("Pieces", "not_a_number"), ("Pos", "empty_key")]),
        (4, ["o", None], [("Pos", "not_a_number")]),
    ]


@pytest.mark.parametrize("on_missing", ["reject", "null"])
@pytest.mark.parametrize("at", ["matching", "writing", "planning"])
def test_a_crash_ends_its_stream_and_no_other(simulate, caplog, at, on_missing):
    """Whatever waits for records of the stream waits on; nothing is emptied, rejected or deleted for want of them."""
    tables = {
        "A": customers(), "B": table("Orders", A=field("string", "No"), B=field("ref", "Customer", refTypeId="A")),
        "C": table("Notes", A=field("string", "No")),
    }  # fmt: skip
    simulator = simulate(team(database(tables)))
    old = [schema("notes", key=["No"], No="string"), *records("notes", [{"No": "old"}, {"No": "n"}])]
    linked = [schema("orders", key=["No"], No="string", Customer="string"),
              *records("orders", [{"No": "o1", "Customer": "c1"}, {"No": "o2"}])]  # fmt: skip
    streams = {
        "orders": {"references": {"Customer": "Name"}, "on_missing": on_missing},
        "notes": {"mode": "mirror"},
    }
    assert run_target(simulator, old).error is None
    crashing = [schema("customers", key=["Name"], Name="string"), *records("customers", [{"Name": "c1"}])]
    messages = [*linked, *crashing, old[0], *records("notes", [{"No": "n"}]), state({"currently_syncing": None})]
    with limits.stream_crashes("customers", at, KeyError("a customer's value")):
        run = run_target(simulator, messages, streams=streams)
    assert [row["A"] for row in stored(simulator, "B").values()] == ["o2"]
    assert stored(simulator, "A") == {}
    is_known = at != "planning"  # else its rows may be those of any table
    assert [row["A"] for row in stored(simulator, "C").values()] == (["n"] if is_known else ["old", "n"])
    assert is_known or run.report["streams"]["notes"]["doubts"] == [
        "stream 'customers' ended before it was known where it goes, and may go into the same table"
    ]
    assert "customers: a defect of target-ninox ended it (KeyError); 1 of 1 row not loaded" in str(run.error)
    assert "orders: it waits for records of stream 'customers', which failed; 1 of 2 rows not loaded" in str(run.error)
    assert run.states == []
    assert (run.report["complete"], run.report["streams"]["orders"]["created"]) == (False, 1)
    assert ("in flush" if is_known else "in planning") in caplog.text
    assert "a customer's value" not in caplog.text
    again = run_target(simulator, messages, streams=streams)
    assert again.error is None
    assert [row.get("B") for row in stored(simulator, "B").values()] == [None, 1]


def test_a_crash_at_a_later_schema_ends_its_stream_and_no_other(simulate):
    tables = {"A": customers(), "C": table("Notes", A=field("string", "No"))}
    simulator = simulate(team(database(tables)))
    described = schema("customers", key=["Name"], Name="string")
    wider = schema("customers", key=["Name"], Name="string", Amount="number")
    messages = [described, *records("customers", [{"Name": "c1"}]), state(1),
                wider, *records("customers", [{"Name": "c2", "Amount": 1}]), state(2),
                schema("notes", key=["No"], No="string"), *records("notes", [{"No": "n"}]), state(3)]  # fmt: skip
    with limits.stream_crashes("customers", "planning again", KeyError("a customer's value")):
        run = run_target(simulator, messages)
    assert [row["A"] for row in stored(simulator, "A").values()] == ["c1"]
    assert [row["A"] for row in stored(simulator, "C").values()] == ["n"]
    assert "customers: a defect of target-ninox ended it (KeyError); 1 of 2 rows not loaded" in str(run.error)
    assert run.states == [1]


@pytest.mark.parametrize("at", ["looking for what is gone", "deleting"])
def test_a_crash_of_a_mirror_deletes_nothing_of_its_own_and_ends_no_other(simulate, at):
    tables = {
        "A": customers(), "B": table("Orders", A=field("string", "No")), "C": table("Notes", A=field("string", "No")),
    }  # fmt: skip
    simulator = simulate(team(database(tables)))
    names = {"orders": "No", "customers": "Name", "notes": "No"}

    def sent(*values):
        return [
            message
            for name, key in names.items()
            for message in (schema(name, key=[key], **{key: "string"}), *records(name, [{key: v} for v in values]))
        ]

    assert run_target(simulator, sent("old", "kept")).error is None
    messages, mirrors = [*sent("kept"), state({"currently_syncing": None})], {"streams": {"*": {"mode": "mirror"}}}
    with limits.stream_crashes("customers", at, KeyError("a customer's value")):
        run = run_target(simulator, messages, **mirrors)
    assert [len(stored(simulator, table_id)) for table_id in "ABC"] == [2, 1, 1]
    assert "customers: a defect of target-ninox ended it (KeyError); 0 of 1 row not loaded" in str(run.error)
    assert run.report["streams"]["customers"]["doubts"] == []
    assert run.states == []
    again = run_target(simulator, messages, **mirrors)
    assert (again.error, len(again.states), len(stored(simulator, "A"))) == (None, 1, 1)


BESIDE_ROWS = (
    "noting a row", "noting a state", "asking for what is under way", "asking for the end", "doubting",
    "looking at settings",
)  # fmt: skip


@pytest.mark.parametrize("at", BESIDE_ROWS)
def test_a_crash_beside_all_rows_keeps_deletions_back_and_ends_nothing(simulate, caplog, at):
    """A mirror deletes nothing, a deletion that waits goes on waiting; rows are loaded, and the run ends badly."""
    link = field("ref", "Customer", refTypeId="A", cascade=True)
    tables = {
        "A": customers(), "B": table("Orders", A=field("string", "No"), B=link),
        "C": table("Notes", A=field("string", "No")),
    }  # fmt: skip
    held = {"A": customer_records(1), "C": [RecordDocument(1, {"A": "old"}, 2), RecordDocument(2, {"A": "kept"}, 3)]}
    simulator = simulate(team(database(tables, held)))
    gone = {"Name": held["A"][0].fields["A"], "_sdc_deleted_at": "2026-01-01T00:00:00Z"}
    messages = [schema("customers", key=["Name"], Name="string", _sdc_deleted_at="string"),
                *records("customers", [{"Name": "new"}, gone]), state({"currently_syncing": None}),
                schema("notes", key=["No"], No="string"), *records("notes", [{"No": "kept"}, {"No": "n"}]),
                state({"currently_syncing": None})]  # fmt: skip
    settings = {"hard_delete": True, "streams": {"notes": {"mode": "mirror"}}}
    with limits.end_crashes(at, KeyError("a customer's value")):
        run = run_target(simulator, messages, **settings)
    assert sorted(row["A"] for row in stored(simulator, "C").values()) == ["kept", "n", "old"]
    assert len(stored(simulator, "A")) == 2
    assert "target-ninox has a defect (KeyError), so that nobody knows what may be deleted" in str(run.error)
    assert caplog.text.count("This is a defect of target-ninox") == 1
    assert "a customer's value" not in caplog.text
    assert run.error is not None
    assert run.report["streams"]["notes"]["doubts"]
    assert run.counts("customers")["created"] == run.counts("notes")["created"] == 1
    again = run_target(simulator, messages, **settings)
    assert (again.error, len(stored(simulator, "A")), len(stored(simulator, "C"))) == (None, 1, 2)


def test_a_crash_before_any_stream_ends_the_run_badly(simulate):
    with limits.end_crashes("noting a state", KeyError("a customer's value")):
        run = run_target(simulate(team(database({"A": customers()}))), [state(1)])
    assert "target-ninox has a defect (KeyError)" in str(run.error)


def test_a_crash_while_another_writer_is_looked_for_ends_nothing_else(simulate):
    simulator = simulate(team(database({"A": customers(), "C": table("Notes", A=field("string", "No"))})))
    others = simulator.store.database(TEAM_ID, DATABASE_ID)

    def type_meanwhile(_index, method, path):
        if method == "POST" and path.endswith("A/records"):
            others.create("A", {"A": "somebody else"})

    simulator.on_request.append(type_meanwhile)
    messages = [schema("customers", key=["Name"], Name="string"), *records("customers", [{"Name": "c1"}]),
                schema("notes", key=["No"], No="string"), *records("notes", [{"No": "n"}]), state(1)]  # fmt: skip
    with limits.end_crashes("looking for another writer", KeyError("a customer's value")):
        run = run_target(simulator, messages)
    assert "nobody knows whether somebody else created records with the same keys" in str(run.error)
    assert run.counts("customers") == run.counts("notes") == {"read": 1, "created": 1}
    assert run.states == [1]


def test_a_crash_while_rows_wait_ends_its_stream_and_leaves_what_waits_for_it(simulate):
    tables = {
        "A": table("Customers", A=field("string", "Name"), B=field("ref", "Boss", refTypeId="A")),
        "B": table("Orders", A=field("string", "No"), B=field("ref", "Customer", refTypeId="A")),
        "C": table("Notes", A=field("string", "No"), B=field("ref", "Order", refTypeId="C")),
    }  # fmt: skip
    simulator = simulate(team(database(tables)))
    messages = [
        schema("orders", key=["No"], No="string", Customer="string"),
        *records("orders", [{"No": "o1", "Customer": "c1"}]),
        schema("customers", key=["Name"], Name="string", Boss="string"),
        *records("customers", [{"Name": "c1", "Boss": "c2"}, {"Name": "c2", "Boss": "c1"}]),
        schema("notes", key=["No"], No="string", Order="string"),
        *records("notes", [{"No": "n1", "Order": "n2"}, {"No": "n2", "Order": "n1"}]), state(1),
    ]  # fmt: skip
    references = {"customers": {"Boss": "Name"}, "orders": {"Customer": "Name"}, "notes": {"Order": "No"}}
    streams = {name: {"references": given} for name, given in references.items()}
    with limits.key_of_link_crashes("c1", KeyError("a customer's value")):
        run = run_target(simulator, messages, streams=streams)
    assert "customers: a defect of target-ninox ended it (KeyError); 2 of 2 rows not loaded" in str(run.error)
    assert "orders: it waits for records of stream 'customers', which failed; 1 of 1 row not loaded" in str(run.error)
    assert (stored(simulator, "A"), stored(simulator, "B"), len(stored(simulator, "C"))) == ({}, {}, 2)
    assert run.states == []
    again = run_target(simulator, messages, streams=streams)
    assert (again.error, len(stored(simulator, "A")), len(stored(simulator, "B"))) == (None, 2, 1)


@pytest.mark.parametrize("at", ["planning", "matching"])
def test_what_a_stream_that_nobody_could_plan_may_have_loaded_is_not_deleted_along(simulate, at):
    """Deletions with which nothing can go are done all the same."""
    link = field("ref", "Customer", refTypeId="A", cascade=True)
    tables = {
        "A": customers(), "B": table("Orders", A=field("string", "No"), B=link),
        "C": table("Notes", A=field("string", "No")),
    }  # fmt: skip
    simulator = simulate(team(database(tables)))
    linked = [schema("orders", key=["No"], No="string", Customer="integer"),
              *records("orders", [{"No": "o1", "Customer": 1}])]  # fmt: skip
    given = [schema("customers", key=["Name"], Name="string"), *records("customers", [{"Name": "c1"}]),
             schema("notes", key=["No"], No="string"), *records("notes", [{"No": "n"}])]  # fmt: skip
    streams = {"orders": {"references": {"Customer": "_id"}}}
    for messages in (given, linked):  # an id that the same run has made is none that a row can mean
        assert run_target(simulator, messages, streams=streams).error is None
    gone = [
        message
        for name, key, value in (("customers", "Name", "c1"), ("notes", "No", "n"))
        for message in (
            schema(name, key=[key], **{key: "string"}, _sdc_deleted_at="string"),
            *records(name, [{key: value, "_sdc_deleted_at": "2026-01-01T00:00:00Z"}]),
        )
    ]
    with limits.stream_crashes("orders", at, KeyError("a customer's value")):
        given = [*linked, *gone, state({"currently_syncing": None})]
        run = run_target(simulator, given, hard_delete=True, on_reject="continue", streams=streams)
    assert [len(stored(simulator, table_id)) for table_id in "ABC"] == [1, 1, 0]
    assert run.counts("customers") == {"read": 1, "rejected": 1}
    assert run.states == []


def test_a_key_that_is_too_long_for_an_address_is_not_looked_up(simulate):
    long = "k" * 9000
    held = customer_records(3100)
    held[-1].fields["A"] = long
    simulator = simulate(team(database({"A": customers()}, {"A": held})))
    run = run_target(
        simulator, [schema("customers", key=["Name"], Name="string"), *records("customers", [{"Name": long}])]
    )
    assert run.counts("customers") == {"read": 1, "unchanged": 1}
    assert not any(long in call.query.get("filters", "") for call in simulator.log.entries)


@pytest.mark.parametrize("since_id", ["honoured", "ignored"])
def test_records_that_are_too_much_for_the_server_are_read_in_smaller_pages(simulate, since_id):
    simulator = simulate(shop(90), records_since_id=since_id)

    def check(index, _method, path):
        call = simulator.log.entries[index]
        if call.method == "GET" and path.endswith("/records") and int(call.query["perPage"]) > 60:
            raise ApiError(504, "Too much")

    simulator.on_request.append(check)
    rows = records("customers", [{"Name": f"name {n}", "Amount": n * 10} for n in range(1, 92)])
    run = run_target(simulator, [schema("customers", key=["Name"], Name="string", Amount="number"), *rows])
    assert run.error is None
    assert run.counts("customers") == {"read": 91, "created": 1, "unchanged": 90}


def test_records_that_are_large_are_read_in_pages_that_fit(simulate):
    rows = [
        RecordDocument(number, {"A": f"name {number}", "B": number, "C": "x" * 10_000}, number)
        for number in range(1, 101)
    ]
    tables = {"A": customers(C=field("string", "Note"))}
    simulator = simulate(team(database(tables, {"A": rows})))
    described = schema("customers", key=["Name"], Name="string", Amount="number", Note="string")
    given = [{"Name": f"name {number}", "Amount": number, "Note": "x" * 10_000} for number in range(1, 101)]
    with limits.small_pages(200_000):
        run = run_target(simulator, [described, *records("customers", given)])
    assert run.counts("customers") == {"read": 100, "unchanged": 100}
    first, *others = [int(page["perPage"]) for page in record_pages(simulator) if "new" not in page]
    assert first == 1000
    assert max(others) <= 40
