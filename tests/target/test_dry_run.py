"""The plan that a dry run prints: readable in a terminal, free of values elsewhere."""

from __future__ import annotations

import io
from collections import Counter

import pytest

from ninox_api.limits import Purpose
from ninox_api.schema import Choice, Field, Table
from target_ninox.dry_run import MOST_EXAMPLES, DryRun, Preview
from target_ninox.report import RunReport
from target_ninox.rows import EncodedRow

CUSTOMERS = Table(
    id="A",
    name="Kunden 🌱",
    fields=(
        Field(id="A", name="Nr.", type="string"),
        Field(id="B", name="Status", type="choice", choices=(Choice(id="1", caption="offen"),)),
        Field(id="C", name="Größe", type="number"),
    ),
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def report():
    made = RunReport(lambda: Counter({Purpose.WRITES: 3}), is_dry=True)
    customers = made.report_of("customers")
    customers.read, customers.created, customers.updated, customers.unchanged, customers.rejected = (
        6802,
        12,
        30,
        6758,
        2,
    )
    return made


@pytest.fixture
def dry_run():
    plan = Preview(CUSTOMERS, ("customers: not loaded, no field is called so: 'x'.",))
    plan.create(EncodedRow(number=1, key="K-new", fields={"A": "K-new", "B": "1", "C": ""}))
    for number in range(30):
        row = EncodedRow(number=number, key=f"K-{number}", fields={"B": "1", "C": ""})
        plan.update(row, 70 + number, {"B": "1", "C": ""} if number < 3 else {"C": ""}, {"B": "9", "C": number})
    plan.delete(7, along=lambda: {"Positions": 1200})
    return DryRun({"customers": plan})


def printed(dry_run, report, output):
    dry_run.print(report, to=output)
    return output.getvalue()


def test_a_terminal_shows_counts_and_differences_of_each_kind(dry_run, report, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert printed(dry_run, report, Terminal()).splitlines()[2:22] == [
        "  stream     table      create  update  unchanged  delete  skip  reject   read",
        "  customers  Kunden 🌱      12      30      6,758       0     0       2  6,802",
        "",
        "  customers → Kunden 🌱",
        "    not loaded, no field is called so: 'x'.",
        "    changed fields: Größe (30), Status (3)",
        "    update 'K-0'",
        "      Status  (empty) → 'offen'",
        "      Größe   0 → (empty)",
        "    update 'K-1'",
        "      Status  (empty) → 'offen'",
        "      Größe   1 → (empty)",
        "    update 'K-2'",
        "      Status  (empty) → 'offen'",
        "      Größe   2 → (empty)",
        "    create 'K-new'",
        "      Nr.     'K-new'",
        "      Status  'offen'",
        "    delete 7, and along with it 1,200 of Positions",
        "",
    ]


def test_a_new_record_is_shown_with_all_that_fills_a_field(report):
    notes = Table(
        id="A", name="Notes", fields=(Field(id="A", name="Text", type="html"), Field(id="B", name="No", type="number"))
    )
    plan = Preview(notes, ())
    plan.create(EncodedRow(number=1, key="K", fields={"A": "<p></p>", "B": ""}))
    assert plan.shown[0].fields == {"Text": ("(empty)", "(empty)")}


def test_elsewhere_no_value_is_shown(dry_run, report):
    told = printed(dry_run, report, io.StringIO())
    assert "6,758" in told
    assert told.splitlines()[7:15] == [
        "    changed fields: Größe (30), Status (3)",
        "    update record 70: Status, Größe",
        "    update record 71: Status, Größe",
        "    update record 72: Status, Größe",
        "    create row 1: Nr., Status",
        "    delete record 7, and along with it 1,200 of Positions",
        "",
        "  This may be a log, so that it shows no values: report_path has them, and a terminal.",
    ]
    assert "K-" not in told
    assert "offen" not in told
    assert "\x1b" not in told


def test_colour_is_for_terminals(dry_run, report, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    told = printed(dry_run, report, Terminal())
    assert "\x1b[33m    30\x1b[0m" in told
    assert "\x1b[31m       0" not in told


def test_a_value_cannot_steer_the_terminal(report):
    plan = Preview(CUSTOMERS, ())
    plan.update(EncodedRow(number=1, key="K\x1b[2J"), 5, {"A": "\x1b]0;owned\x07" + "x" * 100}, {})
    report_lines = "\n".join(DryRun({"customers": plan}).lines(report, shows_values=True))
    assert "\x1b" not in report_lines
    assert "…" in report_lines
    assert "x" * 41 not in report_lines


def test_the_report_file_gets_the_examples(dry_run):
    samples = dry_run.samples()["customers"]
    assert [sample["action"] for sample in samples] == [*["update"] * MOST_EXAMPLES, "create", "delete"]
    assert samples[-1]["deleted_along"] == {"Positions": 1200}
    assert samples[0] == {
        "action": "update",
        "record": "'K-0'",
        "fields": {"Status": ("(empty)", "'offen'"), "Größe": ("0", "(empty)")},
        "deleted_along": {},
    }


def test_several_streams_have_a_sum(dry_run, report):
    both = DryRun({**dry_run.previews, "orders": Preview(Table(id="B", name="Orders", fields=()), ())})
    report.report_of("orders").read = 1
    report.report_of("orders").removed = 4
    lines = list(both.lines(report, shows_values=False))
    assert lines[4].split() == ["orders", "Orders", "0", "0", "0", "4", "0", "0", "1"]
    assert lines[5].split() == ["all", "12", "30", "6,758", "4", "0", "2", "6,803"]
