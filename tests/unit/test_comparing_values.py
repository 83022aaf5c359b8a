"""Equality by meaning: what only looks different is not written again."""

from __future__ import annotations

import pytest

from ninox_singer.types import TYPES
from tests.helpers.cases import cases, each
from tests.helpers.functions import meaning


@pytest.mark.parametrize("case", each("comparing"))
def test_what_is_stored_and_what_is_sent_mean_the_same_or_not(case):
    stored, sent = meaning(case, case["stored"]), meaning(case, case["sent"])
    assert (stored == sent) is case["equal"]
    assert hash(stored) == hash(sent) or not case["equal"]


def test_every_type_that_is_written_has_cases():
    written = {name for name, known in TYPES.items() if known.write and known.is_stored}
    assert {case["type"] for case in cases("comparing")} >= written, "tests/cases/comparing.jsonl"


@pytest.mark.parametrize(
    "type_", ["number", "boolean", "date", "time", "timestamp", "choice", "multi", "ref", "location"]
)
@pytest.mark.parametrize("odd", [{"a": [1]}, [["x"]], True, "\ud800", -5, "PM"], ids=repr)
def test_a_value_of_another_type_has_a_meaning_too(type_, odd):
    assert hash(meaning({"type": type_, "options": "numbered"}, odd)) is not None
