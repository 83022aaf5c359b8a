"""Streams that come whole, of every kind, say so by a version, unless the target is not to hear of versions."""

from __future__ import annotations

from tests.helpers.run import run_tap, scripts
from tests.helpers.seeds import DATABASE_ID, shop

EVERY_KIND = {
    "files": {"*": "metadata"},
    "queries": scripts({"name": "q", "database": DATABASE_ID, "query": "{n: 1}", "schema": {"n": "integer"}}),
}
CATALOGUE = {"ninox_databases", "ninox_tables", "ninox_fields", "ninox_choices"}


def versions(run):
    assert run.error is None
    return {message["stream"] for message in run.of_type("ACTIVATE_VERSION")}


def test_every_kind_of_stream_says_what_its_rows_are_all_of(simulate):
    simulator = simulate(shop(3))
    assert versions(run_tap(simulator, **EVERY_KIND)) == {"shop__customers", "ninox_files", "q", *CATALOGUE}


def test_no_stream_does_where_it_is_not_asked_for(simulate):
    run = run_tap(simulate(shop(3)), emit_activate_version_messages=False, **EVERY_KIND)
    assert versions(run) == set()
    assert run.ids("shop__customers") == [1, 2, 3]
