"""Proxies and authorities that the environment names are used, although it is looked at only once."""

from __future__ import annotations

import socket

import pytest

from ninox_api import ConnectionConfig, NinoxClient
from ninox_api.errors import NinoxConfigError, NinoxTransportError
from tests.helpers.seeds import TEAM_ID
from tests.helpers.tls import certificate_authority, private_cloud


@pytest.fixture
def dead_proxy(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")


def team_ids(simulator, **settings):
    config = {"api_url": simulator.url, "auth_token": simulator.token, "max_retries": 0, **settings}
    return [team.id for team in NinoxClient(ConnectionConfig.from_settings(config)).list_teams()]


def test_a_proxy_of_the_environment_is_asked(simulator, dead_proxy, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.org")
    with pytest.raises(NinoxTransportError, match="proxy"):
        team_ids(simulator)


def test_no_proxy_is_asked_for_a_host_that_is_exempt(simulator, dead_proxy, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert team_ids(simulator) == [TEAM_ID]


def test_an_authority_of_the_environment_is_trusted(simulator, tmp_path, monkeypatch):
    authority = certificate_authority(tmp_path / "ca.pem")
    with private_cloud(simulator, authority) as url:
        with pytest.raises(NinoxTransportError, match="REQUESTS_CA_BUNDLE"):
            team_ids(simulator, api_url=url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        assert team_ids(simulator, api_url=url) == [TEAM_ID]


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "there is no file"), ("-----BEGIN NOTHING-----", "holds no certificate in PEM form")],
)
def test_a_bundle_that_cannot_be_used_is_named(simulator, tmp_path, monkeypatch, content, problem):
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content, encoding="utf-8")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    with pytest.raises(NinoxConfigError, match=f"^REQUESTS_CA_BUNDLE: .*{problem}"):
        team_ids(simulator)
