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


@pytest.mark.parametrize("chosen", [{"databases": ["Shop"]}, {"tables": ["Customers"]}], ids=str)
def test_where_not_all_tables_are_read_the_map_may_be_for_another_run(simulate, caplog, chosen):
    assert run_tap(simulate(shop(1)), stream_maps={"shop__custmers": {"a": None}}, **chosen).error is None
    assert idle(caplog) == [f"{TOLD} This map has no effect."]


def test_a_glob_may_be_for_tables_to_come(simulate, caplog):
    assert run_tap(simulate(shop(1)), stream_maps={"*__salaries": {"a": None}}).error is None
    assert len(idle(caplog)) == 1


@pytest.mark.parametrize("name", [STREAM, "shop__*", "*"])
def test_maps_that_are_used_are_not_told(simulate, caplog, name):
    maps = {name: {"__filter__": "True"}, "copy": {"__source__": STREAM}, "__else__": None}
    assert run_tap(simulate(shop(1)), stream_maps=maps).error is None
    assert idle(caplog) == []
