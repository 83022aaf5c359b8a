"""A stream map whose stream is mistyped would send what it should have hidden: it is told."""

from __future__ import annotations

import pytest

from tests.helpers.run import run_tap
from tests.helpers.seeds import shop

STREAM = "shop__customers"


TOLD = "stream_maps: no stream is called 'shop__custmers'. Did you mean 'shop__customers'?"


def idle(caplog):
    return [record.getMessage() for record in caplog.records if "has no effect" in record.getMessage()]


@pytest.mark.parametrize("maps", [{"shop__custmers": {"a": None}}, {"copy": {"__source__": "shop__custmers"}}])
def test_a_map_for_a_stream_that_does_not_exist_is_refused_with_the_one_that_is_meant(simulate, maps):
    run = run_tap(simulate(shop(1)), stream_maps=maps)
    assert str(run.error) == f"{TOLD} What this map should hide or leave out would be sent."
    assert run.messages == []


@pytest.mark.parametrize(
    ("chosen", "stream"),
    [({"databases": ["Shop"]}, "shop2__customers"), ({"tables": ["Customers"]}, "shop__custmers")],
    ids=str,
)
def test_where_not_all_tables_are_read_the_map_may_be_for_another_run(simulate, caplog, chosen, stream):
    assert run_tap(simulate(shop(1)), stream_maps={stream: {"a": None}}, **chosen).error is None
    assert idle(caplog) == [f"{TOLD.replace('shop__custmers', stream)} This map has no effect."]


def test_of_a_database_that_is_read_whole_a_map_is_for_no_other_run(simulate, monkeypatch):
    """Whatever other databases there are: what the map should have hidden would be sent."""
    maps = {"shop__custmers": {"a": None}}
    run = run_tap(simulate(shop(1)), stream_maps=maps, databases=["Shop"])
    assert str(run.error) == f"{TOLD} What this map should hide or leave out would be sent."
    assert run.messages == []
    catalog = run_tap(simulate(shop(1))).catalog
    assert run_tap(simulate(shop(1)), stream_maps=maps, catalog=catalog).error is None  # it may be an old one
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-ninox")  # which makes a catalog for each run
    monkeypatch.setenv("TAP_NINOX_API_URL", simulate(shop(1)).url)
    assert str(run_tap(simulate(shop(1)), stream_maps=maps, catalog=catalog).error).startswith(TOLD)


def test_a_glob_may_be_for_tables_to_come(simulate, caplog):
    assert run_tap(simulate(shop(1)), stream_maps={"*__salaries": {"a": None}}).error is None
    assert len(idle(caplog)) == 1


@pytest.mark.parametrize("name", [STREAM, "shop__*", "*"])
def test_maps_that_are_used_are_not_told(simulate, caplog, name):
    maps = {name: {"__filter__": "True"}, "copy": {"__source__": STREAM}, "__else__": None}
    assert run_tap(simulate(shop(1)), stream_maps=maps).error is None
    assert idle(caplog) == []
