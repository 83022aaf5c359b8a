"""How requests travel: what is repeated, how long is waited, what a failure says; seen on the wire."""

from __future__ import annotations

import re
import socket
import threading
import time

import pytest

from ninox_api import ConnectionConfig, DatabaseName, NinoxClient
from ninox_api.errors import (
    NinoxAuthenticationError,
    NinoxBudgetError,
    NinoxNotFoundError,
    NinoxPermissionError,
    NinoxProtocolError,
    NinoxRateLimitError,
    NinoxRedirectError,
    NinoxServerError,
    NinoxTransportError,
    NinoxUnreachableError,
)
from tests.helpers.seeds import DATABASE_ID, TEAM_ID
from tests.helpers.wire import calls
from tests.reliability.raw_server import RawServer, server_that_does_not_accept


def client(simulator, **settings):
    config = {"api_url": simulator.url, "auth_token": simulator.token, "max_retries": 3, **settings}
    return NinoxClient(ConnectionConfig.from_settings(config))


def reader(simulator, **settings):
    return client(simulator, **settings).database(TEAM_ID, DatabaseName(id=DATABASE_ID, name="Shop"))


PASSING = [
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 502},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 504},
    {"kind": "status", "status": 500},
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "cut"},
    {"kind": "truncate"},
    {"kind": "malformed"},
    {"kind": "html"},
]


def name_of(fault):
    return f"{fault['kind']} {fault.get('status', '')}".strip()


@pytest.mark.parametrize("fault", PASSING, ids=name_of)
def test_a_passing_fault_of_a_read_is_survived(simulator, waits, fault):
    simulator.faults.add(**fault, times=2)
    assert [record.id for record in reader(simulator).get_records("A")] == [1, 2, 3]
    assert len(calls(simulator)) == 3
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("fault", "error", "sent"),
    [
        ({"kind": "status", "status": 429}, NinoxRateLimitError, 4),
        ({"kind": "status", "status": 503}, NinoxServerError, 4),
        ({"kind": "status", "status": 500}, NinoxServerError, 3),
        ({"kind": "status", "status": 401}, NinoxAuthenticationError, 1),
        ({"kind": "status", "status": 403}, NinoxPermissionError, 1),
        ({"kind": "status", "status": 404}, NinoxNotFoundError, 1),
        ({"kind": "status", "status": 302}, NinoxRedirectError, 1),
        ({"kind": "malformed"}, NinoxTransportError, 4),
        ({"kind": "cut"}, NinoxTransportError, 4),
    ],
    ids=lambda value: name_of(value) if isinstance(value, dict) else "",
)
def test_a_lasting_fault_ends_after_as_many_tries_as_can_help(simulator, waits, fault, error, sent):
    simulator.faults.add(**fault, times=None)
    with pytest.raises(error):
        reader(simulator).get_records("A")
    assert len(calls(simulator)) == sent
    assert len(waits) == sent - 1


def list_teams(port, **settings):
    config = {"api_url": f"http://localhost:{port}/v1", "auth_token": "key", **settings}
    return NinoxClient(ConnectionConfig.from_settings(config)).list_teams


def find_no_host(*_args, **_kwargs):
    raise socket.gaierror


WHY_NOT = {
    "refused": "v1: it was refused, so nothing listens there (check api_url and the network)",
    "unknown host": "v1: no host of this name is found (check api_url and the network)",
}


@pytest.mark.parametrize("why", WHY_NOT)
def test_an_address_that_never_answered_is_given_up_after_three_tries(monkeypatch, waits, why):
    if why == "unknown host":
        monkeypatch.setattr(socket, "getaddrinfo", find_no_host)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NinoxUnreachableError, match=re.escape(WHY_NOT[why])):
        list_teams(port)()
    assert len(waits) == 2


def test_an_address_at_which_connecting_brings_nothing_is_given_up_after_three_tries(waits):
    """Such as one behind a firewall: each try lasts as long as the timeout."""
    with server_that_does_not_accept() as url:
        asking = NinoxClient(ConnectionConfig(api_url=url, auth_token="key", request_timeout_s=0.1))
        with pytest.raises(NinoxUnreachableError, match="check api_url and the network"):
            asking.list_teams()
    assert len(waits) == 2


NO_NINOX = "something other than Ninox may listen there"


def test_an_address_at_which_another_protocol_is_spoken_is_given_up_after_three_tries(waits):
    with RawServer(lambda _: b"SSH-2.0-OpenSSH_9.6\r\n", hears=False) as server:
        asking = NinoxClient(ConnectionConfig(api_url=server.url, auth_token="key"))
        with pytest.raises(NinoxUnreachableError, match=NO_NINOX):
            asking.list_teams()
        assert (len(server.requests), len(waits)) == (3, 2)


def test_an_address_that_closes_connections_is_doubted_and_tried_as_often_as_ever(waits):
    """It may be no Ninox; or one behind a load balancer that is being started anew."""
    with RawServer(lambda _: b"", hears=False) as server:
        asking = NinoxClient(ConnectionConfig(api_url=server.url, auth_token="key"))
        with pytest.raises(NinoxTransportError, match=NO_NINOX):
            asking.list_teams()
        assert (len(server.requests), len(waits)) == (8, 7)


def test_a_server_that_closes_connections_at_first_is_waited_for(simulator, waits):
    simulator.faults.add("drop_before", times=5)
    assert [team.id for team in client(simulator, max_retries=7).list_teams()] == [TEAM_ID]
    assert len(waits) == 5


def test_a_server_that_answered_and_closes_connections_later_is_tried_as_often_as_ever(simulator, waits):
    simulator.faults.add("drop_before", after=1, times=None)
    asking = reader(simulator, max_retries=7)
    asking.get_records("A")
    with pytest.raises(NinoxTransportError, match="or it was closed"):
        asking.get_records("A")
    assert (len(calls(simulator)), len(waits)) == (9, 7)


def test_an_address_that_answered_before_is_tried_as_often_as_ever(waits):
    """A server that is started anew in the middle of a run comes back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asking = list_teams(listener.getsockname()[1])
        server = threading.Thread(target=answer_once, args=(listener,))
        server.start()
        assert asking() == []
        server.join()
    with pytest.raises(NinoxUnreachableError):
        asking()
    assert len(waits) == 7


def answer_once(listener):
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")


@pytest.mark.parametrize(("header", "least", "most"), [("6", 6, 6), ("date:30", 27, 30), ("0", 0, 0)])
def test_the_wait_that_the_server_asks_for_is_taken(simulator, waits, header, least, most):
    simulator.faults.add("status", status=429, retry_after=header)
    reader(simulator).get_records("A")
    assert least <= waits[0] <= most


def test_a_wait_of_an_hour_is_not_taken(simulator, waits):
    simulator.faults.add("status", status=429, retry_after="3600")
    with pytest.raises(NinoxRateLimitError, match="HTTP 429"):
        reader(simulator).get_records("A")
    assert waits == []


def test_pauses_grow_where_the_server_names_none(simulator, waits):
    simulator.faults.add("status", status=503, times=3)
    reader(simulator).get_records("A")
    assert [low <= wait <= high for wait, (low, high) in zip(waits, [(0.5, 1), (1, 2), (2, 4)], strict=True)] == [
        True
    ] * 3


def test_every_try_counts_against_the_budget(simulator, waits):
    simulator.faults.add("status", status=503, times=2)
    asking = client(simulator, max_api_calls=3)
    asking.database(TEAM_ID, DatabaseName(id=DATABASE_ID, name="Shop")).get_records("A")
    assert asking.calls_used == 3
    with pytest.raises(NinoxBudgetError, match="The 3 API calls permitted by max_api_calls are used up"):
        asking.list_teams()
    assert len(calls(simulator)) == 3


def test_a_server_that_does_not_answer_is_given_up_after_the_timeout(simulator):
    simulator.faults.latency_s = 30
    started = time.monotonic()
    with pytest.raises(NinoxTransportError, match="no answer in time"):
        reader(simulator, request_timeout_s=0.2, max_retries=0).get_records("A")
    assert time.monotonic() - started < 25


def test_one_request_is_in_flight_at_a_time_by_default(simulator):
    simulator.faults.latency_s = 0.02
    asking = reader(simulator)
    threads = [threading.Thread(target=asking.get_records, args=("A",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert simulator.log.most_in_flight == 1


def test_parallel_requests_fall_back_to_one_when_the_server_refuses(simulator, waits):
    simulator.faults.latency_s = 0.02
    simulator.faults.parallel_limit = 1
    asking = reader(simulator, max_parallel_requests=4, max_retries=7)
    results = []
    threads = [threading.Thread(target=lambda: results.append(len(asking.get_records("A")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [3] * 4
    simulator.log.clear()
    more = [threading.Thread(target=asking.get_records, args=("A",)) for _ in range(4)]
    for thread in more:
        thread.start()
    for thread in more:
        thread.join()
    assert simulator.log.most_in_flight == 1


def test_a_redirect_is_not_followed_so_the_key_does_not_travel(simulator):
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.3)
        elsewhere = f"http://127.0.0.1:{trap.getsockname()[1]}/v1"
        simulator.faults.add("status", status=302, location=elsewhere)
        with pytest.raises(NinoxRedirectError, match="set api_url to the final address"):
            reader(simulator).get_records("A")
        with pytest.raises(TimeoutError):
            trap.accept()


def test_an_answer_in_an_unknown_form_is_an_error_without_its_values(simulator):
    simulator.edit.tables["A"].records[2].id = "secret value"
    with pytest.raises(NinoxProtocolError, match=r"Expected `int`, got `str` - at `\$\[1\]\.id`") as raised:
        reader(simulator).get_records("A")
    assert "secret" not in str(raised.value)


def test_no_netrc_entry_takes_the_place_of_the_key(simulator, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert [record.id for record in reader(simulator).get_records("A")] == [1, 2, 3]


def test_messages_hold_neither_query_nor_key(simulator, waits, caplog):
    caplog.set_level("DEBUG", "ninox_api")
    simulator.faults.add("status", status=503, times=None)
    with pytest.raises(NinoxServerError) as raised:
        reader(simulator).get_records("A", since_id=71104711)
    text = str(raised.value) + caplog.text
    assert "/tables/A/records was answered with HTTP 503" in text
    assert "71104711" not in text
    assert simulator.token not in text


def test_numbers_keep_all_their_digits(simulator):
    simulator.store.database(TEAM_ID, DATABASE_ID).update("A", 1, {"B": 2**53 + 1})
    simulator.store.database(TEAM_ID, DATABASE_ID).update("A", 2, {"B": 33.333333333333336})
    records = {record.id: record for record in reader(simulator).get_records("A")}
    assert records[1].fields["B"] == 9007199254740993
    assert str(records[2].fields["B"]) == "33.333333333333336"


def test_ids_and_names_with_slashes_arrive_whole(simulator):
    simulator.store.database(TEAM_ID, DATABASE_ID).rename_table("A", "Besuche / Fotodoku?")
    assert len(reader(simulator).get_records("Besuche / Fotodoku?")) == 3
