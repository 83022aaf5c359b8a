"""Fetching files of other hosts: where we go, where we do not, and what we never tell them."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ninox_api import ConnectionConfig
from ninox_api.addresses import is_public
from ninox_api.errors import NinoxFetchError
from ninox_api.fetching import FileFetcher

TOKEN = "secret-key"


class Host(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.path, {key.lower() for key in self.headers}))
        name, _, rest = self.path.lstrip("/").partition("/")
        if name == "to":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
        elif name == "endless":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
            with suppress(OSError):
                while True:
                    self.wfile.write(bytes(65536))
        elif name == "status":
            self.send_response(int(rest))
            self.end_headers()
        else:
            content = b"x" * int(name)
            self.send_response(200)
            self.send_header("Content-Type", "image/png; charset=x")
            self.send_header("Content-Length", str(len(content) + (7 if rest.startswith("cut") else 0)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_args):
        pass


@pytest.fixture
def host():
    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        server.seen = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()
        thread.join()


def fetcher(*trusted):
    return FileFetcher(ConnectionConfig(auth_token=TOKEN, request_timeout_s=5), trusted_hosts=trusted)


def fetched(url, *trusted, max_bytes=1000):
    with fetcher(*trusted).open(url) as file:
        return file.name, file.media_type, file.size, file.read(max_bytes=max_bytes)


def problem_of(url, *trusted, **more):
    with pytest.raises(NinoxFetchError) as caught:
        fetched(url, *trusted, **more)
    assert url not in str(caught.value)
    return caught.value.problem


def test_a_trusted_host_s_file_comes_without_our_key(host, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    url = f"{host.url}/5/Plan%20Gr%C3%B6%C3%9Fe.png?size=l"
    assert fetched(url, "127.0.0.1") == ("Plan Größe.png", "image/png", 5, b"xxxxx")
    [(path, headers)] = host.seen
    assert path == "/5/Plan%20Gr%C3%B6%C3%9Fe.png?size=l"
    assert not headers & {"authorization", "cookie", "nx-password", "proxy-authorization"}


def test_what_is_private_is_not_read(host):
    assert problem_of(f"{host.url}/5/a.png").startswith("plain http is fetched only from the hosts that")
    assert problem_of(f"https://127.0.0.1:{host.server_port}/5/a.png").startswith("the host is not on the public int")
    assert host.seen == []


def test_a_public_name_with_a_private_address_is_not_read(host, monkeypatch):
    def resolve(_name, port, *_args, **_more):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert "not on the public internet" in problem_of(f"https://pictures.example.com:{host.server_port}/5/a.png")
    assert host.seen == []


def test_a_redirect_does_not_lead_where_we_would_not_go(host):
    private = f"https://localhost:{host.server_port}/5/a.png"
    assert "not on the public internet" in problem_of(f"{host.url}/to/{private}", "127.0.0.1")
    assert "plain http" in problem_of(f"{host.url}/to/http://169.254.169.254/latest/meta-data", "127.0.0.1")
    assert "not an address" in problem_of(f"{host.url}/to/file:///etc/passwd", "127.0.0.1")
    assert fetched(f"{host.url}/to/{host.url}/3/b.png", "127.0.0.1")[0] == "b.png"
    assert fetched(f"{host.url}/to//4/c.png", "127.0.0.1")[3] == b"xxxx"


def test_the_body_of_a_redirect_is_not_read(host):
    assert fetched(f"{host.url}/endless/{host.url}/3/b.png", "127.0.0.1")[0] == "b.png"


def test_redirects_end(host):
    url = f"{host.url}/to/{host.url}/"
    assert "redirects too often" in problem_of(url + "to/" * 30, "127.0.0.1")


def test_a_file_that_is_too_large_is_not_kept(host):
    assert problem_of(f"{host.url}/1001/a.png", "127.0.0.1").startswith("it is larger than")
    assert fetched(f"{host.url}/1000/a.png", "127.0.0.1")[2] == 1000


def test_what_the_host_does_not_send_whole_is_no_file(host):
    assert problem_of(f"{host.url}/5/cut.png", "127.0.0.1") == "it broke off"
    assert problem_of(f"{host.url}/status/404", "127.0.0.1") == "the host answers HTTP 404"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/a",
        "file:///etc/passwd",
        "https:///a.png",
        "https://user:pw@example.com/a",
        "https://a:b/c",
        "b.com/a",
    ],
)
def test_what_is_no_address_of_a_file(url):
    assert problem_of(url) == "it is not an address such as https://example.com/picture.jpg"


@pytest.mark.parametrize(
    ("address", "expected"),
    [("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False), ("10.0.0.1", False),
     ("169.254.169.254", False), ("100.64.0.1", False), ("0.1.2.3", False), ("224.0.0.1", False), ("::1", False),
     ("::ffff:10.0.0.1", False), ("::ffff:93.184.216.34", True), ("fe80::1%eth0", False), ("fc00::1", False),
     ("2002:7f00:1::", False)],
)  # fmt: skip
def test_which_addresses_are_public(address, expected):
    assert is_public(address) is expected
