"""A private cloud: port, path, private certificate authority, no list of teams, lower-case ids, a locked database."""

from __future__ import annotations

import json

import pytest

from ninox_api.errors import NinoxTlsError
from ninox_simulator.seeds import TeamDocument
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import customer_records, customers, database
from tests.helpers.tls import certificate_authority, private_cloud
from tests.helpers.wire import calls

WORKSPACE = "acmeworkspace0001"
PASSWORD = "canary-password"


def seed():
    databases = [
        database({"A": customers()}, {"A": customer_records(3)}, id="lowercasedb01", name="Büro"),
        database({"A": customers()}, {"A": customer_records(2)}, id="lowercasedb02", name="Safe", password=PASSWORD),
    ]
    return [TeamDocument(id=WORKSPACE, name="Acme", databases=databases)]


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """An authority that this machine trusts."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    return certificate_authority(tmp_path / "ca.pem")


def test_first_load_and_changes_through_everything_a_firm_puts_in_between(simulate, authority, caplog):
    simulator = simulate(seed(), teams_endpoint="missing")
    with private_cloud(simulator, authority) as url:
        settings = {
            "api_url": url,
            "team": WORKSPACE,
            "database_passwords": {"Safe": PASSWORD},
        }
        first = run_tap(simulator, **settings)
        assert first.error is None
        assert (first.ids("buero__customers"), first.ids("safe__customers")) == ([1, 2, 3], [1, 2])
        simulator.store.database(WORKSPACE, "lowercasedb02").delete("A", 2)
        second = run_tap(simulator, state=first.state, catalog=discover(simulator, **settings), **settings)
    assert [row["_id"] for row in second.tombstones("safe__customers")] == [2]
    assert PASSWORD not in caplog.text + json.dumps(second.state)
    assert all(call.path.startswith("/v1/teams") for call in calls(simulator))


def test_a_saved_catalog_does_without_schemas_and_teams(simulate, authority):
    simulator = simulate(seed(), teams_endpoint="missing")
    with private_cloud(simulator, authority) as url:
        settings = {"api_url": url, "team": WORKSPACE}
        catalog = discover(simulator, **settings)
        simulator.switches.update({"schema_access": "forbidden"})
        run = run_tap(simulator, catalog=catalog, **settings)
    assert run.error is None
    assert run.ids("buero__customers") == [1, 2, 3]


def one_try(simulator, url, **settings):
    """Return the error of a run that may try again, and how often it did."""
    run = run_tap(simulator, api_url=url, team=WORKSPACE, **{**settings, "max_retries": 3})
    return run.error


@pytest.mark.parametrize(
    ("cloud", "trusted", "told"),
    [
        ({}, False, "is not trusted: "),
        ({"host": "other.example.com"}, True, "is not trusted: IP address mismatch"),
        ({"tls": False}, True, "does not speak TLS (is it http, or another port?)"),
    ],
    ids=["unknown authority", "other host", "no TLS"],
)
def test_what_is_wrong_with_tls_is_told_at_the_first_try(
    simulate, authority, monkeypatch, cloud, trusted, told, caplog
):
    simulator = simulate(seed())
    if not trusted:
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with private_cloud(simulator, authority, **cloud) as url:
        error = one_try(simulator, url)
    assert isinstance(error, NinoxTlsError)
    assert told in str(error)
    assert "Trying again" not in caplog.text
    assert calls(simulator) == []


def test_a_path_that_is_not_complete_is_hinted_at(simulate, authority):
    simulator = simulate(seed())
    with private_cloud(simulator, authority) as url:
        error = one_try(simulator, url.removesuffix("/v1"))
    assert "is not complete" not in str(error)
    assert "not complete? It usually ends with /v1." in str(error)
