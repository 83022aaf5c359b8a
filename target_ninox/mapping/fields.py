"""The fields of a table and the properties that fill them: what goes where, what is left out, what cannot work."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ninox_api.schema import DatabaseSchema, Field, Table
from ninox_singer.identifiers import with_part
from ninox_singer.names import Names, did_you_mean, find_nearest
from ninox_singer.protocol import FIELD_ID, IDENTITY, PART, RECORD_ID
from ninox_singer.types import field_type, make_meaning, why_read_only
from ninox_singer.types.base import Formats
from target_ninox.mapping.encode import Reference
from target_ninox.mapping.tables import describe, slug_of
from target_ninox.rows import are_tombstones, is_system
from target_ninox.settings import StreamSettings

MOST_SUGGESTED = 20
"""A nearest name is looked for so often: each look compares a name with all fields, of which there may be thousands."""


@dataclasses.dataclass(frozen=True, slots=True)
class FieldPart:
    """A field, or a part of one such as the start of an appointment."""

    field: Field
    part: str = ""


class FieldNames:
    """Finds the fields of one table by what a stream or a setting calls them."""

    def __init__(self, table: Table, properties: Mapping[str, Mapping[str, Any]]) -> None:
        """Work out what the table's fields are called.

        Args:
            table: Where the stream goes.
            properties: Property → JSON Schema.
        """
        self._properties = properties
        self._by_id = {field.id: field for field in table.fields}
        self._by_caption: dict[str, list[Field]] = {}
        self._by_slug: dict[str, list[FieldPart]] = {}
        for item in table.fields:
            self._by_caption.setdefault(item.name, []).append(item)
            slug = slug_of(item.name)
            for part in _parts(item) if slug is not None else ():
                self._by_slug.setdefault(with_part(slug or "", part), []).append(FieldPart(item, part))
        self._fields = table.fields
        self._by_setting: Names[FieldPart] | None = None

    def find(self, name: str) -> list[FieldPart]:
        """Return the fields that a property means; one if it is clear."""
        said = self._properties.get(name)
        said = said if isinstance(said, Mapping) else {}
        identity, caption = said.get(IDENTITY), said.get("title")
        if isinstance(identity, Mapping) and isinstance(caption, str):
            same = self._by_id.get(str(identity.get(FIELD_ID)))
            fields = [same] if same is not None and same.name == caption else self._called(caption)
            if fields:
                part = str(identity.get(PART) or "")
                return [FieldPart(field, part) for field in fields if part in _parts(field)]
        exact = [FieldPart(field) for field in self._by_caption.get(name, ())]
        return exact or self._by_slug.get(slug_of(name) or "", [])

    def find_named(self, wanted: str) -> list[FieldPart]:
        """Return the fields that a setting means, by id or caption, else by identifier; one if it is clear."""
        if self._by_setting is None:  # few streams have such settings, and a table may have thousands of fields
            self._by_setting = Names(
                [FieldPart(field, part) for field in self._fields for part in dict.fromkeys(("", *_parts(field)))],
                ids=lambda item: () if item.part else (item.field.id,),
                names=lambda item: () if item.part else (item.field.name,),
                loosely=(_slugs, slug_of),
            )
        return self._by_setting.find(wanted)

    def find_nearest(self, name: str) -> str | None:
        """Return the field name that looks most like a name."""
        return find_nearest(name, self._by_caption)

    def _called(self, caption: str) -> list[Field]:
        found = self._by_caption.get(caption)
        if found is not None:
            return found
        return [item.field for item in self._by_slug.get(slug_of(caption) or "", ()) if not item.part]


def _parts(field: Field) -> tuple[str, ...]:
    """Return the parts in which a field can be given; of those that cannot be written, the whole."""
    known = field_type(field.type)
    return tuple(dict.fromkeys((*known.part_names, *known.more_parts))) if known.write else ("",)


def _slugs(item: FieldPart) -> Iterator[str]:
    slug = slug_of(item.field.name)
    if slug is not None and item.part in _parts(item.field):
        yield with_part(slug, item.part)


@dataclasses.dataclass(slots=True)
class PropertyMapping:
    """What becomes of a stream's properties.

    Attributes:
        parts: Field id → part → property.
        fields: Field id → field, for those of `parts` and `files`.
        files: Property → file field id.
        unknown: Property → the nearest field name, if there is one.
        read_only: Property → why its field cannot be written.
        problems: What cannot work, one sentence each.
    """

    parts: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict)
    fields: dict[str, Field] = dataclasses.field(default_factory=dict)
    files: dict[str, str] = dataclasses.field(default_factory=dict)
    unknown: dict[str, str | None] = dataclasses.field(default_factory=dict)
    read_only: dict[str, str] = dataclasses.field(default_factory=dict)
    problems: list[str] = dataclasses.field(default_factory=list)

    def field_of(self, name: str) -> Field | None:
        """Return the field that a property goes to."""
        for field_id, properties in self.parts.items():
            if name in properties.values():
                return self.fields[field_id]
        return None


def map_properties(
    properties: Mapping[str, Mapping[str, Any]], table: Table, settings: StreamSettings
) -> PropertyMapping:
    """Decide for every property of a stream what becomes of it.

    Args:
        properties: Name → JSON Schema, in the stream's order.
        table: Where the stream goes.
        settings: The stream's; what they say about a property goes before its name.
    """
    mapping = PropertyMapping()
    names = FieldNames(table, properties)
    for setting, named in (("fields", settings.fields), ("references", settings.references)):
        for name in named if not are_tombstones(properties) else ():
            if name not in properties:
                hint = did_you_mean(name, properties)
                mapping.problems.append(f"{setting}: the stream has no property {name!r}.{hint}")
    for name in properties:
        if name in settings.fields:
            _map_named(mapping, name, names, settings.fields[name])
        elif is_system(name):
            continue
        elif found := names.find(name):
            _map(mapping, name, found)
        else:
            suggests = len(mapping.unknown) < MOST_SUGGESTED
            mapping.unknown[name] = names.find_nearest(name) if suggests else None
    mapping.problems += _misfits(mapping)
    return mapping


def _map_named(mapping: PropertyMapping, name: str, names: FieldNames, wanted: str | None) -> None:
    if wanted is None:
        return
    found = names.find_named(wanted)
    if not found:
        mapping.problems.append(_no_field(f"fields.{name}", wanted, names))
    elif len(found) > 1:
        mapping.problems.append(_ambiguous(f"fields.{name}", wanted, found))
    elif field_type(found[0].field.type).takes_files:
        mapping.files[name] = found[0].field.id
        mapping.fields[found[0].field.id] = found[0].field
    else:
        _map(mapping, name, found)


def _map(mapping: PropertyMapping, name: str, found: list[FieldPart]) -> None:
    if len(found) > 1:
        mapping.problems.append(_ambiguous(name, name, found))
        return
    target = found[0].field
    if why := why_read_only(target.type):
        mapping.read_only[name] = why
        return
    taken = mapping.parts.setdefault(target.id, {})
    if found[0].part in taken:
        both = f"{taken[found[0].part]!r} and {name!r}"
        mapping.problems.append(f"{both} both go to the field {target.name!r}; leave one out with fields: null.")
        return
    taken[found[0].part] = name
    mapping.fields[target.id] = target


def _misfits(mapping: PropertyMapping) -> Iterator[str]:
    """Yield what is wrong where a field gets too few properties, or an uploaded file and another property."""
    for field_id, properties in mapping.parts.items():
        target = mapping.fields[field_id]
        known = field_type(target.type)
        if frozenset(properties) not in known.forms:
            given = ", ".join(repr(name) for name in properties.values())
            forms = " or ".join(_form_names(form) for form in known.forms)
            yield f"{given} cannot be put together for the field {target.name!r} ({target.type}): give {forms}."
    taken = {field_id: next(iter(properties.values())) for field_id, properties in mapping.parts.items()}
    for name, field_id in mapping.files.items():
        if field_id in taken:
            both = f"{taken[field_id]!r} and {name!r}"
            yield f"{both} both go to the field {mapping.fields[field_id].name!r}; leave one out with fields: null."
        taken[field_id] = name


def _form_names(form: Collection[str]) -> str:
    return " + ".join(f"<field>_{part}" if part else "<field>" for part in sorted(form))


def _no_field(setting: str, wanted: str, names: FieldNames) -> str:
    near = names.find_nearest(wanted)
    return f"{setting}: the table has no field {wanted!r}." + (f" Did you mean {near!r}?" if near else "")


def _ambiguous(setting: str, wanted: str, found: list[FieldPart]) -> str:
    fields = describe(item.field for item in found)
    return f"{setting}: several fields may be meant by {wanted!r}: {fields}; say which by its id under fields."


def plan_references(
    mapping: PropertyMapping, database: DatabaseSchema, settings: StreamSettings, formats: Formats
) -> tuple[dict[str, Reference], list[str]]:
    """Return field id → reference for the properties that the settings name, and what cannot work.

    What `_id` is said of holds ids, unless the linked table has a field of that name; so do links of which nothing is
    said, where that is permitted.
    """
    references: dict[str, Reference] = {}
    problems: list[str] = []
    tables = {table.id: table for table in database.tables}
    for name, wanted in settings.references.items():
        field = mapping.field_of(name)
        if field is None or not field_type(field.type).links:
            problems.append(f"references.{name}: it goes to no field that links to another table.")
            continue
        table = tables.get(field.target_table_id or "")
        if wanted == RECORD_ID and not (table and FieldNames(table, {}).find_named(wanted)):
            continue
        if table is None:
            problems.append(f"references.{name}: {field.name!r} {_why_not(field)}.")
            continue
        found, problem = _match_field(name, wanted, table)
        if found is None:
            problems.append(problem)
            continue
        references[field.id] = _make_reference(name, field, table, formats, match_field=found)
    for field_id, names in mapping.parts.items():
        field = mapping.fields[field_id]
        table = None if field.is_foreign else tables.get(field.target_table_id or "")
        if field_id not in references and field_type(field.type).is_reference and table is not None:
            name = next(iter(names.values()))
            references[field_id] = _make_reference(name, field, table, formats, match_field=None)
    return references, problems


def _why_not(field: Field) -> str:
    if field.foreign_database is not None:
        return f"links into another database, {field.foreign_database!r}, whose records this load cannot see"
    if field_type(field.type).offers_by_script:
        return (
            "offers what a script says, which names no table of this database; say _id if these are the ids it stores"
        )
    return "links to a table that is not in this database"


def _make_reference(name: str, field: Field, table: Table, formats: Formats, *, match_field: Field | None) -> Reference:
    """Compile how linked records are found: by a field of theirs, or by their ids, which the linking field holds."""
    holder = match_field or field
    known = field_type(holder.type)
    write = known.write
    assert write is not None  # noqa: S101 (`_match_field` has looked; or it is a link that rows fill)
    encode = write(holder, formats)
    return Reference(
        property=name,
        field=field,
        table=table,
        match_field=match_field,
        match_field_id=RECORD_ID if match_field is None else match_field.id,
        write=encode if known.is_plain else lambda value: encode({"": value}),
        meaning=make_meaning(holder, formats.zone),
    )


def _match_field(name: str, wanted: str, table: Table) -> tuple[Field | None, str]:
    names = FieldNames(table, {})
    found = names.find_named(wanted)
    setting = f"references.{name}"
    if len(found) > 1:
        ids = ", ".join(item.field.id for item in found)
        return None, f"{setting}: several fields of {table.name!r} may be meant; say which by its id: {ids}."
    if not found or found[0].part:
        near = names.find_nearest(wanted)
        hint = f" Did you mean {near!r}?" if near else ""
        return None, f"{setting}: {table.name!r} has no field {wanted!r}.{hint}"
    if field_type(found[0].field.type).write is None:
        return None, f"{setting}: the values of {found[0].field.name!r} do not come with records (formula)."
    return found[0].field, ""
