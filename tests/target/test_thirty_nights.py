"""What a bad row costs that nobody mends for thirty nights, as the page about rejected rows says."""

from __future__ import annotations

import pytest

from tests.helpers.run import records, run_target, schema, state, writes
from tests.helpers.seeds import shop

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")


@pytest.mark.prove
@pytest.mark.parametrize(("on_reject", "rows", "last"), [("fail", 93_000, 6_000), ("continue", 6_000, 200)])
def test_a_bad_row_costs_rows_and_no_writes(simulate, on_reject, rows, last):
    simulator = simulate(shop(10_000))
    since, held, sent, written = [], 0, [], 0
    for night in range(1, 31):
        changed = [{"Name": f"name {(night * 200 + n) % 10_000 + 1}", "Amount": night * 1000 + n} for n in range(200)]
        since += [{"Name": "bad", "Amount": "much"}, *changed[1:]] if night == 1 else changed
        simulator.log.clear()
        run = run_target(
            simulator, [CUSTOMERS, *records("customers", since[held:]), state({"at": len(since)})], on_reject=on_reject
        )
        assert len(simulator.log.entries) == 10  # pages double while they are quick
        sent.append(len(since) - held)
        written += len(writes(simulator))
        held = run.state["at"] if run.state else held
    assert (sum(sent), sent[-1], written) == (rows, last, 60)
