"""A14: "Our private cloud, limited key." Port, path, private authority, no schemas, one table that may not be read."""

from __future__ import annotations

import json
import logging
from itertools import product

import pytest

from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.server import Simulator
from tests.helpers.run import discover, run_tap
from tests.helpers.tls import certificate_authority, private_cloud

UNREADABLE = "buero_baustelle__gehaelter"
CUSTOMERS = "buero_baustelle__kunden"
CANARY = "canary-51d2-token"


@pytest.fixture
def authority(tmp_path):
    return certificate_authority(tmp_path / "ca.pem")


KEYS = [
    ("tables_only", "available", "available"), ("forbidden", "missing", "available"),
    ("tables_only", "missing", "forbidden"), ("forbidden", "available", "forbidden"),
]  # fmt: skip
"""What may be seen: any two of them in any combination; `make prove` has those of all three."""
ALL = product(("tables_only", "forbidden"), ("available", "missing"), ("available", "forbidden"))
OTHERS = [pytest.param(*key, marks=pytest.mark.prove) for key in ALL if key not in KEYS]


@pytest.mark.parametrize(("access", "teams", "feed"), [*KEYS, *OTHERS])
def test_a_saved_catalog_and_one_unreadable_table(authority, tmp_path, monkeypatch, caplog, access, teams, feed):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with Simulator(token=CANARY, switches={"teams_endpoint": teams}) as simulator:
        catalog = discover(simulator, team=TEAM_ID, databases=["Büro*"])
        simulator.switches.update({"schema_access": access, "feed": feed})
        with private_cloud(simulator, authority) as url:
            settings = {
                "api_url": url, "team": TEAM_ID, "databases": ["Büro*"],
                "max_parallel_requests": 2,
            }  # fmt: skip
            first = run_tap(simulator, catalog=catalog, **settings)
            database = simulator.store.database(TEAM_ID, BUERO_ID)
            customer = min(database.tables["A"].records)
            database.update("A", customer, {"A": "changed"})
            second = run_tap(simulator, catalog=catalog, state=first.state, **settings)
        stored = set(database.tables["A"].records)
    for run in (first, second):
        left = {name for name, report in run.report["streams"].items() if report["outcome"] != "complete"}
        assert left == {UNREADABLE}
        assert run.report["streams"][UNREADABLE]["outcome"] == "not_permitted"
        assert run.error is None
        assert run.rows(UNREADABLE) == []
    assert set(first.ids(CUSTOMERS)) == stored
    assert second.ids(CUSTOMERS) == [customer]
    assert "/ninox" in url
    told = caplog.text + first.text + second.text + json.dumps(second.state) + str(second.error)
    assert CANARY not in told


def test_a_table_that_is_not_selected_is_no_failure(authority, tmp_path):
    with Simulator() as simulator:
        catalog = discover(simulator, databases=["Büro*"])
        for stream in catalog["streams"]:
            if stream["tap_stream_id"] == UNREADABLE:
                next(item for item in stream["metadata"] if not item["breadcrumb"])["metadata"]["selected"] = False
        run = run_tap(simulator, catalog=catalog, databases=["Büro*"])
    assert run.error is None
    assert run.rows(CUSTOMERS)
