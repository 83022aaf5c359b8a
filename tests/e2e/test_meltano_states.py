"""States in the hands of Meltano: full refresh, merging and copying; edits and deletions arrive after each of them."""

from __future__ import annotations

import dataclasses

import pytest

from devtools.meltano import MeltanoProject, plugin_settings
from ninox_simulator.server import Simulator
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, shop
from tests.helpers.warehouse import fresh_database, ids_of, rows_of

STREAM = "shop__customers"
RUN = ("run", "tap-ninox", "target-postgres")
STATE, KEPT = "dev:tap-ninox-to-target-postgres", "kept"

pytestmark = [pytest.mark.e2e, pytest.mark.prove]


@pytest.fixture
def shop_in_ninox():
    with Simulator(seed=shop(14)) as simulator:
        yield simulator


def test_edits_and_deletions_arrive_whatever_meltano_did_to_the_state(shop_in_ninox, postgres, tmp_path):
    warehouse = fresh_database(postgres)
    project = MeltanoProject.create(tmp_path, plugin_settings(shop_in_ninox, warehouse))
    due = {**project.environment, "TAP_NINOX_FULL_REFRESH_INTERVAL_HOURS": "0"}
    asked = {**project.environment, "TAP_NINOX_REFRESH": f'["{STREAM}"]'}
    edit, deleted = shop_in_ninox.store.database(TEAM_ID, DATABASE_ID), set()

    def day_of_work(number):
        edit.update("A", 14, {"A": f"day {number}"})
        edit.create("A", {"A": f"made on day {number}"})
        edit.delete("A", number)
        deleted.add(number)

    def assert_equal():
        rows = {row["_id"]: row["name"] for row in rows_of(warehouse, STREAM, where="_sdc_deleted_at IS NULL")}
        assert rows == {record.id: record.fields["A"] for record in edit.records("A")}
        assert ids_of(warehouse, STREAM, where="_sdc_deleted_at IS NOT NULL") == deleted

    project.run(*RUN)
    assert_equal()
    project.run("state", "copy", "--force", STATE, KEPT)

    day_of_work(1)
    project.run(*RUN, "--full-refresh")  # Meltano merges what it writes into the state of the first run
    assert_equal()

    day_of_work(2)
    project.run(*RUN, "--state-strategy", "merge")
    assert_equal()

    day_of_work(3)
    project.run("state", "merge", "--from-state-id", STATE, KEPT)  # the newer one into the oldest
    project.run("state", "copy", "--force", KEPT, STATE)
    dataclasses.replace(project, environment=due).run(*RUN)
    assert_equal()

    day_of_work(4)
    project.run(*RUN)
    assert_equal()

    day_of_work(5)
    moved_no_sequence = next(iter(edit.records("A")))
    moved_no_sequence.fields["A"] = "moved no sequence"
    moved_no_sequence.encoded_for = 0
    dataclasses.replace(project, environment=asked).run(*RUN)
    assert_equal()

    day_of_work(6)
    project.run(*RUN)
    assert_equal()
