"""A catalog says which tables and fields are read, the state under which names they go: no name ever moves.

Select rules are applied as Meltano does, by its own code, to a catalog that was discovered without a state.
"""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.pipeline import Pipeline, drifts, selected
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, field, shop, table, team

STREAM = "shop__customers"
LONG = "c" * 70


def add_database(simulator, database_id, name="Shop", *, count=2):
    """Put a copy beside the database, with a name and an id of its own."""
    (document,) = team(database({"A": customers()}, {"A": customer_records(count)}, id=database_id, name=name))
    other = document.databases[0]
    original = simulator.store.database(TEAM_ID, DATABASE_ID)
    simulator.store.teams[TEAM_ID].databases[database_id] = type(original)(other, original._clock)
    return simulator.store.database(TEAM_ID, database_id)


# ------------------------------------------------------------------------------------------------------------- tables


@pytest.mark.parametrize("rules", [("*.*",), (f"{STREAM}.*",)], ids=["all", "by name"])
@pytest.mark.parametrize("meltano", [True, False], ids=["meltano", "no catalog"])
@pytest.mark.parametrize("new_id", ["db0000000000", "db0000000002"], ids=["smaller", "larger"])
def test_a_copied_database_takes_no_name(simulate, new_id, meltano, rules):
    """With a smaller id it took the stream of the original, and its rows went over those in the warehouse."""
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator, *rules)
    run = pipeline.run if meltano else (lambda: run_tap(simulator, state=pipeline.state))
    pipeline.state = run().state
    copy = add_database(simulator, new_id)
    simulator.edit.update("A", 1, {"A": "of the original"})
    copy.update("A", 1, {"A": "of the copy"})
    second = run()
    assert [row["name"] for row in second.rows(STREAM)] == ["of the original"]
    assert second.bookmark(STREAM)["database_id"] == DATABASE_ID
    longer = {m["stream"] for m in second.of_type("RECORD")} - {STREAM} - {"ninox_tables", "ninox_databases"}
    assert longer <= {"shop__customers_a", f"shop__customers_{new_id}_a", "ninox_fields", "ninox_choices"}


def test_a_setting_that_leaves_the_original_out_gives_its_name_to_nobody(simulate):
    simulator = simulate(shop(3))
    state = run_tap(simulator).state
    add_database(simulator, "db0000000000")
    second = run_tap(simulator, state=state, databases=["db0000000000"])
    assert second.ids(STREAM) == []
    assert second.ids("shop__customers_a") == [1, 2]
    assert second.bookmark(STREAM) == state["bookmarks"][STREAM]


def test_a_restored_database_with_a_new_id_gets_the_longer_name_and_an_alias_goes_on_under_the_old(simulate):
    simulator = simulate(shop(3))
    state = run_tap(simulator).state
    add_database(simulator, "db0000000000")
    del simulator.store.teams[TEAM_ID].databases[DATABASE_ID]
    newcomer = run_tap(simulator, state=state)
    assert newcomer.ids("shop__customers_a") == [1, 2]
    alias = run_tap(simulator, state=state, aliases={"db0000000000.A": STREAM})
    assert alias.ids(STREAM) == [1, 2]


@pytest.mark.parametrize("is_saved", [True, False], ids=["saved catalog", "no catalog"])
def test_an_alias_may_be_a_name_that_another_copy_wants_and_cannot_get(simulate, is_saved):
    simulator = simulate(shop(3))
    state = run_tap(simulator).state
    add_database(simulator, "db0000000007")
    add_database(simulator, "db0000000008", "Shop restored")
    del simulator.store.teams[TEAM_ID].databases[DATABASE_ID]
    settings = {"databases": [f"!{DATABASE_ID}"]}
    catalog = selected(simulator, "*.*", **settings) if is_saved else None
    settings = {**settings, "aliases": {"db0000000008.A": STREAM}}
    run = run_tap(simulator, state=state, catalog=catalog, **settings)
    assert (run.error, run.ids(STREAM), run.ids(f"{STREAM}_a")) == (None, [1, 2], [1, 2])


def test_a_restored_database_that_goes_on_under_the_old_names_changes_no_column_s_type(simulate):
    """Its backup is of a day when a field was of another type, which no run had read."""
    simulator = simulate(shop(3))
    simulator.edit.retype_field("A", "B", "string")
    state = run_tap(simulator).state
    restored = add_database(simulator, "db0000000000")
    del simulator.store.teams[TEAM_ID].databases[DATABASE_ID]
    settings = {"aliases": {"db0000000000.A": STREAM}, "databases": [f"!{DATABASE_ID}"]}
    run = run_tap(simulator, state=state, **settings)
    assert [(row["name"], row["amount_number"]) for row in run.rows(STREAM)] == [("name 1", 10), ("name 2", 20)]
    restored.retype_field("A", "B", "string")
    properties = run_tap(simulator, state=run.state, **settings).of_type("SCHEMA", STREAM)[0]["schema"]["properties"]
    assert properties["amount"]["type"] == ["string", "null"]


def test_an_older_table_of_the_same_caption_that_appears_later_gets_the_longer_name(simulate):
    tables = {"A": table("Hidden for now", A=field("string", "Name")), "B": customers()}
    simulator = simulate(team(database(tables, {"A": [RecordDocument(1, {"A": "x"}, 1)], "B": customer_records(1)})))
    state = run_tap(simulator, tables=["B"]).state
    simulator.edit.rename_table("A", "Customers")
    run = run_tap(simulator, state=state)
    assert (run.rows(STREAM), run.ids("shop__customers_a")) == ([], [1])


@pytest.mark.parametrize(
    "rules", [(f"{STREAM}.*",), (f"{STREAM}.name", f"{STREAM}.amount"), ("*.*",)], ids=["stream", "fields", "all"]
)
def test_a_selected_table_that_is_renamed_goes_on_under_its_name_with_one_warning(simulate, rules):
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator, *rules)
    first = pipeline.run()
    assert first.ids(STREAM) == [1, 2, 3]
    simulator.edit.rename_table("A", "Clients")
    simulator.edit.update("A", 2, {"A": "after"})
    second, third = pipeline.run(), pipeline.run()
    assert [(row["_id"], row["name"], row["amount"]) for row in second.rows(STREAM)] == [(2, "after", 20)]
    assert second.rows(STREAM)[0].keys() == first.rows(STREAM)[0].keys(), "with what every record has"
    assert not second.of_type("SCHEMA", "shop__clients")
    assert f'set aliases: {{"{DATABASE_ID}.A": "shop__clients"}}' in drifts(second)["table_renamed"]["message"]
    assert drifts(third) == {}
    simulator.edit.delete("A", 1)
    assert [row["_id"] for row in pipeline.run().tombstones(STREAM)] == [1]


def test_a_table_that_was_renamed_is_refreshed_by_its_name(simulate):
    """As the report says; the discovery before, which has no state, knows no such name."""
    simulator = simulate(shop(2))
    pipeline = Pipeline(simulator, f"{STREAM}.*")
    pipeline.run()
    simulator.edit.rename_table("A", "Clients")
    pipeline.run()
    assert pipeline.run(refresh=[STREAM]).ids(STREAM) == [1, 2]


def test_what_was_left_out_of_a_table_stays_out_when_the_table_is_renamed(simulate):
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator, f"{STREAM}.name")
    pipeline.run()
    simulator.edit.rename_table("A", "Clients")
    simulator.edit.update("A", 2, {"A": "after"})
    (row,) = pipeline.run().rows(STREAM)
    assert (row["name"], "amount" in row) == ("after", False)


@pytest.mark.parametrize("is_renamed", [False, True], ids=["as it was", "renamed later"])
def test_a_table_that_was_deselected_under_its_name_is_not_read_again(simulate, is_renamed):
    simulator = simulate(team(database({"A": customers(), "B": table("Orders")}, {"A": customer_records(3)})))
    pipeline = Pipeline(simulator, f"{STREAM}.*", "shop__orders.*")
    pipeline.run()
    pipeline.run("shop__orders.*")
    if is_renamed:
        simulator.edit.rename_table("A", "Clients")
    simulator.edit.update("A", 2, {"A": "secret"})
    for _ in range(2):
        run = pipeline.run("shop__orders.*")
        assert not [m for m in run.messages if "customers" in m.get("stream", "") or "clients" in m.get("stream", "")]


def test_an_alias_renames_a_stream_that_has_a_bookmark(simulate):
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator)
    pipeline.run()
    assert pipeline.run(aliases={f"{DATABASE_ID}.A": "clients"}).ids("clients") == [1, 2, 3]
    simulator.edit.update("A", 2, {"A": "after"})
    assert pipeline.run().ids("clients") == [2], "the state says how it is called"


def test_a_name_that_an_alias_has_replaced_goes_to_no_other_table(simulate):
    """The rows that are under it in a warehouse are of the first table."""
    simulator = simulate(team(database({"A": customers(), "B": table("Orders")}, {"A": customer_records(3)})))
    state = run_tap(simulator, tables=["A"]).state
    simulator.edit.rename_table("B", "Customers")
    simulator.edit.create("B", {})
    for _ in range(2):
        run = run_tap(simulator, state=state, aliases={f"{DATABASE_ID}.A": "clients"})
        assert (run.bookmark("shop__customers_b")["table_id"], run.bookmark("clients")["table_id"]) == ("B", "A")
        assert not run.of_type("SCHEMA", STREAM)
        state = run.state


def known_to_state_or_catalog(simulator, who):
    """Return what a first run leaves: a state, or the catalog that it was given."""
    return {"state": run_tap(simulator).state} if who == "state" else {"catalog": selected(simulator, "*.*")}


@pytest.mark.parametrize("who", ["state", "catalog"])
def test_an_alias_that_is_the_name_of_another_table_is_refused(simulate, who):
    """In any case of letters; else that one would go on under a longer name, without a word."""
    simulator = simulate(team(database({"A": customers(), "B": table("Orders")}, {"A": customer_records(3)})))
    given = known_to_state_or_catalog(simulator, who)
    run = run_tap(simulator, **given, aliases={f"{DATABASE_ID}.B": "Shop__Customers"})
    assert "aliases: 'Shop__Customers', given to table" in str(run.error)
    assert f"is the name under which table {DATABASE_ID}.A is read" in str(run.error)
    assert run.messages == []
    both = {f"{DATABASE_ID}.B": "Shop__Customers", f"{DATABASE_ID}.A": "people"}
    assert run_tap(simulator, **given, aliases=both).ids("people") == [1, 2, 3]


@pytest.mark.parametrize("alias", [STREAM, "Shop__Customers"])
@pytest.mark.parametrize("leaves_out", ["tables", "catalog"])
def test_an_alias_takes_no_name_of_a_table_that_is_left_out(simulate, leaves_out, alias):
    """Its rows are under that name in the warehouse: those of both would be mixed."""
    simulator = simulate(team(database({"A": customers(), "B": table("Orders")}, {"A": customer_records(3)})))
    state = run_tap(simulator).state
    settings = {"aliases": {f"{DATABASE_ID}.B": alias}}
    if leaves_out == "tables":
        settings["tables"] = ["Orders"]
    catalog = selected(simulator, "*.*", **settings)
    if leaves_out == "catalog":
        catalog["streams"] = [each for each in catalog["streams"] if each["stream"] != "shop__customers_a"]
    run = run_tap(simulator, catalog=catalog, state=state, **settings)
    assert f"is the name under which table {DATABASE_ID}.A is read" in str(run.error)
    assert run.messages == []


def test_an_alias_takes_the_place_of_a_table_that_is_gone_in_its_very_letters(simulate):
    """Loaders that fold case would have one table of both."""
    simulator = simulate(team(database({"A": customers(), "B": table("Orders")}, {"A": customer_records(3)})))
    state = run_tap(simulator).state
    del simulator.edit.tables["A"], simulator.edit.schema["types"]["A"]
    run = run_tap(simulator, state=state, aliases={f"{DATABASE_ID}.B": "Shop__Customers"})
    assert f"is {STREAM!r} in other letters" in str(run.error)
    assert run_tap(simulator, state=state, aliases={f"{DATABASE_ID}.B": STREAM}).error is None


@pytest.mark.parametrize("meltano", [True, False], ids=["meltano", "no catalog"])
def test_a_new_table_makes_room_for_an_alias(simulate, meltano, caplog):
    """A renamed table goes on by an alias, and somebody calls the next one as that was called."""
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator)
    pipeline.run()
    simulator.edit.rename_table("A", "Clients")
    kept = {f"{DATABASE_ID}.A": STREAM, f"{DATABASE_ID}.A.A": "name"}
    pipeline.run(aliases=kept)
    simulator.edit.add_table("B", table("Customers", A=field("string", "Name")))
    simulator.edit.create("B", {"A": "of B"})
    simulator.edit.update("A", 2, {"A": "of A"})
    simulator.edit.rename_field("A", "A", "First name")
    simulator.edit.add_field("A", "D", field("string", "Name"))
    simulator.edit.update("A", 3, {"D": "of D"})
    run = pipeline.run(aliases=kept) if meltano else run_tap(simulator, state=pipeline.state, aliases=kept)
    assert [row["name"] for row in run.rows("shop__customers_b")] == ["of B"]
    assert [(row["name"], row["name_d"]) for row in run.rows(STREAM)] == [("of A", None), ("name 3", "of D")]
    longer = "since `aliases` gives the plain one to another: shop__customers.name_d, shop__customers_b."
    assert longer in caplog.text
    caplog.clear()
    again = run_tap(simulator, state=run.state, aliases=kept)
    assert (again.error, "aliases" in caplog.text) == (None, False)


@pytest.mark.parametrize(
    ("new", "alias", "longer"),
    [
        (field("appointment", "Visit"), "visit_start", "visit_start_d"),
        (field("appointment", "Visit"), "visit", ""),
        (field("fn", "Visit", fn="1"), "visit", ""),
        (field("string", "Amount"), "amount", ""),  # nothing but what another caption would do
    ],
)
def test_only_what_an_alias_displaces_is_said_to_have_a_longer_name(simulate, new, alias, longer, caplog):
    run = run_tap(simulate(team(database({"A": customers(D=new)}))), aliases={f"{DATABASE_ID}.A.B": alias})
    told = [record.getMessage() for record in caplog.records if "Read under a longer name" in record.getMessage()]
    assert (run.error, [text.partition("another: ")[2] for text in told]) == (
        None,
        [f"{STREAM}.{longer}."] if longer else [],
    )


def test_an_alias_that_is_a_stream_of_every_tap_is_refused(simulate):
    run = run_tap(simulate(shop(1)), aliases={f"{DATABASE_ID}.A": "Ninox_Tables"})
    assert str(run.error).startswith(
        f"aliases: 'Ninox_Tables', given to table {DATABASE_ID}.A, is the name of a stream"
    )


def test_an_alias_may_be_the_name_that_the_table_has(simulate):
    """Of two tables of one caption, the other one has a longer name already."""
    simulator = simulate(team(database({"A": customers(), "B": customers()})))
    names = [stream["tap_stream_id"] for stream in discover(simulator)["streams"]]
    kept = {f"{DATABASE_ID}.A": "shop__customers", f"{DATABASE_ID}.A.A": "name"}
    assert [stream["tap_stream_id"] for stream in discover(simulator, aliases=kept)["streams"]] == names


# ------------------------------------------------------------------------------------------------------------- fields


@pytest.mark.parametrize("rules", [("*.*",), (f"{STREAM}.name", f"{STREAM}.amount")], ids=["all", "by name"])
def test_a_selected_field_that_is_renamed_goes_on_under_its_name_with_one_warning(simulate, rules):
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator, *rules)
    pipeline.run()
    simulator.edit.rename_field("A", "B", "Price")
    simulator.edit.update("A", 2, {"B": 7})
    second, third = pipeline.run(), pipeline.run()
    assert [(row["_id"], row["amount"]) for row in second.rows(STREAM)] == [(2, 7)]
    assert "price" not in second.rows(STREAM)[0]
    assert f'set aliases: {{"{DATABASE_ID}.A.B": "price"}}' in drifts(second)["field_renamed"]["message"]
    assert drifts(third) == {}


def test_a_field_that_was_left_out_by_name_is_not_read_because_it_is_renamed(simulate):
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator, f"{STREAM}.name")
    pipeline.run()
    simulator.edit.rename_field("A", "B", "Price")
    simulator.edit.update("A", 2, {"B": 7})
    assert {"amount", "price"}.isdisjoint(pipeline.run().rows(STREAM)[0])


def test_a_formula_goes_on_under_its_name(simulate):
    simulator = simulate(
        team(database({"A": customers(C=field("fn", "Total", fn="B * 2"))}, {"A": customer_records(2)}))
    )
    pipeline = Pipeline(simulator)
    settings = {"formulas": {"*.total": "number"}}
    assert [row["total"] for row in pipeline.run(**settings).rows(STREAM)] == [20, 40]
    simulator.edit.rename_field("A", "C", "Sum")
    simulator.edit.update("A", 2, {"B": 7})
    assert [row["total"] for row in pipeline.run(**settings).rows(STREAM)] == [14]


def test_fields_that_change_captions_change_no_columns(simulate):
    simulator = simulate(shop(1))
    pipeline = Pipeline(simulator)
    pipeline.run()
    simulator.edit.rename_field("A", "A", "Amount")
    simulator.edit.rename_field("A", "B", "Name")
    simulator.edit.update("A", 1, {"A": "text", "B": 7})
    (row,) = pipeline.run().rows(STREAM)
    assert (row["name"], row["amount"]) == ("text", 7)


@pytest.mark.parametrize("rules", [("*.*",), (f"{STREAM}.name", f"{STREAM}.amount")], ids=["all", "by name"])
def test_fields_that_change_captions_are_selected_by_their_ids(simulate, rules):
    """A formula that is not read takes the place of one that is: what is said of the one does not get lost."""
    tables = {"A": customers(C=field("fn", "Total", fn="B * 2"))}
    simulator = simulate(team(database(tables, {"A": customer_records(1)})))
    pipeline = Pipeline(simulator, *rules)
    pipeline.run()
    simulator.edit.rename_field("A", "A", "Total")
    simulator.edit.rename_field("A", "C", "Name")
    simulator.edit.update("A", 1, {"A": "text"})
    run = pipeline.run()
    (row,) = run.rows(STREAM)
    assert (row["name"], row["amount"], "total" in row) == ("text", 10, False)
    metadata = {tuple(item["breadcrumb"]): item["metadata"] for item in run.catalog["streams"][-1]["metadata"]}
    shown = {name: metadata["properties", name]["ninox"]["field_id"] for name in ("name", "amount", "total")}
    assert shown == {"name": "A", "amount": "B", "total": "C"}


def test_of_fields_that_change_captions_a_catalog_selects_those_of_its_ids(simulate):
    simulator = simulate(shop(1))

    def without_b():
        catalog = discover(simulator)
        for item in catalog["streams"][-1]["metadata"]:
            if item["metadata"].get("ninox", {}).get("field_id") == "B":
                item["metadata"]["selected"] = False
        return catalog

    state = run_tap(simulator, catalog=without_b()).state
    simulator.edit.rename_field("A", "A", "Amount")
    simulator.edit.rename_field("A", "B", "Name")
    simulator.edit.update("A", 1, {"A": "text", "B": 7})
    (row,) = run_tap(simulator, catalog=without_b(), state=state).rows(STREAM)
    assert (row["name"], "amount" in row) == ("text", False)


@pytest.mark.parametrize("base", ["number", "string"])
@pytest.mark.parametrize("meltano", [True, False], ids=["meltano", "no catalog"])
def test_a_new_field_does_not_get_the_name_of_one_that_is_gone(simulate, base, meltano):
    """Rows that were loaded before have values of that one in its column. It gets it back if it comes back."""
    simulator = simulate(shop(1))
    pipeline = Pipeline(simulator)
    run = pipeline.run if meltano else (lambda: run_tap(simulator, state=pipeline.state))
    pipeline.state = run().state
    gone = simulator.edit.schema["types"]["A"]["fields"]["B"]
    seen = []
    for change in ("gone", "a new one", "back"):
        if change == "gone":
            simulator.edit.remove_field("A", "B")
        elif change == "a new one":
            simulator.edit.add_field("A", "C", field(base, "Amount"))
        else:
            simulator.edit.add_field("A", "B", gone)
        simulator.edit.update("A", 1, {"A": change})
        last = run()
        pipeline.state = last.state
        seen.append({name for name in last.rows(STREAM)[0] if "amount" in name})
    assert seen == [set(), {"amount_c"}, {"amount_c", "amount"}]


@pytest.mark.parametrize("who", ["state", "catalog"])
def test_an_alias_that_is_the_name_of_another_field_is_refused(simulate, who):
    simulator = simulate(shop(1))
    given = known_to_state_or_catalog(simulator, who)
    run = run_tap(simulator, **given, aliases={f"{DATABASE_ID}.A.B": "Name"})
    assert "aliases: 'Name', given to field B ('Amount'), makes 'name', under which field A ('Name')" in str(run.error)
    both = {f"{DATABASE_ID}.A.B": "name", f"{DATABASE_ID}.A.A": "amount"}
    simulator.edit.update("A", 1, {"A": "text", "B": 7})
    (row,) = run_tap(simulator, **given, aliases=both).rows(STREAM)
    assert (row["name"], row["amount"]) == (7, "text")


def test_an_alias_takes_no_name_of_a_field_that_a_catalog_does_not_list(simulate):
    simulator = simulate(shop(1))
    state, catalog = run_tap(simulator).state, selected(simulator, "*.*")
    stream = catalog["streams"][-1]
    del stream["schema"]["properties"]["name"]
    stream["metadata"] = [item for item in stream["metadata"] if item["breadcrumb"][-1:] != ["name"]]
    run = run_tap(simulator, state=state, catalog=catalog, aliases={f"{DATABASE_ID}.A.B": "name"})
    assert "given to field B ('Amount'), makes 'name', under which field A ('Name')" in str(run.error)


def test_aliases_whose_parts_would_have_one_name_are_refused(simulate):
    tables = {"A": customers(C=field("appointment", "Visit"), D=field("string", "Start"))}
    aliases = {f"{DATABASE_ID}.A.C": "visit", f"{DATABASE_ID}.A.D": "Visit_Start"}
    run = run_tap(simulate(team(database(tables))), aliases=aliases)
    assert "given to field D ('Start'), makes 'visit_start', under which field C ('Visit')" in str(run.error)


def test_an_alias_that_is_the_name_in_the_state_stands_also_if_an_older_catalog_shows_another_field_so(simulate):
    """A catalog that was made when the alias was not set yet calls the new field by the plain name."""
    simulator = simulate(shop(1))
    state = run_tap(simulator).state
    simulator.edit.rename_field("A", "A", "First name")
    simulator.edit.add_field("A", "D", field("string", "Name"))
    catalog = selected(simulator, "*.*")
    simulator.edit.update("A", 1, {"A": "of A", "D": "of D"})
    run = run_tap(simulator, state=state, catalog=catalog, aliases={f"{DATABASE_ID}.A.A": "name"})
    assert [(row["name"], row["name_d"]) for row in run.rows(STREAM)] == [("of A", "of D")]


@pytest.mark.parametrize("meltano", [True, False], ids=["meltano", "no catalog"])
def test_a_name_of_63_characters_that_0_1_gave_is_kept(simulate, meltano):
    simulator = simulate(team(database({"A": table("Customers", A=field("string", LONG), B=field("string", LONG))})))
    simulator.edit.create("A", {"A": "a", "B": "b"})
    state = run_tap(simulator).state
    state["bookmarks"][STREAM].update(dict.fromkeys(("shape", "former", "names", "is_deselected")))  # as in 0.1
    simulator.edit.update("A", 1, {"A": "A", "B": "B"})
    catalog = selected(simulator, "*.*") if meltano else None
    for _ in range(2):
        run = run_tap(simulator, state=state, catalog=catalog)
        (row,) = run.rows(STREAM)
        assert {name: value for name, value in row.items() if value in {"A", "B"}} == {
            "c" * 63: "A",
            "c" * 61 + "_b": "B",
        }
        state = run.state
        state["bookmarks"][STREAM]["replication_key_value"] -= 1
        simulator.edit.update("A", 1, {"A": "A"})


@pytest.mark.parametrize(
    ("rule", "is_told"), [(f"{STREAM}.amout", True), (f"{STREAM}.amount", False), (f"{STREAM}.*", False)]
)
def test_a_rule_that_hits_a_stream_and_none_of_its_fields_is_told(simulate, rule, is_told):
    simulator = simulate(shop(1))
    catalog = selected(simulator, rule)
    item = next(s for s in catalog["streams"] if s["tap_stream_id"] == STREAM)["metadata"][0]
    assert item["metadata"]["selected"] is True, "as Meltano selects it"
    run = run_tap(simulator, catalog=catalog)
    assert ("no_property_selected" in drifts(run)) is is_told
    assert not is_told or f'"{STREAM}.*" selects all of them' in drifts(run)["no_property_selected"]["message"]


@pytest.mark.parametrize("catalog", ["none", "saved"])
def test_another_format_of_names_is_told_once_and_renames_no_stream(simulate, catalog):
    simulator = simulate(shop(1))
    saved = discover(simulator) if catalog == "saved" else None
    state, told = None, []
    for format_ in ("{database}__{table}", "{table}", "{table}", "{database}__{table}"):
        run = run_tap(simulator, state=state, catalog=saved, stream_name_format=format_)
        assert run.error is None
        assert run.of_type("SCHEMA", "shop__customers")
        state = run.state
        told.append([drift["message"].partition(": ")[2] for drift in run.report["drift"]])
    alias = f'{{"{DATABASE_ID}.A": "customers"}}'
    would_be = "as databases are called now, and by stream_name_format, it would be"
    kept = "the stream keeps its name."
    assert told == [
        [],
        [f"{would_be} customers and no longer shop__customers; {kept} To rename it, set aliases: {alias}"],
        [],
        [f"{would_be} shop__customers and no longer customers; {kept}"],
    ]
