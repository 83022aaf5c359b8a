"""Where files of others may be fetched from: https, and hosts that are on the public internet or named as trusted."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import SplitResult, unquote, urlsplit

from ninox_api.errors import NinoxFetchError


def checked_address(url: str, *, trusted_hosts: Collection[str]) -> SplitResult:
    """Return the parts of an address that may be asked for.

    Args:
        url: What a row or a redirect says.
        trusted_hosts: Hosts that may be private and may be asked without encryption.

    Raises:
        NinoxFetchError: It may not. The address, which is a value of the row, is not told.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, SplitResult("", "", "", "", "")
    if not host or parts.scheme not in {"https", "http"} or parts.username or parts.password:
        raise NinoxFetchError(problem="it is not an address such as https://example.com/picture.jpg")
    if parts.scheme == "http" and host not in trusted_hosts:
        raise NinoxFetchError(problem="plain http is fetched only from the hosts that trusted_file_hosts names")
    return parts


def is_public(ip_address: str) -> bool:
    """Tell whether an IP address is on the public internet: neither private, nor of this machine, nor reserved."""
    address = ipaddress.ip_address(ip_address.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return (mapped or address).is_global and not address.is_multicast


def name_in(parts: SplitResult) -> str:
    """Return the file name that an address ends in; empty if it has none."""
    return unquote(parts.path.rpartition("/")[2])
