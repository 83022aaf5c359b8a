"""A8: `Rabatt %` is called `Skonto %`, and the table `Artikel` is called `Sortiment`."""

from __future__ import annotations

import pytest

from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.samples.blattwerk.week import field_id_of
from ninox_simulator.server import Simulator
from tests.helpers.run import discover, replay, run_tap

CUSTOMERS, ARTICLES, RENAMED_ARTICLES = (f"buero_baustelle__{name}" for name in ("kunden", "artikel", "sortiment"))
SETTINGS = {"databases": ["Büro*"], "tables": ["A", "H"]}


@pytest.fixture(params=["full", "delta"])
def simulator(request):
    with Simulator(switches={"feed_updates": request.param}) as running:
        yield running


def rename_and_edit(simulator):
    database = simulator.store.database(TEAM_ID, BUERO_ID)
    discount = field_id_of(BUERO_ID, "A", "Rabatt %")
    database.rename_field("A", discount, "Skonto %")
    database.rename_table("H", "Sortiment")
    database.update("A", 5, {discount: 7})
    database.update("H", 3, {field_id_of(BUERO_ID, "H", "Artikelnr"): "renamed-day"})


def drift(run):
    return {(entry["kind"], entry["before"]): entry for entry in run.report["drift"]}


def test_with_a_saved_catalog_nothing_changes_but_the_report_names_both(simulator):
    catalog = discover(simulator, **SETTINGS)
    first = run_tap(simulator, catalog=catalog, **SETTINGS)
    rename_and_edit(simulator)
    second = run_tap(simulator, catalog=catalog, state=first.state, **SETTINGS)
    assert second.error is None
    assert (second.ids(CUSTOMERS), second.ids(ARTICLES)) == ([5], [3])
    assert set(second.rows(CUSTOMERS)[0]) == set(first.rows(CUSTOMERS)[0])
    assert replay(replay({}, first, CUSTOMERS), second, CUSTOMERS)[5]["rabatt"] == 7
    assert drift(second).keys() == {("table_renamed", "Artikel"), ("field_renamed", "Rabatt %")}
    assert drift(second)["table_renamed", "Artikel"]["after"] == "Sortiment"
    assert drift(second)["field_renamed", "Rabatt %"]["after"] == "Skonto %"
    captions = {m["schema"]["title"] for m in second.of_type("SCHEMA", ARTICLES)}
    assert captions == {"Sortiment"}, "a consumer that goes by captions needs that of now"


@pytest.mark.parametrize("saved", [False, True], ids=["no catalog", "saved anew"])
def test_whoever_was_read_goes_on_under_its_name_and_is_told_once(simulator, saved):
    catalog = discover(simulator, **SETTINGS) if saved else None
    first = run_tap(simulator, catalog=catalog, **SETTINGS)
    rename_and_edit(simulator)
    catalog = discover(simulator, **SETTINGS) if saved else None
    second = run_tap(simulator, catalog=catalog, state=first.state, **SETTINGS)
    assert second.error is None
    assert second.rows(CUSTOMERS)[0]["rabatt"] == 7
    assert "skonto" not in second.rows(CUSTOMERS)[0]
    assert (second.ids(ARTICLES), second.ids(RENAMED_ARTICLES)) == ([3], [])
    told = drift(second)
    assert told.keys() == {("table_renamed", "Artikel"), ("field_renamed", "Rabatt %")}
    assert "the property stays rabatt. To rename it, set aliases" in told["field_renamed", "Rabatt %"]["message"]
    third = run_tap(simulator, catalog=catalog, state=second.state, **SETTINGS)
    assert drift(third) == {}
    assert third.ids(ARTICLES) == []


def test_the_aliases_that_the_report_names_rename_both(simulator):
    first = run_tap(simulator, **SETTINGS)
    rename_and_edit(simulator)
    messages = [entry["message"] for entry in drift(run_tap(simulator, state=first.state, **SETTINGS)).values()]
    aliases = {}
    for message in messages:
        pair = message.rpartition("set aliases: {")[2].rstrip("}")
        key, _, name = pair.partition(": ")
        aliases[key.strip('"')] = name.strip('"')
    second = run_tap(simulator, state=first.state, aliases=aliases, **SETTINGS)
    assert second.ids(CUSTOMERS) == [5]
    assert second.rows(CUSTOMERS)[0]["skonto"] == 7
    assert sorted(second.ids(RENAMED_ARTICLES)) == sorted(first.ids(ARTICLES))  # another stream: read whole
