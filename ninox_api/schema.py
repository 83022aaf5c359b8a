"""What a Ninox database is made of: tables, fields, choices; frozen, and tolerant of what we do not know.

Two answers describe the same things in different words (observed): the raw schema of `GET {database}` says `caption`,
`base`, `values`, `refTypeId`; `GET {database}/tables` says `name`, `type`, `choices`, `referenceToTable` and leaves
formulas, hidden flags and kinds out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ninox_api.body import repair_text
from ninox_api.errors import NinoxProtocolError

JsonObject = Mapping[str, Any]

_SELECT = re.compile(r"""select\s+(?:'([^']+)'|"([^"]+)"|([^\W\d]\w*))\s*;?""")
"""A script that offers all records of one table."""

FORMULA = "fn"
"""Type of a computed field; its values come neither with `/tables` nor with `/records` (observed)."""
PAGE = "page"


class Named(Protocol):
    """Anything that Ninox gives an id and a name."""

    @property
    def id(self) -> str:
        """Stable handle."""

    @property
    def name(self) -> str:
        """What people see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a choice field."""

    id: str
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a table.

    Attributes:
        type: Ninox's own word, for instance `string`, `ref`, `fn`; may be one we do not know.
        choices: Options that exist now; records may contain ids of options deleted since.
        target_table_id: For `ref`, `rev`, `dchoice`, `dmulti`: the other table. It may not exist any more (observed).
        target_field_id: For `ref` and `rev`: the field on the other side.
        formula: Text of a computed field.
        cascades: For `ref`: whether Ninox deletes the record along with the one that it refers to. The raw schema alone
            says so: `cascade` and `composition` (keys seen, meaning inferred from their names), and the link of a
            sub-table to its parent where neither is there.
        options_script: For `dchoice` and `dmulti`: the script that offers what may be chosen.
        foreign_database: For `ref` and `rev` into another database: its name or id (read in a public tool's code). The
            table is not one of this database then, though its id may be.
    """

    id: str
    name: str
    type: str
    choices: tuple[Choice, ...] = ()
    target_table_id: str | None = None
    target_field_id: str | None = None
    formula: str | None = None
    required: bool = False
    cascades: bool = False
    foreign_database: str | None = None
    options_script: str | None = None

    @property
    def is_foreign(self) -> bool:
        """Whether the other table is in another database."""
        return self.foreign_database is not None

    @property
    def is_formula(self) -> bool:
        """Whether the value is computed by Ninox."""
        return self.type == FORMULA


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a database, fields in the order they were made.

    Attributes:
        kind: `table`, or `page` for a dashboard without records.
        master_table_id: The parent, for a sub-table.
        may_have_scripts: Whether something may run when a record is written; the list of tables does not say.
    """

    id: str
    name: str
    fields: tuple[Field, ...]
    kind: str = "table"
    is_hidden: bool = False
    master_table_id: str | None = None
    may_have_scripts: bool = True

    @property
    def is_page(self) -> bool:
        """Whether it is a dashboard, which has no records."""
        return self.kind == PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A workspace."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseName:
    """A database as the list of databases shows it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSchema:
    """The tables of a database, in the order they were made.

    Attributes:
        lists_formulas: Whether computed fields would be listed; `GET {database}/tables` leaves them out.
        name: Of the database; the list of tables does not say it.
        by_id: The tables by their ids; thousands of them are looked up.
    """

    tables: tuple[Table, ...]
    lists_formulas: bool
    name: str | None = None
    by_id: Mapping[str, Table] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the tables."""
        object.__setattr__(self, "by_id", {table.id: table for table in self.tables})


def parse_schema(document: JsonObject) -> DatabaseSchema:
    """Read the answer of `GET {database}`, `{settings, schema}`.

    Raises:
        NinoxProtocolError: There are no tables to read; the schema of a locked database may come encrypted.
    """
    types = _read_member(document.get("schema"), "types", dict, where="schema")
    tables = [_parse_raw_table(table_id, raw) for table_id, raw in types.items()]
    settings = document.get("settings")
    name = settings.get("name") if isinstance(settings, dict) else None
    return DatabaseSchema(
        tables=_sort_by_age(_add_offered_tables(tables)),
        lists_formulas=True,
        name=repair_text(name) if isinstance(name, str) and name else None,
    )


def _add_offered_tables(tables: Sequence[Table]) -> Iterator[Table]:
    """Yield the tables, dynamic choices with the table whose records they offer, where their script says so plainly.

    A script may as well offer numbers of months (seen in a public backup): then there is no table.
    """
    for table in tables:
        fields = (
            replace(field, target_table_id=_find_offered_table(field.options_script, tables))
            if field.options_script and field.target_table_id is None
            else field
            for field in table.fields
        )
        yield replace(table, fields=tuple(fields))


def _find_offered_table(script: str, tables: Iterable[Table]) -> str | None:
    selects = _SELECT.fullmatch(script.strip())  # blanks on both sides of the `;` could be shared in many ways
    caption = next(filter(None, selects.groups()), None) if selects else None
    found = [table.id for table in tables if table.name == caption]
    return found[0] if len(found) == 1 else None


def parse_tables(document: Iterable[JsonObject]) -> DatabaseSchema:
    """Read the answer of `GET {database}/tables`."""
    return DatabaseSchema(tables=_sort_by_age(map(parse_table, document)), lists_formulas=False)


def parse_table(raw: JsonObject) -> Table:
    """Read one table of `GET {database}/tables`."""
    table_id = _read_member(raw, "id", str, where="table")
    fields = (_parse_field(field) for field in _read_member(raw, "fields", list, where=f"table {table_id}"))
    return Table(id=table_id, name=_read_text(raw, "name", table_id), fields=_sort_by_age(fields))


def _parse_raw_table(table_id: str, raw: JsonObject) -> Table:
    fields = _read_member(raw, "fields", dict, where=f"table {table_id}", may_lack=True)
    link_to_parent = _read_id(raw, "masterRef")
    return Table(
        id=table_id,
        name=_read_text(raw, "caption", table_id),
        fields=_sort_by_age(
            _parse_raw_field(field_id, field, links_to_parent=field_id == link_to_parent)
            for field_id, field in fields.items()
        ),
        kind=_read_text(raw, "kind", "table"),
        is_hidden=raw.get("hidden") is True,
        master_table_id=_read_id(raw, "master"),
        may_have_scripts=any(
            definition.get(event)
            for definition in (raw, *fields.values())
            for event in ("afterCreate", "afterUpdate")
            if isinstance(definition, Mapping)
        ),
    )


def _parse_raw_field(field_id: str, raw: JsonObject, *, links_to_parent: bool) -> Field:
    options = _read_member(raw, "values", dict, where=f"field {field_id}", may_lack=True)
    choices = [(key, value) for key, value in options.items() if isinstance(value, Mapping)]
    choices.sort(key=lambda item: _read_order(item[1]))
    foreign = _read_id(raw, "dbName", "dbId", "refTypeUUID")
    return Field(
        id=field_id,
        name=_read_text(raw, "caption", field_id),
        type=_read_text(raw, "base", "unknown"),
        choices=tuple(Choice(id=key, caption=_read_text(value, "caption", key)) for key, value in choices),
        target_table_id=None if foreign else _read_id(raw, "refTypeId", "dynamicChoiceTypeId"),
        target_field_id=None if foreign else _read_id(raw, "refFieldId"),
        formula=_read_text(raw, "fn", "") if raw.get("base") == FORMULA else None,
        required=raw.get("required") is True,
        cascades=bool(raw.get("cascade", links_to_parent) or raw.get("composition")),
        foreign_database=repair_text(foreign) if foreign else None,
        options_script=_read_id(raw, "dchoiceValues"),
    )


def _parse_field(raw: JsonObject) -> Field:
    field_id = _read_member(raw, "id", str, where="field")
    options = _read_member(raw, "choices", list, where=f"field {field_id}", may_lack=True)
    choices = sorted((item for item in options if isinstance(item, Mapping)), key=_read_order)
    return Field(
        id=field_id,
        name=_read_text(raw, "name", field_id),
        type=_read_text(raw, "type", "unknown"),
        choices=tuple(Choice(id=str(item.get("id")), caption=_read_text(item, "caption", "")) for item in choices),
        target_table_id=_read_id(raw, "referenceToTable", "referenceFromTable"),
        target_field_id=_read_id(raw, "reverseField", "referenceFromField"),
    )


def _sort_by_age(items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(items, key=lambda item: age_key(item.id)))


_ID_PARTS = re.compile(r"(\D*)(\d*)(.*)", re.DOTALL)


def age_key(object_id: str) -> tuple[int, int, str]:
    """Return a sort key that puts older table and field ids first.

    Ninox counts `A`…`Z`, then goes on with two characters (`AA`, or `A1`…`Z1`, `A2`…: observed).
    """
    letters, digits, rest = _ID_PARTS.fullmatch(object_id).groups()  # type: ignore[union-attr]  # matches any text
    return (len(object_id), int(digits or 0), letters + rest)


def _read_order(raw: JsonObject) -> float:
    order = raw.get("order")
    return order if isinstance(order, int | float) else 0


def _read_text(raw: JsonObject, key: str, default: str) -> str:
    value = raw.get(key)
    return repair_text(value) if isinstance(value, str) and value else default


def _read_id(raw: JsonObject, *keys: str) -> str | None:
    return next((value for key in keys if isinstance(value := raw.get(key), str) and value), None)


def _read_member(raw: Any, key: str, kind: type, *, where: str, may_lack: bool = False) -> Any:
    """Return a member of a certain type, empty if it may lack and does."""
    value = raw.get(key) if isinstance(raw, Mapping) else None
    if value is None and may_lack and isinstance(raw, Mapping):
        return kind()
    if not isinstance(value, kind):
        message = f"The schema is not in a known form: {where}.{key} should be a {kind.__name__}."
        raise NinoxProtocolError(message)
    return value


def check_keys(fields: Collection[str], *, ids: Collection[str], captions: Collection[str]) -> None:
    """Refuse fields that are keyed by captions: read as ids they would all seem empty.

    Args:
        fields: Keys of a record's fields.
        ids: Of the table's stored fields.
        captions: Of its fields.

    Raises:
        NinoxProtocolError: The server ignored `ids=true`.
    """
    if not any(key in ids for key in fields) and any(key in captions for key in fields):
        message = "The server ignores ids=true: it answers records keyed by captions, which cannot be trusted."
        raise NinoxProtocolError(message)
