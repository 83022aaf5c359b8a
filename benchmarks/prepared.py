"""A server whose answers are ready: what another one has said, sent so much later as Ninox takes.

What it costs to make an answer is no part of what is measured then, as it is with the simulator, which needs a tenth of
a second for a page of 10,000 records.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO
from urllib.parse import urlsplit

import requests
from typing_extensions import Self

_KEPT = frozenset({"authorization", "content-type"})


class PreparedServer:
    """Asks the other server whatever it is asked for the first time, and knows it from then on.

    Attributes:
        latency_s: So long after a request an answer is sent.
        calls: Requests so far.
    """

    def __init__(self, url: str) -> None:
        """Remember the other server; nothing is asked yet."""
        parts = urlsplit(url)
        self._other, self._path = f"{parts.scheme}://{parts.netloc}", parts.path
        self._session = requests.Session()
        self._answers: dict[tuple[str, bytes], bytes] = {}
        self.latency_s = 0.0
        self.calls = 0

    @property
    def url(self) -> str:
        """Its address, with the path of the other's."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}{self._path}"

    def __enter__(self) -> Self:
        """Listen on a free port."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Listen no longer."""
        self._listener.close()
        self._session.close()

    def forget(self) -> None:
        """Ask everything anew: the other server has changed."""
        self._answers.clear()

    def _listen(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as file:
            for first, headers, body in _requests(file):
                due = time.monotonic() + self.latency_s
                if (first, body) not in self._answers:
                    self._answers[first, body] = self._ask(first, headers, body)
                self.calls += 1
                time.sleep(max(0.0, due - time.monotonic()))
                connection.sendall(self._answers[first, body])

    def _ask(self, first: str, headers: dict[str, str], body: bytes) -> bytes:
        method, target, _ = first.split(" ")
        kept = {name: value for name, value in headers.items() if name in _KEPT}
        answer = self._session.request(method, self._other + target, headers=kept, data=body or None, timeout=60)
        head = f"HTTP/1.1 {answer.status_code} -\r\nContent-Type: application/json\r\nContent-Length: "
        return f"{head}{len(answer.content)}\r\n\r\n".encode() + answer.content


def _requests(file: BinaryIO) -> Iterator[tuple[str, dict[str, str], bytes]]:
    """Yield the first line, the headers and the body of each request of a connection."""
    while first := file.readline().decode().strip():
        lines = iter(lambda: file.readline().decode().strip(), "")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        yield first, headers, file.read(int(headers.get("content-length") or 0))
