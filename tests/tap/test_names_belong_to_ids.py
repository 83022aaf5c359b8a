"""A catalog says which tables and fields are read, the state under which names they go: no name ever moves.

Select rules are applied as Meltano does, by its own code, to a catalog that was discovered without a state.
"""

from __future__ import annotations

import json

import pytest
from meltano.core.plugin.singer.catalog import MetadataExecutor, SchemaExecutor, select_metadata_rules
from meltano.core.plugin.singer.tap import config_metadata_rules, config_schema_rules

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, field, shop, table, team

STREAM = "shop__customers"
LONG = "c" * 70


def selected(simulator, *rules, schema=None, metadata=None, **settings):
    """Return a catalog that was discovered anew, and what Meltano's extras leave of it."""
    catalog = discover(simulator, **settings)
    SchemaExecutor(config_schema_rules(schema or {})).visit(catalog)
    rules = [*select_metadata_rules(["!*.*"]), *select_metadata_rules(rules), *config_metadata_rules(metadata or {})]
    MetadataExecutor(rules).visit(catalog)
    return catalog


class Pipeline:
    """A Meltano project: discovers without the state, selects by rules, and runs on from the state."""

    def __init__(self, simulator, *rules):
        self.simulator, self.rules, self.state = simulator, rules or ("*.*",), None

    def run(self, *rules, schema=None, metadata=None, **settings):
        catalog = selected(self.simulator, *(rules or self.rules), schema=schema, metadata=metadata, **settings)
        run = run_tap(self.simulator, catalog=catalog, state=self.state, **settings)
        assert run.error is None, run.error
        self.state = run.state
        return run


def add_database(simulator, database_id, name="Shop", *, count=2):
    """Put a copy beside the database, with a name and an id of its own."""
    (document,) = team(database({"A": customers()}, {"A": customer_records(count)}, id=database_id, name=name))
    other = document.databases[0]
    original = simulator.store.database(TEAM_ID, DATABASE_ID)
    simulator.store.teams[TEAM_ID].databases[database_id] = type(original)(other, original._clock)
    return simulator.store.database(TEAM_ID, database_id)


def drifts(run):
    return {drift["kind"]: drift for drift in run.report["drift"]}


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


def test_an_alias_may_be_a_name_that_another_copy_wants_and_cannot_get(simulate):
    simulator = simulate(shop(3))
    state = run_tap(simulator).state
    add_database(simulator, "db0000000007")
    add_database(simulator, "db0000000008", "Shop restored")
    del simulator.store.teams[TEAM_ID].databases[DATABASE_ID]
    settings = {"aliases": {"db0000000008.A": STREAM}, "databases": [f"!{DATABASE_ID}"]}
    run = run_tap(simulator, state=state, **settings)
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


@pytest.mark.parametrize("is_known", [True, False])
def test_an_alias_that_is_the_name_of_another_table_is_refused(simulate, is_known):
    """In any case of letters; else that one would go on under a longer name, without a word."""
    simulator = simulate(team(database({"A": customers(), "B": table("Orders")}, {"A": customer_records(3)})))
    state = run_tap(simulator).state if is_known else None
    run = run_tap(simulator, state=state, aliases={f"{DATABASE_ID}.B": "Shop__Customers"})
    assert "aliases: 'Shop__Customers', given to table" in str(run.error)
    assert f"is the name under which table {DATABASE_ID}.A is read" in str(run.error)
    assert run.messages == []
    both = {f"{DATABASE_ID}.B": "Shop__Customers", f"{DATABASE_ID}.A": "people"}
    assert run_tap(simulator, state=state, aliases=both).ids("people") == [1, 2, 3]


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


@pytest.mark.parametrize("is_known", [True, False])
def test_an_alias_that_is_the_name_of_another_field_is_refused(simulate, is_known):
    simulator = simulate(shop(1))
    state = run_tap(simulator).state if is_known else None
    run = run_tap(simulator, state=state, aliases={f"{DATABASE_ID}.A.B": "Name"})
    assert "aliases: 'Name', given to field B ('Amount'), is the name under which field A ('Name')" in str(run.error)
    both = {f"{DATABASE_ID}.A.B": "name", f"{DATABASE_ID}.A.A": "amount"}
    simulator.edit.update("A", 1, {"A": "text", "B": 7})
    (row,) = run_tap(simulator, state=state, aliases=both).rows(STREAM)
    assert (row["name"], row["amount"]) == (7, "text")


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


# --------------------------------------------------------------------------------- what rules no longer hit, or hit too


def kinds(run):
    return [drift["kind"] for drift in run.report["drift"]]


RENAMINGS = {
    "field": lambda edit: edit.rename_field("A", "B", "Konto"),
    "table": lambda edit: edit.rename_table("A", "Clients"),
    "both": lambda edit: (edit.rename_field("A", "B", "Konto"), edit.rename_table("A", "Clients")),
}
SHOWN = {"field": f"{STREAM}.konto", "table": "shop__clients.amount", "both": "shop__clients.konto"}


@pytest.mark.parametrize("renamed", RENAMINGS)
@pytest.mark.parametrize("stream", [STREAM, "*"])
def test_what_was_left_out_by_name_stays_out_whatever_is_renamed(simulate, stream, renamed):
    """The rule that left it out hits nothing any more, while `*` hits whatever comes."""
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator, f"{stream}.*", f"!{STREAM}.amount", f"!{STREAM}._created_by")
    assert pipeline.run().bookmark(STREAM)["deselected"] == ["_created_by", "amount"]
    RENAMINGS[renamed](simulator.edit)
    for number in (1, 2):
        simulator.edit.update("A", 2, {"A": f"after {number}", "B": 4711})
        run = pipeline.run()
        (row,) = run.rows(STREAM)
        assert row["name"] == f"after {number}"
        for message in run.of_type("SCHEMA", STREAM):
            assert {"amount", "konto", "_created_by"}.isdisjoint(message["schema"]["properties"])
        assert {"amount", "konto", "_created_by"}.isdisjoint(row)
        assert run.bookmark(STREAM)["deselected"] == ["_created_by", "amount"]
        is_hit = stream == "*" or renamed == "field"  # else nothing is selected but what goes on
        assert kinds(run).count("stays_left_out") == is_hit
        message = drifts(run)["stays_left_out"]["message"] if is_hit else ""
        assert not is_hit or (f'"!{SHOWN[renamed]}"' in message and "4711" not in message)


def test_a_part_of_a_field_that_was_left_out_stays_out(simulate):
    """Of a choice, the caption was read and the id was not."""
    choice = field("choice", "Status", values={"1": {"caption": "New"}})
    simulator = simulate(team(database({"A": table("Customers", A=choice)}, {"A": [RecordDocument(1, {"A": 1}, 1)]})))
    pipeline = Pipeline(simulator, f"{STREAM}.*", f"!{STREAM}.status_id")
    pipeline.run()
    for rename in (RENAMINGS["table"], lambda edit: edit.rename_field("A", "A", "Zustand")):
        rename(simulator.edit)
        simulator.edit.update("A", 1, {})
        (row,) = pipeline.run().rows(STREAM)
        assert {name for name in row if not name.startswith("_")} == {"status"}


@pytest.mark.parametrize("renamed", RENAMINGS)
def test_the_alias_that_is_told_lets_rules_decide_again(simulate, renamed):
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator, "*.*", f"!{STREAM}.amount")
    pipeline.run()
    RENAMINGS[renamed](simulator.edit)
    message = drifts(pipeline.run())["stays_left_out"]["message"]
    aliases = json.loads("{" + message.rpartition("set aliases: {")[2].partition("}")[0] + "}")
    simulator.edit.update("A", 2, {"B": 7})
    still_out = pipeline.run(aliases=aliases)
    assert ["amount" in row for row in still_out.rows(STREAM)] == [False]
    assert "stays_left_out" not in kinds(still_out)
    simulator.edit.update("A", 2, {"B": 8})
    assert [row["amount"] for row in pipeline.run("*.*", aliases=aliases).rows(STREAM)] == [8]


@pytest.mark.parametrize("renamed", RENAMINGS)
def test_who_names_it_by_its_name_of_now_reads_it_or_leaves_it_out(simulate, monkeypatch, renamed):
    """Meltano's variable has the rules: in a catalog, one that names a property and one that names all look alike."""
    simulator = simulate(shop(3))
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-ninox")
    pipeline = Pipeline(simulator)
    seen = []
    for more in ([f"!{STREAM}.amount"], [], [SHOWN[renamed]], [f"!{SHOWN[renamed]}"]):
        rules = ["*.*", *more]
        monkeypatch.setenv("TAP_NINOX__SELECT", json.dumps(rules))
        run = pipeline.run(*rules)
        seen.append(("amount" in run.rows(STREAM)[0], "stays_left_out" in kinds(run)))
        if len(seen) == 1:
            RENAMINGS[renamed](simulator.edit)
        simulator.edit.update("A", 2, {"B": len(seen)})
    assert seen == [(False, False), (False, True), (True, False), (False, False)]


def test_a_table_that_was_left_out_is_not_read_because_it_is_renamed(simulate, monkeypatch):
    simulator = simulate(team(database({"A": customers(), "B": table("Orders")}, {"A": customer_records(3)})))
    pipeline = Pipeline(simulator, "*.*", f"!{STREAM}.*")
    pipeline.run("*.*")
    pipeline.run()
    simulator.edit.rename_table("A", "Clients")
    for _ in range(2):
        run = pipeline.run()
        assert not [m for m in run.messages if m.get("stream") in {STREAM, "shop__clients"}]
        assert '"!shop__clients.*"' in drifts(run)["stays_left_out"]["message"]
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-ninox")
    for rules, is_read in ((["*.*"], False), (["*.*", "shop__clients.*"], True), (["*.*", "!shop__clients"], False)):
        monkeypatch.setenv("TAP_NINOX__SELECT", json.dumps(rules))
        simulator.edit.update("A", 1, {})
        assert bool(pipeline.run(*rules).ids(STREAM)) is is_read


@pytest.mark.parametrize("is_excluded", [True, False])
def test_a_table_that_goes_on_is_left_out_by_a_rule_for_its_name_of_now(simulate, monkeypatch, is_excluded):
    simulator = simulate(team(database({"A": customers(), "B": table("Orders")}, {"A": customer_records(3)})))
    pipeline = Pipeline(simulator, f"{STREAM}.*", "shop__orders.*", *["!shop__clients.*"] * is_excluded)
    pipeline.run()
    simulator.edit.rename_table("A", "Clients")
    simulator.edit.update("A", 1, {})
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-ninox")
    monkeypatch.setenv("TAP_NINOX__SELECT", json.dumps(pipeline.rules))
    assert bool(pipeline.run().ids(STREAM)) is not is_excluded


def test_a_field_that_is_new_in_a_table_that_goes_on_is_told_and_an_alias_reads_it(simulate):
    """No rule hits the table, so nobody has said that it is to be read."""
    simulator = simulate(shop(2))
    pipeline = Pipeline(simulator, f"{STREAM}.*")
    pipeline.run()
    simulator.edit.rename_table("A", "Clients")
    simulator.edit.add_field("A", "C", field("string", "Salary"))
    simulator.edit.update("A", 2, {"C": "secret"})
    second = pipeline.run()
    assert "salary" not in second.rows(STREAM)[0]
    assert "salary" not in second.of_type("SCHEMA", STREAM)[0]["schema"]["properties"]
    assert kinds(second).count("field_added") == 1
    alias = f'{{"{DATABASE_ID}.A": "{STREAM}"}}'
    assert "field 'Salary' is new and is not read" in drifts(second)["field_added"]["message"]
    assert f"set aliases: {alias}" in drifts(second)["field_added"]["message"]
    simulator.edit.update("A", 2, {"C": "known"})
    assert [row["salary"] for row in pipeline.run(aliases=json.loads(alias)).rows(STREAM)] == ["known"]


@pytest.mark.parametrize("rule", ["by name", "all"])
def test_a_field_of_a_name_that_was_used_is_read_if_a_rule_says_so(simulate, rule):
    """It has another name than the catalog shows, as that is of a field that is gone."""
    simulator = simulate(shop(1))
    pipeline = Pipeline(simulator, "*.*")
    pipeline.run()
    simulator.edit.remove_field("A", "B")
    simulator.edit.add_field("A", "C", field("number", "Amount"))
    simulator.edit.update("A", 1, {"C": 7})
    run = pipeline.run(f"{STREAM}.name") if rule == "by name" else pipeline.run()
    assert ("amount_c" in run.rows(STREAM)[0]) is (rule == "all")


def test_a_new_field_is_left_out_by_the_name_that_the_catalog_has(simulate):
    """Here it has another one: that of the catalog is what a field was called that goes on under it."""
    simulator = simulate(shop(1))
    pipeline = Pipeline(simulator, "*.*")
    pipeline.run()
    simulator.edit.rename_field("A", "B", "Price")
    simulator.edit.add_field("A", "C", field("number", "Amount"))
    simulator.edit.update("A", 1, {"B": 7, "C": 4711})
    (row,) = pipeline.run("*.*", f"!{STREAM}.amount").rows(STREAM)
    assert (row["amount"], "amount_c" in row) == (7, False)


# --------------------------------------------------------------------------------------- what else Meltano's extras say


def test_what_a_catalog_asked_for_goes_on_when_the_table_is_renamed(simulate):
    """Full table reads, another key, and types: each of them would change without a word."""
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator, f"{STREAM}.*")
    text = {"type": ["string", "null"]}
    extras = {
        "schema": {STREAM: {"amount": text, "_created_at": text}},
        "metadata": {STREAM: {"replication-method": "FULL_TABLE", "table-key-properties": ["name"]}},
    }
    first = pipeline.run(**extras, deletes="ignore")
    simulator.edit.rename_table("A", "Clients")
    for _ in range(2):
        run = pipeline.run(**extras, deletes="ignore")
        assert run.ids(STREAM) == [1, 2, 3], "in full"
        assert run.rows(STREAM)[0]["amount"] == first.rows(STREAM)[0]["amount"] == "10"
        before, now = (next(iter(r.of_type("SCHEMA", STREAM))) for r in (first, run))
        assert before["key_properties"] == now["key_properties"] == ["name"]
        properties = [
            {name: {key: value for key, value in schema.items() if key in {"type", "format"}} for name, schema in p}
            for p in (message["schema"]["properties"].items() for message in (before, now))
        ]
        assert properties[0] == properties[1]


@pytest.mark.parametrize("how", ["by the new name", "by an alias", "before the renaming"])
def test_what_a_catalog_asked_for_ends_where_somebody_says_so(simulate, how):
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator, "*.*")
    extras = {
        "schema": {STREAM: {"amount": {"type": ["string", "null"]}}},
        "metadata": {STREAM: {"replication-method": "FULL_TABLE"}},
    }
    pipeline.run(**extras)
    if how == "before the renaming":
        pipeline.run()
    simulator.edit.rename_table("A", "Clients")
    simulator.edit.update("A", 2, {"B": 7})
    more = {
        "by the new name": {
            "metadata": {"shop__clients": {"replication-method": "INCREMENTAL"}},
            "schema": {"shop__clients": {"amount": {"type": ["number", "string", "null"]}}},
        },
        "by an alias": {"aliases": {f"{DATABASE_ID}.A": STREAM}},
        "before the renaming": {},
    }
    assert [(row["_id"], row["amount"]) for row in pipeline.run(**more[how]).rows(STREAM)] == [(2, 7)]


def test_a_type_that_a_catalog_gives_to_a_field_goes_on_when_the_field_is_renamed(simulate):
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator, f"{STREAM}.*")
    extras = {"schema": {STREAM: {"amount": {"type": ["string", "null"]}}}}
    pipeline.run(**extras)
    simulator.edit.rename_field("A", "B", "Price")
    simulator.edit.update("A", 2, {"B": 7})
    run = pipeline.run(**extras)
    assert [row["amount"] for row in run.rows(STREAM)] == ["7"]
    simulator.edit.rename_table("A", "Clients")
    simulator.edit.update("A", 2, {"B": 8})
    assert [row["amount"] for row in pipeline.run(**extras).rows(STREAM)] == ["8"]


def test_a_state_that_remembers_nothing_of_a_catalog_is_read(simulate):
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator, "*.*", f"!{STREAM}.amount")
    extras = {"metadata": {STREAM: {"replication-method": "FULL_TABLE"}}}
    bookmark = pipeline.run(**extras).bookmark(STREAM)
    assert bookmark["shape"] == [":replication-method FULL_TABLE"]
    pipeline.state["bookmarks"][STREAM]["shape"] = []  # as it was before
    simulator.edit.rename_table("A", "Clients")
    simulator.edit.update("A", 2, {"A": "after"})
    run = pipeline.run(**extras)
    assert (run.ids(STREAM), run.bookmark(STREAM)["shape"]) == ([2], [])
