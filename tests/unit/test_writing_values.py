"""Singer values → what Ninox takes: what is accepted, and what is refused without being quoted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.helpers.cases import cases, each, options, survives_doubles, words
from tests.helpers.functions import ValueRejectedError, is_empty, type_named, types_that_are_written, write

TYPES = sorted({case["type"] for case in cases("writing")})


def check(case):
    """Fail unless a case is written, or refused, as it says."""
    if "stored" in case:
        got = write(case)
        assert (got, type(got)) == (case["stored"], type(case["stored"]))
        return
    with pytest.raises(ValueRejectedError) as caught:
        write(case)
    assert (caught.value.code, caught.value.reason) == (case["refused"], words(case))
    assert caught.value.allowed == (tuple(options(case).values()) if case["refused"] == "unknown_choice" else ())
    value = case.get("value")
    assert not isinstance(value, str) or len(value) < 3 or value not in str(caught.value)


@pytest.mark.parametrize("case", each("writing"))
def test_a_value_is_written_or_refused(case):
    check(case)


def given(case):
    return case.get("parts", case.get("value"))


def as_doubles(value):
    if isinstance(value, dict):
        return {key: as_doubles(member) for key, member in value.items()}
    if isinstance(value, list):
        return list(map(as_doubles, value))
    return float(value) if isinstance(value, Decimal) else value


WITH_FRACTIONS = [
    case
    for case in cases("writing")
    if survives_doubles(given(case)) and repr(as_doubles(given(case))) != repr(given(case))
]


@pytest.mark.parametrize("case", WITH_FRACTIONS, ids=str)
def test_doubles_are_written_like_decimals(case):
    """Such as the expressions of stream maps make."""
    key = "parts" if "parts" in case else "value"
    check({**case, key: as_doubles(given(case))})


BEYOND_JSON = [
    ("number", Decimal("NaN"), "not_finite"),
    ("number", Decimal("-Infinity"), "not_finite"),
    ("number", float("inf"), "not_finite"),
    ("number", Decimal("1e999999"), "too_large"),
    ("number", 10**5000, "too_large"),
    ("number", "9" * 399, "too_large"),
    ("number", "9" * 5000, "not_a_number"),
    ("boolean", float("nan"), "not_a_boolean"),
    ("string", Decimal("NaN"), "not_finite"),
    ("timeinterval", float("nan"), "not_an_interval"),
    ("dchoice", "9" * 5000, "not_a_record_id"),
]


@pytest.mark.parametrize(("type_", "value", "refused"), BEYOND_JSON, ids=map(str, range(len(BEYOND_JSON))))
def test_what_no_file_of_cases_can_hold_is_refused(type_, value, refused):
    with pytest.raises(ValueRejectedError) as caught:
        write({"type": type_, "value": value})
    assert caught.value.code == refused
    assert not isinstance(value, str) or value not in str(caught.value)


@pytest.mark.parametrize("type_", TYPES)
def test_zero_and_false_are_not_empty(type_):
    assert not is_empty(type_, 0)
    assert not is_empty(type_, False)


def test_every_type_that_can_be_written_has_cases():
    assert set(TYPES) == types_that_are_written(), "tests/cases/writing.jsonl"


def test_the_documentation_s_names_of_types_are_understood():
    assert type_named("datetime") is type_named("timestamp")
    assert type_named("url") is type_named("link")
    assert type_named("hologram").write is None
