"""The other way to the network: files of hosts that are not Ninox, without the key in reach.

A row's address must not make us read what only this machine or its network can reach. Whether it would, no look at the
address says for sure (names resolve anew, networks translate), so nothing is judged: only hosts that the settings name
are asked, first and after each redirect.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from ninox_api.body import read_body
from ninox_api.config import ConnectionConfig, find_authorities
from ninox_api.errors import AnswerTooLargeError, NinoxFetchError
from ninox_api.session import BoundedSession

_SUCCESS = range(200, 300)
_MOST_REDIRECTS = 5
_MOST_DIGITS = 18
"""Of a length; Python refuses to read thousands."""


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
            return bytes(read_body(self._response.raw, max_bytes=max_bytes))
        except AnswerTooLargeError:
            raise NinoxFetchError(problem=f"it is larger than {max_bytes // 2**20} MiB") from None
        except (requests.RequestException, HTTPError, OSError):
            raise NinoxFetchError(problem="it broke off") from None


class FileFetcher:
    """Fetches files."""

    def __init__(self, config: ConnectionConfig, *, trusted_hosts: Collection[str] = ()) -> None:
        """Prepare the connections; nothing is sent yet.

        Args:
            config: Of the connection to Ninox; its key is not used here.
            trusted_hosts: The only hosts that are asked, by https or http; in lower case.
        """
        self._timeout_s = config.request_timeout_s
        self._verify = find_authorities() or True
        self._trusted_hosts = frozenset(trusted_hosts)
        self._session = BoundedSession()
        self._session.trust_env = False  # .netrc holds keys of others
        self._session.headers["Accept-Encoding"] = "identity"

    @contextmanager
    def open(self, url: str) -> Iterator[FetchedFile]:
        """Ask for a file; its content is read only if asked for.

        Raises:
            NinoxFetchError: The address may not be asked, or the host does not send the file.
        """
        for _ in range(_MOST_REDIRECTS):
            parts = self._check_address(url)
            with self._get(parts.geturl()) as response:
                if not response.is_redirect:
                    yield self._describe_file(response, unquote(parts.path.rpartition("/")[2]))
                    return
                url = urljoin(url, response.headers["Location"])
        raise NinoxFetchError(problem="the host redirects too often")

    def _check_address(self, url: str) -> SplitResult:
        """Return the parts of an address that may be asked for; it is a value of the row, so no message has it.

        Raises:
            NinoxFetchError: It may not.
        """
        try:
            parts = urlsplit(url.strip())
            host, _ = parts.hostname, parts.port
        except ValueError:
            host, parts = None, SplitResult("", "", "", "", "")
        if not host or parts.scheme not in {"https", "http"} or parts.username or parts.password:
            raise NinoxFetchError(problem="it is not an address such as https://example.com/picture.jpg")
        if host not in self._trusted_hosts:
            raise NinoxFetchError(problem="file_sources does not name its host, or one that it leads on to")
        return parts

    def _get(self, url: str) -> requests.Response:
        try:
            return self._session.get(
                url, timeout=self._timeout_s, verify=self._verify, stream=True, allow_redirects=False
            )
        except requests.exceptions.SSLError:
            problem = "the certificate of the host is not trusted"
        except (requests.RequestException, HTTPError, OSError, ValueError):
            problem = "the host does not answer"
        raise NinoxFetchError(problem=problem)

    def _describe_file(self, response: requests.Response, name: str) -> FetchedFile:
        if response.status_code not in _SUCCESS:
            raise NinoxFetchError(problem=f"the host answers HTTP {response.status_code}")
        length = response.headers.get("Content-Length", "")
        is_known = length.isdecimal() and len(length) <= _MOST_DIGITS and "Content-Encoding" not in response.headers
        return FetchedFile(
            name=name,
            media_type=response.headers.get("Content-Type", "").partition(";")[0].strip(),
            size=int(length) if is_known else None,
            _response=response,
        )
