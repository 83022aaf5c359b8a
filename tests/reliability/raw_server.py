"""A server that answers with any bytes at all, on loopback, in a thread: what no HTTP library would send."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import msgspec


def http(body, *, status="200 OK", headers=()):
    """Return a whole answer; a header without a value that is given here stands for itself."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def json_answer(value, **more):
    return http(value if isinstance(value, bytes) else msgspec.json.encode(value), **more)


class RawServer:
    """Answers each request with what a function makes of its first line: bytes, or pieces of them.

    Attributes:
        requests: Heads of the requests that arrived, headers included.
    """

    def __init__(self, answer):
        self._answer = answer
        self.requests = []
        self.token = "canary-9d1c-token"
        self._stopped = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self):
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection, suppress(OSError), connection.makefile("rb") as lines:
            while head := self._head(lines):
                self.requests.append(head)
                answer = self._answer(head.split("\r\n", 1)[0])
                for piece in [answer] if isinstance(answer, bytes) else answer:
                    if self._stopped.is_set():
                        return
                    connection.sendall(piece)

    def _head(self, lines):
        head = []
        while (line := lines.readline()) not in {b"\r\n", b""}:
            head.append(line.decode("latin-1").rstrip())
        length = next((int(line.split(":")[1]) for line in head if line.lower().startswith("content-length:")), 0)
        lines.read(length)
        return "\r\n".join(head)
