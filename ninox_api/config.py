"""Connection settings, checked once and then trusted."""

from __future__ import annotations

import ipaddress
import os
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
        request_timeout_s: Seconds, for connecting and for each read.
        max_retries: Tries after the first.
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
        problems = [*_token_problems(self.auth_token), *_url_problems(self.api_url)]
        problems += _number_problems(self)
        problems += _password_problems(self.database_passwords)
        if problems:
            raise NinoxConfigError(problems)


def certificate_authorities() -> str | None:
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


@cache
def _holds_certificates(path: str, _modified_ns: int) -> bool:
    """Return whether a file can be read as authorities: 20 ms for those of the whole world, so each file once."""
    try:
        ssl.create_default_context(cafile=path)
    except OSError:  # SSLError is one
        return False
    return True


def _password_problems(passwords: Mapping[str, str]) -> list[str]:
    """Return whose password cannot be sent in a header; the password itself is not told."""
    return [
        f"database_passwords: the password of {name!r} holds a character that no header may have."
        for name, password in passwords.items()
        if not (
            password.isprintable() and password == password.strip() and all(letter <= "\u00ff" for letter in password)
        )
    ]


def _token_problems(token: str) -> list[str]:
    if not token:
        return ["auth_token: missing. Make an API key in Ninox under Settings > Integrations."]
    if token.lower().startswith("bearer "):
        return ["auth_token: give the key alone, without the word Bearer."]
    if not token.isascii() or not token.isprintable() or " " in token:
        return ["auth_token: it contains a space or a character that no Ninox key has; copy the key again."]
    return []


def _url_problems(api_url: str) -> list[str]:
    try:
        url = urlsplit(api_url)
        host, _ = url.hostname, url.port
    except ValueError:
        host, url = None, SplitResult("", "", "", "", "")
    if url.scheme not in {"http", "https"} or not host:
        return ["api_url: give a full address such as https://api.ninox.com/v1."]
    if url.username or url.password or url.query or url.fragment:
        return ["api_url: give scheme, host, port and path only; the key belongs into auth_token."]
    if problem := _address_problem(url):
        return [problem]
    if url.scheme == "http" and not _is_loopback(host):
        tunnel = f"ssh -N -L 8080:localhost:{url.port or 80} {host}"
        way = f"Where the server has none, reach it through a tunnel ({tunnel}), as http://127.0.0.1:8080{url.path}."
        return [f"api_url: plain http would send the key unprotected; use https. {way}"]
    return []


def _address_problem(url: SplitResult) -> str | None:
    """Return what is wrong with an address that is well formed."""
    address = url.geturl()
    if url.hostname == _NINOX_4_HOST:
        return "api_url: go.ninox.com is Ninox 4, which has another API; this release speaks to api.ninox.com/v1."
    if url.hostname in _PUBLIC_CLOUD_FOR_PEOPLE or (url.hostname == _PUBLIC_CLOUD and url.path != "/v1"):
        return f"api_url: the API of the public cloud is at {DEFAULT_API_URL}."
    if "/teams" in url.path:
        before = address[: address.index("/teams")]
        return f"api_url: leave out what follows {before}; team and database have settings of their own."
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _number_problems(config: ConnectionConfig) -> list[str]:
    bounds = (
        ("request_timeout_s", config.request_timeout_s, 0.001),
        ("max_retries", config.max_retries, 0),
        ("max_parallel_requests", config.max_parallel_requests, 1),
        ("max_api_calls", config.max_api_calls, 1),
    )
    return [
        f"{name}: {value} is too small; give at least {least}."
        for name, value, least in bounds
        if value is not None and value < least
    ]
