"""Select rules and extras that name what was renamed since: what they said goes on until somebody says something else.

Rules are applied as Meltano does, by its own code, to a catalog that was discovered without a state.
"""

from __future__ import annotations

import json

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.pipeline import Pipeline, drifts
from tests.helpers.seeds import DATABASE_ID, customer_records, customers, database, field, shop, table, team

STREAM = "shop__customers"


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


@pytest.mark.parametrize("damage", [{}, 7, None])
def test_what_was_left_out_stays_out_although_the_list_of_it_is_damaged(simulate, damage):
    simulator = simulate(shop(3))
    pipeline = Pipeline(simulator, "*.*", f"!{STREAM}.amount")
    pipeline.run()
    pipeline.state["bookmarks"][STREAM]["deselected"].append(damage)
    simulator.edit.rename_field("A", "B", "Konto")
    simulator.edit.update("A", 2, {"A": "after", "B": 4711})
    (row,) = pipeline.run().rows(STREAM)
    assert row["name"] == "after"
    assert {"amount", "konto"}.isdisjoint(row)


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
