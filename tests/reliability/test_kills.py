"""A few seeds of the kill tests; `make prove` plays two hundred."""

from __future__ import annotations

import pytest

from tests.reliability.csv_kills import harm_csv
from tests.reliability.kills import harm_tap, harm_target
from tests.reliability.meltano_kills import harm_meltano, harm_meltano_csv
from tests.reliability.warehouse_kills import harm_pipe

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("seed", [3, 15])
@pytest.mark.parametrize("harm", [harm_tap, harm_target])
def test_whatever_ends_a_run_the_next_ones_make_source_and_destination_equal(harm, seed, tmp_path):
    harm(seed, tmp_path)


def test_whatever_happens_to_tap_and_loader_the_warehouse_equals_the_source_in_the_end(tmp_path, postgres):
    assert harm_pipe(1, tmp_path, postgres)["rows"] == 19


def test_whatever_happens_to_a_tap_for_files_and_the_target_ninox_equals_the_files_in_the_end(tmp_path):
    assert harm_csv(7, tmp_path)["whole run"] == 1


@pytest.mark.prove
def test_whatever_happens_to_meltano_or_its_plugins_the_next_run_loads_all_and_nothing_was_told(tmp_path, postgres):
    """At level DEBUG; neither Meltano nor any plugin tells a key or a password, and ours tell no value."""
    assert harm_meltano(14, tmp_path, postgres, runs=1) == {"SIGKILL to meltano": 1}


@pytest.mark.prove
def test_whatever_happens_to_meltano_writing_into_ninox_the_next_run_writes_the_rest_and_nothing_was_told(tmp_path):
    assert harm_meltano_csv(4, tmp_path, runs=1) == {"SIGKILL to target": 1}
