"""Links that are given by a value of the linked record instead of its id."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ninox_api.schema import DatabaseSchema, Field, Table
from ninox_singer.types import field_type, make_meaning
from ninox_singer.types.base import CLEARED, Formats, Meaning, ValueRejectedError, Write
from target_ninox.mapping.fields import FieldNames, PropertyMapping
from target_ninox.rows import RECORD_ID, Key, RowRejectedError
from target_ninox.settings import StreamSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """How the records that a field links to are found.

    Attributes:
        property: The property that holds their key.
        field: The linking field.
        table: The linked table.
        match_field: The field of it that holds the key.
    """

    property: str
    field: Field
    table: Table
    match_field: Field
    _write: Write
    _meaning: Meaning

    def keys(self, value: Any) -> tuple[Key, ...]:
        """Return the keys that a value names, comparable with `key_of`.

        Raises:
            ValueRejectedError: The value does not fit the field `match_field`.
        """
        items = _listed(value) if field_type(self.field.type).is_list else [value]
        keys = (self._meaning(self._write(item)) for item in items)
        return tuple(key for key in keys if key is not None)

    def key_of(self, fields: Mapping[str, Any]) -> Key | None:
        """Return the key of a record of the linked table, None if it is empty."""
        return self._meaning(fields.get(self.match_field.id))

    def encoded(self, keys: tuple[Key, ...], find: Callable[[str, Key], int | None]) -> Any:
        """Return the JSON value of the field.

        Raises:
            RowRejectedError: There is no such record.
        """
        found = [find(self.field.id, key) for key in keys]
        if None in found:
            raise self.missing()
        if field_type(self.field.type).is_list:
            return found or CLEARED
        return found[0] if found else CLEARED

    def missing(self) -> RowRejectedError:
        """Return the fault of a row that names a record which is not there."""
        reason = f"No record of {self.table.name!r} has this {self.match_field.name!r}."
        return RowRejectedError(property_name=self.property, code="missing_reference", reason=reason)


def plan_references(
    mapping: PropertyMapping, database: DatabaseSchema, settings: StreamSettings, formats: Formats
) -> tuple[dict[str, Reference], list[str]]:
    """Return field id → reference for the properties that the settings name, and what cannot work."""
    references: dict[str, Reference] = {}
    problems: list[str] = []
    tables = {table.id: table for table in database.tables}
    for name, wanted in settings.references.items():
        field = mapping.field_of(name)
        if field is None or not field_type(field.type).links:
            problems.append(f"references.{name}: it goes to no field that links to another table.")
            continue
        table = tables.get(field.target_table_id or "")
        if table is None:
            problems.append(f"references.{name}: {field.name!r} {_why_not(field)}.")
            continue
        found, problem = _match_field(name, wanted, table)
        if found is None:
            problems.append(problem)
            continue
        references[field.id] = _reference(name, field, table, found, formats)
    return references, problems


def _why_not(field: Field) -> str:
    if field.foreign_database is not None:
        return f"links into another database, {field.foreign_database!r}, whose records this load cannot see"
    if field_type(field.type).offers_by_script:
        return "offers what a script says, which names no table of this database; give the ids that it stores"
    return "links to a table that is not in this database"


def _reference(name: str, field: Field, table: Table, match_field: Field, formats: Formats) -> Reference:
    known = field_type(match_field.type)
    assert known.write is not None  # noqa: S101 (_match_field has looked)
    write = known.write(match_field, formats)
    return Reference(
        property=name,
        field=field,
        table=table,
        match_field=match_field,
        _write=write if known.is_plain else lambda value: write({"": value}),
        _meaning=make_meaning(match_field, formats.zone),
    )


def _match_field(name: str, wanted: str, table: Table) -> tuple[Field | None, str]:
    names = FieldNames(table, {})
    found = names.find_named(wanted)
    setting = f"references.{name}"
    if not found and wanted == RECORD_ID:
        return None, f"{setting}: a record id is taken as it is; leave the setting out."
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


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise ValueRejectedError(code="not_a_list", reason="It is not a list of keys.") from error
    return value if isinstance(value, list) else [value]
