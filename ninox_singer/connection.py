"""The settings by which tap and target reach a Ninox, and the connection they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from singer_sdk import typing as th

from ninox_api.client import NinoxClient
from ninox_api.config import DEFAULT_API_URL, ConnectionConfig
from ninox_api.errors import NinoxConfigError
from ninox_api.schema import DatabaseName
from ninox_singer.names import Names

CONNECTION_PROPERTIES: tuple[th.Property[Any], ...] = (
    th.Property(
        "auth_token",
        th.StringType,
        secret=True,
        title="API key",
        description="The API key, made in Ninox under Settings > Integrations. Required, here or in `auth_token_file`.",
    ),
    th.Property(
        "auth_token_file",
        th.StringType,
        title="File with the API key",
        examples=["/run/secrets/ninox-key"],
        description="A file that holds the API key and nothing else. Use it in place of `auth_token` where secrets "
        "are mounted as files.",
    ),
    th.Property(
        "api_url",
        th.StringType(min_length=1),
        default=DEFAULT_API_URL,
        title="API address",
        examples=["https://ninox.example.org/v1"],
        description="Address of the API, up to and including `/v1`. Set it for a private cloud or your own server.",
    ),
    th.Property(
        "database_passwords",
        th.ObjectType(additional_properties=th.StringType),
        secret=True,
        title="Database passwords",
        examples=[{"Archiv 2019": "the-password"}],
        description="Database, by id or name → its password. Needed for databases that are locked with one.",
    ),
)
"""What tap and target have in common; `team` and the bounds on requests are their own."""

TEAMS_NOT_LISTED = "team: this server does not list its teams; set team to the workspace's id."
"""Some private clouds do not (observed)."""

MOST_LETTERS = 10_000
"""Of a file with a key; the longest header that servers commonly take is shorter."""

REMOVED_SETTINGS = {
    "allow_http": "Plain http goes to this machine alone: use https, or a tunnel such as "
    "ssh -N -L 8080:localhost:80 <server>, and http://127.0.0.1:8080/v1 as the address.",
    "ca_bundle": "Name the file in the variable REQUESTS_CA_BUNDLE, in the environment or in Meltano's .env.",
    "request_timeout": "Requests wait 60 seconds for each part of an answer.",
    "max_retries": "What may be repeated is tried eight times.",
    "requests_per_second": "A server that asks for a pause gets it; without `max_parallel_requests`, requests go one "
    "after the other.",
    "user_agent": "It is always singer-ninox and the version.",
}
"""Connection settings of earlier versions → what to do instead."""


def read_connection(settings: Mapping[str, Any]) -> ConnectionConfig:
    """Build the connection of checked settings.

    Raises:
        NinoxConfigError: Names every setting that cannot work; a key is never quoted.
    """
    path = settings.get("auth_token_file")
    if not path:
        return ConnectionConfig.from_settings(settings)
    if settings.get("auth_token"):
        message = "auth_token_file: give the key either in auth_token or in a file, not both."
        raise NinoxConfigError(message)
    try:
        return ConnectionConfig.from_settings({**settings, "auth_token": _read_key(path)})
    except NinoxConfigError as error:
        problems = [problem.replace("auth_token:", "auth_token_file:", 1) for problem in error.errors]
        raise NinoxConfigError(problems) from None


def assign_passwords(client: NinoxClient, databases: Sequence[DatabaseName]) -> list[str]:
    """Let every password be found by the id of its database, and return a sentence for each of nothing.

    Args:
        client: It has the passwords under the names that the settings gave.
        databases: All that there are.
    """
    names, problems = Names(databases), []
    by_id: dict[str, str] = {}
    exact = {database.name for database in databases}
    for name in sorted(client.passwords, key=exact.__contains__):  # the last one counts
        found = names.find(name)
        by_id.update((database.id, client.passwords[name]) for database in found)
        if not found:
            problems.append(names.describe_absent(name, setting="database_passwords"))
    client.passwords = {**by_id, **client.passwords}  # ids that were given count more
    return problems


def _read_key(path: str) -> str:
    """Return what a file holds, without the white space around it."""
    try:
        with Path(path).expanduser().open(encoding="utf-8-sig") as file:
            key = file.read(MOST_LETTERS + 1).strip()  # a wrong path may lead to a disk image, or to what has no end
    except OSError as error:
        message = f"auth_token_file: {path} cannot be read ({error.strerror})."
        raise NinoxConfigError(message) from None
    except ValueError:  # its own text would quote the file
        message = f"auth_token_file: {path} is not text in UTF-8."
        raise NinoxConfigError(message) from None
    if not key or len(key) > MOST_LETTERS:
        message = f"auth_token_file: {path} is {'too long for a key' if key else 'empty'}."
        raise NinoxConfigError(message)
    return key
