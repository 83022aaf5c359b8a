"""Keys of any type find their records, by reading the table and by looking up; none is taken for another."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import records, run_target, schema, stored, writes
from tests.helpers.seeds import database, field, table, team


def base(count, **fields):
    documents = [RecordDocument(id=n, fields={"A": n, "B": f"k{n}"}, sequence=n) for n in range(1, count + 1)]
    return team(
        database(
            {"A": table("Customers", A=field("number", "Nr"), B=field("string", "Text"), **fields)}, {"A": documents}
        )
    )


@pytest.mark.parametrize("count", [0, 4000], ids=["read", "looked up"])
def test_numbers_with_one_hash_are_two_keys(simulate, count):
    simulator = simulate(base(count))
    described = schema("customers", key=["Nr"], Nr="number", Text="string")
    described_otherwise = schema("customers", key=["Nr"], Nr="number", Text={"type": "string"})
    first, second = {"Nr": -1, "Text": "minus one"}, {"Nr": -2, "Text": "minus two"}
    assert hash(-1) == hash(-2)
    run_target(simulator, [described, *records("customers", [second])])
    # A changed schema parts the rows: each is looked for by itself.
    messages = [described, *records("customers", [first]), described_otherwise, *records("customers", [second])]
    run = run_target(simulator, messages)
    assert run.counts("customers") == {"read": 2, "created": 1, "unchanged": 1}
    assert sorted(row["B"] for row in stored(simulator).values() if row["A"] < 0) == ["minus one", "minus two"]


@pytest.mark.parametrize("limit", [5000, 1], ids=["together", "apart"])
def test_keys_that_differ_only_in_what_ninox_does_not_keep_are_two_and_the_second_is_rejected(simulate, limit):
    moments = {
        "2024-10-27T02:30:00+02:00": 1, "2024-10-27T00:30:00Z": 1, "2024-10-27T02:30:00": 1,  # of one hour
        "2024-10-27T02:30:00+01:00": 0,  # an hour later, with the same clock
        "2024-01-01T08:00:00": 1, "2024-01-01T08:00:00.000": 1, "01.01.2024 08:00": 1, "2024-01-01T08:00:00.9": 0,
    }  # fmt: skip
    days = {
        "2024-01-01": 1, "2023-12-31T23:00:00Z": 1, "2024-01-01T00:00:00Z": 1, "2024-01-01T20:00:00": 0,
        "2024-01-02T08:00:00": 1, "2024-01-02T08:00:00.0": 1, "2024-01-02": 0,
    }  # fmt: skip
    for kind, given, left in (("timestamp", moments, 2), ("date", days, 2)):
        simulator = simulate(base(0, C=field(kind, "At")))
        described = schema("customers", key=["At"], At="string", Nr="number")
        described_otherwise = schema("customers", key=["At"], At="string", Nr={"type": "number"})
        sent = records("customers", [{"At": at} for at in given])
        messages = [described, *sent]
        if limit == 1:  # a changed schema parts the rows
            messages = [part for n, row in enumerate(sent) for part in ((described, described_otherwise)[n % 2], row)]
        run = run_target(
            simulator, messages, streams={"customers": {"timezone": "Europe/Berlin"}}, on_reject="continue"
        )
        assert run.counts("customers")["rejected"] == list(given.values()).count(0)
        assert len(stored(simulator)) == left


COMPOSITE = schema("customers", key=["Nr", "Text"], Nr="number", Text="string", Note="string")


@pytest.mark.parametrize("count", [5, 4000], ids=["read", "looked up"])
def test_a_composite_key_needs_all_its_parts(simulate, count):
    simulator = simulate(base(count, C=field("string", "Note")))
    given = [
        {"Nr": 1, "Text": "k1", "Note": "a"},
        {"Nr": "1.0", "Text": "k1", "Note": "b"},
        {"Nr": 1, "Text": "k2", "Note": "c"},
        {"Nr": None, "Text": "k1", "Note": "d"},
    ]
    run = run_target(simulator, [COMPOSITE, *records("customers", given)], on_reject="continue")
    assert run.counts("customers") == {"read": 4, "created": 1, "updated": 1, "skipped": 1, "rejected": 1}
    assert stored(simulator)[1]["C"] == "b"
    assert stored(simulator)[count + 1] == {"A": 1, "B": "k2", "C": "c"}
    simulator.log.clear()
    again = run_target(simulator, [COMPOSITE, *records("customers", given)], on_reject="continue")
    assert again.counts("customers") == {"read": 4, "unchanged": 2, "skipped": 1, "rejected": 1}
    assert writes(simulator) == []
