"""B6, B7, B8: rows that Ninox does not take. The others land, the bad ones are named, the state is held."""

from __future__ import annotations

import json
import math

import pytest

from ninox_simulator.messages import json_reply
from tests.helpers import limits
from tests.helpers.run import records, run_target, schema, state, stored, writes
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, database, field, shop, table, team
from tests.helpers.wire import calls

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")
SAVES = {"method": "POST", "path": "/records$"}


def rows(count):
    return [{"Name": f"name {n}", "Amount": n} for n in range(1, count + 1)]


def poison(simulator, *numbers):
    """Let Ninox answer 500 to a save that holds one of some amounts, for a reason that only it knows."""
    simulator.store.database(TEAM_ID, DATABASE_ID).tables["A"].refuses = lambda fields: fields.get("B") in numbers


@pytest.mark.parametrize("batch", ["atomic", "partial"])
@pytest.mark.parametrize("bad", [1, 2, 50, 99, 100, 101, 777, 1000])
def test_one_bad_row_in_a_thousand(simulate, tmp_path, batch, bad):
    simulator = simulate(shop(0), batch=batch)
    poison(simulator, bad)
    path = tmp_path / "rejects.jsonl"
    run = run_target(simulator, [CUSTOMERS, *records("customers", rows(1000)), state({"a": 1})], rejects_path=str(path))
    assert sorted(row["B"] for row in stored(simulator).values()) == [n for n in range(1, 1001) if n != bad]
    assert run.counts("customers") == {"read": 1000, "created": 999, "rejected": 1, **recovered(run)}
    assert "1 row could not be written" in str(run.error)
    assert run.states == []
    reject = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
    assert (reject["row"], reject["code"], reject["record"]) == (bad, "refused", {"Name": f"name {bad}", "Amount": bad})
    of_a_good_run = 3 + 1 + 10  # team, database, schema; the table, which is empty; the batches
    assert len(calls(simulator)) - of_a_good_run <= 2 * math.ceil(math.log2(1000))


def recovered(run):
    found = run.counts("customers").get("recovered")
    return {"recovered": found} if found else {}


@pytest.mark.parametrize("batch", ["atomic", "partial"])
def test_bad_rows_among_updates(simulate, batch):
    simulator = simulate(shop(200), batch=batch)
    poison(simulator, 7, 8, 150)
    run = run_target(simulator, [CUSTOMERS, *records("customers", rows(200))])
    assert run.counts("customers") == {"read": 200, "updated": 197, "rejected": 3}
    assert {n for n, row in stored(simulator).items() if row["B"] != n} == {7, 8, 150}


@pytest.mark.parametrize("batch", ["atomic", "partial"])
def test_many_bad_rows_among_new_ones(simulate, batch):
    simulator = simulate(shop(0), batch=batch)
    bad = {3, 4, 5, 6, 40, 99, 100, 180}
    poison(simulator, *bad)
    run = run_target(simulator, [CUSTOMERS, *records("customers", rows(200))])
    assert sorted(row["B"] for row in stored(simulator).values()) == [n for n in range(1, 201) if n not in bad]
    assert run.counts("customers")["rejected"] == len(bad)


@pytest.mark.parametrize("batch", ["atomic", "partial"])
def test_a_bad_row_in_every_ten_is_no_table_that_takes_no_row(simulate, batch):
    simulator = simulate(shop(0), batch=batch)
    poison(simulator, *range(10, 1101, 10))
    run = run_target(simulator, [CUSTOMERS, *records("customers", rows(1100))])
    assert run.counts("customers") == {"read": 1100, "created": 990, "rejected": 110, **recovered(run)}
    assert len(stored(simulator)) == 990


def test_a_refused_row_needs_no_look_where_the_next_id_shows_that_nothing_was_saved(simulate):
    simulator = simulate(shop(0))
    poison(simulator, 7, 27, 57, 77)
    run = run_target(simulator, [CUSTOMERS, *records("customers", rows(100))])
    assert run.counts("customers") == {"read": 100, "created": 96, "rejected": 4}
    assert [row["B"] for row in stored(simulator).values()] == [n for n in range(1, 101) if n not in {7, 27, 57, 77}]
    requests = [(call.method, call.status) for call in calls(simulator)]
    refused = requests.count(("POST", 500))
    looks = sum(method == "GET" for method, _ in requests[requests.index(("POST", 500)) :]) - 1  # and the schema
    assert refused == 1 + 4 * 3
    # Each of the four waited when it was refused alone; a table that seems to be empty is looked at twice.
    assert looks == refused - 4 + 2


@pytest.mark.parametrize("switches", [{}, {"updated_order": "ignored"}], ids=str)
@pytest.mark.parametrize(("existing", "hidden"), [(0, 1), (1, 0), (1, 1), (2, 1), (2, 2), (40, 1), (40, 2)])
def test_no_record_is_made_twice_where_a_refused_batch_was_saved_and_then_seems_not_to_be(
    simulate, existing, hidden, switches
):
    simulator = simulate(shop(existing), **switches)
    refused = simulator.faults.add(kind="status_after", status=500, **SAVES)
    hide = {"kind": "empty_page", "method": "GET", "path": "/A/records$", "times": hidden}
    simulator.on_request.append(
        lambda _, method, __: method == "POST" and refused.seen == 1 and hidden and simulator.faults.add(**hide)
    )
    run = run_target(simulator, [CUSTOMERS, *records("customers", rows(existing + 20)), state({"a": 1})])
    assert len(stored(simulator)) == existing + 20
    if hidden < 2:
        assert run.error is None
        assert run.counts("customers")["recovered"] == 20
    else:
        assert "was not read to its end" in str(run.error)
        assert run.states == []


@pytest.mark.parametrize("then", ["nothing", "drop_after", "drop_before", "refused"])
def test_a_refused_row_that_is_saved_all_the_same_is_found_by_the_id_that_is_missing(simulate, then):
    simulator = simulate(shop(0))
    given = rows(100)
    given[26]["Name"], given[27]["Name"] = "a name that tells its request", "a longer name that tells its request"
    size, of_one = [0], len('[{"fields":{"A":"","B":28}}]')
    before, alone = (of_one + len(given[place]["Name"]) for place in (26, 27))
    others = {7, 30} if then == "refused" else {7}

    def watch(index, method, _path):
        size[0] = simulator.log.entries[index].body_size
        if method == "POST" and size[0] == before:  # the next one is that of row 28 alone
            simulator.faults.add(kind="status_after", status=500, **SAVES)
            if then.startswith("drop"):
                simulator.faults.add(kind=then, after=1, **SAVES)

    simulator.on_request.append(watch)
    simulator.store.database(TEAM_ID, DATABASE_ID).tables["A"].refuses = lambda fields: (
        fields.get("B") in others or (fields.get("B") == 28 and size[0] != alone)
    )
    run = run_target(simulator, [CUSTOMERS, *records("customers", given)], max_retries=2)
    assert sorted(row["B"] for row in stored(simulator).values()) == [n for n in range(1, 101) if n not in others]
    counts = run.counts("customers")
    assert (counts["created"], counts["rejected"]) == (100 - len(others), len(others))
    assert counts["recovered"] >= 1
    assert ("POST", 500, alone) in [(call.method, call.status, call.body_size) for call in calls(simulator)]


@pytest.mark.parametrize("policy", ["fail", "continue"])
@limits.small_batches(2)
def test_the_state_passes_rejected_rows_only_if_the_settings_say_so(simulate, policy):
    simulator = simulate(shop(0))
    poison(simulator, 3)
    given = records("customers", rows(6))
    messages = [CUSTOMERS, *given[:2], state({"a": 2}), *given[2:4], state({"a": 4}), *given[4:], state({"a": 6})]
    run = run_target(simulator, messages, on_reject=policy)
    if policy == "fail":
        assert run.states == [{"a": 2}]
        assert run.error is not None
    else:
        assert run.states == [{"a": 2}, {"a": 4}, {"a": 6}]
        assert run.error is None
    assert len(stored(simulator)) == 5


def test_what_cannot_work_is_said_before_any_write_and_one_bad_row_costs_no_other(simulate, caplog, tmp_path):
    customers = table(
        "Customers",
        A=field("string", "Name"), B=field("date", "Since"), C=field("fn", "Total", fn="1"),
    )  # fmt: skip
    simulator = simulate(team(database({"A": customers})))
    warned = []
    simulator.on_request.append(lambda _i, method, _p: warned.append(caplog.text) if method == "POST" else None)
    described = schema("customers", key=["Name"], Name="string", Since="string", Total="number", Colour="string")
    given = [{"Name": f"n {n}", "Since": "2026-01-31", "Total": 1, "Colour": "red"} for n in range(10_000)]
    given[4710]["Since"] = "31. of January"
    path = tmp_path / "rejects.jsonl"
    run = run_target(simulator, [described, *records("customers", given)], rejects_path=str(path))
    assert "Colour" in warned[0]
    assert "Total" in warned[0]
    assert len(stored(simulator)) == 9999
    assert run.error is not None
    [reject] = [
        row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()) if row["type"] == "RECORD"
    ]
    assert (reject["row"], reject["property"], reject["record"]["Since"]) == (4711, "Since", "31. of January")
    assert "31. of January" not in caplog.text
    assert "n 4710" not in caplog.text


def test_a_field_that_vanishes_while_the_run_is_under_way_is_named_and_left_out(simulate, caplog):
    simulator = simulate(shop(0))
    edit = simulator.store.database(TEAM_ID, DATABASE_ID)
    seen = []

    def drop_field(_index, method, _path):
        if method == "POST" and not seen:
            seen.append(1)
            edit.remove_field("A", "B")

    simulator.on_request.append(drop_field)
    run = run_target(simulator, [CUSTOMERS, *records("customers", rows(250))])
    assert run.error is None
    assert "'Amount'" in caplog.text
    assert len(stored(simulator)) == 250
    assert [call.path for call in calls(simulator)].count(f"/v1/teams/{TEAM_ID}/databases/{DATABASE_ID}") == 2


def test_a_field_renamed_a_minute_ago_is_met_by_its_id(simulate):
    simulator = simulate(shop(0))
    edit = simulator.store.database(TEAM_ID, DATABASE_ID)
    simulator.on_request.append(
        lambda _i, method, _p: edit.rename_field("A", "B", "Betrag") if method == "POST" else None
    )
    assert run_target(simulator, [CUSTOMERS, *records("customers", rows(10))]).error is None
    assert [row["B"] for row in stored(simulator).values()] == list(range(1, 11))


@limits.no_pauses()
def test_a_server_that_answers_500_to_everything_is_not_taken_for_bad_rows(simulate):
    simulator = simulate(shop(0))
    simulator.faults.add(kind="status", status=500, times=None, after=4)
    run = run_target(simulator, [CUSTOMERS, *records("customers", rows(200)), state({"a": 1})], max_retries=2)
    assert "HTTP 500" in str(run.error)
    assert run.counts("customers") == {"read": 200}
    assert run.states == []


def test_a_table_that_takes_no_row_at_all_does_not_use_up_the_calls(simulate):
    simulator = simulate(shop(0))
    simulator.faults.add(kind="status", status=500, times=None, **SAVES)
    run = run_target(simulator, [CUSTOMERS, *records("customers", rows(3000))])
    assert "refused 100 rows" in str(run.error)
    assert len(calls(simulator)) < 450


@pytest.mark.parametrize("kind", ["refuse_one", "lose_one"])
@pytest.mark.parametrize("existing", [0, 10], ids=["new", "changed"])
def test_200_but_not_stored(simulate, caplog, kind, existing):
    simulator = simulate(shop(existing))
    simulator.faults.add(kind=kind, **SAVES)
    run = run_target(simulator, [CUSTOMERS, *records("customers", rows(10)), state({"a": 1})])
    outcome = "updated" if existing else "created"
    counts = run.counts("customers")
    assert (counts[outcome], counts["rejected"]) == (9, 1)
    assert "row 6 is rejected" in caplog.text
    assert run.states == []
    assert run.error is not None
    assert sum(row.get("B") == n for n, row in enumerate(stored(simulator).values(), start=1)) in {9, 5}


def test_rejected_rows_are_fed_in_again_after_repair(simulate, tmp_path):
    simulator = simulate(shop(0))
    path = tmp_path / "rejects.jsonl"
    given = [{"Name": "a", "Amount": 1}, {"Name": "b", "Amount": "many"}]
    run_target(simulator, [CUSTOMERS, *records("customers", given)], rejects_path=str(path))
    messages = [json.loads(line) for line in path.read_text(encoding="utf-8").replace('"many"', "2").splitlines()]
    run = run_target(simulator, messages)
    assert run.error is None
    assert [row["B"] for row in stored(simulator).values()] == [1, 2]


def test_writes_are_batches_of_the_size_that_was_asked_for(simulate):
    simulator = simulate(shop(0))
    run_target(simulator, [CUSTOMERS, *records("customers", rows(90))], batch_size_rows=40)
    assert len(writes(simulator)) == 3


def test_a_row_behind_a_deletion_of_its_record_is_rejected_as_it_came(simulate, tmp_path):
    """With the mark of the row before it, feeding the reject in again would delete the record."""
    simulator = simulate(shop(1), batch="atomic")
    poison(simulator, 7)
    described = schema("customers", key=["Name"], Name="string", Amount="number", _sdc_deleted_at="string")
    given = [{"Name": "name 1", "_sdc_deleted_at": "2026-01-01T00:00:00Z"}, {"Name": "name 1", "Amount": 7}]
    path = tmp_path / "rejects.jsonl"
    messages = [described, *records("customers", given), state({"a": 1})]
    run_target(simulator, messages, hard_delete=True, rejects_path=str(path))
    rejects = [line for line in map(json.loads, path.read_text("utf-8").splitlines()) if line["type"] == "RECORD"]
    assert [reject["record"] for reject in rejects] == [given[1]]
    assert len(stored(simulator)) == 1


PATIENTS = schema("patients", key=["Name"], Name="string", Amount="number", Ill="string", IBAN="string")
PATIENT = {"Name": "Dr. Adelheid von Hohenfels-Schwarzenbach", "Amount": "73915046.00", "Ill": "Krebs, Grippe",
           "IBAN": "de02 1203 0000 0000 2020 51"}  # fmt: skip
WARD = table(
    "Patients", A=field("string", "Name"), B=field("number", "Amount"), D=field("string", "IBAN"),
    C=field("multi", "Ill", values={"1": {"caption": "Krebs"}, "2": {"caption": "Grippe"}}),
)  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        "Wert 73915046 ist zu hoch", "Option Krebs unbekannt", "Name zu lang: Dr. Adelheid von Hohen",
        "DE02120300000000202051 is no IBAN", {"message": "Krebs"}, "x" * 5000, 73915046, ["Krebs"],
    ],
    ids=lambda said: str(said)[:20],
)  # fmt: skip
def test_what_ninox_says_of_a_row_is_not_repeated_as_it_may_quote_it(simulate, caplog, tmp_path, said):
    simulator = simulate(team(database({"A": WARD})))
    path = tmp_path / "rejects.jsonl"
    with limits.saves_answered(json_reply([{"_err": said}])):
        run = run_target(simulator, [PATIENTS, *records("patients", [PATIENT])], rejects_path=str(path))
    reject = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
    assert (reject["code"], reject["row"], reject["key"]) == ("not_saved", 1, PATIENT["Name"])
    for told in (reject["reason"], caplog.text, str(run.error), json.dumps(run.report)):
        for word in ("73915046", "Krebs", "Adelheid", "DE0212", "xxx"):
            assert word not in told
    for name in ("Name", "Amount", "Ill", "IBAN"):
        assert repr(name) in reject["reason"]


def test_what_ninox_is_known_to_say_of_a_row_is_repeated(simulate, caplog):
    simulator = simulate(shop(0))
    with limits.saves_answered(json_reply([{"_err": "Record not found"}])):
        run_target(simulator, [CUSTOMERS, *records("customers", rows(1))])
    assert "row 1 is rejected: Ninox answered 200, but with an error: Record not found. Sent: 'Name', 'Amount'." in (
        caplog.text
    )
