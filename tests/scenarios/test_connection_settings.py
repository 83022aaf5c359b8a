"""Every setting of the connection does what it says, in the tap as in the target: what the server hears tells."""

from __future__ import annotations

import socket

import pytest

from ninox_api.config import DEFAULT_USER_AGENT
from ninox_api.errors import NinoxConfigError, NinoxTlsError
from tests.helpers import limits
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


@pytest.mark.parametrize(("given", "heard_as"), [({"user_agent": "acme/1"}, "acme/1"), ({}, DEFAULT_USER_AGENT)])
def test_the_server_hears_who_asks_and_trusts_the_bundle(simulate, tmp_path, program, given, heard_as):
    simulator, heard = simulate(shop(2)), []
    authority = certificate_authority(tmp_path / "ca.pem")
    with private_cloud(simulator, authority, heard=heard) as url:
        assert program(simulator, api_url=url, ca_bundle=str(tmp_path / "ca.pem"), **given) == (None, True)
    assert {headers["User-Agent"] for headers in heard} == {heard_as}
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


def test_plain_http_to_another_machine_has_to_be_allowed(simulate, monkeypatch, program):
    simulator = simulate(shop(2))
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *more, **named: resolve("127.0.0.1", *more, **named))
    elsewhere = simulator.url.replace("127.0.0.1", "ninox.lan")
    error, _ = program(simulator, api_url=elsewhere)
    assert isinstance(error, NinoxConfigError)
    assert calls(simulator) == []
    assert program(simulator, api_url=elsewhere, allow_http=True) == (None, True)


def test_requests_are_as_far_apart_as_asked(simulate, program):
    simulator = simulate(shop(2))
    with limits.still_clock() as clock:
        assert program(simulator, requests_per_second=4) == (None, True)
    # The clock stands still, so that the next request is a quarter of a second later than the one before.
    assert clock.slept == [number / 4 for number in range(1, len(calls(simulator)))]
    assert clock.slept
