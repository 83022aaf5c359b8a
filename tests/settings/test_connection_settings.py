"""Every setting of the connection does what it says, in the tap as in the target: what the server hears tells."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from ninox_api.config import USER_AGENT
from ninox_api.errors import NinoxConfigError, NinoxTlsError
from tests.helpers.run import records, run_tap, run_target, schema, stored
from tests.helpers.seeds import shop
from tests.helpers.tls import certificate_authority, private_cloud
from tests.helpers.wire import calls

PASSWORD = "canary-password"


def read(simulator, **settings):
    """Read the shop with the tap; return the error, and whether the names came."""
    run = run_tap(simulator, **settings)
    return run.error, [row["name"] for row in run.rows("shop__customers")] == ["name 1", "name 2"]


def write(simulator, **settings):
    """Write a third customer with the target; return the error, and whether it is stored."""
    customer = records("customers", [{"Name": "name 3"}])
    described = schema("customers", key=["Name"], Name="string")
    run = run_target(simulator, [described, *customer], **settings)
    return run.error, stored(simulator).get(3) == {"A": "name 3"}


pytestmark = pytest.mark.parametrize("program", [read, write])


def test_the_server_hears_who_asks_and_is_trusted_by_the_bundle_of_the_environment(
    simulate, tmp_path, monkeypatch, program
):
    simulator, heard = simulate(shop(2)), []
    authority = certificate_authority(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with private_cloud(simulator, authority, heard=heard) as url:
        assert program(simulator, api_url=url) == (None, True)
    assert {headers["User-Agent"] for headers in heard} == {USER_AGENT}
    assert len(heard) == len(calls(simulator))


def test_without_the_bundle_nothing_is_asked(simulate, tmp_path, program):
    simulator, heard = simulate(shop(2)), []
    with private_cloud(simulator, certificate_authority(tmp_path / "ca.pem"), heard=heard) as url:
        error, _ = program(simulator, api_url=url)
    assert isinstance(error, NinoxTlsError)
    assert heard == []


def test_a_locked_database_opens_for_its_password_alone(simulate, program):
    simulator = simulate(shop(2, password=PASSWORD))
    assert program(simulator, database_passwords={"Shop": PASSWORD}) == (None, True)
    assert program(simulate(shop(2, password=PASSWORD)))[1] is False


def test_plain_http_goes_to_no_other_machine(simulate, monkeypatch, program):
    simulator = simulate(shop(2))
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *more, **named: resolve("127.0.0.1", *more, **named))
    elsewhere = simulator.url.replace("127.0.0.1", "ninox.lan")
    error, _ = program(simulator, api_url=elsewhere)
    assert isinstance(error, NinoxConfigError)
    assert "plain http would send the key unprotected" in str(error)
    assert f"ssh -N -L 8080:localhost:{urlsplit(simulator.url).port} ninox.lan" in str(error)
    assert calls(simulator) == []


def test_the_key_may_be_in_a_file(simulate, tmp_path, program):
    simulator = simulate(shop(2))
    (tmp_path / "key").write_text(f"\ufeff {simulator.token}\r\n", encoding="utf-8")
    assert program(simulator, auth_token=None, auth_token_file=str(tmp_path / "key")) == (None, True)


KEY_FILES = {
    "missing": (None, "auth_token_file: {path} cannot be read (No such file or directory)."),
    "empty": (b"\n", "auth_token_file: {path} is empty."),
    "several lines": (
        b"one\ntwo-canary\n",
        "auth_token_file: it contains a space or a character that",
    ),
    "several settings": (b"TAP_NINOX_AUTH_TOKEN=canary", "auth_token_file: it contains a space or a character that"),
    "settings in JSON": (b'{"auth_token":"canary"}', "auth_token_file: it contains a space or a character that"),
    "a disk image": (b"canary" * 1_000_000, "auth_token_file: {path} is too long for a key."),
    "no text": (b"\xff\xfe\x00", "auth_token_file: {path} is not text in UTF-8."),
}


@pytest.mark.parametrize("case", KEY_FILES)
def test_a_file_without_a_key_is_refused_before_anything_is_sent(simulate, tmp_path, program, case):
    content, told = KEY_FILES[case]
    simulator, path = simulate(shop(2)), tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    error, _ = program(simulator, auth_token=None, auth_token_file=str(path))
    assert isinstance(error, NinoxConfigError)
    assert str(error).startswith(told.format(path=path))
    assert "canary" not in str(error)
    assert calls(simulator) == []


def test_the_key_is_given_once(simulate, tmp_path, program):
    simulator = simulate(shop(2))
    both, _ = program(simulator, auth_token_file=str(tmp_path / "key"))
    assert str(both) == "auth_token_file: give the key either in auth_token or in a file, not both."
    neither, _ = program(simulator, auth_token=None)
    assert str(neither).startswith("auth_token: missing. ")
    assert calls(simulator) == []
