"""A table read whole again, in PostgreSQL: rows that are gone are marked or removed at its end, and not before."""

from __future__ import annotations

import pytest

from tests.helpers.loaders import DuckdbLoader, PostgresLoader
from tests.helpers.run import run_tap
from tests.helpers.seeds import shop

pytestmark = pytest.mark.e2e

STREAM = "shop__customers"
DUE = {"full_refresh_interval_hours": 0, "page_size": 5}
DELETED_AT = "_sdc_deleted_at"


def values(rows):
    return {number: (row["name"], row["amount"], row[DELETED_AT]) for number, row in rows.items()}


@pytest.mark.parametrize("hard_delete", [False, True])
@pytest.mark.parametrize("batches", [False, True], ids=["records", "batch files"])
def test_what_is_gone_is_marked_or_removed_only_by_a_refresh_that_ended(
    simulate, postgres, tmp_path, hard_delete, batches
):
    simulator = simulate(shop(14))
    settings = {"batch_config": {"storage": {"root": (tmp_path / "files").as_uri()}}} if batches else {}
    loader = PostgresLoader(postgres, tmp_path, hard_delete=hard_delete)
    first = run_tap(simulator, **settings)
    loader.load(first.text)
    before = values(loader.rows(STREAM))
    simulator.edit.delete("A", 3)
    simulator.edit.update("A", 13, {"A": "changed"})

    simulator.faults.add("status", status=500, path="/records$", after=2, times=1)
    died = run_tap(simulator, state=first.state, **DUE, **settings)
    loader.load(died.text)
    assert "HTTP 500" in died.stream_error(STREAM)
    assert values(loader.rows(STREAM)) == before

    rest = run_tap(simulator, state=died.state, **DUE, **settings)
    loader.load(rest.text)
    after = values(loader.rows(STREAM))
    assert after[13][0] == "changed"
    assert {number: row for number, row in after.items() if number not in {3, 13}} == {
        number: row for number, row in before.items() if number not in {3, 13}
    }
    assert after[3][2], "its tombstone comes behind the activation"
    assert after[3][0] == (None if hard_delete else "name 3")
    versions = {row["_sdc_table_version"] for number, row in loader.rows(STREAM).items() if number != 3}
    assert versions == {rest.of_type("ACTIVATE_VERSION", STREAM)[0]["version"]}
    if hard_delete:
        loader.load(run_tap(simulator, state=rest.state, **DUE, **settings).text)
        assert 3 not in loader.rows(STREAM)


def test_a_row_marked_by_its_tombstone_is_removed_by_the_next_refresh(simulate, postgres, tmp_path):
    simulator = simulate(shop(4))
    loader = PostgresLoader(postgres, tmp_path, hard_delete=True)
    first = run_tap(simulator)
    loader.load(first.text)
    simulator.edit.delete("A", 3)
    second = run_tap(simulator, state=first.state)
    loader.load(second.text)
    assert loader.rows(STREAM)[3][DELETED_AT]
    loader.load(run_tap(simulator, state=second.state, **DUE).text)
    assert set(loader.rows(STREAM)) == {1, 2, 4}


@pytest.mark.skipif(not DuckdbLoader.is_installed(), reason="target-duckdb 0.8.0 cannot be installed on this Python")
@pytest.mark.parametrize("settings", [{}, {"emit_activate_version_messages": False}], ids=str)
def test_a_target_without_versions_learns_of_deletions_by_tombstones_in_a_refresh_too(simulate, tmp_path, settings):
    simulator = simulate(shop(14))
    loader = DuckdbLoader(tmp_path, add_metadata_columns=True)
    first = run_tap(simulator, **settings)
    loader.load(first.text)
    simulator.edit.delete("A", 3)
    simulator.edit.delete("A", 4)
    simulator.edit.create("A", {"A": "back"}, id=4)
    simulator.faults.add("status", status=500, path="/records$", after=1, times=1)
    died = run_tap(simulator, state=first.state, **DUE, **settings)
    rest = run_tap(simulator, state=died.state, **DUE, **settings)
    for run in (died, rest):
        loader.load(run.text)
    rows = values(loader.rows(STREAM))
    assert {number for number, row in rows.items() if row[2]} == {3}
    assert (rows[3][0], rows[4][0]) == ("name 3", "back")
