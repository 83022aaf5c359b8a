"""Answers that are meant to do harm: too large, too slow, leading elsewhere, in no known form."""

from __future__ import annotations

import gzip
import io
import itertools
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from ninox_api import ConnectionConfig, DatabaseName, NinoxClient
from ninox_api.errors import (
    NinoxAPIError,
    NinoxError,
    NinoxFetchError,
    NinoxRedirectError,
    NinoxSizeError,
    NinoxTimeoutError,
    NinoxTransportError,
)
from ninox_api.fetching import FileFetcher
from ninox_api.files import Download, Upload
from tests.helpers import limits
from tests.reliability.raw_server import RawServer, http, server_that_does_not_accept

TOKEN = RawServer(None).token
MEBIBYTE = 1024**2


def client(url, **settings):
    config = {"api_url": url, "auth_token": TOKEN, "max_retries": 0, "request_timeout_s": 2, **settings}
    return NinoxClient(ConnectionConfig.from_settings(config))


def teams_of(server, **settings):
    return client(server.url, **settings).list_teams()


def download(url, **settings):
    of_database = client(url, **settings).database("t1", DatabaseName(id="d1", name="One"))
    return of_database.download_file("A", 1, "a.pdf", Download(io.BytesIO(), max_bytes=MEBIBYTE))


def upload(url, *, size=1, **settings):
    of_database = client(url, **settings).database("t1", DatabaseName(id="d1", name="One"))
    return of_database.upload_file("A", 1, Upload(name="a.pdf", content=bytes(size)))


def fetch(url, **settings):
    fetcher = FileFetcher(ConnectionConfig(auth_token=TOKEN, **settings), trusted_hosts=["127.0.0.1"])
    with fetcher.open(url) as file:
        return file.read(max_bytes=MEBIBYTE)


ASKING = {
    "for JSON": lambda url, **settings: client(url, **settings).list_teams(),
    "for a file": download,
    "with a file": upload,
    "another host for a file": fetch,
}


EVERY_WAY = tuple(ASKING.values())


def assert_each_ends_in_time(url, ways=EVERY_WAY):
    """All ways of asking have 0.4 s for a head and for a body."""
    began = time.monotonic()
    with limits.impatient_answers(timeouts=1), ThreadPoolExecutor(len(ways)) as threads:
        asked = [threads.submit(ask, url, request_timeout_s=0.4) for ask in ways]
    ended = [each.exception() for each in asked]
    assert time.monotonic() - began < 3
    assert [type(error) for error in ended if not isinstance(error, NinoxTransportError | NinoxFetchError)] == []


@pytest.fixture(scope="module")
def bomb():
    """A gigabyte of zeros in a megabyte."""
    packer, zeros = zlib.compressobj(wbits=31), bytes(1024**2)
    head, piece = (packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return head + 1023 * piece


@pytest.fixture
def small_bound():
    with limits.small_answers(4 * 1024**2):
        yield


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "401 Unauthorized", "503 Service Unavailable"])
def test_a_gigabyte_packed_into_a_megabyte_is_not_unpacked(bomb, status, small_bound):
    answer = http(bomb, status=status, headers=["Content-Encoding: gzip", "Location: http://127.0.0.1:9/"])
    too_large = pytest.raises(NinoxSizeError, match="it is larger than 4 MiB")
    with RawServer(lambda _: answer) as server, limits.bytes_received() as received, too_large:
        teams_of(server, max_retries=3)
    assert len(server.requests) == 1  # it would be as large again
    assert received[0] < len(bomb) / 2


def test_an_endless_answer_is_given_up_at_the_bound(small_bound):
    def endless(_):
        yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        while True:
            yield b"10000\r\n" + bytes(65536) + b"\r\n"

    with RawServer(endless) as server, pytest.raises(NinoxSizeError):
        teams_of(server)


@limits.impatient_answers(timeouts=0.1)
def test_an_answer_that_drips_for_ever_is_given_up():

    def dripping(_):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        while True:
            yield b" "
            time.sleep(0.01)

    with RawServer(dripping) as server, pytest.raises(NinoxTimeoutError, match="no answer in time"):
        teams_of(server)


def forever(head, piece, *, every_s=0.02):
    """Answers with a head, then with the same piece again and again: for longer than any test waits."""

    def answer(_):
        yield head
        began = time.monotonic()
        while time.monotonic() < began + 3.5:
            yield piece
            time.sleep(every_s)

    return answer


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
NEVER_ENDING = {
    "status line": forever(b"HTTP/1.1 200 ", b"O"),
    "a header": forever(b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "headers": forever(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", every_s=0.05),
    "100 Continue": forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "100 Continue without a pause": forever(b"", b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 1000, every_s=0),
    "body": forever(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" "),
    "body that announces more than there is": forever(
        b"HTTP/1.1 200 OK\r\nContent-Length: 1%s\r\n\r\n" % (18 * b"0"), b" "
    ),
    "body that drips when much of it has come": forever(
        b"HTTP/1.1 200 OK\r\nContent-Length: 1%s\r\n\r\n%b" % (9 * b"0", 200_000 * b" "), b" "
    ),
    "body of a redirect": forever(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 1000\r\n\r\n", b" "),
    "body without a length, as of HTTP 1.0": forever(b"HTTP/1.0 200 OK\r\n\r\n", b" "),
    "size of a chunk": forever(CHUNKED, b"0"),
    "extension of a chunk": forever(CHUNKED + b"1;x=", b"y"),
    "extension of a chunk without a pause": forever(CHUNKED + b"1;x=", b"y" * 65536, every_s=0),
    "trailer": forever(CHUNKED + b"0\r\n", b"X: y\r\n"),
    "trailer without a pause": forever(CHUNKED + b"0\r\n", b"X: y\r\n" * 10_000, every_s=0),
    "blocks that unpack to nothing": forever(
        CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\na\r\n%b\r\n" % gzip.compress(b"")[:10]),
        b"5\r\n\x00\x00\x00\xff\xff\r\n" * 1000,
        every_s=0,
    ),
}


@pytest.mark.parametrize("phase", NEVER_ENDING)
def test_no_phase_of_an_answer_may_drip_for_ever(phase):
    with RawServer(NEVER_ENDING[phase]) as server:
        assert_each_ends_in_time(server.url)


SILENT = forever(b"", b"")
BEGUN_HELLO = b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xf0\x03\x03"
BEFORE_AN_ANSWER = {
    "connecting": None,
    "the handshake of TLS": SILENT,
    "a handshake that drips": forever(BEGUN_HELLO, b"x"),
    "what a proxy answers": forever(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "sending": SILENT,
}


@pytest.mark.parametrize("phase", BEFORE_AN_ANSWER)
def test_no_phase_before_an_answer_may_last_for_ever(phase, monkeypatch):
    ways = EVERY_WAY
    server = RawServer(BEFORE_AN_ANSWER[phase], hears=False)
    with server_that_does_not_accept() if phase == "connecting" else server as serving:
        url = serving if phase == "connecting" else server.url
        if phase in {"the handshake of TLS", "a handshake that drips"}:
            url = url.replace("http:", "https:")
        if phase == "what a proxy answers":
            monkeypatch.setenv("HTTPS_PROXY", url.removesuffix("/v1"))
            url, ways = "https://ninox.example.com/v1", (ASKING["for JSON"], download, upload)  # a host is asked itself
        if phase == "sending":
            ways = (lambda url, **settings: upload(url, size=16 * MEBIBYTE, **settings),)
        assert_each_ends_in_time(url, ways)


def test_the_head_of_an_answer_has_a_bound_in_bytes_as_well():
    endless = forever(b"", b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 1000, every_s=0)
    with RawServer(endless) as server, pytest.raises(NinoxTransportError) as raised:
        teams_of(server, request_timeout_s=3)
    assert not isinstance(raised.value, NinoxTimeoutError)


@limits.impatient_answers(timeouts=0.5)
def test_a_large_body_has_the_more_time_the_more_of_it_has_come():
    body = b'[{"id": "t1", "name": "Team"}]' + 20_000 * b" "

    def slow(_):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        for start in range(0, len(body), 2000):
            yield body[start : start + 2000]
            time.sleep(0.05)

    with RawServer(slow) as server:
        assert [team.id for team in teams_of(server, request_timeout_s=0.4)] == ["t1"]


def test_a_slow_answer_that_keeps_its_pace_is_read_whole():
    def slow(_):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n"
        for byte in b'[{"id": "t1", "name": "Team"}]\n':
            yield bytes([byte])
            time.sleep(0.02)

    with RawServer(slow) as server:
        assert [team.id for team in teams_of(server, request_timeout_s=0.5)] == ["t1"]


def test_a_packed_answer_is_read(small_bound):
    answer = http(gzip.compress(b'[{"id": "t1", "name": "Team"}]'), headers=["Content-Encoding: gzip"])
    with RawServer(lambda _: answer) as server:
        assert [team.id for team in teams_of(server)] == ["t1"]
        assert len(server.requests) == 1


def test_a_connection_is_used_again_after_its_answer_was_read():
    connections = set()

    class Counting(RawServer):
        def _talk(self, connection):
            connections.add(connection.getpeername())
            super()._talk(connection)

    with Counting(lambda _: http(b"[]")) as server:
        config = ConnectionConfig(api_url=server.url, auth_token=server.token)
        client = NinoxClient(config)
        for _ in range(3):
            client.list_teams()
    assert len(connections) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "form", ["{0}", "//{1}/v1/teams", "http://user:pass@{1}/", "http://[::1", "\x00", "file:///etc/passwd"]
)
def test_no_redirect_is_followed_whatever_it_looks_like(status, form):
    with RawServer(lambda _: http(b"[]")) as elsewhere:
        target = form.format(elsewhere.url, elsewhere.url.split("/")[2])
        answer = http(b"", status=f"{status} Moved", headers=[f"Location: {target}"])
        with RawServer(lambda _: answer) as server, pytest.raises(NinoxRedirectError, match="set api_url"):
            teams_of(server, max_retries=2)
        assert elsewhere.requests == []


MANGLED = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "status out of range": b"HTTP/1.1 999 ?\r\nContent-Length: 0\r\n\r\n",
    "status is text": b"HTTP/1.1 two OK\r\nContent-Length: 0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 7\r\n\r\n[]",
    "length is text": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n[",
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n[]",
    "a long header": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n[]",
    "a chunk without a size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "a chunk of 2**80": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 20 + b"\r\nabc",
    "not gzip": http(b"[]", headers=["Content-Encoding: gzip"]),
    "half a gzip": http(gzip.compress(b"[" + b"1," * 9999 + b"1]")[:40], headers=["Content-Encoding: gzip"]),
    "unknown encoding": http(b"\x00\x01", headers=["Content-Encoding: zstd-but-not"]),
    "deep arrays": http(b"[" * 200_000),
    "deep and whole": http(b"[" * 100_000 + b"]" * 100_000),
    "deep objects": http(b'{"a":' * 200_000),
    "5000 digits": http(b'[{"id": ' + b"9" * 5000 + b"}]"),
    "a byte order mark": http(b"\xef\xbb\xbf[]"),
    "only blanks": http(b" " * 100),
    "no content": http(b"", status="204 No Content"),
    "not modified": http(b"", status="304 Not Modified"),
}


@pytest.mark.parametrize("kind", MANGLED)
def test_an_answer_that_is_no_answer_is_one_clear_error(kind):
    def once(_):
        yield MANGLED[kind]
        raise ConnectionResetError

    with RawServer(once) as server, pytest.raises(NinoxError) as raised:
        teams_of(server)
    told = str(raised.value)
    assert told.startswith("GET /teams ")
    assert server.token not in told
    assert len(told) < 400


TOO_LONG = {"9" * 400, "1000000000", "Fri, 31 Dec 9999 23:59:59 -2359"}


@pytest.mark.parametrize(
    "header",
    ["9" * 400, "1000000000", "-1", "1e9", "nan", "inf", "\u0663", "Fri, 99 Foo 99999 99:99:99 GMT",
     "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
     "Mon, 01 Jan 0001 00:00:00 +2359", "Mon, 01 Jan 2001 00:00:00 GMT",
     "Fri, 31 Dec 9999 23:59:59 -2359", "x" * 10_000, "", "0x10"],
)  # fmt: skip
@pytest.mark.parametrize("status", [302, 400, 429, 500, 502, 503, 504])
def test_no_retry_after_stops_the_run_for_longer_than_permitted(header, status):
    text = header.encode("utf-8").decode("latin-1")
    answer = http(b"", status=f"{status} Later", headers=[f"Retry-After: {text}"])
    raw = answer if header.isascii() else answer.decode().encode("latin-1")
    stopped = pytest.raises(NinoxAPIError, match=f"HTTP {status}")
    with RawServer(lambda _: raw) as server, limits.no_pauses() as waited, stopped:
        teams_of(server, max_retries=2)
    assert all(0 <= wait <= 300 for wait in waited)
    assert not (header in TOO_LONG and waited)  # given up at once


@pytest.mark.parametrize("status", [302, 404, 429, 503])
@pytest.mark.parametrize("way", ASKING)
def test_no_retry_after_stops_a_file_either(way, status):
    answer = http(b"", status=f"{status} Later", headers=["Retry-After: 1000000000", "Location: /"])
    with RawServer(lambda _: answer) as server, limits.no_pauses() as waited, suppress(NinoxAPIError, NinoxFetchError):
        assert ASKING[way](server.url, max_retries=2) is False  # a file that is not there is no error
    assert waited == []


def test_a_large_file_is_sent_as_long_as_the_server_takes_it():
    """In more time than the timeout, which is for each piece."""
    with limits.sent_at_once(65536), RawServer(lambda _: http(b"{}"), pace_s=0.002) as server:
        began = time.monotonic()
        upload(server.url, size=20 * MEBIBYTE, request_timeout_s=0.5)
        assert time.monotonic() - began > 0.5


def test_what_follows_an_answer_unasked_is_not_taken_for_the_next_one():
    def answer(_):
        number = len(server.requests)
        return http(b'[{"id": "t%d", "name": "Team"}]' % number) + http(b'[{"id": "forged", "name": "Team"}]')

    with RawServer(answer) as server:
        asking = client(server.url)
        assert [asking.list_teams()[0].id for _ in range(3)] == ["t1", "t2", "t3"]


@pytest.mark.parametrize("status", ["200 OK", "200 Krebs", "500 Krebs"])
def test_no_word_of_an_answer_is_told(status):
    answer = f"HTTP/1.1 {status}\r\nContent-Length: 6\r\nContent-Type: text/Krebs\r\nRetry-After: Krebs\r\n\r\nKrebs!"
    with RawServer(lambda _: answer.encode()) as server, pytest.raises(NinoxError) as raised, limits.no_pauses():
        teams_of(server)
    assert "krebs" not in f"{raised.value!r} {raised.value}".lower()


def test_a_refusal_makes_all_requests_wait_for_as_long_as_it_asks_for():
    lock, arrived, refused_at = threading.Lock(), [], []

    def answer(_):
        with lock:
            arrived.append(time.monotonic())
            is_refused = len(arrived) == 3
        time.sleep(0.02)
        if is_refused:
            refused_at.append(time.monotonic())
            return http(b"", status="429 Too Many Requests", headers=["Retry-After: 1"])
        return http(b"[]")

    with RawServer(answer) as server:
        config = {"api_url": server.url, "auth_token": server.token, "max_parallel_requests": 4}
        client = NinoxClient(ConnectionConfig.from_settings(config))
        threads = [threading.Thread(target=client.list_teams) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert len(arrived) == 17
    under_way = refused_at[0] + 0.1  # the others of the four were sent before the answer came
    assert [at for at in arrived if under_way < at < refused_at[0] + 1] == []
    behind = sorted(at for at in arrived if at >= refused_at[0] + 1)
    assert all(later - before >= 0.02 for before, later in itertools.pairwise(behind))  # one at a time from there on
