"""B6 and B9: what is said before anything is written, what a dry run shows, and what a rejected row leaves behind."""

from __future__ import annotations

import io
import json

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import records, run_target, schema, stored, writes
from tests.helpers.seeds import customer_records, customers, database, field, shop, table, team

ROWS = 10_000


def test_one_bad_row_in_ten_thousand(simulate, caplog, tmp_path):
    tables = {
        "A": table(
            "Customers",
            A=field("string", "Name"),
            B=field("date", "Since"),
            C=field("fn", "Total", fn="1"),
        )
    }
    simulator = simulate(team(database(tables, {"A": []})))
    described = schema("customers", key=["name"], name="string", since="string", total="number", colour="string")
    given = [
        {"name": f"n {n}", "since": "2026-13-01" if n == 4711 else "2026-01-01", "total": 5, "colour": "red"}
        for n in range(1, ROWS + 1)
    ]
    rejects = tmp_path / "rejects.jsonl"
    told_before_writing = []
    simulator.on_request.append(lambda *_: told_before_writing.append(caplog.text))
    run = run_target(
        simulator, [described, *records("customers", given)], rejects_path=str(rejects), batch_size_rows=1000
    )
    assert run.error is not None
    assert run.counts("customers") == {"read": ROWS, "created": ROWS - 1, "rejected": 1}
    assert len(stored(simulator)) == ROWS - 1
    first_write = next(place for place, call in enumerate(simulator.log.entries) if call.method == "POST")
    assert "'colour'" in told_before_writing[first_write]
    assert "'total' (a formula)" in told_before_writing[first_write]
    assert sum("'colour'" in record.message for record in caplog.records if record.levelname == "WARNING") == 1
    [_, rejected] = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert (rejected["row"], rejected["key"], rejected["property"]) == (4711, "n 4711", "since")
    assert rejected["reason"] == "It is not a date such as 2026-12-31 or 31.12.2026."
    assert rejected["record"] == given[4710]


def test_rejected_rows_can_be_fed_in_again_after_repair(simulate, tmp_path):
    simulator = simulate(shop(0))
    described = schema("customers", key=["Name"], Name="string", Amount="string")
    rejects = tmp_path / "rejects.jsonl"
    given = [{"Name": "a", "Amount": "1"}, {"Name": "b", "Amount": "1,5"}, {"Name": "c", "Amount": "x"}]
    run_target(simulator, [described, *records("customers", given)], rejects_path=str(rejects), on_reject="continue")
    repaired = [json.loads(line) for line in rejects.read_text().replace("1,5", "1.5").splitlines()]
    run = run_target(simulator, repaired, rejects_path=str(rejects), on_reject="continue")
    assert run.counts("customers") == {"read": 2, "created": 1, "rejected": 1}
    assert [row["B"] for row in stored(simulator).values()] == [1, 1.5]
    assert len(list(tmp_path.iterdir())) == 2


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def base():
    """Forty records, and rows that create 12, change 30, leave 8 alone and are rejected twice."""
    return team(database({"A": customers()}, {"A": customer_records(40)}))


INPUT = [
    schema("customers", key=["Name"], Name="string", Amount="string"),
    *records(
        "customers",
        [
            *({"Name": f"name {n}", "Amount": str(n * 10 + (n <= 30))} for n in range(1, 39)),
            *({"Name": f"new {n}", "Amount": "1"} for n in range(12)),
            *({"Name": f"bad {n}", "Amount": "viel"} for n in range(2)),
        ],
    ),
]


def test_a_dry_run_writes_nothing_and_counts_as_the_real_run(simulate, base, monkeypatch, tmp_path):
    simulator = simulate(base)
    before = stored(simulator)
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    settings = {"on_reject": "continue", "report_path": str(tmp_path / "report.json")}
    dry = run_target(simulator, INPUT, dry_run=True, **settings)
    assert dry.error is None
    assert writes(simulator) == []
    assert stored(simulator) == before
    assert dry.states == []
    told = terminal.getvalue()
    assert "  customers  Customers      12      30          8       0     0       2    52" in told.splitlines()
    assert (told.count("    update 'name "), told.count("    create 'new ")) == (3, 3)
    assert "Amount  10 → 11" in told
    samples = json.loads((tmp_path / "report.json").read_text())["streams"]["customers"]["samples"]
    assert len(samples) == 6
    real = run_target(simulator, INPUT, **settings)
    assert real.counts("customers") == dry.counts("customers")


def test_a_dry_run_shows_no_value_where_it_is_no_terminal(simulate, base, monkeypatch, caplog):
    output = io.StringIO()
    monkeypatch.setattr("sys.stderr", output)
    run_target(simulate(base), INPUT, dry_run=True, on_reject="continue")
    assert "changed fields: Amount (30)" in output.getvalue()
    assert "name 1" not in output.getvalue() + caplog.text


def test_a_limit_stops_a_surprise_before_it_happens(simulate, base):
    simulator = simulate(base)
    before = stored(simulator)
    run = run_target(simulator, INPUT, max_updates=11)
    assert "max_updates" in str(run.error)
    assert stored(simulator) == before


def test_a_row_whose_record_was_there_already_runs_no_script(simulate):
    tables = {"A": {**customers(), "afterUpdate": "this.Amount := 99"}}
    simulator = simulate(team(database(tables, {"A": [RecordDocument(id=1, fields={"A": "x", "B": 1}, sequence=1)]})))
    messages = [schema("customers", key=["Name"], Name="string", Amount="number")]
    run_target(simulator, [*messages, *records("customers", [{"Name": "x", "Amount": 1}])])
    assert stored(simulator) == {1: {"A": "x", "B": 1}}


@pytest.mark.parametrize("fields", [{}, {"Qx": None, "Nmae": None}], ids=["said nowhere", "left out on purpose"])
def test_a_column_that_no_field_is_called_like_is_named_before_the_rows_and_behind_them(simulate, caplog, fields):
    """At the end, too: a run of a thousand lines is looked at there."""
    simulator = simulate(shop(1))
    rows = [
        schema("customers", key=["Amount"], Amount="number", Qx="string", Nmae="string"),
        *records("customers", [{"Amount": 3, "Qx": "b", "Nmae": "Ann"}]),
    ]
    with caplog.at_level("INFO"):
        run = run_target(simulator, rows, streams={"customers": {"match_on": ["Amount"], "fields": fields}})
    assert run.error is None
    assert run.report["streams"]["customers"]["not_loaded"] == ([] if fields else ["Qx", "Nmae"])
    told = [line for line in caplog.messages if "Nmae" in line]
    assert len(told) == (0 if fields else 2)
    if told:
        assert told[0].endswith(
            "called so: 'Qx', 'Nmae' (nearest: 'Name'). To load one, set streams.customers.fields: "
            '{"Nmae": "Name"}; to leave it out for good: {"Nmae": null}.'
        )
        assert told[1].startswith("customers: 1 read = ")
        assert told[1].endswith("; not loaded: 'Qx', 'Nmae'")
