"""A line where something happened: a run in which nothing did writes a dozen lines, whatever the number of tables."""

from __future__ import annotations

import logging

import pytest

from tests.helpers.run import discover, records, run_tap, run_target, schema
from tests.helpers.seeds import customer_records, customers, database, field, table, team

MOST_LINES = 12
IDS = [f"{letter}{number or ''}" for number in range(2) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]


def many():
    tables = {table_id: {**customers(), "caption": f"T{table_id}"} for table_id in IDS[:30]}
    tables |= {table_id: table(f"P{table_id}", kind="page") for table_id in IDS[30:42]}
    tables |= {table_id: {**table(f"H{table_id}", A=field("string", "X")), "hidden": True} for table_id in IDS[42:]}
    return team(database(tables, {table_id: customer_records(2) for table_id in IDS[:30]}))


@pytest.fixture
def lines(caplog):
    """Return a function that hands out what has been logged at INFO or above since it was asked last."""
    caplog.set_level(logging.INFO)

    def since():
        told = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
        caplog.clear()
        return told

    return since


@pytest.mark.parametrize("with_catalog", [True, False])
def test_an_idle_run_of_the_tap_is_a_dozen_lines_however_many_tables_there_are(simulate, lines, with_catalog):
    simulator = simulate(many())
    catalog = discover(simulator) if with_catalog else None
    first = run_tap(simulator, catalog=catalog)
    assert len([line for line in lines() if line.startswith("shop__t")]) == 30  # what was loaded is told
    idle = run_tap(simulator, catalog=catalog, state=first.state)
    assert (idle.error, idle.report["rows"]) == (None, 0)
    assert len(lines()) <= MOST_LINES
    simulator.edit.update("C", 1, {"A": "new"})
    run_tap(simulator, catalog=catalog, state=idle.state)
    told = lines()
    assert len([line for line in told if line.startswith("shop__tc: 1 row,")]) == 1
    assert len([line for line in told if '"stream":"shop__tc"' in line]) == 2
    assert len(told) <= MOST_LINES + 3


def test_the_level_debug_has_the_rest(simulate, caplog):
    simulator = simulate(many())
    state = run_tap(simulator).state
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    run_tap(simulator, state=state)
    assert len([r for r in caplog.records if r.getMessage().startswith("Beginning sync of 'shop__t")]) == 30
    assert len([r for r in caplog.records if r.getMessage().startswith("shop__t")]) >= 30


def test_an_idle_run_of_the_target_is_a_dozen_lines_however_many_streams_there_are(simulate, lines):
    simulator = simulate(many())
    described = [schema(f"T{number}", key=["Name"], Name="string", Stranger="string") for number in IDS[:30]]
    assert run_target(simulator, [*described, *described]).error is None
    assert len(lines()) <= MOST_LINES
    run_target(simulator, [*described, *records("TB", [{"Name": "name 1"}, {"Name": "name 2"}])])
    told = lines()
    assert len([line for line in told if line.startswith("TB: goes to table 'TB' (B)")]) == 1
    assert len([line for line in told if line.startswith("TB: not loaded, no field is called so: 'Stranger'")]) == 1
    assert len(told) <= MOST_LINES + 3
