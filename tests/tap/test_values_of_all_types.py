"""The reading cases as runs: a table for each type, a record for each case."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.cases import doubles, field_of, grouped, options, survives_doubles
from tests.helpers.run import run_tap
from tests.helpers.seeds import database, table, team


def tables_of(cases):
    """Table id → its cases; those with other options have another table."""
    tables = {}
    for case in cases:
        if survives_doubles(case["stored"]):
            tables.setdefault((case["type"], *options(case)), []).append(case)
    return {f"T{number}": found for number, found in enumerate(tables.values())}


@pytest.mark.parametrize("page_size", [1, 1000], ids=["by themselves", "with others"])
@pytest.mark.parametrize(("settings", "cases"), grouped("reading"))
def test_all_values_are_read_by_themselves_and_with_others(simulate, settings, cases, page_size):
    tables = tables_of(cases)
    seed = database(
        {"B": table("Others"), **{key: table(key, A=field_of(found[0], "V")) for key, found in tables.items()}},
        {
            key: [RecordDocument(n, {"A": doubles(case["stored"])}, n) for n, case in enumerate(found, start=1)]
            for key, found in tables.items()
        },
    )
    run = run_tap(simulate(team(seed)), page_size=page_size, **settings)
    assert run.error is None
    for key, found in tables.items():
        stream = f"shop__{key.lower()}"
        parts = {part: f"v_{part}" if part else "v" for part in found[0]["read"]}
        rows = {row["_id"]: {part: row[name] for part, name in parts.items()} for row in run.rows(stream)}
        assert {n: doubles(row) for n, row in rows.items()} == {
            n: doubles(case["read"]) for n, case in enumerate(found, start=1)
        }
        bad = {name: sum(part in case.get("bad", ()) for case in found) for part, name in parts.items()}
        nulled = run.report["streams"][stream]["nulled"]
        assert nulled == {name: count for name, count in bad.items() if count}
