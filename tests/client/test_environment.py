"""Proxies and authorities that the environment names are used, although it is looked at only once."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import pytest

from ninox_api import ConnectionConfig, NinoxClient
from ninox_api.errors import NinoxConfigError, NinoxTransportError
from tests.helpers.seeds import TEAM_ID
from tests.helpers.tls import certificate_authority, private_cloud
from tests.helpers.wire import calls
from tests.reliability.raw_server import RawServer, http


@pytest.fixture
def dead_proxy(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    return f"127.0.0.1:{port}"


def team_ids(simulator, **settings):
    config = {"api_url": simulator.url, "auth_token": simulator.token, "max_retries": 0, **settings}
    return [team.id for team in NinoxClient(ConnectionConfig.from_settings(config)).list_teams()]


def test_a_proxy_of_the_environment_is_asked(simulator, dead_proxy, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.org")
    with pytest.raises(NinoxTransportError, match="proxy"):
        team_ids(simulator)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.6\r\n"], ids=["closes", "another protocol"])
def test_what_listens_where_a_proxy_should_is_named_without_its_password(simulator, monkeypatch, answer):
    monkeypatch.setenv("NO_PROXY", "example.org")
    with RawServer(lambda _: answer, hears=False) as server:
        place = server.url.removeprefix("http://").removesuffix("/v1")
        monkeypatch.setenv("HTTP_PROXY", f"http://user:c4nary@{place}/")
        with pytest.raises(NinoxTransportError) as raised:
            team_ids(simulator)
    assert f"the proxy {place} refused or closed the connection (check HTTP_PROXY and NO_PROXY)" in str(raised.value)
    assert calls(simulator) == []


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("http://user:c4nary@{}", "the proxy {} refused or closed the connection (check HTTPS_PROXY and NO_PROXY)"),
        ("user:c4nary@{}", "the variable HTTPS_PROXY holds no address of a proxy"),
    ],
)
def test_a_proxy_that_does_not_work_is_named_without_its_password(dead_proxy, simulator, monkeypatch, proxy, told):
    monkeypatch.setenv("HTTPS_PROXY", proxy.format(dead_proxy))
    with pytest.raises(NinoxTransportError) as raised:
        team_ids(simulator, api_url="https://ninox.example.org/v1")
    assert str(raised.value) == f"GET /teams brought no usable answer: {told.format(dead_proxy)}."


def connect_to_no_tls(listener):
    """Answer `CONNECT` as a proxy does, and let something else than TLS answer behind it."""
    connection, _ = listener.accept()
    with connection, suppress(OSError):  # reset by whoever asks
        for answer in (http(b"", status="200 Connection established"), b"SSH-2.0-OpenSSH_9.6\r\n"):
            connection.recv(65536)
            connection.sendall(answer)
        connection.recv(65536)


def test_a_proxy_behind_which_no_tls_is_spoken_is_named(simulator, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setenv("HTTPS_PROXY", f"http://{place}")
        threading.Thread(target=connect_to_no_tls, args=(listener,), daemon=True).start()
        with pytest.raises(NinoxTransportError, match=f"does not speak TLS through the proxy {place} "):
            team_ids(simulator, api_url="https://ninox.example.org/v1")


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
