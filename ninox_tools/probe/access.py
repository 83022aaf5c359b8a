"""What the key can see. Sends: the list of teams, that of databases, the schema; then a page of up to four tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ninox_api.errors import NinoxConfigError, NinoxProtocolError
from ninox_api.schema import DatabaseName, Table, Team, parse_schema, parse_tables
from ninox_singer.names import Names, is_wanted
from ninox_tools.probe.sight import SAMPLE, Sight, is_id
from ninox_tools.probe.wire import Reply

_OK, _FORBIDDEN, _NOT_FOUND = 200, 403, 404
_MOST_TABLES = 4
_TELLING = frozenset({
    "string", "number", "boolean", "choice", "multi", "date", "timestamp", "dchoice", "dmulti", "ref", "rev", "file",
})  # fmt: skip
"""Types whose values answer a question."""


def find_database(sight: Sight, *, team: str | None, databases: Iterable[str]) -> None:
    """Choose the team and the database: those that the settings name, else the first ones."""
    teams = sight.wire.get("teams")
    listed = _named(teams) if teams.status == _OK else []
    sight.say("teams.listed", "yes" if teams.status == _OK else "no")
    if teams.status != _OK:
        sight.error_forms.append(teams.form)
    if not listed and team is None:
        message = "team: this server does not list its teams; set it to the id that the address of Ninox shows."
        raise NinoxConfigError(message)
    found = Names([Team(id=one[0], name=one[1]) for one in listed])
    chosen = found.find_all(team) if team else found.items
    if listed and not chosen:
        raise NinoxConfigError(found.describe_absent(str(team), setting="team"))
    sight.team_id = chosen[0].id if chosen else str(team)
    answer = sight.wire.get("teams", sight.team_id, "databases")
    there = Names([DatabaseName(id=one[0], name=one[1]) for one in _named(answer)])
    wanted = list(databases)
    matching = [one for one in there.items if is_wanted(wanted, ids=[one.id], names=[one.name])]
    if not there.items:
        message = "databases: the key sees none in this team."
        raise NinoxConfigError(message)
    if not matching:
        raise NinoxConfigError(there.describe_absent(", ".join(wanted), setting="database"))
    sight.database = matching[0]


def _named(reply: Reply) -> list[tuple[str, str]]:
    if not isinstance(reply.json, list):
        message = "The list of teams or databases is no list."
        raise NinoxProtocolError(message)
    return [(str(one["id"]), str(one.get("name", ""))) for one in reply.json if isinstance(one, dict) and "id" in one]


def read_schema(sight: Sight) -> None:
    """Read the schema, or the list of tables where the key may not."""
    schema = sight.get()
    if schema.status == _OK and isinstance(schema.value, dict):
        sight.tables, sight.has_full_schema = parse_schema(schema.value).tables, True
        types = schema.value["schema"]["types"]
        sight.scripts = {table_id: scripts for table_id, raw in types.items() if (scripts := list(_scripts(raw)))}
        sight.say("schema.readable", "full")
        return
    tables = sight.get("tables")
    if tables.status == _OK and isinstance(tables.value, list):
        sight.tables = parse_tables(tables.value).tables
        sight.say("schema.readable", "tables")
    elif {schema.status, tables.status} <= {_FORBIDDEN, _NOT_FOUND}:
        sight.say("schema.readable", "none")


def _scripts(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what runs when a record of a table is written: triggers of the table and its fields, and defaults."""
    fields = raw.get("fields")
    for part in (raw, *(fields.values() if isinstance(fields, dict) else ())):
        if isinstance(part, dict):
            found = {key: value for key, value in part.items() if key in TRIGGERS or key.endswith("Default")}
            yield from ((key, str(script)) for key, script in found.items() if script)


TRIGGERS = ("afterCreate", "afterUpdate")


def read_samples(sight: Sight) -> None:
    """Read the first page of some tables: the largest, and those with types of fields that tell something."""
    if sight.wanted_table is not None:
        named = Names(sight.tables).find(sight.wanted_table)
        if sight.tables and len(named) != 1:
            raise NinoxConfigError(Names(sight.tables).describe_absent(sight.wanted_table, setting="--table"))
        sight.wanted_table = named[0].id if named else sight.wanted_table
        chosen = [sight.wanted_table]
    elif sight.tables:
        chosen = [table.id for table in _most_telling(sight)]
    else:  # the feed is the only one who knows tables then
        chosen = sorted(sight.next_ids, key=lambda key: -sight.next_ids[key])[:_MOST_TABLES]
    for table_id in chosen:
        reply = sight.get("tables", table_id, "records", perPage=SAMPLE, page=0, ids="true", choiceStyle="ids")
        if reply.status == _OK and isinstance(reply.value, list):
            sight.samples[table_id] = [one for one in reply.value if isinstance(one, dict) and is_id(one.get("id"))]


def _most_telling(sight: Sight) -> list[Table]:
    """Return the tables whose fields show most, one at least that may be long; none that the feed calls empty."""
    left = [
        table
        for table in sight.tables
        if not table.is_page
        and sight.scratch_name not in {table.id, table.name}
        and sight.next_ids.get(table.id, _SOME) > 1
    ]
    chosen: list[Table] = []
    while left and len(chosen) < _MOST_TABLES:
        best = max(left, key=lambda table: _worth(sight, table, chosen))
        chosen.append(best)
        left.remove(best)
    return chosen


def _worth(sight: Sight, table: Table, chosen: list[Table]) -> tuple[int, int, bool]:
    """Return how much a table adds: how many records, if it is the first; new types; a link to or from a chosen one."""
    fields = [field for other in chosen for field in other.fields]
    links = {field.target_table_id for field in fields if field.type in {"ref", "rev"}}
    types = {field.type for field in table.fields} & _TELLING - {field.type for field in fields}
    return 0 if chosen else sight.next_ids.get(table.id, _SOME), len(types), table.id in links


_SOME = 2
"""Id of the next record of a table that is not known: it may have some."""


def unknown_record(sight: Sight) -> None:
    """Ask for a record that no table has."""
    if sight.main is None:
        return
    reply = sight.get("tables", sight.main, "records", str(2**31 - 1))
    sight.say("errors.unknown_record", str(reply.status) if reply.status in {_OK, _NOT_FOUND} else "other")
    for form in sight.error_forms[-1:]:
        sight.say("errors.body", form)


def two_at_once(sight: Sight) -> None:
    """Ask for the databases twice at once."""
    served = sight.wire.both_served("teams", sight.team_id, "databases")
    sight.say("parallel.two", "both_served" if served else "429")
