"""All standard runs by name: `tap/changes`, `target/mirror`."""

from __future__ import annotations

from tests.golden.tap_runs import TAP_RUNS
from tests.golden.target_runs import TARGET_RUNS

RUNS = {
    **{f"tap/{name}": run for name, run in TAP_RUNS.items()},
    **{f"target/{name}": run for name, run in TARGET_RUNS.items()},
}
