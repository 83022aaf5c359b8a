"""A private cloud as firms run it: TLS with a private certificate authority, a port of its own, a path before `/v1`."""

from __future__ import annotations

import http.client
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import trustme

PREFIX = "/acme/ninox"


def certificate_authority(path):
    """Make a private authority and write its certificate, as people would put it into `ca_bundle`."""
    authority = trustme.CA(organization_name="Acme")
    authority.cert_pem.write_to_path(str(path))
    return authority


@contextmanager
def private_cloud(simulator, authority, *, host="127.0.0.1", tls=True, heard=None):
    """Serve a simulator behind a gateway; yield the API's address.

    Args:
        simulator: What is behind it.
        authority: Who signs the certificate.
        host: Name in the certificate.
        tls: False for a server that forgot about it.
        heard: A list that takes the headers of every request.
    """
    target = urlsplit(simulator.url)

    class Gateway(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if heard is not None:
                heard.append(dict(self.headers))
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if not self.path.startswith(PREFIX):
                self._answer(404, b"<html>nothing here</html>", "text/html")
                return
            connection = http.client.HTTPConnection(target.hostname, target.port)
            connection.request(self.command, self.path.removeprefix(PREFIX), body, headers=dict(self.headers))
            answer = connection.getresponse()
            self._answer(answer.status, answer.read(), answer.headers.get("Content-Type", ""))
            connection.close()

        def _answer(self, status, body, kind):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Keep quiet."""

    for method in ("POST", "PUT", "DELETE"):
        setattr(Gateway, f"do_{method}", Gateway.do_GET)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            """A client that does not trust us hangs up: that is what the tests are about."""

    server = Server(("127.0.0.1", 0), Gateway)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}{PREFIX}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
