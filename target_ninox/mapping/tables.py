"""Which table a stream goes to.

What settings name is exactly one thing, or an error. Without a setting, the ids and captions that tap-ninox puts into
the schema decide (`x-ninox`, `title`), then the name as a caption, then the name as the identifier of a caption. An id
is never taken from a name, nor is a part of a name, but for two prefixes: `{database}__` of the very database that is
loaded, and the schema that taps of PostgreSQL put before a table (`public-`, `crm-`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ninox_api.errors import NinoxConfigError
from ninox_api.schema import DatabaseName, DatabaseSchema, Named, Table
from ninox_singer.identifiers import make_identifier
from ninox_singer.names import Names, find_nearest, probably_meant
from ninox_singer.protocol import DATABASE_ID, FORMULAS_ALONE, IDENTITY, ROWS, STREAM, TABLE_ID, TEAM_ID
from ninox_singer.wording import list_names

_USUAL_SCHEMA = "public"
_POSTGRES_NAME = re.compile(r"[a-z_][a-z0-9_$]*-", re.ASCII | re.IGNORECASE)
"""A schema of PostgreSQL as a prefix. One that needs quotes may be anything: streams of it need `table`."""


def slug_of(caption: str) -> str | None:
    """Return the identifier that tap-ninox makes of a caption, None if nothing of the caption is in it."""
    slug = make_identifier(caption, fallback="a")
    return slug if slug == make_identifier(caption, fallback="b") else None


def describe(items: Iterable[Named]) -> str:
    """Return captions with their ids, for messages."""
    return list_names(f"{item.name!r} ({item.id})" for item in items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """The database that is loaded.

    Attributes:
        team_id: Of its workspace.
        name: Its id and name.
        schema: As it was when last read.
    """

    team_id: str
    name: DatabaseName
    schema: DatabaseSchema

    @property
    def tables(self) -> list[Table]:
        """Its tables; pages have no records."""
        return [table for table in self.schema.tables if not table.is_page]

    def table_name(self, table_id: str) -> str:
        """Return the caption of a table; its id if there is no such table any more."""
        table = self.schema.by_id.get(table_id)
        return table.name if table else table_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What tap-ninox says of a stream in its schema: the table that it read."""

    team_id: str
    database_id: str
    table_id: str
    caption: str

    @classmethod
    def of(cls, stream: str, schema: Mapping[str, Any]) -> Identity | None:
        """Read it from a stream's schema, None if it says nothing of the kind, or that of another stream.

        Mappers between tap and target give streams other names, and leave what they do not know in the schema: then
        the name counts that a person chose.
        """
        said, caption = schema.get(IDENTITY), schema.get("title")
        if isinstance(said, Mapping) and said.get(STREAM, stream) != stream:
            return None
        ids = [said.get(key) for key in (TEAM_ID, DATABASE_ID, TABLE_ID)] if isinstance(said, Mapping) else []
        if not ids or not all(isinstance(text, str) and text for text in (*ids, caption)):
            return None
        return cls(team_id=str(ids[0]), database_id=str(ids[1]), table_id=str(ids[2]), caption=str(caption))

    def is_of(self, database: Database, table: Table) -> bool:
        """Return whether the rows were read from a table of the very database that is loaded."""
        return self.is_in(database) and self.table_id == table.id

    def is_in(self, database: Database) -> bool:
        """Return whether the rows were read from the very database that is loaded."""
        return (self.team_id, self.database_id) == (database.team_id, database.name.id)


def holds_formulas_alone(schema: Mapping[str, Any]) -> bool:
    """Return whether tap-ninox says that the rows to come are values of formulas, without the rest of their records."""
    said = schema.get(IDENTITY)
    return isinstance(said, Mapping) and said.get(ROWS) == FORMULAS_ALONE


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenTable:
    """The table that a stream goes to.

    Attributes:
        table_id: Its id.
        reason: Why, as a part of a sentence.
        identity: What tap-ninox says of the stream; None if it says nothing.
        is_set: Whether a setting says so.
        is_behind_schema: Whether a part of the stream's name was taken for a schema of PostgreSQL.
        has_own_ids: Whether `_id` of its rows is the record id in this table.
        has_foreign_ids: Whether ids of records in its rows are those of another database.
    """

    table_id: str
    reason: str
    is_set: bool
    has_own_ids: bool
    identity: Identity | None = None
    is_behind_schema: bool = False
    has_foreign_ids: bool = False


def choose_table(stream: str, schema: Mapping[str, Any], database: Database, *, wanted: str | None) -> ChosenTable:
    """Return which table a stream goes to.

    Args:
        stream: Its name.
        schema: JSON Schema of its rows.
        database: The database that is loaded.
        wanted: What `streams.<stream>.table` says; None if nothing.

    Raises:
        NinoxConfigError: It is not clear.
    """
    identity = Identity.of(stream, schema)
    if wanted is not None:
        found = _Candidates([_set_table(stream, database.tables, wanted)], f"streams.{stream}.table says so")
    else:
        some = (found for found in _candidates(stream, identity, database) if found.tables)
        found = next(some, _Candidates([], ""))  # the surest way to understand the name
    if not found.tables:
        problem = _no_table(stream, database.tables) + _renamed(identity, database)
        message = f"streams.{stream}: {problem} Say which one under streams.{stream}.table."
        raise NinoxConfigError(message)
    if len(found.tables) > 1:
        message = (
            f"streams.{stream}: several tables may be meant: {describe(found.tables)}; give the id of the right "
            f"one under streams.{stream}.table."
        )
        raise NinoxConfigError(message)
    table = found.tables[0]
    return ChosenTable(
        table_id=table.id,
        reason=found.reason,
        identity=identity,
        is_set=wanted is not None,
        is_behind_schema=found.is_behind_schema,
        has_own_ids=identity is not None and identity.is_of(database, table),
        has_foreign_ids=identity is not None and not identity.is_in(database),
    )


def _set_table(stream: str, tables: Collection[Table], wanted: str) -> Table:
    setting = f"streams.{stream}.table: "
    found = Names(tables, loosely=(lambda table: filter(None, [slug_of(table.name)]), slug_of)).find(wanted)
    if not found:
        raise NinoxConfigError(setting + _no_table(wanted, tables))
    if len(found) > 1:
        message = f"{setting}{wanted!r} may mean several tables: {describe(found)}; {_how_to_say(wanted, found)}."
        raise NinoxConfigError(message)
    return found[0]


def _how_to_say(wanted: str, found: Collection[Named]) -> str:
    """Return what to write instead of a name that several things have."""
    by_id = [item for item in found if item.id == wanted]
    others = ", ".join(item.id for item in found if item.id != wanted)
    return f"give {by_id[0].name!r} for the one, {others} for the other" if by_id else "give the id"


class _Candidates(NamedTuple):
    """The tables that a stream may mean if its name is understood in one way; see `ChosenTable`."""

    tables: list[Table]
    reason: str
    is_behind_schema: bool = False


def _candidates(stream: str, identity: Identity | None, database: Database) -> Iterator[_Candidates]:
    """Yield the tables that a stream may mean, the surest way to understand it first."""
    tables = database.tables
    if identity:
        for table in tables:
            if (table.id, table.name) == (identity.table_id, identity.caption):
                yield _Candidates([table], "tap-ninox read it from a table of that id and name")
        named = [table for table in tables if table.name == identity.caption]
        yield _Candidates(named, "tap-ninox read it from a table of that name")
        by_slug = _by_slug(tables, identity.caption)
        yield _Candidates(by_slug, f"tap-ninox read it from a table named {identity.caption!r}")
    for name in _names_in(stream, database):
        yield from _named(tables, name, f"the stream is named {stream!r}")
    for prefix, name in _behind_schema(stream, database):
        for found in _named(tables, name, f"{prefix!r} is taken for a schema of PostgreSQL before {name!r}"):
            yield found._replace(is_behind_schema=True)


def _named(tables: Collection[Table], name: str, reason: str) -> Iterator[_Candidates]:
    yield _Candidates([table for table in tables if table.name == name], reason)
    yield _Candidates(_by_slug(tables, name), reason)


def _by_slug(tables: Iterable[Table], name: str) -> list[Table]:
    slug = slug_of(name)
    return [table for table in tables if slug is not None and slug_of(table.name) == slug]


def _names_in(stream: str, database: Database) -> Iterator[str]:
    """Yield the whole name, and what is left of it behind the prefixes that say nothing of the table.

    A warehouse that tap-ninox filled is read as `<schema>-<database>__<table>`: there, any schema is.
    """
    yield stream
    of_database = f"{make_identifier(database.name.name, fallback=database.name.id)}__"
    schema, _, rest = stream.partition("-")
    if stream.casefold().startswith(of_database):
        yield stream[len(of_database) :]
    elif schema.casefold() == _USUAL_SCHEMA and rest:
        yield from _names_in(rest, database)
    elif rest.casefold().startswith(of_database):
        yield rest[len(of_database) :]


def _behind_schema(stream: str, database: Database) -> Iterator[tuple[str, str]]:
    """Yield the part of a name that may be a schema of PostgreSQL, and what is behind it.

    It may also be a word of the name: `order-items` means no table *Items* where another one begins with *order*.
    """
    found = _POSTGRES_NAME.match(stream)
    if found is None:
        return
    prefix, name = found.group(), stream[found.end() :]
    word = slug_of(prefix)
    is_word = word is None or any((slug_of(table.name) or "").startswith(word) for table in database.tables)
    if name and not is_word:
        yield prefix, name


def _no_table(wanted: str, tables: Collection[Table]) -> str:
    names = [table.name for table in tables]
    near = probably_meant(wanted, names) or find_nearest(wanted.rpartition("__")[2].rpartition("-")[2], names)
    hint = f" Did you mean {near!r}?" if near else ""
    return f"no table is called {wanted!r}.{hint} There is: {describe(tables)}."


def _renamed(identity: Identity | None, database: Database) -> str:
    for table in database.tables:
        if identity and identity.is_of(database, table):
            return f" It was read from table {table.id} when that was named {identity.caption!r}."
    return ""
