"""Singer's own: states behind durable rows, schemas that change, sinks that fail, stream maps."""

from __future__ import annotations

import pytest

from tests.helpers import limits
from tests.helpers.run import (
    activate_version,
    listen,
    records,
    run_target,
    schema,
    state,
    stored,
    target_settings,
    writes,
)
from tests.helpers.seeds import database, field, shop, table, team

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")
OTHERS = schema("others", key=["Name"], Name="string", Amount="number")


def rows(stream, *numbers, amount=1):
    return records(stream, [{"Name": f"name {n}", "Amount": n * amount} for n in numbers])


def two_tables():
    fields = {"A": field("string", "Name"), "B": field("number", "Amount")}
    return team(database({"A": table("Customers", **fields), "B": table("Others", **fields)}))


def test_a_schema_that_changes_in_the_middle_of_a_stream_keeps_the_order_of_rows(simulate):
    """The SDK would hold the rows before the change back, and write them over the newer ones."""
    simulator = simulate(shop(0))
    wider = schema("customers", key=["Name"], Name="string", Amount="number", Other="string")
    given = [CUSTOMERS, *rows("customers", 1, amount=1), wider, *rows("customers", 1, amount=2)]
    run = run_target(simulator, [*given, CUSTOMERS, *rows("customers", 1, amount=3), state({"a": 1})])
    assert run.error is None
    assert stored(simulator) == {1: {"A": "name 1", "B": 3}}
    assert run.counts("customers") == {"read": 3, "created": 1, "updated": 2}
    assert run.states == [{"a": 1}]


def test_the_table_is_read_once_however_often_the_schema_changes(simulate):
    simulator = simulate(shop(1500))
    narrow = schema("customers", key=["Name"], Name="string")
    given = [CUSTOMERS, *rows("customers", 1), narrow, *records("customers", [{"Name": "name 1"}])]
    run_target(simulator, [*given, CUSTOMERS, *rows("customers", *range(1, 1501), amount=10)])
    pages = [call for call in simulator.log.entries if call.method == "GET" and call.path.endswith("/records")]
    assert len(pages) == 3, "a page, the highest id, a page"


@limits.small_batches(2)
def test_a_state_goes_out_as_soon_as_all_rows_before_it_are_in_ninox(simulate):
    simulator = simulate(two_tables())
    seen = []
    messages = [
        CUSTOMERS, OTHERS,
        *rows("customers", 1), state("one"), *rows("others", 1), *rows("customers", 2), state("two"),
        *rows("others", 2), state("three"), *rows("customers", 3), state("four"),
    ]  # fmt: skip

    def see(value):
        seen.append((value, len(stored(simulator, "A")), len(stored(simulator, "B"))))

    with limits.at_each_state(see):
        run_target(simulator, messages)
    assert seen == [("one", 2, 0), ("two", 2, 2), ("three", 2, 2), ("four", 3, 2)]


@limits.small_batches_in_bytes(100_000)
def test_large_rows_are_loaded_before_they_fill_the_memory(simulate):
    simulator = simulate(shop(0))
    large = records("customers", [{"Name": f"{n} {'x' * 30_000}"} for n in range(10)])
    run = run_target(simulator, [CUSTOMERS, *large, *rows("customers", *range(100)), state(1)])
    assert run.counts("customers") == {"read": 110, "created": 110}
    assert len(writes(simulator)) == 4, "4 large rows, 4 large rows, 100 rows, 2 rows"


@limits.small_batches_in_bytes(20_000)
def test_rows_of_many_short_values_are_loaded_before_they_fill_the_memory(simulate):
    """A value takes more memory than its few letters."""
    simulator = simulate(
        team(database({"A": table("Wide", **{f"A{n}": field("string", f"F{n}") for n in range(100)})}))
    )
    wide = records("Wide", [{f"F{n}": "x" for n in range(100)} for _ in range(6)])
    described = schema("Wide", **{f"F{n}": "string" for n in range(100)})
    run = run_target(simulator, [described, *wide, state(1)], streams={"Wide": {"mode": "insert"}})
    assert run.counts("Wide") == {"read": 6, "created": 6}
    assert len(writes(simulator)) == 3, "a row is 1 kB of input and takes 11 kB"


@pytest.mark.parametrize("bound", [(limits.few_rows_of_all_streams, 6), (limits.small_batches_in_bytes, 500)])
def test_many_streams_at_once_hold_no_more_than_one(simulate, bound):
    """The fullest is loaded first."""
    simulator = simulate(two_tables())
    mixed = [row for n in range(10) for row in (*rows("customers", 2 * n, 2 * n + 1), *rows("others", n))]
    limit, most = bound
    with limit(most):
        run = run_target(simulator, [CUSTOMERS, OTHERS, *mixed, state(1)])
    assert (run.counts("customers"), run.counts("others")) == (
        {"read": 20, "created": 20},
        {"read": 10, "created": 10},
    )
    loaded = [call.path.split("/tables/")[1][0] for call in writes(simulator)]
    assert len(loaded) >= len(mixed) / 7
    assert loaded[0] == "A"


@limits.small_batches(2)
def test_a_failing_sink_does_not_take_the_states_of_the_others_with_it(simulate, caplog):
    simulator = simulate(two_tables())
    simulator.faults.add(kind="status", status=403, method="POST", path="/B/records$", times=None)
    given = [CUSTOMERS, OTHERS, *rows("customers", 1, 2), state("one"), *rows("customers", 3, 4), state("two")]
    run = run_target(simulator, [*given, *rows("others", 1), state("three"), *rows("others", 2), state("four")])
    assert "HTTP 403" in str(run.error)
    assert "others: stopped while loading table 'Others'." in caplog.text
    assert run.states == ["one", "two"]
    assert len(stored(simulator, "A")) == 4


def test_states_without_any_row_pass(simulate):
    run = run_target(simulate(shop(0)), [state({"a": 1.10}), CUSTOMERS, state({"a": 2})])
    assert run.states == [{"a": 1.1}, {"a": 2}]


def test_many_states_between_two_writes_are_not_all_kept_but_the_last_one_is_written(simulate):
    messages = [CUSTOMERS]
    for number in range(1, 3001):
        messages += [*rows("customers", number), state(number)]
    run = run_target(simulate(shop(0)), messages)
    assert run.states == [3000]


def test_stream_maps_are_applied_before_rows_are_loaded(simulate):
    simulator = simulate(shop(0))
    maps = {"raw": {"__alias__": "customers", "Name": "code + '!'", "__filter__": "n > 1", "n": "__NULL__",
                    "code": "__NULL__", "__key_properties__": ["Name"]}}  # fmt: skip
    described = schema("raw", key=["code"], code="string", n="integer")
    given = records("raw", [{"code": "a", "n": 1}, {"code": "b", "n": 2}])
    run = run_target(simulator, [described, *given], stream_maps=maps)
    assert run.error is None
    assert stored(simulator) == {1: {"A": "b!"}}


@pytest.mark.parametrize("maps", [{"suppliers": None}, {"customers": {}, "__else__": None}])
def test_a_stream_that_a_map_leaves_out_needs_no_table(simulate, maps):
    simulator = simulate(shop(0))
    nowhere = [schema("suppliers", key=["a"], a="string"), *records("suppliers", [{"a": "x"}])]
    given = [*nowhere, activate_version("suppliers"), CUSTOMERS, *rows("customers", 1), state({"a": 1})]
    run = run_target(simulator, given, stream_maps=maps)
    assert run.error is None
    assert run.states == [{"a": 1}]
    assert list(stored(simulator)) == [1]


def test_a_row_without_its_key_costs_no_other_row(simulate, caplog):
    simulator = simulate(shop(0))
    run = run_target(simulator, [CUSTOMERS, *records("customers", [{"Amount": 1}, {}]), *rows("customers", 1)])
    assert run.counts("customers") == {"read": 3, "created": 1, "rejected": 2}
    assert "customers: row 2 is rejected: Name: The key is empty" in caplog.text


def test_a_property_that_the_schema_does_not_name_is_told_once(simulate, caplog):
    narrow = schema("customers", key=["Name"], Name="string")
    run_target(simulate(shop(0)), [narrow, *rows("customers", 1, 2)])
    assert caplog.text.count("customers: not loaded, the stream's schema does not name them: 'Amount'.") == 1


def test_a_schema_without_properties_is_told_by_its_line(simulate):
    run = run_target(simulate(shop(0)), [{"type": "SCHEMA", "stream": "customers", "schema": {}}])
    assert str(run.error) == "Line 1 of the input is no Singer message: it has a schema without `properties`."


@pytest.mark.parametrize("version", ["5", [5], 5.5, {}])
def test_a_version_that_is_no_whole_number_is_told_by_its_line(simulate, version):
    simulator = simulate(shop(2))
    run = run_target(simulator, [CUSTOMERS, *records("customers", [{"Name": "new"}], version=version)])
    assert str(run.error) == "Line 2 of the input is no Singer message: it has a `version` that is not a whole number."
    assert writes(simulator) == []


def test_rows_before_their_schema_are_an_error_that_says_so(simulate):
    run = run_target(simulate(shop(0)), rows("customers", 1))
    assert "before a corresponding schema" in str(run.error)


def test_a_stream_for_which_there_is_no_table_stops_before_anything_is_written(simulate):
    simulator = simulate(shop(0))
    nowhere = schema("suppliers", key=["a"], a="string")
    run = run_target(simulator, [CUSTOMERS, nowhere, *rows("customers", 1)])
    assert "no table is called 'suppliers'" in str(run.error)
    assert writes(simulator) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"database": "Shopp"}, "database: nothing is called 'Shopp'. Did you mean 'Shop'?"),
        ({"team": "other"}, "team: nothing is called 'other'"),
    ],
)
def test_what_is_not_found_is_named_with_what_there_is(simulate, settings, message):
    run = run_target(simulate(shop(0)), [CUSTOMERS], **settings)
    assert message in str(run.error)


@pytest.mark.parametrize("access", ["tables_only", "allowed"])
def test_a_key_that_may_not_read_the_whole_schema_is_enough(simulate, access):
    simulator = simulate(shop(0), schema_access=access)
    assert run_target(simulator, [CUSTOMERS, *rows("customers", 1)]).error is None


def test_a_server_that_lists_no_teams_needs_the_id(simulate):
    simulator = simulate(shop(0), teams_endpoint="missing")
    assert "set team to the workspace's id" in str(run_target(simulator, [CUSTOMERS]).error)
    assert run_target(simulator, [CUSTOMERS, *rows("customers", 1)], team="tEamTeamTeam00001").error is None


@pytest.mark.parametrize(
    ("given", "is_told"), [(b"", True), (b"\n", True), (b'{"type": "STATE", "value": {}}\n', False)]
)
def test_an_input_without_a_message_is_a_warning_and_a_state_is_one(simulate, caplog, given, is_told):
    simulator = simulate(shop(0))
    listen(target_settings(simulator), given)
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == ["No message came. If the tap failed, its error stands above. Nothing was written."] * is_told
    assert writes(simulator) == []
