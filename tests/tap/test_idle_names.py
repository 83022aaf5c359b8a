"""Names in settings that name nothing, or cannot be what they are to be: told before they surprise anybody."""

from __future__ import annotations

import re

import pytest

from ninox_api.errors import NinoxConfigError
from tests.helpers.run import discover, new_tap, run_tap
from tests.helpers.seeds import DATABASE_ID, customer_records, customers, database, field, shop, table, team
from tests.helpers.wire import calls

STREAM = "shop__customers"


@pytest.mark.parametrize(
    ("alias", "told"),
    [
        (f"{DATABASE_ID}.Z", " names no table or field that this key can see. Did you mean 'db0000000001.A'?"),
        (f"{DATABASE_ID}.A.Z", " names no table or field that this key can see. Did you mean 'db0000000001.A.B'?"),
        ("db0000000003.A", f": no database has the id 'db0000000003'. Did you mean '{DATABASE_ID}'?"),
        (f"{DATABASE_ID}.A.B", None),
        ("dbarchive001.A", None),
    ],
)
def test_an_alias_of_nothing_fails_the_run_and_all_is_read(simulate, alias, told):
    shop = database({"A": customers()}, {"A": customer_records(1)})
    locked = database({"A": table("Notes")}, id="dbarchive001", name="Archive", password="pw")
    run = run_tap(simulate(team(shop, locked)), aliases={alias: "x"})
    assert len(run.rows(STREAM)) == 1
    assert run.report["problems"] == ([f"aliases: '{alias}'{told}"] if told else [])
    assert str(run.error or "") == (
        "Settings name what is not there (aliases): see the warnings above." if told else ""
    )


@pytest.mark.parametrize(
    "aliases",
    [
        {"Customers": "x"},
        {"db.A": ""},
        {"db.A": "x" * 64},
        {"db.A": "x\n"},
        {"db.A": "x", "other.B": "x"},
        {"db.A.B": "x", "db.A.C": "x"},
        {"db.A.B": "_id"},
    ],
    ids=str,
)
def test_an_alias_that_cannot_be_is_refused(simulate, aliases):
    simulator = simulate(shop(1))
    run = run_tap(simulator, aliases=aliases)
    assert isinstance(run.error, NinoxConfigError)
    assert str(run.error).startswith("aliases: ")
    assert calls(simulator) == []


def test_one_name_in_two_tables_is_no_conflict(simulate):
    aliases = {f"{DATABASE_ID}.A.A": "title", f"{DATABASE_ID}.B.A": "title", f"{DATABASE_ID}.B": "title"}
    tables = {"A": customers(), "B": table("Notes", A=field("string", "Text"))}
    assert run_tap(simulate(team(database(tables))), aliases=aliases).error is None


@pytest.mark.parametrize("name_format", ["{table!r}", "{table:>80}", "{}", "{0}"])
def test_a_format_in_stream_names_is_refused(simulate, name_format):
    run = run_tap(simulate(shop(1)), stream_name_format=name_format)
    assert str(run.error).startswith("stream_name_format: ")


@pytest.mark.parametrize(
    ("settings", "streams"),
    [
        ({"tables": ["Cust*"]}, [STREAM]),
        ({"tables": ["B"]}, ["shop__notes"]),
        ({"tables": ["Memos"]}, ["shop__notes"]),
        ({"databases": ["Shop"]}, [STREAM, "shop__notes"]),
        ({"databases": ["Archive"]}, ["archive__notes"]),
    ],
    ids=str,
)
def test_databases_and_tables_choose_among_those_of_a_saved_catalog_too(simulate, settings, streams):
    tables = {"A": customers(), "B": table("Notes")}
    archive = database({"A": table("Notes")}, id="dbarchive001", name="Archive")
    simulator = simulate(team(database(tables, {"A": customer_records(2)}), archive))
    catalog = discover(simulator)
    simulator.edit.rename_table("B", "Memos")
    simulator.log.clear()
    run = run_tap(simulator, catalog=catalog, **settings)
    assert run.error is None
    read = {message["stream"] for message in run.of_type("SCHEMA")}
    assert {stream for stream in read if not stream.startswith("ninox_")} == set(streams)
    asked = {call.path for call in calls(simulator) if call.path.endswith("/records")}
    assert len(asked) == len(streams)


@pytest.mark.parametrize("runner", ["a person", "Meltano"])
def test_a_name_of_nothing_is_told_once_and_discovery_ends_in_an_error(simulate, caplog, capsys, monkeypatch, runner):
    """The catalog is printed before; to Meltano it is no error, or it would not begin to load what is there."""
    settings = {"databases": ["Shop", "Shpo"]}
    told = "Settings name what is not there (databases): see the warnings above."
    simulator = simulate(shop(1))
    if runner == "Meltano":
        monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-ninox")
        new_tap(simulator, **settings).run_discovery()
    else:
        with pytest.raises(NinoxConfigError, match=re.escape(told)):
            new_tap(simulator, **settings).run_discovery()
    assert STREAM in capsys.readouterr().out
    assert caplog.text.count("databases: nothing is called 'Shpo'. Did you mean 'Shop'?") == 1
    assert str(run_tap(simulator, **settings).error) == told


def test_a_query_that_cannot_be_described_ends_a_discovery_in_an_error(simulate, capsys):
    settings = {"queries": {"q": {"database": "Shpo", "query": "1"}}}
    with pytest.raises(NinoxConfigError, match=r"1 stream could not be discovered: q\. See the errors above\."):
        new_tap(simulate(shop(1)), **settings).run_discovery()
    assert STREAM in capsys.readouterr().out


@pytest.mark.parametrize(
    ("setting", "wanted", "meant"),
    [
        ("refresh", "customers", STREAM),
        ("refresh", "custmers", STREAM),
        ("refresh", "shop", None),  # of three streams
        ("databases", "Office", "Office (old) 🔒"),
    ],
)
def test_a_name_that_is_a_part_of_one_means_that_one(simulate, setting, wanted, meant):
    tables = {"A": customers(), "B": table("Orders"), "C": table("Order")}
    office = database({"A": table("Notes")}, id="dbarchive001", name="Office (old) 🔒")
    run = run_tap(simulate(team(database(tables), office)), **{setting: [wanted]})
    told = re.search("Did you mean '(.*?)'", str(run.error))
    assert (told and told[1]) == meant
