"""What the key can see. Sends: the list of teams, that of databases, the schema; then a page of up to four tables."""

from __future__ import annotations

from collections.abc import Iterable

from ninox_api.errors import NinoxConfigError, NinoxProtocolError
from ninox_api.schema import DatabaseName, Table, Team, parse_schema, parse_tables
from ninox_singer.names import Names, is_wanted
from ninox_tools.probe.question import Against, question
from ninox_tools.probe.reply import FORBIDDEN, NOT_FOUND, OK, NotAnsweredError, Reply, is_id
from ninox_tools.probe.sight import SAMPLE, Sight

_ERRORS = 400
_MOST_TABLES = 4
_TELLING = frozenset({
    "string", "number", "boolean", "choice", "multi", "date", "timestamp", "dchoice", "dmulti", "ref", "rev", "file",
})  # fmt: skip
"""Types whose values answer a question."""


@question("teams.listed", "Is the list of teams served?", {
    "yes": "Teams are found by name.",
    "no": Against("Set `team` to the id of your team: it stands in the address of Ninox in the browser."),
}, code="ninox_api.client:NinoxClient")  # fmt: skip
def find_database(sight: Sight, *, team: str | None, databases: Iterable[str]) -> DatabaseName:
    """Ask for the teams and for the databases of one; choose those that the settings name, else the first ones."""
    teams = sight.ask.get()
    sight.say("teams.listed", "yes" if teams.status == OK else "no")
    _look_at_error(sight, teams)
    listed = [Team(id=key, name=name) for key, name in _named(teams)] if teams.status == OK else []
    if not listed and team is None:
        message = (
            f"team: this server does not list its teams (HTTP {teams.status}). Check api_url, which usually ends with "
            "/v1; if it is right, set team to the id that the address of Ninox shows."
        )
        raise NinoxConfigError(message)
    found = Names(listed)
    chosen = found.find_all(team) if team else found.items
    if listed and not chosen:
        raise NinoxConfigError(found.describe_absent(str(team), setting="team"))
    sight.ask.path = ("teams", chosen[0].id if chosen else str(team))

    there = Names([DatabaseName(id=key, name=name) for key, name in _named(sight.ask.get("databases"))])
    wanted = list(databases)
    matching = [one for one in there.items if is_wanted(wanted, ids=[one.id], names=[one.name])]
    if not there.items:
        message = "databases: the key sees none in this team."
        raise NinoxConfigError(message)
    if not matching:
        raise NinoxConfigError(there.describe_absent(", ".join(wanted), setting="database"))
    database = matching[0]
    passwords = sight.ask.config.database_passwords.items()
    sight.ask.enter(database.id, next((one for name, one in passwords if database in there.find(name)), None))
    return database


def _named(reply: Reply) -> list[tuple[str, str]]:
    if not isinstance(reply.json, list):
        message = "The list of teams or databases is no list."
        raise NinoxProtocolError(message)
    return [(str(one["id"]), str(one.get("name", ""))) for one in reply.json if isinstance(one, dict) and "id" in one]


@question("schema.readable", "May the key read the schema?", {
    "full": "Tables, formulas and hidden tables are discovered.",
    "tables": Against("Formulas and hidden tables are not discovered, and a mirror cannot know what Ninox deletes "
        "along: give the key's user the role admin."),
    "none": Against("Nothing is discovered. If the database has a password, put it into `database_passwords`; if "
        "not, give the role admin, or run tap-ninox with a saved catalog."),
}, code="tap_ninox.discovery.discover")  # fmt: skip
def read_schema(sight: Sight) -> None:
    """Ask for the schema, or for the list of tables where the key may not read it."""
    schema = sight.ask.get()
    if schema.status == OK and isinstance(schema.value, dict):
        sight.tables, sight.schema = parse_schema(schema.value).tables, schema.value["schema"]["types"]
        sight.say("schema.readable", "full")
        return
    _look_at_error(sight, schema)
    tables = sight.ask.get("tables")
    if tables.status == OK and isinstance(tables.value, list):
        sight.tables = parse_tables(tables.value).tables
        sight.say("schema.readable", "tables")
    elif {schema.status, tables.status} <= {FORBIDDEN, NOT_FOUND}:
        sight.say("schema.readable", "none")


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
    statuses = []
    for table_id in chosen:
        reply = sight.ask.get("tables", table_id, "records", perPage=SAMPLE, page=0, ids="true", choiceStyle="ids")
        statuses.append(reply.status)
        if reply.status == OK and isinstance(reply.value, list):
            sight.samples[table_id] = [one for one in reply.value if isinstance(one, dict) and is_id(one.get("id"))]
    if statuses and OK not in statuses:
        raise NotAnsweredError(statuses[0])


def _most_telling(sight: Sight) -> list[Table]:
    """Return the table that may be longest, and those whose fields show most; none that the feed calls empty."""

    def next_id(table: Table) -> int:
        return sight.next_ids.get(table.id, 2)  # of a table of which nobody says it: it may have some

    tables = [
        table
        for table in sight.tables
        if not table.is_page and sight.scratch_name not in {table.id, table.name} and next_id(table) > 1
    ]
    longest = max(tables, key=next_id, default=None)

    def worth(table: Table) -> tuple[bool, int]:
        return table is longest, len(_TELLING & {field.type for field in table.fields})

    return sorted(tables, key=worth, reverse=True)[:_MOST_TABLES]


@question("errors.unknown_record", "What is answered for a record that does not exist?", {
    "404": "A record that is gone is noticed.",
    "200, other": Against("A record that is gone ends a run of tap-ninox with an error. Please report it."),
}, code="ninox_api.client:DatabaseClient")  # fmt: skip
@question("errors.body", "What do bodies of errors look like?", {
    "json, text, html, nothing": "Nothing: errors are known by their status.",
}, code="ninox_api.errors:NinoxAPIError")  # fmt: skip
def unknown_record(sight: Sight) -> None:
    """Ask for a record that no table has."""
    if sight.main is not None:
        reply = sight.ask.get("tables", sight.main, "records", str(2**31 - 1))
        sight.say("errors.unknown_record", str(reply.status) if reply.status in {OK, NOT_FOUND} else "other")
        _look_at_error(sight, reply)


def _look_at_error(sight: Sight, reply: Reply) -> None:
    if reply.status >= _ERRORS:
        sight.say("errors.body", reply.form)


@question("parallel.two", "Are two requests at once served?", {
    "both_served": "`max_parallel_requests: 2` makes a first load faster.",
    "429": "Leave `max_parallel_requests` at 1.",
}, code="ninox_api.limits:InFlight")  # fmt: skip
def two_at_once(sight: Sight) -> None:
    """Ask for the databases twice at once."""
    sight.say("parallel.two", "both_served" if sight.ask.are_two_served() else "429")
