"""A stream map whose stream is mistyped would send what it should have hidden: it is told."""

from __future__ import annotations

import pytest

from tests.helpers.run import run_tap
from tests.helpers.seeds import shop

STREAM = "shop__customers"


def idle(caplog):
    return [record.getMessage() for record in caplog.records if "has no effect" in record.getMessage()]


@pytest.mark.parametrize("maps", [{"shop__custmers": {"a": None}}, {"copy": {"__source__": "shop__custmers"}}])
def test_a_map_for_a_stream_that_does_not_exist_is_told_with_the_one_that_is_meant(simulate, caplog, maps):
    assert run_tap(simulate(shop(1)), stream_maps=maps).error is None
    (told,) = idle(caplog)
    assert told == (
        "stream_maps: no stream is called 'shop__custmers', so this map has no effect. Is 'shop__customers' meant?"
    )


@pytest.mark.parametrize("name", [STREAM, "shop__*", "*"])
def test_maps_that_are_used_are_not_told(simulate, caplog, name):
    maps = {name: {"__filter__": "True"}, "copy": {"__source__": STREAM}, "__else__": None}
    assert run_tap(simulate(shop(1)), stream_maps=maps).error is None
    assert idle(caplog) == []
