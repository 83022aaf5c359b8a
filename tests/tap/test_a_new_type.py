"""A type of fields is one entry of `ninox_singer/types`: who adds one there has it in the tap and in the target."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from ninox_singer.types.base import BadValueError, FieldType, Part, ValueRejectedError, means, read_as
from tests.helpers import limits
from tests.helpers.run import discover, metadata, records, run_tap, run_target, schema, stored, writes
from tests.helpers.seeds import customers, database, field, team

STREAM = "shop__customers"
FROM_ONE_TO_FIVE = {"type": ["integer", "null"], "minimum": 1}


def read_stars(value):
    if value not in {"*", "**", "***"}:
        raise BadValueError
    return len(value)


def write_stars(value):
    if value not in {1, 2, 3}:
        raise ValueRejectedError(code="no_rating", reason="It is none of 1, 2 and 3.")
    return "*" * value


RATING = FieldType(
    parts=(
        Part(schema=FROM_ONE_TO_FIVE, read=read_as(read_stars)),
        Part(name="text", schema={"type": ["string", "null"]}, read=read_as(str)),
    ),
    write=lambda _field, _formats: write_stars,
    meaning=means(lambda value: str(value).strip()),  # with spaces around it, it is the same rating
)


@pytest.fixture
def shop(simulate):
    """Customers with a field of a type that came today."""
    stars = [RecordDocument(n, {"A": f"name {n}", "C": text}, n) for n, text in ((1, "*"), (2, " ** "), (3, "***"))]
    with limits.types_of_fields(rating=RATING):
        yield simulate(team(database({"A": customers(C=field("rating", "Stars"))}, {"A": stars})))


def test_the_tap_reads_a_type_that_is_one_entry(shop):
    catalog = discover(shop)
    (stream,) = (stream for stream in catalog["streams"] if stream["tap_stream_id"] == STREAM)
    assert stream["schema"]["properties"]["stars"]["minimum"] == 1
    assert metadata(stream, "properties", "stars_text")["ninox"]["part"] == "text"
    run = run_tap(shop)
    assert [(row["stars"], row["stars_text"]) for row in run.rows(STREAM)] == [(1, "*"), (None, " ** "), (3, "***")]
    assert run.report["streams"][STREAM]["bad_records"] == {"stars": [2]}


def test_the_target_writes_and_compares_a_type_that_is_one_entry(shop):
    rows = [{"Name": f"name {n}", "Stars": stars} for n, stars in ((1, 2), (2, 2), (3, 9))]
    messages = [schema("customers", key=["Name"], Name="string", Stars="integer"), *records("customers", rows)]
    run = run_target(shop, messages, on_reject="continue")
    assert {n: row["C"] for n, row in stored(shop).items()} == {1: "**", 2: " ** ", 3: "***"}
    assert run.counts("customers") == {"read": 3, "updated": 1, "unchanged": 1, "rejected": 1}
    shop.log.clear()
    run_target(shop, messages, on_reject="continue")
    assert writes(shop) == []
