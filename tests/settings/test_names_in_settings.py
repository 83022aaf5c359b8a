"""Each setting that holds a name takes it in other letters and between blanks, and refuses what is not there."""

from __future__ import annotations

import io

import pytest

from tests.helpers.run import records, run_tap, run_target, schema, scripts, stored, writes
from tests.helpers.seeds import DATABASE_ID, customer_records, customers, database, field, table, team
from tests.helpers.wire import calls

ARCHIVE = "dbarchive001"
STREAM = "shop_alt__customers"

SPELLINGS = {"as it is": str, "in capitals": str.upper, "in small letters": str.lower, "with blanks": " {} ".format}


def shop():
    tables = {"A": customers(F=field("fn", "Total", fn="B * 2")), "B": table("Notes (old)", A=field("string", "X"))}
    one = database(tables, {"A": customer_records(2)}, name="Shop [alt]")
    return team(one, database({"A": table("Papers")}, id=ARCHIVE, name="Archive", password="pw"))


TAP = {
    "team": ("Team", lambda name: {"team": name}, lambda run, _: bool(run.rows(STREAM))),
    "databases": (
        "Shop [alt]",
        lambda name: {"databases": [name]},
        lambda run, paths: bool(run.rows(STREAM)) and not any(ARCHIVE in path for path in paths),
    ),
    "databases, left out": (
        "Archive",
        lambda name: {"databases": [f"!{name}"]},
        lambda run, paths: bool(run.rows(STREAM)) and not any(ARCHIVE in path for path in paths),
    ),
    "tables": (
        "Notes (old)",
        lambda name: {"tables": [name]},
        lambda run, _: bool(run.of_type("SCHEMA", "shop_alt__notes_old")) and not run.of_type("SCHEMA", STREAM),
    ),
    "database_passwords": (
        "Archive",
        lambda name: {"database_passwords": {name: "pw"}},
        lambda run, _: bool(run.of_type("SCHEMA", "archive__papers")),
    ),
    "formulas": (
        f"{STREAM}.total",
        lambda name: {"formulas": {name: "number"}},
        lambda run, _: [row.get("total") for row in run.rows(STREAM)] == [20, 40],
    ),
    "files": (STREAM, lambda name: {"files": {name: "metadata"}}, lambda run, _: len(run.rows("ninox_files")) == 1),
    "refresh": (STREAM, lambda name: {"refresh": [name]}, lambda run, _: run.ids(STREAM) == [1, 2]),
    "queries": (
        "Shop [alt]",
        lambda name: {
            "queries": scripts({"name": "q", "database": name, "query": "1 + 1", "schema": {"value": "number"}})
        },
        lambda run, _: len(run.rows("q")) == 1,
    ),
}


def run_again(simulate, settings):
    """Run the tap behind an earlier run that has read all, as `refresh` needs it."""
    simulator = simulate(shop())
    simulator.edit.put_file("A", 1, "a.txt", io.BytesIO(b"x"), moves_record=False)
    state = run_tap(simulator).state if "refresh" in settings else None
    simulator.log.clear()
    run = run_tap(simulator, state=state, **settings)
    return run, [call.path for call in calls(simulator)]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("setting", TAP)
def test_the_tap_finds_what_is_named(simulate, setting, spelling):
    name, settings, has_effect = TAP[setting]
    run, paths = run_again(simulate, settings(SPELLINGS[spelling](name)))
    assert run.error is None
    assert has_effect(run, paths)


@pytest.mark.parametrize("setting", TAP)
def test_the_tap_refuses_what_is_not_there_and_says_what_is_near(simulate, setting):
    name, settings, _ = TAP[setting]
    run, _ = run_again(simulate, settings(f"{name[:-1]}x{name[-1]}"))
    report = run.report or {"streams": (), "problems": ()}
    told = run.stream_error("q") if "q" in report["streams"] else [*report["problems"], str(run.error)][0]
    assert told.startswith(setting.partition(",")[0])
    assert f"Did you mean {name!r}?" in told


def with_friends(name, field_name):
    return {"table": "A", "references": {name: field_name}}


TARGET = {
    "team": ("Team", lambda name: {"team": name}),
    "database": ("Shop [alt]", lambda name: {"database": name}),
    "database_passwords": ("Shop [alt]", lambda name: {"database_passwords": {name: "pw"}}),
    "streams": ("clients", lambda name: {"streams": {name: {"table": "A", "fields": {"Number": "Amount"}}}}),
    "table": ("Customers", lambda name: {"streams": {"clients": {"table": name}}}),
    "match_on": ("Name", lambda name: {"streams": {"clients": {"table": "A", "match_on": [name]}}}),
    "fields": ("Number", lambda name: {"streams": {"clients": {"table": "A", "fields": {name: "Amount"}}}}),
    "fields, its field": ("Amount", lambda name: {"streams": {"clients": {"table": "A", "fields": {"Number": name}}}}),
    "references": ("Friend", lambda name: {"streams": {"clients": with_friends(name, "Name")}}),
    "references, its field": ("Name", lambda name: {"streams": {"clients": with_friends("Friend", name)}}),
}
MAPPED = {"streams", "fields", "fields, its field"}


def load(simulate, setting, name):
    one = database(
        {"A": customers(F=field("ref", "Friend", refTypeId="A"))},
        {"A": customer_records(1)},
        name="Shop [alt]",
        password="pw",
    )
    simulator = simulate(team(one, database({}, id=ARCHIVE, name="Archive")))
    friend = {"Friend": "name 1"} if setting.startswith("references") else {}
    described = schema("clients", key=["Name"], Name="string", Number="number", **dict.fromkeys(friend, "string"))
    row = {"Name": "name 1", "Number": 7, **friend}
    defaults = {
        "database": "Shop [alt]",
        "streams": {"clients": {"table": "A"}},
        "database_passwords": {DATABASE_ID: "pw"},
    }
    run = run_target(simulator, [described, *records("clients", [row])], **{**defaults, **TARGET[setting][1](name)})
    return run, simulator


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("setting", TARGET)
def test_the_target_finds_what_is_named(simulate, setting, spelling):
    run, simulator = load(simulate, setting, SPELLINGS[spelling](TARGET[setting][0]))
    assert run.error is None
    changed = {"B": 7} if setting in MAPPED else {"F": 1} if setting.startswith("references") else {}
    assert stored(simulator) == {1: {"A": "name 1", "B": 10, **changed}}


@pytest.mark.parametrize("setting", sorted(TARGET.keys() - {"streams"}))
def test_the_target_refuses_what_is_not_there_and_says_what_is_near(simulate, setting):
    name = TARGET[setting][0]
    run, simulator = load(simulate, setting, f"{name[:-1]}x{name[-1]}")
    assert f"Did you mean {name!r}" in str(run.error)
    assert writes(simulator) == []
