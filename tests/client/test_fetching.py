"""Fetching files of other hosts: where we go, where we do not, and what we never tell them."""

from __future__ import annotations

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ninox_api import ConnectionConfig
from ninox_api.errors import NinoxFetchError
from ninox_api.fetching import FileFetcher
from tests.helpers import limits

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


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("trusted", [(), ("localhost",), ("127.0.0.1.example.com",), ("127.0.0",)], ids=str)
def test_a_host_that_the_settings_do_not_name_is_not_asked(host, scheme, trusted):
    url = f"{scheme}://127.0.0.1:{host.server_port}/5/a.png"
    assert problem_of(url, *trusted) == "file_sources does not name its host, or one that it leads on to"
    assert host.seen == []


@pytest.mark.parametrize(
    "name", ["[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "127.1", "2130706433", "0x7f.0.0.1", "localhost.",
             "127.0.0.1@localhost", "LOCALHOST"],
)  # fmt: skip
def test_another_spelling_of_an_address_is_another_host(host, name):
    with pytest.raises(NinoxFetchError):
        fetched(f"http://{name}:{host.server_port}/5/a.png", "127.0.0.1")
    assert host.seen == []


def test_a_redirect_does_not_lead_where_we_would_not_go(host):
    elsewhere = f"http://localhost:{host.server_port}/5/a.png"
    for leads_to in (elsewhere, "http://169.254.169.254/latest/meta-data", "//localhost/a.png"):
        host.seen.clear()
        assert "file_sources does not name" in problem_of(f"{host.url}/to/{leads_to}", "127.0.0.1")
        assert len(host.seen) == 1
    assert "not an address" in problem_of(f"{host.url}/to/file:///etc/passwd", "127.0.0.1")
    assert fetched(f"{host.url}/to/{elsewhere}", "127.0.0.1", "localhost")[0] == "a.png"
    assert fetched(f"{host.url}/to/{host.url}/3/b.png", "127.0.0.1")[0] == "b.png"
    assert fetched(f"{host.url}/to//4/c.png", "127.0.0.1")[3] == b"xxxx"


@limits.impatient_answers(timeouts=0.1)
def test_the_body_of_a_redirect_is_not_read(host):
    assert fetched(f"{host.url}/endless/{host.url}/3/b.png", "127.0.0.1")[0] == "b.png"


def test_a_host_that_redirects_without_end_is_given_up(host):
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
