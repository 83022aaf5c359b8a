"""A look at Ninox: which databases there are, and which tables they have, chosen by the settings or not.

It costs one call for the teams, one per team for its databases, and one per database; one per database alone where team
and databases are given by their ids. What `--discover` saw stands in the catalog, so that the sync that follows at once
need not ask again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import logging
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ninox_api.client import DatabaseClient, NinoxClient
from ninox_api.errors import (
    NinoxAPIError,
    NinoxConfigError,
    NinoxError,
    NinoxNotFoundError,
    NinoxPermissionError,
    NinoxProtocolError,
)
from ninox_api.schema import DatabaseName, DatabaseSchema, Table, Team
from ninox_singer.connection import TEAMS_NOT_LISTED, assign_passwords
from ninox_singer.logs import log_names
from ninox_singer.names import EXCLUDES, Names, are_ids, choose, did_you_mean, fits, is_glob
from ninox_singer.wording import list_names
from tap_ninox.settings import TapSettings

logger = logging.getLogger(__name__)

STAMP = "ninox"
"""Key of a catalog: what discovery saw, and when."""

MAX_AGE_S = 600
"""What was seen longer ago is asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look has shown.

    Attributes:
        listed: Team id and name of each database, chosen or not; if the settings give all by id, of those alone.
        schemas: Database id → its schema, of the chosen databases; None where the key cannot read it.
        calls: So many it took.
    """

    teams: tuple[Team, ...]
    listed: tuple[tuple[str, DatabaseName], ...]
    schemas: dict[str, DatabaseSchema | None] = field(default_factory=dict)
    calls: int = 0


def look(client: NinoxClient, settings: TapSettings) -> Seen:
    """Read the schemas of the chosen databases. No record is read.

    Raises:
        NinoxConfigError: A team or database that was asked for does not exist.
        NinoxError: Ninox cannot be read at all.
    """
    known = _read_by_id(client, settings)
    if settings.team is not None and known and all(isinstance(s, DatabaseSchema) and s.name for s in known.values()):
        team = Team(id=settings.team, name=settings.team)
        found = {key: schema for key, schema in known.items() if isinstance(schema, DatabaseSchema)}
        listed = tuple((team.id, DatabaseName(id=key, name=schema.name or key)) for key, schema in found.items())
        return Seen(teams=(team,), listed=listed, schemas={**found}, calls=client.calls_used)
    teams, team_of = _list_databases(client, settings, is_known=bool(known))
    names, _ = choose(Names(team_of), settings.databases, setting="databases", each_is_one=True)
    if team_of and not names:
        raise NinoxConfigError(_all_left_out("databases", team_of))
    assign_passwords(client, list(team_of))
    schemas = {name.id: _read_schema(client.database(team_of[name].id, name), known.get(name.id)) for name in names}
    listed = tuple((team.id, name) for name, team in team_of.items())
    return Seen(teams=tuple(teams), listed=listed, schemas=schemas, calls=client.calls_used)


def _read_by_id(client: NinoxClient, settings: TapSettings) -> dict[str, DatabaseSchema | NinoxError]:
    """Return the schemas of the databases that the settings give by id, up to the first that cannot be read.

    There is none if one of them is not given by id, or if teams and databases have to be listed all the same: for a
    password, an alias or a formula of some other database, or for the name of the team in those of streams.
    """
    known: dict[str, DatabaseSchema | NinoxError] = {}
    ids = list(dict.fromkeys(settings.databases))
    named = {*client.passwords, *(name.partition(".")[0] for name in settings.aliases)}
    named |= {
        name for name, _, _ in (key.partition(".") for key in settings.formulas) if are_ids(settings.team, [name])
    }
    if settings.team is None or not are_ids(settings.team, ids) or not named.issubset(ids):
        return known
    if "{team}" in settings.stream_name_format:
        return known
    for database_id in ids:
        database = client.database(settings.team, DatabaseName(id=database_id, name=database_id))
        try:
            known[database_id] = database.get_schema()
        except NinoxNotFoundError:  # no such id: it may be a name
            known.clear()
            break
        except (NinoxPermissionError, NinoxProtocolError) as error:
            known[database_id] = error
            break
    return known


def _list_databases(
    client: NinoxClient, settings: TapSettings, *, is_known: bool
) -> tuple[list[Team], dict[DatabaseName, Team]]:
    """Return the teams and the team of each of their databases.

    Args:
        client: Where to look.
        settings: What was asked for.
        is_known: Whether a database was found by the ids of team and database: then the list of teams adds nothing.
    """
    if is_known and settings.team is not None:
        team = Team(id=settings.team, name=settings.team)
        with suppress(NinoxNotFoundError, NinoxPermissionError):  # then the list of teams says what is wrong
            return [team], dict.fromkeys(client.list_databases(team.id), team)
    teams = find_teams(client, team=settings.team, patterns=settings.teams)
    team_of: dict[DatabaseName, Team] = {}
    for team in teams:
        try:
            team_of.update(dict.fromkeys(client.list_databases(team.id), team))
        except NinoxNotFoundError:
            message = f"team: the server knows no workspace with the id {team.id!r}.{_address_hint(client.api_url)}"
            raise NinoxConfigError(message) from None
    return teams, team_of


def find_teams(client: NinoxClient, *, team: str | None, patterns: Sequence[str]) -> list[Team]:
    """Return the teams that were asked for, or the only one.

    Args:
        client: Where to look.
        team: One team, by id or name.
        patterns: Several teams: ids, names or globs.

    Raises:
        NinoxConfigError: There is no such team, or there are several and none was named.
    """
    wanted = list(patterns) if team is None else [team]
    try:
        teams = client.list_teams()
    except (NinoxNotFoundError, NinoxPermissionError) as error:  # some private clouds do not list them (observed)
        if not wanted or any(is_glob(name) or name.startswith(EXCLUDES) for name in wanted):
            raise NinoxConfigError(_unlisted(error, api_url=client.api_url)) from None
        return [Team(id=team_id, name=team_id) for team_id in wanted]
    if team is not None:
        return [Names(teams).find_one(team, setting="team")]
    if patterns:
        found, problems = choose(Names(teams), patterns, setting="team", each_is_one=True)
        if problems:
            raise NinoxConfigError(problems)
        if not found:
            raise NinoxConfigError(_all_left_out("team", teams))
        return found
    if len(teams) != 1:
        named = list_names(f"{team.name!r} ({team.id})" for team in teams)
        message = f"team: the key sees {len(teams)} teams, name one of them, or several as a list: {named}."
        raise NinoxConfigError(message)
    return teams


def _all_left_out(setting: str, things: Iterable[Team | DatabaseName]) -> str:
    return f"{setting}: it leaves out all that the key sees: {list_names(repr(thing.name) for thing in things)}."


def _unlisted(error: NinoxAPIError, *, api_url: str) -> str:
    if isinstance(error, NinoxPermissionError):
        return (
            "team: the server refuses to list its teams (HTTP 403). The plan may have no API access, or the "
            "key's role may not see them; if the key may read a workspace, set team to the workspace's id."
        )
    return TEAMS_NOT_LISTED + _address_hint(api_url)


def _address_hint(api_url: str) -> str:
    return "" if api_url.endswith("/v1") else f" Or is api_url {api_url} not complete? It usually ends with /v1."


def _read_schema(client: DatabaseClient, known: DatabaseSchema | NinoxError | None) -> DatabaseSchema | None:
    name = client.database.name
    try:
        if isinstance(known, NinoxError):
            raise known
        return known or client.get_schema()
    except (NinoxPermissionError, NinoxNotFoundError, NinoxProtocolError) as error:
        problem = error
    try:
        tables = client.list_tables()
    except (NinoxPermissionError, NinoxNotFoundError, NinoxProtocolError) as error:
        logger.warning(
            "Database %r is skipped: its schema cannot be read. If it is password-protected, put its password into "
            "database_passwords, or correct the one there; if the key's role may not read schemas, run with a saved "
            "catalog; to leave it out, set databases to %s. (%s)",
            name,
            json.dumps([EXCLUDES + client.database.id]),
            error,
        )
        return None
    logger.warning(
        "The full schema of database %r cannot be read: its formulas are not listed, and its hidden tables are "
        "listed like others. (%s)",
        name,
        problem,
    )
    return tables


def stamp(seen: Seen, *, of: Sequence[Any], seen_at: float) -> dict[str, Any]:
    """Return what a catalog keeps of a look; there is no secret in it.

    Args:
        seen: What it showed.
        of: What it depends on, version, address, team and databases: with any other, it is not used.
        seen_at: When, in seconds since 1970.
    """
    packed = base64.b64encode(zlib.compress(msgspec.json.encode(seen))).decode()
    return {"seen_at": int(seen_at), "seen": packed, "mark": _mark(of, int(seen_at), packed)}


def read_stamp(catalog: Mapping[str, Any], *, of: Sequence[Any], now: float) -> tuple[Seen, float] | None:
    """Return what a catalog keeps of a look, and when; None if missing, stale, edited, or of something else."""
    kept = catalog.get(STAMP)
    if not isinstance(kept, dict) or not isinstance(kept.get("seen_at"), int) or not isinstance(kept.get("seen"), str):
        return None
    if not 0 <= now - kept["seen_at"] <= MAX_AGE_S or kept.get("mark") != _mark(of, kept["seen_at"], kept["seen"]):
        return None
    try:
        seen = msgspec.json.decode(zlib.decompress(base64.b64decode(kept["seen"], validate=True)), type=Seen)
    except (binascii.Error, zlib.error, msgspec.DecodeError):
        return None
    logger.debug("What there is in Ninox was seen %d seconds ago, and is not asked for again.", now - kept["seen_at"])
    return seen, kept["seen_at"]


def _mark(of: Sequence[Any], seen_at: int, packed: str) -> str:
    return hashlib.sha256(json.dumps([*of, seen_at, packed]).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredDatabase:
    """A database whose schema could be read.

    Attributes:
        tables: Those that the `tables` setting chooses.
    """

    team: Team
    name: DatabaseName
    client: DatabaseClient
    schema: DatabaseSchema
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """The chosen teams and their readable databases.

    Attributes:
        schemas: Id of a readable database → its schema.
        skipped: Databases whose schema the key cannot read.
        problems: A sentence for each name in the settings that names nothing, though others do.
        clients: All chosen databases, skipped ones included.
        listed: Ids of all databases of the teams, chosen or not.
    """

    teams: tuple[Team, ...]
    databases: tuple[DiscoveredDatabase, ...]
    schemas: Mapping[str, DatabaseSchema]
    skipped: tuple[DatabaseName, ...]
    clients: Mapping[DatabaseName, DatabaseClient]
    listed: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


def discovery_of(seen: Seen, client: NinoxClient, settings: TapSettings) -> Discovery:
    """Choose from what was seen of Ninox. Nothing is sent.

    Raises:
        NinoxConfigError: A database or table that was asked for does not exist.
    """
    team_by_id = {team.id: team for team in seen.teams}
    team_of = {name: team_by_id[team_id] for team_id, name in seen.listed}
    names, problems = choose(Names(team_of), settings.databases, setting="databases", each_is_one=True)
    problems += assign_passwords(client, list(team_of))
    clients = {name: client.database(team_of[name].id, name) for name in names}
    schemas = {name: seen.schemas.get(name.id) for name in names}
    readable = {name: schema for name, schema in schemas.items() if schema is not None}
    skipped = tuple(name for name in names if name not in readable)
    tables, unknown = _chosen_tables(readable, settings.tables, sees_all=not skipped)
    problems += [*unknown, *_idle_aliases(settings.aliases, readable, listed={name.id for name in team_of})]
    for problem in problems:
        logger.warning(problem)
    return Discovery(
        teams=seen.teams,
        databases=tuple(
            DiscoveredDatabase(
                team=team_of[name],
                name=name,
                client=clients[name],
                schema=schema,
                tables=tuple(table for database, table in tables if database is name),
            )
            for name, schema in readable.items()
        ),
        schemas={name.id: schema for name, schema in readable.items()},
        skipped=skipped,
        clients=clients,
        listed=frozenset(name.id for name in team_of),
        problems=tuple(problems),
    )


def log_unselected(discovery: Discovery) -> None:
    """Log which tables are pages or hidden: why they are not read, or when."""
    tables = [(database, table) for database in discovery.databases for table in database.tables]
    pages = [f"{table.name!r} of {database.name.name!r}" for database, table in tables if table.is_page]
    hidden = [
        f"{table.name!r} of {database.name.name!r}"
        for database, table in tables
        if table.is_hidden and not table.is_page
    ]
    log_names(logger, "A page has no records and is not listed: %s.", pages)
    log_names(
        logger,
        "A table that is hidden in Ninox is read only if a catalog selects it, as Meltano's select `*.*` does: %s.",
        hidden,
    )


def _chosen_tables(
    schemas: Mapping[DatabaseName, DatabaseSchema], patterns: Sequence[str], *, sees_all: bool
) -> tuple[list[tuple[DatabaseName, Table]], list[str]]:
    """Return the tables that the setting names, and a sentence for each name that no table has.

    Raises:
        NinoxConfigError: All tables are known, and none has any of the names, or has one that is to be left out.
    """
    tables = [(database, table) for database, schema in schemas.items() for table in schema.tables]
    if not tables:
        return [], []
    names = Names(
        tables,
        ids=lambda item: (item[1].id, f"{item[0].id}.{item[1].id}"),
        names=lambda item: (item[1].name,),
        advise=lambda wanted: _advise_form(wanted, tables),
    )
    return choose(names, patterns, setting="tables", sees_all=sees_all)


def _advise_form(wanted: str, tables: Iterable[tuple[DatabaseName, Table]]) -> str:
    """Return how a table of one database is written, for whoever wrote the database's name before it."""
    if "." not in wanted:
        return ""
    meant = [f"{of.id}.{table.id}" for of, table in tables if fits(wanted, f"{of.name}.{table.name}")]
    here = f", here {' and '.join(meant)}" if meant else ""
    return f" A table of one database is written <database id>.<table id>{here}."


def _idle_aliases(
    aliases: Iterable[str], schemas: Mapping[DatabaseName, DatabaseSchema], *, listed: Collection[str]
) -> Iterator[str]:
    """Yield a sentence for each alias that no table or field has; in databases that were not read, one may have it."""
    known: dict[str, set[str]] = {}
    for database, schema in schemas.items():
        known[database.id] = {f"{database.id}.{table.id}" for table in schema.tables}
        known[database.id] |= {f"{database.id}.{t.id}.{field.id}" for t in schema.tables for field in t.fields}
    sees_formulas = {database.id for database, schema in schemas.items() if schema.lists_formulas}
    for alias in aliases:
        database_id, _, key = alias.partition(".")
        if database_id not in listed:
            yield f"aliases: {alias!r}: no database has the id {database_id!r}.{did_you_mean(database_id, listed)}"
        elif alias not in known.get(database_id, {alias}) and ("." not in key or database_id in sees_formulas):
            yield (
                f"aliases: {alias!r} names no table or field that this key can see."
                f"{did_you_mean(alias, known[database_id])}"
            )
