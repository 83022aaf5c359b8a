"""The HTTP session that every request goes through, to Ninox and to hosts of files: it waits for nothing without end.

The timeout of `requests` bounds the wait for the *next* byte. A server, or something that answers in its place, which
sends one byte a minute never exceeds it: in a status line, in headers, in one `100 Continue` after the other, in the
size of a chunk. So the whole head has to arrive within the timeout, and the whole body within ten times that, more for
a body that announces many bytes, as they come. This is kept where bytes leave the socket, so that no phase can be
forgotten. What is sent has the timeout for each piece.
"""

from __future__ import annotations

import http.client
import io
import math
import socket
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from typing_extensions import Buffer, override
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager, ProxyManager

from ninox_api.config import USER_AGENT

MAX_TIMEOUTS_PER_BODY = 10
"""A body may take so many times the timeout, which by itself bounds only the time between two pieces."""

SLOWEST_BYTES_PER_SECOND = 16 * 1024
"""A body that announces its size may take so much longer as its bytes do at this pace, a two-hundredth of what was
observed. Each counts when it has come: who announces a billion gigabytes could take for ever."""

MAX_COUNTED_BYTES = 1024**3
"""More of a body give it no further time; packed, they may be nothing."""

SENT_AT_ONCE_BYTES = 1024 * 1024
"""Each piece of a request's body may take the timeout, which Python has for all that is sent by one call: a file of
100 MB would need 14 Mbit/s."""

MAX_HEAD_BYTES = 1024 * 1024
"""Of a status line, headers, and whatever is sent before; http.client bounds only the lines of one head."""


class BoundedSession(requests.Session):
    """Bounded in time in every phase, without cookies, and never following a redirect: it could carry the key along."""

    def __init__(self, *, connections: int = 1) -> None:
        super().__init__()
        self.headers["User-Agent"] = USER_AGENT
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = BoundedAdapter(pool_maxsize=connections)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    @override
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return none. With `allow_redirects=False`, requests still reads the whole body to prepare the next hop."""


class _BoundedReader(io.RawIOBase):
    """Reads a socket until a deadline."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__()
        self._socket = connected
        self._raw = connected.makefile("rb", buffering=0)
        self.deadline = math.inf
        self.bytes_left = math.inf
        self.counted_bytes = 0

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what http.client reads; of a socket, it asks for nothing else."""
        return io.BufferedReader(self)

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int | None:
        if self.bytes_left <= 0:
            raise http.client.HTTPException("the head of the answer does not end")  # noqa: EM101, TRY003 (never shown)
        patience = self._socket.gettimeout()
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if patience is None or left < patience:
            self._socket.settimeout(left)
        try:
            count = self._raw.readinto(buffer)
        finally:
            self._socket.settimeout(patience)
        self.bytes_left -= count or 0
        counted = min(count or 0, self.counted_bytes)
        self.counted_bytes -= counted
        # What came quickly is no credit for hours of dripping.
        credited = self.deadline + counted / SLOWEST_BYTES_PER_SECOND
        self.deadline = max(self.deadline, min(credited, time.monotonic() + MAX_TIMEOUTS_PER_BODY * (patience or 0)))
        return count

    @override
    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        self._reader = _BoundedReader(sock)
        self._timeout = sock.gettimeout() or math.inf
        # From here on and not from `begin`, which is not called for what a proxy answers to CONNECT.
        self._reader.deadline, self._reader.bytes_left = time.monotonic() + self._timeout, MAX_HEAD_BYTES
        super().__init__(self._reader, *args, **kwargs)  # type: ignore[arg-type] # a makefile is all it takes

    @override
    def begin(self) -> None:
        super().begin()
        self._reader.deadline = time.monotonic() + MAX_TIMEOUTS_PER_BODY * self._timeout
        self._reader.bytes_left, self._reader.counted_bytes = math.inf, min(self.length or 0, MAX_COUNTED_BYTES)


class _BoundedSending(HTTPConnection):
    @override
    def send(self, data: Any) -> None:
        """Send a large body piece by piece, each within the timeout."""
        if not isinstance(data, bytes) or len(data) <= SENT_AT_ONCE_BYTES:
            super().send(data)
            return
        for start in range(0, len(data), SENT_AT_ONCE_BYTES):
            super().send(memoryview(data)[start : start + SENT_AT_ONCE_BYTES])


class _Connection(_BoundedSending):
    response_class = _BoundedResponse


class _TlsConnection(_BoundedSending, HTTPSConnection):
    response_class = _BoundedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS: dict[str, Any] = {"http": _Pool, "https": _TlsPool}


class BoundedAdapter(requests.adapters.HTTPAdapter):
    """Makes bounded connections, through a proxy as well."""

    poolmanager: PoolManager

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    @override
    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
