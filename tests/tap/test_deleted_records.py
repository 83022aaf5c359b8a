"""`deletes: stream` and `both`: deletions in a stream of their own."""

from __future__ import annotations

import pytest

from tests.helpers.run import run_tap
from tests.helpers.seeds import customer_records, customers, database, field, shop, table, team
from tests.helpers.wire import changes_calls, single_reads

STREAM, DELETED = "shop__customers", "ninox_deleted_records"


def loaded(simulate, seed=None, **switches):
    simulator = simulate(seed or shop(9), **switches)
    first = run_tap(simulator, deletes="stream")
    assert first.error is None
    assert first.rows(DELETED) == []
    simulator.log.clear()
    return simulator, first.state


def listed(run):
    return [(row["table_id"], row["record_id"]) for row in run.rows(DELETED)]


@pytest.mark.parametrize(
    ("deletes", "in_stream", "as_tombstones"), [("stream", 1, 0), ("both", 1, 1), ("tombstone", 0, 1), ("ignore", 0, 0)]
)
def test_where_a_deletion_goes(simulate, deletes, in_stream, as_tombstones):
    simulator, state = loaded(simulate)
    simulator.edit.delete("A", 4)
    run = run_tap(simulator, state=state, deletes=deletes)
    assert len(run.rows(DELETED)) == in_stream
    assert len(run.tombstones(STREAM)) == as_tombstones
    assert len(changes_calls(simulator)) == 1


def test_a_row_says_what_was_deleted_where(simulate):
    simulator, state = loaded(simulate)
    simulator.edit.delete("A", 4)
    (row,) = run_tap(simulator, state=state, deletes="stream").rows(DELETED)
    assert row.pop("seen_at").endswith("Z")
    assert row == {
        "database_id": simulator.edit.id,
        "table_id": "A",
        "record_id": 4,
        "sequence": 10,
        "database": "Shop",
        "table": "Customers",
        "stream": STREAM,
    }


def test_what_earlier_runs_listed_is_never_taken_away(simulate):
    """A version that is activated would take it away: in a target, rows of older versions go."""
    simulator, state = loaded(simulate)
    simulator.edit.delete("A", 4)
    second = run_tap(simulator, state=state, deletes="both")
    third = run_tap(simulator, state=second.state, deletes="both")
    for run in (second, third):
        assert run.error is None
        assert run.of_type("ACTIVATE_VERSION", DELETED) == []


def test_a_deletion_is_listed_once(simulate):
    simulator, state = loaded(simulate)
    simulator.edit.delete("A", 4)
    second = run_tap(simulator, state=state, deletes="stream")
    assert listed(second) == [("A", 4)]
    assert listed(run_tap(simulator, state=second.state, deletes="stream")) == []


def test_cascades_are_listed_whole(simulate):
    tables = {
        "A": customers(),
        "B": table("Orders", A=field("ref", "Customer", refTypeId="A", cascade=True)),
    }
    simulator, state = loaded(simulate, team(database(tables, {"A": customer_records(2)})))
    simulator.edit.create("B", {"A": 1})
    simulator.edit.create("B", {"A": 1})
    middle = run_tap(simulator, state=state, deletes="stream")
    simulator.edit.delete("A", 1)
    assert listed(run_tap(simulator, state=middle.state, deletes="stream")) == [("A", 1), ("B", 1), ("B", 2)]


def test_a_record_made_again_is_not_listed(simulate):
    simulator, state = loaded(simulate)
    simulator.edit.delete("A", 4)
    simulator.edit.delete("A", 5)
    simulator.edit.create("A", {"A": "again"}, id=4)
    run = run_tap(simulator, state=state, deletes="stream")
    assert listed(run) == [("A", 5)]
    assert len(single_reads(simulator)) == 2  # once to send it, once to know that it exists


def test_a_database_that_was_set_back_starts_anew_with_a_warning(simulate, caplog):
    simulator, state = loaded(simulate)
    backup = simulator.edit.snapshot()
    simulator.edit.delete("A", 4)
    second = run_tap(simulator, state=state, deletes="stream")
    simulator.edit.restore(backup)
    third = run_tap(simulator, state=second.state, deletes="stream")
    assert listed(third) == []
    assert "ninox_deleted_records: deletions in database" in caplog.text
    simulator.edit.delete("A", 6)
    assert listed(run_tap(simulator, state=third.state, deletes="stream")) == [("A", 6)]


def test_without_a_feed_nothing_is_listed_and_nothing_is_claimed(simulate):
    simulator = simulate(shop(3), feed="missing")
    run = run_tap(simulator, deletes="stream")
    assert run.error is None
    assert run.bookmark(DELETED)["sequences"] is None


@pytest.mark.parametrize("settings", [{}, {"refresh": ["*"]}], ids=["changes", "full refresh"])
@pytest.mark.parametrize("removes", ["strings", "objects"])
def test_a_deletion_that_the_feed_names_again_is_reported_once(simulate, removes, settings):
    """Where the bound is inclusive, the last change of a run comes again, and a deletion does not say which it was."""
    simulator = simulate(shop(6), since_sq_bound="inclusive", removes=removes)
    first = run_tap(simulator, deletes="both")
    simulator.edit.delete("A", 2)
    second = run_tap(simulator, state=first.state, deletes="both", **settings)
    assert [row["record_id"] for row in second.rows("ninox_deleted_records")] == [2]
    idle = run_tap(simulator, state=second.state, deletes="both", **settings)
    simulator.edit.update("A", 4, {"A": "changed"})
    third = run_tap(simulator, state=idle.state, deletes="both", **settings)
    for run in (idle, third):
        assert run.rows("ninox_deleted_records") == []
        assert run.tombstones("shop__customers") == []
    simulator.edit.create("A", {"A": "back"}, id=2)
    fourth = run_tap(simulator, state=third.state, deletes="both", **settings)
    assert 2 in fourth.ids("shop__customers")
    simulator.edit.delete("A", 2)
    last = run_tap(simulator, state=fourth.state, deletes="both", **settings)
    assert [row["record_id"] for row in last.rows("ninox_deleted_records")] == [2]
    assert [row["_id"] for row in last.tombstones("shop__customers")] == [2]
