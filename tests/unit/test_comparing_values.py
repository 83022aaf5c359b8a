"""Equality by meaning: what only looks different is not written again."""

from __future__ import annotations

import pytest

from tests.helpers.cases import each
from tests.helpers.functions import meaning


@pytest.mark.parametrize("case", each("comparing"))
def test_what_is_stored_and_what_is_sent_mean_the_same_or_not(case):
    stored, sent = meaning(case, case["stored"]), meaning(case, case["sent"])
    assert (stored == sent) is case["equal"]
    assert hash(stored) == hash(sent) or not case["equal"]


@pytest.mark.parametrize(
    "type_", ["number", "boolean", "date", "time", "timestamp", "choice", "multi", "ref", "location"]
)
@pytest.mark.parametrize("odd", [{"a": [1]}, [["x"]], True, "\ud800", -5, "PM"], ids=repr)
def test_a_value_of_another_type_has_a_meaning_too(type_, odd):
    assert hash(meaning({"type": type_, "options": "numbered"}, odd)) is not None
