"""A server that answers with any bytes at all, on loopback, in a thread: what no HTTP library would send."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress

import msgspec

_PIECE_BYTES = 65536


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

    def __init__(self, answer, *, hears=True, pace_s=None):
        """Take the function.

        Args:
            answer: The function.
            hears: Whether a request is read before it is answered; else the first line is empty.
            pace_s: How long the server rests behind each 64 KiB of a request's body; None reads at once.
        """
        self._answer = answer
        self._hears = hears
        self._pace_s = pace_s
        self.requests = []
        self.token = "canary-9d1c-token"
        self._stopped = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        if not self._hears or self._pace_s is not None:  # what is not read shall not lie in the machine's own buffers
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE_BYTES)
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
            while head := self._head(lines) if self._hears else " ":
                self.requests.append(head)
                answer = self._answer(head.split("\r\n", 1)[0])
                for piece in [answer] if isinstance(answer, bytes) else answer:
                    if self._stopped.is_set():
                        return
                    connection.sendall(piece)
                if not self._hears:
                    return

    def _head(self, lines):
        head = []
        while (line := lines.readline()) not in {b"\r\n", b""}:
            head.append(line.decode("latin-1").rstrip())
        length = next((int(line.split(":")[1]) for line in head if line.lower().startswith("content-length:")), 0)
        self._read_body(lines, length)
        return "\r\n".join(head)

    def _read_body(self, lines, length):
        while length > 0 and (piece := lines.read(min(length, _PIECE_BYTES))):
            length -= len(piece)
            time.sleep(self._pace_s or 0)


@contextmanager
def server_that_does_not_accept():
    """Hand out the address of a server whose queue is full: whoever wants to connect hears nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        try:
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(listener.getsockname())
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            for each in waiting:
                each.close()
