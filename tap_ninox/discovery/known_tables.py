"""A table as an earlier run knew it: from a saved catalog, or from what its bookmark keeps in the state.

```json
{"database_id": "…", "table_id": "A", "table": "Customers", "plain_name": "shop__customers",
 "is_gone": null, "is_deselected": null,
 "fields": ["A string Name", "B string Amount", "C fn Sum"], "names": ["B amount_string"],
 "former": ["B number amount"], "shape": ["timezone Europe/Berlin", "C number"]}
```

The state says under which names things go on:

* `names`: properties that are not called by the identifier of their field's caption.
* `former`: names that went out of use, each with the type of its column. Only the same field, if it is of that type
  again, may get one of them.
* `shape`: what made values of what Ninox sent. That is the time zone at the table's last full refresh, and the types of
  formulas, those that are read only since then included. An item that begins with a colon, such as
  `":replication-method FULL_TABLE"`, says what the catalog of the last run asked for beside the selection.

Each is a list, since a map that is merged with an older one keeps what was taken out of it. Where a field has several
properties, all but the first are named by its id and their part: `"D.start visit_start"`.

Bookmarks of 0.1 have no `shape`, and `names` has only what a saved catalog pinned. All other names follow from captions
and aliases by the rules of 0.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from ninox_api.schema import FORMULA, DatabaseSchema, Field, Table
from ninox_singer.identifiers import MAX_LENGTH_BEFORE, NameSpace, make_identifier, with_part
from ninox_singer.protocol import SNAPSHOT, SYSTEM_PROPERTIES
from ninox_singer.types import field_type
from tap_ninox import bookmark_keys as keys
from tap_ninox.discovery.catalog import TableEntry, aliases_of
from tap_ninox.rows.columns import Column, property_key
from tap_ninox.settings import TapSettings

TIME_ZONE = "timezone"

ASKED = ":"
"""Begins the items of `shape` that say what a catalog asked for beside the selection: see `overrides.asked_for`."""

TableKey = tuple[str, str]
"""Database id and table id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownField:
    """A field as it was.

    Attributes:
        property: Name of its first property.
        computed_as: For a formula that was read: the type of its values.
    """

    name: str
    type: str
    property: str
    computed_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTable:
    """A table as it was.

    Attributes:
        columns: Its properties, those of formulas that were not read and of reverse references included.
        former: Properties that went out of use.
        deselected: Properties that could be read and were not.
        plain_name: What the stream would have been called then, had it kept no other name; empty if not known.
        is_deselected: Whether a catalog left the stream out under the name that it has here.
        asked: What the catalog of the last run asked for beside the selection.
    """

    stream: str
    database_id: str
    table_id: str
    name: str
    columns: tuple[Column, ...]
    former: tuple[Column, ...] = ()
    deselected: frozenset[str] = frozenset()
    plain_name: str = ""
    is_deselected: bool = False
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> TableKey:
        """What identifies it."""
        return self.database_id, self.table_id

    @property
    def fields(self) -> dict[str, KnownField]:
        """Field id → field, without reverse references."""
        return {
            field_id: KnownField(
                name=column.title, type=column.type, property=column.name, computed_as=column.computed_as
            )
            for field_id, column in first_columns(self.columns).items()
            if not field_type(column.type).is_reverse_reference
        }


def known_from_entry(entry: TableEntry) -> KnownTable:
    """Return what a saved catalog knows of a table."""
    return KnownTable(
        stream=entry.stream,
        database_id=entry.database.id,
        table_id=entry.table_id,
        name=entry.table_name,
        columns=entry.columns,
    )


def known_from_state(bookmarks: Mapping[str, Any], settings: TapSettings) -> Iterator[KnownTable]:
    """Yield what the state knows of the fields of tables; bookmarks that know nothing of them are left out."""
    for stream, bookmark in bookmarks.items():
        fields = _items(bookmark.get(keys.FIELDS))
        if fields and all(bookmark.get(key) is not None for key in (keys.TABLE, keys.TABLE_ID, keys.DATABASE_ID)):
            yield _known_from_bookmark(stream, bookmark, fields, settings)


def owners_in_state(bookmarks: Mapping[str, Any]) -> dict[str, TableKey]:
    """Return of which table each stream is: of several streams of one table, the last is the one that counts."""
    owners: dict[str, TableKey] = {}
    for stream, bookmark in sorted(bookmarks.items(), key=lambda item: _age(item[1])):
        database_id, table_id = (bookmark.get(keys.DATABASE_ID), bookmark.get(keys.TABLE_ID))
        if database_id is not None and table_id is not None:
            owners[stream] = (database_id, table_id)
    return owners


def streams_in_state(bookmarks: Mapping[str, Any]) -> dict[TableKey, str]:
    """Return under which name each table goes; of several, the one under which it was read last."""
    return {key: stream for stream, key in owners_in_state(bookmarks).items()}


def _age(bookmark: Mapping[str, Any]) -> tuple[int, int]:
    """Return what the bookmarks of one table are ordered by, from old to new; a reading under way counts, too."""
    snapshot = bookmark.get(SNAPSHOT)
    begun = snapshot[0] if isinstance(snapshot, list) and snapshot and isinstance(snapshot[0], dict) else {}
    values = (begun.get(keys.TABLE_VERSION), bookmark.get(keys.TABLE_VERSION), bookmark.get(keys.REPLICATION_KEY_VALUE))
    under_way, version, sequence = (value if isinstance(value, int) else -1 for value in values)
    return max(under_way, version), sequence


def known_databases(bookmarks: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return the ids of the databases that a state knows tables of, and of those that it knows formulas of."""
    known, with_formulas = set(), set()
    for bookmark in bookmarks.values():
        if (database_id := bookmark.get(keys.DATABASE_ID)) is not None:
            known.add(database_id)
            if _formulas(_items(bookmark.get(keys.FIELDS))):
                with_formulas.add(database_id)
    return known, with_formulas


def _known_from_bookmark(
    stream: str, bookmark: Mapping[str, Any], fields: Mapping[str, str], settings: TapSettings
) -> KnownTable:
    described = {field_id: text.partition(" ") for field_id, text in fields.items()}
    table = Table(
        id=bookmark[keys.TABLE_ID],
        name=bookmark[keys.TABLE],
        fields=tuple(Field(id=key, name=name, type=kind) for key, (kind, _, name) in described.items()),
    )
    shape, names = _items(bookmark.get(keys.SHAPE)), _items(bookmark.get(keys.NAMES))
    if bookmark.get(keys.SHAPE) is None:
        aliases = aliases_of(settings.aliases, f"{bookmark[keys.DATABASE_ID]}.{table.id}")
        names = {**_names_by_the_rules_of_0_1(table, aliases), **names}
    columns = (column for fld in table.fields for column in _known_columns(fld, names, shape.get(fld.id, "")))
    return KnownTable(
        stream=stream,
        database_id=bookmark[keys.DATABASE_ID],
        table_id=table.id,
        name=table.name,
        columns=tuple(columns),
        former=tuple(_former_columns(bookmark.get(keys.FORMER) or ())),
        deselected=frozenset(bookmark.get(keys.DESELECTED) or ()),
        plain_name=bookmark.get(keys.PLAIN_NAME) or "",
        is_deselected=bookmark.get(keys.IS_DESELECTED) is True,
        asked={key.removeprefix(ASKED): text for key, text in shape.items() if key.startswith(ASKED)},
    )


def _known_columns(fld: Field, names: Mapping[str, str], computed_as: str) -> Iterator[Column]:
    for part in field_type(fld.type).part_names:
        name = names.get(property_key(fld.id, part)) or plain_property(fld.id, fld.name, part)
        yield Column(
            name=name, title=fld.name, field_id=fld.id, type=fld.type, part=part, computed_as=computed_as
        )  # fmt: skip


def _former_columns(saved: Iterable[str]) -> Iterator[Column]:
    for item in saved:
        key, kind, name = [*item.split(" ", 2), "", ""][:3]
        field_id, _, part = key.partition(".")
        if name:
            yield Column(name=name, title=name, field_id=field_id, type=kind, part=part)


def plain_property(field_id: str, caption: str, part: str) -> str:
    """Return what a property would be called by the caption of its field, if no other one were."""
    return with_part(make_identifier(caption, fallback=field_id), part)


def _names_by_the_rules_of_0_1(table: Table, aliases: Mapping[str, str]) -> dict[str, str]:
    """Return key → property as 0.1 named them: up to 63 characters, and as the aliases say."""
    names = NameSpace(SYSTEM_PROPERTIES, length=MAX_LENGTH_BEFORE)
    properties: dict[str, str] = {}
    for fld in sorted(table.fields, key=lambda fld: fld.id not in aliases):
        base = aliases.get(fld.id) or make_identifier(fld.name, fallback=fld.id, length=MAX_LENGTH_BEFORE)
        for part in field_type(fld.type).part_names:
            wanted = with_part(base, part, length=MAX_LENGTH_BEFORE)
            properties[property_key(fld.id, part)] = names.claim(wanted, suffixes=(fld.id,))
    return properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a bookmark keeps of a table as it is now.

    Attributes:
        fields: Field id → type and caption.
        names: Field id and part → property, where it is not the one that follows from the caption.
        former: Properties that went out of use.
        shape: What makes values of what Ninox sends.
        moved: Fields whose values go under another name now: nothing is known of what shaped values under that one.
        lists_formulas: False where formulas cannot be seen; those that were known stay known.
        asked: What the catalog asks for beside the selection.
    """

    table: str
    plain_name: str
    fields: Mapping[str, str]
    names: Mapping[str, str]
    former: tuple[Column, ...]
    shape: Mapping[str, str]
    moved: frozenset[str]
    lists_formulas: bool
    asked: Mapping[str, str] = field(default_factory=dict)

    def write_to(self, bookmark: MutableMapping[str, Any]) -> None:
        """Put it into a bookmark, in place of what that knew; what shaped its rows stays there until all come again."""
        known = {} if self.lists_formulas else _items(bookmark.get(keys.FIELDS))
        names = {} if self.lists_formulas else _items(bookmark.get(keys.NAMES))
        unseen = _formulas(known)
        names = {**{key: name for key, name in names.items() if key in unseen}, **self.names}
        bookmark.update(
            {
                keys.TABLE: self.table,
                keys.PLAIN_NAME: self.plain_name or bookmark.get(keys.PLAIN_NAME),
                keys.FIELDS: _as_list({**unseen, **self.fields}),
                keys.NAMES: _as_list(names) or None,
                keys.FORMER: [f"{c.key} {c.computed_as or c.type} {c.name}" for c in self.former] or None,
                keys.IS_GONE: None,
                keys.IS_DESELECTED: None,
            }
        )
        shape = shape_in_state(bookmark)
        if shape is None:
            self.write_shape_to(bookmark)
        else:
            new = {key: text for key, text in self.shape.items() if key in self.moved or key not in {TIME_ZONE, *shape}}
            seen = {TIME_ZONE, *self.shape, *unseen}  # a formula that is not read any more is known by `former`
            self._write_shape({**{key: text for key, text in shape.items() if key in seen}, **new}, bookmark)

    def differs_from(self, bookmark: Mapping[str, Any]) -> bool:
        """Return whether a bookmark was written for other fields, names or shapes."""
        now = dict(bookmark)
        self.write_to(now)
        self.write_shape_to(now)
        return any(now[key] != bookmark.get(key) for key in (keys.FIELDS, keys.NAMES, keys.SHAPE))

    def write_formulas_to(self, bookmark: MutableMapping[str, Any]) -> None:
        """Note what shapes the values of formulas, after they, and they alone, were sent of all rows."""
        formulas = {key: text for key, text in self.shape.items() if key != TIME_ZONE}
        self._write_shape({**_items(bookmark.get(keys.SHAPE)), **formulas}, bookmark)

    def write_shape_to(self, bookmark: MutableMapping[str, Any]) -> None:
        """Note what shapes the values of a reading that begins."""
        self._write_shape(self.shape, bookmark)

    def _write_shape(self, shape: Mapping[str, str], bookmark: MutableMapping[str, Any]) -> None:
        asked = {f"{ASKED}{key}": text for key, text in self.asked.items()}
        bookmark[keys.SHAPE] = _as_list({**shape, **asked})


def _formulas(fields: Mapping[str, str]) -> dict[str, str]:
    return {key: text for key, text in fields.items() if text.startswith(f"{FORMULA} ")}


def _as_list(by_id: Mapping[str, str]) -> list[str]:
    return [f"{key} {text}" for key, text in by_id.items()]


def _items(saved: Iterable[str] | None) -> dict[str, str]:
    """Return what is in a list of a bookmark, by what its items begin with; what cannot be ours is left out."""
    return {key: text for key, _, text in (item.partition(" ") for item in saved or ()) if text}


def describe(
    entry: TableEntry, schema: DatabaseSchema | None, settings: TapSettings, known: KnownTable | None
) -> Description | None:
    """Return what a bookmark keeps of a table; None if the schema cannot be read, so that what it knew stays."""
    table = schema.by_id.get(entry.table_id) if schema else None
    if schema is None or table is None:
        return None
    fields = tuple(field for field in table.fields if not field_type(field.type).is_reverse_reference)
    columns = [column for column in entry.columns if not field_type(column.type).is_reverse_reference]
    captions = {field.id: field.name for field in fields}
    return Description(
        table=table.name,
        plain_name=entry.plain_name,
        fields={field.id: f"{field.type} {field.name}" for field in fields},
        names={
            column.key: column.name
            for column in columns
            if column.name != plain_property(column.field_id, captions.get(column.field_id, column.title), column.part)
        },
        former=_out_of_use(columns, known, lists_formulas=schema.lists_formulas) if known else (),
        shape=shape_of(entry, settings),
        moved=_moved(columns, known) if known else frozenset(),
        lists_formulas=schema.lists_formulas,
    )


def _moved(columns: Iterable[Column], known: KnownTable) -> frozenset[str]:
    before = {(column.field_id, column.part): column.name for column in known.columns}
    return frozenset(
        column.field_id for column in columns if before.get((column.field_id, column.part), column.name) != column.name
    )


def _out_of_use(columns: Iterable[Column], known: KnownTable, *, lists_formulas: bool) -> tuple[Column, ...]:
    """Return the properties that were sent once and are not now, formulas among them; each name once."""
    used = {column.name.casefold() for column in columns if column.is_readable}
    before = [
        column
        for column in (*known.former, *known.columns)
        if column.is_readable and column.name.casefold() not in used and (lists_formulas or column.type != FORMULA)
    ]
    return tuple({column.name.casefold(): column for column in before}.values())


def shape_of(entry: TableEntry, settings: TapSettings) -> dict[str, str]:
    """Return what makes values of what Ninox sends: if that changes, one column has both forms."""
    shape = {column.field_id: column.computed_as for column in entry.columns if column.computed_as}
    if settings.zone and any(column.is_moment for column in entry.columns):
        shape[TIME_ZONE] = settings.zone.key
    return shape


def shape_in_state(bookmark: Mapping[str, Any]) -> dict[str, str] | None:
    """Return what shaped the rows that were sent under a bookmark, None if nothing is known of that."""
    return None if bookmark.get(keys.SHAPE) is None else _items(bookmark[keys.SHAPE])


def fields_in_state(bookmark: Mapping[str, Any]) -> set[str]:
    """Return the ids of the fields that a table had when it was read last."""
    return set(_items(bookmark.get(keys.FIELDS)))


def first_columns(columns: Iterable[Column]) -> dict[str, Column]:
    """Return each field's first property by field id."""
    first: dict[str, Column] = {}
    for column in columns:
        first.setdefault(column.field_id, column)
    return first
