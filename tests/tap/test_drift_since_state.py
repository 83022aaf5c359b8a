"""What changed in Ninox since the state was written: told once, also where Meltano discovers anew for each run."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import DATABASE_ID, customer_records, customers, database, field, shop, table, team
from tests.helpers.wire import calls

STREAM = "shop__customers"


def twelve_fields():
    fields = {letter: field("string", f"Field {letter}") for letter in "CDEFGHIJKL"}
    return team(database({"A": customers(**fields), "B": table("Orders")}, {"A": customer_records(2)}))


def messages(run):
    return [drift["message"] for drift in run.report["drift"]]


@pytest.fixture(params=["no catalog", "fresh catalog"])
def runs(request, simulate):
    """Return a function that runs the tap, changes the database, and runs it on from the state."""

    def run(change, *, seed=None, **settings):
        simulator = simulate(seed or shop(2))

        def once(state):
            catalog = discover(simulator, **settings) if request.param == "fresh catalog" else None
            return run_tap(simulator, state=state, catalog=catalog, **settings)

        first = once(None)
        assert first.drifts() == []
        change(simulator.edit)
        second = once(first.state)
        return second, once(second.state)

    return run


REFRESH = f'run once with refresh: ["{STREAM}"] (TAP_NINOX_REFRESH=\'["{STREAM}"]\')'

CHANGES = {
    "table renamed": (
        lambda edit: edit.rename_table("A", "Clients"),
        (
            "shop__customers: table 'Customers' is now called 'Clients'; the stream keeps its name. To rename it, set "
            f'aliases: {{"{DATABASE_ID}.A": "shop__clients"}}'
        ),
    ),
    "table removed": (
        lambda edit: edit.schema["types"].pop("A"),
        "shop__customers: table 'Customers' is gone.",
    ),
    "field renamed": (
        lambda edit: edit.rename_field("A", "B", "Price"),
        (
            "shop__customers: field 'Amount' is now called 'Price'; the property stays amount. To rename it, set "
            f'aliases: {{"{DATABASE_ID}.A.B": "price"}}'
        ),
    ),
    "field added": (
        lambda edit: edit.add_field("A", "C", field("string", "Colour")),
        (
            f"shop__customers: field 'Colour' is new: its property is colour; to fill it for rows that were loaded "
            f"before, {REFRESH}."
        ),
    ),
    "formula added": (
        lambda edit: edit.add_field("A", "C", field("fn", "Total", fn="B * 2")),
        "shop__customers: field 'Total' is new: it is computed, and not read unless it is selected.",
    ),
    "field removed": (
        lambda edit: edit.remove_field("A", "B"),
        "shop__customers: field 'Amount' is gone; amount is sent no more.",
    ),
    "field retyped": (
        lambda edit: edit.retype_field("A", "B", "string"),
        (
            f"shop__customers: field 'Amount' changed from number to string; its property is amount_string now, and "
            f"amount keeps the values of before; to fill it for rows that were loaded before, {REFRESH}. For a loader "
            f'that can alter a column, set aliases: {{"{DATABASE_ID}.A.B": "amount"}}'
        ),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_difference_is_told_once(runs, change):
    apply, line = CHANGES[change]
    second, third = runs(apply)
    assert second.error is None
    assert messages(second) == [line]
    assert messages(third) == []


def test_an_older_field_that_is_renamed_takes_no_name(runs):
    second, third = runs(lambda edit: edit.rename_field("A", "A", "Amount"))
    assert second.drifts() == ["field_renamed"]
    assert messages(second)[0].startswith(
        "shop__customers: field 'Name' is now called 'Amount'; the property stays name."
    )
    assert third.drifts() == []


def test_an_alias_gives_the_name_back(simulate):
    simulator = simulate(shop(1))
    simulator.edit.rename_field("A", "A", "Amount")
    row = run_tap(simulator, aliases={f"{DATABASE_ID}.A.B": "amount"}).rows(STREAM)[0]
    assert (row["amount"], row["amount_a"]) == (10, "name 1")


def test_an_older_table_that_is_renamed_takes_no_name(simulate):
    tables = {"A": table("Orders", A=field("string", "No")), "B": customers()}
    simulator = simulate(team(database(tables, {"B": customer_records(1)})))
    state = run_tap(simulator).state
    simulator.edit.rename_table("A", "Customers")
    second = run_tap(simulator, state=state)
    assert second.drifts() == ["table_renamed"]
    assert second.rows(STREAM) == []  # the stream goes on where it was
    assert {name: second.bookmark(name)["table_id"] for name in ("shop__orders", STREAM)} == {
        "shop__orders": "A",
        STREAM: "B",
    }


def test_a_new_table_is_told_once_and_read(simulate, caplog):
    """The store knows the table all along; the schema and the state do not."""
    orders = table("Orders", A=field("string", "No"))
    simulator = simulate(team(database({"A": customers(), "B": orders}, {"B": [RecordDocument(1, {"A": "x"}, 1)]})))
    del simulator.edit.schema["types"]["B"]
    state = run_tap(simulator).state
    simulator.edit.schema["types"]["B"] = orders
    second = run_tap(simulator, state=state)
    assert second.ids("shop__orders") == [1]
    assert messages(second) == ["Table 'Orders' of 'Shop' is new: its stream is shop__orders."]
    assert messages(run_tap(simulator, state=second.state)) == []


def test_a_table_that_nobody_selected_is_not_called_new(simulate):
    tables = {"A": customers(), "B": {**table("Archive"), "hidden": True}}
    simulator = simulate(team(database(tables, {"A": customer_records(1)})))
    assert run_tap(simulator, state=run_tap(simulator).state).drifts() == []


def test_a_name_that_a_saved_catalog_pinned_is_not_called_another_one(simulate):
    """Renamed after the catalog was saved, and back again: the property never changed."""
    simulator = simulate(shop(1))
    catalog = discover(simulator)
    simulator.edit.rename_field("A", "B", "Price")
    state = run_tap(simulator, catalog=catalog).state
    assert state["bookmarks"][STREAM]["names"] == ["B amount"]
    simulator.edit.rename_field("A", "B", "Amount")
    second = run_tap(simulator, catalog=catalog, state=state)
    assert messages(second) == ["shop__customers: field 'Price' is now called 'Amount'; the property stays amount."]
    assert second.bookmark(STREAM)["names"] is None


def test_an_alias_keeps_the_name_and_still_tells_the_caption(runs):
    second, third = runs(lambda edit: edit.rename_field("A", "B", "Price"), aliases={f"{DATABASE_ID}.A.B": "amount"})
    assert messages(second) == [
        (
            "shop__customers: field 'Amount' is now called 'Price'; the property stays amount. To rename it, set "
            f'aliases: {{"{DATABASE_ID}.A.B": "price"}}'
        )
    ]
    assert messages(third) == []


def test_a_back_side_that_another_table_made_is_not_told(runs):
    second, _ = runs(lambda edit: edit.add_field("A", "C", field("rev", "Orders", refTypeId="B", refFieldId="A")))
    assert messages(second) == []


def test_a_stream_that_failed_tells_its_differences_again(simulate):
    simulator = simulate(shop(2))
    state = run_tap(simulator).state
    simulator.edit.add_field("A", "C", field("string", "Colour"))
    simulator.edit.update("A", 1, {"C": "red"})
    simulator.faults.add("status", path="/records", times=5)
    failed = run_tap(simulator, state=state)
    assert failed.error is not None
    assert failed.drifts() == ["field_added"]
    simulator.faults.clear()
    again = run_tap(simulator, state=failed.state)
    assert again.error is None
    assert again.drifts() == ["field_added"]


def test_a_field_added_while_the_first_load_was_interrupted_is_new_to_its_first_rows(simulate):
    simulator = simulate(shop(40))
    whole = run_tap(simulator, page_size=10)
    interrupted = next(state for state in whole.states if state["bookmarks"].get(STREAM, {}).get("snapshot"))
    simulator.edit.add_field("A", "C", field("string", "Colour"))
    resumed = run_tap(simulator, state=interrupted, page_size=10)
    assert resumed.ids(STREAM)[0] > 1
    assert resumed.drifts() == ["field_added"]


def test_a_table_that_lost_most_of_its_fields_is_not_read_until_someone_says_so(runs, caplog):
    def lose(edit):
        for letter in "CDEFGHIJ":
            edit.remove_field("A", letter)
        edit.update("A", 1, {"A": "changed"})

    second, third = runs(lose, seed=twelve_fields())
    for run in (second, third):
        assert run.rows(STREAM) == []
        assert f"1 of 6 streams could not be read to their end: {STREAM}" in str(run.error)
        assert run.bookmark("shop__orders")["replication_key_value"] > 2
    assert "8 of the 12 fields that were known of table 'Customers' are gone." in caplog.text
    assert f'run once with refresh: ["{STREAM}"]' in caplog.text


def test_a_refused_table_is_not_read_ahead_either(simulate):
    simulator = simulate(twelve_fields())
    settings = {"aliases": {f"{DATABASE_ID}.B": "shop__before"}, "max_parallel_requests": 4}
    state = run_tap(simulator, **settings).state
    for letter in "CDEFGHIJ":
        simulator.edit.remove_field("A", letter)
    simulator.edit.update("A", 1, {"A": "changed"})
    simulator.edit.create("B", {})
    simulator.faults.add("slow", seconds=0.3, path="/tables/B/", times=None)  # time enough to read ahead
    simulator.log.clear()
    run = run_tap(simulator, state=state, **settings)
    assert f"1 of 6 streams could not be read to their end: {STREAM}" in str(run.error)
    assert not any("/tables/A/" in call.path for call in calls(simulator))


def test_a_table_that_lost_most_of_its_fields_on_purpose_is_read_whole(simulate):
    simulator = simulate(twelve_fields())
    state = run_tap(simulator).state
    for letter in "CDEFGHIJ":
        simulator.edit.remove_field("A", letter)
    accepted = run_tap(simulator, state=state, refresh=[STREAM])
    assert accepted.error is None
    assert accepted.ids(STREAM) == [1, 2]
    assert run_tap(simulator, state=accepted.state).error is None


def test_formulas_that_cannot_be_seen_any_more_are_not_called_gone(simulate, caplog):
    fields = {letter: field("fn", f"Sum {letter}", fn="1") for letter in "CDEFGH"}
    simulator = simulate(team(database({"A": customers(**fields)}, {"A": customer_records(2)})))
    state = run_tap(simulator).state
    simulator.switches.update({"schema_access": "tables_only"})
    second = run_tap(simulator, state=state)
    assert second.error is None
    assert messages(second) == []
    assert "formulas" in caplog.text
    simulator.switches.update({"schema_access": "allowed"})
    assert messages(run_tap(simulator, state=second.state)) == []


def test_a_state_of_an_older_release_or_a_damaged_one_tells_nothing(simulate):
    simulator = simulate(shop(2))
    state = run_tap(simulator).state
    for damage in (
        {"fields": None},
        {"fields": ["A"]},
        {"fields": {"A": 3}},
        {"table": 7},
        {"fields": "x"},
        {"names": None},
    ):
        state["bookmarks"][STREAM].update(damage)
        assert run_tap(simulator, state=state).error is None


def test_the_state_holds_captions_and_types_but_no_value(simulate):
    seed = team(database({"A": customers()}, {"A": [RecordDocument(1, {"A": "canary"}, 1)]}))
    bookmark = run_tap(simulate(seed)).bookmark(STREAM)
    assert bookmark["table"] == "Customers"
    assert bookmark["fields"] == ["A string Name", "B number Amount"]
    assert "canary" not in str(bookmark)
