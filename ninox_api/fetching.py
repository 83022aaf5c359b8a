"""The other way to the network: files of hosts that are not Ninox, without the key in reach.

A row's address must not make us read what only this machine or its network can reach: the address that a connection is
made to has to be public, whatever the host's name resolves to, unless the host is trusted.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import requests
from typing_extensions import override
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from ninox_api.addresses import checked_address, is_public, name_in
from ninox_api.body import AnswerTooLargeError, read_body
from ninox_api.config import ConnectionConfig, certificate_authorities
from ninox_api.errors import NinoxFetchError
from ninox_api.session import BoundedAdapter, BoundedSession, TlsConnection

_SUCCESS = range(200, 300)
_MOST_REDIRECTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedFile:
    """A file that another host has begun to send.

    Attributes:
        name: As its address ends; may be empty.
        media_type: As the host says; may be empty.
        size: Bytes, if the host says so.
    """

    name: str
    media_type: str
    size: int | None
    _response: requests.Response = field(repr=False)

    def read(self, *, max_bytes: int) -> bytes:
        """Return the content.

        Raises:
            NinoxFetchError: It is larger, or broke off.
        """
        try:
            return read_body(self._response.raw, max_bytes=max_bytes)
        except AnswerTooLargeError:
            raise NinoxFetchError(problem=f"it is larger than {max_bytes // 2**20} MiB") from None
        except (requests.RequestException, HTTPError, OSError):
            raise NinoxFetchError(problem="it broke off") from None


class FileFetcher:
    """Fetches files."""

    def __init__(self, config: ConnectionConfig, *, trusted_hosts: Collection[str] = ()) -> None:
        """Prepare the connections; nothing is sent yet."""
        self._timeout_s = config.request_timeout_s
        self._verify = certificate_authorities() or True
        self._trusted_hosts = frozenset(trusted_hosts)
        self._trusting, self._wary = (BoundedSession() for _ in range(2))
        self._wary.mount("https://", _WaryAdapter())
        for session in (self._trusting, self._wary):
            session.trust_env = False  # a proxy would connect in our place, and .netrc holds keys of others
            session.headers["Accept-Encoding"] = "identity"

    @contextmanager
    def open(self, url: str) -> Iterator[FetchedFile]:
        """Ask for a file; its content is read only if asked for.

        Raises:
            NinoxFetchError: The address may not be asked, or the host does not send the file.
        """
        for _ in range(_MOST_REDIRECTS):
            parts = checked_address(url, trusted_hosts=self._trusted_hosts)
            session = self._trusting if parts.hostname in self._trusted_hosts else self._wary
            with self._get(session, parts.geturl()) as response:
                if not response.is_redirect:
                    yield self._fetched(response, name_in(parts))
                    return
                url = urljoin(url, response.headers["Location"])
        raise NinoxFetchError(problem="the host redirects too often")

    def _get(self, session: requests.Session, url: str) -> requests.Response:
        try:
            return session.get(url, timeout=self._timeout_s, verify=self._verify, stream=True, allow_redirects=False)
        except _PrivateAddressError:
            problem = "the host is not on the public internet (trusted_file_hosts names those that may be)"
        except requests.exceptions.SSLError:
            problem = "the certificate of the host is not trusted"
        except (requests.RequestException, HTTPError, OSError, ValueError):
            problem = "the host does not answer"
        raise NinoxFetchError(problem=problem)

    def _fetched(self, response: requests.Response, name: str) -> FetchedFile:
        if response.status_code not in _SUCCESS:
            raise NinoxFetchError(problem=f"the host answers HTTP {response.status_code}")
        length = response.headers.get("Content-Length", "")
        return FetchedFile(
            name=name,
            media_type=response.headers.get("Content-Type", "").partition(";")[0].strip(),
            size=int(length) if length.isdecimal() and "Content-Encoding" not in response.headers else None,
            _response=response,
        )


class _PrivateAddressError(Exception):
    """The host's address is not public."""


class _WaryConnection(TlsConnection):
    @override
    def _new_conn(self) -> socket.socket:
        """Look at the address before anything is said, a greeting included. A name could resolve otherwise twice."""
        connected = super()._new_conn()
        if not is_public(connected.getpeername()[0]):
            connected.close()
            raise _PrivateAddressError
        return connected


class _WaryPool(HTTPSConnectionPool):
    ConnectionCls = _WaryConnection


class _WaryAdapter(BoundedAdapter):
    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _WaryPool}
