"""A few seeds of the kill tests; `make reliability` plays two hundred."""

from __future__ import annotations

import pytest

from demo.postgres import running_postgres
from tests.reliability.kills import harm_tap, harm_target
from tests.reliability.warehouse_kills import harm_pipe

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("seed", [3, 15])
@pytest.mark.parametrize("harm", [harm_tap, harm_target])
def test_whatever_ends_a_run_the_next_ones_make_source_and_destination_equal(harm, seed, tmp_path):
    harm(seed, tmp_path)


def test_tap_and_loader_stopped_by_signals_end_with_an_equal_warehouse(tmp_path):
    with running_postgres() as postgres:
        assert harm_pipe(0, tmp_path, postgres)["rows"] == 19
