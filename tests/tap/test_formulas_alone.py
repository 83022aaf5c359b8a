"""Formulas that are a day old come alone: a call for each page, under a schema of their own, and no row lacks more."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import discover, metadata, replay, run_tap
from tests.helpers.seeds import customers, database, field, team
from tests.helpers.wire import calls

STREAM = "shop__customers"
GROSS = {"formulas": {"*.gross": "number"}}
EVERYTHING = ["_sdc_deleted_at", "_sequence", "amount", "name"]


def shop(ids, **fields):
    formulas = fields or {"D": field("fn", "Gross", fn="Amount * 2")}
    records = [
        RecordDocument(id=n, fields={"A": f"name {n}", "B": n}, sequence=at) for at, n in enumerate(ids, start=1)
    ]
    return team(database({"A": customers(**formulas)}, {"A": records}))


def aged(state):
    state = copy.deepcopy(state)
    bookmark = state["bookmarks"][STREAM]
    bookmark["full_refresh_at"] = "2020-01-01T00:00:00Z"
    for refreshed in bookmark["formula_refresh"] or ():
        refreshed["at"] = "2020-01-02T00:00:00Z"
    return state


def change_formula(simulator, script, field_id="D"):
    """Let the values of all records change, which moves no sequence."""
    simulator.edit.schema["types"]["A"]["fields"][field_id]["fn"] = script


def of_table(simulator):
    """What was asked about records since the log was cleared."""
    last = [call.path.rsplit("/", 1)[1] for call in calls(simulator)]
    return [part for part in last if part in {"query", "records"}]


def at(path, action):
    """Return a hook that acts before the first request for a path."""
    left = [action]

    def hook(edit, _, asked):
        if asked.endswith(path) and left:
            left.pop()(edit)

    return hook


def narrow(run):
    return [row for row in (m["record"] for m in run.of_type("RECORD", STREAM)) if "name" not in row]


@pytest.fixture
def loaded(simulate):
    """A table of 25 rows that was loaded, and whose formula is another since; in pages of ten."""
    simulator = simulate(shop(range(1, 26)))
    first = run_tap(simulator, **GROSS, page_size=10)
    change_formula(simulator, "Amount * 3")
    simulator.log.clear()
    return simulator, first


def test_a_refresh_of_formulas_is_a_call_a_page_and_sends_nothing_else_under_the_version_in_force(loaded):
    simulator, first = loaded
    run = run_tap(simulator, **GROSS, page_size=10, state=aged(first.state))
    assert run.error is None
    assert of_table(simulator) == ["query"] * 3
    kinds = [m["type"] for m in run.messages if m.get("stream") == STREAM]
    assert kinds == ["SCHEMA", "SCHEMA", *["RECORD"] * 25, "SCHEMA"]
    rows, alone, again = (m["schema"]["properties"].keys() for m in run.of_type("SCHEMA", STREAM))
    assert (list(alone), again) == (["_id", "gross"], rows)
    assert [m["schema"]["x-ninox"]["table"] for m in run.of_type("SCHEMA", STREAM)] == ["A"] * 3
    sent = run.of_type("RECORD", STREAM)
    assert [m["record"] for m in sent] == [{"_id": n, "gross": n * 3} for n in range(1, 26)]
    assert {m["version"] for m in sent} == {first.bookmark(STREAM)["table_version"]}
    assert run.report["streams"][STREAM]["rows"] == 25


def test_the_next_refresh_comes_a_day_later_and_a_full_one_counts_for_it(loaded):
    simulator, first = loaded
    assert narrow(run_tap(simulator, **GROSS, state=first.state)) == []
    run = run_tap(simulator, **GROSS, state=aged(first.state))
    assert narrow(run_tap(simulator, **GROSS, state=run.state)) == []
    assert len(narrow(run_tap(simulator, **GROSS, state=aged(run.state)))) == 25
    whole = run_tap(simulator, **GROSS, state=aged(run.state), refresh=[STREAM])
    assert (len(whole.of_type("ACTIVATE_VERSION", STREAM)), narrow(whole)) == (1, [])
    assert narrow(run_tap(simulator, **GROSS, state=whole.state)) == []


COMPLETE = [
    {"deletes": "full"},
    {"deletes": "stream"},
    {"deletes": "ignore"},
    {"full_refresh_interval_hours": 24},
    {"stream_maps": {STREAM: {"doubled": "amount * 2"}}},
    {"flattening_enabled": True, "flattening_max_depth": 1},
]


@pytest.mark.parametrize("settings", COMPLETE, ids=str)
def test_rows_come_complete_where_others_would_lose_columns_or_a_full_refresh_is_asked_for(loaded, settings):
    simulator, _ = loaded
    first = run_tap(simulator, **GROSS, **settings)
    run = run_tap(simulator, **GROSS, **settings, state=aged(first.state))
    assert run.error is None
    assert (narrow(run), len(run.of_type("RECORD", STREAM))) == ([], 25)
    assert len(run.of_type("ACTIVATE_VERSION", STREAM)) == 1


def test_a_table_of_one_page_that_has_changed_is_read_in_full_by_fewer_calls(loaded):
    simulator, first = loaded
    simulator.edit.update("A", 7, {"A": "changed"})
    run = run_tap(simulator, **GROSS, state=aged(first.state))
    assert (of_table(simulator), narrow(run)) == (["records", "query"], [])
    assert [row["gross"] for row in run.rows(STREAM)] == [n * 3 for n in range(1, 26)]
    assert len(run.of_type("ACTIVATE_VERSION", STREAM)) == 1


def test_rows_of_batch_files_come_complete(loaded, tmp_path):
    simulator, first = loaded
    files = {"batch_config": {"storage": {"root": tmp_path.as_uri()}, "encoding": {"compression": "none"}}}
    run_tap(simulator, **GROSS, **files, state=aged(first.state))
    lines = [line for path in tmp_path.glob(f"*{STREAM}*") for line in path.read_text("utf-8").splitlines()]
    assert len(lines) == 25
    assert all('"name":' in line for line in lines)


@pytest.mark.parametrize("switches", [{"feed": "missing"}, {"next_rids": "absent"}], ids=str)
def test_rows_come_complete_where_the_feed_does_not_say_what_must_be_known(loaded, switches):
    simulator, first = loaded
    simulator.switches.update(switches)
    run = run_tap(simulator, **GROSS, state=aged(first.state))
    assert (narrow(run), len(run.rows(STREAM))) == ([], 25)


def test_rows_come_complete_where_a_field_is_called_id_as_what_a_range_is_asked_by(simulate):
    simulator = simulate(shop(range(1, 4), C=field("number", "Id"), D=field("fn", "Gross", fn="Amount * 2")))
    first = run_tap(simulator, **GROSS)
    run = run_tap(simulator, **GROSS, state=aged(first.state))
    assert (narrow(run), [row["gross"] for row in run.rows(STREAM)]) == ([], [2, 4, 6])


def test_an_upserting_loader_has_all_columns_of_now_whatever_happens_meanwhile(loaded):
    simulator, first = loaded
    warehouse = replay({}, first, STREAM)
    simulator.edit.update("A", 1, {"A": "changed before"})
    simulator.edit.delete("A", 2)

    def meanwhile(edit):
        edit.update("A", 3, {"A": "changed meanwhile", "B": 300})
        edit.delete("A", 4)
        edit.create("A", {"A": "back", "B": 2}, id=2)
        edit.create("A", {"A": "new", "B": 26})

    simulator.between(at("/query", meanwhile))
    run = run_tap(simulator, **GROSS, page_size=10, state=aged(first.state))
    replay(warehouse, run, STREAM)
    sent = [m["record"]["_id"] for m in run.of_type("RECORD", STREAM)]
    assert sorted(sent) == [1, 2, 3, *range(5, 26)], "each id once, and none that is new or gone"
    assert (run.ids(STREAM)[0], [row["_id"] for row in run.tombstones(STREAM)]) == (1, [2])
    assert warehouse[1]["name"] == "changed before"
    assert warehouse[3]["name"] == "name 3", "until the next run"
    later = run_tap(simulator, **GROSS, state=run.state)
    replay(warehouse, later, STREAM)
    assert {n: (row["name"], row["gross"]) for n, row in warehouse.items() if not row["_sdc_deleted_at"]} == {
        record.id: (record.fields["A"], record.fields["B"] * 3) for record in simulator.edit.records("A")
    }
    assert [n for n, row in warehouse.items() if row["_sdc_deleted_at"]] == [4]


def test_a_refresh_that_was_broken_off_goes_on_behind_the_last_page_and_repeats_no_change(loaded):
    simulator, first = loaded
    simulator.edit.update("A", 20, {"A": "changed"})
    simulator.edit.delete("A", 21)
    simulator.faults.add("status", status=503, path="/query$", after=2, times=1)
    died = run_tap(simulator, **GROSS, page_size=10, state=aged(first.state))
    assert "503" in died.stream_error(STREAM)
    assert [row["_id"] for row in narrow(died) if not row.get("_sdc_deleted_at")] == list(range(1, 11))
    assert [m["type"] for m in died.messages if m.get("stream") == STREAM][-1] == "SCHEMA"
    assert died.bookmark(STREAM)["replication_key_value"] == simulator.edit.sequence
    rest = run_tap(simulator, **GROSS, page_size=10, state=died.state)
    assert rest.ids(STREAM) == [n for n in range(11, 26) if n != 21]
    assert rest.tombstones(STREAM) == []
    assert narrow(run_tap(simulator, **GROSS, state=rest.state)) == []


def test_a_refresh_that_was_broken_off_begins_anew_for_other_formulas(loaded):
    simulator, first = loaded
    simulator.edit.schema["types"]["A"]["fields"]["E"] = field("fn", "Half", fn="Amount / 2")
    simulator.faults.add("status", status=503, path="/query$", after=1, times=1)
    died = run_tap(simulator, **GROSS, page_size=10, state=aged(first.state))
    both = {"formulas": {"*.gross": "number", "*.half": "number"}}
    run = run_tap(simulator, **both, page_size=10, state=died.state)
    assert narrow(run) == [{"_id": n, "gross": n * 3, "half": Decimal(n) / 2} for n in range(1, 26)]
    assert "values_reshaped" not in run_tap(simulator, **both, state=run.state).drifts()


@limits.slow_answers(quick_s=60.0, slow_s=60.0)  # on a busy machine they are not slow either
@pytest.mark.parametrize(
    ("ids", "most"),
    [
        pytest.param(range(1, 7001), 3, id="no gaps: 1,000, 2,000, 4,000"),
        pytest.param(range(10, 30_001, 10), 3, id="every tenth"),
        pytest.param([1, 2, 9_000_000], 5, id="far apart"),
    ],
)
def test_ranges_grow_as_pages_do_and_where_records_are_far_apart(simulate, ids, most):
    simulator = simulate(shop(ids))
    first = run_tap(simulator, **GROSS)
    simulator.log.clear()
    run = run_tap(simulator, **GROSS, state=aged(first.state))
    assert narrow(run) == [{"_id": n, "gross": n * 2} for n in ids]
    assert len(of_table(simulator)) == most


def test_a_range_that_is_too_much_is_asked_for_in_smaller_ones(loaded):
    simulator, first = loaded
    simulator.faults.add("status", status=504, path="/query$", times=1)
    run = run_tap(simulator, **GROSS, page_size=20, state=aged(first.state))
    assert [row["gross"] for row in narrow(run)] == [n * 3 for n in range(1, 26)]
    assert len(of_table(simulator)) == 1 + 5


def test_a_long_range_that_is_too_much_says_nothing_of_those_behind(simulate, caplog):
    ids = [*range(10, 100, 10), *range(100, 201)]
    simulator = simulate(shop(ids))
    first = run_tap(simulator, **GROSS)
    simulator.log.clear()
    simulator.faults.add("status", status=504, path="/query$", after=2, times=1)
    run = run_tap(simulator, **GROSS, page_size=10, state=aged(first.state))
    assert [row["_id"] for row in narrow(run)] == ids
    assert len(of_table(simulator)) == len(["to 10", "90", "190", "100", "180", "190", "200"])
    assert "too much for the server" not in caplog.text


@pytest.mark.parametrize(
    ("ids", "cut_at", "most"),
    [
        pytest.param(range(1, 401), 100, 4, id="no gaps"),
        pytest.param([*range(1, 101), 390], 100, 2, id="one behind"),
        pytest.param([*range(5, 1400, 3), 60_000], 100, 9, id="gaps"),
        pytest.param(range(1, 901), 300, 3, id="no usual bound"),
        pytest.param([*range(5, 1400, 3), 60_000], 130, 9, id="no usual bound, gaps"),
    ],
)
def test_a_server_that_cuts_answers_of_queries_leaves_no_record_out(simulate, ids, cut_at, most):
    simulator = simulate(shop(ids))
    first = run_tap(simulator, **GROSS)
    simulator.log.clear()
    with limits.answers_of_queries_cut_at(cut_at):
        run = run_tap(simulator, **GROSS, state=aged(first.state))
    assert [row["_id"] for row in narrow(run)] == [*ids]
    assert len(of_table(simulator)) <= most


def test_a_range_without_records_behind_a_formula_that_failed_is_nothing_to_ask_about(simulate):
    ids = [*range(1, 21), 50_000]
    simulator = simulate(shop(ids), formula_errors="fail")
    first = run_tap(simulator, **GROSS)
    change_formula(simulator, "if Amount = 4 then Name * 2 else 7 end")
    run = run_tap(simulator, **GROSS, page_size=10, state=aged(first.state))
    assert run.error is None
    assert narrow(run) == [{"_id": n, "gross": None if n == 4 else 7} for n in ids]


def test_a_formula_that_fails_for_some_record_is_null_there_and_makes_no_row_of_one_that_is_gone(simulate):
    simulator = simulate(
        shop([1, 2, 4, 5], D=field("fn", "Gross", fn="Amount * 2"), E=field("fn", "Bad", fn="1")),
        formula_errors="fail",
    )
    both = {"formulas": {"*.gross": "number", "*.bad": "number"}}
    first = run_tap(simulator, **both)
    change_formula(simulator, "if Amount = 4 then Name * 2 else 7 end", "E")
    run = run_tap(simulator, **both, state=aged(first.state))
    assert run.error is None
    assert narrow(run) == [{"_id": n, "gross": n * 2, "bad": None if n == 4 else 7} for n in (1, 2, 4, 5)]
    assert run.report["streams"][STREAM]["uncomputed"] == {"bad": 1}


@pytest.mark.parametrize("status", [400, 500])
def test_where_no_script_runs_rows_keep_what_they_have_and_each_run_asks_once_more(loaded, caplog, status):
    simulator, first = loaded
    simulator.faults.add("status", status=status, path="/query$", times=4)
    state = aged(first.state)
    for _ in range(2):
        run = run_tap(simulator, **GROSS, state=state)
        assert (run.error, run.of_type("RECORD", STREAM)) == (None, [])
        assert "runs no script that reads the formulas of a range of records" in caplog.text
        assert of_table(simulator) == ["query"] * 2, "with the formulas, and without"
        state = run.state
        simulator.log.clear()
    assert len(narrow(run_tap(simulator, **GROSS, state=state))) == 25


def test_a_fault_of_a_later_range_is_an_error_and_the_next_run_goes_on_there(loaded):
    simulator, first = loaded
    simulator.faults.add("status", status=500, path="/query$", after=1, times=2)
    died = run_tap(simulator, **GROSS, page_size=10, state=aged(first.state))
    assert "500" in died.stream_error(STREAM)
    assert [row["_id"] for row in narrow(died)] == list(range(1, 11))
    rest = run_tap(simulator, **GROSS, page_size=10, state=died.state)
    assert [row["_id"] for row in narrow(rest)] == list(range(11, 26))
    assert narrow(run_tap(simulator, **GROSS, state=rest.state)) == []


@pytest.mark.parametrize("range_number", [0, 1])
def test_an_answer_of_another_form_does_not_pass_for_a_range_without_records(loaded, range_number):
    simulator, first = loaded
    simulator.faults.add("wrong_shape", path="/query$", after=range_number, times=1)
    run = run_tap(simulator, **GROSS, page_size=10, state=aged(first.state))
    assert ("unknown form" in (run.stream_error(STREAM) or "")) == (range_number > 0)
    rest = run_tap(simulator, **GROSS, page_size=10, state=run.state)
    assert [row["_id"] for row in narrow(run) + narrow(rest)] == list(range(1, 26))


def test_formulas_that_a_clock_of_years_ahead_read_are_due(loaded):
    simulator, first = loaded
    state = copy.deepcopy(first.state)
    state["bookmarks"][STREAM]["full_refresh_at"] = "2058-01-01T00:00:00Z"
    assert len(narrow(run_tap(simulator, **GROSS, state=state))) == 25


@pytest.mark.parametrize("parallel", [1, 4])
def test_a_key_that_may_not_query_any_more_is_an_error_of_that_stream_behind_its_changes(loaded, parallel):
    simulator, first = loaded
    simulator.edit.update("A", 20, {"A": "changed"})
    simulator.edit.delete("A", 21)
    simulator.faults.add("status", status=403, path="/query$", after=1, times=None)
    settings = {**GROSS, "page_size": 10, "max_parallel_requests": parallel}
    run = run_tap(simulator, **settings, state=aged(first.state))
    assert "this key may not run queries" in run.stream_error(STREAM)
    assert (run.ids(STREAM), [row["_id"] for row in run.tombstones(STREAM)]) == ([20], [21])
    assert run.bookmark(STREAM)["replication_key_value"] == simulator.edit.sequence
    again = run_tap(simulator, **settings, state=run.state)
    assert again.of_type("RECORD", STREAM) == []


def test_whatever_goes_wrong_the_schema_of_the_rows_is_the_last(loaded):
    simulator, first = loaded
    answers = iter([[{"i": 1, "f0": 7}]])  # and an error that nobody foresaw
    with limits.answers_of_queries(lambda _: next(answers)):
        run = run_tap(simulator, **GROSS, page_size=10, state=aged(first.state))
    assert run.error is not None
    assert narrow(run) == [{"_id": 1, "gross": 7}]
    assert "name" in run.of_type("SCHEMA", STREAM)[-1]["schema"]["properties"]


def test_a_formula_that_is_named_later_comes_for_all_rows_in_the_next_run_and_once(loaded):
    simulator, _ = loaded
    first = run_tap(simulator, formulas={"*.gross": "number"})
    simulator.edit.schema["types"]["A"]["fields"]["E"] = field("fn", "Half", fn="Amount / 2")
    both = {"formulas": {"*.gross": "number", "*.half": "number"}}
    simulator.faults.add("status", status=403, path="/query$", times=1)
    died = run_tap(simulator, **both, state=first.state)
    assert died.stream_error(STREAM)
    run = run_tap(simulator, **both, state=died.state)
    assert narrow(run) == [{"_id": n, "gross": n * 3, "half": Decimal(n) / 2} for n in range(1, 26)]
    assert run_tap(simulator, **both, state=run.state).of_type("RECORD", STREAM) == []
    assert narrow(run_tap(simulator, **GROSS, state=run.state)) == []


def test_an_answer_with_records_that_were_not_asked_for_makes_no_rows_of_them(loaded):
    simulator, first = loaded
    with limits.answers_of_queries(lambda _: [{"i": n, "f0": n} for n in (3, 26, 99, 0)]):
        run = run_tap(simulator, **GROSS, state=aged(first.state))
    assert narrow(run) == [{"_id": 3, "gross": 3}]


@pytest.mark.parametrize("other", [{"i": None}, {"i": "x", "f0": 1}, "text", [["A4"]]])
def test_a_record_that_cannot_be_told_among_others_makes_an_answer_unknown(loaded, other):
    simulator, first = loaded
    with limits.answers_of_queries(lambda _: [{"i": 3, "f0": 9}, other]):
        run = run_tap(simulator, **GROSS, state=aged(first.state))
    assert narrow(run) == []
    assert len(narrow(run_tap(simulator, **GROSS, state=run.state))) == 25


def test_an_empty_table_costs_no_query(simulate):
    simulator = simulate(shop([]))
    first = run_tap(simulator, **GROSS)
    simulator.log.clear()
    run = run_tap(simulator, **GROSS, state=aged(first.state))
    assert "query" not in of_table(simulator)
    assert [m["type"] for m in run.messages if m.get("stream") == STREAM] == ["SCHEMA"]


def test_tables_that_are_read_ahead_send_the_same(loaded):
    simulator, first = loaded
    run = run_tap(simulator, **GROSS, page_size=10, state=aged(first.state), max_parallel_requests=4)
    assert narrow(run) == [{"_id": n, "gross": n * 3} for n in range(1, 26)]


CHANGES = {
    "named later": ({}, {"formulas": {"*.gross": "number"}}, "gross"),
    "another type": (GROSS, {"formulas": {"*.gross": "string"}}, "gross_string"),
}


@pytest.mark.parametrize("change", ["named later", "another type"])
def test_a_formula_that_rows_lack_is_due_at_once_and_no_refresh_is_advised(simulate, change):
    before, after, name = CHANGES[change]
    simulator = simulate(shop(range(1, 26)))
    state = run_tap(simulator, **before, page_size=10).state
    run = run_tap(simulator, **after, page_size=10, state=state)
    assert [row.keys() for row in narrow(run)] == [{"_id", name}] * 25
    (line,) = (drift["message"] for drift in run.report["drift"] if drift["field_id"] == "D")
    assert "this run has filled it for all rows" in line
    assert "refresh" not in line
    later = run_tap(simulator, **after, page_size=10, state=run.state)
    assert (narrow(later), later.drifts()) == ([], [])


def test_a_formula_that_is_selected_again_is_due_at_once_and_no_refresh_is_advised(simulate):
    simulator = simulate(shop(range(1, 26)))
    catalog = discover(simulator, **GROSS)
    (stream,) = (stream for stream in catalog["streams"] if stream["tap_stream_id"] == STREAM)
    state = run_tap(simulator, **GROSS, catalog=catalog).state
    metadata(stream, "properties", "gross")["selected"] = False
    state = run_tap(simulator, **GROSS, catalog=catalog, state=state).state
    change_formula(simulator, "Amount * 5")
    metadata(stream, "properties", "gross")["selected"] = True
    run = run_tap(simulator, **GROSS, catalog=catalog, state=state)
    assert [row["gross"] for row in narrow(run)] == [n * 5 for n in range(1, 26)]
    (line,) = (drift["message"] for drift in run.report["drift"])
    assert "this run has filled it for all rows" in line
    assert "refresh" not in line


def test_where_a_run_does_not_come_to_the_end_of_formulas_the_advice_stays(simulate):
    simulator = simulate(shop(range(1, 26)))
    state = run_tap(simulator, page_size=10).state
    simulator.faults.add("status", status=500, path="query$", after=1, times=None)
    run = run_tap(simulator, **GROSS, page_size=10, state=state)
    assert run.error is not None
    (line,) = (drift["message"] for drift in run.report["drift"] if drift["field_id"] == "D")
    assert "run once with refresh" in line
