"""Which properties the fields of a table become, and under which names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from ninox_api.errors import NinoxConfigError
from ninox_api.schema import Field, Table
from ninox_singer.identifiers import NameSpace, make_identifier, with_part
from ninox_singer.protocol import FIELD_ID, IDENTITY, PART, SYSTEM_PROPERTIES
from ninox_singer.types import COMPUTED, field_type
from ninox_singer.types.base import MOMENT, JsonSchema, Part, Read, ReadColumn
from ninox_singer.types.text import TEXT_PART


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One property of a stream and where its value comes from.

    Attributes:
        title: The field's caption.
        captions: Option id → caption, for choices.
        computed_as: For a formula that is read: the type of its values; empty for one that is only listed.
        formula: Its text, for a formula.
        target_table_id: For what links to another table: that one, as far as it is known.
        target_database: For a reference into another database: its name or id.
    """

    name: str
    title: str
    field_id: str
    type: str
    part: str
    captions: Mapping[str, str] = field(default_factory=dict)
    computed_as: str = ""
    formula: str = ""
    target_table_id: str = ""
    target_database: str = ""

    @property
    def key(self) -> str:
        """What identifies it among the properties of its table."""
        return property_key(self.field_id, self.part)

    @property
    def identity(self) -> JsonSchema:
        """What the schema says of the field, in keywords that every other consumer ignores."""
        part = {PART: self.part} if self.part else {}
        return {"title": self.title, IDENTITY: {FIELD_ID: self.field_id, **part}}

    @property
    def json_type(self) -> JsonSchema:
        """What a loader makes its column of."""
        return _part(self.computed_as or self.type, self.part).schema

    @property
    def is_moment(self) -> bool:
        """Whether the time zone shapes its values."""
        return self.json_type == MOMENT

    @property
    def is_stored(self) -> bool:
        """Whether the value comes with the record."""
        return field_type(self.type).is_stored

    @property
    def is_readable(self) -> bool:
        """Whether there is a value to send."""
        return self.is_stored or bool(self.computed_as)

    def readers(self, zone: ZoneInfo | None) -> tuple[Read, ReadColumn | None]:
        """Return what turns a value of the field into the property's, and what does so with all values of a page.

        The second is None where every value is to be looked at.
        """
        if self.computed_as:
            return COMPUTED[self.computed_as].reader(zone), None
        part = _part(self.type, self.part)
        return part.read(self.captions, zone), part.read_column(self.captions, zone)


def property_key(field_id: str, part: str) -> str:
    """Return what identifies a property among those of its table."""
    return f"{field_id}.{part}" if part else field_id


def columns_of(
    table: Table,
    *,
    aliases: Mapping[str, str],
    known: Iterable[Column] = (),
    former: Iterable[Column] = (),
    unread: Iterable[Column] = (),
) -> tuple[Column, ...]:
    """Return the properties of a table, in the order its fields were made.

    An alias goes before any other name, then comes the one under which a field went before, then the caption's. A name
    that went out of use goes to its own field alone, and only as the same type: its column in a warehouse has values of
    that field, and loaders cannot alter it.

    Args:
        table: The table.
        aliases: Field id → name to use instead.
        known: Properties as they were, under the names that they keep.
        former: Properties that went out of use.
        unread: Known properties of fields that are there, and that a catalog does not list.

    Raises:
        NinoxConfigError: An alias is the name under which another field is known, or of another one with an alias.
    """
    known = [column for column in known if column.field_id not in aliases]
    fields = {fld.id: fld for fld in table.fields}
    names = NameSpace(SYSTEM_PROPERTIES)
    kept: dict[str, dict[str, Column]] = {}
    left = {column.name.casefold(): column for column in former}
    for column in known:
        fld = fields.get(column.field_id)
        if fld is not None and column.name not in names and _keeps_its_name(column, fld, left):
            names.take(column.name)
            kept.setdefault(fld.id, {})[column.part] = column
        elif column.is_readable:
            left.setdefault(column.name.casefold(), column)
    roots = roots_of([*former, *known])
    columns: dict[str, list[Column]] = {}
    for fld in sorted(table.fields, key=lambda fld: fld.id not in aliases):
        alias, parts = aliases.get(fld.id), kept.get(fld.id, {})
        if alias is not None:
            others = [column for field_id in aliases for column in columns.get(field_id, ())]
            others += [column for parts in kept.values() for column in parts.values()]
            _refuse_alias_of_another(fld, alias, [*others, *(c for c in unread if c.field_id not in aliases)])
        base = alias or _base(fld, roots.get(fld.id), left, is_kept=bool(parts))
        columns[fld.id] = list(_columns(fld, names, base, parts, left if alias is None else {}))
    return tuple(column for fld in table.fields for column in columns[fld.id])


def _refuse_alias_of_another(fld: Field, alias: str, others: Iterable[Column]) -> None:
    """Refuse an alias that would move the properties of another field to longer names."""
    wanted = {with_part(alias, part.name).casefold() for part in field_type(fld.type).parts}
    for column in others:
        if column.name.casefold() in wanted:
            message = (
                f"aliases: {alias!r}, given to field {fld.id} ({fld.name!r}), makes {column.name!r}, under which field "
                f"{column.field_id} ({column.title!r}) of that table is sent. Give that one another alias, too."
            )
            raise NinoxConfigError(message)


def _base(fld: Field, root: str | None, left: Mapping[str, Column], *, is_kept: bool) -> str:
    """Return what the names of a field's properties begin with: its type is added where its columns are of another."""
    plain = root or make_identifier(fld.name, fallback=fld.id)
    own = {name: column.json_type for name, column in left.items() if column.field_id == fld.id}
    parts = field_type(fld.type).parts
    is_free = is_kept or all(own.get(with_part(plain, p.name).casefold(), p.schema) == p.schema for p in parts)
    return plain if is_free else with_part(plain, make_identifier(fld.type, fallback="text"))


def _not_for(field_id: str, json_type: JsonSchema, left: Mapping[str, Column]) -> set[str]:
    """Return the names out of use that a property must not get, in lower case: they stand for other columns."""
    return {name for name, column in left.items() if (column.field_id, column.json_type) != (field_id, json_type)}


def roots_of(known: Iterable[Column]) -> dict[str, str]:
    """Return by field what the names of its properties began with at first."""
    found: dict[str, list[tuple[bool, int, str]]] = {}
    for column in known:
        root = column.name.removesuffix(f"_{column.part}") if column.part else column.name
        found.setdefault(column.field_id, []).append((bool(column.part), len(root), root))
    return {field_id: min(roots)[-1] for field_id, roots in found.items()}  # longer ones have a type added


def apart_by_type(
    columns: Iterable[Column], *, aliases: Mapping[str, str], known: Iterable[Column], former: Iterable[Column]
) -> tuple[Column, ...]:
    """Return the properties, formulas read as another JSON type than before under names of their own.

    Of all other fields `columns_of` sees to that; as what a formula is read is known only once it has a name.

    Args:
        columns: Of the table, as `columns_of` named them.
        aliases: Field id → name to use instead, whatever type it had.
        known: Properties as they were.
        former: Properties that went out of use.
    """
    columns, before = list(columns), [*former, *known]
    left = {column.name.casefold(): column for column in before if column.is_readable}
    roots = roots_of(before)
    names = NameSpace([*SYSTEM_PROPERTIES, *(column.name for column in columns)])
    for n, column in enumerate(columns):
        others = _not_for(column.field_id, column.json_type, left)
        if column.computed_as and column.field_id not in aliases and column.name.casefold() in others:
            root = roots.get(column.field_id, column.name)
            is_free = root not in names and root.casefold() not in others
            base = root if is_free else with_part(root, column.computed_as)
            columns[n] = replace(column, name=names.claim(base, suffixes=(column.field_id,), but_not=others))
    return tuple(columns)


def _keeps_its_name(column: Column, fld: Field, left: Mapping[str, Column]) -> bool:
    """Return whether a property means what it meant to a loader, also if its field is of another type now.

    What is known may come from a catalog that was made without the state; what a loader knows, is left.
    """
    before = left.get(column.name.casefold())
    if before is not None and before.field_id != column.field_id:
        return False
    part = next((part for part in field_type(fld.type).parts if part.name == column.part), None)
    if not column.is_readable:  # a formula; a loader knows its name only if it was read once
        return column.type == fld.type or (part is not None and (before is None or part.schema == before.json_type))
    if before is not None and before.json_type != column.json_type:
        return False
    return column.type == fld.type or (part is not None and part.schema == column.json_type)


def _columns(
    fld: Field, names: NameSpace, base: str, kept: Mapping[str, Column], left: Mapping[str, Column]
) -> Iterator[Column]:
    known = field_type(fld.type)
    # A choice that became a text may have its options still: what people write is none of them.
    captions = {choice.id: choice.caption for choice in fld.choices} if known.has_options else {}
    for part in known.parts:
        name = kept[part.name].name if part.name in kept else None
        if name is None:
            others = _not_for(fld.id, part.schema, left)
            name = names.claim(with_part(base, part.name), suffixes=(fld.id,), but_not=others)
        yield Column(
            name=name,
            title=fld.name,
            field_id=fld.id,
            type=fld.type,
            part=part.name,
            captions=captions,
            formula=fld.formula or "",
            target_table_id=fld.target_table_id or "",
            target_database=fld.foreign_database or "",
        )


def _part(ninox_type: str, name: str) -> Part:
    parts = field_type(ninox_type).parts
    return next((part for part in parts if part.name == name), TEXT_PART)  # of a type as it was before
