"""The rejects file: what it holds, who may read it, and that nothing in it is ever lost."""

from __future__ import annotations

import json
import logging
import os
import stat
from decimal import Decimal

import pytest

from target_ninox.rejects import Rejects
from target_ninox.rows import RowRejectedError, StreamSchema
from tests.helpers import limits
from tests.helpers.run import records, run_target, schema, state, stored
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, shop

CUSTOMERS = StreamSchema(stream="customers", schema={"properties": {"nr": {}, "state": {}}}, key_properties=["nr"])
ORDERS = StreamSchema(stream="orders", schema={"properties": {"id": {}}}, key_properties=["id"])
UNKNOWN = RowRejectedError(
    property_name="state", code="unknown_choice", reason="It is not one of the options.", allowed=("open", "done")
)


def written(path):
    return [json.loads(line, parse_float=Decimal) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_rejected_row_is_a_singer_message_that_says_why(tmp_path):
    rejects = Rejects(tmp_path / "rejects.jsonl")
    record = {"nr": "K-1", "state": "stornó?", "price": Decimal("0.10000000000000000001")}
    rejects.add(CUSTOMERS, record, UNKNOWN, number=4711, key="K-1")
    rejects.close()
    schema, row = written(tmp_path / "rejects.jsonl")
    assert schema == {
        "type": "SCHEMA",
        "stream": "customers",
        "schema": CUSTOMERS.schema,
        "key_properties": ["nr"],
    }
    assert row == {
        "type": "RECORD",
        "stream": "customers",
        "row": 4711,
        "key": "K-1",
        "property": "state",
        "code": "unknown_choice",
        "reason": "It is not one of the options.",
        "allowed": ["open", "done"],
        "faults": [
            {
                "property": "state",
                "code": "unknown_choice",
                "reason": "It is not one of the options.",
                "allowed": ["open", "done"],
            }
        ],
        "record": record,
    }


def test_the_schema_comes_before_the_first_row_of_each_stream_and_when_it_changes(tmp_path):
    rejects = Rejects(tmp_path / "rejects.jsonl")
    changed = StreamSchema(stream="customers", schema={"properties": {"nr": {}}}, key_properties=["nr"])
    for described in (CUSTOMERS, CUSTOMERS, ORDERS, CUSTOMERS, changed):
        rejects.add(described, {}, UNKNOWN, number=1, key=None)
    rejects.close()
    told = [(message["type"], message["stream"]) for message in written(tmp_path / "rejects.jsonl")]
    assert told == [
        ("SCHEMA", "customers"),
        ("RECORD", "customers"),
        ("RECORD", "customers"),
        ("SCHEMA", "orders"),
        ("RECORD", "orders"),
        ("RECORD", "customers"),
        ("SCHEMA", "customers"),
        ("RECORD", "customers"),
    ]


def test_only_its_owner_may_read_the_file(tmp_path):
    old = os.umask(0)
    try:
        rejects = Rejects(tmp_path / "rejects.jsonl")
        rejects.add(CUSTOMERS, {}, UNKNOWN, number=1, key=None)
        rejects.close()
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "rejects.jsonl").stat().st_mode) == 0o600


def test_rows_of_earlier_runs_are_kept(tmp_path):
    path = tmp_path / "rejects.jsonl"
    for number in (1, 2, 3):
        rejects = Rejects(path)
        rejects.add(CUSTOMERS, {}, UNKNOWN, number=number, key=None)
        rejects.close()
    assert written(path)[1]["row"] == 3
    older = [written(other)[1]["row"] for other in tmp_path.iterdir() if other != path]
    assert sorted(older) == [1, 2]


def test_a_run_without_rejects_leaves_the_file_of_the_last_one_alone(tmp_path):
    path = tmp_path / "rejects.jsonl"
    path.write_text("rows to repair\n")
    Rejects(path).close()
    assert [other.name for other in tmp_path.iterdir()] == ["rejects.jsonl"]
    assert path.read_text() == "rows to repair\n"


def test_a_run_without_rejects_says_that_the_file_is_of_an_earlier_one(simulate, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    path, simulator = tmp_path / "rejects.jsonl", simulate(shop(0))
    described = schema("customers", key=["Name"], Name="string", Amount="number")
    for amount, told in [(1, []), ("much", []), (1, [f"{path} is of an earlier run, of 2026-11-30 08:05 UTC"])]:
        caplog.clear()
        run_target(
            simulator, [described, *records("customers", [{"Name": "a", "Amount": amount}])], rejects_path=str(path)
        )
        lines = [line for line in caplog.messages if "of an earlier run" in line]
        assert [line.partition(": ")[0].partition(". ")[2] for line in lines] == told
        if amount == "much":
            os.utime(path, (1796025900, 1796025900))
            before = path.read_bytes()
    assert path.read_bytes() == before


def test_a_file_that_is_being_fed_in_is_not_written_into(tmp_path):
    path = tmp_path / "rejects.jsonl"
    path.write_text("first\nsecond\n")
    with path.open() as fed_in:
        assert fed_in.readline() == "first\n"
        rejects = Rejects(path)
        rejects.add(CUSTOMERS, {}, UNKNOWN, number=1, key=None)
        rejects.close()
        assert fed_in.read() == "second\n"


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "rejects.jsonl").symlink_to(tmp_path / "precious")
    rejects = Rejects(tmp_path / "rejects.jsonl")
    rejects.add(CUSTOMERS, {}, UNKNOWN, number=1, key=None)
    rejects.close()
    assert (tmp_path / "precious").read_text() == "mine"


def test_flushed_rows_are_in_the_file(tmp_path):
    rejects = Rejects(tmp_path / "rejects.jsonl")
    rejects.add(CUSTOMERS, {}, UNKNOWN, number=1, key=("K", frozenset({"2", "1"})))
    rejects.flush()
    assert written(tmp_path / "rejects.jsonl")[1]["key"] == ["K", ["1", "2"]]
    rejects.close()


def test_the_log_names_row_property_and_options_but_no_value(caplog):
    with caplog.at_level(logging.WARNING):
        Rejects(None).add(CUSTOMERS, {"state": "geheim"}, UNKNOWN, number=4711, key="K-geheim")
    assert caplog.messages == [
        "customers: row 4711 is rejected: state: It is not one of the options. Allowed: open, done."
    ]


def test_a_thousand_rejects_do_not_flood_the_log(caplog):
    rejects = Rejects(None)
    for number in range(1000):
        rejects.add(CUSTOMERS, {}, UNKNOWN, number=number, key=None)
    assert len(caplog.messages) == 11
    assert caplog.messages[-1] == "customers: further rejected rows are only counted here."
    for number in range(10):  # all of them are named
        rejects.add(ORDERS, {}, UNKNOWN, number=number, key=None)
    assert len(caplog.messages) == 21
    assert rejects.count == {"customers": 1000, "orders": 10}


@pytest.mark.parametrize("kept", [True, False])
def test_rejected_rows_that_nothing_keeps_are_told_before_and_behind_the_others(simulate, tmp_path, caplog, kept):
    described = schema("customers", key=["Name"], Name="string", Amount="number")
    given = [described, *records("customers", [{"Name": "a", "Amount": "x"}, {"Name": "b", "Amount": "y"}]), state({})]
    path = {"rejects_path": str(tmp_path / "rejects.jsonl")} if kept else {}
    run = run_target(simulate(shop(0)), given, on_reject="continue", **path)
    assert (run.error, run.states) == (None, [{}])
    assert ("on_reject: continue without rejects_path: nothing keeps rejected rows" in caplog.text) is not kept
    assert ("nothing keeps the 2 rejected rows of this run" in caplog.text) is not kept


def test_rows_that_went_through_stream_maps_do_not_go_through_them_again(simulate, tmp_path):
    simulator = simulate(shop(0))
    described = schema("customers", key=["Name"], Name="string", Amount="number", Note="string")
    rejects = tmp_path / "rejects.jsonl"
    maps = {"customers": {"Amount": "Amount * 2", "Name": "Name"}}
    given = [described, *records("customers", [{"Name": "", "Amount": 100}])]
    run_target(simulator, given, rejects_path=str(rejects), stream_maps=maps)
    repaired = [json.loads(line) for line in rejects.read_text().replace('"Name":""', '"Name":"a"').splitlines()]
    run = run_target(simulator, repaired, stream_maps=maps)
    assert "customers: these rejected rows went through stream_maps before" in str(run.error)
    assert run_target(simulator, repaired).error is None
    assert [row["B"] for row in stored(simulator).values()] == [200]


def test_what_json_cannot_spell_comes_back_as_it_came(simulate, tmp_path):
    """Python's own json writes NaN and halves of surrogate pairs; a row with one is rejected, not the run."""
    simulator = simulate(shop(0))
    head = schema("customers", key=["Name"], Name="string", Amount="number")
    row = b'{"type": "RECORD", "stream": "customers", "record": {"Name": %s, "Amount": %s}}'
    odd = [
        row % (b'"n"', b"NaN"),
        row % (b'"n"', b"-Infinity"),
        row % (b'"\\ud800"', b"1.10"),
        row % (b'"m"', b"1e9999999"),
    ]
    path = tmp_path / "rejects.jsonl"
    run = run_target(simulator, [head, *odd, *records("customers", [{"Name": "good"}])], rejects_path=str(path))
    assert run.counts("customers") == {"read": 5, "created": 1, "rejected": 4}
    codes = ["not_finite", "not_finite", "not_text", "too_large"]
    assert [json.loads(line)["code"] for line in path.read_bytes().splitlines()[1:]] == codes
    again = tmp_path / "again.jsonl"
    run = run_target(simulator, path.read_bytes().splitlines(), rejects_path=str(again))
    assert run.counts("customers") == {"read": 4, "rejected": 4}
    assert again.read_bytes() == path.read_bytes()


def test_rejected_rows_are_made_safe_before_a_state_passes_them_and_not_at_every_other(simulate, tmp_path):
    done = []
    messages = [schema("customers", key=["Name"], Name="string", Amount="number")]
    for number in range(50):
        messages += [
            *records("customers", [{"Name": f"{number}", "Amount": "many"}, {"Name": f"{number}"}]),
            state(number),
        ]
    with limits.at_each_flush_of_rejects(lambda: done.append("safe")), limits.at_each_state(done.append):
        run_target(simulate(shop(0)), messages, rejects_path=str(tmp_path / "rejects.jsonl"), on_reject="continue")
    assert done[:2] == ["safe", 49]
    assert done.count("safe") <= 2, "once for the state, once at the end"


def test_a_row_is_rejected_with_its_key_all_its_faults_and_its_line_in_the_file(simulate, tmp_path, caplog):
    simulator = simulate(shop(0))
    tables = simulator.store.database(TEAM_ID, DATABASE_ID).tables
    tables["A"].fields["C"] = {"base": "date", "caption": "Day"}
    row = {"Name": "K-1", "Amount": "much", "Day": "31.31.2026"}
    place = {"_sdc_source_file": "kunden.xlsx", "_sdc_source_sheet": "Alt", "_sdc_source_lineno": 14}
    described = schema("customers", key=["Name"], Name="string", Amount="string", Day="string")
    path = tmp_path / "rejects.jsonl"
    run_target(simulator, [described, *records("customers", [{**row, **place}])], rejects_path=str(path))
    rejected = written(path)[1]
    assert rejected["key"] == "K-1"
    assert [(fault["property"], fault["code"]) for fault in rejected["faults"]] == [
        ("Amount", "not_a_number"), ("Day", "not_a_date"),
    ]  # fmt: skip
    assert rejected["source"] == {"file": "kunden.xlsx", "sheet": "Alt", "line": 14}
    [line] = [line for line in caplog.messages if "is rejected" in line]
    assert line.startswith(
        "customers: row 1 is rejected: kunden.xlsx, sheet 'Alt', line 14, Amount: It is not a number"
    )
    assert "Day: It is not a date" in line
    assert "K-1" not in line


def test_the_last_line_says_that_the_state_is_held_and_what_comes_again(simulate):
    rows = records("customers", [{"Name": "a", "Amount": "much"}, {"Name": "b", "Amount": 1}])
    described = schema("customers", key=["Name"], Name="string", Amount="number")
    run = run_target(simulate(shop(0)), [described, *rows])
    held = "the state is held before the first of them, by customers, so that everything since comes again."
    assert str(run.error).endswith(f"All others were; {held}")
    run = run_target(simulate(shop(0)), [described, *rows], dry_run=True)
    assert str(run.error).endswith(
        "A run in earnest would write all others, and hold the state before the first of these, by customers."
    )
