"""Connection settings, checked once and then trusted."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ninox_api.errors import NinoxConfigError

DEFAULT_API_URL = "https://api.ninox.com/v1"
DEFAULT_REQUEST_TIMEOUT_S = 60.0
DEFAULT_MAX_RETRIES = 7
DEFAULT_MAX_PARALLEL_REQUESTS = 1
USER_AGENT = f"singer-ninox/{version('singer-ninox')}"

_NINOX_4_HOST = "go.ninox.com"
_PUBLIC_CLOUD = "api.ninox.com"
_PUBLIC_CLOUD_FOR_PEOPLE = frozenset({"app.ninox.com", "www.ninox.com", "ninox.com"})

_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables of the requests library; the first that is set counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionConfig:
    """Where a Ninox lives and how patiently to talk to it.

    Attributes:
        auth_token: The API key.
        api_url: Address up to and including `/v1`, without a trailing slash.
        database_passwords: Database id or name → password of a locked database.
        request_timeout_s: Seconds, for connecting and for each read. No setting: tests alone give another number.
        max_retries: Tries after the first; likewise.
        max_parallel_requests: So many may be under way at once.
        max_api_calls: So many may be sent in all; None for any number.
    """

    auth_token: str = field(repr=False)
    api_url: str = DEFAULT_API_URL
    database_passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    request_timeout_s: float = DEFAULT_REQUEST_TIMEOUT_S
    max_retries: int = DEFAULT_MAX_RETRIES
    max_parallel_requests: int = DEFAULT_MAX_PARALLEL_REQUESTS
    max_api_calls: int | None = None

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> ConnectionConfig:
        """Build the object from a plug-in's settings; absent and null settings take their defaults.

        Raises:
            NinoxConfigError: Names every setting that cannot work.
        """
        given = {key: value for key, value in settings.items() if value is not None}
        given = {key: value for key, value in given.items() if key in cls.__dataclass_fields__}
        given["auth_token"] = str(given.get("auth_token", "")).strip()
        given["api_url"] = str(given.get("api_url", DEFAULT_API_URL)).strip().rstrip("/")
        return cls(**given)

    def __post_init__(self) -> None:
        """Refuse what can never work."""
        problems = [_describe_token(self.auth_token), _describe_url(self.api_url)]
        bounds = {"request_timeout_s": 0.001, "max_retries": 0, "max_parallel_requests": 1, "max_api_calls": 1}
        for name, least in bounds.items():
            value = getattr(self, name)
            if value is not None and value < least:
                problems.append(f"{name}: {value} is too small; give at least {least}.")
        for name, password in self.database_passwords.items():  # headers are Latin-1, without line breaks (RFC 9110)
            if not password.isprintable() or password != password.strip() or any(sign > "\u00ff" for sign in password):
                problems.append(
                    f"database_passwords: the password of {name!r} holds a character that no header may have."
                )
        if found := list(filter(None, problems)):
            raise NinoxConfigError(found)


def find_authorities() -> str | None:
    """Return the file or folder of certificate authorities that the environment names, None for the usual ones.

    Raises:
        NinoxConfigError: It is not there, or holds none: requests would call that an address that speaks no TLS.
    """
    variable = next((name for name in _AUTHORITIES if os.environ.get(name)), None)
    if variable is None:
        return None
    path = os.environ[variable]
    if not Path(path).exists():
        message = f"{variable}: there is no file {path}."
        raise NinoxConfigError(message)
    if Path(path).is_file() and not _holds_certificates(path, Path(path).stat().st_mtime_ns):
        message = f"{variable}: {path} holds no certificate in PEM form."
        raise NinoxConfigError(message)
    return path


_BEGIN_OF_CERTIFICATE, _END_OF_CERTIFICATE = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


@cache
def _holds_certificates(path: str, _modified_ns: int) -> bool:
    """Return whether a file can be read as authorities.

    Of a bundle in the usual form the first one stands for all: they take 40 ms, and are read once more to connect.
    """
    try:
        before, end, _ = (content := Path(path).read_bytes()).partition(_END_OF_CERTIFICATE)
        if end and content.count(_BEGIN_OF_CERTIFICATE) == content.count(_END_OF_CERTIFICATE):
            first = _BEGIN_OF_CERTIFICATE + before.rpartition(_BEGIN_OF_CERTIFICATE)[2] + end
            ssl.create_default_context(cadata=first.decode("ascii"))
        else:
            ssl.create_default_context(cafile=path)
    except (OSError, ValueError):  # SSLError is an OSError
        return False
    return True


_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What may follow `Bearer` (RFC 6750). A variable that is not replaced has a $, another file quotation marks or a =."""


def _describe_token(token: str) -> str:
    """Return what is wrong with a key, empty if nothing is."""
    if not token:
        return (
            "auth_token: missing. Make an API key in Ninox under Settings > Integrations. Put it into auth_token or, "
            "with Meltano or --config=ENV, into TAP_NINOX_AUTH_TOKEN (of the target: TARGET_NINOX_AUTH_TOKEN) in .env."
        )
    if token.lower().startswith("bearer "):
        return "auth_token: give the key alone, without the word Bearer."
    if not _TOKEN.fullmatch(token):
        return "auth_token: it contains a space or a character that no Ninox key has; copy the key again."
    return ""


def _describe_url(api_url: str) -> str:
    """Return what is wrong with an address, empty if nothing is."""
    try:
        url = urlsplit(api_url)
        host, port = url.hostname, url.port
    except ValueError:
        url, host, port = SplitResult("", "", "", "", ""), None, None
    problem = ""
    if url.scheme not in {"http", "https"} or not host:
        problem = "give a full address such as https://api.ninox.com/v1."
    elif url.username or url.password or url.query or url.fragment:
        problem = "give scheme, host, port and path only; the key belongs into auth_token."
    elif host == _NINOX_4_HOST:
        problem = "go.ninox.com is Ninox 4, which has another API; this release speaks to api.ninox.com/v1."
    elif host in _PUBLIC_CLOUD_FOR_PEOPLE or (host == _PUBLIC_CLOUD and url.path != "/v1"):
        problem = f"the API of the public cloud is at {DEFAULT_API_URL}."
    elif "/teams" in url.path:
        before = url.geturl().partition("/teams")[0]
        problem = f"leave out what follows {before}; team and database have settings of their own."
    elif url.scheme == "http" and not _is_loopback(host):
        tunnel = f"ssh -N -L 8080:localhost:{port or 80} {host}"
        problem = (
            "plain http would send the key unprotected; use https. Where the server has none, reach it through a "
            f"tunnel ({tunnel}), as http://127.0.0.1:8080{url.path}."
        )
    return problem and f"api_url: {problem}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
