"""The cases of names as discovery tells them."""

from __future__ import annotations

import pytest

from tests.helpers.cases import each
from tests.helpers.run import discover
from tests.helpers.seeds import database, field, table, team


@pytest.mark.parametrize("case", each("names"))
def test_properties_are_named_by_captions_(simulate, case):
    fields = {key: field("string", caption) for key, caption in case["fields"].items()}
    simulator = simulate(team(database({"T": table("Things", **fields)})))
    catalog = discover(simulator)
    (things,) = (stream for stream in catalog["streams"] if stream["stream"] == "shop__things")
    assert [name for name in things["schema"]["properties"] if name in case["properties"]] == case["properties"]
    assert len(things["schema"]["properties"]) >= len(case["properties"])
