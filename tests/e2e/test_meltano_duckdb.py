"""`meltano run tap-ninox target-duckdb`, and Parquet made of it as docs/how-to/duckdb.md says."""

from __future__ import annotations

import pytest

from devtools.meltano import MeltanoProject
from ninox_simulator.server import Simulator
from tests.docs.blocks import ROOT, blocks
from tests.helpers.loaders import DuckdbLoader
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, shop

TABLE = "shop__customers"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not DuckdbLoader.is_installed(), reason="target-duckdb 0.8.0 needs duckdb below 1.3"),
]


def written_queries():
    """Return the queries of the page, for this test's table."""
    page = blocks(ROOT / "docs" / "how-to" / "duckdb.md")
    return [block.text.replace("nursery_webshop__orders", TABLE) for block in page if block.language == "sql"]


def test_ninox_to_duckdb_to_parquet(tmp_path, monkeypatch):
    import duckdb  # noqa: PLC0415 (not for every Python)

    with Simulator(seed=shop(1500)) as simulator:
        settings = {"TAP_NINOX_API_URL": simulator.url, "TAP_NINOX_AUTH_TOKEN": simulator.token}
        project = MeltanoProject.create(tmp_path, settings)
        project.run("run", "tap-ninox", "target-duckdb")
        store = simulator.store.database(TEAM_ID, DATABASE_ID)
        store.update("A", 7, {"A": "renamed"})
        store.delete("A", 1400)
        project.run("run", "tap-ninox", "target-duckdb")
    monkeypatch.chdir(tmp_path)
    with duckdb.connect("ninox.duckdb") as connection:
        rows = connection.execute(f"SELECT _id, name, amount, _sdc_deleted_at FROM tap_ninox.{TABLE}").fetchall()  # noqa: S608
        for query in written_queries():
            connection.execute(query)
        current = dict(connection.execute("SELECT _id, name FROM 'orders.parquet'").fetchall())
        exported = connection.execute(f"SELECT count(*) FROM 'parquet/*{TABLE}.parquet'").fetchone()  # noqa: S608
    assert {row[0]: row[1] for row in rows} == {n: f"name {n}" for n in range(1, 1501)} | {7: "renamed"}
    assert [row[0] for row in rows if row[3] is not None] == [1400]
    assert {row[0]: int(row[2]) for row in rows} == {n: n * 10 for n in range(1, 1501)}
    assert current == {row[0]: row[1] for row in rows if row[0] != 1400}
    assert exported == (1500,)
